"""Figures for rare positives, each with its interval and its n.

Recall is read at a false-positive rate, because a desk has hands for a fixed share of a feed; accuracy at
0.5 says nothing where one text in ten is a hoax. Intervals are percentile bootstrap, positives and
negatives drawn apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats, Floats], float]

N_RESAMPLES: Final = 300
_SEED: Final = 20191127
_TAILS: Final = (2.5, 97.5)
_Z: Final = 1.959964  # 97.5 % point of the normal distribution


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value with its 95 % interval and the number of rows behind it."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def auc(positives: Floats, negatives: Floats) -> float:
    """Chance that a positive scores above a negative, ties half: the area under the ROC curve."""
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, positives, side="left")
    not_above = np.searchsorted(ordered, positives, side="right")
    return float((below + not_above).mean() / (2 * negatives.size))


def recall_at(false_positive_rate: float) -> Statistic:
    """Share of positives above the score that `false_positive_rate` of the negatives exceed."""

    def recall(positives: Floats, negatives: Floats) -> float:
        threshold = np.quantile(negatives, 1 - false_positive_rate, method="higher")
        return float((positives > threshold).mean())

    return recall


def with_interval(statistic: Statistic, positives: Floats, negatives: Floats) -> Figure:
    """The statistic on all rows, with its bootstrap interval; n counts the positives."""
    rng = np.random.default_rng(_SEED)
    resampled = [
        statistic(rng.choice(positives, positives.size), rng.choice(negatives, negatives.size))
        for _ in range(N_RESAMPLES)
    ]
    low, high = np.percentile(resampled, _TAILS)
    return Figure(statistic(positives, negatives), float(low), float(high), positives.size)


def share(hits: npt.NDArray[np.bool_]) -> Figure:
    """A share with Wilson's interval (1927), which stays honest near 0 and 1."""
    n = hits.size
    p = float(hits.mean()) if n else 0.0
    if not n:
        return Figure(0.0, 0.0, 1.0, 0)
    centre = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * float(np.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))) / (1 + _Z**2 / n)
    return Figure(p, max(0.0, centre - half), min(1.0, centre + half), n)
