"""The circuit breaker: what is measured, what froze everything, and the two people who let it go on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.deps import ApiContext
from serving.desk.outreach import breaker
from serving.inputs import Id, Input, Moment, Paragraph
from serving.parts import Router
from serving.vocabulary import BreakerSignal, BreakerState

router = Router(prefix="/breaker", tags=["breaker"])


class SignalOut(BaseModel):
    """One signal between its two thresholds."""

    signal: BreakerSignal
    value: float | None = Field(description="None before the first measurement.")
    n: int | None = Field(description="Of how many cases.")
    trip: float = Field(description="It rises at this value.")
    clear: float = Field(description="It has come down at this one or below.")
    least: int = Field(description="Of so many cases at least.")
    window_s: float | None = Field(description="Over how many seconds; none for what stands at this moment.")
    is_high: bool


class FreezeOut(BaseModel):
    """One time that everything was frozen."""

    id: int
    at: datetime
    signals: list[BreakerSignal] = Field(description="Empty where a person did it.")
    reason: str
    frozen_by: str = Field(description="Empty where the service did.")
    proposed_by: str
    proposed_at: datetime | None
    proposed_reason: str
    reopened_by: str
    reopened_at: datetime | None


class BreakerOut(BaseModel):
    """Whether anything is offered, and why not."""

    state: BreakerState
    measured_at: datetime | None
    signals: list[SignalOut]
    freeze: FreezeOut | None


class FreezesOut(BaseModel):
    """Freezes, newest first."""

    items: list[FreezeOut]
    next_after: int | None = Field(description="Give it as `after` for the next page; none at the end.")


class BreakerReasonIn(Input):
    """Why."""

    reason: Paragraph


class ReopenIn(Input):
    """The proposal that was read."""

    proposed_at: Moment = Field(description="`proposed_at` of the freeze; refused where another proposal waits by now.")


class BreakerStepOut(BaseModel):
    """The breaker after a step."""

    state: BreakerState


def _line(line: breaker.Line) -> SignalOut:
    reading, limit = line.reading, line.limit
    return SignalOut(
        signal=line.signal,
        value=reading.value if reading else None,
        n=reading.n if reading else None,
        trip=limit.trip,
        clear=limit.clear,
        least=limit.least,
        window_s=limit.window.total_seconds() if limit.window else None,
        is_high=line.is_high,
    )


def _freeze(freeze: breaker.Freeze) -> FreezeOut:
    row = freeze.row
    return FreezeOut(
        id=row.id,
        at=row.at,
        signals=[BreakerSignal(name) for name in row.signals],
        reason=row.reason,
        frozen_by=freeze.frozen_by,
        proposed_by=freeze.proposed_by,
        proposed_at=row.proposed_at,
        proposed_reason=row.proposed_reason,
        reopened_by=freeze.reopened_by,
        reopened_at=row.reopened_at,
    )


@router.get("", responses=problems(403))
def read_breaker(ctx: ApiContext) -> BreakerOut:
    """Say whether anything is offered, what is measured, and between which thresholds."""
    found = breaker.overview(ctx)
    return BreakerOut(
        state=found.state,
        measured_at=found.measured_at,
        signals=[_line(line) for line in found.lines],
        freeze=_freeze(found.standing) if found.standing else None,
    )


@router.get("/freezes", responses=problems(403))
def breaker_freezes(
    ctx: ApiContext,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[Id | None, Query(description="`next_after` of the page before.")] = None,
) -> FreezesOut:
    """List what froze everything before, newest first."""
    found = breaker.freezes(ctx, after=after, limit=limit)
    return FreezesOut(items=[_freeze(each) for each in found.rows], next_after=found.after)


@router.post("/freeze", responses=problems(403, 409))
def pull_breaker(ctx: ApiContext, body: BreakerReasonIn) -> BreakerStepOut:
    """Freeze everything that is offered, at once; one person's step."""
    breaker.pull(ctx, body.reason)
    return BreakerStepOut(state=breaker.state(ctx))


@router.post("/propose", responses=problems(403, 409))
def propose_reopening(ctx: ApiContext, body: BreakerReasonIn) -> BreakerStepOut:
    """Propose, as the first of two people, to let everything go on."""
    breaker.propose(ctx, body.reason)
    return BreakerStepOut(state=breaker.state(ctx))


@router.post("/withdraw", responses=problems(403, 409))
def withdraw_reopening(ctx: ApiContext) -> BreakerStepOut:
    """Lay the proposal aside; everything stays frozen."""
    breaker.withdraw(ctx)
    return BreakerStepOut(state=breaker.state(ctx))


@router.post("/reopen", responses=problems(403, 409))
def reopen_breaker(ctx: ApiContext, body: ReopenIn) -> BreakerStepOut:
    """Let everything go on, as the second of two different people."""
    breaker.reopen(ctx, body.proposed_at)
    return BreakerStepOut(state=breaker.state(ctx))
