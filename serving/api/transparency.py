"""The monthly transparency report, open to everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.deps import PublicContext
from serving.desk.publishing import transparency
from serving.desk.publishing.transparency import Month, Section, Unit
from serving.parts import Router

router = Router(prefix="/transparency", tags=["transparency"])


class MonthsOut(BaseModel):
    """The months that have a report, newest first."""

    months: list[str] = Field(examples=[["2026-03", "2026-02"]])


class ReportFigureOut(BaseModel):
    """One figure of the report."""

    section: Section
    name: str = Field(description="A word of the vocabulary, or an agency's or model's own name.")
    unit: Unit
    value: float | None = Field(description="None where it would tell of few people or cases, or of people too early.")


class TransparencyOut(BaseModel):
    """One month's figures, in the order of the page; people are rounded down to tens."""

    month: str
    is_over: bool
    figures: list[ReportFigureOut]


@router.get("", responses=problems())
def transparency_months(ctx: PublicContext) -> MonthsOut:
    """List the months that have a report."""
    return MonthsOut(months=[str(month) for month in transparency.months(ctx)])


@router.get("/{month}", responses=problems(404))
def transparency_report(
    ctx: PublicContext, month: Annotated[str, Path(max_length=7, description="Such as 2026-03.")]
) -> TransparencyOut:
    """Give one month's figures, as the public page and its CSV show them."""
    found = transparency.report(ctx, Month.read(month))
    return TransparencyOut(
        month=str(found.month),
        is_over=found.is_over,
        figures=[
            ReportFigureOut(section=each.section, name=each.name, unit=each.unit, value=each.value)
            for each in found.figures
        ],
    )
