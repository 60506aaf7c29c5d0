"""The kept standing of everybody equals what the rules say, after any order of events, on both databases."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from serving.db import standings as rows
from serving.db.tables import BurdenWindow, FollowerEvidence, Influencer, KeptStanding, Offer
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.outreach import offers, routing
from serving.desk.outreach.choice import weight
from serving.desk.people import influencers, standings
from serving.desk.people.eligibility import CONSENT_VERSION, TRAINING_VERSION
from serving.vocabulary import CampaignState, EvidenceMethod, OfferState, Platform, Topic
from tests import factories
from tests.integration.test_routing import PROPERTY, _campaign, _offer, example

__all__ = ["example"]

EVENTS = (
    "count",
    "held",
    "old",
    "let_stand",
    "forget",
    "pause",
    "resume",
    "leave",
    "consent",
    "move",
    "district",
    "topics",
    "retire",
    "no_news",
    "no_x",
    "quiet",
    "trained",
    "plan",
    "release",
    "recall",
    "answer",
    "days",
    "month",
    "age",
)


def _expected(ctx, person):
    """What the kept row should hold, from the person's own rows and the rules."""
    profile = influencers.profile_of(ctx, person)
    latest = profile.standing.latest
    since = ctx.session.scalar(select(BurdenWindow.since))
    mine = ctx.session.scalars(select(Offer).where(Offer.influencer_id == person.id)).all()
    offered = [each.offered_at for each in mine if each.offered_at]
    n_waiting = sum(each.state is OfferState.PLANNED for each in mine)
    n_recent = n_waiting + sum(at >= since for at in offered)
    willing = (
        person.active and person.consent_version is not None and person.paused_at is None and person.left_at is None
    )
    held = any(each.held for each in latest.values())
    whole = len(latest) == len(Platform)
    reach = profile.standing.reach
    return {
        "ministry_id": person.ministry_id,
        "region": person.region,
        "place": person.district or person.region,
        "timezone": person.timezone,
        "consent_version": person.consent_version,
        **{name: getattr(person, name) for name in rows.OWN},
        "willing": willing,
        **{platform.value: latest[platform].count if platform in latest else None for platform in Platform},
        "oldest_at": min((each.measured_at for each in latest.values()), default=None) if whole else None,
        "held": held,
        "n_waiting": n_waiting,
        "n_recent": n_recent,
        "last_at": max(offered, default=rows.NEVER),
        "ready": willing and whole and not held,
        "reach": reach,
        "price": pytest.approx(weight(n_recent) / reach) if reach else None,
    }


def _kept(ctx, person):
    row = ctx.session.get(KeptStanding, person.id, populate_existing=True)
    return {name: getattr(row, name) for name in _expected(ctx, person)}, row


def _add(ctx, person, **over):
    values = {"platform": Platform.X, "count": 900, "method": EvidenceMethod.API, "measured_at": ctx.now}
    ctx.session.add(FollowerEvidence(influencer_id=person.id, **values | over))


def _own_step(event, ctx, person):
    """Change the person themself, where the event is one of these."""
    changes = {
        "pause": {"paused_at": ctx.now},
        "resume": {"paused_at": None},
        "leave": {"left_at": ctx.now, "consent_version": None},
        "consent": {"left_at": None, "consent_version": CONSENT_VERSION},
        "move": {"region": "ID-PA", "timezone": "Asia/Jayapura"},
        "district": {"district": "" if person.district else "31.71"},
        "topics": {"topics": [Topic.HEALTH.value]},
        "retire": {"active": not person.active},
        "no_news": {"programme_consent": None},
        "no_x": {"x_consent": None},
        "quiet": {"quiet_from": 540, "quiet_until": 660},
        "trained": {"trained_version": TRAINING_VERSION},
    }
    for name, value in changes.get(event, {}).items():
        setattr(person, name, value)


def _measure(event, ctx, person):
    theirs = FollowerEvidence.influencer_id == person.id
    if event in {"count", "held"}:
        _add(ctx, person, count=499 if event == "count" else 9_000, held=event == "held")
    elif event == "old":
        _add(ctx, person, measured_at=ctx.now - timedelta(days=200))
    elif event == "let_stand":
        ctx.session.execute(update(FollowerEvidence).where(theirs).values(held=False))
    elif event == "forget":
        ctx.session.execute(delete(FollowerEvidence).where(theirs))


def _ask(event, ctx, person, campaign):
    open_ = (Offer.influencer_id == person.id, Offer.state == OfferState.OFFERED)
    if event == "plan":
        routing.plan(ctx, campaign.id)
    elif event == "release":
        routing.release_due(ctx)
    elif event == "recall":
        offers.recall_of(ctx, person.id)
    elif event == "answer":
        ctx.session.execute(update(Offer).where(*open_).values(state=OfferState.DECLINED))


DAYS = {"days": 1, "month": 31}


def _happen(ctx, event, person, campaign):
    _own_step(event, ctx, person)
    _measure(event, ctx, person)
    with suppress(routing.EmptyAudienceError):
        _ask(event, ctx, person, campaign)
    if event == "age":
        rows.advance(ctx.session, ctx.now - routing.RECENT)
    return replace(ctx, now=ctx.now + timedelta(days=DAYS.get(event, 0)))


@PROPERTY
@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 2)), max_size=20))
def test_the_kept_row_equals_the_rules_after_any_order_of_events(example, events):
    """Whatever happens in whatever order, each kept row holds what the person's own rows say, and a look mends nothing."""

    def check(ctx):
        ministry = factories.ministry(ctx)
        people = [factories.influencer(ctx, ministry.id) for _ in range(3)]
        campaigns_ = [_campaign(ctx, target_reach=10**6, ends_at=ctx.now + timedelta(days=999)) for _ in range(3)]
        for event, which in events:
            ctx = _happen(ctx, event, people[which], campaigns_[which])
            ctx.session.flush()
        ctx.session.expire_all()
        for person in people:
            kept, _ = _kept(ctx, person)
            assert kept == _expected(ctx, person)
        assert rows.mend(ctx.session, 0, 2**31) == 0

    example(check)


def test_a_row_written_past_the_triggers_is_mended_and_said(service):
    """The nightly look puts right what differs, leaves the rest alone, and writes that it did."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        ministry = factories.ministry(ctx)
        people = [factories.influencer(ctx, ministry.id).id for _ in range(3)]
        _offer(ctx, _campaign(ctx), session.get(Influencer, people[0]), OfferState.PLANNED)
        session.execute(text("UPDATE standings SET facebook = 7 WHERE influencer_id = :id"), {"id": people[0]})
        session.execute(text("DELETE FROM standings WHERE influencer_id = :id"), {"id": people[1]})
    begin = _begin(service)
    assert standings.look_over(begin) == 2
    assert standings.look_over(begin) == 0
    with service.database.read() as session:
        kept = session.scalars(select(KeptStanding).order_by(KeptStanding.influencer_id)).all()
        assert [(row.facebook, row.n_waiting) for row in kept] == [(600, 1), (600, 0), (600, 0)]


def _begin(service):
    @contextmanager
    def begin():
        with service.database.write() as session:
            yield context_for(service, session, SERVICE)

    return begin


def test_offers_weigh_for_thirty_days(ctx):
    """An offer counts while it lies within the window, and the window only moves forward."""
    person = factories.influencer(ctx, factories.ministry(ctx).id)
    campaign = _campaign(ctx, state=CampaignState.ENDED)
    _offer(ctx, campaign, person, OfferState.EXPIRED, offered_at=ctx.now - timedelta(days=20))
    _, row = _kept(ctx, person)
    assert row.n_recent == 1
    rows.advance(ctx.session, ctx.now - timedelta(days=19))
    _, row = _kept(ctx, person)
    assert row.n_recent == 0
    rows.advance(ctx.session, ctx.now - timedelta(days=30))
    assert ctx.session.scalar(select(BurdenWindow.since)) == ctx.now - timedelta(days=19)
