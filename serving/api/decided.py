"""What the desk decided, for whoever trains the next model; what to label next; and how each day compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field

from models.drift import Effect
from models.retraining import Reason
from serving.api.problems import problems
from serving.db.tables import DriftCheck
from serving.deps import ApiContext, ServiceDep, writing_as
from serving.desk.checking import decided
from serving.desk.checking.decided import Proposed
from serving.desk.incoming.machine import holder_for
from serving.desk.learning import drift, retraining
from serving.errors import NotFoundError
from serving.i18n import mark
from serving.parts import Router
from serving.vocabulary import VerdictLabel

router = Router(tags=["models"])

NDJSON = "application/x-ndjson"
Limit = Annotated[int, Query(ge=1, le=100)]
Since = Annotated[
    AwareDatetime | None,
    Query(description="Only what was decided from this time on; with an offset, as 2026-03-02T00:00:00Z."),
]


class DecidedClaimOut(BaseModel):
    """One line of the export, as `suluh data` reads it."""

    id: str
    statement: str = Field(description="The claim in one neutral sentence.")
    posts: list[str] = Field(description="The most spread messages of its cluster, with handles and numbers masked.")
    verdict: VerdictLabel
    n_people: int = Field(description="How many people decided: two, or one for a dismissal.", ge=1, le=2)
    decided_at: datetime


class NextClaimOut(BaseModel):
    """An open claim that is worth a label, with why."""

    claim_id: int
    wording: str
    band: str
    p_hoax: float
    uncertainty: float = Field(description="How near the score is to the threshold `look`: 1 at it.")
    disagreement: float = Field(description="How far the models that read it are apart, in bits.")
    gain: float = Field(description="1 − (1 − uncertainty)(1 − disagreement).")


class NextClaimsOut(BaseModel):
    """The open claims whose label would teach the model most, best first; copies of one story stand once."""

    claims: list[NextClaimOut]


class DecidedCountsOut(BaseModel):
    """How many claims the export holds, by verdict; a verdict that nobody gave yet is left out."""

    counts: dict[VerdictLabel, int]


class EffectOut(BaseModel):
    """How large something is, with its 95 % interval."""

    value: float
    low: float
    high: float


class DriftCheckOut(BaseModel):
    """One day's look at the last seven days against the 28 before; an effect is nothing where there was too little."""

    day: str
    at: datetime
    model: str
    n_recent: int
    n_reference: int
    n_decided: int
    stability: EffectOut | None = Field(description="Population stability index of the scores.")
    apart: EffectOut | None = Field(description="AUC of a classifier that tells both windows apart by their words.")
    precision: EffectOut | None = Field(description="Share of decided claims at `look` that were false or misleading.")
    beyond: list[str] = Field(description="Which of the three stood beyond its limit.")


class DriftOut(BaseModel):
    """The last checks, newest first."""

    checks: list[DriftCheckOut]


class RetrainingOut(BaseModel):
    """When the model that serves is due to be trained anew; without a reason it is not due yet."""

    trained: datetime
    due_at: datetime = Field(description="When its age alone makes it due.")
    reasons: list[Reason]
    n_decisions: int = Field(description="Claims decided since it was trained.")
    n_drift_days: int = Field(description="Of the last seven daily checks since then, those beyond a limit.")


class NdjsonResponse(StreamingResponse):
    """One JSON object a line."""

    media_type = NDJSON


def _line_schema() -> dict[int | str, dict[str, Any]]:
    schema = DecidedClaimOut.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs")
    return {200: {"description": "One object a line.", "content": {NDJSON: {"schema": schema}}}}


@router.get(
    "/decided-claims", response_class=NdjsonResponse, responses=problems(403) | _line_schema(), response_model=None
)
def decided_claims(ctx: ApiContext, service: ServiceDep, since: Since = None) -> NdjsonResponse:
    """Export decided claims as lines of JSON, oldest decision first, and note the export in the record.

    No line names a colleague or the author of a post; a label that was withdrawn or reopened is not among them.
    """
    lines: Iterator[str] = decided.export(ctx, writing_as(service, ctx.actor), service.database.read, since)
    return NdjsonResponse(lines)


@router.get("/decided-claims/counts", responses=problems(403))
def decided_counts(ctx: ApiContext) -> DecidedCountsOut:
    """Count what the export holds, by verdict."""
    return DecidedCountsOut(counts=dict(decided.counts(ctx)))


@router.get("/decided-claims/next", responses=problems(403))
def next_claims(ctx: ApiContext, service: ServiceDep, limit: Limit = 20) -> NextClaimsOut:
    """List the open claims whose label would teach the model most; the queue's own order is another."""
    look = holder_for(service.settings).thresholds.look
    return NextClaimsOut(claims=[_next(found) for found in decided.next_to_label(ctx, look, limit)])


@router.get("/retraining", responses=problems(403, 404))
def retraining_due(ctx: ApiContext) -> RetrainingOut:
    """Say when the model that serves is due to be trained anew, and why; it starts nothing."""
    found = retraining.standing(ctx)
    if found is None:
        raise NotFoundError(mark("Model yang melayani tidak menyebut kapan ia dilatih."))
    return RetrainingOut(
        trained=found.trained,
        due_at=found.due.at,
        reasons=list(found.due.reasons),
        n_decisions=found.n_decisions,
        n_drift_days=found.n_drift_days,
    )


@router.get("/drift", responses=problems(403))
def drift_checks(ctx: ApiContext, limit: Limit = 30) -> DriftOut:
    """List what the daily checks for drift found, newest first."""
    return DriftOut(checks=[_check(row) for row in drift.checks(ctx, limit)])


def _next(found: Proposed) -> NextClaimOut:
    return NextClaimOut(
        claim_id=found.claim.id,
        wording=found.claim.wording,
        band=found.claim.band,
        p_hoax=found.claim.p_hoax,
        uncertainty=found.lesson.uncertainty,
        disagreement=found.lesson.disagreement,
        gain=found.lesson.gain,
    )


def _effect(effect: Effect | None) -> EffectOut | None:
    return None if effect is None else EffectOut(value=effect.value, low=effect.low, high=effect.high)


def _check(row: DriftCheck) -> DriftCheckOut:
    return DriftCheckOut(
        day=row.day,
        at=row.at,
        model=row.model,
        n_recent=row.n_recent,
        n_reference=row.n_reference,
        n_decided=row.n_decided,
        stability=_effect(drift.effect_of(row, "stability")),
        apart=_effect(drift.effect_of(row, "apart")),
        precision=_effect(drift.effect_of(row, "precision")),
        beyond=row.beyond,
    )
