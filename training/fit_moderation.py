"""Fit the linear moderator: one logistic regression a label, calibrated and bounded by texts that its fit never met.

A label that two sources annotate is fitted once without each of them; one that a single source annotates, once without
each of a few parts of its groups. Those fits answer for rows that they did not train on: these answers calibrate the
label, set its threshold, and are its figures. The released weights then learn from all rows.

Sources outside the tables that a label trains on are in each of those fits, at a share of the weight that is theirs
alone; a fit without each of them says what the label does with a source never met, and heeds what it left unmarked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # a part of scikit-learn's install

from data.schema import DataError
from models.calibration import Floats, fit_platt, mix_weights, sigmoid
from models.linear_moderator import LinearModerator, ModerationWeights, Reading
from models.moderation import LABELS, Bands, LabelBand, ModerationLabel
from models.signals import SIGNALS
from training.fit_linear import normalised, rounded_idf
from training.moderation_recipe import LabelFit, ModerationRecipe
from training.moderation_rows import Hashed, Marks, ModerationRows, Places
from training.order import Progress

_FEWEST_POSITIVES: Final = 25  # of a source; with fewer, leaving it out says nothing
_FEWEST_UNMARKED: Final = 200  # of a slice that sets a threshold; of fewer, one in a hundred is chance
_FLOOR: Final = 0.3  # of an n-gram's scale, so that one without an opinion still counts
_SMOOTHING: Final = 1.0
_STEPS: Final = 10_000  # thresholds are written with four digits
_MOST_WEAK: Final = 12_000  # drawn once; more of them teach nothing new and take longer
_SEED: Final = 20261123


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Answers for rows that the fit at hand did not meet: one fold of a label.

    `logits` are float64 (n,) for the texts at `places`; `unmet` has those of each opinion source that sets the
    threshold. `name` says what was left out.
    """

    name: str
    places: Places
    logits: Floats
    unmet: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class LabelWeights:
    """One label's row of the tables: float64 (2**bits,), float64 (k,), and the bias."""

    weights: Floats
    signal_weights: Floats
    bias: float


@dataclass(frozen=True, slots=True)
class FittedLabel:
    """What the fits of one label leave; `flagged` is the share of each threshold-setting slice at the threshold.

    `held_out` are parts of the tables, `never_met` the further sources, each answered for by a fit without it.
    """

    weights: LabelWeights
    band: LabelBand
    held_out: tuple[HeldOut, ...]
    by_source: bool
    flagged: Mapping[str, float]
    never_met: tuple[HeldOut, ...]


@dataclass(frozen=True, slots=True)
class FittedModerator:
    """All labels, and the rows that they were fitted on."""

    labels: Mapping[ModerationLabel, FittedLabel]
    idf: npt.NDArray[np.uint8]
    recipe: ModerationRecipe

    @property
    def bands(self) -> Bands:
        """Calibration and threshold of each label."""
        return {label: fitted.band for label, fitted in self.labels.items()}

    def weights(self) -> ModerationWeights:
        """The tables, rounded to what the artefact stores."""
        rows = [self.labels[label].weights for label in LABELS]
        return ModerationWeights(
            reading=Reading(self.recipe.ngrams, self.recipe.max_characters),
            signals=SIGNALS,
            weights=np.stack([row.weights for row in rows]).astype(np.float16),
            idf=self.idf,
            signal_weights=np.stack([row.signal_weights for row in rows]).astype(np.float32),
            bias=np.array([row.bias for row in rows], dtype=np.float32),
        )

    def moderator(self, version: str = "moderation-unreleased") -> LinearModerator:
        """The moderator of this fit."""
        return LinearModerator(self.weights(), self.bands, version)


def fit_moderator(rows: ModerationRows, recipe: ModerationRecipe, progress: Progress) -> FittedModerator:
    """Fit every label; `progress` gets one sentence a label. DataError where a label has no rows to learn from."""
    labels = {}
    idf = rounded_idf(rows.hashed.counts)
    for label in LABELS:
        labels[label] = _fit_label(rows.hashed, label, recipe, np.ones(len(rows.hashed.texts), dtype=bool), idf)
        progress(f"{label}: fitted, threshold {labels[label].band.flag}")
    return FittedModerator(labels, idf, recipe)


def fit_twin(
    fitted: FittedModerator, rows: ModerationRows, recipe: ModerationRecipe, progress: Progress
) -> FittedModerator:
    """The same, where the labels of the unseen opinions' collection never met those texts; the others are shared."""
    labels = dict(fitted.labels)
    for label in sorted(rows.learned):
        labels[label] = _fit_label(rows.hashed, label, recipe, ~rows.again, fitted.idf)
        progress(f"{label}: the twin, fitted without the unseen opinions, threshold {labels[label].band.flag}")
    return FittedModerator(labels, fitted.idf, recipe)


def guarded(fitted: FittedModerator, twin: FittedModerator) -> FittedModerator:
    """`fitted` with no threshold below its twin's: what strangers meet is known at the twin's only."""
    labels = {
        label: replace(one, band=replace(one.band, flag=max(one.band.flag, twin.labels[label].band.flag)))
        for label, one in fitted.labels.items()
    }
    return replace(fitted, labels=labels)


def _fit_label(
    hashed: Hashed, label: ModerationLabel, recipe: ModerationRecipe, kept: Marks, idf: npt.NDArray[np.uint8]
) -> FittedLabel:
    annotated = hashed.annotated(label)
    annotated = annotated[kept[annotated]]
    marks = hashed.marks(label, annotated)
    if marks.all() or not marks.any():
        raise DataError(f"The tables hold no rows to learn {label} from: it needs texts with it and without it.")
    weak = _drawn(hashed.weak(label))
    further = {source: hashed.further(label, source) for source in recipe.labels[label].further}
    beside = np.concatenate((weak, *further.values()))
    by_source, folds = _folds(hashed, annotated, marks, recipe.n_folds)
    held_out = []
    for name, is_out in folds:
        train = np.concatenate((annotated[~is_out], beside))
        own = idf if not by_source else rounded_idf(hashed.counts[train])
        fitted = _fit_once(hashed, train, label, recipe, own)
        places = annotated[is_out]
        unmet = {source: hashed.of_sources([source]) for source in recipe.labels[label].unmet}
        held_out.append(
            HeldOut(
                name=name,
                places=places,
                logits=_logits(hashed, places, fitted, own),
                unmet={source: _logits(hashed, at, fitted, own) for source, at in unmet.items() if at.size},
            )
        )
    never_met = []
    for source, places in further.items():
        others = [rows for name, rows in further.items() if name != source]
        train = np.concatenate((annotated, weak, *others))
        own = rounded_idf(hashed.counts[train])
        never_met.append(
            HeldOut(source, places, _logits(hashed, places, _fit_once(hashed, train, label, recipe, own), own), {})
        )
    band, flagged = _band(hashed, label, recipe, held_out, never_met)
    weights = _fit_once(hashed, np.concatenate((annotated, beside)), label, recipe, idf)
    return FittedLabel(weights, band, tuple(held_out), by_source, flagged, tuple(never_met))


def _folds(hashed: Hashed, annotated: Places, marks: Marks, n_folds: int) -> tuple[bool, Iterator[tuple[str, Marks]]]:
    """What is left out in turn, by name: each source where two can answer for each other, else parts of the groups."""
    sources = np.array([hashed.texts[at].source for at in annotated.tolist()])
    able = [source for source in np.unique(sources) if marks[sources == source].sum() >= _FEWEST_POSITIVES]
    if len(able) > 1:
        return True, ((str(source), sources == source) for source in able)
    parts = np.array([_part(hashed.texts[at].group, n_folds) for at in annotated.tolist()])
    name = ", ".join(map(str, able))
    return False, ((name, parts == part) for part in range(n_folds))


def _part(group: str, n_parts: int) -> int:
    return int.from_bytes(blake2b(group.encode(), digest_size=8).digest()) % n_parts


def _drawn(places: Places) -> Places:
    if places.size <= _MOST_WEAK:
        return places
    return np.sort(np.random.default_rng(_SEED).choice(places, _MOST_WEAK, replace=False))


def _fit_once(
    hashed: Hashed, train: Places, label: ModerationLabel, recipe: ModerationRecipe, idf: npt.NDArray[np.uint8]
) -> LabelWeights:
    """Logistic regression on tf-idf, each n-gram scaled by its log-count ratio, beside the scaled signals.

    The scale is folded into the weights afterwards, so that answering needs no table of it.
    """
    marks = hashed.marks(label, train)
    settings = recipe.labels[label]
    counts = hashed.counts[train]
    met = np.unique(counts.indices)  # a bucket that no row fills keeps the weight 0, and would only cost time
    scale = _scale(counts[:, met], marks, settings)
    terms = normalised(counts, idf)[:, met] @ sp.diags(scale)
    signals = sp.csr_matrix(hashed.signals[train].astype(np.float32) * np.float32(recipe.signal_scale))
    model = LogisticRegression(C=settings.inverse_regularisation, max_iter=recipe.max_iterations, tol=recipe.tolerance)
    # Threads that wait for one another on a busy machine take minutes for what one does in a second.
    with threadpool_limits(1):
        rows = sp.hstack((terms, signals), format="csr")
        model.fit(rows, marks, sample_weight=_row_weights(hashed, train, label, recipe))
    coefficients = model.coef_[0].astype(np.float64)
    weights = np.zeros(recipe.ngrams.n_buckets)
    weights[met] = coefficients[: met.size] * scale
    return LabelWeights(weights, coefficients[met.size :] * recipe.signal_scale, float(model.intercept_[0]))


def _scale(counts: sp.csr_matrix, marks: Marks, settings: LabelFit) -> npt.NDArray[np.float32]:
    """Per bucket, 1 or `0.3 + log_ratio × |log ((n⁺ + 1)/N⁺ ÷ (n⁻ + 1)/N⁻)|`; float32 (n_columns,)."""
    if not settings.log_ratio:
        return np.ones(counts.shape[1], dtype=np.float32)
    with_label, without = (
        (np.bincount(counts[chosen].indices, minlength=counts.shape[1]) + _SMOOTHING) / chosen.sum()
        for chosen in (marks, ~marks)
    )
    scale: npt.NDArray[np.float32] = (_FLOOR + settings.log_ratio * np.abs(np.log(with_label / without))).astype(
        np.float32
    )
    return scale


def _row_weights(hashed: Hashed, train: Places, label: ModerationLabel, recipe: ModerationRecipe) -> Floats:
    """One weight a row, mean 1: weak negatives have their share, further sources theirs of what is left.

    The tables' sources divide the rest by the square roots of their rows.
    """
    texts = [hashed.texts[at] for at in train.tolist()]
    is_weak = np.array([row.is_weak for row in texts])
    _, which, counts = np.unique([row.source for row in texts], return_inverse=True, return_counts=True)
    weights = 1 / np.sqrt(counts[which])
    names = np.array([row.source for row in texts])
    further = {source: share for source, share in recipe.labels[label].further.items() if (names == source).any()}
    weak = recipe.weak_of(label)
    weak_share = weak.share if weak else 0.0
    strong = 1.0 - weak_share
    shares = [
        (is_weak, weak_share),
        (~is_weak & ~np.isin(names, list(further)), strong * (1.0 - sum(further.values()))),
        *((names == source, strong * share) for source, share in further.items()),
    ]
    for chosen, share in shares:
        if chosen.any():
            weights[chosen] *= share / weights[chosen].sum()
    result: Floats = weights * (weights.size / weights.sum())
    return result


def _logits(hashed: Hashed, places: Places, fitted: LabelWeights, idf: npt.NDArray[np.uint8]) -> Floats:
    terms = normalised(hashed.counts[places], idf) @ fitted.weights
    return np.asarray(terms) + hashed.signals[places] @ fitted.signal_weights + fitted.bias


def _band(
    hashed: Hashed,
    label: ModerationLabel,
    recipe: ModerationRecipe,
    held_out: list[HeldOut],
    never_met: list[HeldOut],
) -> tuple[LabelBand, dict[str, float]]:
    """Calibrate on what the fits did not meet, and set the threshold where no slice of it is flagged too often."""
    logits = np.concatenate([fold.logits for fold in held_out])
    places = np.concatenate([fold.places for fold in held_out])
    marks = hashed.marks(label, places)
    unmet = {
        source: np.mean([fold.unmet[source] for fold in held_out], axis=0)
        for source in recipe.labels[label].unmet
        if source in held_out[0].unmet
    }
    opinions = np.concatenate([*unmet.values(), np.empty(0)])
    parts = np.concatenate((np.where(marks, "positive", "negative"), np.full(opinions.size, "opinion")))
    rest = (1 - recipe.positives) / 2
    mix = {"positive": recipe.positives, "negative": rest, "opinion": rest}
    calibration = fit_platt(np.concatenate((logits, opinions)), parts == "positive", mix_weights(parts, mix))
    slices = {f"{source}, never met": values for source, values in unmet.items()}
    if recipe.labels[label].own_negatives:
        sources = np.array([hashed.texts[at].source for at in places.tolist()])
        slices |= {
            f"{source}, unmarked": logits[(sources == source) & ~marks] for source in sorted(set(sources.tolist()))
        }
    slices |= {
        f"{one.name}, unmarked": one.logits[~hashed.marks(label, one.places)]
        for one in never_met
        if one.name in recipe.labels[label].heeded
    }
    slices = {name: values for name, values in slices.items() if values.size >= _FEWEST_UNMARKED} or slices
    if not slices:
        raise DataError(f"The threshold of {label} needs texts that its fits never met; the tables hold none.")
    highest = max(float(np.quantile(values, 1 - recipe.false_flags, method="higher")) for values in slices.values())
    flag = _above(float(sigmoid(calibration.logits(np.array([highest])))[0]))
    p = {name: calibration.probabilities(values) for name, values in slices.items()}
    return LabelBand(calibration, flag), {name: float((one >= flag).mean()) for name, one in p.items()}


def _above(p: float) -> float:
    """The next number above `p` with four digits, at most 1: what stands exactly at `p` is not flagged."""
    return min(1.0, (int(p * _STEPS) + 1) / _STEPS)
