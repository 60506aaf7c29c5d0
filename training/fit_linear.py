"""Fit the linear model: weights on the training part, probabilities and bands on the tuning months.

Nothing here looks at the test part. The threshold is set on opinions of a source that the fit at hand did
not meet: each crossed source is left out once, because a model flags far less of what it was trained on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from data.schema import DataError, Example, Kind, Label
from eval.run import DECLARED_MIX, PARTS
from eval.slices import speaks_of_government
from models.calibration import Floats, Platt, fit_platt, mix_weights
from models.hashing import NGrams, buckets_of
from models.linear import IDF_STEP, LinearScorer, Weights
from models.score import Thresholds
from training.order import Progress
from training.recipe import Recipe, Shares
from training.rows import Rows

_LARGEST_BYTE: Final = 255
TITLES: Final = (Kind.FACTCHECK_TITLE, Kind.OFFICIAL_TITLE)
_UNBANDED: Final = Thresholds(look=1.0, clear=0.0)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit leaves; `false_flags` is the share of each source's opinions at `look` by fits without it."""

    weights: Weights
    calibration: Platt
    thresholds: Thresholds
    false_flags: dict[str, float]
    n_train: int

    def scorer(self, version: str = "linear-unreleased") -> LinearScorer:
        """The scorer of this fit."""
        return LinearScorer(self.weights, self.calibration, self.thresholds, version)


def fit(rows: Rows, recipe: Recipe, progress: Progress, least_look: float = 0.0) -> Fitted:
    """Fit weights, calibrate, and set the bands, `look` at `least_look` or above.

    `progress` gets one sentence a step. DataError where no opinions are held out.
    """
    features = Features(rows, recipe.ngrams)
    progress(f"fitting on {len(rows.train):,} rows")
    weights = fit_weights(rows.train, features, recipe)
    calibration = calibrated(weights, rows)
    opinions = {name: probabilities_of(weights, calibration, said, rows) for name, said in _by_source(rows.held_out)}
    for source in recipe.opinions.crossed:
        progress(f"fitting without {source}, to see false flags on a source never met")
        kept = tuple(row for row in rows.train if row.source != source)
        without = fit_weights(kept, features, recipe)
        left = tuple(row for row in rows.train if row.source == source)
        opinions[source] = probabilities_of(without, calibrated(without, rows), left, rows)
    opinions = {name: p for name, p in opinions.items() if p.size}
    if not opinions:
        raise DataError("The bands need opinions of a source held out; the tables hold none.")
    hoaxes = probabilities_of(weights, calibration, hoaxes_of(rows.tune), rows)
    thresholds = _thresholds(recipe, opinions, hoaxes, least_look)
    return Fitted(
        weights=weights,
        calibration=calibration,
        thresholds=thresholds,
        false_flags={name: float((p >= thresholds.look).mean()) for name, p in opinions.items()},
        n_train=len(rows.train),
    )


def _by_source(held_out: Sequence[Example]) -> Iterator[tuple[str, Sequence[Example]]]:
    for name in sorted({row.source for row in held_out}):
        yield name, [row for row in held_out if row.source == name]


class Features:
    """Buckets of the training rows, hashed once for all fits."""

    def __init__(self, rows: Rows, ngrams: NGrams) -> None:
        self._position = {row.id: at for at, row in enumerate(rows.train)}
        self._counts = presence([rows.cleaned[row.id] for row in rows.train], ngrams)

    def of(self, rows: Sequence[Example]) -> sp.csr_matrix:
        """Presence of each bucket, float32 (n, 2**bits)."""
        return self._counts[[self._position[row.id] for row in rows]]


def presence(cleaned: Sequence[str], ngrams: NGrams) -> sp.csr_matrix:
    """1 where a text holds an n-gram of the bucket: float32 (n, 2**bits)."""
    flat, ends = buckets_of(cleaned, ngrams)
    return sp.csr_matrix((np.ones(flat.size, dtype=np.float32), flat, ends), (len(cleaned), ngrams.n_buckets))


def fit_weights(rows: Sequence[Example], features: Features, recipe: Recipe) -> Weights:
    """Logistic regression on L2-normalised tf-idf, rounded to what the artefact stores."""
    counts = features.of(rows)
    idf = rounded_idf(counts)
    model = LogisticRegression(
        C=recipe.fit.inverse_regularisation, max_iter=recipe.fit.max_iterations, tol=recipe.fit.tolerance
    )
    is_hoax = np.array([row.label is Label.HOAX for row in rows])
    model.fit(normalised(counts, idf), is_hoax, sample_weight=row_weights(rows, recipe.shares))
    return Weights(recipe.ngrams, model.coef_[0].astype(np.float16), idf, float(model.intercept_[0]))


def rounded_idf(counts: sp.csr_matrix) -> npt.NDArray[np.uint8]:
    """log((1 + n) / (1 + df)) + 1, as scikit-learn smooths it, in steps of `IDF_STEP`; uint8 (2**bits,)."""
    df = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log((1 + counts.shape[0]) / (1 + df)) + 1
    steps: npt.NDArray[np.uint8] = np.clip(np.rint(idf / IDF_STEP), 1, _LARGEST_BYTE).astype(np.uint8)
    return steps


def normalised(counts: sp.csr_matrix, idf: npt.NDArray[np.uint8]) -> sp.csr_matrix:
    """Presence × idf, each row of length one; float32, an empty row stays empty."""
    scaled = counts.copy()
    scaled.data = idf[counts.indices].astype(np.float32) * np.float32(IDF_STEP)
    squared = np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel()
    lengths = np.sqrt(np.where(squared > 0, squared, 1)).astype(np.float32)
    scaled.data /= np.repeat(lengths, np.diff(scaled.indptr))
    return scaled


def row_weights(rows: Sequence[Example], shares: Shares) -> Floats:
    """One weight a row, mean 1: each part weighs its share, and inside a part a source weighs √(its rows).

    Opinions that speak of government weigh `shares.criticism` times as much on top: hoaxes speak of it, and
    without that its words alone raise a score.
    """
    parts = np.array([_part(row) for row in rows])
    sources = np.array([row.source for row in rows])
    weights = np.zeros(len(rows))
    for part in np.unique(parts):
        members = parts == part
        _, which, counts = np.unique(sources[members], return_inverse=True, return_counts=True)
        even = 1 / np.sqrt(counts[which])
        weights[members] = getattr(shares, str(part)) * even / even.sum()
    is_criticism = [row.label is Label.OPINION and speaks_of_government(row.text) for row in rows]
    weights[is_criticism] *= shares.criticism
    weights *= len(rows) / weights.sum()
    return weights


def _part(row: Example) -> str:
    if row.label is Label.HOAX:
        return "hoax_title" if row.kind in TITLES else "hoax_post"
    return "news" if row.label is Label.NOT_HOAX else "opinion"


def hoaxes_of(rows: Sequence[Example]) -> tuple[Example, ...]:
    """The hoaxes among `rows`."""
    return tuple(row for row in rows if row.label is Label.HOAX)


def calibrated(weights: Weights, rows: Rows) -> Platt:
    """Platt scaling on the tuning rows and the held-out comments, to the declared mix."""
    sample = (*rows.tune, *rows.held_out)
    raw = _raw(weights, sample, rows)
    parts = np.array([PARTS[row.label] for row in sample])
    return fit_platt(raw, parts == "hoax", mix_weights(parts, DECLARED_MIX))


def probabilities_of(weights: Weights, calibration: Platt, sample: Sequence[Example], rows: Rows) -> Floats:
    """Calibrated probabilities of `sample`, whose cleaned texts `rows` holds; float64 (n,)."""
    return calibration.probabilities(_raw(weights, sample, rows))


def _raw(weights: Weights, sample: Sequence[Example], rows: Rows) -> Floats:
    scorer = LinearScorer(weights, Platt(1.0, 0.0), _UNBANDED, "linear-unreleased")
    return scorer.raw_logits([rows.cleaned[row.id] for row in sample])[0]


def _thresholds(recipe: Recipe, opinions: dict[str, Floats], hoaxes: Floats, least_look: float) -> Thresholds:
    """`look` where the worst unmet source keeps its false flags; `clear` where few hoaxes would be missed."""
    look = max(least_look, *(float(np.quantile(p, 1 - recipe.bands.false_flags)) for p in opinions.values()))
    clear = min(float(np.quantile(hoaxes, recipe.bands.missed)), look)
    return Thresholds(
        look=round(look, 4),
        clear=round(clear, 4),
        min_words=recipe.bands.min_words,
        max_characters=recipe.bands.max_characters,
    )
