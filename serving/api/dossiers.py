"""What was done about one claim: its history, what was said at each step, and what second humans answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.db.tables import ClaimNote, Decision
from serving.deps import ApiContext
from serving.desk import trail
from serving.desk.checking.dossier import Dossier, dossier
from serving.inputs import ID_MAX, Id
from serving.parts import Router
from serving.vocabulary import Category, VerdictLabel

router = Router(tags=["review"])
ClaimId = Annotated[Id, Path(le=ID_MAX)]


class NoteOut(BaseModel):
    """What somebody said beside a step."""

    step: str
    text: str
    by: str
    at: datetime


class WordingOut(BaseModel):
    """A neutral wording that the claim has had."""

    text: str
    by: str = Field(description="Empty where the machine worded it.")
    at: datetime


class DecisionOut(BaseModel):
    """What a second human answered; kept for good."""

    outcome: str = Field(description="approved, returned or contested.")
    verdict: VerdictLabel
    category: Category
    political_first: bool = Field(description="What whoever submitted it answered.")
    political_second: bool | None = Field(description="What whoever decided answered; none where it was returned.")
    reason: str
    by: str
    at: datetime


class StepOut(BaseModel):
    """One step, as the record of the service has it."""

    at: datetime | None
    action: str
    by: str = Field(description="Empty where the service itself acted.")
    detail: dict[str, Any]


class HistoryOut(BaseModel):
    """Everything that was done about one claim, each list newest first."""

    claim_id: int
    clarification_id: int | None = Field(description="The clarification that is published for it.")
    blind: bool = Field(description="Decisions and details are hidden until the reader has opened the draft.")
    notes: list[NoteOut]
    decisions: list[DecisionOut]
    wordings: list[WordingOut] = Field(description="The first is the one that stands.")
    steps: list[StepOut] = Field(description="At most the last 100.")


def _note(found: Dossier, row: ClaimNote) -> NoteOut:
    return NoteOut(step=row.step, text=row.text, by=found.names.get(row.noted_by_id, ""), at=row.at)


def _decision(found: Dossier, row: Decision) -> DecisionOut:
    return DecisionOut(
        outcome=row.outcome,
        verdict=row.verdict,
        category=row.category,
        political_first=row.political_author,
        political_second=row.political_approver,
        reason=row.reason,
        by=found.names.get(row.approver_id, ""),
        at=row.at,
    )


@router.get("/claims/{claim_id}/history", responses=problems(403, 404))
def claim_history(ctx: ApiContext, claim_id: ClaimId) -> HistoryOut:
    """Give what was done about a claim: steps, notes and decisions."""
    found = dossier(ctx, claim_id)
    return HistoryOut(
        claim_id=claim_id,
        clarification_id=found.standing.id if found.standing else None,
        blind=found.blind,
        notes=[_note(found, row) for row in found.notes],
        decisions=[_decision(found, row) for row in found.decisions],
        wordings=[
            WordingOut(text=row.text, by=found.names.get(row.author_id or 0, ""), at=row.at) for row in found.wordings
        ],
        steps=[
            StepOut(at=step.at, action=step.action, by=step.actor, detail={} if found.blind else step.detail)
            for step in (trail.readable(row, found.names) for row in found.history)
        ],
    )
