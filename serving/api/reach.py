"""What a campaign reached, and where its short links lead."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path as PathParameter
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.deps import ApiContext, LanguageDep, PublicContext
from serving.desk.incoming.likeness import Repeated
from serving.desk.outreach import effect, links
from serving.desk.outreach import reach as desk
from serving.i18n import translate
from serving.inputs import Id
from serving.parts import Router
from serving.vocabulary import PostCheck

router = Router(tags=["campaigns"])
CampaignId = Annotated[Id, PathParameter()]


class HourOut(BaseModel):
    """Clicks in one hour that began at ``at``."""

    at: datetime
    clicks: int


class EffectOut(BaseModel):
    """The claim's posts beside those of like claims without a campaign; 1 means no difference."""

    posts_before: int = Field(description="In the day before the campaign began.")
    posts_after: int = Field(description="In the day after.")
    posts_expected: float = Field(description="In the day after, had it gone on like the median of like claims.")
    share: float
    low: float
    high: float
    level: float = Field(description="Of the interval from low to high.")
    like_claims: int


class RepeatedOut(BaseModel):
    """How much the posts of a campaign repeat each other."""

    compared: int
    near_copies: int = Field(description="Posts that have a near-copy among the others.")
    closest: float = Field(description="How alike the two most alike are, 0 to 1.")


class ReachOut(BaseModel):
    """What a campaign reached; null stands for a figure about too few people."""

    clicks: int | None
    by_hour: list[HourOut]
    by_region: dict[str, int] = Field(
        description="By the province of whoever carries the link; only provinces where ten people or more do."
    )
    people_posted: int | None
    followers: int | None = Field(description="Of whoever posted: an upper bound of who may have seen it.")
    people_reported: int | None
    views_reported: int | None
    posts_checked: dict[PostCheck, int | None] = Field(description="Reported posts by how they were looked at.")
    wording: RepeatedOut | None = Field(description="None where too few posts could be compared.")
    effect: EffectOut | None
    why_no_effect: str = Field(description="Why there is no comparison; empty where there is one.")
    cannot_show: list[str] = Field(description="What the comparison cannot show.")


@router.get("/campaigns/{campaign_id}/reach", responses=problems(403, 404))
def get_reach(ctx: ApiContext, language: LanguageDep, campaign_id: CampaignId) -> ReachOut:
    """Give clicks, reported views and the claim beside like claims, with small groups hidden."""
    found = desk.report(ctx, campaign_id)
    return ReachOut(
        clicks=found.n_clicks,
        by_hour=[HourOut(at=each.at, clicks=each.n) for each in found.hours],
        by_region=dict(found.by_region),
        people_posted=found.n_posted,
        followers=found.followers,
        people_reported=found.n_reported,
        views_reported=found.views,
        posts_checked=dict(found.checks),
        wording=_wording(found.wording),
        effect=_effect(found.comparison.effect),
        why_no_effect=translate(language, found.comparison.why_not) if found.comparison.why_not else "",
        cannot_show=[translate(language, sentence) for sentence in desk.CANNOT_SHOW],
    )


def _wording(found: Repeated | None) -> RepeatedOut | None:
    if found is None:
        return None
    return RepeatedOut(compared=found.n, near_copies=found.n_near, closest=found.closest)


def _effect(found: effect.Effect | None) -> EffectOut | None:
    if found is None:
        return None
    return EffectOut(
        posts_before=found.span.before,
        posts_after=found.span.after,
        posts_expected=found.expected,
        share=found.share,
        low=found.low,
        high=found.high,
        level=effect.LEVEL,
        like_claims=found.n_others,
    )


class LinkOut(BaseModel):
    """Where a short link leads."""

    url: str


@router.get("/links/{code}", responses=problems(404))
def get_link(ctx: PublicContext, code: Annotated[str, PathParameter(max_length=40)]) -> LinkOut:
    """Say where a short link leads, without following it; nothing is counted."""
    return LinkOut(url=links.leads_to(ctx, links.find(ctx, code)))
