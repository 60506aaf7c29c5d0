"""Figures for rare positives, each with its interval and its n.

Recall is read at a false-positive rate, because a desk has hands for a fixed share of a feed; accuracy at
0.5 says nothing where one text in ten is a hoax. Intervals are percentile bootstrap, positives and
negatives drawn apart.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models.calibration import Floats
from models.measures import Statistic, resampled, wilson

_SEED: Final = 20191127


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value with its 95 % interval and the number of rows behind it."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def recall_at(false_positive_rate: float) -> Statistic:
    """Share of positives above the score that `false_positive_rate` of the negatives exceed."""

    def recall(positives: Floats, negatives: Floats) -> float:
        threshold = np.quantile(negatives, 1 - false_positive_rate, method="higher")
        return float((positives > threshold).mean())

    return recall


def with_interval(statistic: Statistic, positives: Floats, negatives: Floats) -> Figure:
    """The statistic on all rows, with its bootstrap interval; n counts the positives."""
    low, high = resampled(statistic, positives, negatives, _SEED)
    return Figure(statistic(positives, negatives), low, high, positives.size)


def share(hits: npt.NDArray[np.bool_]) -> Figure:
    """A share with Wilson's interval (1927), which stays honest near 0 and 1."""
    if not hits.size:
        return Figure(0.0, 0.0, 1.0, 0)
    p = float(hits.mean())
    return Figure(p, *wilson(p, hits.size), hits.size)
