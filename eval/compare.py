"""Two models on the same rows: by how much each figure differs, and whether the rows can tell.

Both answer the same test rows, and each resample draws rows once and takes both models' answers to them (paired
bootstrap; Efron and Tibshirani 1993, chapter 8; Koehn 2004 for two systems on one test). What makes a row hard for both
cancels, so the interval of a difference is narrower than the two models' own intervals suggest. Rows that either model
was trained on are left out for both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from data.schema import Example
from data.split import Split
from eval.metrics import Figure, recall_at
from eval.run import DECLARED_MIX, PARTS
from eval.slices import NEW_POLICIES, SEEN_OPINION, UNSEEN_OPINION, Slices, by_topic, slices_of
from eval.unseen import as_met, learned_unseen
from models.artifact import load, read_manifest
from models.calibration import expected_calibration_error, mix_weights
from models.measures import N_RESAMPLES, TAILS, Statistic, auc
from models.score import Scorer

_SEED: Final = 20191127
_SMALLEST: Final = 20  # rows; below, a difference says nothing
_STATISTICS: Final[Mapping[str, Statistic]] = {
    "AUC": auc,
    "recall at 5 % FPR": recall_at(0.05),
    "recall at 1 % FPR": recall_at(0.01),
}
_MIX_HOAXES: Final = ("posts", "titles")

Pair = npt.NDArray[np.float64]  # (2, n): the first model's probabilities, then the second's, on the same rows


class Verdict(StrEnum):
    """What the interval of a difference says of the second model."""

    BETTER = "better"
    WORSE = "worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of both models. `difference` is second less first, with its paired 95 % interval and its n."""

    figure: str
    first: float
    second: float
    difference: Figure
    more_is_better: bool

    @property
    def verdict(self) -> Verdict:
        """Whether the interval lies wholly on one side of zero, and on which."""
        if self.difference.low <= 0.0 <= self.difference.high:
            return Verdict.UNDECIDED
        return Verdict.BETTER if (self.difference.low > 0.0) is self.more_is_better else Verdict.WORSE


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every figure that both models have, and the sources whose rows were left out because either learned them."""

    first: str
    second: str
    differences: tuple[Difference, ...]
    left_out: tuple[str, ...]


def compare_folders(first: Path, second: Path, divided: Split) -> Comparison:
    """Compare the artefacts of two folders; ArtifactError where one may not be loaded."""
    learned = learned_unseen(read_manifest(first).recipe) | learned_unseen(read_manifest(second).recipe)
    return compare(load(first), load(second), as_met(divided, learned), tuple(sorted(learned)))


def compare(first: Scorer, second: Scorer, divided: Split, left_out: tuple[str, ...] = ()) -> Comparison:
    """Compare two scorers on the test part and the unseen opinions of `divided`."""
    slices = slices_of(divided)
    named = {name: rows for name, rows in {**slices.positives, **slices.negatives}.items() if rows}
    pairs = {name: _answers(first, second, rows) for name, rows in named.items()}
    looks = (first.thresholds.look, second.thresholds.look)
    differences = (
        *_ranked(pairs, slices),
        *_shares(pairs, looks, slices),
        *_topics(pairs, named, looks),
        *_calibrated(pairs, named, slices),
    )
    return Comparison(first.version, second.version, differences, left_out)


def _answers(first: Scorer, second: Scorer, rows: Sequence[Example]) -> Pair:
    texts = [row.text for row in rows]
    return np.stack((first.probabilities(texts), second.probabilities(texts)))


def _ranked(pairs: Mapping[str, Pair], slices: Slices) -> Iterator[Difference]:
    for hoaxes in slices.positives:
        for others in slices.negatives:
            if hoaxes in pairs and others in pairs:
                for name, statistic in _STATISTICS.items():
                    yield _two_sided(f"{hoaxes} vs {others}: {name}", statistic, pairs[hoaxes], pairs[others])


def _two_sided(name: str, statistic: Statistic, hoaxes: Pair, others: Pair) -> Difference:
    rng = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(N_RESAMPLES):
        one, other = _draw(rng, hoaxes), _draw(rng, others)
        drawn.append(statistic(one[1], other[1]) - statistic(one[0], other[0]))
    values = statistic(hoaxes[0], others[0]), statistic(hoaxes[1], others[1])
    return _difference(name, values, drawn, hoaxes.shape[1], more_is_better=True)


def _shares(pairs: Mapping[str, Pair], looks: tuple[float, float], slices: Slices) -> Iterator[Difference]:
    for name, pair in pairs.items():
        yield _share(f"{name}: at `look`", pair, looks, more_is_better=name in slices.positives)


def _share(name: str, pair: Pair, looks: tuple[float, float], *, more_is_better: bool) -> Difference:
    hits = (pair >= np.array(looks)[:, None]).astype(np.float64)
    rng = np.random.default_rng(_SEED)
    means = [_draw(rng, hits).mean(axis=1) for _ in range(N_RESAMPLES)]
    first, second = hits.mean(axis=1)
    drawn = [float(mean[1] - mean[0]) for mean in means]
    return _difference(name, (float(first), float(second)), drawn, pair.shape[1], more_is_better=more_is_better)


def _topics(
    pairs: Mapping[str, Pair], named: Mapping[str, Sequence[Example]], looks: tuple[float, float]
) -> Iterator[Difference]:
    hoaxes = [name for name in _MIX_HOAXES if name in pairs]
    others = [name for name in ("news", UNSEEN_OPINION, NEW_POLICIES, SEEN_OPINION) if name in pairs]
    if not hoaxes or not others:
        return
    joined = [np.concatenate([pairs[name] for name in names], axis=1) for names in (hoaxes, others)]
    rows = [[row for name in names for row in named[name]] for names in (hoaxes, others)]
    for topic, places in by_topic(*rows).items():
        for side, at in ((0, places.hoaxes), (1, places.others)):
            if len(at) >= _SMALLEST:
                what = "later hoaxes" if side == 0 else "others"
                pair = joined[side][:, list(at)]
                yield _share(f"topic {topic}, {what}: at `look`", pair, looks, more_is_better=side == 0)


def _calibrated(
    pairs: Mapping[str, Pair], named: Mapping[str, Sequence[Example]], slices: Slices
) -> Iterator[Difference]:
    names = [name for name in (*_MIX_HOAXES, "news", slices.mix_opinion) if name in pairs]
    parts = np.array([PARTS[row.label] for name in names for row in named[name]])
    if set(parts) != set(DECLARED_MIX):
        return
    joined = np.concatenate([pairs[name] for name in names], axis=1)
    errors = _errors(joined, parts)
    rng = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(N_RESAMPLES):
        at = rng.integers(0, parts.size, parts.size)
        resampled = _errors(joined[:, at], parts[at])
        drawn.append(resampled[1] - resampled[0])
    yield _difference("calibration error (ECE)", errors, drawn, parts.size, more_is_better=False)


def _errors(pair: Pair, parts: npt.NDArray[np.str_]) -> tuple[float, float]:
    is_hoax, weights = parts == "hoax", mix_weights(parts, DECLARED_MIX)
    first, second = (expected_calibration_error(p, is_hoax, weights) for p in pair)
    return first, second


def _draw(rng: np.random.Generator, pair: Pair) -> Pair:
    """The same rows for both models, drawn with replacement."""
    return pair[:, rng.integers(0, pair.shape[1], pair.shape[1])]


def _difference(
    name: str, values: tuple[float, float], drawn: Sequence[float], n: int, *, more_is_better: bool
) -> Difference:
    low, high = np.percentile(drawn, TAILS)
    first, second = values
    return Difference(name, first, second, Figure(second - first, float(low), float(high), n), more_is_better)


def as_markdown(comparison: Comparison) -> str:
    """The comparison as a Markdown table, and how many figures are better, worse and undecided."""
    lines = [
        f"# {comparison.second} against {comparison.first}",
        "",
        f"| figure | n | {comparison.first} | {comparison.second} | difference, paired 95 % interval | second is |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {row.figure} | {row.difference.n:,} | {row.first:.3f} | {row.second:.3f} "
            f"| {row.difference.value:+.3f} [{row.difference.low:+.3f}, {row.difference.high:+.3f}] | {row.verdict} |"
            for row in comparison.differences
        ),
        "",
        _counted(comparison),
        *(
            [f"Left out, because one of the two learned them: unseen opinions of {', '.join(comparison.left_out)}."]
            if comparison.left_out
            else []
        ),
        "",
    ]
    return "\n".join(lines)


def _counted(comparison: Comparison) -> str:
    verdicts = [row.verdict for row in comparison.differences]
    better, worse, undecided = (verdicts.count(each) for each in (Verdict.BETTER, Verdict.WORSE, Verdict.UNDECIDED))
    return (
        f"{comparison.second} is better on {better}, worse on {worse} and undecided on {undecided} of {len(verdicts)} "
        "figures. Of equal models, about one figure in twenty is called better or worse by chance."
    )
