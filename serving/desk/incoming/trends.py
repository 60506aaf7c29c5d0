"""How a claim spreads, from counts a quarter of an hour: pure, without a clock of its own.

Posts per hour is an exponentially weighted rate: each post counts ``exp(-age / T) / T``, so that a steady stream of r
posts an hour reads r whatever T is, and a post fades instead of falling off a window's edge (the kernel estimate of a
point process's intensity; Diggle 1985). T = 1 hour says how fast it is now, T = 6 hours how fast it has been. The cost
is that a burst reads a little less than a plain count of the last hour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Counted: TypeAlias = npt.NDArray[np.int64]

QUARTER_S: Final = 900
FAST_S: Final = 3_600.0
SLOW_S: Final = 6 * 3_600.0
# Eight slow time constants: what is older adds less than one part in 2,900 to a rate.
WINDOW_S: Final = 48 * 3_600
# Below this rate a claim stands still, and is no longer worth measuring again.
STILL_PER_HOUR: Final = 0.01

# Where a source gives no views. Between one in fifty and one in ten of those who see a public post react to it; the
# cautious end keeps a post with likes from outweighing one whose views are known. An assumption, not a measurement.
VIEWS_PER_REACTION: Final = 10
# No post reaches more people than there are; it also keeps every sum within 63 bits.
MANKIND: Final = 10**10


@dataclass(frozen=True, slots=True)
class Engagement:
    """What one post has drawn so far, each a count from 0."""

    likes: int = 0
    shares: int = 0
    comments: int = 0
    views: int = 0

    @property
    def reactions(self) -> int:
        """Everything that somebody did, at most ``MANKIND``."""
        return min(self.likes + self.shares + self.comments, MANKIND)

    def raised_to(self, other: Engagement) -> Engagement:
        """Give the larger of each count: counts only grow, and an old crawl may arrive after a newer one."""
        return Engagement(
            max(self.likes, other.likes),
            max(self.shares, other.shares),
            max(self.comments, other.comments),
            max(self.views, other.views),
        )


NOTHING_YET: Final = Engagement()


def reach_of(engagement: Engagement) -> int:
    """Estimate how many people may have seen a post: views where known, else reactions times a factor; at least 1."""
    seen = engagement.views or engagement.reactions * VIEWS_PER_REACTION
    return max(1, min(max(seen, engagement.reactions), MANKIND))


def quarter_of(moment: datetime) -> int:
    """Give the quarter of an hour since 1970-01-01 UTC in which an aware moment lies."""
    return int(moment.timestamp() // QUARTER_S)


def oldest_quarter(now: datetime) -> int:
    """Give the first quarter that still weighs on the rates at ``now``."""
    return quarter_of(now) - WINDOW_S // QUARTER_S


@dataclass(frozen=True, slots=True)
class Trend:
    """How fast a claim spreads at one moment.

    Attributes:
        posts_per_hour: the rate now (T = 1 h).
        steady_per_hour: the rate of the last hours (T = 6 h).
    """

    posts_per_hour: float
    steady_per_hour: float

    @property
    def acceleration(self) -> float:
        """Compare the two rates, -1 (dying out) to 1 (just begun); 0 is steady, or nothing at all."""
        total = self.posts_per_hour + self.steady_per_hour
        return (self.posts_per_hour - self.steady_per_hour) / total if total > 0 else 0.0

    @property
    def is_rising(self) -> bool:
        """Tell whether it spreads clearly faster now than in the last hours."""
        return self.acceleration > 1 / 3  # twice as fast


STILL: Final = Trend(0.0, 0.0)


def trend(n_posts_by_quarter: Mapping[int, int] | Iterable[tuple[int, int]], now: datetime) -> Trend:
    """Measure the rates at ``now``.

    Args:
        n_posts_by_quarter: quarter → number of posts; in any order, older ones than the window are passed over.
        now: an aware moment; what lies after it counts as happening now, for clocks differ.
    """
    at_s = now.timestamp()
    first = oldest_quarter(now)
    pairs = n_posts_by_quarter.items() if isinstance(n_posts_by_quarter, Mapping) else iter(n_posts_by_quarter)
    fast = slow = 0.0
    for quarter, n_posts in pairs:
        if quarter < first or n_posts <= 0:
            continue
        fast_weight, slow_weight = _weights(quarter, at_s)
        fast += n_posts * fast_weight
        slow += n_posts * slow_weight
    hours_fast, hours_slow = FAST_S / 3_600, SLOW_S / 3_600
    return Trend(fast / hours_fast, slow / hours_slow)


def trends_of(counted: Counted, now: datetime) -> dict[int, Trend]:
    """Measure the rates of many claims at ``now``, each as ``trend`` does; a claim without a row is not in the answer.

    Args:
        counted: int64 (n, 3): claim, quarter and number of posts, in any order.
        now: an aware moment.
    """
    claims, of = np.unique(counted[:, 0], return_inverse=True)
    quarters, at = np.unique(counted[:, 1], return_inverse=True)
    at_s = now.timestamp()
    weights = np.array([_weights(quarter, at_s) for quarter in quarters.tolist()]).reshape(-1, 2)
    n_posts = np.where(counted[:, 1] < oldest_quarter(now), 0, np.maximum(counted[:, 2], 0))
    fast, slow = (np.bincount(of, n_posts * of_each[at], len(claims)) for of_each in weights.T)
    rates = zip((fast / (FAST_S / 3_600)).tolist(), (slow / (SLOW_S / 3_600)).tolist(), strict=True)
    return {claim: Trend(*pair) for claim, pair in zip(claims.tolist(), rates, strict=True)}


# A batch measures thousands of claims at one moment, and all of them in the same few dozen quarters.
@lru_cache(maxsize=256)
def _weights(quarter: int, at_s: float) -> tuple[float, float]:
    """Give what a post of a quarter weighs in the two rates at a moment."""
    # A quarter stands for its middle, and the running one for the time that has passed of it.
    age_s = max(0.0, at_s - min(quarter * QUARTER_S + QUARTER_S / 2, at_s))
    return math.exp(-age_s / FAST_S), math.exp(-age_s / SLOW_S)


def series(n_posts_by_quarter: Mapping[int, int], first: int, last: int, n_points: int = 24) -> tuple[int, ...]:
    """Give ``n_points`` sums of posts between two quarters, both included, for a sparkline."""
    span = max(1, last - first + 1)
    points = [0] * n_points
    for quarter, n_posts in n_posts_by_quarter.items():
        if first <= quarter <= last:
            points[min(n_points - 1, (quarter - first) * n_points // span)] += n_posts
    return tuple(points)
