"""The board of the shift: clocks, what is about to run out, how long it took, what waits, what was taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.db.timings import Times
from serving.deps import ApiContext
from serving.desk.checking import deadlines
from serving.parts import Router
from serving.vocabulary import ClaimState, DeadlineClock

router = Router(tags=["claims"])


class TimesOut(BaseModel):
    """How long steps took, from the moment a claim arose; by nearest rank."""

    n: int
    n_in_time: int
    p50_s: float | None = Field(description="None where there was no step.")
    p95_s: float | None


class TickingOut(BaseModel):
    """A claim whose clock is about to run out, or has."""

    claim_id: int
    wording: str
    state: ClaimState
    due_at: datetime


class ClockOut(BaseModel):
    """One clock: until a claim is seen, or until it is decided."""

    clock: DeadlineClock
    allowed_s: float
    times: TimesOut
    near: list[TickingOut] = Field(description="About to run out, soonest first.")
    missed: list[TickingOut] = Field(description="Ran out within the last day, the oldest first.")
    n_missed: int = Field(description="Ran out, however long ago, and still not seen or decided.")


class SlotOut(BaseModel):
    """One hour, or one day, of the window."""

    since: datetime
    until: datetime
    n_arose: int
    decided: TimesOut


class BoardOut(BaseModel):
    """How the shift stands; nothing of it speaks of a person."""

    since: datetime
    until: datetime
    clocks: list[ClockOut]
    backlog: dict[ClaimState, int]
    slots: list[SlotOut]
    n_published: int
    reversals: dict[str, int] = Field(description="Lines of the public log by what was done.")


def _times(times: Times) -> TimesOut:
    return TimesOut.model_validate(times, from_attributes=True)


def _ticking(each: deadlines.Ticking) -> TickingOut:
    claim = each.claim
    return TickingOut(claim_id=claim.id, wording=claim.wording, state=claim.state, due_at=each.due_at)


def _clock(clock: deadlines.DeadlineView) -> ClockOut:
    return ClockOut(
        clock=clock.clock,
        allowed_s=clock.allowed.total_seconds(),
        times=_times(clock.times),
        near=[_ticking(each) for each in clock.near],
        missed=[_ticking(each) for each in clock.missed],
        n_missed=clock.n_missed,
    )


@router.get("/deadlines", responses=problems(403))
def read_board(
    ctx: ApiContext, hours: Annotated[int, Query(description="8 by the hour, 24 by the hour, or 168 by the day.")] = 8
) -> BoardOut:
    """Give the board of the last hours."""
    found = deadlines.board(ctx, hours)
    return BoardOut(
        since=found.span.since,
        until=found.span.until,
        clocks=[_clock(clock) for clock in found.clocks],
        backlog=dict(found.backlog),
        slots=[
            SlotOut(since=slot.span.since, until=slot.span.until, n_arose=slot.n_arose, decided=_times(slot.decided))
            for slot in found.slots
        ],
        n_published=found.n_published,
        reversals=dict(found.reversals),
    )
