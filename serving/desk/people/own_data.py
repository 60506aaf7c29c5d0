"""Everything that is kept about one person, as one document that they can take along."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from serving.db import chat as chat_rows
from serving.db import consents as consent_rows
from serving.db import influencers as rows
from serving.db import invitations as invitation_rows
from serving.db import screenshots as screenshot_rows
from serving.db import wordings as wording_rows
from serving.db.tables import Influencer
from serving.desk.context import Context
from serving.desk.people import accounts, consents


def document(ctx: Context, row: Influencer) -> dict[str, Any]:
    """Give everything kept about whoever is signed in, ready for JSON; ``row`` is their own."""
    return {
        "account": _account(ctx),
        "profile": _profile(ctx, row),
        "consent": _consent(ctx, row),
        "invitations": _invitations(ctx, row),
        "evidence": _evidence(ctx, row),
        "screenshots": _screenshots(ctx, row),
        "offers": _offers(ctx, row),
        "posted_links": _posted_links(ctx, row),
        "wordings": _wordings(ctx, row),
        "corrections": _corrections(ctx, row),
        "deliveries": _deliveries(ctx, row),
        "chats": _chats(ctx, row),
    }


def _chats(ctx: Context, row: Influencer) -> list[dict[str, Any]]:
    """Give the chats that were linked, their addresses opened."""
    return [
        {
            "channel": each.channel.value,
            "address": ctx.vault.unseal(each.sealed_address),
            "linked_at": _iso(each.linked_at),
        }
        for each in chat_rows.links(ctx.session, row.id)
        if each.sealed_address is not None
    ]


def _account(ctx: Context) -> dict[str, Any]:
    """Give the account with its keys; never a hash."""
    user = accounts.own_account(ctx)
    return {
        "name": user.name,
        "display_name": user.display_name,
        "created_at": user.created_at.isoformat(),
        "keys": [
            {
                "label": key.label,
                "created_at": key.created_at.isoformat(),
                "expires_at": key.expires_at.isoformat(),
                "revoked_at": _iso(key.revoked_at),
            }
            for key in accounts.keys(ctx, user.id)
        ],
    }


def _profile(ctx: Context, row: Influencer) -> dict[str, Any]:
    """Give what the programme keeps, the address opened."""
    return {
        "name": row.name,
        "ministry": rows.ministry_names(ctx.session)[row.ministry_id].code,
        "unit": row.unit,
        "region": row.region,
        "district": row.district,
        "timezone": row.timezone,
        "quiet_minutes": [row.quiet_from, row.quiet_until],
        "channel": row.channel.value,
        "language": row.language.value,
        "topics": row.topics,
        "email": ctx.vault.unseal(row.sealed_email) if row.sealed_email else None,
        "staff_number": "kept as a keyed hash only",
        "active": row.active,
        "settled_at": _iso(row.settled_at),
        "trained_version": row.trained_version,
        "trained_at": _iso(row.trained_at),
        "created_at": row.created_at.isoformat(),
    }


def _consent(ctx: Context, row: Influencer) -> dict[str, Any]:
    """Give what was agreed to, every step of it, and when taking part was paused or ended."""
    return {
        "scopes": sorted(consents.agreed_scopes(row)),
        "steps": [
            {
                "scope": step.scope.value,
                "version": step.version,
                "given": step.given,
                "carried_over": step.carried_over,
                "at": step.at.isoformat(),
            }
            for step in consent_rows.history(ctx.session, row.id)
        ],
        "version": row.consent_version,
        "at": _iso(row.consent_at),
        "paused_at": _iso(row.paused_at),
        "left_at": _iso(row.left_at),
    }


def _invitations(ctx: Context, row: Influencer) -> list[dict[str, Any]]:
    """Give when somebody was invited; never a code."""
    return [
        {
            "created_at": each.created_at.isoformat(),
            "expires_at": each.expires_at.isoformat(),
            "accepted_at": _iso(each.accepted_at),
            "withdrawn_at": _iso(each.withdrawn_at),
        }
        for each in invitation_rows.of_person(ctx.session, row.id)
    ]


def _evidence(ctx: Context, row: Influencer) -> list[dict[str, Any]]:
    """Give every count of followers."""
    return [
        {
            "platform": each.platform.value,
            "count": each.count,
            "method": each.method.value,
            "measured_at": each.measured_at.isoformat(),
            "held": each.held,
            "held_because": each.hold,
            "refused_at": _iso(each.refused_at),
            "refused_because": each.refused_reason,
        }
        for each in rows.evidence_of(ctx.session, row.id)
    ]


def _screenshots(ctx: Context, row: Influencer) -> list[dict[str, Any]]:
    """Give every screenshot that was sent; the picture itself is the person's own."""
    return [
        {
            "platform": each.platform.value,
            "count": each.count,
            "state": each.state.value,
            "sent_at": each.sent_at.isoformat(),
            "looked_at": _iso(each.looked_at),
            "reason": each.reason,
            "picture_kept": each.sealed_picture is not None,
        }
        for each in screenshot_rows.of_person(ctx.session, row.id)
    ]


def _offers(ctx: Context, row: Influencer) -> list[dict[str, Any]]:
    """Give every offer with its answer."""
    return [
        {
            "campaign_id": offer.campaign_id,
            "state": offer.state.value,
            "why": offer.why,
            "offered_at": _iso(offer.offered_at),
            "answered_at": _iso(offer.answered_at),
            "decline_reason": offer.decline_reason.value if offer.decline_reason else None,
            "posted_at": _iso(offer.posted_at),
        }
        for offer in rows.offers_of(ctx.session, row.id)
    ]


def _posted_links(ctx: Context, row: Influencer) -> list[dict[str, Any]]:
    """Give the addresses that were handed in."""
    return [
        {"platform": link.platform.value, "url": link.url, "at": link.at.isoformat(), "views": link.views}
        for link in rows.posted_links_of(ctx.session, row.id)
    ]


def _wordings(ctx: Context, row: Influencer) -> list[dict[str, Any]]:
    """Give of which posts a signature of the words is kept; the words are not."""
    return [
        {"platform": platform.value, "source": source.value, "at": at.isoformat()}
        for platform, source, at in wording_rows.kept_of(ctx.session, row.id)
    ]


def _corrections(ctx: Context, row: Influencer) -> list[dict[str, Any]]:
    """Give every correction that was sent."""
    return [
        {
            "clarification_id": each.clarification_id,
            "reason": each.reason,
            "sent_at": each.sent_at.isoformat(),
            "acknowledged_at": _iso(each.acknowledged_at),
        }
        for each in rows.corrections_of(ctx.session, row.id)
    ]


def _deliveries(ctx: Context, row: Influencer) -> list[dict[str, Any]]:
    """Give every message, not its text."""
    return [
        {
            "channel": each.channel,
            "state": each.state.value,
            "not_before": each.not_before.isoformat(),
            "sent_at": _iso(each.sent_at),
        }
        for each in rows.deliveries_of(ctx.session, row.id)
    ]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
