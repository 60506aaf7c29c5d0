"""Who waits for whom: steps that meet about one person, campaign or label wait in one order, and nobody is ended.

PostgreSQL only: SQLite has one writer. Each test lets a third transaction hold the row at which the two steps meet, so
that both stand where they would block each other, and then lets go: a wrong order is a deadlock every time.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import select, text

from serving import worker
from serving.db import OperationalError, retried, standings
from serving.db import bulk as many_rows
from serving.db.engine import TRIES
from serving.db.tables import (
    AuditRow,
    Campaign,
    Claim,
    Clarification,
    Delivery,
    Influencer,
    KeptStanding,
    Offer,
    Screenshot,
    WebhookDelivery,
    WebhookEndpoint,
)
from serving.deps import acting, context_for, writing_as
from serving.desk import pictures, webhooks
from serving.desk.checking import bulk, leases
from serving.desk.checking.leases import HeldByAnotherError
from serving.desk.context import SERVICE
from serving.desk.outreach import campaigns, deliveries, offers, routing
from serving.desk.people import influencers, screenshots
from serving.desk.people.screenshots import AlreadySeenError
from serving.desk.publishing import library
from serving.errors import IllegalStepError
from serving.vocabulary import (
    BulkAction,
    CampaignState,
    ClarificationState,
    DeliveryState,
    OfferState,
    Platform,
    Role,
    ScreenshotState,
    Topic,
)
from tests import factories
from tests.integration import carrying

pytestmark = pytest.mark.parametrize("address", ["postgresql"], indirect=True)

WAIT_S = 10.0


@pytest.fixture
def planned(service, story) -> int:
    """An offer to the same person that is planned and due; the open one was long ago."""
    with acting(service) as ctx:
        long_ago = ctx.now - timedelta(days=2)
        ctx.session.get(Offer, story.offer_id).offered_at = long_ago
        source = factories.clarification(ctx, story.author.user_id, story.approver.user_id)
        running = carrying.campaign(ctx, source.id, story.author, story.approver)
        person = ctx.session.get(Influencer, story.influencer_id)
        due = carrying.offer(
            ctx, running, person, mail=False, state=OfferState.PLANNED, offered_at=None, expires_at=None
        )
        return due.id


def n_waiting(service) -> int:
    """How many transactions of this database wait for a lock."""
    with service.database.read() as session:
        return session.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )


def until_waiting(service, n):
    """Wait until so many stand still."""
    end = time.monotonic() + WAIT_S
    while n_waiting(service) < n:
        assert time.monotonic() < end, "nobody came to wait"
        time.sleep(0.01)


@contextmanager
def meeting(service, hold, *works):
    """Let works begin one after another while ``hold`` is held, each until it stands still; give their outcomes."""
    with ThreadPoolExecutor(len(works)) as pool:
        found: list[Future] = []
        with service.database.write() as session:
            session.execute(hold)
            for n, work in enumerate(works, start=1):
                found.append(pool.submit(work))
                until_waiting(service, n)
        yield [each.result(WAIT_S) for each in found]


def as_service(service, step):
    """Give a work: one step of the service in a transaction of its own."""

    def work():
        with acting(service) as ctx:
            return step(ctx)

    return work


def of(service, actor, step):
    """Give a work: one step of a person."""

    def work():
        with writing_as(service, actor)() as ctx:
            return step(ctx)

    return work


WINDOW = text("SELECT 1 FROM burden_window FOR UPDATE")
HEAD = text("SELECT 1 FROM audit_head FOR UPDATE")


def one(model, number):
    """Lock one row."""
    key = model.__table__.primary_key.columns[0]
    return select(key).where(key == number).with_for_update()


# ---- going, and being asked ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [influencers.pause, influencers.leave, influencers.erase])
def test_whoever_goes_while_offers_leave_waits_for_them(service, story, planned, step):
    """The release comes first and its offer is then recalled; neither is ended."""
    with meeting(
        service, one(Offer, planned), as_service(service, routing.release_due), of(service, story.person, step)
    ) as (released, _):
        assert released == 1
    with service.database.read() as session:
        states = session.scalars(select(Offer.state).where(Offer.influencer_id == story.influencer_id)).all()
        assert set(states) == {OfferState.RECALLED}
        kept = session.get(KeptStanding, story.influencer_id)
        assert (kept.ready, kept.n_waiting) == (False, 0)


def test_a_pause_by_mail_waits_as_well(service, story, planned):
    """The link in the mail takes the same locks."""
    with acting(service) as ctx:
        token = deliveries.pause_token(ctx, story.influencer_id)
    pause = as_service(service, lambda ctx: deliveries.pause_by_mail(ctx, token))
    with meeting(service, one(Offer, planned), as_service(service, routing.release_due), pause) as (released, _):
        assert released == 1


def test_whoever_goes_first_is_not_asked(service, story, planned):
    """A release that comes after a pause finds nobody to ask."""
    with meeting(
        service, WINDOW, of(service, story.person, influencers.pause), as_service(service, routing.release_due)
    ) as (_, released):
        assert released == 0
    with service.database.read() as session:
        assert session.get(Offer, planned).state is OfferState.RECALLED


@pytest.mark.parametrize(
    "step",
    [lambda ctx: influencers.move(ctx, "ID-JB"), lambda ctx: influencers.choose_topics(ctx, [Topic.HEALTH])],
    ids=["move", "topics"],
)
def test_a_change_of_ones_own_row_does_not_meet_a_release(service, story, planned, step):
    """Both write the kept row; the release's message may point at a person who is being changed."""
    with meeting(
        service,
        one(KeptStanding, story.influencer_id),
        as_service(service, routing.release_due),
        of(service, story.person, step),
    ) as (released, _):
        assert released == 1


def test_a_pause_does_not_meet_planning(service, story):
    """Planning moves the window over somebody's old offer while that person pauses."""
    with acting(service) as ctx:
        ctx.session.get(Offer, story.offer_id).offered_at = ctx.now - routing.RECENT - timedelta(minutes=1)
        ctx.session.flush()
        ctx.session.execute(text("UPDATE burden_window SET since = :at"), {"at": ctx.now - timedelta(days=400)})
        ctx.session.execute(text("UPDATE campaigns SET target_reach = 1000000"))
    with meeting(
        service,
        one(KeptStanding, story.influencer_id),
        as_service(service, routing.top_up),
        of(service, story.person, influencers.pause),
    ) as (n_planned, _):
        assert n_planned == 1
    with service.database.read() as session:
        assert standings_differ(session) == 0


def standings_differ(session) -> int:
    """How many kept rows are not what the ground says."""
    return standings.mend(session, 1, 1_000)


def test_planning_and_releasing_take_turns(service, story, planned):
    """Whoever has the campaigns waits for the window and not the other way round."""
    with acting(service) as ctx:
        ctx.session.execute(text("UPDATE campaigns SET target_reach = 1000000"))
    works = [as_service(service, routing.top_up), as_service(service, routing.release_due)]
    for first, second in (works, works[::-1]):
        with meeting(service, WINDOW, first, second) as counts:
            assert all(count >= 0 for count in counts)
    with service.database.read() as session:
        assert session.get(Offer, planned).state is OfferState.OFFERED
        assert len(session.scalars(select(Delivery).where(Delivery.offer_id == planned)).all()) == 1


def test_a_window_that_moved_while_a_trigger_waited_counts(service, story, planned):
    """An offer leaves while the window moves past it: the kept row is worked out by the window as it then stands."""

    def leave(ctx):
        ctx.session.execute(
            text("UPDATE offers SET state = 'offered', offered_at = :at WHERE id = :id"),
            {"at": ctx.now - timedelta(days=1), "id": planned},
        )

    with ThreadPoolExecutor(1) as pool:
        with service.database.write() as session:
            session.execute(one(KeptStanding, story.influencer_id))
            waiting = pool.submit(as_service(service, leave))
            until_waiting(service, 1)
            session.execute(text("UPDATE burden_window SET since = :at"), {"at": service.clock.now()})
        waiting.result(WAIT_S)
    with service.database.read() as session:
        assert session.get(KeptStanding, story.influencer_id).n_recent == 0


# ---- a label falls ---------------------------------------------------------------------------------------------


def test_a_retraction_waits_for_a_release_before_it_is_recorded(service, story, planned):
    """A claim's label falls while offers leave: campaigns first, the record last, with both."""
    with acting(service) as ctx:
        claim = factories.claim(
            ctx, state="published", author_id=story.author.user_id, approver_id=story.approver.user_id
        )
        ctx.session.get(Clarification, story.clarification_id).claim_id = claim.id
    retract = of(service, story.approver, lambda ctx: library.retract(ctx, story.clarification_id, "Keliru."))
    with meeting(service, WINDOW, as_service(service, routing.release_due), retract) as (released, _):
        assert released == 1
    with service.database.read() as session:
        assert session.get(Clarification, story.clarification_id).state is ClarificationState.RETRACTED
        assert session.get(Campaign, story.campaign_id).state is CampaignState.ENDED
        assert session.get(Offer, story.offer_id).state is OfferState.RECALLED


def test_the_end_of_a_campaign_holds_its_offers_before_it_is_recorded(service, story):
    """Somebody accepts while the campaign ends: the end comes first, the answer is refused, and nobody is ended."""
    end = of(service, story.author, lambda ctx: campaigns.end(ctx, story.campaign_id, "Selesai lebih awal."))

    def accept(ctx):
        with pytest.raises(IllegalStepError):
            offers.accept(ctx, story.offer_id)

    with meeting(service, HEAD, end, of(service, story.person, accept)):
        pass
    with service.database.read() as session:
        assert session.get(Offer, story.offer_id).state is OfferState.RECALLED


# ---- several at once, and one of them ----------------------------------------------------------------------------


def test_a_step_for_several_claims_holds_all_before_its_first_record(service, act, ani, budi):
    """Somebody takes the second claim while both are assigned: they wait for the whole, and nobody is ended."""
    first, second = (act(SERVICE, factories.claim).id for _ in range(2))
    asked = bulk.Asked(BulkAction.ASSIGN, (first, second))

    def take(ctx):
        with pytest.raises(HeldByAnotherError):
            leases.take(ctx, second)

    works = of(service, ani, lambda ctx: bulk.do(ctx, asked)), of(service, budi, take)
    with meeting(service, HEAD, *works) as (outcome, _):
        assert (outcome.done, outcome.refused) == ((first, second), ())
    with service.database.read() as session:
        row = session.get(Claim, second)
        assert (row.holder_id, row.merged_into_id) == (ani.user_id, None)


def test_a_look_at_a_screenshot_waits_for_its_person(service, story, sign_up):
    """Whoever sends another holds their own row first; so does whoever looks, and finds that it was replaced."""
    manager = sign_up("manajer-uji", Role.MANAGER)
    send = of(service, story.person, lambda ctx: screenshots.send(ctx, Platform.X, 900, pictures.Cleaned(b"a")).id)
    number = send()

    def accept(ctx):
        with pytest.raises(AlreadySeenError):
            screenshots.accept(ctx, number)

    with meeting(service, one(Influencer, story.influencer_id), send, of(service, manager, accept)) as (newer, _):
        assert newer > number
    with service.database.read() as session:
        assert session.get(Screenshot, number).state is ScreenshotState.TAKEN_BACK


def test_an_endpoint_that_wants_no_more_is_held_before_its_message(service, sign_up):
    """It is removed while its 410 is noted: the removal comes first, and nothing is noted of what was withdrawn."""
    admin = sign_up("dewi", Role.ADMIN)
    new = webhooks.NewEndpoint("https://sistem.contoh.example/x", "sistem", (webhooks.PUBLIC_KINDS[0],))
    number = of(service, admin, lambda ctx: webhooks.add(ctx, new).endpoint.id)()
    of(service, admin, lambda ctx: webhooks.try_out(ctx, number))()
    [claimed] = as_service(service, webhooks.claim_due)()
    remove = of(service, admin, lambda ctx: webhooks.remove(ctx, number))
    gone = as_service(service, lambda ctx: webhooks.record(ctx, claimed, webhooks.Answer(webhooks.GONE, 3)))
    with meeting(service, one(WebhookEndpoint, number), remove, gone) as (_, noted):
        assert noted is None
    with service.database.read() as session:
        assert session.get(WebhookDelivery, claimed.delivery_id).state is not DeliveryState.PENDING


# ---- what gave way is tried again ------------------------------------------------------------------------------


def crosswise(service, first, second, tried, both):
    """Give a step that locks two people in an order; at the first try somebody else holds the other by then."""

    def step():
        with acting(service) as ctx:
            tried.append((first, second))
            ctx.session.execute(one(Influencer, first))
            if tried.count((first, second)) == 1:
                both.wait(WAIT_S)
            ctx.session.execute(one(Influencer, second))
            ctx.session.execute(text("UPDATE influencers SET unit = unit || '.' WHERE id = :id"), {"id": first})
            return first

    return step


def test_a_deadlock_is_tried_again_with_a_fresh_transaction(service, story):
    """Two steps that lock crosswise both end well: one gave way, nothing of its first try stays."""
    with service.database.read() as session:
        one_id, other_id = session.scalars(select(Influencer.id).order_by(Influencer.id)).all()
    log, both = [], Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        works = [
            pool.submit(retried, crosswise(service, *pair, log, both))
            for pair in ((one_id, other_id), (other_id, one_id))
        ]
        assert {work.result(WAIT_S) for work in works} == {one_id, other_id}
    assert len(log) == 3
    with service.database.read() as session:
        assert [row.unit.count(".") for row in session.scalars(select(Influencer))] == [1, 1]


def test_what_is_written_through_the_driver_gives_way_as_well(service, act):
    """Two that write many rows crosswise both end well: the driver's own deadlock is tried again like any other."""
    one_id, other_id = (act(SERVICE, factories.claim).id for _ in range(2))
    log, both = [], Barrier(2)

    def writing(first, second):
        def step():
            with acting(service) as ctx:
                log.append(first)
                many_rows.set_columns(ctx.session, Claim, ("n_posts",), [(first, 5)])
                if log.count(first) == 1:
                    both.wait(WAIT_S)
                many_rows.set_columns(ctx.session, Claim, ("n_posts",), [(second, 6)])

        return step

    with ThreadPoolExecutor(2) as pool:
        works = [pool.submit(retried, writing(*pair)) for pair in ((one_id, other_id), (other_id, one_id))]
        for work in works:
            work.result(WAIT_S)
    assert len(log) == 3


def refused(service, code):
    """Give a step that writes and then fails with this SQLSTATE, and how often it was tried."""
    tried = []

    def step(_service=service):
        with acting(service) as ctx:
            tried.append(code)
            ctx.session.execute(text("UPDATE influencers SET unit = 'tidak jadi'"))
            ctx.session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'uji' USING ERRCODE = '{code}'; END $$"))

    return step, tried


@pytest.mark.parametrize(("code", "n_tries"), [("40P01", TRIES), ("40001", TRIES), ("57014", 1)])
def test_tries_are_bounded_and_only_for_what_gave_way(service, story, code, n_tries):
    """Deadlock and serialization are tried four times, anything else once; nothing of any try stays."""
    step, tried = refused(service, code)
    with pytest.raises(OperationalError) as failed:
        retried(step)
    assert isinstance(failed.value.orig, psycopg.OperationalError)
    assert len(tried) == n_tries
    with service.database.read() as session:
        assert "tidak jadi" not in session.scalars(select(Influencer.unit)).all()


def test_the_worker_tries_its_parts_again(service, story):
    """A part that gives way once does its work in the same tick; one that always does is a fault after four tries."""
    step, tried = refused(service, "40P01")

    def once(given):
        if tried:
            return 1
        return step(given)

    assert worker.run_part(worker.Part("uji", "* * * * * *", timedelta(seconds=1), once), service)
    assert len(tried) == 1
    tried.clear()
    assert not worker.run_part(worker.Part("uji", "* * * * * *", timedelta(seconds=1), step), service)
    assert len(tried) == TRIES


def test_the_record_names_each_step_once(service, story, planned):
    """A step that was tried again stands once in the audit chain."""
    with meeting(
        service,
        one(Offer, planned),
        as_service(service, routing.release_due),
        of(service, story.person, influencers.pause),
    ):
        pass
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        actions = ctx.session.scalars(select(AuditRow.action)).all()
    assert (actions.count("offer.release"), actions.count("influencer.pause")) == (1, 1)
