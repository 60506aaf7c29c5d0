"""The clocks of a claim: warned of before they run out, told once, and a board that speaks of no person."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from serving.db import transparency
from serving.db.tables import Claim, WebhookEvent
from serving.db.transparency import Span
from serving.desk.checking import claims, deadlines, leases
from serving.desk.publishing import library
from serving.errors import ForbiddenError, InvalidInputError
from serving.vocabulary import ClaimState, DeadlineClock, DismissReason, Role
from tests import factories
from tests.conftest import PASSWORD
from tests.web.browsing import sign_in, soup

SEEN, DECIDED = DeadlineClock.SEEN, DeadlineClock.DECIDED


@pytest.fixture
def reader(sign_up):
    """Somebody of the desk."""
    return sign_up("ani", Role.CHECKER)


def _told(acting):
    with acting() as ctx:
        deadlines.tell(ctx)
        events = ctx.session.scalars(select(WebhookEvent).order_by(WebhookEvent.id)).all()
        return [(event.type.value, json.loads(event.body)["data"]) for event in events]


def test_a_clock_warns_before_it_runs_out_and_each_stage_is_told_once(acting, clock):
    """Nothing at three minutes, a warning at four, a miss at five; asked again, nothing more."""
    with acting() as ctx:
        claim_id = factories.claim(ctx).id
    start = clock.now()
    clock.forward(minutes=3)
    assert _told(acting) == []
    clock.forward(minutes=1, seconds=1)
    due = (start + timedelta(minutes=5)).isoformat()
    warned = ("deadline.near", {"claim_id": claim_id, "clock": "seen", "due_at": due})
    assert _told(acting) == [warned]
    clock.forward(minutes=1)
    missed = ("deadline.missed", {"claim_id": claim_id, "clock": "seen", "due_at": due})
    assert _told(acting) == [warned, missed]
    assert _told(acting) == [warned, missed]


def test_what_was_done_in_time_is_not_told(acting, clock):
    """A claim that was seen, then decided, rings nothing."""
    with acting() as ctx:
        claim_id = factories.claim(ctx).id
    clock.forward(minutes=2)
    with acting() as ctx:
        ctx.session.get_one(Claim, claim_id).seen_at = ctx.now
    clock.forward(minutes=10)
    assert _told(acting) == []
    clock.forward(hours=2)
    with acting() as ctx:
        claim = ctx.session.get_one(Claim, claim_id)
        claim.decided_at, claim.state, claim.dismiss_reason = ctx.now, ClaimState.DISMISSED, "opinion"
    clock.forward(hours=2)
    assert _told(acting) == []


def test_an_old_backlog_rings_nothing(acting, clock):
    """What ran out more than a day ago is counted on the board and not told again to everybody."""
    with acting() as ctx:
        factories.claim(ctx, created_at=ctx.now - timedelta(days=3))
    assert _told(acting) == []


def _board(acting, reader, hours=8):
    with acting(reader) as ctx:
        return deadlines.board(ctx, hours)


def test_the_board_counts_times_by_nearest_rank(acting, reader, clock):
    """Of twenty claims half were decided within ten minutes, 95 % within nineteen; three of them late to be seen."""
    with acting() as ctx:
        for minutes in range(1, 21):
            factories.claim(
                ctx,
                created_at=ctx.now - timedelta(hours=1),
                seen_at=ctx.now - timedelta(minutes=56 if minutes > 3 else 50),
                decided_at=ctx.now - timedelta(hours=1) + timedelta(minutes=minutes),
                state=ClaimState.DISMISSED,
                dismiss_reason="opinion",
            )
    board = _board(acting, reader)
    times = {clock.clock: clock.times for clock in board.clocks}
    assert times[DECIDED] == deadlines.Times(20, 20, 600.0, 1140.0)
    assert times[SEEN] == deadlines.Times(20, 17, 240.0, 600.0)
    assert (len(board.slots), sum(slot.n_arose for slot in board.slots)) == (8, 20)
    assert sum(slot.decided.n for slot in board.slots) == 20


def test_what_a_claim_rested_counts_for_no_decision(acting, reader, clock):
    """Dismissed in time, reopened after twenty days and dismissed in a minute: a minute, on the board and in reports."""
    with acting(reader) as ctx:
        claim_id = factories.claim(ctx, seen_at=ctx.now).id
        leases.dismiss(ctx, claim_id, DismissReason.OPINION)
    clock.forward(days=20)
    with acting(reader) as ctx:
        leases.reopen(ctx, claim_id, "Ada bukti baru.")
        assert claims.deadline_of(ctx, ctx.session.get_one(Claim, claim_id))[0] == ctx.now + timedelta(hours=3)
    clock.forward(minutes=1)
    assert (_told(acting), _missed(acting, reader)) == ([], (0, 0))
    clock.forward(hours=2, minutes=30)
    assert [(kind, data["clock"]) for kind, data in _told(acting)] == [("deadline.near", "decided")]
    assert [each.claim.id for each in _board(acting, reader).clocks[1].near] == [claim_id]
    clock.forward(hours=1)
    assert _missed(acting, reader) == (1, 1)
    with acting(reader) as ctx:
        leases.dismiss(ctx, claim_id, DismissReason.OPINION)
        span = Span(ctx.now - timedelta(hours=1), ctx.now + timedelta(hours=1))
        taken = timedelta(hours=3, minutes=31).total_seconds()
        assert transparency.until_decided(ctx.session, span).p50_s == taken
    clock.forward(minutes=1)
    assert _board(acting, reader).clocks[1].times == deadlines.Times(1, 0, taken, taken)


def _missed(acting, reader):
    decided = _board(acting, reader).clocks[1]
    return decided.n_missed, len(decided.missed)


def test_the_board_shows_what_runs_out_and_counts_what_waits(acting, reader, clock):
    """Near and missed claims by clock, oldest first; the backlog by state, whatever its age."""
    with acting() as ctx:
        near = factories.claim(ctx, created_at=ctx.now - timedelta(minutes=4, seconds=30)).id
        missed = factories.claim(ctx, created_at=ctx.now - timedelta(minutes=9)).id
        old = factories.claim(ctx, created_at=ctx.now - timedelta(days=4)).id
        late = factories.claim(
            ctx, created_at=ctx.now - timedelta(hours=4), seen_at=ctx.now, state=ClaimState.ON_HOLD
        ).id
    board = _board(acting, reader)
    shown = {clock.clock: clock for clock in board.clocks}
    assert [each.claim.id for each in shown[SEEN].near] == [near]
    assert [each.claim.id for each in shown[SEEN].missed] == [missed]
    assert [each.claim.id for each in shown[DECIDED].missed] == [late]
    assert (shown[SEEN].n_missed, shown[DECIDED].n_missed) == (2, 2)
    assert old not in {each.claim.id for clock in board.clocks for each in (*clock.near, *clock.missed)}
    assert board.backlog == {ClaimState.QUEUED: 3, ClaimState.ON_HOLD: 1}


def test_reversals_are_on_the_board(acting, sign_up, reader, clock):
    """What was published and what was taken back in the window."""
    author, approver = sign_up("budi", Role.CHECKER), sign_up("cici", Role.APPROVER)
    with acting(approver) as ctx:
        head = factories.clarification(ctx, author.user_id, approver.user_id)
        library.retract(ctx, head.id, "sumbernya keliru")
    clock.forward(minutes=1)
    board = _board(acting, reader)
    assert (board.n_published, dict(board.reversals)) == (1, {"retracted": 1})


@pytest.mark.parametrize("hours", [0, 7, 169, -1])
def test_another_window_is_refused(acting, reader, hours):
    """A shift, a day, a week, and nothing else."""
    with pytest.raises(InvalidInputError):
        _board(acting, reader, hours)


def test_an_influencer_reads_no_board(acting, sign_up):
    """It is the desk's."""
    with acting(sign_up("asn", Role.INFLUENCER)) as ctx, pytest.raises(ForbiddenError):
        deadlines.board(ctx)


def test_both_doors_show_the_same_board_without_a_name(acting, client, key_for, sign_up):
    """The claim stands in both under its clock; whoever holds it stands in neither."""
    sign_up("gilir-pemeriksa", Role.CHECKER)
    headers = key_for("dedi", Role.MANAGER)
    with acting() as ctx:
        claim_id = factories.claim(ctx, created_at=ctx.now - timedelta(minutes=9)).id
    found = client.get("/v1/deadlines", headers=headers, params={"hours": 24})
    assert [each["claim_id"] for each in found.json()["clocks"][0]["missed"]] == [claim_id]
    assert len(found.json()["slots"]) == 24
    assert client.get("/v1/deadlines", headers=headers, params={"hours": 5}).status_code == 422
    assert sign_in(client, "gilir-pemeriksa", PASSWORD).status_code == 303
    page = client.get("/papan")
    shown = soup(page).main
    assert shown.select_one(f'a[href="/klaim/{claim_id}"]')
    assert shown.select_one("svg title")
    assert len(shown.select("details tbody tr")) == 8
    assert "gilir-pemeriksa" not in shown.get_text()
