"""How claims spread, in figures: windows, what was to be expected, bursts, a short forecast, peak and decay.

Pure functions of counts, a row a claim and a column a quarter of an hour, the last column being the quarter that is
running. Nothing here knows a clock. `docs/trends.md` has every formula with its source.

**Expected.** A claim's rate is unknown; what is known is how often it was posted before. With a gamma prior worth one
hour of the desk's typical claim, the rate given the past is gamma again, and a count ahead of it is negative binomial
(conjugacy; Gelman et al., Bayesian Data Analysis, 2.6). Time is measured in *usual* quarters: a quarter at noon, when
people write twice as much as on average, counts as two. So a claim is compared with itself and with the hour at once.

**Burst.** A window bursts where so many posts or more had a chance below alpha: the "Bayes" method of outbreak
surveillance (Höhle 2007, Computational Statistics 22, 571), here over several windows as in a scan (Kulldorff 2001,
J. R. Statist. Soc. A 164, 61). Alpha is a budget of false alarms a day, divided by everything that is tested in a day;
expectations add up whatever depends on what, so the budget holds for overlapping windows. The running quarter counts as
if it were over, so that looking more often cannot raise an alarm that its end would not raise.

**Forecast.** The same gamma, but the past fades: the discounted model of Harvey & Fernandes (1989, Journal of Business
& Economic Statistics 7, 407), with a decay, both chosen for each claim by how well they would have foretold its hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.trends_tails import Floats, log_chance, quantile, tail

Ints = npt.NDArray[np.int64]

PER_HOUR: Final = 4
HOURS_A_WEEK: Final = 168
QUARTERS_A_DAY: Final = 96
WINDOWS: Final = (1, 4, 16)
"""Lengths of the windows in which a burst is looked for: a quarter of an hour, an hour, four hours."""

FALSE_ALARMS_A_DAY: Final = 1.0
PRIOR_QUARTERS: Final = 4.0
LEAST_TYPICAL: Final = 0.02
MOST_TYPICAL: Final = 1.0

_SEASON_TRUST: Final = 200.0  # posts after which an hour's own share weighs as much as what it is drawn to
_SEASON_RANGE: Final = (0.2, 5.0)
_SPREAD_AFTER_H: Final = 12
_KEEPS: Final = (0.5, 0.7, 0.85, 0.95)
_DECAYS: Final = (0.7, 0.85, 1.0)
_LEARNT_FROM_H: Final = 48


# ---- what is usual -----------------------------------------------------------------------------------------------


def season(n_posts: npt.ArrayLike, first_hour: int) -> Floats:
    """Give how much is posted in each hour of the week, as a factor of the average hour.

    An hour of the week is drawn to its hour of the day, and that to 1, each with the weight of ``_SEASON_TRUST`` posts
    (the posterior mean of a gamma prior); a desk that knows little so gets factors near 1.

    Args:
        n_posts: (n,) posts of all claims in each of n hours that follow one another.
        first_hour: the first of them, in hours since 1970-01-01 UTC.

    Returns:
        float64 (168,): slot k is hour k of a week that begins on Thursday 00:00 UTC, as 1970 did; mean 1.
    """
    counts = np.asarray(n_posts, dtype=np.float64)
    average = counts.mean() if len(counts) else 0.0
    if average <= 0:
        return np.ones(HOURS_A_WEEK)
    slots = (first_hour + np.arange(len(counts))) % HOURS_A_WEEK
    posts = np.bincount(slots, counts, HOURS_A_WEEK)
    expected = np.bincount(slots, minlength=HOURS_A_WEEK) * average
    by_day = posts.reshape(7, 24).sum(axis=0), expected.reshape(7, 24).sum(axis=0)
    of_day = (by_day[0] + _SEASON_TRUST) / (by_day[1] + _SEASON_TRUST)
    of_week = (posts + _SEASON_TRUST * np.tile(of_day, 7)) / (expected + _SEASON_TRUST)
    bounded = np.clip(of_week, *_SEASON_RANGE)
    return np.asarray(bounded / bounded.mean())


def season_at(factors: Floats, first_quarter: int, n_quarters: int) -> Floats:
    """Give the factor of each of some quarters, by their number since 1970-01-01 UTC."""
    hours = (first_quarter + np.arange(n_quarters)) // PER_HOUR
    return np.asarray(factors[hours % HOURS_A_WEEK])


@dataclass(frozen=True, slots=True)
class Typical:
    """The desk's typical claim: what is believed of one of which nothing is known yet.

    Attributes:
        per_quarter: posts in a usual quarter of an hour.
    """

    per_quarter: float

    @classmethod
    def of(cls, n_posts: float, n_claims: float, n_quarters: float) -> Typical:
        """Take the mean over claims and quarters, between 0.02 and 1: a desk that has just begun knows no better."""
        over = n_claims * n_quarters
        mean = n_posts / over if over > 0 else LEAST_TYPICAL
        return cls(float(np.clip(mean, LEAST_TYPICAL, MOST_TYPICAL)))

    @property
    def shape(self) -> float:
        """The gamma prior's shape: posts of one typical hour."""
        return self.per_quarter * PRIOR_QUARTERS


@dataclass(frozen=True, slots=True, eq=False)
class Streams:
    """Claims over the same quarters.

    Attributes:
        counts: float64 (n_claims, n_quarters), oldest first; the last column is the running quarter.
        season: float64 (n_quarters,), how busy each quarter is, as a factor of the average.
        born: int64 (n_claims,), the column of a claim's first post; below 0 where that is older.
        elapsed: how much of the running quarter has passed, 0 to 1.
    """

    counts: Floats
    season: Floats
    born: Ints
    elapsed: float = 1.0

    @property
    def n_quarters(self) -> int:
        """How many columns there are."""
        return int(self.counts.shape[1])

    def alive(self) -> npt.NDArray[np.bool_]:
        """Tell for each claim and quarter whether its first post was there: bool (n_claims, n_quarters)."""
        return np.arange(self.n_quarters) >= self.born[:, None]

    def without_founders(self) -> Floats:
        """Give the counts less the post that made each claim: that one exists is no sign that more come."""
        counts = self.counts.copy()
        rows = np.flatnonzero((self.born >= 0) & (self.born < self.n_quarters))
        counts[rows, self.born[rows]] = np.maximum(counts[rows, self.born[rows]] - 1, 0)
        return counts

    def until(self, quarter: int) -> Streams:
        """Give what was known when the column ``quarter`` began."""
        return Streams(self.counts[:, :quarter], self.season[:quarter], self.born)


def window_sums(counts: npt.NDArray[Any], lengths: tuple[int, ...] = WINDOWS) -> npt.NDArray[Any]:
    """Sum the last quarters of each row: (n, m) → (n, len(lengths)), of the same kind of number."""
    return np.stack([counts[:, -length:].sum(axis=1) for length in lengths], axis=1)


# ---- bursts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Surge:
    """The window by which a claim bursts.

    Attributes:
        quarters: its length, one of ``WINDOWS``.
        n_posts: what came in it, without the post that made the claim.
        expected: what was to be expected of it.
    """

    quarters: int
    n_posts: int
    expected: float


@dataclass(frozen=True, slots=True, eq=False)
class Bursts:
    """What came in the windows and what was to be expected; each float64 (n_claims, len(WINDOWS)).

    Attributes:
        came: posts in the window, without the one that made the claim.
        expected: posts that the claim's own past and the hour let expect.
        chance: of so many or more.
        alarm: bool (n_claims,), whether any window's chance lies below alpha.
    """

    came: Floats
    expected: Floats
    chance: Floats
    alarm: npt.NDArray[np.bool_]

    def surge(self, row: int) -> Surge | None:
        """Give the window of a claim that chance explains least, where it bursts."""
        if not self.alarm[row]:
            return None
        least = int(self.chance[row].argmin())
        return Surge(WINDOWS[least], int(self.came[row, least]), float(self.expected[row, least]))


def alpha(n_claims: int, false_alarms_a_day: float = FALSE_ALARMS_A_DAY) -> float:
    """Give the chance below which a window bursts, so that no more false alarms a day are expected on the desk.

    Args:
        n_claims: how many claims are watched, each in each window at the end of each quarter of an hour.
        false_alarms_a_day: the budget, over all of them.
    """
    return false_alarms_a_day / (max(n_claims, 1) * QUARTERS_A_DAY * len(WINDOWS))


def bursts(streams: Streams, typical: Typical, below: float) -> Bursts:
    """Look for bursts in the windows that end with the running quarter.

    What varies more than chance lets it, hour by hour, is measured with its own measure: counts are divided by the
    factor by which its variance exceeds its mean (quasi-Poisson, as Farrington et al. 1996 do, J. R. Statist. Soc. A
    159, 547).

    Args:
        streams: the claims.
        typical: the prior.
        below: the chance below which a window bursts, from ``alpha``.
    """
    counts = streams.without_founders()
    lived = streams.alive() * streams.season
    came, ahead = window_sums(counts), window_sums(lived)
    posts = counts.sum(axis=1, keepdims=True) - came
    behind = lived.sum(axis=1, keepdims=True) - ahead
    expected = (typical.shape + posts) / (PRIOR_QUARTERS + behind) * ahead
    wild = np.stack([_wildness(streams, counts, length, expected[:, i]) for i, length in enumerate(WINDOWS)], axis=1)
    share = ahead / (PRIOR_QUARTERS + behind + ahead)
    chance = tail(came / wild, (typical.shape + posts) / wild, share)
    return Bursts(came, expected, chance, np.asarray((chance < below).any(axis=1)))


def _wildness(streams: Streams, counts: Floats, length: int, expected: Floats) -> Floats:
    """Estimate variance over mean of a window's count, at least 1: float64 (n_claims,).

    From the hours before the window, twice: as a factor that is always the same, which is what posts that beget posts
    give, and as one that grows with the mean, which is what a swinging rate gives. The larger is believed.
    """
    end = streams.n_quarters - length
    n_hours = end // PER_HOUR
    if n_hours < _SPREAD_AFTER_H:
        return np.ones(len(counts))
    cut = slice(end - n_hours * PER_HOUR, end)
    hourly = counts[:, cut].reshape(len(counts), n_hours, PER_HOUR).sum(axis=2)
    lived = (streams.alive() * streams.season)[:, cut].reshape(len(counts), n_hours, PER_HOUR).sum(axis=2)
    whole = lived.sum(axis=1, keepdims=True)
    usual = lived * (hourly.sum(axis=1, keepdims=True) / np.where(whole > 0, whole, 1))
    squares = (hourly - usual) ** 2
    n_lived = (lived > 0).sum(axis=1)
    weighed = np.where(usual > 0, squares / np.where(usual > 0, usual, 1), 0.0).sum(axis=1)
    same = weighed / np.maximum(n_lived - 1, 1)
    beyond = np.maximum(squares.sum(axis=1) - usual.sum(axis=1), 0.0)
    power = (usual**2).sum(axis=1)
    growing = 1 + expected * beyond / np.where(power > 0, power, 1) * PER_HOUR / length
    return np.where(n_lived >= _SPREAD_AFTER_H, np.maximum.reduce([same, growing, np.ones(len(counts))]), 1.0)


# ---- speed -------------------------------------------------------------------------------------------------------


def times_usual(came: npt.ArrayLike, expected: npt.ArrayLike) -> Floats:
    """Give how many times as many posts came as expected, with half a post added to both so that 0 stays quiet."""
    return np.asarray((np.asarray(came) + 0.5) / (np.asarray(expected) + 0.5))


def acceleration(streams: Streams) -> Floats:
    """Give the doublings of speed in the last hour over the three before, the hour's own factor taken out.

    Posts of each span, and half a post, are divided by its usual quarters: float64 (n_claims,), 0 steady, 1 twice as
    fast, -1 half as fast. Of a claim that has just begun it says how many there were, for before it there was nothing.
    """
    counts = streams.without_founders()
    recent, three = slice(-PER_HOUR, None), slice(-4 * PER_HOUR, -PER_HOUR)
    now = (counts[:, recent].sum(axis=1) + 0.5) / streams.season[recent].sum()
    before = (counts[:, three].sum(axis=1) + 0.5) / streams.season[three].sum()
    return np.asarray(np.log2(now / before))


# ---- forecast ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Posts in each coming hour, and in all of them together.

    Attributes:
        mean: float64 (n_claims, n_hours).
        low: int64 (n_claims, n_hours); with ``high`` the middle 80 % of what may come.
        high: int64 (n_claims, n_hours).
        total_mean: float64 (n_claims,).
        total_low: int64 (n_claims,).
        total_high: int64 (n_claims,).
    """

    mean: Floats
    low: Ints
    high: Ints
    total_mean: Floats
    total_low: Ints
    total_high: Ints


LEVEL: Final = 0.8
"""How much of what may come lies between ``low`` and ``high``."""


@dataclass(frozen=True, slots=True, eq=False)
class _Filter:
    """The fading gamma of each claim under each pair of keep and decay; float64 (n_claims, n_pairs)."""

    shape: Floats
    rate: Floats
    fit: Floats


def forecast(streams: Streams, typical: Typical, ahead: Floats) -> Forecast:
    """Foretell the coming hours.

    Args:
        streams: the claims; the last 48 hours are read.
        typical: the prior.
        ahead: (n_hours,) usual quarters in each coming hour: four times the mean factor of its quarters.
    """
    found = _learn(streams, typical)
    best = found.fit.argmax(axis=1)
    rows = np.arange(len(best))
    keep, decay = _pairs()[:, best]
    shape, rate = found.shape[rows, best], found.rate[rows, best]
    steps = np.arange(1, len(ahead) + 1)
    shapes = shape[:, None] * keep[:, None] ** steps
    rates = rate[:, None] * (keep / decay)[:, None] ** steps
    shares = ahead / (rates + ahead)
    # The hours share one rate, so their sum has one gamma too: that of the middle hour, with their decay in the span.
    middle = (len(ahead) + 1) / 2
    span = (ahead * decay[:, None] ** (steps - middle)).sum(axis=1)
    total_shape = shape * keep**middle
    total_rate = rate * (keep / decay) ** middle
    total_share = span / (total_rate + span)
    edge = (1 - LEVEL) / 2
    return Forecast(
        mean=shapes / rates * ahead,
        low=quantile(edge, shapes, shares),
        high=quantile(1 - edge, shapes, shares),
        total_mean=total_shape / total_rate * span,
        total_low=quantile(edge, total_shape, total_share),
        total_high=quantile(1 - edge, total_shape, total_share),
    )


def _pairs() -> Floats:
    """Give every keep with every decay: float64 (2, n_pairs)."""
    return np.array([(keep, decay) for keep in _KEEPS for decay in _DECAYS], dtype=np.float64).T


def _learn(streams: Streams, typical: Typical) -> _Filter:
    """Let each claim's hours pass, and note how well each pair foretold each."""
    n_hours = min(streams.n_quarters // PER_HOUR, _LEARNT_FROM_H)
    n_claims = len(streams.counts)
    keep, decay = _pairs()
    shape = np.full((n_claims, len(keep)), typical.shape)
    rate = np.full((n_claims, len(keep)), PRIOR_QUARTERS)
    fit = np.zeros((n_claims, len(keep)))
    if n_hours:
        cut = slice(streams.n_quarters - n_hours * PER_HOUR, streams.n_quarters)
        passed = np.ones(streams.n_quarters)
        passed[-1] = streams.elapsed
        lived = (streams.alive() * streams.season * passed)[:, cut].reshape(n_claims, n_hours, PER_HOUR).sum(axis=2)
        hourly = streams.without_founders()[:, cut].reshape(n_claims, n_hours, PER_HOUR).sum(axis=2)
        for hour in range(n_hours):
            exposure, count = lived[:, hour, None], hourly[:, hour, None]
            lives = exposure > 0
            shape = np.where(lives, shape * keep, shape)
            rate = np.where(lives, rate * keep / decay, rate)
            fit += log_chance(count, shape, np.where(lives, exposure / (rate + exposure), 0.0))
            shape, rate = shape + np.where(lives, count, 0.0), rate + exposure
    return _Filter(shape, rate, fit)


def interval_score(low: npt.ArrayLike, high: npt.ArrayLike, came: npt.ArrayLike, level: float = LEVEL) -> Floats:
    """Score intervals against what came, smaller is better: their width, and what missed them weighs 2 / (1 - level).

    Proper for central intervals (Winkler 1972; Gneiting & Raftery 2007, J. Am. Statist. Assoc. 102, 359, eq. 43).
    """
    least, most, found = (np.asarray(part, dtype=np.float64) for part in (low, high, came))
    penalty = 2 / (1 - level)
    return np.asarray(most - least + penalty * (np.maximum(least - found, 0.0) + np.maximum(found - most, 0.0)))


@dataclass(frozen=True, slots=True)
class Scored:
    """How forecasts of the last hours turned out.

    Attributes:
        n: forecasts.
        inside: how many of them held what came.
    """

    n: int
    inside: int


def look_back(streams: Streams, typical: Typical, n_hours: int) -> Scored:
    """Foretell the hours that have just passed from what was known before them, and see what came.

    Claims that were not there yet are left out.
    """
    start = streams.n_quarters - 1 - n_hours * PER_HOUR
    old = streams.born < start
    if start <= 0 or not old.any():
        return Scored(0, 0)
    past = Streams(streams.counts[old], streams.season, streams.born[old])
    span = slice(start, streams.n_quarters - 1)
    ahead = streams.season[span].reshape(n_hours, PER_HOUR).sum(axis=1)
    told = forecast(past.until(start), typical, ahead)
    came = past.counts[:, span].sum(axis=1)
    return Scored(int(old.sum()), int(((told.total_low <= came) & (came <= told.total_high)).sum()))


# ---- a life ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Lives:
    """When each claim was at its height, and how it faded since.

    Attributes:
        peak: int64 (n_claims,), the column in which its busiest hour ended; the first such hour.
        peak_posts: float64 (n_claims,), posts of that hour.
        half_life_h: float64 (n_claims,), hours in which its speed has halved since, on average; not a number where it
            has not halved yet. An hour without a post is read as half a post, so that a claim that stopped has one too.
    """

    peak: Ints
    peak_posts: Floats
    half_life_h: Floats


def lives(counts: Floats) -> Lives:
    """Find the busiest hour of each row of quarters, and the half-life since."""
    padded = np.concatenate([np.zeros((len(counts), PER_HOUR)), np.cumsum(counts, axis=1)], axis=1)
    hourly = padded[:, PER_HOUR:] - padded[:, :-PER_HOUR]
    peak = hourly.argmax(axis=1)
    highest = hourly[np.arange(len(counts)), peak]
    hours_since = (counts.shape[1] - 1 - peak) / PER_HOUR
    halvings = np.log2(np.maximum(highest, 0.5) / np.maximum(hourly[:, -1], 0.5))
    fading = (hours_since > 0) & (halvings >= 1)
    return Lives(peak, highest, np.where(fading, hours_since / np.where(fading, halvings, 1.0), np.nan))
