"""What other systems are told: of clarifications and verdicts what the public page says, of offers numbers.

Of offers only a ministry's own system is told, and only of its own people who chose to hear through it. What somebody
answered, and that an offer lapsed because nobody did, is told to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from serving.db import campaigns as campaign_rows
from serving.db import offers as offer_rows
from serving.db import webhooks as rows
from serving.db.offers import Released
from serving.db.tables import Campaign, Clarification, ClarificationVersion
from serving.desk import webhooks
from serving.desk.context import Context
from serving.desk.publishing import claimreview
from serving.vocabulary import WebhookEventType

# How many offers one message tells of at most, so that a body stays below a hundred thousand bytes.
OFFERS_MAX = 500


def clarification(
    ctx: Context, kind: WebhookEventType, head: Clarification, words: ClarificationVersion, reason: str = ""
) -> None:
    """Tell what became of a clarification.

    Args:
        ctx: the surroundings of the step that did it.
        kind: published, revised, superseded or retracted.
        head: the clarification as it stands after the step.
        words: the words that stand.
        reason: the public reason, where there is one.
    """
    data = {
        "id": head.id,
        "claim_id": head.claim_id,
        "url": claimreview.address(ctx, head.slug),
        "claimreview": f"{ctx.settings.base_url.rstrip('/')}/v1/clarifications/{head.id}/claimreview",
        "state": head.state,
        "version": words.number,
        "issuer": head.issuer,
        "title": words.title,
        "claim": head.claim_wording,
        "verdict": head.verdict,
        "category": head.category,
        "published_at": head.published_at.isoformat() if head.published_at else None,
        "reason": reason,
        "superseded_by": head.superseded_by_id,
    }
    webhooks.emit(ctx, kind, f"clarification:{head.id}", data)


def verdict(ctx: Context, kind: WebhookEventType, head: Clarification) -> None:
    """Tell that a claim's verdict was published with this clarification, or no longer stands."""
    data = {
        "claim_id": head.claim_id,
        "clarification_id": head.id,
        "verdict": head.verdict,
        "category": head.category,
        "decided_at": head.published_at.isoformat() if head.published_at else None,
    }
    webhooks.emit(ctx, kind, f"claim:{head.claim_id}", data)


# ---- offers, to the ministry whose people they are -------------------------------------------------------------


def offers_made(ctx: Context) -> int:
    """Tell each ministry's own system which of its people were offered something at this moment; give how many.

    Part of releasing. A person is a number, the one that a manager's list names; the offer's address opens for that
    person alone.
    """
    listening = rows.listening_ministries(ctx.session)
    made = offer_rows.released_at(ctx.session, ctx.now, listening) if listening else []
    for (ministry_id, campaign_id), group in groupby(made, key=lambda each: (each.ministry_id, each.campaign_id)):
        campaign = campaign_rows.by_id(ctx.session, campaign_id)
        if campaign is not None:
            _tell_made(ctx, ministry_id, campaign, list(group))
    return len(made)


def _tell_made(ctx: Context, ministry_id: int, campaign: Campaign, made: Sequence[Released]) -> None:
    base = f"{ctx.settings.base_url.rstrip('/')}/kotak"
    for part in _parts(made):
        told = [
            {
                "offer": each.offer_id,
                "person": each.influencer_id,
                "url": f"{base}/{each.offer_id}",
                "expires_at": each.expires_at.isoformat() if each.expires_at else None,
            }
            for each in part
        ]
        data = {
            "campaign": {
                "id": campaign.id,
                "kind": campaign.kind,
                "title": campaign.title,
                "issuer": campaign.issuer,
                "ends_at": campaign.ends_at.isoformat(),
            },
            "offers": told,
        }
        webhooks.emit(ctx, WebhookEventType.OFFER_MADE, _of_campaign(campaign), data, ministry_id)


def _parts(made: Sequence[Released]) -> Iterator[Sequence[Released]]:
    for start in range(0, len(made), OFFERS_MAX):
        yield made[start : start + OFFERS_MAX]


def _of_campaign(campaign: Campaign) -> str:
    return f"campaign:{campaign.id}"


def offers_stopped(ctx: Context, campaign: Campaign) -> None:
    """Tell every ministry that was told of a campaign's offers that they can no longer be taken."""
    _tell_told(ctx, WebhookEventType.OFFER_STOPPED, campaign)


def offers_resumed(ctx: Context, campaign: Campaign) -> None:
    """Tell every ministry that was told of a campaign's offers that they can be taken again."""
    _tell_told(ctx, WebhookEventType.OFFER_RESUMED, campaign)


def _tell_told(ctx: Context, kind: WebhookEventType, campaign: Campaign) -> None:
    data = {"campaign": {"id": campaign.id, "state": campaign.state}}
    for ministry_id in rows.told_of_offers(ctx.session, _of_campaign(campaign)):
        webhooks.emit(ctx, kind, _of_campaign(campaign), data, ministry_id)
