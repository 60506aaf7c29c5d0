"""Second looks at dismissals: what waits for the key's holder, their answer, and figures by category."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.db.second_look import Sampled
from serving.db.tables import SecondLook
from serving.deps import ApiContext
from serving.desk.checking import approval, second_look
from serving.inputs import ID_MAX, Id, Input, Paragraph
from serving.parts import Router
from serving.vocabulary import Category, DismissReason, SecondLookState

router = Router(prefix="/second-looks", tags=["review"])
PathId = Annotated[Id, Path(le=ID_MAX)]


class SecondLookOut(BaseModel):
    """A dismissal of the sample; who dismissed it is not said."""

    id: int
    claim_id: int
    wording: str
    category: Category
    reason: DismissReason
    dismissed_at: datetime


class SecondLooksOut(BaseModel):
    """What waits, the oldest first."""

    items: list[SecondLookOut]
    next_after: int | None = Field(description="Give it as `after` for the next page; none at the end.")


class AgreementOut(BaseModel):
    """How often the second person agreed in one category; none where the looks are too few to be shown."""

    category: Category
    n: int | None
    share: float | None


class ImpressionAgreementOut(BaseModel):
    """How often an approver's first impression was the drafted verdict; none where they are too few to be shown."""

    category: Category
    n: int | None
    share: float | None


class SecondLookStepOut(BaseModel):
    """A look after its step."""

    id: int
    claim_id: int
    state: SecondLookState


class ReopenClaimIn(Input):
    """Why the claim is opened again."""

    reason: Paragraph


def _look(sampled: Sampled) -> SecondLookOut:
    look, claim = sampled.look, sampled.claim
    return SecondLookOut(
        id=look.id,
        claim_id=claim.id,
        wording=claim.wording,
        category=look.category,
        reason=look.reason,
        dismissed_at=look.dismissed_at,
    )


def _step(row: SecondLook) -> SecondLookStepOut:
    return SecondLookStepOut(id=row.id, claim_id=row.claim_id, state=row.state)


@router.get("", responses=problems(403))
def second_looks(
    ctx: ApiContext,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    after: Annotated[Id | None, Query(description="`next_after` of the page before.")] = None,
) -> SecondLooksOut:
    """List the sampled dismissals that the key's holder may look at: none of their own."""
    found = second_look.waiting(ctx, after=after, limit=limit)
    return SecondLooksOut(items=[_look(each) for each in found.rows], next_after=found.after)


@router.get("/agreement", responses=problems(403))
def second_look_agreement(ctx: ApiContext) -> list[AgreementOut]:
    """Give by category how often the second person agreed; never by person."""
    found = second_look.agreement(ctx)
    return [AgreementOut(category=category, n=each.n, share=each.share) for category, each in found.items()]


@router.get("/impressions", responses=problems(403))
def first_impressions(ctx: ApiContext) -> list[ImpressionAgreementOut]:
    """Give by category how often an approver's first impression was the drafted verdict; never by person."""
    found = approval.agreement(ctx)
    return [ImpressionAgreementOut(category=category, n=each.n, share=each.share) for category, each in found.items()]


@router.post("/{look_id}/agree", responses=problems(403, 404, 409))
def agree_with_dismissal(ctx: ApiContext, look_id: PathId) -> SecondLookStepOut:
    """Say that a dismissal was right."""
    return _step(second_look.agree(ctx, look_id))


@router.post("/{look_id}/reopen", responses=problems(403, 404, 409))
def reopen_dismissed(ctx: ApiContext, look_id: PathId, body: ReopenClaimIn) -> SecondLookStepOut:
    """Open the claim again, to be decided anew by two people."""
    return _step(second_look.disagree(ctx, look_id, body.reason))
