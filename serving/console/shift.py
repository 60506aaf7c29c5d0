"""The board of the shift: clocks, what is about to run out, how long it took, what waits, what was taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response

from serving.console.pages import render
from serving.deps import PageContext, VisitDep
from serving.desk.checking import deadlines
from serving.desk.checking.deadlines import Board, Slot
from serving.parts import Router

router = Router()
_WIDTH, _HEIGHT = 640, 140


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour or day: how long half and nearly all of what was decided in it had taken; lengths in pixels."""

    starts: datetime
    x: float
    width: float
    p50_y: float
    p95_y: float
    arose_y: float
    slot: Slot


@dataclass(frozen=True, slots=True)
class Chart:
    """Time to decision over the window, with the goal as a line; ``top_s`` seconds are the full height."""

    bars: Sequence[Bar]
    goal_y: float
    top_s: float
    most_arose: int
    width: int = _WIDTH
    height: int = _HEIGHT


def chart_of(board: Board, goal_s: float) -> Chart:
    """Lay the window out, oldest at the left; the goal is always inside the picture."""
    top_s = max(goal_s * 1.25, *(slot.decided.p95_s or 0.0 for slot in board.slots))
    most = max(1, *(slot.n_arose for slot in board.slots))
    step = _WIDTH / len(board.slots)

    def at(value: float, top: float) -> float:
        """Give the height's upper edge; whatever there is shows at least one unit."""
        return round(_HEIGHT - max(value / top * (_HEIGHT - 2), 1.0), 1)

    bars = [
        Bar(
            starts=slot.span.since,
            x=round(i * step + step * 0.15, 1),
            width=round(step * 0.7, 1),
            p50_y=at(slot.decided.p50_s or 0.0, top_s),
            p95_y=at(slot.decided.p95_s or 0.0, top_s),
            arose_y=at(slot.n_arose, most),
            slot=slot,
        )
        for i, slot in enumerate(board.slots)
    ]
    return Chart(bars, at(goal_s, top_s), top_s, most)


@dataclass(frozen=True, slots=True)
class ShiftPage:
    """The board, and which windows it can look back on."""

    board: Board
    chart: Chart
    arrivals: Sequence[int]
    windows: Sequence[int]


@router.get("/papan")
def read_board(
    request: Request, ctx: PageContext, visit: VisitDep, jam: Annotated[int, Query()] = deadlines.SHIFT_HOURS
) -> Response:
    """Show the board of the last hours."""
    board = deadlines.board(ctx, jam)
    page = ShiftPage(
        board=board,
        chart=chart_of(board, ctx.settings.decided_within.total_seconds()),
        arrivals=[slot.n_arose for slot in board.slots],
        windows=tuple(deadlines.WINDOWS),
    )
    return render(request, "shift.html", page, visit=visit)
