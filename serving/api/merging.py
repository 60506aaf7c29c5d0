"""Claims put together and taken apart by people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.db.tables import Claim
from serving.deps import ApiContext
from serving.desk import claims, merging
from serving.desk.context import Context
from serving.inputs import ID_MAX, Id, Input, OptionalLine, OptionalParagraph
from serving.vocabulary import ClaimState

router = APIRouter(tags=["claims"])
ClaimId = Annotated[Id, Path(le=ID_MAX)]


class MergeIn(Input):
    """Which claim takes this one over, and why."""

    into: Id = Field(description="The claim that stands; one that was itself merged leads on to its successor.")
    note: OptionalParagraph = ""


class UnmergeIn(Input):
    """Why the claim stands for itself again."""

    note: OptionalParagraph = ""


class TogetherOut(BaseModel):
    """Where a claim stands after it was put together or taken apart."""

    id: int
    state: ClaimState
    version: int
    wording: str
    n_posts: int
    merged_into: int | None


class MergedOut(BaseModel):
    """A claim that was merged into another."""

    id: int
    wording: str
    into: int = Field(description="The claim that it was merged into; that one may have been merged as well.")
    by: str = Field(description="The member of staff who merged it.")
    at: datetime
    note: str
    n_posts: int = Field(description="How many posts came with it.")


class NearOut(BaseModel):
    """A claim that could be the same one."""

    id: int
    state: ClaimState
    wording: str
    n_posts: int
    last_seen_at: datetime
    likeness: float = Field(description="How alike the two wordings read, 0 to 1; a person decides.")


def _together(ctx: Context, claim: Claim) -> TogetherOut:
    return TogetherOut(
        id=claim.id,
        state=claim.state,
        version=claim.version,
        wording=claim.wording,
        n_posts=claim.n_posts,
        merged_into=None if claim.merged_into_id is None else merging.standing_id(ctx, claim.id),
    )


@router.get("/claims/{claim_id}/near", responses=problems(403, 404))
def near_claims(
    ctx: ApiContext,
    claim_id: ClaimId,
    q: Annotated[OptionalLine, Query(description="Words of the other wording, or its number.")] = "",
) -> list[NearOut]:
    """Give at most ten claims that this one could be merged into, the likeliest first."""
    return [
        NearOut(
            id=found.claim.id,
            state=found.claim.state,
            wording=found.claim.wording,
            n_posts=found.claim.n_posts,
            last_seen_at=found.claim.last_seen_at,
            likeness=found.likeness,
        )
        for found in merging.near(ctx, claim_id, q)
    ]


@router.get("/claims/{claim_id}/merged", responses=problems(403, 404))
def merged_claims(ctx: ApiContext, claim_id: ClaimId) -> list[MergedOut]:
    """Give the claims that were merged into this one, directly or through another."""
    claims.detail(ctx, claim_id)
    return [
        MergedOut(
            id=found.claim.id,
            wording=found.claim.wording,
            into=found.into_id,
            by=found.by,
            at=found.at,
            note=found.note,
            n_posts=found.n_posts,
        )
        for found in merging.merged_into(ctx, claim_id)
    ]


@router.post("/claims/{claim_id}/merge", responses=problems(403, 404, 409))
def merge_claim(ctx: ApiContext, claim_id: ClaimId, body: MergeIn) -> TogetherOut:
    """Say that this claim is another; posts, spread and matches go there. Answers with the claim that stands."""
    return _together(ctx, merging.merge(ctx, claim_id, body.into, body.note))


@router.post("/claims/{claim_id}/unmerge", responses=problems(403, 404, 409))
def unmerge_claim(ctx: ApiContext, claim_id: ClaimId, body: UnmergeIn | None = None) -> TogetherOut:
    """Take a merged claim out again, with its posts and the copies that came meanwhile; the pair stays apart."""
    return _together(ctx, merging.unmerge(ctx, claim_id, body.note if body else ""))
