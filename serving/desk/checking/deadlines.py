"""The clocks of a claim, the warning before one runs out, and the board of the shift.

Two clocks run from the moment a claim arises: until somebody has seen it and until it is decided; after a reopening the
second runs anew from then. At four fifths of either the board and an event warn; past it another event says so. Each is
told once for a claim, and only on its first day: what waits longer is a backlog, which the board counts.

The board speaks of claims and never of who works on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from serving.db import deadlines as rows
from serving.db import transparency
from serving.db.tables import Claim, DeadlineAlert
from serving.db.timings import Times
from serving.db.transparency import Span
from serving.desk import webhooks
from serving.desk.checking.claims import READERS
from serving.desk.context import Context
from serving.errors import InvalidInputError
from serving.i18n import mark
from serving.settings import Settings
from serving.vocabulary import ClaimState, DeadlineClock, DeadlineStage, WebhookEventType

WARN_AT: Final = 0.8
"""The part of a clock's time after which it warns: four of five minutes, two hours and 24 minutes of three."""
TOLD_FOR: Final = timedelta(days=1)
TELL_PAGE: Final = 200
SHOWN: Final = 20
# What a board may look back on, and how finely: a shift, a day, a week.
WINDOWS: Final[Mapping[int, timedelta]] = {8: timedelta(hours=1), 24: timedelta(hours=1), 168: timedelta(days=1)}
SHIFT_HOURS: Final = 8

_EVENTS: Final = {
    DeadlineStage.NEAR: WebhookEventType.DEADLINE_NEAR,
    DeadlineStage.MISSED: WebhookEventType.DEADLINE_MISSED,
}


def allowed(settings: Settings, clock: DeadlineClock) -> timedelta:
    """Give how long a claim may take until it is seen, or decided."""
    return settings.seen_within if clock is DeadlineClock.SEEN else settings.decided_within


def span_of(settings: Settings, clock: DeadlineClock, stage: DeadlineStage, now: datetime) -> Span:
    """Say when a claim arose whose clock stands at a stage now: about to run out, or run out for up to a day."""
    within = allowed(settings, clock)
    if stage is DeadlineStage.NEAR:
        return Span(now - within, now - within * WARN_AT)
    return Span(now - within - TOLD_FOR, now - within)


def tell(ctx: Context) -> int:
    """Write an event for every clock that newly stands at a stage; give how many were written."""
    n = 0
    for clock in DeadlineClock:
        for stage in DeadlineStage:
            span = span_of(ctx.settings, clock, stage, ctx.now)
            for claim_id, arose in rows.to_tell(ctx.session, clock, stage, span, TELL_PAGE):
                _tell(ctx, claim_id, clock, stage, arose + allowed(ctx.settings, clock))
                n += 1
    ctx.session.flush()
    return n


def _tell(ctx: Context, claim_id: int, clock: DeadlineClock, stage: DeadlineStage, due_at: datetime) -> None:
    ctx.session.add(DeadlineAlert(claim_id=claim_id, clock=clock, stage=stage, due_at=due_at, at=ctx.now))
    data = {"claim_id": claim_id, "clock": clock, "due_at": due_at.isoformat()}
    webhooks.emit(ctx, _EVENTS[stage], f"claim:{claim_id}", data)


# ---- the board -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ticking:
    """One claim whose clock is about to run out, or has."""

    claim: Claim
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DeadlineView:
    """One clock of the board.

    ``near`` and ``missed`` are what a person can still do something about, soonest first; ``n_missed`` counts all that
    ran out, however long ago.
    """

    clock: DeadlineClock
    allowed: timedelta
    times: Times
    near: Sequence[Ticking]
    missed: Sequence[Ticking]
    n_missed: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One hour, or one day, of the window: what arose, and how long what was decided in it had taken."""

    span: Span
    n_arose: int
    decided: Times


@dataclass(frozen=True, slots=True)
class Board:
    """How the shift stands; ``reversals`` counts lines of the public log by what was done."""

    hours: int
    span: Span
    clocks: Sequence[DeadlineView]
    backlog: Mapping[ClaimState, int]
    slots: Sequence[Slot]
    n_published: int
    reversals: Mapping[str, int]

    @property
    def n_backlog(self) -> int:
        """Count what is not decided."""
        return sum(self.backlog.values())


def board(ctx: Context, hours: int = SHIFT_HOURS) -> Board:
    """Give the board of the last hours: one of ``WINDOWS``.

    Raises:
        InvalidInputError: another number of hours.
    """
    ctx.require(*READERS)
    if hours not in WINDOWS:
        raise InvalidInputError(mark("Papan ini melihat {hours} jam terakhir."), hours=" / ".join(map(str, WINDOWS)))
    span = Span(ctx.now - timedelta(hours=hours), ctx.now)
    return Board(
        hours=hours,
        span=span,
        clocks=[_clock(ctx, clock, span) for clock in DeadlineClock],
        backlog=rows.backlog(ctx.session),
        slots=_slots(ctx, span, WINDOWS[hours]),
        n_published=sum(transparency.published(ctx.session, span).verdicts.values()),
        reversals=transparency.changes(ctx.session, span),
    )


def _clock(ctx: Context, clock: DeadlineClock, span: Span) -> DeadlineView:
    within = allowed(ctx.settings, clock)
    return DeadlineView(
        clock=clock,
        allowed=within,
        times=rows.times(ctx.session, clock, span, within),
        near=_ticking(ctx, clock, DeadlineStage.NEAR),
        missed=_ticking(ctx, clock, DeadlineStage.MISSED),
        n_missed=rows.n_running(ctx.session, clock, ctx.now - within),
    )


def _ticking(ctx: Context, clock: DeadlineClock, stage: DeadlineStage) -> list[Ticking]:
    within = allowed(ctx.settings, clock)
    found = rows.running(ctx.session, clock, span_of(ctx.settings, clock, stage, ctx.now), SHOWN)
    is_seen = clock is DeadlineClock.SEEN
    return [Ticking(claim, (claim.created_at if is_seen else claim.undecided_since) + within) for claim in found]


def _slots(ctx: Context, whole: Span, width: timedelta) -> list[Slot]:
    n = round((whole.until - whole.since) / width)
    spans = [Span(whole.since + i * width, whole.since + (i + 1) * width) for i in range(n)]
    decided = rows.times_by(ctx.session, DeadlineClock.DECIDED, spans, ctx.settings.decided_within)
    arose = rows.arrivals(ctx.session, spans)
    return [Slot(*each) for each in zip(spans, arose, decided, strict=True)]
