"""Honest probabilities: Platt scaling to a declared mix, and the calibration error before and after.

Platt, J. (1999), "Probabilistic outputs for support vector machines". Two parameters, because the tuning
months hold a few hundred hoaxes; isotonic regression would learn their noise.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_N_STEPS: Final = 100
_N_HALVINGS: Final = 40
_CONVERGED: Final = 1e-10
_SMALLEST: Final = 1e-12
LARGEST_LOGIT: Final = 500.0  # exp(500) still fits a double


@dataclass(frozen=True, slots=True)
class Platt:
    """p = sigmoid(slope × logit + offset)."""

    slope: float
    offset: float

    def logits(self, raw: Floats) -> Floats:
        """Calibrated logits of raw ones, float64 (n,)."""
        return self.slope * raw + self.offset

    def probabilities(self, raw: Floats) -> Floats:
        """Calibrated probabilities of raw logits, float64 (n,)."""
        return sigmoid(self.logits(raw))

    def probability(self, raw: float) -> float:
        """Calibrated probability of one raw logit, without the arrays."""
        logit = self.slope * raw + self.offset
        return 1.0 / (1.0 + math.exp(-min(max(logit, -LARGEST_LOGIT), LARGEST_LOGIT)))


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)))
    return result


def fit_platt(raw: Floats, is_hoax: npt.NDArray[np.bool_], weights: Floats) -> Platt:
    """Fit by damped Newton steps on the weighted log loss; `weights` carry the mix, to any sum.

    Raises ValueError where one of the classes is absent.
    """
    if is_hoax.all() or not is_hoax.any():
        raise ValueError("calibration needs hoaxes and others")
    design = np.column_stack((raw, np.ones_like(raw)))
    shares = weights / weights.sum()
    beta = np.array([1.0, 0.0])
    for _ in range(_N_STEPS):
        p = sigmoid(design @ beta)
        gradient = design.T @ (shares * (p - is_hoax))
        curvature = (design * (shares * p * (1 - p))[:, None]).T @ design + _SMALLEST * np.eye(2)
        newton = np.linalg.solve(curvature, gradient)
        step = _damped(beta, newton, lambda at: _loss(design @ at, is_hoax, shares))
        beta -= step
        if np.abs(step).max() < _CONVERGED:
            break
    return Platt(slope=float(beta[0]), offset=float(beta[1]))


def _damped(beta: Floats, step: Floats, loss: Callable[[Floats], float]) -> Floats:
    """`step`, halved until it no longer raises the loss: far from the optimum a full one overshoots."""
    before = loss(beta)
    for _ in range(_N_HALVINGS):
        if loss(beta - step) <= before:
            return step
        step = step / 2
    return np.zeros_like(step)


def _loss(logits: Floats, is_hoax: npt.NDArray[np.bool_], shares: Floats) -> float:
    return float((shares * (np.logaddexp(0.0, logits) - logits * is_hoax)).sum())


def mix_weights(parts: npt.NDArray[np.str_], shares: dict[str, float]) -> Floats:
    """One weight a row, so that each named part weighs its share, whatever its size; float64 (n,)."""
    weights = np.zeros(parts.size)
    for part, share in shares.items():
        members = parts == part
        if members.any():
            weights[members] = share / members.sum()
    return weights


def expected_calibration_error(p: Floats, is_hoax: npt.NDArray[np.bool_], weights: Floats, n_bins: int = 15) -> float:
    """Weighted mean gap between probability and share of hoaxes over equal bins (Naeini et al., 2015)."""
    bins = np.minimum((p * n_bins).astype(int), n_bins - 1)
    total = weights.sum()
    gaps = [
        abs(float((weights[members] * (p[members] - is_hoax[members])).sum()))
        for members in (bins == number for number in range(n_bins))
    ]
    return sum(gaps) / float(total)
