"""Measures that the service reads of its own scores, and that evaluation reads of a model: one formula for both."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from models.calibration import Floats

Statistic = Callable[[Floats, Floats], float]

N_RESAMPLES: Final = 300
TAILS: Final = (2.5, 97.5)
"""Percentiles of a 95 % interval."""

_Z: Final = 1.959964  # 97.5 % point of the normal distribution


def auc(positives: Floats, negatives: Floats) -> float:
    """Area under the ROC curve: chance that a positive scores above a negative, ties half (Mann & Whitney, 1947)."""
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, positives, side="left")
    not_above = np.searchsorted(ordered, positives, side="right")
    return float((below + not_above).mean() / (2 * negatives.size))


def resampled(statistic: Statistic, positives: Floats, negatives: Floats, seed: int) -> tuple[float, float]:
    """Low and high end of the percentile bootstrap's 95 % interval, positives and negatives drawn apart."""
    rng = np.random.default_rng(seed)
    draws = [
        statistic(rng.choice(positives, positives.size), rng.choice(negatives, negatives.size))
        for _ in range(N_RESAMPLES)
    ]
    low, high = np.percentile(draws, TAILS)
    return float(low), float(high)


def wilson(p: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval (1927) of a share `p` among `n`, which stays honest near 0 and 1; `n` is at least 1."""
    centre = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)
