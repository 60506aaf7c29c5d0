"""A live campaign with one offer, for tests that begin where somebody is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from serving.db.tables import Campaign, Caption, Clarification, Delivery, Influencer, Offer, OfficialAccount
from serving.deps import Service, context_for
from serving.desk.context import SERVICE, Actor, Context
from serving.desk.outreach import captions, corrections, offers
from serving.desk.outreach.restating import Approved
from serving.desk.people import accounts
from serving.vocabulary import (
    CampaignKind,
    CampaignState,
    ClarificationState,
    DeliveryState,
    OfferState,
    Platform,
    Role,
)
from tests import factories

TITLE = "Bank Contoh tidak membagikan kuota; tautan itu mencuri data"
REASON = "Bank Contoh memperbarui keterangannya."
BODY = "Bank Contoh menyatakan tidak ada pembagian kuota. Abaikan tautan dan jangan isi data."


@dataclass(frozen=True)
class Story:
    """Who and what a test acts with."""

    author: Actor
    approver: Actor
    person: Actor
    other: Actor
    ministry_id: int
    clarification_id: int
    campaign_id: int
    influencer_id: int
    offer_id: int


def begin(service: Service, sign_up: Callable[..., Actor]) -> Story:
    """Write a published clarification, its live campaign, and one open offer to the account ``asn``."""
    author, approver = sign_up("pemeriksa", Role.CHECKER, Role.MANAGER), sign_up("penyetuju", Role.APPROVER)
    person, other = sign_up("asn", Role.INFLUENCER), sign_up("asn2", Role.INFLUENCER)
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        home = factories.ministry(ctx)
        ctx.session.add(OfficialAccount(platform=Platform.X, host="x.com", path="contoh", added_at=ctx.now))
        source = factories.clarification(ctx, author.user_id, approver.user_id)
        running = campaign(ctx, source.id, author, approver)
        row = factories.influencer(ctx, home.id, user_id=person.user_id)
        factories.influencer(ctx, home.id, user_id=other.user_id)
        asked = offer(ctx, running, row)
        return Story(author, approver, person, other, home.id, source.id, running.id, row.id, asked.id)


def taken(service: Service, sign_up: Callable[..., Actor]) -> Story:
    """The same, once its person has taken the offer."""
    story = begin(service, sign_up)
    with service.database.write() as session:
        offers.accept(context_for(service, session, story.person), story.offer_id)
    return story


def key_of(service: Service, actor: Actor) -> dict[str, str]:
    """Headers with a personal key of somebody."""
    with service.database.write() as session:
        user = accounts.people.user(session, actor.user_id)
        key = accounts.create_key(context_for(service, session, SERVICE), user, "test").key
    return {"Authorization": f"Bearer {key}"}


def campaign(ctx: Context, clarification_id: int | None, author: Actor, approver: Actor, **over: Any) -> Campaign:
    """A live campaign with drafted captions."""
    kind = CampaignKind.PROGRAMME if clarification_id is None else CampaignKind.CLARIFICATION
    values: dict[str, Any] = {
        "kind": kind,
        "state": CampaignState.LIVE,
        "clarification_id": clarification_id,
        "slug": f"kampanye-{next(factories._numbers)}",
        "title": TITLE,
        "body": BODY,
        "issuer": "Humas Contoh",
        "official_posts": {"x": "https://x.com/contoh/status/1"},
        "topic": "keamanan_digital",
        "target_reach": 1000,
        "starts_at": ctx.now - timedelta(hours=1),
        "ends_at": ctx.now + timedelta(days=3),
        "political_author": False,
        "political_approver": False,
        "author_id": author.user_id,
        "approver_id": approver.user_id,
        "created_at": ctx.now,
        "live_at": ctx.now,
    }
    row = Campaign(**values | over)
    ctx.session.add(row)
    ctx.session.flush()
    for platform, texts in captions.draft(kind, Approved(row.title, row.body, "http://testserver/a")).items():
        ctx.session.add_all(
            Caption(campaign_id=row.id, platform=platform, variant=n, text=text) for n, text in enumerate(texts, 1)
        )
    ctx.session.flush()
    return row


def offer(ctx: Context, running: Campaign, row: Influencer, *, mail: bool = True, **over: Any) -> Offer:
    """An offer that has reached its person, with its message waiting."""
    values: dict[str, Any] = {
        "campaign_id": running.id,
        "influencer_id": row.id,
        "state": OfferState.OFFERED,
        "variant": 1,
        "why": {"topic": "keamanan_digital", "ministry": "komdigi", "region": "ID-JK", "rule": "topic"},
        "planned_at": ctx.now,
        "offered_at": ctx.now,
        "expires_at": ctx.now + timedelta(hours=48),
    }
    made = Offer(**values | over)
    ctx.session.add(made)
    ctx.session.flush()
    if mail:
        ctx.session.add(
            Delivery(
                key=f"offer:{made.id}",
                channel="email",
                influencer_id=row.id,
                offer_id=made.id,
                state=DeliveryState.PENDING,
                not_before=ctx.now,
            )
        )
        ctx.session.flush()
    return made


def message(acting: Callable[..., Any]) -> tuple[DeliveryState, str, int, str]:
    """What became of the only message about an offer: its state, its channel, how often it failed, and why last."""
    with acting() as ctx:
        row = ctx.session.scalars(select(Delivery).where(Delivery.offer_id.is_not(None))).one()
        return row.state, row.channel, row.failures, row.last_error


PLATFORM_URLS = {
    Platform.FACEBOOK: "https://m.facebook.com/story.php?story_fbid=1",
    Platform.X: "https://x.com/contoh/status/2",
    Platform.INSTAGRAM: "https://www.instagram.com/p/abc/",
}


def retract(ctx: Context, story: Story) -> int:
    """Let the clarification fall and its campaign end; give how many people are told."""
    row, running = ctx.session.get(Clarification, story.clarification_id), ctx.session.get(Campaign, story.campaign_id)
    assert row is not None
    assert running is not None
    row.state, row.retracted_at, row.retract_reason = ClarificationState.RETRACTED, ctx.now, REASON
    running.state = CampaignState.ENDED
    return corrections.send(ctx, story.clarification_id, REASON)
