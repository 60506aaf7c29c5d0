"""What the model can learn here: what was decided, which claims to label next, and whether the world has moved on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from models.drift import LIMITS, DriftLimits, Effect
from models.retraining import SCHEDULE, Schedule
from serving.console.pages import render
from serving.db.tables import DriftCheck
from serving.deps import PageContext, ServiceDep, VisitDep, writing_as
from serving.desk.checking import decided
from serving.desk.checking.decided import Proposed
from serving.desk.incoming.machine import holder_for
from serving.desk.learning import drift, retraining
from serving.desk.learning.retraining import Retraining
from serving.parts import Router
from serving.vocabulary import VerdictLabel

router = Router(prefix="/model/pelajaran")

N_NEXT: Final = 20
N_CHECKS: Final = 30


@dataclass(frozen=True, slots=True)
class Checked:
    """One day's check with its three effects; an effect is none where there was too little to say."""

    row: DriftCheck
    stability: Effect | None
    apart: Effect | None
    precision: Effect | None


@dataclass(frozen=True, slots=True)
class LessonsPage:
    """How many claims were decided by verdict, when to train anew, what to label next, and the daily checks."""

    counts: Sequence[tuple[VerdictLabel, int]]
    n_decided: int
    retraining: Retraining | None
    schedule: Schedule
    proposed: Sequence[Proposed]
    checks: Sequence[Checked]
    limits: DriftLimits


def _checked(row: DriftCheck) -> Checked:
    stability, apart, precision = (drift.effect_of(row, name) for name in ("stability", "apart", "precision"))
    return Checked(row, stability, apart, precision)


@router.get("")
def lessons(request: Request, ctx: PageContext, visit: VisitDep, service: ServiceDep) -> Response:
    """Show what was decided, what to label next and what the last checks found."""
    counts = decided.counts(ctx)
    look = holder_for(service.settings).thresholds.look
    page = LessonsPage(
        counts=[(verdict, counts[verdict]) for verdict in VerdictLabel if verdict in counts],
        n_decided=sum(counts.values()),
        retraining=retraining.standing(ctx),
        schedule=SCHEDULE,
        proposed=decided.next_to_label(ctx, look, N_NEXT),
        checks=[_checked(row) for row in drift.checks(ctx, N_CHECKS)],
        limits=LIMITS,
    )
    return render(request, "lessons.html", page, visit=visit)


@router.get("/klaim.jsonl")
def download(ctx: PageContext, service: ServiceDep) -> Response:
    """Give every decided claim as lines of JSON, and note the export in the record."""
    return StreamingResponse(
        decided.export(ctx, writing_as(service, ctx.actor), service.database.read, None),
        media_type="application/x-ndjson",
        headers={"content-disposition": 'attachment; filename="klaim-diputus.jsonl"'},
    )
