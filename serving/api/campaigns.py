"""Campaigns: draft, two people, live, and what came of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path as PathParameter
from fastapi import Query
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.db.tables import Campaign
from serving.deps import ApiContext, LanguageDep
from serving.desk.outreach import campaign_drafts as drafts
from serving.desk.outreach import campaigns as desk
from serving.desk.outreach import explaining, outcome
from serving.desk.outreach.outcome import Reached
from serving.i18n import translate
from serving.inputs import Id, Input, Line, Moment, Paragraph, WebAddress
from serving.parts import Router
from serving.vocabulary import CampaignKind, CampaignState, Category, Platform, Topic

router = Router(prefix="/campaigns", tags=["campaigns"])

CampaignId = Annotated[Id, PathParameter()]
PersonId = Annotated[Id, PathParameter()]
Codes = Annotated[list[Line], Field(max_length=200)]
Variants = Annotated[list[Paragraph], Field(max_length=drafts.MAX_VARIANTS)]


class AudienceIn(Input):
    """Whom a campaign addresses, when, and how far; empty lists mean everybody."""

    topic: Topic
    ministries: Codes = Field(default_factory=list)
    regions: Codes = Field(default_factory=list)
    target_reach: Annotated[int, Field(ge=1, le=10**10)]
    starts_at: Moment
    ends_at: Moment
    official_posts: dict[Platform, WebAddress] = Field(
        default_factory=dict, description="Posts of official accounts only; see `/v1/official-accounts`."
    )

    def window(self) -> drafts.Window:
        """Give the same as the rules see it."""
        return drafts.Window(
            topic=self.topic,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            target_reach=self.target_reach,
            ministries=tuple(dict.fromkeys(self.ministries)),
            regions=tuple(dict.fromkeys(self.regions)),
        )


class NewsIn(Input):
    """Programme news in its issuer's words."""

    title: Line
    body: Paragraph
    issuer: Annotated[Line, Field(max_length=200)]
    link: WebAddress
    category: Category = Field(description="Politics go to nobody in an election period.")


class CampaignIn(AudienceIn):
    """A campaign to draft, from a published clarification or from programme news."""

    clarification_id: Id | None = None
    news: NewsIn | None = None


class CaptionsIn(Input):
    """Caption variants, without disclosure and link."""

    captions: dict[Platform, Variants]


class PoliticalIn(Input):
    """One person's answer: is this political?"""

    political: bool


class Submission(Input):
    """Which submission was read."""

    submitted_at: Moment = Field(description="The campaign's `submitted_at` as it was read; 409 where it is another.")


class ApproveIn(PoliticalIn, Submission):
    """The second person's own answer about what they read."""


class ReasonIn(Input):
    """Why."""

    reason: Paragraph


class ReturnIn(ReasonIn, Submission):
    """Why what was read goes back."""


class CampaignOut(BaseModel):
    """One campaign."""

    id: int
    kind: CampaignKind
    state: CampaignState
    clarification_id: int | None
    slug: str
    title: str
    body: str
    issuer: str
    link: str
    category: Category
    official_posts: dict[Platform, str]
    topic: Topic
    ministries: list[str]
    regions: list[str]
    target_reach: int
    starts_at: datetime
    ends_at: datetime
    returned_reason: str
    freeze_reason: str
    submitted_at: datetime | None
    approved_at: datetime | None
    live_at: datetime | None
    ended_at: datetime | None


def _out(row: Campaign) -> CampaignOut:
    return CampaignOut.model_validate(row, from_attributes=True)


class CampaignPage(BaseModel):
    """One page of campaigns, newest first; ``next`` goes into ``before``."""

    items: list[CampaignOut]
    next: int | None


class PageIn(BaseModel):
    """Which campaigns to list."""

    state: Annotated[list[CampaignState], Field(max_length=len(CampaignState), default_factory=list)]
    before: Id | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


@router.get("", responses=problems(403))
def get_campaigns(ctx: ApiContext, wanted: Annotated[PageIn, Query()]) -> CampaignPage:
    """List campaigns, newest first."""
    found = desk.listed(ctx, states=wanted.state, before=wanted.before, limit=wanted.limit)
    return CampaignPage(items=[_out(row) for row in found], next=found[-1].id if len(found) == wanted.limit else None)


@router.post("", status_code=201, responses=problems(403, 404, 409))
def create(ctx: ApiContext, body: CampaignIn) -> CampaignOut:
    """Draft a campaign; its captions are drafted with it."""
    news = drafts.ProgrammeNews(**body.news.model_dump()) if body.news else None
    return _out(drafts.create(ctx, drafts.NewCampaign(body.window(), body.clarification_id, news, body.official_posts)))


@router.get("/{campaign_id}", responses=problems(403, 404))
def get_campaign(ctx: ApiContext, campaign_id: CampaignId) -> CampaignOut:
    """Give one campaign."""
    return _out(desk.get(ctx, campaign_id))


@router.put("/{campaign_id}", responses=problems(403, 404, 409))
def change(ctx: ApiContext, campaign_id: CampaignId, body: AudienceIn) -> CampaignOut:
    """Change a draft's audience, window and official posts."""
    return _out(drafts.change(ctx, campaign_id, body.window(), body.official_posts))


class CaptionsOut(BaseModel):
    """Caption variants by platform."""

    captions: dict[Platform, list[str]]


@router.get("/{campaign_id}/captions", responses=problems(403, 404))
def get_captions(ctx: ApiContext, campaign_id: CampaignId) -> CaptionsOut:
    """Give the caption variants."""
    return CaptionsOut(captions=desk.captions(ctx, campaign_id))


@router.put("/{campaign_id}/captions", responses=problems(403, 404, 409))
def put_captions(ctx: ApiContext, campaign_id: CampaignId, body: CaptionsIn) -> CaptionsOut:
    """Replace a draft's caption variants; they may only restate the approved text."""
    drafts.set_captions(ctx, campaign_id, body.captions)
    return CaptionsOut(captions=desk.captions(ctx, campaign_id))


@router.post("/{campaign_id}/submit", responses=problems(403, 404, 409))
def submit(ctx: ApiContext, campaign_id: CampaignId, body: PoliticalIn) -> CampaignOut:
    """Hand a draft to a second person."""
    return _out(desk.submit(ctx, campaign_id, political=body.political))


@router.post("/{campaign_id}/return", responses=problems(403, 404, 409))
def return_draft(ctx: ApiContext, campaign_id: CampaignId, body: ReturnIn) -> CampaignOut:
    """Give a submitted campaign back with a reason."""
    return _out(desk.return_draft(ctx, campaign_id, body.reason, submitted_at=body.submitted_at))


@router.post("/{campaign_id}/approve", responses=problems(403, 404, 409))
def approve(ctx: ApiContext, campaign_id: CampaignId, body: ApproveIn) -> CampaignOut:
    """Approve as the second person."""
    return _out(desk.approve(ctx, campaign_id, political=body.political, submitted_at=body.submitted_at))


class PlannedOut(BaseModel):
    """A campaign, and how many offers were planned for it."""

    campaign: CampaignOut
    planned: int


@router.post("/{campaign_id}/launch", responses=problems(403, 404, 409))
def launch(ctx: ApiContext, campaign_id: CampaignId) -> PlannedOut:
    """Take an approved campaign live and plan its offers."""
    n = desk.launch(ctx, campaign_id)
    return PlannedOut(campaign=_out(desk.get(ctx, campaign_id)), planned=n)


@router.post("/{campaign_id}/plan", responses=problems(403, 404, 409))
def plan_more(ctx: ApiContext, campaign_id: CampaignId) -> PlannedOut:
    """Plan what a live campaign's reach still lacks."""
    n = desk.plan_more(ctx, campaign_id)
    return PlannedOut(campaign=_out(desk.get(ctx, campaign_id)), planned=n)


@router.post("/{campaign_id}/freeze", responses=problems(403, 404, 409))
def freeze(ctx: ApiContext, campaign_id: CampaignId, body: ReasonIn) -> CampaignOut:
    """Stop offering at once."""
    return _out(desk.freeze(ctx, campaign_id, body.reason))


@router.post("/{campaign_id}/thaw", responses=problems(403, 404, 409))
def thaw(ctx: ApiContext, campaign_id: CampaignId) -> CampaignOut:
    """Go on after a freeze; never by whoever froze it."""
    return _out(desk.thaw(ctx, campaign_id))


class EndedOut(BaseModel):
    """A campaign, and how many open offers were taken back."""

    campaign: CampaignOut
    recalled: int


@router.post("/{campaign_id}/end", responses=problems(403, 404, 409))
def end(ctx: ApiContext, campaign_id: CampaignId, body: ReasonIn) -> EndedOut:
    """End a campaign for good and take back its open offers."""
    n = desk.end(ctx, campaign_id, body.reason)
    return EndedOut(campaign=_out(desk.get(ctx, campaign_id)), recalled=n)


class PreviewOut(BaseModel):
    """Whom a campaign would reach; ``null`` where a group is too small to be shown."""

    people: int | None
    reach: int | None
    by_ministry: dict[str, int | None]
    by_region: dict[str, int | None]


@router.get("/{campaign_id}/preview", responses=problems(403, 404))
def get_preview(ctx: ApiContext, campaign_id: CampaignId) -> PreviewOut:
    """Count the audience as it stands now."""
    found = outcome.preview(ctx, campaign_id)
    return PreviewOut(
        people=found.n_people,
        reach=found.reach,
        by_ministry=dict(found.by_ministry),
        by_region=dict(found.by_region),
    )


class ExplanationOut(BaseModel):
    """Whether a campaign chose somebody, and why, in one sentence; never what they answered."""

    chosen: bool
    sentence: str


@router.get("/{campaign_id}/explanations/{influencer_id}", responses=problems(403, 404))
def get_explanation(
    ctx: ApiContext, language: LanguageDep, campaign_id: CampaignId, influencer_id: PersonId
) -> ExplanationOut:
    """Say why a campaign asks a person, or the first thing that keeps it from asking."""
    found = explaining.explain(ctx, campaign_id, influencer_id)
    return ExplanationOut(chosen=found.chosen, sentence=translate(language, found.message, **found.params))


class FunnelOut(BaseModel):
    """How many people came at least this far; ``null`` where a count, or what it leaves over, would speak of few."""

    planned: int
    offered: int | None
    accepted: int | None
    posted: int | None
    verified: int | None


class FiguresOut(BaseModel):
    """What came of a campaign; ``null`` where a group is too small to be shown. Declines are not counted."""

    total: FunnelOut | None
    by_ministry: dict[str, FunnelOut | None]


def _funnel(found: Reached | None) -> FunnelOut | None:
    return None if found is None else FunnelOut.model_validate(found, from_attributes=True)


@router.get("/{campaign_id}/figures", responses=problems(403, 404))
def get_figures(ctx: ApiContext, campaign_id: CampaignId) -> FiguresOut:
    """Give what came of a campaign, so that nobody's answer follows from any of it."""
    found = outcome.figures(ctx, campaign_id)
    return FiguresOut(
        total=_funnel(found.total),
        by_ministry={code: _funnel(each) for code, each in found.by_ministry.items()},
    )
