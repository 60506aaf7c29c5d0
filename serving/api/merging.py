"""Claims put together and taken apart by people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.db.tables import Claim
from serving.deps import ApiContext, ServiceDep, writing_as
from serving.desk.checking import claims, merging, regrouping
from serving.desk.checking.regrouping import Asked
from serving.desk.context import Context
from serving.desk.incoming.machine import machine_for
from serving.inputs import ID_MAX, Id, Input, OptionalLine, OptionalParagraph
from serving.parts import Router
from serving.vocabulary import ClaimCorrectionKind, ClaimState

router = Router(tags=["claims"])
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


class SplitIn(Input):
    """Posts of this claim that are a claim of their own, and why."""

    posts: Annotated[list[Id], Field(min_length=1, max_length=regrouping.POSTS_MAX)]
    note: OptionalParagraph = ""


class MoveIn(SplitIn):
    """Posts of this claim that belong to another one, and why."""

    into: Id = Field(description="The claim that they belong to; one that was merged leads on to its successor.")


class CorrectionOut(BaseModel):
    """A correction that moved posts from one claim to another, and that can be undone."""

    id: int
    kind: ClaimCorrectionKind
    claim: int = Field(description="The claim that the posts went to.")
    other: int = Field(description="The claim that they came from.")
    n_posts: int
    note: str
    by: str = Field(description="The member of staff who made it.")
    at: datetime
    undone: bool


class PairOut(BaseModel):
    """Two wordings, and whether a person said that they are one claim."""

    one: str
    other: str
    same: bool


class PairsOut(BaseModel):
    """One page of pairs, newest first; a move makes two of them, and two equal wordings none."""

    items: list[PairOut]
    next_after: int | None = Field(description="Give it as `after` for the next page; none at the end.")


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
    """Take a merged claim out again, with its posts and the copies that came meanwhile.

    The pair stays apart until that correction is undone (`POST /v1/claim-corrections/{correction_id}/undo`).
    """
    return _together(ctx, merging.unmerge(ctx, claim_id, body.note if body else ""))


# ---- posts -------------------------------------------------------------------------------------------------------


@router.get("/claims/{claim_id}/corrections", responses=problems(403, 404))
def claim_corrections(ctx: ApiContext, claim_id: ClaimId) -> list[CorrectionOut]:
    """Give the newest fifty corrections that moved posts out of this claim or into it and that `undo` takes back."""
    claims.detail(ctx, claim_id)
    return [
        CorrectionOut(
            id=made.id,
            kind=made.kind,
            claim=made.claim_id,
            other=made.other_id,
            n_posts=made.n_posts,
            note=made.note,
            by=made.by,
            at=made.at,
            undone=made.undone,
        )
        for made in regrouping.corrections(ctx, claim_id)
    ]


@router.post("/claims/{claim_id}/split", responses=problems(403, 404, 409))
def split_claim(ctx: ApiContext, service: ServiceDep, claim_id: ClaimId, body: SplitIn) -> TogetherOut:
    """Make a claim of its own of some posts; their copies follow them. Answers with the new claim."""
    asked = Asked(claim_id, body.posts, body.note)
    return _together(ctx, regrouping.split(ctx, machine_for(service.settings), asked))


@router.post("/claims/{claim_id}/move", responses=problems(403, 404, 409))
def move_posts(ctx: ApiContext, claim_id: ClaimId, body: MoveIn) -> TogetherOut:
    """Give some posts to another claim; their copies follow them. Answers with that claim."""
    return _together(ctx, regrouping.move_posts(ctx, Asked(claim_id, body.posts, body.note), body.into))


@router.post("/claim-corrections/{correction_id}/undo", responses=problems(403, 404, 409))
def undo_correction(ctx: ApiContext, correction_id: ClaimId, body: UnmergeIn | None = None) -> TogetherOut:
    """Put the posts of a split or a move back, or a claim that was taken out by mistake.

    Answers with the claim that has the posts again. A merge is taken back by `unmerge`.
    """
    return _together(ctx, regrouping.undo(ctx, correction_id, body.note if body else ""))


@router.get("/claim-pairs", responses=problems(403))
def claim_pairs(
    ctx: ApiContext,
    service: ServiceDep,
    limit: Annotated[int, Query(ge=1, le=100, description="Corrections a page.")] = 50,
    after: Annotated[Id | None, Query(description="`next_after` of the page before.")] = None,
) -> PairsOut:
    """Give pairs of wordings of which people said whether they are one claim, newest first.

    An export, to measure or train a matcher with: nothing here reads it back. A move tells that the words which it
    moved are one claim with the claim that they went to, and not with the one that they left. Each page that is read is
    noted in the record.
    """
    found = regrouping.pairs(ctx, writing_as(service, ctx.actor), after=after, limit=limit)
    items = [PairOut(one=pair.one, other=pair.other, same=pair.same) for pair in found.rows]
    return PairsOut(items=items, next_after=found.after)
