"""The monthly transparency report, as a page and as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request, Response

from serving.console.pages import render
from serving.deps import PublicContext, VisitDep
from serving.desk.publishing import transparency
from serving.desk.publishing.transparency import Month
from serving.parts import Router

router = Router()


@dataclass(frozen=True, slots=True)
class TransparencyPage:
    """One month's figures, and the months that have a report."""

    report: transparency.Report
    months: Sequence[Month]
    min_group: int


@router.get("/transparansi")
def read_report(
    request: Request, ctx: PublicContext, visit: VisitDep, bulan: Annotated[str, Query(max_length=7)] = ""
) -> Response:
    """Show a month's report; without one named, the last month that is over."""
    month = Month.read(bulan) if bulan else transparency.newest_over(ctx)
    page = TransparencyPage(transparency.report(ctx, month), transparency.months(ctx), ctx.settings.min_group)
    return render(request, "public_transparency.html", page, visit=visit)


@router.get("/transparansi/{month}.csv")
def download_report(ctx: PublicContext, month: str) -> Response:
    """Give a month's report as CSV."""
    found = transparency.report(ctx, Month.read(month))
    name = f"suluh-transparansi-{found.month}.csv"
    return Response(
        transparency.as_csv(found),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )
