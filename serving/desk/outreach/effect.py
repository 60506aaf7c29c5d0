"""What became of a claim after a campaign began, beside like claims that no campaign carried.

The change of one claim is the logarithm of its posts in the day after over those in the day before, half a post added
to each. Like claims are of one category, had about as many posts in the day before, and are looked at at the same age.
Were the campaign without effect, its claim would be one more of them; so the changes of the others, by rank, bound what
its own would have been (a placebo or conformal interval: Vovk et al. 2005, Abadie et al. 2010). No model of the spread
is assumed. The cost is width: with nineteen others the interval is their whole range.

It is an observation and no trial. People choose which claims get a campaign, and choose those that rise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

# Of 19 others the lowest and the highest bound the twentieth in 18 of 20 cases.
LEVEL = 0.9
OTHERS_MIN = 19
# Twice as many posts in the day before, or half as many, is still alike.
ALIKE_FACTOR = 2.0
OTHERS_MAX = 200
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Span:
    """Posts of one claim in the day before a moment and in the day after it."""

    before: int
    after: int

    @property
    def change(self) -> float:
        """Give the logarithm of after over before; 0 where nothing changed."""
        return math.log((self.after + HALF) / (self.before + HALF))


@dataclass(frozen=True, slots=True)
class Effect:
    """What is left of a claim's posts, as a share of what like claims had left: 1 means no difference.

    Attributes:
        share: posts of the day after, over those expected from the day before and the median of the others.
        low: lower bound of the interval at ``LEVEL``.
        high: upper bound of it.
        expected: posts of the day after, had the claim gone on like the median of the others.
        n_others: how many like claims there were.
    """

    span: Span
    share: float
    low: float
    high: float
    expected: float
    n_others: int

    @property
    def is_clear(self) -> bool:
        """Tell whether the interval leaves 1 out."""
        return not self.low <= 1.0 <= self.high


def alike(one: Span, others: Sequence[Span]) -> list[Span]:
    """Give those with about as many posts in the day before, the nearest first, at most ``OTHERS_MAX``."""

    def distance(other: Span) -> float:
        return abs(math.log((other.before + HALF) / (one.before + HALF)))

    near = [other for other in others if distance(other) <= math.log(ALIKE_FACTOR)]
    return sorted(near, key=distance)[:OTHERS_MAX]


def effect_of(one: Span, others: Sequence[Span]) -> Effect | None:
    """Compare one claim's change with those of like claims; nothing where there are fewer than ``OTHERS_MIN``."""
    if len(others) < OTHERS_MIN:
        return None
    changes = sorted(other.change for other in others)
    # The rank from either end that leaves out (1 - LEVEL) / 2 of n + 1 equally likely places.
    rank = math.floor((len(changes) + 1) * (1 - LEVEL) / 2 + 1e-9)
    middle = median(changes)
    return Effect(
        span=one,
        share=math.exp(one.change - middle),
        low=math.exp(one.change - changes[-rank]),
        high=math.exp(one.change - changes[rank - 1]),
        expected=max(0.0, (one.before + HALF) * math.exp(middle) - HALF),
        n_others=len(changes),
    )
