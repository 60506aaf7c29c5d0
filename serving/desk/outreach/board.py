"""The manager's board: how far offers came, how soon, how heavily they weigh, and why people decline.

It counts people in groups of ten or more and ranks nobody. A ministry's figures stand in a table whose columns narrow,
so that none tells of few, alone or by subtraction (``suppression``). Why people decline is counted for all ministries
together, and only where ten decliners or more stand beside ten others or more.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from serving.db import board as rows
from serving.db import influencers as people
from serving.db.board import Window
from serving.desk.context import Context
from serving.desk.outreach import routing
from serving.desk.outreach.routing import Caps
from serving.desk.publishing.transparency import inert
from serving.desk.suppression import Funnel, is_enough
from serving.errors import InvalidInputError
from serving.i18n import ZONES, mark
from serving.vocabulary import DeclineReason, Role

WIB = ZoneInfo(ZONES["WIB"])
MONTHS_SHOWN = 12
# Offers in thirty days: none, up to one a week, up to two a week, more.
BANDS = ((0, 0), (1, 4), (5, 8), (9, None))
HIDDEN = "disembunyikan"


@dataclass(frozen=True, slots=True)
class Steps:
    """How many people of a group came at least so far; ``None`` stands for a figure that is hidden.

    ``eligible`` is of now and the others are of the month, so it is not their whole.
    """

    code: str
    name: str
    eligible: int | None
    offered: int | None
    accepted: int | None
    posted: int | None
    verified: int | None


@dataclass(frozen=True, slots=True)
class Band:
    """How many of the eligible had ``low`` to ``high`` offers in the last thirty days; without ``high``, or more."""

    low: int
    high: int | None
    n_people: int | None


@dataclass(frozen=True, slots=True)
class Burden:
    """How heavily offers weigh on the eligible; all none where they are fewer than ten.

    Attributes:
        mean: offers a person in thirty days.
        gini: 0 where everybody was asked alike, towards 1 where a few were asked everything.
    """

    mean: float | None
    gini: float | None
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class FirstPosts:
    """How soon campaigns had a first post, in waking hours; the median of those in which ten people or more posted."""

    n_campaigns: int
    median_hours: float | None


@dataclass(frozen=True, slots=True)
class Board:
    """One month of the programme."""

    month: str
    months: tuple[str, ...]
    total: Steps
    by_ministry: tuple[Steps, ...]
    first_posts: FirstPosts
    burden: Burden
    declines: Mapping[DeclineReason, int | None] | None


def board(ctx: Context, month: str = "") -> Board:
    """Give one month, such as ``2026-03``, by the days of Jakarta; the present one where none is named.

    Raises:
        InvalidInputError: there is no such month among the last twelve.
    """
    ctx.require(Role.MANAGER)
    months = _months(ctx.now)
    chosen = month or months[0]
    if chosen not in months:
        raise InvalidInputError(mark("Pilih salah satu dari {n} bulan terakhir."), n=MONTHS_SHOWN)
    window = _window(chosen)
    counted = rows.funnel(ctx.session, window)
    total, by_ministry = _steps(ctx, counted)
    return Board(
        month=chosen,
        months=months,
        total=total,
        by_ministry=by_ministry,
        first_posts=_first_posts(ctx, window),
        burden=_burden(ctx),
        declines=_declines(ctx, window, n_asked=sum(each[0] for each in counted.values())),
    )


# ---- months ----------------------------------------------------------------------------------------------------


def _months(now: datetime) -> tuple[str, ...]:
    day = now.astimezone(WIB).date()
    n = day.year * 12 + day.month - 1
    return tuple(f"{(n - back) // 12:04d}-{(n - back) % 12 + 1:02d}" for back in range(MONTHS_SHOWN))


def _window(month: str) -> Window:
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=31)).replace(day=1)
    start, end = (datetime.combine(day, time(), WIB).astimezone(UTC) for day in (first, following))
    return Window(start, end)


# ---- the funnel ------------------------------------------------------------------------------------------------


def _steps(ctx: Context, funnel: Mapping[str, tuple[int, int, int, int]]) -> tuple[Steps, tuple[Steps, ...]]:
    smallest = ctx.settings.min_group
    names = {row.code: row.name for row in people.ministries(ctx.session)}
    eligible = rows.eligible_by_ministry(ctx.session, routing.line_of(ctx))
    visible = routing.suppress(eligible, smallest)
    counted = dict.fromkeys(names, (0, 0, 0, 0)) | dict(funnel)
    shown = Funnel(counted, 1, smallest).shown()
    n_eligible = sum(eligible.values())
    total = Steps("", "", n_eligible if is_enough(n_eligible, smallest) else None, *shown.total)
    return total, tuple(Steps(code, name, visible.get(code, 0), *shown.groups[code]) for code, name in names.items())


# ---- how soon --------------------------------------------------------------------------------------------------


def _first_posts(ctx: Context, window: Window) -> FirstPosts:
    caps = Caps.of(ctx.settings)
    found = [each for each in rows.first_posts(ctx.session, window) if each.n_people >= ctx.settings.min_group]
    hours = [waking(each.began_at, each.first_at, caps) / timedelta(hours=1) for each in found]
    return FirstPosts(len(found), median(hours) if hours else None)


def waking(start: datetime, end: datetime, caps: Caps) -> timedelta:
    """Give how much of the time between two moments lies outside quiet hours in Jakarta."""
    total, day = timedelta(0), start.astimezone(WIB).date() - timedelta(days=1)
    while day <= end.astimezone(WIB).date():
        morning = datetime.combine(day, caps.quiet_until, WIB)
        evening = datetime.combine(day, caps.quiet_from, WIB)
        if evening <= morning:
            evening += timedelta(days=1)
        total += max(timedelta(0), min(end, evening) - max(start, morning))
        day += timedelta(days=1)
    return total


# ---- how heavily -----------------------------------------------------------------------------------------------


def _burden(ctx: Context) -> Burden:
    counted = rows.burden(ctx.session, routing.line_of(ctx))
    n_people = sum(counted.values())
    smallest = ctx.settings.min_group
    if n_people < smallest:
        return Burden(None, None, ())
    sizes = {
        low: sum(n for each, n in counted.items() if low <= each and (high is None or each <= high))
        for low, high in BANDS
    }
    visible = routing.suppress({str(low): n for low, n in sizes.items()}, smallest)
    bands = tuple(Band(low, high, visible[str(low)]) for low, high in BANDS)
    return Burden(sum(each * n for each, n in counted.items()) / n_people, gini(counted), bands)


def gini(counted: Mapping[int, int]) -> float:
    """Give the Gini coefficient of a distribution, as people by value; 0 where nobody has anything."""
    n_people, total = sum(counted.values()), sum(value * n for value, n in counted.items())
    if not total:
        return 0.0
    # Twice the area under the Lorenz curve, a trapezium a value.
    area, below = 0.0, 0
    for value, n in sorted(counted.items()):
        area += n * (2 * below + value * n)
        below += value * n
    return 1 - area / (n_people * total)


# ---- why not ---------------------------------------------------------------------------------------------------


def _declines(ctx: Context, window: Window, n_asked: int) -> dict[DeclineReason, int | None] | None:
    """Count people by reason; nothing where decliners or the others are fewer than ten, so that none is read off."""
    found = rows.declined(ctx.session, window)
    smallest = ctx.settings.min_group
    if found.n_people < smallest or n_asked - found.n_people < smallest:
        return None
    counted = {reason.value: found.by_reason.get(reason, 0) for reason in DeclineReason}
    visible = routing.suppress(counted, smallest)
    return {reason: visible[reason.value] for reason in DeclineReason}


# ---- as a file -------------------------------------------------------------------------------------------------

FUNNEL = ("eligible", "offered", "accepted", "posted", "verified")


def as_csv(found: Board) -> str:
    """Give the board as CSV, a figure a line: month, part, group, figure, value; a hidden value says so."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("month", "part", "group", "figure", "value"))
    for part, group, figure, value in _figures(found):
        writer.writerow((found.month, part, inert(group), figure, HIDDEN if value is None else value))
    return out.getvalue()


def _figures(found: Board) -> Sequence[tuple[str, str, str, int | float | None]]:
    lines: list[tuple[str, str, str, int | float | None]] = [
        ("funnel", each.code or "all", step, getattr(each, step))
        for each in (found.total, *found.by_ministry)
        for step in FUNNEL
    ]
    lines.append(("first_post", "all", "campaigns", found.first_posts.n_campaigns))
    lines.append(("first_post", "all", "median_waking_hours", _rounded(found.first_posts.median_hours)))
    lines.append(("burden", "all", "mean_offers_30_days", _rounded(found.burden.mean)))
    lines.append(("burden", "all", "gini", _rounded(found.burden.gini)))
    lines.extend(
        ("burden", "all", f"people_{each.low}_{'up' if each.high is None else each.high}", each.n_people)
        for each in found.burden.bands
    )
    declines = found.declines or dict.fromkeys(DeclineReason)
    lines.extend(("declines", "all", reason.value, n) for reason, n in declines.items())
    return lines


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
