"""The circuit breaker stops everything by itself, and only two different people let it go on."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from serving.db import IntegrityError
from serving.db import breaker as rows
from serving.db.tables import Appeal, AuditRow, BreakerFreeze, Campaign, Complaint, Offer
from serving.deps import context_for
from serving.desk.context import SERVICE, Actor
from serving.desk.outreach import breaker, campaigns, deliveries, kits, offers, routing
from serving.desk.outreach.breaker import LIMITS, Limit, Limits, Reading
from serving.desk.publishing import appeals, library
from serving.errors import (
    ConflictError,
    ForbiddenError,
    IllegalStepError,
    InvalidInputError,
    SameHumanError,
    SuluhError,
)
from serving.vocabulary import (
    AppealState,
    BreakerSignal,
    BreakerState,
    CampaignState,
    ComplaintReason,
    OfferState,
    Role,
    VerdictLabel,
)
from tests import factories
from tests.conftest import SOAK
from tests.integration import carrying
from tests.web.browsing import send, sign_in, soup

NOBODY = Actor(None, "publik")
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
SIGNAL = BreakerSignal.COMPLAINTS
EASY = Limits(complaints=Limit(trip=2, clear=0, least=2, window=timedelta(days=1)))


@pytest.fixture
def story(service, sign_up) -> carrying.Story:
    """A live campaign with one open offer; its author is a manager."""
    return carrying.begin(service, sign_up)


@pytest.fixture
def other(sign_up) -> Actor:
    """Another manager."""
    return sign_up("manajer2", Role.MANAGER)


@pytest.fixture
def frozen(acting, story) -> carrying.Story:
    """The same, after somebody pulled the brake."""
    with acting(story.approver) as ctx:
        breaker.pull(ctx, "Kata-katanya terlalu seragam.")
    return story


def state(acting) -> BreakerState:
    """Read where the breaker stands."""
    with acting() as ctx:
        return rows.read(ctx.session).state


def proposal(ctx) -> BreakerFreeze:
    """Give the freeze that stands."""
    found = rows.standing(ctx.session)
    assert found is not None
    return found


# ---- the rule --------------------------------------------------------------------------------------------------


def test_every_signal_has_two_thresholds_apart():
    """Each rises above where it comes down; otherwise it would swing."""
    for signal in BreakerSignal:
        assert LIMITS.of(signal).trip > LIMITS.of(signal).clear


@given(st.lists(st.integers(0, 40), max_size=30))
def test_a_signal_rises_once_between_two_calms(values):
    """Whatever a figure does, it does not rise again before it came down."""
    limit, high, calm = LIMITS.of(SIGNAL), frozenset(), True
    for value in values:
        after = breaker.high_after(high, {SIGNAL: Reading(value, value)})
        if SIGNAL in after - high:
            assert calm
            assert value >= limit.trip
            calm = False
        calm = calm or value <= limit.clear
        high = after


def test_a_share_of_few_says_nothing():
    """One label of one retracted is every label, and trips nothing."""
    readings = {BreakerSignal.REVERSALS: Reading(1.0, LIMITS.reversals.least - 1)}
    assert breaker.high_after(frozenset(), readings) == frozenset()


@pytest.mark.parametrize(
    ("counts", "share", "n"),
    [([], 0.0, 0), ([(1, 1)], 0.0, 1), ([(1, 4)], 1.0, 4), ([(1, 2), (1, 2)], 4 / 12, 4), ([(1, 2), (2, 2)], 1.0, 4)],
)
def test_the_share_of_the_same_wording(counts, share, n):
    """The chance that two who posted for one campaign said the same; campaigns are not compared with each other."""
    assert breaker.share_of_same_wording(counts) == Reading(pytest.approx(share), n)


# ---- the service's watch ---------------------------------------------------------------------------------------


def complain(ctx, story, n):
    """File so many complaints, all of which count: about as many labels as that takes."""
    number = story.clarification_id
    for at in range(n):
        if at and at % breaker.COMPLAINTS_OF_ONE == 0:
            # Published long ago: no share of what was published lately moves.
            number = factories.clarification(
                ctx, story.author.user_id, story.approver.user_id, published_at=LONG_AGO
            ).id
        appeals.complain(ctx, number, ComplaintReason.TOO_MANY)


def test_complaints_freeze_everything_by_themselves(acting, story):
    """The service acts alone, on the record, and says which signal rose."""
    with acting(NOBODY) as ctx:
        complain(ctx, story, LIMITS.complaints.trip - 1)
    with acting() as ctx:
        assert breaker.watch(ctx) == 0
        other = factories.clarification(ctx, story.author.user_id, story.approver.user_id)
        appeals.complain(ctx, other.id, ComplaintReason.TOO_MANY)
        assert breaker.watch(ctx) == 1
        assert breaker.watch(ctx) == 0
    with acting() as ctx:
        assert rows.read(ctx.session).state is BreakerState.FROZEN
        assert (proposal(ctx).signals, proposal(ctx).frozen_by_id) == ([SIGNAL], None)
        step = ctx.session.scalars(select(AuditRow).where(AuditRow.action == "breaker.trip")).one()
        assert (step.actor_id, '"complaints"' in step.detail) == (None, True)


def test_open_appeals_freeze_everything(acting, story):
    """Appeals that nobody answers are a signal of their own."""
    with acting() as ctx:
        for number in range(int(LIMITS.open_appeals.trip)):
            source = factories.clarification(ctx, story.author.user_id, story.approver.user_id)
            kept = Appeal(
                clarification_id=source.id,
                code_hash=str(number),
                state=AppealState.OPEN,
                statement="x",
                filed_at=ctx.now,
            )
            ctx.session.add(kept)
        ctx.session.flush()
        assert breaker.watch(ctx) == 1


def test_one_label_alone_freezes_nothing_else(acting, story):
    """However often one label is contested or minded, everything else goes on."""
    with acting(NOBODY) as ctx:
        for _ in range(int(LIMITS.open_appeals.trip)):
            appeals.file(ctx, story.clarification_id, "Keliru.")
        for _ in range(int(LIMITS.complaints.trip)):
            appeals.complain(ctx, story.clarification_id, ComplaintReason.PRESSURE)
    with acting() as ctx:
        readings = breaker.measure(ctx)
        assert readings[BreakerSignal.OPEN_APPEALS].value == 1
        assert readings[BreakerSignal.COMPLAINTS].value == breaker.COMPLAINTS_OF_ONE
        assert breaker.watch(ctx) == 0


def test_replaced_by_another_verdict_is_reversed(acting, story):
    """Said anew with the same verdict a label is not taken back; with another one it is."""
    with acting(story.approver) as ctx:
        for verdict in (VerdictLabel.FALSE, VerdictLabel.MISLEADING):
            pair = (story.author.user_id, story.approver.user_id)
            source = factories.clarification(ctx, *pair, verdict=VerdictLabel.FALSE)
            library.supersede(ctx, source.id, factories.clarification(ctx, *pair, verdict=verdict).id, "Lebih lengkap.")
    with acting() as ctx:
        reading = breaker.measure(ctx)[BreakerSignal.REVERSALS]
        assert (reading.n, reading.value) == (1, pytest.approx(1 / 5))


def test_what_was_published_long_ago_is_part_of_the_share(acting, story):
    """Three old labels are taken back in a week with one new one: three of four, not three hundred of a hundred."""
    with acting(story.approver) as ctx:
        for _ in range(3):
            source = factories.clarification(ctx, story.author.user_id, story.approver.user_id, published_at=LONG_AGO)
            library.retract(ctx, source.id, "Keliru.")
    with acting() as ctx:
        reading = breaker.measure(ctx)[BreakerSignal.REVERSALS]
        assert (reading.n, reading.value) == (3, pytest.approx(3 / 4))


def test_reversals_freeze_everything(acting, story):
    """Three labels of a week taken back, more than a tenth: it stops."""
    with acting(story.approver) as ctx:
        for _ in range(LIMITS.reversals.least):
            source = factories.clarification(ctx, story.author.user_id, story.approver.user_id)
            library.retract(ctx, source.id, "Keliru.")
    with acting() as ctx:
        reading = breaker.measure(ctx)[BreakerSignal.REVERSALS]
        assert (reading.n, reading.value) == (3, pytest.approx(3 / 4))
        assert breaker.watch(ctx) == 1


def test_the_same_words_from_many_freeze_everything(acting, story):
    """Twenty who posted one wording: it stops; nothing is read of who declined."""
    with acting() as ctx:
        running = ctx.session.get_one(Campaign, story.campaign_id)
        for _ in range(LIMITS.same_wording.least):
            person = factories.influencer(ctx, story.ministry_id)
            carrying.offer(ctx, running, person, mail=False, state=OfferState.POSTED, posted_at=ctx.now)
        assert breaker.watch(ctx) == 1


def test_what_two_people_knew_does_not_trip_it_again(acting, frozen, other, clock):
    """After reopening, windows begin anew: the old complaints no longer count, new ones do."""
    with acting() as ctx:
        complain(ctx, frozen, 20)
        breaker.watch(ctx)
    clock.forward(minutes=1)
    reopen(acting, frozen.approver, other)
    clock.forward(minutes=1)
    with acting() as ctx:
        assert breaker.watch(ctx) == 0
        complain(ctx, frozen, 20)
        assert breaker.watch(ctx) == 1
    assert state(acting) is BreakerState.FROZEN


# ---- what it stops ---------------------------------------------------------------------------------------------


def test_nothing_leaves_while_it_is_frozen(acting, frozen):
    """No offer, no plan, no launch, no message about an offer, no answer, no kit."""
    with acting() as ctx:
        person = factories.influencer(ctx, frozen.ministry_id)
        running = ctx.session.get_one(Campaign, frozen.campaign_id)
        carrying.offer(ctx, running, person, state=OfferState.PLANNED, offered_at=None, expires_at=None, mail=False)
        assert routing.release_due(ctx) == 0
        assert routing.top_up(ctx) == 0
        assert deliveries.claim_due(ctx) == []
    with acting(frozen.person) as ctx, pytest.raises(offers.OfferLapsedError):
        offers.accept(ctx, frozen.offer_id)
    with acting(frozen.person) as ctx:
        ctx.session.get_one(Offer, frozen.offer_id).state = OfferState.ACCEPTED
        ctx.session.flush()
        with pytest.raises(kits.KitWithdrawnError):
            kits.kit_for(ctx, frozen.offer_id)
    with acting(frozen.author) as ctx, pytest.raises(breaker.RoutingFrozenError):
        campaigns.plan_more(ctx, frozen.campaign_id)


def test_a_message_that_was_claimed_before_waits(acting, story):
    """Frozen between claim and sending: the message is not lost, and does not leave."""
    with acting() as ctx:
        claimed = deliveries.claim_due(ctx)[0]
    with acting(story.approver) as ctx:
        breaker.pull(ctx, "Berhenti dulu.")
    with acting() as ctx:
        assert deliveries.compose(ctx, claimed) is None
        assert deliveries.claim_due(ctx) == []


def test_a_correction_leaves_all_the_same(acting, frozen):
    """Whoever carried what no longer stands is told, frozen or not."""
    with acting() as ctx:
        ctx.session.get_one(Offer, frozen.offer_id).state = OfferState.ACCEPTED
    with acting(frozen.approver) as ctx:
        library.retract(ctx, frozen.clarification_id, "Keliru.")
    with acting() as ctx:
        assert len(deliveries.claim_due(ctx)) == 1


# ---- two people ------------------------------------------------------------------------------------------------


def reopen(acting, one, two):
    """Let one propose and another agree."""
    with acting(one) as ctx:
        breaker.propose(ctx, "Keluhannya sudah ditelusuri.")
    with acting(two) as ctx:
        breaker.reopen(ctx, proposal(ctx).proposed_at)


def test_two_different_people_let_it_go_on(acting, frozen, other):
    """One proposes, another agrees, and offers leave again."""
    reopen(acting, frozen.approver, other)
    assert state(acting) is BreakerState.RUNNING
    with acting(frozen.person) as ctx:
        offers.accept(ctx, frozen.offer_id)


def test_one_person_is_not_two(acting, frozen):
    """Whoever proposes does not agree, and proposing again changes nothing."""
    with acting(frozen.approver) as ctx:
        breaker.propose(ctx, "Sudah beres.")
    with acting(frozen.approver) as ctx, pytest.raises(SameHumanError):
        breaker.reopen(ctx, proposal(ctx).proposed_at)
    with acting(frozen.approver) as ctx, pytest.raises(IllegalStepError):
        breaker.propose(ctx, "Sudah beres.")
    assert state(acting) is BreakerState.REOPENING


def test_an_unread_proposal_is_not_agreed_to(acting, frozen, other, clock):
    """Withdrawn and made anew, it is another one."""
    with acting(frozen.approver) as ctx:
        read = breaker.propose(ctx, "Satu.").proposed_at
    clock.forward(minutes=1)
    with acting(frozen.author) as ctx:
        breaker.withdraw(ctx)
        breaker.propose(ctx, "Dua.")
    with acting(other) as ctx, pytest.raises(breaker.MovedOnError):
        breaker.reopen(ctx, read)


def test_a_signal_that_rises_takes_the_proposal_with_it(acting, frozen, other):
    """It was made without knowing: somebody has to propose anew."""
    with acting(frozen.approver) as ctx:
        read = breaker.propose(ctx, "Sudah beres.").proposed_at
    with acting() as ctx:
        complain(ctx, frozen, 20)
        assert breaker.watch(ctx) == 1
        assert (proposal(ctx).signals, proposal(ctx).proposed_by_id) == ([SIGNAL], None)
    with acting(other) as ctx, pytest.raises(IllegalStepError):
        breaker.reopen(ctx, read)


@pytest.mark.parametrize(
    "written",
    [
        "UPDATE breaker SET state = 'running'",
        "UPDATE breaker_freezes SET reopened_at = at",
        "UPDATE breaker_freezes SET reopened_at = at, proposed_by_id = 1, reopened_by_id = 1",
    ],
)
def test_the_database_refuses_less_than_two(acting, frozen, written):
    """Past the rules it does not run either."""
    with pytest.raises(IntegrityError), acting() as ctx:
        ctx.session.execute(text(written))


def test_others_have_no_hand_in_it(acting, frozen):
    """An influencer neither pulls nor reopens, and a reason is needed."""
    with acting(frozen.person) as ctx, pytest.raises(ForbiddenError):
        breaker.pull(ctx, "x")
    with acting(frozen.approver) as ctx, pytest.raises(InvalidInputError):
        breaker.propose(ctx, " ")


def _at_once(works):
    barrier, found = Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            found.append(work())
        except (SuluhError, AssertionError) as error:
            found.append(type(error))

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_two_who_agree_at_once_one_does(acting, frozen, other):
    """It is reopened once, and the record holds one agreement."""
    with acting(frozen.approver) as ctx:
        read = breaker.propose(ctx, "Sudah beres.").proposed_at

    def agree(person):
        with acting(person) as ctx:
            breaker.reopen(ctx, read)

    found = _at_once([lambda: agree(other), lambda: agree(frozen.author)])
    assert set(found) == {None, IllegalStepError}
    with acting() as ctx:
        assert len(ctx.session.scalars(select(AuditRow).where(AuditRow.action == "breaker.reopen")).all()) == 1


def test_pulled_and_released_at_once_nothing_leaves_afterwards(acting, story):
    """The release holds the breaker: an offer that left, left before the freeze."""
    with acting() as ctx:
        person = factories.influencer(ctx, story.ministry_id)
        running = ctx.session.get_one(Campaign, story.campaign_id)
        carrying.offer(ctx, running, person, state=OfferState.PLANNED, offered_at=None, expires_at=None, mail=False)

    def pull():
        with acting(story.approver) as ctx:
            breaker.pull(ctx, "Berhenti.")

    def release():
        with acting() as ctx:
            n = routing.release_due(ctx)
            assert n == 0 or rows.read(ctx.session).state is BreakerState.RUNNING
            return n

    found = _at_once([pull, release])
    assert AssertionError not in found
    with acting() as ctx:
        assert routing.release_due(ctx) == 0


# ---- any order of events ---------------------------------------------------------------------------------------

EVENTS = (
    "release",
    "appeal",
    "uphold",
    "complain",
    "watch",
    "pull",
    "propose",
    "reopen",
    "freeze",
    "thaw",
    "plan",
    "hours",
)
PROPERTY = settings(
    max_examples=100 if SOAK else 12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@PROPERTY
@given(st.lists(st.sampled_from(EVENTS), max_size=20))
def test_no_order_of_events_offers_what_is_frozen(service, people, events):
    """Whatever happens in whatever order, no offer leaves for a contested or frozen campaign, or while all is frozen."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        source = factories.clarification(ctx, people[0].user_id, people[1].user_id)
        running = carrying.campaign(ctx, source.id, people[0], people[1], ends_at=ctx.now + timedelta(days=30))
        home = factories.ministry(ctx, f"m{source.id}")
        for _ in range(4):
            person = factories.influencer(ctx, home.id)
            carrying.offer(ctx, running, person, state=OfferState.PLANNED, offered_at=None, expires_at=None, mail=False)
        for at, event in enumerate(events):
            now = ctx.now + timedelta(hours=5 if event == "hours" else 0, seconds=1)
            ctx = type(ctx)(ctx.session, ctx.actor, now, ctx.settings, ctx.vault)
            _happen(ctx, people, source.id, running, event, at)
        session.rollback()


def _happen(ctx, people, clarification_id, running, event, at):
    def acting(person):
        return type(ctx)(ctx.session, person, ctx.now, ctx.settings, ctx.vault)

    def open_appeals():
        return ctx.session.scalars(select(Appeal).where(Appeal.state == AppealState.OPEN)).all()

    steps = {
        "appeal": lambda: appeals.file(acting(NOBODY), clarification_id, "Keliru."),
        "complain": lambda: ctx.session.add(
            Complaint(clarification_id=clarification_id, reason=ComplaintReason.TOO_MANY, at=ctx.now)
        ),
        "watch": lambda: breaker.watch(ctx, EASY),
        "pull": lambda: breaker.pull(acting(people[1]), "x"),
        "propose": lambda: breaker.propose(acting(people[at % 2]), "x"),
        "reopen": lambda: breaker.reopen(acting(people[2]), proposal(ctx).proposed_at),
        "freeze": lambda: campaigns.freeze(acting(people[0]), running.id, "x"),
        "thaw": lambda: campaigns.thaw(acting(people[1]), running.id),
        "plan": lambda: campaigns.plan_more(acting(people[0]), running.id),
    }
    if event == "release":
        n = routing.release_due(ctx)
        ctx.session.refresh(running)
        if n:
            assert running.state is CampaignState.LIVE
            assert rows.read(ctx.session).state is BreakerState.RUNNING
            assert open_appeals() == []
        return
    if event == "uphold":
        for waiting in open_appeals()[:1]:
            appeals.take(acting(people[2]), waiting.id)
            appeals.answer(acting(people[2]), waiting.id, AppealState.UPHELD, "x")
        return
    if event in steps and not (event == "reopen" and rows.standing(ctx.session) is None):
        with suppress(ConflictError, SameHumanError), ctx.session.begin_nested():
            steps[event]()


@pytest.fixture
def people(sign_up) -> list[Actor]:
    """A manager, an approver, and an approver who had no hand in anything."""
    return [sign_up("satu", Role.MANAGER), sign_up("dua", Role.APPROVER), sign_up("tiga", Role.APPROVER)]


# ---- both doors ------------------------------------------------------------------------------------------------


def _browser(client, name):
    made = TestClient(client.app, raise_server_exceptions=False, headers={"accept-language": "id"})
    sign_in(made, name)
    return made


def test_the_whole_path_on_pages(client, acting, story, other):
    """Pulled by one, proposed by one, reopened by another; the campaigns' page shows it."""
    one, two = _browser(client, "penyetuju"), _browser(client, "manajer2")
    with acting() as ctx:
        breaker.watch(ctx)
    assert send(one, "/rem/bekukan", "/rem", alasan="Terlalu seragam.").status_code == 303
    assert soup(two.get("/kampanye")).select_one(".notice.stop")
    assert send(one, "/rem/usul", "/rem", alasan="Sudah ditelusuri.").status_code == 303
    read = soup(two.get("/rem")).select_one('form[action="/rem/buka"] input[name="diusulkan"]')["value"]
    assert soup(one.get("/rem")).select_one('form[action="/rem/buka"]') is None
    assert send(one, "/rem/buka", "/rem", diusulkan=read).status_code == 403
    assert send(two, "/rem/buka", "/rem", diusulkan=read).status_code == 303
    assert state(acting) is BreakerState.RUNNING


def test_the_whole_path_over_http(client, story, key_for):
    """The same over /v1, with the thresholds that the rule uses."""
    one, two = key_for("satu", Role.MANAGER), key_for("dua", Role.APPROVER)
    board = client.get("/v1/breaker", headers=one).json()
    assert {each["signal"]: each["trip"] for each in board["signals"]} == {
        signal.value: LIMITS.of(signal).trip for signal in BreakerSignal
    }
    why = {"reason": "Terlalu seragam."}
    assert client.post("/v1/breaker/freeze", headers=one, json=why).json() == {"state": "frozen"}
    assert client.post("/v1/breaker/propose", headers=one, json=why).json() == {"state": "reopening"}
    read = {"proposed_at": client.get("/v1/breaker", headers=two).json()["freeze"]["proposed_at"]}
    assert client.post("/v1/breaker/reopen", headers=one, json=read).status_code == 403
    assert client.post("/v1/breaker/reopen", headers=two, json=read).json() == {"state": "running"}
    past = client.get("/v1/breaker/freezes", headers=one).json()["items"]
    assert [(each["proposed_by"], each["reopened_by"]) for each in past] == [("satu", "dua")]
    influencer = key_for("bukan", Role.INFLUENCER)
    assert client.get("/v1/breaker", headers=influencer).status_code == 403
