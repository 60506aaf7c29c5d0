"""The leak audit with its baselines: how far one gets on these rows without reading a claim.

`data.checks` holds what refuses training. Here stand the figures that explain the refusals and the traps that no
check can remove, first of all that the source gives the label away. Everything is fitted on the training part and
measured on the later ones, so the figures stand beside those of a model. Each pair has a fit of its own by boosted
trees, which flatters the baselines: what they cannot find is hardly there.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from data.checks import ARTEFACTS, STYLE, TAGS, Audit, audit, cleaned_texts, share_matching, style_features
from data.corpus import dealt
from data.fingerprint import fingerprint
from data.reading import PAGE_NAME
from data.schema import Example, Kind, Label
from data.split import LATER, Part, Split, without_texts_of
from eval.baselines import (
    BestOf,
    Reading,
    YearOnly,
    artefacts,
    cleaned_style,
    cleaned_style_without_length,
    length_only,
    read,
    wording,
)
from eval.metrics import Figure, recall_at, with_interval
from eval.slices import NEWS, Slices, slices_of
from models.calibration import Floats
from models.measures import auc

_Slice = tuple[str, Sequence[Example]]

MAX_CHARACTERS: Final = 4000
YEAR_ONLY: Final = "year only"
STYLE_ONLY: Final = "style only"
CLEANED_STYLE: Final = "style only, cleaned text"
READINGS: Final[Mapping[str, Reading]] = {
    STYLE_ONLY: style_features,
    CLEANED_STYLE: cleaned_style,
    "length only, cleaned text": length_only,
    "cleaned style without length": cleaned_style_without_length,
    "debunk wording only": wording,
    "tweet artefacts only": artefacts,
}
_POSITIVES: Final[Mapping[str, Kind]] = {"posts": Kind.CIRCULATED_POST, "titles": Kind.FACTCHECK_TITLE}
_OTHERS: Final[Mapping[Label, Kind]] = {Label.NOT_HOAX: Kind.NEWS_HEADLINE, Label.OPINION: Kind.SOCIAL_POST}
_FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class Trap:
    """One baseline on one pair of slices of the later parts."""

    system: str
    positives: str
    negatives: str
    n_negatives: int
    auc: Figure
    recall_at_5: Figure


@dataclass(frozen=True, slots=True)
class Typing:
    """How the texts of one slice are typed: shares of texts, before cleaning."""

    slice: str
    n: int
    typographic_quotes: float
    line_breaks: float
    other_than_ascii: float
    tags: float
    artefacts: float
    page_names: float


@dataclass(frozen=True, slots=True)
class SourceLabels:
    """How many rows of each label one source gives, training and later parts together."""

    source: str
    n_by_label: Mapping[Label, int]

    @property
    def n(self) -> int:
        """All rows of the source."""
        return sum(self.n_by_label.values())

    @property
    def purity(self) -> float:
        """Share of its most frequent label; 1 where the source gives the label away."""
        return max(self.n_by_label.values()) / self.n


@dataclass(frozen=True, slots=True)
class LeakReport:
    """Every figure of the audit of one folder."""

    fingerprint: str
    n_by_part: Mapping[Part, int]
    audit: Audit
    traps: tuple[Trap, ...]
    typing: tuple[Typing, ...]
    sources: tuple[SourceLabels, ...]
    own_wording: Figure | None  # AUC of debunk wording inside the fact-checker's own titles; None without both labels

    @property
    def label_from_source(self) -> float:
        """Share of rows whose label one gets by guessing the most frequent label of their source."""
        return sum(one.purity * one.n for one in self.sources) / sum(one.n for one in self.sources)


def audit_folder(folder: Path) -> LeakReport:
    """Audit what is in a data folder; DataError where it cannot be read, LeakError where groups cross the split."""
    return leak_report(dealt(folder))


def leak_report(divided: Split) -> LeakReport:
    """Audit a split: the checks on the rows that a recipe would train on, and the baselines fitted on them."""
    used = [row for part in Part if part is not Part.LEFT_OUT for row in divided[part]]
    cleaned = cleaned_texts(used, MAX_CHARACTERS)
    later = [row for part in LATER for row in divided[part]]
    training = without_texts_of(divided[Part.TRAIN], later, cleaned)
    slices = slices_of(divided)
    return LeakReport(
        fingerprint=fingerprint(used),
        n_by_part={part: len(divided[part]) for part in Part},
        audit=audit(divided, training, cleaned),
        traps=tuple(_traps(training, slices)),
        typing=tuple(_typing(name, rows) for name, rows in _named(divided, slices).items() if rows),
        sources=_sources(used),
        own_wording=_own_wording(training),
    )


def _traps(training: Sequence[Example], slices: Slices) -> list[Trap]:
    readers = _Readers(training)
    year = YearOnly(training)
    return [
        trap
        for positive, high in slices.positives.items()
        for negative, low in slices.negatives.items()
        if positive in _POSITIVES and high and low
        for trap in (
            *readers.traps((positive, high), (negative, low)),
            _trap(YEAR_ONLY, (positive, year.scores(high)), (negative, year.scores(low))),
        )
    ]


class _Readers:
    """Each reading, fitted once for each pair of kinds and measured on the slices of these kinds."""

    def __init__(self, training: Sequence[Example]) -> None:
        self._training = training
        self._read = _Read()
        self._fitted: dict[tuple[str, Kind, Label], BestOf | None] = {}

    def traps(self, positive: _Slice, negative: _Slice) -> Iterator[Trap]:
        """One figure a reading; none where training lacks one of the two kinds."""
        kind = _POSITIVES[positive[0]]
        other = Label.NOT_HOAX if negative[0] == NEWS else Label.OPINION
        for system in READINGS:
            key = (system, kind, other)
            if key not in self._fitted:
                self._fitted[key] = self._fit(*key)
            model = self._fitted[key]
            if model is not None:
                yield _trap(
                    system, *((name, model.scores(self._read(rows, system))) for name, rows in (positive, negative))
                )

    def _fit(self, system: str, kind: Kind, other: Label) -> BestOf | None:
        hoaxes = [row for row in self._training if row.label is Label.HOAX and row.kind is kind]
        others = [row for row in self._training if row.label is other and row.kind is _OTHERS[other]]
        if not hoaxes or not others:
            return None
        return BestOf(self._read([*hoaxes, *others], system), [True] * len(hoaxes) + [False] * len(others))


class _Read:
    """What a reading saw of a row, kept: the same rows stand in several pairs."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Floats] = {}

    def __call__(self, rows: Sequence[Example], system: str) -> Floats:
        for row in rows:
            if (row.id, system) not in self._seen:
                self._seen[row.id, system] = READINGS[system](row.text)
        return np.stack([self._seen[row.id, system] for row in rows])


def _trap(system: str, positive: tuple[str, Floats], negative: tuple[str, Floats]) -> Trap:
    (name, high), (other, low) = positive, negative
    return Trap(
        system=system,
        positives=name,
        negatives=other,
        n_negatives=low.size,
        auc=with_interval(auc, high, low),
        recall_at_5=with_interval(recall_at(0.05), high, low),
    )


def _named(divided: Split, slices: Slices) -> dict[str, Sequence[Example]]:
    posts = {
        f"posts of {part}": [r for r in divided[part] if r.kind is Kind.CIRCULATED_POST and r.label is Label.HOAX]
        for part in (Part.TRAIN, Part.TUNE)
    }
    return {**posts, **slices.positives, **slices.negatives}


def _typing(name: str, rows: Sequence[Example]) -> Typing:
    texts = [row.text for row in rows]
    features = np.stack([style_features(text) for text in texts])

    def share(column: str) -> float:
        return float((features[:, STYLE.index(column)] > 0).mean())

    return Typing(
        slice=name,
        n=len(rows),
        typographic_quotes=share("typographic_quotes"),
        line_breaks=share("line_breaks"),
        other_than_ascii=share("other_than_ascii"),
        tags=share_matching(TAGS, texts),
        artefacts=share_matching(ARTEFACTS, texts),
        page_names=share_matching(PAGE_NAME, texts, at_start=True),
    )


def _sources(rows: Sequence[Example]) -> tuple[SourceLabels, ...]:
    counts: dict[str, Counter[Label]] = {}
    for row in rows:
        counts.setdefault(row.source, Counter())[row.label] += 1
    found = [SourceLabels(source, dict(labels)) for source, labels in counts.items()]
    return tuple(sorted(found, key=lambda one: -one.n))


def _own_wording(training: Sequence[Example]) -> Figure | None:
    """Inside one fact-checker's titles, wording alone against the label; other months hold too few true claims."""
    titles = [row for row in training if row.kind is Kind.FACTCHECK_TITLE]
    truth = np.array([row.label is Label.HOAX for row in titles], dtype=bool)
    if min(truth.sum(), (~truth).sum()) < _FOLDS:
        return None
    scores = cross_val_predict(
        LogisticRegression(class_weight="balanced"),
        read(titles, wording),
        truth,
        groups=[row.group for row in titles],
        cv=GroupKFold(_FOLDS),
        method="decision_function",
    )
    return with_interval(auc, scores[truth], scores[~truth])


def mixed_sources(report: LeakReport) -> list[str]:
    """The sources that give both hoaxes and other rows; in all others the source is the label."""
    return [one.source for one in report.sources if one.n_by_label.get(Label.HOAX) and one.purity < 1]
