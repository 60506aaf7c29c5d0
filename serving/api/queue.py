"""The queue as its readers keep it: counts, saved views, and one step for several claims at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.api.trends import NAMED, Region
from serving.db.claims import Filters
from serving.db.tables import QueueView
from serving.deps import ApiContext, LanguageDep
from serving.desk.checking import bulk, claims, views
from serving.desk.checking.bulk import Outcome
from serving.i18n import Language, translate
from serving.inputs import ID_MAX, Id, Input, Line, OptionalLine, OptionalParagraph
from serving.parts import Router
from serving.rows import Source
from serving.vocabulary import BulkAction, Category, ClaimState, DismissReason

router = Router(tags=["queue"])
PathId = Annotated[Id, Path(le=ID_MAX)]


class CountsOut(BaseModel):
    """How many claims stand in each open state."""

    counts: dict[ClaimState, int]


class ViewIn(Input):
    """A question to the queue; what is left out asks for everything."""

    state: ClaimState | None = None
    category: Category | None = None
    band: Literal["look", "abstain", "clear"] | None = None
    region: Region | None = None
    source: Source | None = None
    q: Annotated[OptionalLine, Field(max_length=200)] = ""


class NamedViewIn(ViewIn):
    """A question and the name that it is kept under."""

    name: Annotated[Line, Field(max_length=views.NAME_MAX_CHARS)]


class ViewOut(BaseModel):
    """A saved view."""

    id: int
    name: str
    asked: dict[str, str] = Field(description="As the parameters of `GET /v1/claims` have it.")
    created_at: datetime


class ViewsOut(BaseModel):
    """One's own views, by name."""

    views: list[ViewOut]


class BulkIn(Input):
    """One step for several claims."""

    action: BulkAction = Field(
        description="`assign` takes them, `return` gives one's own and held ones back; `hold` needs a reason, "
        "`dismiss` a `dismiss_as`, and both are for claims that wait without a draft."
    )
    claims: Annotated[list[Id], Field(min_length=1, max_length=bulk.CLAIMS_MAX)]
    reason: OptionalParagraph = ""
    dismiss_as: DismissReason | None = None


class RefusedOut(BaseModel):
    """A claim that did not go along."""

    claim_id: int
    code: str = Field(description="As the `title` of an error of one claim.")
    why: str


class BulkOut(BaseModel):
    """What became of each claim; at least one went along."""

    id: int = Field(description="Give it to `undo`, within ten minutes.")
    action: BulkAction
    done: list[int]
    refused: list[RefusedOut]


def _view(row: QueueView) -> ViewOut:
    return ViewOut(id=row.id, name=row.name, asked=row.asked, created_at=row.created_at)


def _outcome(found: Outcome, language: Language) -> BulkOut:
    return BulkOut(
        id=found.bulk_id,
        action=found.action,
        done=list(found.done),
        refused=[
            RefusedOut(
                claim_id=each.claim_id,
                code=each.error.code,
                why=translate(language, each.error.message, **each.error.params),
            )
            for each in found.refused
        ],
    )


@router.get("/claims/counts", responses=problems(403))
def count_claims(
    ctx: ApiContext,
    category: Category | None = None,
    band: Literal["look", "abstain", "clear"] | None = None,
    region: Annotated[Region | None, Query(description=NAMED)] = None,
    source: Annotated[Source | None, Query(description="Where one of its posts came from.")] = None,
    q: Annotated[OptionalLine, Query(description="As in `GET /v1/claims`.")] = "",
) -> CountsOut:
    """Count the open claims by state."""
    filters = Filters(category=category, band=band, words=q, region=region, source=source)
    return CountsOut(counts=claims.counts(ctx, filters))


@router.get("/me/views", responses=problems(403))
def list_views(ctx: ApiContext) -> ViewsOut:
    """Give one's own saved views of the queue."""
    return ViewsOut(views=[_view(row) for row in views.listed(ctx)])


@router.put("/me/views", responses=problems(403, 409))
def save_view(ctx: ApiContext, body: NamedViewIn) -> ViewOut:
    """Keep a question to the queue under a name; the same name takes the new question."""
    asked = body.model_dump(mode="json", exclude={"name"}, exclude_none=True)
    return _view(views.save(ctx, body.name, asked))


@router.delete("/me/views/{view_id}", status_code=204, responses=problems(403, 404))
def remove_view(ctx: ApiContext, view_id: PathId) -> None:
    """Forget a saved view."""
    views.remove(ctx, view_id)


@router.post("/claims/bulk", responses=problems(403, 404, 409, 413))
def do_at_once(ctx: ApiContext, language: LanguageDep, body: BulkIn) -> BulkOut:
    """Take one step for several claims, 50 at most; each has its audit row, and those that refuse are named."""
    asked = bulk.Asked(body.action, tuple(body.claims), body.reason, body.dismiss_as)
    return _outcome(bulk.do(ctx, asked), language)


@router.post("/claims/bulk/{bulk_id}/undo", responses=problems(403, 404, 409))
def undo_at_once(ctx: ApiContext, language: LanguageDep, bulk_id: PathId) -> BulkOut:
    """Take one's own step back within ten minutes; what somebody changed since is named and left."""
    return _outcome(bulk.undo(ctx, bulk_id), language)
