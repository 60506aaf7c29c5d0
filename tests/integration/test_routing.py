"""The set-based rules and their reference agree, and no order of events offers anything it should not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import example as such
from hypothesis import strategies as st
from sqlalchemy import select, update

from serving.db import routing as sql
from serving.db import standings
from serving.db.routing import Candidate
from serving.db.tables import (
    Campaign,
    Caption,
    Clarification,
    Delivery,
    FollowerEvidence,
    Influencer,
    InfluencerTopic,
    Ministry,
    Offer,
    User,
    Wave,
)
from serving.deps import context_for
from serving.desk.context import SERVICE, Actor
from serving.desk.outreach import explaining, routing
from serving.desk.outreach.choice import Limits, choose, draw
from serving.desk.outreach.routing import Caps
from serving.desk.people import influencers
from serving.desk.people.eligibility import (
    CONSENT_VERSION,
    OWN_CHOICE,
    TRAINING_VERSION,
    Bar,
    Evidence,
    Standing,
    is_eligible,
    may_carry,
    reach_on,
)
from serving.i18n import ZONES
from serving.settings import ElectionPeriod
from serving.vocabulary import (
    SCOPE_VERSIONS,
    CampaignKind,
    CampaignState,
    Category,
    ClarificationState,
    ConsentScope,
    DeclineReason,
    EvidenceMethod,
    OfferState,
    Platform,
    Role,
    Topic,
)
from tests import factories
from tests.conftest import SOAK, START

EXAMPLES = 300 if SOAK else 25
PROPERTY = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TOPIC = Topic.DIGITAL_SAFETY
REGIONS = ("ID-JK", "ID-BA", "ID-PA")
_numbers = count(1)


@pytest.fixture
def example(service):
    """Run one example in a transaction that leaves nothing behind."""

    def run(work):
        with service.database.write() as session:
            work(context_for(service, session, SERVICE))
            session.rollback()

    return run


# ---- random populations ----------------------------------------------------------------------------------------

DAY = timedelta(days=1)
evidences = st.lists(
    st.tuples(
        st.sampled_from([0, 499, 500, 501, 4_000]),
        st.sampled_from([timedelta(0), DAY, 89 * DAY, 90 * DAY - timedelta(seconds=1), 90 * DAY, 91 * DAY]),
        st.booleans() | st.just(False),
    ),
    min_size=0,
    max_size=2,
)
good_evidence = st.just([(700, DAY, False)])
people = st.fixed_dictionaries(
    {
        "active": st.booleans() | st.just(True) | st.just(True),
        "consent_version": st.sampled_from([CONSENT_VERSION] * 5 + [None, "0"]),
        "agreed": st.fixed_dictionaries(
            {scope: st.sampled_from([version] * 6 + [None, "0"]) for scope, version in SCOPE_VERSIONS.items()}
        ),
        "own_quiet": st.sampled_from([(0, 0)] * 3 + [(540, 720), (1_080, 600)]),
        "trained": st.sampled_from([TRAINING_VERSION, TRAINING_VERSION, None, "0"]),
        "paused": st.sampled_from([False] * 4 + [True]),
        "left": st.sampled_from([False] * 5 + [True]),
        "ministry": st.integers(0, 3),
        "region": st.sampled_from(REGIONS),
        "district": st.sampled_from(["", "31.71", "31.72"]),
        "unit": st.sampled_from(["", "Biro A", "Biro B"]),
        "timezone": st.sampled_from(sorted(ZONES.values())),
        "topic": st.sampled_from([TOPIC] * 3 + [Topic.HEALTH]),
        "email": st.booleans(),
        "evidence": st.fixed_dictionaries(dict.fromkeys(Platform, good_evidence | good_evidence | evidences)),
        "offered_ago_h": st.lists(st.sampled_from([0, 1, 3, 4, 5, 9, 11, 30, 24 * 29, 24 * 31]), max_size=3),
        "n_waiting": st.integers(0, 3),
    }
)


def _user(ctx):
    number = next(_numbers)
    row = User(name=f"u{number}", display_name="U", password_hash="-", roles=[Role.MANAGER.value], created_at=ctx.now)
    ctx.session.add(row)
    ctx.session.flush()
    return row


def _campaign(ctx, **over):
    values = {
        "kind": CampaignKind.PROGRAMME,
        "state": CampaignState.LIVE,
        "slug": f"kampanye-{next(_numbers)}",
        "title": "Kabar contoh",
        "body": "Isi kabar contoh.",
        "issuer": "Contoh",
        "link": "https://contoh.example/kabar",
        "topic": TOPIC.value,
        "ministries": [],
        "regions": [],
        "target_reach": 5_000,
        "starts_at": ctx.now - timedelta(hours=1),
        "ends_at": ctx.now + timedelta(days=3),
        "political_author": False,
        "political_approver": False,
        "created_at": ctx.now,
    } | over
    if "author_id" not in values:
        values |= {"author_id": _user(ctx).id, "approver_id": _user(ctx).id}
    row = Campaign(**values)
    ctx.session.add(row)
    ctx.session.flush()
    ctx.session.add_all(
        Caption(campaign_id=row.id, platform=platform, variant=number, text="Isi kabar contoh.")
        for platform in Platform
        for number in (1, 2, 3)
    )
    ctx.session.flush()
    return row


def _populate(ctx, drawn):
    """Write a population and give each person's standing and moments of earlier offers by id."""
    ministries = []
    for live in (ctx.now - DAY, ctx.now + DAY, None, ctx.now - DAY):
        number = next(_numbers)
        row = Ministry(code=f"m{number}", name=f"Contoh {number}", live_at=live)
        ctx.session.add(row)
        ministries.append(row)
    ctx.session.flush()
    ctx.session.add(Wave(ministry_id=ministries[3].id, training_required=True))
    past = [_campaign(ctx, state=CampaignState.ENDED) for _ in range(3)]
    waiting = [_campaign(ctx, state=CampaignState.FROZEN) for _ in range(3)]
    known = {}
    for each in drawn:
        person = Influencer(
            staff_hash=f"hash{next(_numbers)}",
            name="Contoh",
            ministry_id=ministries[each["ministry"]].id,
            region=each["region"],
            district=each["district"],
            unit=each["unit"],
            timezone=each["timezone"],
            topics=[each["topic"].value],
            active=each["active"],
            consent_version=each["consent_version"],
            **{f"{scope.value}_consent": version for scope, version in each["agreed"].items()},
            quiet_from=each["own_quiet"][0],
            quiet_until=each["own_quiet"][1],
            trained_version=each["trained"],
            paused_at=ctx.now if each["paused"] else None,
            left_at=ctx.now if each["left"] else None,
            sealed_email=b"x" if each["email"] else None,
            created_at=ctx.now,
        )
        ctx.session.add(person)
        ctx.session.flush()
        ctx.session.add(InfluencerTopic(influencer_id=person.id, topic=each["topic"].value))
        latest = {}
        for platform, rows in each["evidence"].items():
            for n, age, held in rows:
                ctx.session.add(
                    FollowerEvidence(
                        influencer_id=person.id,
                        platform=platform,
                        count=n,
                        method=EvidenceMethod.API,
                        measured_at=ctx.now - age,
                        held=held,
                    )
                )
                ctx.session.flush()
                now_known = latest.get(platform)
                if now_known is None or ctx.now - age >= now_known.measured_at:
                    latest[platform] = Evidence(n, ctx.now - age, held)
        offered = [ctx.now - timedelta(hours=hours) for hours in each["offered_ago_h"]]
        for campaign, at in zip(past, offered, strict=False):
            _offer(ctx, campaign, person, OfferState.EXPIRED, offered_at=at)
        for campaign in waiting[: each["n_waiting"]]:
            _offer(ctx, campaign, person, OfferState.PLANNED)
        standing = Standing(
            active=each["active"],
            consent_version=each["consent_version"],
            paused=each["paused"],
            left=each["left"],
            wave_live=each["ministry"] in {0, 3},
            latest=latest,
            scopes=frozenset(s for s, version in each["agreed"].items() if version == SCOPE_VERSIONS[s]),
            trained_version=each["trained"],
            training_required=each["ministry"] == 3,
        )
        known[person.id] = (person, standing, offered, each["n_waiting"])
    ctx.session.flush()
    return known


def _offer(ctx, campaign, person, state, **over):
    row = Offer(
        campaign_id=campaign.id,
        influencer_id=person.id,
        state=state,
        variant=1,
        why={},
        planned_at=ctx.now - DAY,
        **over,
    )
    ctx.session.add(row)
    ctx.session.flush()
    return row


@PROPERTY
@given(drawn=st.lists(people, max_size=8))
def test_eligibility_in_sql_equals_the_rule(example, drawn):
    """Whoever the pure rule finds eligible is selected by the set-based query, and nobody else."""

    def check(ctx):
        known = _populate(ctx, drawn)
        expected = {
            (each, standing.reach)
            for each, (_, standing, _, _) in known.items()
            if is_eligible(standing, Bar.of(ctx.settings), ctx.now)
        }
        assert set(map(tuple, ctx.session.execute(sql.eligible(routing.line_of(ctx))))) == expected

    example(check)


def _candidates(ctx, known, campaign):
    return [
        Candidate(
            id=each,
            reach=reach_on(standing, Platform),
            n_recent=sum(at >= ctx.now - routing.RECENT for at in offered) + n_waiting,
            last_at=max(offered, default=standings.NEVER),
            unit=f"{person.ministry_id}/{person.unit}" if person.unit else "",
            district=person.district,
            region=person.region,
        )
        for each, (person, standing, offered, n_waiting) in known.items()
        if is_eligible(standing, Bar.of(ctx.settings), ctx.now)
        and may_carry(standing, campaign.kind, Platform)
        and n_waiting < ctx.settings.offers_per_day
        and campaign.topic in person.topics
        and (not campaign.regions or person.region in campaign.regions)
    ]


def _pool(ctx, campaign, per_place=100):
    standings.advance(ctx.session, ctx.now - routing.RECENT)
    wanted = routing.audience_of(ctx, campaign)
    return sql.pool(
        ctx.session, routing.line_of(ctx), wanted, max_waiting=ctx.settings.offers_per_day, per_place=per_place
    )


def _plan(ctx, campaign):
    try:
        routing.plan(ctx, campaign.id)
    except routing.EmptyAudienceError:
        return []
    return list(
        ctx.session.scalars(
            select(Offer.influencer_id).where(Offer.campaign_id == campaign.id).order_by(Offer.influencer_id)
        )
    )


@PROPERTY
@given(
    drawn=st.lists(people, max_size=8),
    reach=st.sampled_from([1, 2_100, 2_101, 5_000, 10**6]),
    regions=st.sampled_from([[], ["ID-JK"], ["ID-JK", "ID-PA"]]),
)
def test_planning_in_sql_equals_the_reference(example, drawn, reach, regions):
    """The database gives exactly those who may be asked, as the rule sees them, and the choice is made among them."""

    def check(ctx):
        known = _populate(ctx, drawn)
        campaign = _campaign(ctx, target_reach=reach, regions=regions)
        people_ = _candidates(ctx, known, campaign)
        assert sorted(_pool(ctx, campaign), key=lambda each: each.id) == sorted(people_, key=lambda each: each.id)
        assert _plan(ctx, campaign) == sorted(choose(campaign.id, people_, reach, Limits(3)))

    example(check)


@PROPERTY
@given(drawn=st.lists(people, min_size=2, max_size=8), flips=st.lists(st.sampled_from(list(DeclineReason)), min_size=1))
def test_past_declines_change_nothing(example, drawn, flips):
    """Turning every past answer into a decline, with whatever reason, leaves the plan as it was."""

    def check(ctx):
        _populate(ctx, drawn)
        campaign = _campaign(ctx)
        savepoint = ctx.session.begin_nested()
        before = _plan(ctx, campaign)
        savepoint.rollback()
        past = ctx.session.scalars(select(Offer.id).where(Offer.state == OfferState.EXPIRED)).all()
        for number, offer_id in enumerate(past):
            ctx.session.execute(
                update(Offer)
                .where(Offer.id == offer_id)
                .values(state=OfferState.DECLINED, decline_reason=flips[number % len(flips)], answered_at=ctx.now)
            )
        assert _plan(ctx, campaign) == before

    example(check)


@PROPERTY
@given(
    drawn=st.lists(people, max_size=8),
    hour=st.sampled_from([0, 5, 6, 12, 13, 14, 21, 22, 23]),
    minute=st.sampled_from([0, 59]),
)
def test_release_in_sql_equals_the_reference(service, example, drawn, hour, minute):
    """Exactly those leave who are eligible, awake, under the day's cap and past the gap; each with its delivery."""

    def check(ctx):
        ctx = replace(ctx, now=datetime(2026, 3, 3, hour, minute, tzinfo=UTC))
        known = _populate(ctx, drawn)
        caps = Caps.of(ctx.settings)
        campaign = _campaign(ctx)
        for person, *_ in known.values():
            _offer(ctx, campaign, person, OfferState.PLANNED)
        expected = {
            each
            for each, (person, standing, offered, _) in known.items()
            if is_eligible(standing, Bar.of(ctx.settings), ctx.now)
            and may_carry(standing, campaign.kind, Platform)
            and routing.may_offer_now(ctx.now, person.timezone, offered, caps, routing.own_quiet(person))
        }
        assert routing.release_due(ctx) == len(expected)
        ctx.session.expire_all()
        released = ctx.session.scalars(
            select(Offer).where(Offer.campaign_id == campaign.id, Offer.state == OfferState.OFFERED)
        ).all()
        assert {offer.influencer_id for offer in released} == expected
        assert all(offer.expires_at == ctx.now + ctx.settings.offer_lifetime for offer in released)
        deliveries = ctx.session.scalars(select(Delivery)).all()
        assert {row.key for row in deliveries} == {
            f"offer:{offer.id}" for offer in released if known[offer.influencer_id][0].sealed_email
        }

    example(check)


# ---- single rules ----------------------------------------------------------------------------------------------


def _one(ctx, **over):
    ministry = factories.ministry(ctx, over.pop("ministry", "komdigi"))
    return factories.influencer(ctx, ministry.id, **over)


def _released(ctx, campaign):
    n = routing.release_due(ctx)
    ctx.session.expire_all()
    return n


def test_a_plan_says_why(ctx):
    """Each planned offer carries topic, ministry, region and the rule that chose its person, and a variant."""
    person = _one(ctx)
    campaign = _campaign(ctx, regions=["ID-JK"])
    routing.plan(ctx, campaign.id)
    offer = ctx.session.scalars(select(Offer)).one()
    assert offer.why == {
        "topic": TOPIC.value,
        "ministry": "komdigi",
        "region": "ID-JK",
        "rule": "topic+region",
    }
    assert (offer.influencer_id, offer.state, offer.variant) == (person.id, OfferState.PLANNED, 1)


def test_planning_twice_adds_nothing(ctx):
    """Nobody gets two offers of one campaign, however often it is planned."""
    _one(ctx)
    campaign = _campaign(ctx, target_reach=10**9)
    assert routing.plan(ctx, campaign.id) == 1
    assert routing.plan(ctx, campaign.id) == 0


def test_an_audience_of_nobody_is_refused(ctx):
    """A campaign that nobody fits says so instead of going live without a reader."""
    _one(ctx, topics=[Topic.HEALTH.value])
    campaign = _campaign(ctx)
    with pytest.raises(routing.EmptyAudienceError):
        routing.plan(ctx, campaign.id)


@pytest.mark.parametrize(
    "over",
    [
        {"state": CampaignState.APPROVED},
        {"state": CampaignState.FROZEN},
        {"state": CampaignState.ENDED},
        {"state": CampaignState.AWAITING_APPROVAL},
        {"political_author": True},
        {"political_approver": True},
        {"political_approver": None},
        {"starts_at": START + timedelta(hours=1)},
        {"starts_at": START - timedelta(hours=2), "ends_at": START},
    ],
    ids=str,
)
def test_only_a_live_unpolitical_campaign_in_its_window_is_released(ctx, over):
    """Whatever is not approved, live, in its window and answered "not political" twice stays where it is."""
    person = _one(ctx)
    campaign = _campaign(ctx, **over)
    _offer(ctx, campaign, person, OfferState.PLANNED)
    assert _released(ctx, campaign) == 0


@pytest.mark.parametrize(
    ("change", "n"),
    [({}, 1), ({"state": "retracted"}, 0), ({"political": True}, 0), ({"valid_until": START}, 0)],
    ids=str,
)
def test_a_clarification_must_still_stand(ctx, change, n):
    """An offer leaves only while its clarification is published, valid and not political."""
    person = _one(ctx)
    source = factories.clarification(ctx, _user(ctx).id, _user(ctx).id, **change)
    campaign = _campaign(ctx, kind=CampaignKind.CLARIFICATION, clarification_id=source.id)
    _offer(ctx, campaign, person, OfferState.PLANNED)
    assert _released(ctx, campaign) == n


def test_politics_waits_out_an_election(ctx):
    """In an election period the category of politics is blocked, whatever two humans answered."""
    period = ElectionPeriod(starts=START.date(), ends=START.date())
    ctx = replace(ctx, settings=ctx.settings.model_copy(update={"election_periods": (period,)}))
    person = _one(ctx)
    source = factories.clarification(ctx, _user(ctx).id, _user(ctx).id, category=Category.POLITICS)
    campaign = _campaign(ctx, kind=CampaignKind.CLARIFICATION, clarification_id=source.id)
    _offer(ctx, campaign, person, OfferState.PLANNED)
    assert _released(ctx, campaign) == 0
    assert routing.release_due(replace(ctx, now=ctx.now + DAY)) == 1


def test_news_about_politics_waits_out_an_election(ctx):
    """Programme news in the category of politics is blocked as a clarification is."""
    period = ElectionPeriod(starts=START.date(), ends=START.date())
    ctx = replace(ctx, settings=ctx.settings.model_copy(update={"election_periods": (period,)}))
    person = _one(ctx)
    campaign = _campaign(ctx, category=Category.POLITICS)
    _offer(ctx, campaign, person, OfferState.PLANNED)
    assert _released(ctx, campaign) == 0
    assert routing.release_due(replace(ctx, now=ctx.now + DAY)) == 1


def test_an_offer_never_outlives_its_campaign(ctx):
    """An offer expires with its campaign where that is sooner than an offer's lifetime."""
    person = _one(ctx)
    campaign = _campaign(ctx, ends_at=ctx.now + timedelta(hours=3))
    offer = _offer(ctx, campaign, person, OfferState.PLANNED)
    assert _released(ctx, campaign) == 1
    assert offer.expires_at == campaign.ends_at


def test_one_person_gets_one_offer_at_a_time(ctx):
    """Of several planned offers the one whose campaign ends soonest leaves; the rest waits for the gap."""
    person = _one(ctx)
    late = _campaign(ctx, ends_at=ctx.now + timedelta(days=9))
    soon = _campaign(ctx, ends_at=ctx.now + timedelta(days=1))
    _offer(ctx, late, person, OfferState.PLANNED)
    first = _offer(ctx, soon, person, OfferState.PLANNED)
    assert _released(ctx, soon) == 1
    assert first.state is OfferState.OFFERED
    assert routing.release_due(replace(ctx, now=ctx.now + timedelta(hours=3, minutes=59))) == 0
    assert routing.release_due(replace(ctx, now=ctx.now + timedelta(hours=4))) == 1


def test_two_workers_release_each_offer_once(service):
    """Two releases at once offer nothing twice and break no cap."""
    from threading import Barrier, Thread

    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        ministry = factories.ministry(ctx)
        campaigns_ = [_campaign(ctx) for _ in range(2)]
        for _ in range(20):
            person = factories.influencer(ctx, ministry.id)
            for campaign in campaigns_:
                _offer(ctx, campaign, person, OfferState.PLANNED)
    barrier, counts = Barrier(2), []

    def work():
        barrier.wait()
        with service.database.write() as session:
            counts.append(routing.release_due(context_for(service, session, SERVICE)))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 20]
    with service.database.read() as session:
        assert len(session.scalars(select(Delivery)).all()) == 20


# ---- any order of events ---------------------------------------------------------------------------------------

EVENTS = (
    "release",
    "release",
    "hours",
    "night",
    "pause",
    "resume",
    "withdraw",
    "consent",
    "age",
    "measure",
    "hold",
    "freeze",
    "thaw",
    "end",
    "political",
    "stop_wave",
    "begin_wave",
    "plan",
    "no_news",
    "old_news",
    "news",
    "no_clarifications",
    "no_platform",
    "one_platform",
    "quiet_days",
    "no_quiet",
    "require_training",
    "train",
    "forget_training",
    "leave",
    "take_back",
    "approve",
    "retract",
    "lapse",
    "politics",
    "election",
)


@PROPERTY
@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 2)), max_size=25))
@such([("retract", 0), ("release", 0)])
@such([("lapse", 0), ("hours", 0), ("release", 0)])
@such([("politics", 0), ("election", 0), ("release", 0)])
@such([("take_back", 0), ("leave", 0), ("release", 0)])
def test_no_order_of_events_offers_what_it_should_not(example, events):
    """Whatever happens in whatever order, each offer that leaves was allowed at that moment by every rule."""

    def check(ctx):
        ministry = factories.ministry(ctx)
        people_ = [
            factories.influencer(ctx, ministry.id, timezone=zone, followers=(900, 900, 900)) for zone in ZONES.values()
        ]
        source = factories.clarification(ctx, _user(ctx).id, _user(ctx).id)
        # It ends first, so its offers leave first.
        told = {"kind": CampaignKind.CLARIFICATION, "clarification_id": source.id, "ends_at": ctx.now + 2 * DAY}
        running = [_campaign(ctx, target_reach=10**6, **over) for over in (told, {}, {})]
        for campaign in running:
            for person in people_:
                _offer(ctx, campaign, person, OfferState.PLANNED)
        for event, which in events:
            ctx = _happen(ctx, event, running[which], people_[which], ministry)
            ctx.session.flush()
            if event == "release":
                _release_and_check(ctx, people_, running, ministry)

    example(check)


HOURS = {"hours": 3, "night": 10.5, "age": 24}
CAMPAIGN_EVENTS = {
    "freeze": (CampaignState.LIVE, CampaignState.FROZEN),
    "thaw": (CampaignState.FROZEN, CampaignState.LIVE),
    "end": (CampaignState.LIVE, CampaignState.ENDED),
    "take_back": (CampaignState.LIVE, CampaignState.AWAITING_APPROVAL),
    "approve": (CampaignState.AWAITING_APPROVAL, CampaignState.LIVE),
}


SCOPE_EVENTS = {
    "no_news": ([ConsentScope.PROGRAMME], None),
    "old_news": ([ConsentScope.PROGRAMME], "0"),
    "news": ([ConsentScope.PROGRAMME], SCOPE_VERSIONS[ConsentScope.PROGRAMME]),
    "no_clarifications": ([ConsentScope.CLARIFICATION], None),
    "no_platform": ([ConsentScope(each.value) for each in Platform], None),
    "one_platform": ([ConsentScope.X], SCOPE_VERSIONS[ConsentScope.X]),
}
QUIET_EVENTS = {"quiet_days": (420, 1_200), "no_quiet": (0, 0)}


def _settle(ctx, event, person):
    """Change what the person decides about themself, where the event is one of these."""
    if event in {"pause", "resume"}:
        person.paused_at = ctx.now if event == "pause" else None
    elif event == "leave":
        person.left_at = ctx.now
    elif event in {"withdraw", "consent"}:
        person.consent_version = CONSENT_VERSION if event == "consent" else None
    elif event in SCOPE_EVENTS:
        scopes, version = SCOPE_EVENTS[event]
        for scope in scopes:
            setattr(person, f"{scope.value}_consent", version)
    elif event in QUIET_EVENTS:
        person.quiet_from, person.quiet_until = QUIET_EVENTS[event]
    elif event in {"train", "forget_training"}:
        person.trained_version = TRAINING_VERSION if event == "train" else "0"


def _roll_out(ctx, event, ministry):
    """Change how the programme runs in the ministry, where the event is one of these."""
    if event in {"stop_wave", "begin_wave"}:
        ministry.live_at = ctx.now if event == "begin_wave" else None
    elif event == "require_training":
        wave = ctx.session.get(Wave, ministry.id) or Wave(ministry_id=ministry.id)
        wave.training_required = True
        ctx.session.add(wave)


def _change_source(ctx, event, campaign):
    """Change what the campaign tells of, where it tells of a clarification and the event is one of these."""
    source = ctx.session.get(Clarification, campaign.clarification_id or 0)
    if source is not None and event == "retract":
        source.state = ClarificationState.RETRACTED
    elif source is not None and event == "lapse":
        source.valid_until = ctx.now + timedelta(hours=2)
    elif source is not None and event == "politics":
        source.category = Category.POLITICS


def _happen(ctx, event, campaign, person, ministry):
    if event in HOURS:
        return replace(ctx, now=ctx.now + timedelta(hours=HOURS[event]))
    if event == "election":
        period = ElectionPeriod(starts=ctx.now.date(), ends=ctx.now.date() + DAY)
        return replace(ctx, settings=ctx.settings.model_copy(update={"election_periods": (period,)}))
    _settle(ctx, event, person)
    _roll_out(ctx, event, ministry)
    _change_source(ctx, event, campaign)
    if event in CAMPAIGN_EVENTS:
        origin, to = CAMPAIGN_EVENTS[event]
        campaign.state = to if campaign.state is origin else campaign.state
    elif event in {"measure", "hold"}:
        ctx.session.add(
            FollowerEvidence(
                influencer_id=person.id,
                platform=Platform.X,
                count=499 if event == "measure" else 900,
                method=EvidenceMethod.API,
                measured_at=ctx.now,
                held=event == "hold",
            )
        )
    elif event == "political":
        campaign.political_approver = True
    elif event == "plan":
        routing.plan(ctx, campaign.id)
    return ctx


def _release_and_check(ctx, people_, running, ministry):
    offers = select(Offer).where(Offer.offered_at.is_not(None)).execution_options(populate_existing=True)
    before = {offer.id: offer for offer in ctx.session.scalars(offers)}
    earlier = {
        person.id: [offer.offered_at for offer in before.values() if offer.influencer_id == person.id]
        for person in people_
    }
    routing.release_due(ctx)
    by_id = {person.id: person for person in people_}
    states = {campaign.id: campaign for campaign in running}
    for offer in ctx.session.scalars(offers):
        if offer.id in before:
            continue
        person, campaign = by_id[offer.influencer_id], states[offer.campaign_id]
        profile = influencers.profile_of(ctx, person)
        assert profile.reasons == ()
        own = routing.own_quiet(person)
        assert routing.may_offer_now(ctx.now, person.timezone, earlier[person.id], Caps.of(ctx.settings), own)
        assert may_carry(profile.standing, campaign.kind, Platform)
        earlier[person.id].append(offer.offered_at)
        assert campaign.state is CampaignState.LIVE
        assert not campaign.political_author
        assert not campaign.political_approver
        assert campaign.starts_at <= ctx.now < campaign.ends_at
        _check_source(ctx, campaign)
        assert ministry.live_at is not None


def _check_source(ctx, campaign):
    """Whatever a campaign tells of stands, holds at this moment, and is not politics while people vote."""
    source = ctx.session.get(Clarification, campaign.clarification_id or 0, populate_existing=True)
    if source is None:
        return
    assert source.state is ClarificationState.PUBLISHED
    assert source.valid_until is None or source.valid_until > ctx.now
    assert source.category is not Category.POLITICS or not ctx.settings.in_election(routing.local_day(ctx.now))


def test_the_draw_is_a_permutation(ctx):
    """Python and SQL draw alike, and differently for different campaigns."""
    ids = list(range(1, 200))
    assert len({draw(7, each) for each in ids}) == len(ids)
    assert sorted(ids, key=lambda each: draw(7, each)) != sorted(ids, key=lambda each: draw(8, each))


# ---- why, and why not ------------------------------------------------------------------------------------------


def _sentence(ctx, campaign, person):
    manager = replace(ctx, actor=Actor(_user(ctx).id, "manajer", frozenset({Role.MANAGER})))
    found = explaining.explain(manager, campaign.id, person.id)
    return found.chosen, found.message.format(**found.params)


def test_why_somebody_was_chosen_or_not_is_one_sentence(ctx):
    """Whoever was chosen reads as chosen; the others get the first thing that kept them out."""
    chosen, paused = _one(ctx), _one(ctx, ministry="b", paused_at=START)
    elsewhere = _one(ctx, ministry="c", topics=[Topic.HEALTH.value])
    spare = _one(ctx, ministry="d", followers=(600, 601, 602))
    campaign = _campaign(ctx, target_reach=2_000)
    routing.plan(ctx, campaign.id)
    assert _sentence(ctx, campaign, chosen)[0]
    assert _sentence(ctx, campaign, paused) == (False, OWN_CHOICE.message)
    assert "Tidak memilih topik" in _sentence(ctx, campaign, elsewhere)[1]
    assert "Jangkauan sudah cukup" in _sentence(ctx, campaign, spare)[1]


def test_an_explanation_never_tells_an_answer(ctx):
    """The sentence about somebody chosen is the same whether they accepted or declined."""
    person = _one(ctx)
    campaign = _campaign(ctx)
    routing.plan(ctx, campaign.id)
    said = set()
    for state in (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED):
        ctx.session.execute(update(Offer).values(state=state, offered_at=ctx.now))
        said.add(_sentence(ctx, campaign, person))
    assert len(said) == 1


def test_nobody_gets_two_offers_about_one_claim(ctx):
    """A second campaign on the same clarification asks other people, also where both were planned side by side."""
    source = factories.clarification(ctx, _user(ctx).id, _user(ctx).id)
    first, second = (
        _campaign(ctx, kind=CampaignKind.CLARIFICATION, clarification_id=source.id, target_reach=10**6)
        for _ in range(2)
    )
    person, other = _one(ctx), _one(ctx, ministry="b")
    _offer(ctx, first, person, OfferState.DECLINED, offered_at=ctx.now - DAY)
    routing.plan(ctx, second.id)
    planned = ctx.session.scalars(select(Offer.influencer_id).where(Offer.campaign_id == second.id)).all()
    assert list(planned) == [other.id]
    _offer(ctx, second, person, OfferState.PLANNED)
    assert _released(ctx, second) == 1


def test_a_unit_gets_each_wording_once(ctx):
    """Of five colleagues in one unit as many are asked as there are wordings, each with another."""
    ministry = factories.ministry(ctx)
    for _ in range(5):
        factories.influencer(ctx, ministry.id, unit="Biro A")
    campaign = _campaign(ctx, target_reach=10**6)
    routing.plan(ctx, campaign.id)
    variants = ctx.session.scalars(select(Offer.variant).where(Offer.campaign_id == campaign.id)).all()
    assert sorted(variants) == [1, 2, 3]
    assert routing.plan(ctx, campaign.id) == 0
