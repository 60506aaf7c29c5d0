"""The manager's board."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.deps import ApiContext
from serving.desk.outreach import board as desk
from serving.parts import Router
from serving.vocabulary import DeclineReason

router = Router(prefix="/board", tags=["influencers"])
Month = Annotated[str, Query(max_length=7, description="Such as 2026-03; the present one where it is empty.")]


class StepsOut(BaseModel):
    """People of a group who came at least so far; null stands for a figure that is hidden."""

    code: str
    name: str
    eligible: int | None = Field(description="Of now; the others are of the month.")
    offered: int | None
    accepted: int | None
    posted: int | None
    verified: int | None


class BandOut(BaseModel):
    """How many of the eligible had so many offers in the last thirty days."""

    low: int
    high: int | None
    people: int | None


class BoardOut(BaseModel):
    """One month of the programme, in groups of ten or more."""

    month: str
    months: list[str]
    total: StepsOut
    by_ministry: list[StepsOut]
    first_post_campaigns: int
    first_post_median_hours: float | None = Field(description="In waking hours, where ten people or more posted.")
    burden_mean: float | None = Field(description="Offers a person in thirty days.")
    burden_gini: float | None
    burden_bands: list[BandOut]
    declines: dict[DeclineReason, int | None] | None = Field(description="People by reason; null where hidden whole.")


def _steps(found: desk.Steps) -> StepsOut:
    return StepsOut.model_validate(found, from_attributes=True)


@router.get("", responses=problems(403))
def get_board(ctx: ApiContext, month: Month = "") -> BoardOut:
    """Give one month's funnel, time to first post, burden and reasons for declining."""
    found = desk.board(ctx, month)
    return BoardOut(
        month=found.month,
        months=list(found.months),
        total=_steps(found.total),
        by_ministry=[_steps(each) for each in found.by_ministry],
        first_post_campaigns=found.first_posts.n_campaigns,
        first_post_median_hours=found.first_posts.median_hours,
        burden_mean=found.burden.mean,
        burden_gini=found.burden.gini,
        burden_bands=[BandOut(low=each.low, high=each.high, people=each.n_people) for each in found.burden.bands],
        declines=None if found.declines is None else dict(found.declines),
    )


@router.get(
    ".csv",
    response_class=Response,
    responses=problems(403) | {200: {"content": {"text/csv": {}}, "description": "The board, a figure a line."}},
)
def get_board_csv(ctx: ApiContext, month: Month = "") -> Response:
    """Give the same as CSV."""
    return Response(desk.as_csv(desk.board(ctx, month)), media_type="text/csv; charset=utf-8")
