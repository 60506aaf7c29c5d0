"""Whether what comes in, and what the model makes of it, is still what it was: effect sizes with their intervals.

A test of significance says "changed" of any two large enough weeks. These say *how much*:

- *population stability index* of the scores (Siddiqi, 2006): Σ (a − e) ln(a / e) over the tenths of the reference.
  By its old rule of thumb .10 is a shift worth a look and .25 a large one; Yurdakul & Naranjo (2020) show that it grows
  by chance alone in small samples, hence the interval and a least n.
- *domain classifier* (Lopez-Paz & Oquab, 2017; Rabanser, Günnemann & Lipton, 2019): can a small model tell from the
  text alone which window it is of? AUC .5 means no. AUC = Φ(d / √2), so Cohen's "large" d = .8 is an AUC of .71.
- *precision at `look`* on what the desk decided: a share with Wilson's interval (1927).

Everything here is pure and repeatable: generators are seeded, and nothing reads a clock. The classifier is a logistic
regression in numpy, because the service carries no scikit-learn; on 1,200 texts it takes some seconds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from data.normalise import normalise
from models.calibration import Floats, sigmoid
from models.hashing import NGrams, buckets_of
from models.measures import N_RESAMPLES, TAILS, auc, resampled, wilson

_SEED: Final = 20260302
_N_BINS: Final = 10
_PRIOR_COUNT: Final = 0.5  # Jeffreys: an empty bin is rare, and not impossible
_NGRAMS: Final = NGrams(bits=12)
_N_FOLDS: Final = 5
_N_STEPS: Final = 60
_PENALTY: Final = 1e-3
_MOMENTUM: Final = 0.9
# Rows have length one, so the curvature of the mean log loss with its bias is at most a half, and this step is safe.
_STEP: Final = 1.0
_MAX_CHARACTERS: Final = 4000


@dataclass(frozen=True, slots=True)
class Effect:
    """How large something is, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class DriftLimits:
    """From where on a change is worth an engineer's day; judged by the near end of the interval, never by the point.

    Attributes:
        stability: population stability index; Siddiqi's "large".
        apart: AUC of the domain classifier. Topics of the news change from week to week, so this stands above
            Cohen's "large" (.71): eight pairs of neighbouring windows of one fact-checker's posts, 2023 to 2025, gave
            .58 to .70, and no near end stood above .65 (repeated by tests/model/test_drift_figures.py).
        precision: share of decided claims at `look` that were indeed false or misleading.
        fewest: texts or decisions below which nothing is said.
    """

    stability: float = 0.25
    apart: float = 0.75
    precision: float = 0.50
    fewest: int = 50


LIMITS: Final = DriftLimits()


@dataclass(frozen=True, slots=True)
class Drift:
    """What two windows say of each other; an effect is None where one of them holds too few."""

    stability: Effect | None
    apart: Effect | None
    precision: Effect | None

    def beyond(self, limits: DriftLimits = LIMITS) -> tuple[str, ...]:
        """Name what is beyond its limit with its whole interval: "stability", "apart", "precision"."""
        named = (
            ("stability", self.stability is not None and self.stability.low > limits.stability),
            ("apart", self.apart is not None and self.apart.low > limits.apart),
            ("precision", self.precision is not None and self.precision.high < limits.precision),
        )
        return tuple(name for name, is_beyond in named if is_beyond)


def compare(
    reference: Sequence[str],
    recent: Sequence[str],
    found: Sequence[bool],
    score: Callable[[Sequence[str]], Floats],
    limits: DriftLimits = LIMITS,
) -> Drift:
    """Compare the texts of a recent window with those of the one before it.

    `found` says of each decided claim that stood at `look` whether the desk found it false or misleading. `score` gives
    the present model's probabilities, float64 (n,); it is not asked where there are too few texts. One text a claim:
    copies of one message on both sides of a fold would let the classifier recognise the message.
    """
    enough = min(len(reference), len(recent)) >= limits.fewest
    scores = score([*reference, *recent]) if enough else np.empty(0)
    return Drift(
        stability=stability(scores[: len(reference)], scores[len(reference) :]) if enough else None,
        apart=apart(reference, recent) if enough else None,
        precision=precision(found) if len(found) >= limits.fewest else None,
    )


# ---- scores ------------------------------------------------------------------------------------------------------


def population_stability(reference: Floats, recent: Floats) -> float:
    """Population stability index of scores over the reference's tenths; 0 where the shares are the same.

    Ties may leave fewer than ten bins, one of them where all scores are equal. Raises ValueError for an empty sample.
    """
    return _index(*_counts(reference, recent))


def stability(reference: Floats, recent: Floats) -> Effect:
    """The index with its interval: both samples drawn anew within the same bins.

    Drawing again adds the chance of one more sample to the index, so the interval is reflected about the point (the
    basic bootstrap of Davison & Hinkley, 1997, § 5.2), which takes that off again.
    """
    expected, actual = _counts(reference, recent)
    rng = np.random.default_rng(_SEED)
    draws = [
        _index(rng.multinomial(reference.size, expected / expected.sum()), rng.multinomial(recent.size, _share(actual)))
        for _ in range(N_RESAMPLES)
    ]
    value = _index(expected, actual)
    far, near = np.percentile(draws, TAILS)
    return Effect(value, min(value, max(0.0, 2 * value - float(near))), max(value, 2 * value - float(far)))


def _counts(reference: Floats, recent: Floats) -> tuple[Floats, Floats]:
    if not reference.size or not recent.size:
        raise ValueError("both windows need at least one score")
    # An edge is a score of the reference itself, so that the bins hold under any order-keeping change of scale.
    inner = np.arange(1, _N_BINS) / _N_BINS
    edges = np.unique(np.quantile(reference, inner, method="higher"))
    n_bins = edges.size + 1
    expected = np.bincount(np.searchsorted(edges, reference, side="left"), minlength=n_bins)
    actual = np.bincount(np.searchsorted(edges, recent, side="left"), minlength=n_bins)
    return expected.astype(np.float64), actual.astype(np.float64)


def _share(counts: Floats) -> Floats:
    shares: Floats = counts / counts.sum()
    return shares


def _index(expected: npt.NDArray[np.generic], actual: npt.NDArray[np.generic]) -> float:
    e = _share(expected.astype(np.float64) + _PRIOR_COUNT)
    a = _share(actual.astype(np.float64) + _PRIOR_COUNT)
    return float(((a - e) * np.log(a / e)).sum())


# ---- texts -------------------------------------------------------------------------------------------------------


def apart(reference: Sequence[str], recent: Sequence[str]) -> Effect:
    """AUC of a classifier that tells recent texts from the reference by their words; every text is judged unseen.

    Five folds, each answered by the four others. The interval draws the answers anew, each window by itself.
    """
    is_recent = np.repeat([False, True], [len(reference), len(recent)])
    rows = rows_of([*reference, *recent])
    logits = _unseen_logits(rows, is_recent)
    sides = logits[is_recent], logits[~is_recent]
    return Effect(auc(*sides), *resampled(auc, *sides, _SEED))


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Texts as rows of length one, without the zeros: entry k says that row `owners[k]` has `values[k]` in a bucket.

    No matrix: the threads of a product of small ones wait for each other, and on a busy machine 500 texts took 20 s.
    """

    n: int
    owners: npt.NDArray[np.int64]
    buckets: npt.NDArray[np.int32]
    values: Floats

    def times(self, weights: Floats) -> Floats:
        """Each row's sum over its buckets of value × weight, float64 (n,)."""
        sums = np.bincount(self.owners, weights=self.values * weights[self.buckets], minlength=self.n)
        return np.asarray(sums, dtype=np.float64)

    def back(self, errors: Floats) -> Floats:
        """Each bucket's sum over its rows of value × error, float64 (n_buckets,)."""
        sums = np.bincount(self.buckets, weights=self.values * errors[self.owners], minlength=_NGRAMS.n_buckets)
        return np.asarray(sums, dtype=np.float64)


def rows_of(texts: Sequence[str]) -> Rows:
    """The hashed n-grams of each text; a text without words is an empty row."""
    buckets, ends = buckets_of([normalise(text[:_MAX_CHARACTERS]) for text in texts], _NGRAMS)
    sizes = np.diff(ends)
    owners = np.repeat(np.arange(len(texts)), sizes)
    return Rows(len(texts), owners, buckets, np.repeat(1.0 / np.sqrt(np.maximum(sizes, 1)), sizes))


def _unseen_logits(rows: Rows, is_recent: npt.NDArray[np.bool_]) -> Floats:
    """The logit of each row by a model that was fitted without its fold, float64 (n,)."""
    fold = np.empty(is_recent.size, dtype=np.int64)
    rng = np.random.default_rng(_SEED)
    for members in (np.flatnonzero(is_recent), np.flatnonzero(~is_recent)):
        fold[rng.permutation(members)] = np.arange(members.size) % _N_FOLDS
    logits = np.empty(is_recent.size)
    for number in range(_N_FOLDS):
        held = fold == number
        weights, bias = fit_logistic(rows, is_recent, ~held)
        logits[held] = rows.times(weights)[held] + bias
    return logits


def fit_logistic(
    rows: Rows, is_positive: npt.NDArray[np.bool_], is_used: npt.NDArray[np.bool_]
) -> tuple[Floats, float]:
    """Fit weights, float64 (n_buckets,), and bias on the used rows by gradient steps with momentum (Polyak, 1964).

    Both classes weigh the same, whatever their sizes. Raises ValueError where one of them is absent.
    """
    shares = np.zeros(rows.n)
    for members in (is_used & is_positive, is_used & ~is_positive):
        if not members.any():
            raise ValueError("both classes are needed")
        shares[members] = 0.5 / members.sum()
    weights, speed = np.zeros((2, _NGRAMS.n_buckets))
    bias = bias_speed = 0.0
    for _ in range(_N_STEPS):
        errors = shares * (sigmoid(rows.times(weights) + bias) - is_positive)
        speed = _MOMENTUM * speed - _STEP * (rows.back(errors) + _PENALTY * weights)
        bias_speed = _MOMENTUM * bias_speed - _STEP * float(errors.sum())
        weights, bias = weights + speed, bias + bias_speed
    return weights, bias


# ---- decisions ---------------------------------------------------------------------------------------------------


def precision(found: Sequence[bool]) -> Effect:
    """Share of true among `found` with Wilson's interval; raises ValueError for none."""
    n = len(found)
    if not n:
        raise ValueError("a share needs at least one decision")
    p = sum(found) / n
    low, high = wilson(p, n)
    return Effect(p, min(p, low), max(p, high))  # at 0 and 1 rounding would leave the share outside
