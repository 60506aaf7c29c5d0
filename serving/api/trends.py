"""Trends: the claims that spread fastest, with what was to be expected of them, at once or as they change."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import Depends, Path, Query
from pydantic import BaseModel, Field, StringConstraints

from models.trends import FALSE_ALARMS_A_DAY, LEVEL, PER_HOUR, Surge
from serving.api.problems import problems
from serving.db.trends import Wanted
from serving.deps import ApiContext, ServiceDep
from serving.desk.checking.claims import READERS
from serving.desk.incoming import trending
from serving.desk.incoming.trending import Board, Coming, Trending
from serving.inputs import ID_MAX, Id, OptionalLine
from serving.parts import Router
from serving.rows import Source
from serving.streams import EventStream, Tongue, broadcast_for
from serving.vocabulary import Category, ClaimState

router = Router(tags=["trends"])
NAMED = "A province that one of its posts names: ISO 3166-2:ID, such as `ID-JB`."
TOPIC = "Words that the claim or one of its posts says, in any spelling. The order stays that of the speed."
BEHIND = "With `q`: whether some things have not been read by the search index yet."
Region = Annotated[str, StringConstraints(pattern=r"^ID-[A-Z]{2}$")]
ClaimId = Annotated[Id, Path(le=ID_MAX)]


class WindowOut(BaseModel):
    """What came in the last hours."""

    hours: int
    n_posts: int
    reach: int = Field(description="How many people may have seen it, estimated.")
    engagement: int


class ComingOut(BaseModel):
    """What is expected of a span that lies ahead."""

    starts: datetime
    mean: float
    low: int = Field(description=f"`low` and `high` hold what comes in {LEVEL:.0%} of cases.")
    high: int


class SurgeOut(BaseModel):
    """A window that holds more than chance explains."""

    hours: float
    n_posts: int
    expected: float

    @classmethod
    def of(cls, surge: Surge) -> SurgeOut:
        """Give it in hours."""
        return cls(hours=surge.quarters / PER_HOUR, n_posts=surge.n_posts, expected=round(surge.expected, 3))


class TrendOut(BaseModel):
    """How one claim spreads; docs/trends.md has the formulas."""

    claim_id: int
    wording: str
    state: ClaimState
    category: Category
    band: Literal["look", "abstain", "clear"]
    p_hoax: float
    n_posts: int
    reach: int
    engagement: int
    windows: list[WindowOut]
    posts_per_hour: float = Field(description="The rate now; a post fades with a time constant of one hour.")
    usual_per_hour: float = Field(description="What the claim's own week and this hour let expect of an hour.")
    times_usual: float = Field(description="The last hour against that.")
    times_typical: float = Field(description="The last hour against a typical claim of the desk at this hour.")
    doublings: float = Field(description="Of speed: the last hour against the three before, 0 is steady.")
    bursts: bool = Field(description="Whether more came than chance explains.")
    surge: SurgeOut | None = Field(
        description="The window of which chance explains least; none where it does not burst."
    )
    chance: float = Field(description="Of so many posts or more, in the strongest of three windows.")
    next_hours: ComingOut = Field(description=f"The next {trending.AHEAD_H} hours together.")
    coming: list[ComingOut] = Field(description="Each of these hours.")
    first_seen_at: datetime
    last_seen_at: datetime
    peak_at: datetime = Field(description="When its busiest hour of the last week ended.")
    peak_posts: int
    half_life_h: float | None = Field(description="Hours in which its speed has halved since; none while it has not.")
    spark: list[int] = Field(description="Posts in 24 equal parts of the last day, oldest first.")
    regions: list[str] = Field(description="Provinces that its posts name, the most often named first.")
    sources: list[str] = Field(description="Where its posts came from, the largest first.")


class TrendsOut(BaseModel):
    """The fastest claims, those that burst first."""

    at: datetime
    n_moving: int = Field(description="Claims of the desk that spread, whatever was asked for.")
    false_alarms_a_day: float = Field(description="Bursts that chance alone is allowed, on the whole desk.")
    forecasts_checked: int = Field(description="Forecasts of six hours ago, of the newest claims of then.")
    forecasts_inside: int = Field(description="How many of them held what came.")
    is_behind: bool = Field(description=BEHIND)
    trends: list[TrendOut]


def _coming(coming: Coming) -> ComingOut:
    return ComingOut(starts=coming.starts, mean=round(coming.mean, 2), low=coming.low, high=coming.high)


def _out(row: Trending) -> TrendOut:
    claim = row.claim
    return TrendOut(
        claim_id=claim.id,
        wording=claim.wording,
        state=claim.state,
        category=claim.category,
        band=claim.band,
        p_hoax=claim.p_hoax,
        n_posts=claim.n_posts,
        reach=claim.reach,
        engagement=claim.engagement,
        windows=[
            WindowOut(hours=each.hours, n_posts=each.n_posts, reach=each.reach, engagement=each.engagement)
            for each in row.windows
        ],
        posts_per_hour=round(row.posts_per_hour, 3),
        usual_per_hour=round(row.usual_per_hour, 3),
        times_usual=round(row.times_usual, 2),
        times_typical=round(row.times_typical, 2),
        doublings=round(row.doublings, 2),
        bursts=row.bursts,
        surge=row.surge and SurgeOut.of(row.surge),
        chance=row.chance,
        next_hours=_coming(row.total),
        coming=[_coming(each) for each in row.coming],
        first_seen_at=claim.first_seen_at,
        last_seen_at=claim.last_seen_at,
        peak_at=row.peak_at,
        peak_posts=row.peak_posts,
        half_life_h=None if row.half_life_h is None else round(row.half_life_h, 2),
        spark=list(row.spark),
        regions=list(row.regions),
        sources=list(row.sources),
    )


def _board(board: Board) -> TrendsOut:
    return TrendsOut(
        at=board.at,
        n_moving=board.n_moving,
        false_alarms_a_day=FALSE_ALARMS_A_DAY,
        forecasts_checked=board.looked_back.n,
        forecasts_inside=board.looked_back.inside,
        is_behind=board.is_behind,
        trends=[_out(row) for row in board.rows],
    )


_JSON: Final = Tongue("json", lambda board: _board(board).model_dump_json())


def asked(
    category: Category | None = None,
    band: Literal["look", "abstain", "clear"] | None = None,
    region: Annotated[Region | None, Query(description=NAMED)] = None,
    source: Annotated[Source | None, Query(description="Where one of its posts came from.")] = None,
    q: Annotated[OptionalLine, Query(description=TOPIC)] = "",
) -> Wanted:
    """Read which claims are asked for."""
    return Wanted(category, band, region, source, q)


Asked = Annotated[Wanted, Depends(asked)]


@router.get("/trends", responses=problems(403))
def list_trends(
    ctx: ApiContext, wanted: Asked, limit: Annotated[int, Query(ge=1, le=trending.SHOWN_MAX)] = trending.SHOWN
) -> TrendsOut:
    """Give the claims that spread fastest: those that burst first, each part by posts per hour."""
    return _board(trending.board(ctx, wanted, limit))


@router.get(
    "/trends/stream",
    status_code=200,
    response_class=EventStream,
    responses=problems(403) | {200: {"description": "Events named `papan`; the data of each is a `TrendsOut`."}},
)
async def follow_trends(ctx: ApiContext, service: ServiceDep, wanted: Asked) -> EventStream:
    """Follow the trends as server-sent events: a board at once, and another whenever it has changed.

    A connection lasts ten minutes at most; come back after the time that `retry` names. A person may have four open,
    and a process holds 200 and 32 different questions; beyond that the answer is 429.
    """
    person_id = ctx.require(*READERS)
    broadcast = broadcast_for(service)
    return EventStream(broadcast, broadcast.join(person_id, wanted), _JSON)


@router.get("/trends/{claim_id}", responses=problems(403, 404))
def one_trend(ctx: ApiContext, claim_id: ClaimId) -> TrendOut:
    """Give how one claim spreads, how fast or slow it may be."""
    return _out(trending.trend_of(ctx, claim_id))
