"""Claims: the ordered queue, one claim with what it stands on, and pasting one. No response names an author."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.api.trends import BEHIND, NAMED, Region
from serving.db.claims import OPEN_STATES, Filters
from serving.deps import ApiContext, LanguageDep, ServiceDep, writing_as
from serving.desk.checking import claims, matching, merging, review
from serving.desk.checking.claims import Detail, Listed
from serving.desk.incoming.machine import machine_for
from serving.desk.incoming.trends import QUARTER_S
from serving.i18n import Language
from serving.inputs import ID_MAX, Id, Input, OptionalLine, Paragraph, WebAddress
from serving.parts import Router
from serving.rows import Source
from serving.vocabulary import Category, ClaimState, MatchStatus, VerdictLabel

router = Router(tags=["claims"])
MEANING = "kemiripan dengan hoaks yang pernah dibantah, bukan ukuran kebenaran"
FOUND_BY = (
    "Words to find claims by, in their wording or in one of their posts, in any spelling: slang and slips of a letter "
    "are read as what they stand for. The best answer comes first."
)
ClaimId = Annotated[Id, Path(le=ID_MAX)]


class ReasonOut(BaseModel):
    """One reason of the model."""

    code: str = Field(default="words", description="words, too_short or truncated.")
    words: str = Field(default="", description="The cleaned word that moved the score.")
    weight: float = Field(default=0.0, description="What it adds to the logit.")


class ClaimOut(BaseModel):
    """A claim as the queue shows it."""

    id: int
    state: ClaimState
    wording: str = Field(description="One neutral sentence, machine-made until a human edits it.")
    category: Category
    category_suggested: Category
    p_hoax: float = Field(description=MEANING)
    band: Literal["look", "abstain", "clear"]
    model: str
    reasons: list[ReasonOut]
    why_here: list[str] = Field(description="Why it stands where it stands, the strongest reason first.")
    priority: float = Field(description="Orders the queue, largest first; differences are doublings of urgency.")
    n_posts: int
    reach: int = Field(description="How many people may have seen it, estimated.")
    posts_per_hour: float
    first_seen_at: datetime
    last_seen_at: datetime
    created_at: datetime
    seen_at: datetime | None = Field(description="When somebody of the desk first looked at it.")
    deadline: datetime | None
    deadline_kind: Literal["seen", "decided"]
    holder: str | None = Field(description="The member of staff who works on it.")
    verdict: VerdictLabel | None
    merged_into: int | None = Field(description="The claim that this one was merged into.")


class MediaOut(BaseModel):
    """What a post carried."""

    kind: str
    phash: str | None = None
    transcript: str = ""


class PostOut(BaseModel):
    """A post without whoever wrote it and without its address."""

    id: int
    source: str
    text: str
    posted_at: datetime
    likes: int
    shares: int
    comments: int
    views: int
    reach: int
    media: list[MediaOut]
    p_hoax: float
    has_link: bool = Field(description="Whether a checker can still open the original, in an audited step.")


class MatchOut(BaseModel):
    """A likeness between the claim and a clarification."""

    id: int
    clarification_id: int
    slug: str
    title: str
    published_at: datetime | None
    score: float
    status: MatchStatus
    machine_status: str
    machine_version: str


class SpreadOut(BaseModel):
    """One quarter of an hour."""

    at: datetime
    n_posts: int
    reach: int
    engagement: int


class ClaimDetailOut(ClaimOut):
    """A claim with what it stands on."""

    acceleration: float = Field(description="-1 dying out, 0 steady, 1 just begun.")
    posts: list[PostOut] = Field(description="The widest first, at most 50.")
    matches: list[MatchOut]
    spread: list[SpreadOut]


class ClaimPage(BaseModel):
    """A page of the queue."""

    claims: list[ClaimOut]
    next_after: str | None = Field(description="Give it as `after` for the next page; none at the end.")
    is_behind: bool = Field(description=BEHIND)


class ClaimIn(Input):
    """A text that a checker brings in."""

    text: Paragraph
    url: WebAddress | None = None


class PastedOut(BaseModel):
    """The claim that was made, or the one that the text joined."""

    created: bool
    claim: ClaimDetailOut


class RematchOut(BaseModel):
    """How many suggestions wait for a human."""

    suggested: int


def _claim_fields(listed: Listed, language: Language) -> dict[str, object]:
    claim = listed.claim
    return {
        "id": claim.id,
        "state": claim.state,
        "wording": claim.wording,
        "category": claim.category,
        "category_suggested": claim.category_suggested,
        "p_hoax": claim.p_hoax,
        "band": claim.band,
        "model": claim.model,
        "reasons": [ReasonOut(**reason) for reason in claim.reasons],
        "why_here": [because.in_words(language) for because in listed.because],
        "priority": claim.priority,
        "n_posts": claim.n_posts,
        "reach": claim.reach,
        "posts_per_hour": claim.posts_per_hour,
        "first_seen_at": claim.first_seen_at,
        "last_seen_at": claim.last_seen_at,
        "created_at": claim.created_at,
        "seen_at": claim.seen_at,
        "deadline": listed.deadline,
        "deadline_kind": listed.deadline_kind,
        "holder": listed.holder,
        "verdict": claim.verdict,
        "merged_into": claim.merged_into_id,
    }


def _detail(found: Detail, language: Language) -> ClaimDetailOut:
    return ClaimDetailOut.model_validate(
        {
            **_claim_fields(found.listed, language),
            "acceleration": found.trend.acceleration,
            "posts": [
                PostOut(
                    id=post.id,
                    source=post.source,
                    text=post.text,
                    posted_at=post.posted_at,
                    likes=post.likes,
                    shares=post.shares,
                    comments=post.comments,
                    views=post.views,
                    reach=post.reach,
                    media=[MediaOut(**item) for item in post.media],
                    p_hoax=post.p_hoax,
                    has_link=post.sealed_link is not None,
                )
                for post in found.posts
            ],
            "matches": [
                MatchOut(
                    id=shown.match.id,
                    clarification_id=shown.match.clarification_id,
                    slug=shown.slug,
                    title=shown.title,
                    published_at=shown.published_at,
                    score=shown.match.score,
                    status=shown.match.status,
                    machine_status=shown.match.machine_status,
                    machine_version=shown.match.machine_version,
                )
                for shown in found.matches
            ],
            "spread": [
                SpreadOut(
                    at=datetime.fromtimestamp(row.quarter * QUARTER_S, UTC),
                    n_posts=row.n_posts,
                    reach=row.reach,
                    engagement=row.engagement,
                )
                for row in found.spread
            ],
        }
    )


@router.get("/claims", responses=problems(403))
def list_claims(
    ctx: ApiContext,
    language: LanguageDep,
    state: Annotated[list[ClaimState] | None, Query(description="Without one: every open state.")] = None,
    category: Category | None = None,
    band: Literal["look", "abstain", "clear"] | None = None,
    region: Annotated[Region | None, Query(description=NAMED)] = None,
    source: Annotated[Source | None, Query(description="Where one of its posts came from.")] = None,
    q: Annotated[OptionalLine, Query(description=FOUND_BY)] = "",
    limit: Annotated[int, Query(ge=1, le=claims.PAGE_MAX)] = 25,
    after: Annotated[str | None, Query(max_length=64, description="`next_after` of the page before.")] = None,
) -> ClaimPage:
    """Give the queue, most urgent first; with `q` the claims that answer it, best first."""
    filters = Filters(tuple(state) if state else OPEN_STATES, category, band, q, region=region, source=source)
    page = claims.queue(ctx, filters, after, limit)
    return ClaimPage(
        claims=[ClaimOut.model_validate(_claim_fields(item, language)) for item in page.items],
        next_after=page.next_after,
        is_behind=page.is_behind,
    )


@router.get("/claims/{claim_id}", responses=problems(403, 404))
def one_claim(
    ctx: ApiContext, service: ServiceDep, language: LanguageDep, response: Response, claim_id: ClaimId
) -> ClaimDetailOut:
    """Give one claim with posts, reasons, matches and spread; a first look of the desk is noted.

    A claim that was merged says so; its `Link` header with `rel="successor-version"` and `merged_into` lead to the one
    that stands for it, which holds its posts.
    """
    detail = _detail(claims.detail(ctx, claim_id), language)
    review.note_look(ctx, claim_id, writing_as(service, ctx.actor))
    if detail.merged_into is not None:
        detail.merged_into = merging.standing_id(ctx, claim_id)
        response.headers["link"] = f'</v1/claims/{detail.merged_into}>; rel="successor-version"'
    return detail


@router.post("/claims", status_code=201, responses=problems(403, 503))
def paste_claim(
    ctx: ApiContext, service: ServiceDep, language: LanguageDep, response: Response, body: ClaimIn
) -> PastedOut:
    """Bring a text in; a copy of a claim that is known joins it."""
    pasted = claims.paste(ctx, machine_for(service.settings), body.text, body.url)
    response.headers["location"] = f"/v1/claims/{pasted.claim_id}"
    return PastedOut(created=pasted.is_new, claim=_detail(claims.detail(ctx, pasted.claim_id), language))


@router.post("/claims/{claim_id}/rematch", responses=problems(403, 404, 503))
def rematch_claim(ctx: ApiContext, service: ServiceDep, claim_id: ClaimId) -> RematchOut:
    """Ask the library again; what a human decided stays."""
    return RematchOut(suggested=matching.ask_again(ctx, machine_for(service.settings), claim_id))
