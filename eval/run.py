"""Measure a scorer by the protocol: later months, other outlets, opinions of a source never seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from data.schema import Example, Label
from data.split import PROTOCOL, Part, Split
from eval.baselines import StyleOnly, YearOnly
from eval.metrics import Figure, recall_at, share, with_interval
from eval.slices import (
    NEW_POLICIES,
    NEWS,
    SEEN_OPINION,
    UNSEEN_CRITICISM,
    UNSEEN_OPINION,
    Slices,
    Topic,
    Typing,
    by_topic,
    slices_of,
    typing_of,
)
from eval.unseen import as_met, learned_unseen
from models.artifact import load, read_manifest
from models.calibration import Floats, expected_calibration_error, mix_weights, sigmoid
from models.encoder_scorer import EncoderScorer
from models.linear import LinearScorer
from models.measures import auc
from models.score import (
    DECLARED_HOAX_SHARE,
    DECLARED_NEWS_SHARE,
    DECLARED_OPINION_SHARE,
    Scorer,
)

Scoring = Callable[[Sequence[Example]], Floats]

DECLARED_MIX: Final = {
    "hoax": DECLARED_HOAX_SHARE,
    "news": DECLARED_NEWS_SHARE,
    "opinion": DECLARED_OPINION_SHARE,
}
PARTS: Final = {Label.HOAX: "hoax", Label.NOT_HOAX: "news", Label.OPINION: "opinion"}
_SMALLEST_OUTLET: Final = 30  # rows; below, a rate says nothing
_SMALLEST_TYPING: Final = 50  # rows; below, a rate near one in a hundred says nothing
_SMALLEST_TOPIC: Final = 20  # rows on a side; below, n is shown alone
_TOPIC_HOAXES: Final = ("posts", "titles")
_TOPIC_OTHERS: Final = (NEWS, UNSEEN_OPINION, NEW_POLICIES, SEEN_OPINION)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One system on one pair of slices."""

    system: str
    positives: str
    negatives: str
    n_negatives: int
    auc: Figure
    recall_at_5: Figure
    recall_at_1: Figure


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """One topic: how many later hoaxes of it reach `look`, how many other texts of it do, and how they are ranked.

    Hoaxes are posts and titles; the others are news and opinions. A figure is None where it would stand on too few
    rows, so that n is shown alone.
    """

    topic: Topic
    n_hoaxes: int
    n_others: int
    found: Figure | None
    flagged: Figure | None
    auc: Figure | None


@dataclass(frozen=True, slots=True)
class Curves:
    """What the pictures draw: probabilities, truth and weights of the declared mix on the test slices."""

    p_hoax: Floats
    is_hoax: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class Report:
    """Every figure of one evaluation, and the version that was measured.

    `learned_unseen` names unseen sources that the model trained on; it is not measured on them. The declared
    mix of the calibration error and of the curves takes its opinions from the slice `mix_opinion`.
    """

    model: str
    look: float
    clear: float
    comparisons: tuple[Comparison, ...]
    flagged: dict[str, Figure]  # share at or above `look`, by slice: recall for hoaxes, else false flags
    cleared: dict[str, Figure]  # share below `clear`, by slice
    flagged_by_publisher: dict[str, Figure]
    topics: tuple[TopicFigures, ...]
    learned_unseen: tuple[str, ...]
    mix_opinion: str
    ece_before: float | None
    ece_after: float
    curves: Curves


def measure(folder: Path, divided: Split, *, baselines: bool = True) -> Report:
    """The figures of the artefact in `folder`, without those against unseen opinions that it learned.

    Raises ArtifactError where the folder may not be loaded.
    """
    learned = learned_unseen(read_manifest(folder).recipe)
    return evaluate(load(folder), as_met(divided, learned), baselines=baselines)


def evaluate(scorer: Scorer, divided: Split, *, baselines: bool = True) -> Report:
    """All figures of `scorer` on the test part of `divided`; baselines are fitted on its training part.

    `divided` is the split as the scorer met it (`eval.unseen.as_met`); an artefact is measured by `measure`.
    """
    slices = slices_of(divided)
    systems: dict[str, Scoring] = {scorer.version: lambda rows: scorer.probabilities(_texts(rows))}
    if baselines:
        systems["style only"] = StyleOnly(divided[Part.TRAIN]).scores
        systems["year only"] = YearOnly(divided[Part.TRAIN]).scores
    scores = {name: _scored(scoring, slices) for name, scoring in systems.items()}
    own = scores[scorer.version]
    banded = {**own, **_by_typing(own, slices)}
    curves = _curves(own, slices)
    return Report(
        model=scorer.version,
        look=scorer.thresholds.look,
        clear=scorer.thresholds.clear,
        comparisons=tuple(_comparisons(scores, slices)),
        flagged={name: share(values >= scorer.thresholds.look) for name, values in banded.items()},
        cleared={name: share(values < scorer.thresholds.clear) for name, values in banded.items()},
        flagged_by_publisher=_by_publisher(own["news"], slices.news, scorer.thresholds.look),
        topics=_by_topic(own, slices, scorer.thresholds.look),
        learned_unseen=tuple(sorted(PROTOCOL.unseen_sources.intersection(row.source for row in divided[Part.TRAIN]))),
        mix_opinion=slices.mix_opinion,
        ece_before=_ece_before(scorer, slices, curves),
        ece_after=expected_calibration_error(curves.p_hoax, curves.is_hoax > 0, curves.weights),
        curves=curves,
    )


def _texts(rows: Sequence[Example]) -> list[str]:
    return [row.text for row in rows]


def _scored(scoring: Scoring, slices: Slices) -> dict[str, Floats]:
    named = {**slices.positives, **slices.negatives}
    return {name: scoring(rows) for name, rows in named.items() if rows}


def _comparisons(scores: dict[str, dict[str, Floats]], slices: Slices) -> list[Comparison]:
    return [
        Comparison(
            system=system,
            positives=positive,
            negatives=negative,
            n_negatives=values[negative].size,
            auc=with_interval(auc, values[positive], values[negative]),
            recall_at_5=with_interval(recall_at(0.05), values[positive], values[negative]),
            recall_at_1=with_interval(recall_at(0.01), values[positive], values[negative]),
        )
        for system, values in scores.items()
        for positive in slices.positives
        for negative in slices.negatives
        if positive in values and negative in values
    ]


def _by_publisher(scores: Floats, rows: Sequence[Example], look: float) -> dict[str, Figure]:
    publishers = np.array([row.publisher for row in rows])
    names, counts = np.unique(publishers, return_counts=True)
    return {
        str(name): share(scores[publishers == name] >= look)
        for name, count in zip(names, counts, strict=True)
        if count >= _SMALLEST_OUTLET
    }


def _by_topic(own: dict[str, Floats], slices: Slices, look: float) -> tuple[TopicFigures, ...]:
    named = {**slices.positives, **slices.negatives}
    hoaxes, others = (tuple(name for name in names if name in own) for names in (_TOPIC_HOAXES, _TOPIC_OTHERS))
    high, low = (np.concatenate([own[name] for name in names] or [np.empty(0)]) for names in (hoaxes, others))
    rows = [[row for name in names for row in named[name]] for names in (hoaxes, others)]
    figures = []
    for topic, places in by_topic(*rows).items():
        found, flagged = high[list(places.hoaxes)], low[list(places.others)]
        enough = min(found.size, flagged.size) >= _SMALLEST_TOPIC
        figures.append(
            TopicFigures(
                topic=topic,
                n_hoaxes=found.size,
                n_others=flagged.size,
                found=share(found >= look) if found.size >= _SMALLEST_TOPIC else None,
                flagged=share(flagged >= look) if flagged.size >= _SMALLEST_TOPIC else None,
                auc=with_interval(auc, found, flagged) if enough else None,
            )
        )
    return tuple(figures)


def _by_typing(own: dict[str, Floats], slices: Slices) -> dict[str, Floats]:
    """Scores of unseen criticism by how it is typed, under names of their own."""
    typed = [typing_of(row.text) for row in slices.unseen_criticism]
    parts = {
        f"{UNSEEN_CRITICISM} {typing}": own[UNSEEN_CRITICISM][[typing in found for found in typed]]
        for typing in Typing
        if typed
    }
    return {name: scores for name, scores in parts.items() if scores.size >= _SMALLEST_TYPING}


def _mix_names(slices: Slices) -> tuple[str, ...]:
    return "posts", "titles", "news", slices.mix_opinion


def _mixed_rows(slices: Slices) -> tuple[Example, ...]:
    named = {**slices.positives, **slices.negatives}
    return tuple(row for name in _mix_names(slices) for row in named[name])


def _curves(own: dict[str, Floats], slices: Slices) -> Curves:
    rows = _mixed_rows(slices)
    parts = np.array([PARTS[row.label] for row in rows])
    return Curves(
        p_hoax=np.concatenate([own[name] for name in _mix_names(slices) if name in own]),
        is_hoax=(parts == "hoax").astype(float),
        weights=mix_weights(parts, DECLARED_MIX),
    )


def _ece_before(scorer: Scorer, slices: Slices, curves: Curves) -> float | None:
    """The same error of the uncalibrated logits; None for a scorer that shows none."""
    rows = _mixed_rows(slices)
    if isinstance(scorer, LinearScorer):
        raw, _ = scorer.raw_logits([scorer.cleaned(row.text) for row in rows])
    elif isinstance(scorer, EncoderScorer):
        raw = scorer.raw_logits(_texts(rows))
    else:
        return None
    return expected_calibration_error(sigmoid(raw), curves.is_hoax > 0, curves.weights)
