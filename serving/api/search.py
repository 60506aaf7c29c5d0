"""Searching claims, posts and clarifications at once, for staff. No response names an author."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from models.search_text import Part
from serving.api.problems import problems
from serving.db.search import Kind
from serving.deps import ApiContext
from serving.desk.incoming import search
from serving.desk.incoming.search import Hit, Wanted
from serving.inputs import OptionalLine
from serving.parts import Router
from serving.vocabulary import ClaimState, ClarificationState, VerdictLabel

router = Router(tags=["search"])


class PartOut(BaseModel):
    """A run of a text."""

    text: str
    hit: bool = Field(description="Whether it is a word that was searched for, in any spelling.")


class HitOut(BaseModel):
    """One thing that was found."""

    kind: Kind
    id: int
    title: list[PartOut] = Field(description="The heading of a clarification; empty otherwise.")
    text: list[PartOut] = Field(description="The stretch of the text that says most of what was searched for.")
    at: datetime = Field(description="When a claim was last seen, a post posted, a clarification worded.")
    claim_id: int | None = Field(description="The claim, or the one that the post belongs to.")
    claim_state: ClaimState | None
    band: Literal["look", "abstain", "clear"] | None
    verdict: VerdictLabel | None
    source: str | None = Field(description="Where a post was collected.")
    slug: str | None
    clarification_state: ClarificationState | None


class SearchOut(BaseModel):
    """A page of what was found, best first."""

    hits: list[HitOut]
    next_after: int | None = Field(description="Give it as `after` for the next page; none at the end.")
    is_behind: bool = Field(description="Whether some things have not been read by the index yet.")


def _parts(parts: Sequence[Part]) -> list[PartOut]:
    return [PartOut(text=part.text, hit=part.is_hit) for part in parts]


def _out(hit: Hit) -> HitOut:
    claim, entry = hit.claim, hit.entry
    return HitOut.model_validate(
        {
            "kind": hit.kind,
            "id": hit.item_id,
            "title": _parts(hit.title),
            "text": _parts(hit.text),
            "at": hit.at,
            "claim_id": claim.id if claim else None,
            "claim_state": claim.state if claim else None,
            "band": claim.band if claim else None,
            "verdict": hit.verdict,
            "source": hit.post.source if hit.post else None,
            "slug": entry.head.slug if entry else None,
            "clarification_state": entry.head.state if entry else None,
        }
    )


@router.get("/search", responses=problems(403))
def search_everything(
    ctx: ApiContext,
    q: Annotated[OptionalLine, Query(description="Words, in any spelling. Without any, nothing is found.")] = "",
    kind: Annotated[list[Kind] | None, Query(description="What to look among. Without one: everything.")] = None,
    limit: Annotated[int, Query(ge=1, le=search.PAGE_MAX)] = 25,
    after: Annotated[int, Query(ge=0, le=search.DEPTH, description="`next_after` of the page before.")] = 0,
) -> SearchOut:
    """Find claims, posts and clarifications by words and, where an encoder judges claims, by meaning.

    Slang and slips of a letter are read as what they stand for. The best answer comes first, and of the posts of one
    claim only the best is given.
    """
    found = search.find(ctx, Wanted(q, tuple(kind) if kind else tuple(Kind), after, limit))
    return SearchOut(hits=[_out(hit) for hit in found.hits], next_after=found.next_after, is_behind=found.is_behind)
