"""What spreads now, and what was to be expected: the board of trends, and one claim's own.

`models/trends.py` has the formulas; here the rows of claims become its columns and its figures become rows again. A
board costs one statement for the claims, one for their week of quarters and a few small ones, however many posts there
are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from models import trends as formulas
from models.places import provinces
from models.trends import PER_HOUR, Forecast, Streams, Typical
from models.trends_tails import Floats
from serving.db import claims as claim_rows
from serving.db import trends as rows
from serving.db.tables import Claim
from serving.db.trends import Noted, Quarter, Wanted
from serving.desk.checking import golden
from serving.desk.checking.claims import READERS
from serving.desk.context import Begin, Context
from serving.desk.incoming import search, trends
from serving.desk.incoming.search import FoundClaims
from serving.desk.incoming.trends import QUARTER_S, quarter_of
from serving.errors import NotFoundError
from serving.i18n import mark

SHOWN_MAX: Final = 100
SHOWN: Final = 30
PAST: Final = timedelta(days=7)
AHEAD_H: Final = 6
WEEKS_OF_SEASON: Final = 4
SPARK_QUARTERS: Final = 96
_QUARTERS: Final = int(PAST.total_seconds()) // QUARTER_S
READ_PAGE: Final = 2_000
READ_PAGES: Final = 20
_LOOKED_AT: Final = 60
_HOUR: Final = timedelta(hours=1)
_FADES_AFTER: Final = timedelta(minutes=1)


# ---- reading posts once ------------------------------------------------------------------------------------------


def read_posts(begin: Begin, max_pages: int = READ_PAGES) -> int:
    """Note places, sources and hours of posts that came since the last time; give how many were read.

    Args:
        begin: opens a transaction; each page is one.
        max_pages: after so many the caller gets its turn back.
    """
    n_read = 0
    for _ in range(max_pages):
        with begin() as ctx:
            posts = rows.unread_posts(ctx.session, READ_PAGE)
            if posts:
                rows.add_noted(ctx.session, _noted(posts))
                rows.note_read(ctx.session, posts[-1].id)
        n_read += len(posts)
        if len(posts) < READ_PAGE:
            break
    return n_read


def _noted(posts: Sequence[rows.UnreadPost]) -> Noted:
    return Noted(
        places=Counter((post.claim_id, region) for post in posts for region in provinces(post.text)),
        claim_sources=Counter((post.claim_id, post.source) for post in posts),
        sources=Counter(post.source for post in posts),
        hours=Counter(quarter_of(post.posted_at) // PER_HOUR for post in posts),
    )


# ---- what is usual -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What the desk has seen so far.

    Attributes:
        factors: float64 (168,), how busy each hour of the week is.
        typical: the typical claim.
        n_moving: claims that spread.
    """

    factors: Floats
    typical: Typical
    n_moving: int


def usual(ctx: Context) -> Usual:
    """Measure the desk's week and its typical claim, from the four weeks that have passed."""
    hour = quarter_of(ctx.now) // PER_HOUR
    first = hour - WEEKS_OF_SEASON * formulas.HOURS_A_WEEK
    totals = rows.hour_totals(ctx.session, first, hour - 1)
    n_moving = rows.n_moving(ctx.session, trends.STILL_PER_HOUR)
    # Nothing is known of the time before the first post; to count it as quiet would make every hour look busy.
    begins = min(totals, default=hour)
    counts = [totals.get(at, 0) for at in range(begins, hour)]
    n_hours = min(len(counts), formulas.HOURS_A_WEEK)
    recent = sum(counts[len(counts) - n_hours :])
    return Usual(formulas.season(counts, begins), Typical.of(recent, max(n_moving, 1), n_hours * PER_HOUR), n_moving)


# ---- one claim's trend -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """What came in the last hours, in all posts of a claim."""

    hours: int
    n_posts: int
    reach: int
    engagement: int


WINDOW_HOURS: Final = (1, 6, 24, 168)


@dataclass(frozen=True, slots=True)
class Coming:
    """What is expected of a span that lies ahead: the mean, and the middle 80 % of what may come."""

    starts: datetime
    mean: float
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Trending:
    """How one claim spreads.

    Attributes:
        claim: the claim.
        windows: the last hour, six hours, day and week.
        posts_per_hour: the rate now, fading.
        usual_per_hour: what its own past and this hour of the week let expect of an hour.
        times_usual: how many times as many came in the last hour.
        times_typical: the same against a typical claim of the desk at this hour.
        doublings: of speed, the last hour against the three before.
        bursts: whether the last quarter, hour or four hours hold more than chance explains.
        surge: the strongest of these windows, where it bursts.
        chance: of the strongest of these windows.
        total: the next six hours together.
        coming: each of them.
        peak_at: when its busiest hour ended.
        peak_posts: posts of that hour.
        half_life_h: hours in which its speed has halved since; nothing while it stands at its height.
        spark: posts in 24 equal parts of the last day.
        week: posts of each hour of the last week, oldest first.
        week_from: when the first of them began.
        regions: provinces that its posts name.
        sources: where its posts come from.
    """

    claim: Claim
    windows: tuple[Window, ...]
    posts_per_hour: float
    usual_per_hour: float
    times_usual: float
    times_typical: float
    doublings: float
    bursts: bool
    surge: formulas.Surge | None
    chance: float
    total: Coming
    coming: tuple[Coming, ...]
    peak_at: datetime
    peak_posts: int
    half_life_h: float | None
    spark: tuple[int, ...]
    week: tuple[int, ...]
    week_from: datetime
    regions: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """How forecasts of six hours ago turned out, for the newest claims of then: not for those that are fast now."""

    n: int
    inside: int


@dataclass(frozen=True, slots=True)
class Board:
    """The fastest claims of one question, those that burst first.

    Attributes:
        at: when it was worked out.
        rows: the claims.
        n_moving: how many claims of the desk spread, whatever was asked for.
        alpha: the chance below which a window bursts.
        looked_back: what became of the forecasts of six hours ago.
        measured_at: when a claim of the desk was last measured.
        is_behind: words were looked for in an index that has not read everything yet.
    """

    at: datetime
    rows: tuple[Trending, ...]
    n_moving: int
    alpha: float
    looked_back: Looked
    measured_at: datetime | None
    is_behind: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """What is the same for every question at one moment: what is usual, and how forecasts turned out."""

    usual: Usual
    looked_back: Looked
    measured_at: datetime | None

    @classmethod
    def now(cls, ctx: Context) -> Desk:
        """Measure the whole desk."""
        known = usual(ctx)
        return cls(known, _look_back(ctx, known), rows.last_measured(ctx.session))


def board(ctx: Context, wanted: Wanted, limit: int = SHOWN) -> Board:
    """Give the fastest claims: bursting ones first, each part by posts per hour, equal ones by number."""
    ctx.require(*READERS)
    return measure(ctx, wanted, Desk.now(ctx), min(limit, SHOWN_MAX))


def follow(ctx: Context, questions: Collection[Wanted], known: Mapping[Wanted, Board]) -> dict[Wanted, Board]:
    """Give a board for each question of readers who were let in before: the known one where nothing changed since.

    Figures fade by themselves, so a board is worked out again after ``_FADES_AFTER`` though no post came.
    """
    newest = rows.last_measured(ctx.session)
    kept = {
        wanted: known[wanted]
        for wanted in questions
        if wanted in known and known[wanted].measured_at == newest and ctx.now - known[wanted].at < _FADES_AFTER
    }
    if len(kept) == len(questions):
        return kept
    desk = Desk.now(ctx)
    return kept | {wanted: measure(ctx, wanted, desk) for wanted in questions if wanted not in kept}


def measure(ctx: Context, wanted: Wanted, desk: Desk, limit: int = SHOWN) -> Board:
    """Work out a board, whoever asks."""
    worded = _worded(ctx, wanted)
    named = None if worded is None else worded.ids
    found = rows.fastest(ctx.session, wanted, trends.STILL_PER_HOUR, limit, named)
    measured = _Matrix.of(ctx, found, desk.usual).measured()
    return Board(
        at=ctx.now,
        rows=tuple(sorted(measured, key=lambda row: (not row.bursts, -row.posts_per_hour, row.claim.id))),
        n_moving=desk.usual.n_moving,
        alpha=formulas.alpha(desk.usual.n_moving),
        looked_back=desk.looked_back,
        measured_at=desk.measured_at,
        is_behind=worded is not None and worded.is_behind,
    )


def _worded(ctx: Context, wanted: Wanted) -> FoundClaims | None:
    """Look for the words of a question among the claims that fit it otherwise; nothing where it has none."""
    if not wanted.words:
        return None
    return search.claim_ids(
        ctx, wanted.words, lambda ids: rows.moving_among(ctx.session, wanted, trends.STILL_PER_HOUR, ids)
    )


def _look_back(ctx: Context, known: Usual) -> Looked:
    until = ctx.now - AHEAD_H * _HOUR
    then = rows.claims_made(ctx.session, until - PAST, until, _LOOKED_AT)
    scored = formulas.look_back(_Matrix.of(ctx, then, known).streams, known.typical, AHEAD_H)
    return Looked(scored.n, scored.inside)


def sources(ctx: Context) -> list[str]:
    """Give every source that posts were read of, the largest first, for a reader to choose from."""
    ctx.require(*READERS)
    return rows.sources(ctx.session)


def trend_of(ctx: Context, claim_id: int) -> Trending:
    """Give how one claim spreads; raise ``NotFoundError`` where there is none that the reader is shown."""
    ctx.require(*READERS)
    claim = claim_rows.claim(ctx.session, claim_id)
    if claim is None:
        raise NotFoundError(mark("Klaim itu tidak ada."))
    golden.check_reader(ctx, claim_id)
    return _Matrix.of(ctx, [claim], usual(ctx)).measured()[0]


@dataclass(frozen=True, slots=True, eq=False)
class _Matrix:
    """Claims and their last week as the formulas take them.

    Attributes:
        now: the moment.
        first: the quarter of the first column.
        claims: a row each.
        streams: posts.
        others: float64 (n_claims, n_quarters, 2), reach and engagement.
        known: what is usual.
        regions: provinces by claim.
        sources: sources by claim.
    """

    now: datetime
    first: int
    claims: Sequence[Claim]
    streams: Streams
    others: Floats
    known: Usual
    regions: dict[int, tuple[str, ...]]
    sources: dict[int, tuple[str, ...]]

    @classmethod
    def of(cls, ctx: Context, claims: Sequence[Claim], known: Usual) -> _Matrix:
        last = quarter_of(ctx.now)
        first = last - _QUARTERS + 1
        numbers = [claim.id for claim in claims]
        counts = _filled(numbers, first, rows.quarters_since(ctx.session, numbers, first) if numbers else [])
        streams = Streams(
            counts=counts[:, :, 0],
            season=formulas.season_at(known.factors, first, _QUARTERS),
            born=np.array([quarter_of(claim.first_seen_at) - first for claim in claims], np.int64),
            elapsed=(ctx.now.timestamp() % QUARTER_S) / QUARTER_S,
        )
        return cls(
            ctx.now,
            first,
            claims,
            streams,
            counts[:, :, 1:],
            known,
            rows.places_of(ctx.session, numbers),
            rows.sources_of(ctx.session, numbers),
        )

    def measured(self) -> list[Trending]:
        """Work every row out."""
        if not self.claims:
            return []
        streams, typical = self.streams, self.known.typical
        burst = formulas.bursts(streams, typical, formulas.alpha(self.known.n_moving))
        hour = formulas.WINDOWS.index(PER_HOUR)
        season_now = float(streams.season[-PER_HOUR:].sum())
        told = formulas.forecast(streams, typical, self._ahead())
        lives = formulas.lives(streams.counts)
        doublings = formulas.acceleration(streams)
        against_typical = formulas.times_usual(burst.came[:, hour], typical.per_quarter * season_now)
        against_own = formulas.times_usual(burst.came[:, hour], burst.expected[:, hour])
        return [
            Trending(
                claim=claim,
                windows=self._windows(row),
                posts_per_hour=self._rate(row),
                usual_per_hour=float(burst.expected[row, hour]),
                times_usual=float(against_own[row]),
                times_typical=float(against_typical[row]),
                doublings=float(doublings[row]),
                bursts=bool(burst.alarm[row]),
                surge=burst.surge(row),
                chance=float(burst.chance[row].min()),
                total=Coming(
                    self.now, float(told.total_mean[row]), int(told.total_low[row]), int(told.total_high[row])
                ),
                coming=self._coming(told, row),
                peak_at=self._ends(int(lives.peak[row])),
                peak_posts=int(lives.peak_posts[row]),
                half_life_h=None if np.isnan(lives.half_life_h[row]) else float(lives.half_life_h[row]),
                spark=tuple(int(n) for n in streams.counts[row, -SPARK_QUARTERS:].reshape(24, -1).sum(axis=1)),
                week=tuple(int(n) for n in streams.counts[row].reshape(-1, PER_HOUR).sum(axis=1)),
                week_from=datetime.fromtimestamp(self.first * QUARTER_S, UTC),
                regions=self.regions.get(claim.id, ()),
                sources=self.sources.get(claim.id, ()),
            )
            for row, claim in enumerate(self.claims)
        ]

    def _ahead(self) -> Floats:
        quarters = formulas.season_at(self.known.factors, self.first + _QUARTERS, AHEAD_H * PER_HOUR)
        return np.asarray(quarters.reshape(AHEAD_H, PER_HOUR).sum(axis=1))

    def _coming(self, told: Forecast, row: int) -> tuple[Coming, ...]:
        hours = zip(told.mean[row], told.low[row], told.high[row], strict=True)
        return tuple(
            Coming(self.now + i * _HOUR, float(mean), int(low), int(high)) for i, (mean, low, high) in enumerate(hours)
        )

    def _windows(self, row: int) -> tuple[Window, ...]:
        spans = tuple(hours * PER_HOUR for hours in WINDOW_HOURS)
        posts = formulas.window_sums(self.streams.counts[row : row + 1], spans)[0]
        reach = formulas.window_sums(self.others[row : row + 1, :, 0], spans)[0]
        engagement = formulas.window_sums(self.others[row : row + 1, :, 1], spans)[0]
        return tuple(
            Window(hours, int(a), int(b), int(c))
            for hours, a, b, c in zip(WINDOW_HOURS, posts, reach, engagement, strict=True)
        )

    def _rate(self, row: int) -> float:
        columns = np.flatnonzero(self.streams.counts[row])
        counts = ((int(at) + self.first, int(self.streams.counts[row, at])) for at in columns)
        return trends.trend(counts, self.now).posts_per_hour

    def _ends(self, column: int) -> datetime:
        """Give when a column ends, or now for the one that is running."""
        return min(datetime.fromtimestamp((self.first + column + 1) * QUARTER_S, UTC), self.now)


def _filled(claim_ids: Sequence[int], first: int, quarters: Sequence[Quarter]) -> Floats:
    """Give posts, reach and engagement: float64 (n_claims, n_quarters, 3); what lies ahead counts as now."""
    counts = np.zeros((len(claim_ids), _QUARTERS, 3))
    row_of = {claim_id: row for row, claim_id in enumerate(claim_ids)}
    if quarters:
        at = np.array([(row_of[each.claim_id], each.quarter - first) for each in quarters])
        amounts = np.array([(each.n_posts, each.reach, each.engagement) for each in quarters], np.float64)
        np.add.at(counts, (at[:, 0], np.minimum(at[:, 1], _QUARTERS - 1)), amounts)
    return counts
