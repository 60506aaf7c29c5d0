"""What somebody who drafts a campaign looks at first: what it can be made from, and how alike its captions are."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.deps import ApiContext
from serving.desk.outreach import campaign_drafts, campaigns
from serving.desk.outreach import captions as wording
from serving.inputs import ID_MAX, Id
from serving.parts import Router
from serving.vocabulary import Platform, Topic

router = Router(prefix="/campaigns", tags=["campaigns"])


class SourceOut(BaseModel):
    """A clarification that a campaign can be made from."""

    clarification_id: int
    title: str
    topic: Topic | None
    posts_per_hour: float = Field(description="How fast its claim spreads; below the floor no campaign goes live.")


class NearCopiesOut(BaseModel):
    """How much the caption variants of one platform repeat each other; a likeness is 0 to 1."""

    n: int
    closest: float
    mean: float
    n_pairs_too_close: int = Field(description="Captions with such a pair are not saved.")


@router.get("/sources", responses=problems(403))
def campaign_sources(ctx: ApiContext) -> list[SourceOut]:
    """Give the clarifications that a campaign can be made from, newest first."""
    return [
        SourceOut(
            clarification_id=source.id, title=source.title, topic=source.topic, posts_per_hour=source.posts_per_hour
        )
        for source in campaign_drafts.sources(ctx)
    ]


@router.get("/{campaign_id}/near-copies", responses=problems(403, 404))
def near_copies(ctx: ApiContext, campaign_id: Annotated[Id, Path(le=ID_MAX)]) -> dict[Platform, NearCopiesOut]:
    """Measure how alike a campaign's caption variants are, by platform."""
    return {
        platform: NearCopiesOut.model_validate(wording.near_copies(texts), from_attributes=True)
        for platform, texts in campaigns.captions(ctx, campaign_id).items()
    }
