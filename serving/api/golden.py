"""Golden items: claims with a known answer that are served in the queue. Each person reads their own answers alone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.db.golden import Counted
from serving.db.tables import GoldenItem
from serving.deps import ApiContext
from serving.desk.checking import golden
from serving.desk.checking.golden import NewItem
from serving.inputs import ID_MAX, Id, Input, Line, Paragraph
from serving.parts import Router
from serving.rows import Source
from serving.vocabulary import Category, VerdictLabel

router = Router(tags=["review"])
PathId = Annotated[Id, Path(le=ID_MAX)]


class WhyIn(Input):
    """What its checker reads after answering: why this is the answer, and where that can be read."""

    why: Paragraph


class GoldenIn(WhyIn):
    """A claim that somebody writes down with its right answer."""

    wording: Annotated[Line, Field(max_length=500, description="One neutral sentence.")]
    posts: Annotated[list[Paragraph], Field(min_length=1, max_length=golden.POSTS_COPIED)]
    source: Source = Field(default="desk", description="Where the posts are said to come from.")
    verdict: VerdictLabel
    category: Category


class GoldenOut(BaseModel):
    """A golden item; who answered it and how is told to nobody."""

    id: int
    wording: str
    verdict: VerdictLabel
    category: Category
    why: str
    source_claim_id: int | None = Field(description="The decided claim that it was chosen from.")
    n_posts: int
    added_at: datetime
    retired_at: datetime | None


class CountedGoldenOut(GoldenOut):
    """A golden item with what became of it."""

    n_answers: int = Field(description="People who answered it.")
    is_out: bool = Field(description="Whether it waits in the queue.")


class GoldenPage(BaseModel):
    """Items, newest first."""

    items: list[CountedGoldenOut]
    one_of: int = Field(
        description="Of about how many claims that checkers take one makes the desk serve an item; 0 = none does."
    )
    next_before: int | None = Field(description="Give it as `before` for the next page; none at the end.")


class AnswerOut(BaseModel):
    """One's own answer to an item beside what is known."""

    claim_id: int
    wording: str
    category: Category
    answer: VerdictLabel | None = Field(
        description="None where the claim was closed for a reason that says nothing about what is true."
    )
    known: VerdictLabel
    agreed: bool
    why: str
    answered_at: datetime


class AnswersOut(BaseModel):
    """One's own answers, newest first, at most 50."""

    answers: list[AnswerOut]


class GoldenAgreementOut(BaseModel):
    """How often answers in a category were the known one; none where they speak of few."""

    category: Category
    n: int | None
    share: float | None


class GoldenAgreementsOut(BaseModel):
    """By category, never by person."""

    categories: list[GoldenAgreementOut]


def _item(row: GoldenItem) -> dict[str, object]:
    return {
        "id": row.id,
        "wording": row.wording,
        "verdict": row.verdict,
        "category": row.category,
        "why": row.why,
        "source_claim_id": row.source_claim_id,
        "n_posts": len(row.posts),
        "added_at": row.added_at,
        "retired_at": row.retired_at,
    }


def _out(row: GoldenItem) -> GoldenOut:
    return GoldenOut.model_validate(_item(row))


def _counted(found: Counted) -> CountedGoldenOut:
    return CountedGoldenOut.model_validate({**_item(found.item), "n_answers": found.n_answers, "is_out": found.is_out})


@router.get("/golden", responses=problems(403))
def list_items(
    ctx: ApiContext,
    before: Annotated[Id | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = golden.SHOWN,
) -> GoldenPage:
    """List the items to those who keep them."""
    found = golden.items(ctx, before=before, limit=limit + 1)
    shown = found[:limit]
    return GoldenPage(
        items=[_counted(each) for each in shown],
        one_of=golden.one_of(ctx.settings),
        next_before=shown[-1].item.id if len(found) > len(shown) else None,
    )


@router.post("/golden", status_code=201, responses=problems(403))
def enter(ctx: ApiContext, body: GoldenIn) -> GoldenOut:
    """Write an item down: a claim, its posts, and the right answer."""
    new = NewItem(body.wording, tuple(body.posts), body.source, body.verdict, body.category, body.why)
    return _out(golden.enter(ctx, new))


@router.post("/claims/{claim_id}/golden", status_code=201, responses=problems(403, 404, 409))
def choose(ctx: ApiContext, claim_id: PathId, body: WhyIn) -> GoldenOut:
    """Make an item of a decided claim: its wording, copies of its widest posts, and what was decided."""
    return _out(golden.choose(ctx, claim_id, body.why))


@router.post("/golden/{item_id}/serve", responses=problems(403, 404, 409, 503))
def serve(ctx: ApiContext, item_id: PathId) -> GoldenOut:
    """Put an item into the queue as a claim like any other; which one is told to nobody."""
    return _out(golden.serve(ctx, item_id))


@router.post("/golden/{item_id}/retire", responses=problems(403, 404))
def retire(ctx: ApiContext, item_id: PathId) -> GoldenOut:
    """Serve an item no more; one that waits in the queue can still be answered."""
    return _out(golden.retire(ctx, item_id))


@router.get("/golden/agreement", responses=problems(403))
def agreement(ctx: ApiContext) -> GoldenAgreementsOut:
    """Give by category how often the answer was the known one."""
    found = golden.agreement(ctx)
    return GoldenAgreementsOut(
        categories=[
            GoldenAgreementOut(category=category, n=each.n, share=each.share) for category, each in found.items()
        ]
    )


@router.get("/me/golden-answers", responses=problems(403))
def own_answers(
    ctx: ApiContext, claim_id: Annotated[Id | None, Query(description="Only the answer to this claim.")] = None
) -> AnswersOut:
    """Give one's own answers to golden items beside what is known; nobody else's."""
    return AnswersOut(
        answers=[
            AnswerOut(
                claim_id=each.served.claim_id,
                wording=each.item.wording,
                category=each.item.category,
                answer=each.served.answer,
                known=each.item.verdict,
                agreed=bool(each.served.agreed),
                why=each.item.why,
                answered_at=each.served.answered_at,
            )
            for each in golden.own_answers(ctx, claim_id)
            if each.served.answered_at is not None
        ]
    )
