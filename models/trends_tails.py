"""Tails and quantiles of the negative binomial, for many claims at once, with numpy alone.

A count whose rate is only known as Gamma(shape, rate) is negative binomial, and its tail is an incomplete beta
function. SciPy has both, but serving installs without it. These are the textbook forms: the continued fraction of
Abramowitz & Stegun 26.5.8 by the modified Lentz method (Press et al., Numerical Recipes, 6.4), and Stirling's series
for the gamma function (A & S 6.1.41). A test holds them to SciPy's within 1e-9.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_TINY: Final = 1e-300
_CLOSE: Final = 1e-12
_MOST_TERMS: Final = 2_000
_SHIFT: Final = 8.0  # from here on five terms of Stirling's series are exact to 1e-12
_HALVINGS: Final = 60
_LARGEST: Final = 1e12


def log_gamma(x: npt.ArrayLike) -> Floats:
    """Give log Γ(x) for x > 0, in the shape of ``x``."""
    at = np.array(x, dtype=np.float64)
    product = np.ones_like(at)
    # Γ(x) = Γ(x + n) / (x (x+1) … (x+n-1)) brings small arguments to where the series holds.
    while (small := at < _SHIFT).any():
        product[small] *= at[small]
        at[small] += 1.0
    inverse, square = 1.0 / at, 1.0 / (at * at)
    series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1_260 - square * (1 / 1_680 - square / 1_188))))
    return np.asarray((at - 0.5) * np.log(at) - at + 0.5 * np.log(2 * np.pi) + series - np.log(product))


def beta_share(x: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """Give the regularised incomplete beta function I_x(a, b), for 0 ≤ x ≤ 1, a > 0, b > 0; the three broadcast."""
    parts = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (x, a, b)))
    shape = parts[0].shape
    at, left, right = (part.reshape(-1).copy() for part in parts)
    # The fraction converges quickly on one side only; the other follows from I_x(a, b) = 1 - I_{1-x}(b, a).
    swapped = at > (left + 1) / (left + right + 2)
    at[swapped], left[swapped], right[swapped] = 1 - at[swapped], right[swapped], left[swapped].copy()
    inside = (at > 0) & (at < 1)
    found = np.where(at >= 1, 1.0, 0.0)
    if inside.any():
        found[inside] = _beta_fraction(at[inside], left[inside], right[inside])
    return np.clip(np.where(swapped, 1 - found, found), 0.0, 1.0).reshape(shape)


def _beta_fraction(x: Floats, a: Floats, b: Floats) -> Floats:
    front = a * np.log(x) + b * np.log1p(-x) - log_gamma(a) - log_gamma(b) + log_gamma(a + b)
    c, d = np.ones_like(x), 1 / _kept_away(1 - (a + b) * x / (a + 1))
    fraction = d.copy()
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = np.ones_like(x)
        for term in (even, odd):
            d = 1 / _kept_away(1 + term * d)
            c = _kept_away(1 + term / c)
            change = c * d
            fraction = fraction * change
        if np.abs(change - 1).max() < _CLOSE:
            break
    return np.asarray(np.exp(front) * fraction / a)


def _kept_away(x: Floats) -> Floats:
    return np.where(np.abs(x) < _TINY, _TINY, x)


def tail(count: npt.ArrayLike, shape: npt.ArrayLike, share: npt.ArrayLike) -> Floats:
    """Give P(Y ≥ count) for a negative binomial Y; real counts are taken as they are, and below 0 it is 1.

    Args:
        count: from which number on.
        shape: of the gamma distribution that the rate has, above 0.
        share: of the exposure that lies ahead: ahead / (behind + ahead), 0 to 1.
    """
    least, wide, ahead = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (count, shape, share)))
    asked = least > 0
    return np.where(asked, beta_share(ahead, np.where(asked, least, 1.0), wide), 1.0)


def quantile(p: float, shape: npt.ArrayLike, share: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Give the smallest number k with P(Y ≤ k) ≥ p, by halving; capped at 10^12.

    Args:
        p: between 0 and 1.
        shape: as for ``tail``.
        share: as for ``tail``.
    """
    wide, ahead = np.broadcast_arrays(np.asarray(shape, dtype=np.float64), np.asarray(share, dtype=np.float64))
    mean = wide * ahead / np.maximum(1 - ahead, _TINY)
    deviation = np.sqrt(mean / np.maximum(1 - ahead, _TINY))
    # Chebyshev: beyond this distance from the mean lies less than 1 - p.
    most = np.minimum(mean + deviation / np.sqrt(max(1 - p, _CLOSE)) + 1, _LARGEST)
    low, high = np.full(wide.shape, -1.0), np.ceil(most)
    for _ in range(_HALVINGS):
        if (high - low).max(initial=0.0) <= 1:
            break
        middle = np.floor((low + high) / 2)
        enough = 1 - tail(middle + 1, wide, ahead) >= p
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.asarray(np.maximum(high, 0.0)).astype(np.int64)


def log_chance(count: Any, shape: Floats, share: Floats) -> Floats:
    """Give log P(Y = count); where nothing lies ahead only 0 can come, and its logarithm is 0."""
    some = share > 0
    at = np.where(some, share, 0.5)
    found = (
        log_gamma(shape + count)
        - log_gamma(shape)
        - log_gamma(np.asarray(count, dtype=np.float64) + 1)
        + shape * np.log1p(-at)
        + count * np.log(at)
    )
    return np.where(some, found, 0.0)
