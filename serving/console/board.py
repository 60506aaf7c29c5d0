"""The manager's board, as a page and as CSV."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from serving.console.pages import render
from serving.deps import PageContext, VisitDep
from serving.desk.outreach import board as desk
from serving.parts import Router

router = Router()


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of the funnel: how many people came so far, and how long its bar is in per cent of the longest."""

    step: str
    n: int | None
    percent: float


@dataclass(frozen=True, slots=True)
class BoardPage:
    """One month of the programme, and its funnel as bars."""

    found: desk.Board
    bars: tuple[Bar, ...]
    months: tuple[tuple[str, str], ...]


def _bars(total: desk.Steps) -> tuple[Bar, ...]:
    steps = {step: getattr(total, step) for step in desk.FUNNEL}
    most = max((n for n in steps.values() if n), default=0)
    return tuple(Bar(step, n, 100 * (n or 0) / most if most else 0.0) for step, n in steps.items())


@router.get("/program")
def read_board(request: Request, ctx: PageContext, visit: VisitDep, bulan: str = "") -> Response:
    """Show one month."""
    found = desk.board(ctx, bulan[:7])
    return render(
        request,
        "board.html",
        BoardPage(found, _bars(found.total), tuple((month, month) for month in found.months)),
        visit=visit,
    )


@router.get("/program.csv")
def board_csv(ctx: PageContext, bulan: str = "") -> Response:
    """Give the same as a file."""
    found = desk.board(ctx, bulan[:7])
    name = f'attachment; filename="program-{found.month}.csv"'
    return Response(desk.as_csv(found), media_type="text/csv; charset=utf-8", headers={"content-disposition": name})
