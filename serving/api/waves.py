"""The roll-out by ministry, and where reach is missing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from serving.api.influencers import MinistryCode
from serving.api.problems import problems
from serving.deps import ApiContext
from serving.desk.outreach import coverage, waves
from serving.inputs import Input, Moment, OptionalLine
from serving.parts import Router
from serving.vocabulary import Platform, Topic

router = Router(tags=["influencers"])


class PlanIn(Input):
    """How a ministry's wave is to run; what is not given has no limit of its own."""

    live_at: Moment | None = Field(default=None, description="When it begins; null = it stands still.")
    manager: Annotated[OptionalLine, Field(max_length=64, description="The account that looks after it.")] = ""
    people_max: int | None = Field(default=None, ge=1, le=waves.PEOPLE_MAX)
    offers_per_day: int | None = Field(default=None, ge=1, le=100, description="A person and day; never above the cap.")
    training_required: bool = Field(default=False, description="Only those who passed the training are asked.")

    def plan(self) -> waves.Plan:
        """Give it as the desk takes it."""
        return waves.Plan(self.live_at, self.manager, self.people_max, self.offers_per_day, self.training_required)


class WaveOut(BaseModel):
    """One ministry's wave; ``joined`` is null where fewer than ten people consented."""

    ministry: str
    name: str
    live_at: datetime | None
    manager: str
    people_max: int | None
    offers_per_day: int | None
    training_required: bool
    joined: int | None


def _wave(found: waves.Rollout) -> WaveOut:
    return WaveOut(
        ministry=found.ministry.code,
        name=found.ministry.name,
        live_at=found.plan.live_at,
        manager=found.plan.manager,
        people_max=found.plan.people_max,
        offers_per_day=found.plan.offers_per_day,
        training_required=found.plan.training_required,
        joined=found.n_joined,
    )


@router.get("/waves", responses=problems(403))
def get_waves(ctx: ApiContext) -> list[WaveOut]:
    """List every ministry's wave, in the order in which they begin."""
    return [_wave(each) for each in waves.rollouts(ctx)]


@router.put("/waves/{code}", responses=problems(403, 404))
def put_wave(ctx: ApiContext, code: MinistryCode, body: PlanIn) -> WaveOut:
    """Put a plan in the place of a ministry's present one."""
    return _wave(waves.put(ctx, code, body.plan()))


class ProvinceOut(BaseModel):
    """The eligible of one province; null stands for a group that is too small to be shown."""

    code: str
    name: str
    people: int | None
    by_topic: dict[Topic, int | None]
    followers: dict[Platform, int | None]


class TopicOut(BaseModel):
    """One topic: the eligible who chose it, and the provinces without any or with too few to be shown."""

    topic: Topic
    people: int | None
    provinces_without: int
    provinces_with_few: int


class PlatformOut(BaseModel):
    """One platform: followers of the eligible, and how many take part but lack a count that is high enough."""

    platform: Platform
    followers: int | None
    people_short: int | None


class MissingOut(BaseModel):
    """Where reach is and where it is missing."""

    provinces: list[ProvinceOut]
    topics: list[TopicOut]
    platforms: list[PlatformOut]


@router.get("/coverage", responses=problems(403))
def get_missing(ctx: ApiContext) -> MissingOut:
    """Count the eligible by province, topic and platform; figures about small groups are hidden."""
    found = coverage.missing(ctx)
    return MissingOut(
        provinces=[
            ProvinceOut(
                code=each.region.code,
                name=each.region.name,
                people=each.n_people,
                by_topic=dict(each.by_topic),
                followers=dict(each.reach),
            )
            for each in found.provinces
        ],
        topics=[
            TopicOut(
                topic=each.topic,
                people=each.n_people,
                provinces_without=each.n_without,
                provinces_with_few=each.n_small,
            )
            for each in found.topics
        ],
        platforms=[
            PlatformOut(platform=each.platform, followers=each.reach, people_short=each.n_short)
            for each in found.platforms
        ],
    )
