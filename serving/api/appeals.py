"""Appeals and complaints: open to anybody; the queue and its answers to reviewers who had no hand in the label."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.db.tables import Appeal
from serving.deps import ApiContext, PublicContext, ServiceDep, address_of
from serving.desk.publishing import appeals
from serving.inputs import ID_MAX, Id, Input, OptionalLine, Paragraph
from serving.parts import Router
from serving.vocabulary import AppealState, ClarificationState, ComplaintReason

router = Router(tags=["appeals"])
PathId = Annotated[Id, Path(le=ID_MAX)]
Limit = Annotated[int, Query(ge=1, le=100)]
STATEMENT_MAX = 4_000
CONTACT_MAX = 200


class AppealIn(Input):
    """Why a label is wrong; nothing about who says so is asked for."""

    statement: Annotated[Paragraph, Field(max_length=STATEMENT_MAX)]
    contact: Annotated[OptionalLine, Field(max_length=CONTACT_MAX)] = Field(
        default="", description="Where a question may be asked; sealed, and forgotten with the answer."
    )


class ReceiptOut(BaseModel):
    """What proves an appeal: shown once, kept by us as a hash only."""

    id: int
    code: str = Field(examples=["7KQM-2XWD-9HTR-4VBN-E6PA"])


class AppealStatusOut(BaseModel):
    """Where an appeal stands; the answer is public once there is one."""

    state: AppealState
    filed_at: datetime
    answered_at: datetime | None
    answer: str
    slug: str
    title: str
    clarification_state: ClarificationState


class AppealOutcomesOut(BaseModel):
    """Answers, the newest appeal first."""

    items: list[AppealStatusOut]
    next_after: int | None = Field(description="Give it as `after` for the next page; none at the end.")


class ComplaintIn(Input):
    """What somebody minds about how a clarification is spread."""

    reason: ComplaintReason


class ComplaintOut(BaseModel):
    """A complaint that was counted."""

    id: int
    reason: ComplaintReason
    at: datetime


class AppealCaseOut(BaseModel):
    """An appeal before a reviewer."""

    id: int
    state: AppealState
    clarification_id: int
    slug: str
    title: str
    statement: str
    filed_at: datetime
    taken_by: str = Field(description="Empty where nobody has taken it.")
    mine: bool
    may_answer: bool = Field(description="False for everybody who had a hand in the label.")
    has_contact: bool


class AppealQueueOut(BaseModel):
    """Appeals that wait, the oldest first."""

    items: list[AppealCaseOut]
    next_after: int | None = Field(description="Give it as `after` for the next page; none at the end.")


class AppealStepOut(BaseModel):
    """An appeal after a step."""

    id: int
    state: AppealState


class AppealAnswerIn(Input):
    """The outcome, and the reason that the public reads."""

    outcome: Literal[AppealState.UPHELD, AppealState.OVERTURNED] = Field(
        description="upheld: the label stands. overturned: it is retracted."
    )
    reason: Paragraph


class ContactOut(BaseModel):
    """The contact that somebody left."""

    contact: str


def _status(found: appeals.Status) -> AppealStatusOut:
    return AppealStatusOut(**{name: getattr(found, name) for name in AppealStatusOut.model_fields})


def _case(case: appeals.Case) -> AppealCaseOut:
    appeal, head = case.contested.appeal, case.contested.head
    return AppealCaseOut(
        id=appeal.id,
        state=appeal.state,
        clarification_id=head.id,
        slug=head.slug,
        title=case.contested.words.title,
        statement=appeal.statement,
        filed_at=appeal.filed_at,
        taken_by=case.taken_by,
        mine=case.mine,
        may_answer=case.may_answer,
        has_contact=case.has_contact,
    )


def _step(row: Appeal) -> AppealStepOut:
    return AppealStepOut(id=row.id, state=row.state)


@router.post("/clarifications/{clarification_id}/appeals", status_code=201, responses=problems(404, 409))
def file_appeal(
    request: Request, ctx: PublicContext, service: ServiceDep, clarification_id: PathId, body: AppealIn
) -> ReceiptOut:
    """Contest a published label without a key; its campaigns are frozen until somebody else has answered."""
    service.limits.appeal(address_of(request), ctx.now)
    receipt = appeals.file(ctx, clarification_id, body.statement, body.contact)
    return ReceiptOut(id=receipt.appeal_id, code=receipt.code)


@router.post("/clarifications/{clarification_id}/complaints", status_code=201, responses=problems(404))
def file_complaint(
    request: Request, ctx: PublicContext, service: ServiceDep, clarification_id: PathId, body: ComplaintIn
) -> ComplaintOut:
    """Mind, without a key, how a clarification is spread; the circuit breaker counts it."""
    service.limits.complaint(address_of(request), ctx.now)
    row = appeals.complain(ctx, clarification_id, body.reason)
    return ComplaintOut(id=row.id, reason=row.reason, at=row.at)


@router.get("/appeals/status", responses=problems(404))
def appeal_status(
    ctx: PublicContext, code: Annotated[str, Query(min_length=1, max_length=80, description="From the receipt.")]
) -> AppealStatusOut:
    """Say where an appeal stands, to whoever holds its code."""
    return _status(appeals.status(ctx, code))


@router.get("/appeals/outcomes", responses=problems())
def appeal_outcomes(
    ctx: PublicContext,
    limit: Limit = 20,
    after: Annotated[Id | None, Query(description="`next_after` of the page before.")] = None,
) -> AppealOutcomesOut:
    """Give what became of appeals, as everybody may read it."""
    found = appeals.outcomes(ctx, after=after, limit=limit)
    return AppealOutcomesOut(items=[_status(each) for each in found.rows], next_after=found.after)


@router.get("/appeals", responses=problems(403))
def appeal_queue(
    ctx: ApiContext,
    limit: Limit = 50,
    after: Annotated[Id | None, Query(description="`next_after` of the page before.")] = None,
) -> AppealQueueOut:
    """List the appeals that nobody has answered, the oldest first."""
    found = appeals.waiting(ctx, after=after, limit=limit)
    return AppealQueueOut(items=[_case(each) for each in found.cases], next_after=found.after)


@router.get("/appeals/{appeal_id}", responses=problems(403, 404))
def appeal(ctx: ApiContext, appeal_id: PathId) -> AppealCaseOut:
    """Give one appeal."""
    return _case(appeals.one(ctx, appeal_id))


@router.post("/appeals/{appeal_id}/take", responses=problems(403, 404, 409))
def take_appeal(ctx: ApiContext, appeal_id: PathId) -> AppealStepOut:
    """Become the one who answers; refused to everybody who had a hand in the label."""
    return _step(appeals.take(ctx, appeal_id))


@router.post("/appeals/{appeal_id}/release", responses=problems(403, 404, 409))
def release_appeal(ctx: ApiContext, appeal_id: PathId) -> AppealStepOut:
    """Put an appeal back into the queue."""
    return _step(appeals.release(ctx, appeal_id))


@router.post("/appeals/{appeal_id}/contact", responses=problems(403, 404, 409))
def appeal_contact(ctx: ApiContext, appeal_id: PathId) -> ContactOut:
    """Open the contact that somebody left, as the one who has taken the appeal; it is on the record."""
    return ContactOut(contact=appeals.contact(ctx, appeal_id))


@router.post("/appeals/{appeal_id}/answer", responses=problems(403, 404, 409))
def answer_appeal(ctx: ApiContext, appeal_id: PathId, body: AppealAnswerIn) -> AppealStepOut:
    """Answer in public; what is overturned is retracted and corrected with everybody who passed it on."""
    return _step(appeals.answer(ctx, appeal_id, body.outcome, body.reason))
