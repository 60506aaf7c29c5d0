"""The rows of a moderator's fit: comments with the labels that their source annotated, weak negatives, and opinions.

An empty cell is never a 0: a label trains only on rows whose source annotated it. `tw_multilabel` and the protocol's
unseen opinions are one collection of tweets: nearly all of its rows stand among those opinions, in nearly the same
letters. Figures against them are therefore made by a twin, whose hate and abuse never met the texts.

Comments from outside the tables (`data.sources.moderated`) train where the recipe says so, and measure elsewhere. Those
that copy a row of the tables or an unseen opinion are left out, and of what measures also those that copy any row of
a fit, so that a source never met is one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from data.corpus import dealt, require
from data.duplicates import NearDuplicateIndex, signatures
from data.normalise import normalise
from data.schema import Comment, Example, Label
from data.sources.moderated import moderated
from data.sources.moderation import comments
from data.split import Part
from eval.moderation import Opinion, key_of, known_labels, unseen_opinions
from models.calibration import Floats
from models.linear_moderator import read
from models.moderation import ModerationLabel
from models.signals import signals_of
from training.fit_linear import presence
from training.moderation_recipe import ModerationRecipe

_MOST_OF_COLLECTION: Final = 800
Row = TypeVar("Row", Comment, Example)
Places = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a fit; `known` holds the labels that its source annotated, and no others."""

    id: str
    text: str
    source: str
    group: str
    known: Mapping[ModerationLabel, bool]
    is_weak: bool = False
    is_further: bool = False  # from outside the tables


@dataclass(frozen=True, slots=True)
class Hashed:
    """All texts as the model reads them: presence float32 (n, 2**bits), signals float64 (n, k) and the plain words."""

    texts: tuple[Text, ...]
    counts: sp.csr_matrix
    signals: Floats
    readings: tuple[str, ...]

    def annotated(self, label: ModerationLabel) -> Places:
        """Places of the tables' texts whose source annotated `label`; int64 (n,)."""
        return np.array(
            [at for at, row in enumerate(self.texts) if label in row.known and not row.is_weak and not row.is_further],
            dtype=int,
        )

    def further(self, label: ModerationLabel, source: str) -> Places:
        """Places of the texts of a source outside the tables that it annotated for `label`; int64 (n,)."""
        return np.array(
            [at for at, row in enumerate(self.texts) if row.is_further and row.source == source and label in row.known],
            dtype=int,
        )

    def weak(self, label: ModerationLabel) -> Places:
        """Places of the weak negatives of `label`; int64 (n,), empty where the recipe gives it none."""
        return np.array([at for at, row in enumerate(self.texts) if row.is_weak and label in row.known], dtype=int)

    def of_sources(self, sources: Iterable[str]) -> Places:
        """Places of the texts of `sources`; int64 (n,)."""
        wanted = set(sources)
        return np.array([at for at, row in enumerate(self.texts) if row.source in wanted], dtype=int)

    def marks(self, label: ModerationLabel, places: Places) -> Marks:
        """Whether each of the texts at `places` carries `label`; bool (n,)."""
        return np.array([self.texts[at].known[label] for at in places.tolist()], dtype=bool)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over id, labels and text of every row, in order of id."""
        digest = sha256()
        for row in sorted(self.texts, key=lambda one: one.id):
            marks = ",".join(f"{label}={int(value)}" for label, value in row.known.items())
            digest.update(f"{row.id}\t{marks}\t{row.text}\n".encode("utf-8", "replace"))
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class ModerationRows:
    """What a fit reads, and the unseen opinions that its twin is measured on.

    `keys` has the key of each row of `hashed`; a row whose cleaned text stands among the unseen opinions is in `again`.
    `measured` are comments of sources that measure, and `never_met` citizens' posts of collections that do.
    """

    hashed: Hashed
    keys: tuple[str, ...]
    again: Marks
    unseen: tuple[Opinion, ...]
    measured: tuple[Comment, ...]
    never_met: tuple[Example, ...]

    @property
    def learned(self) -> frozenset[ModerationLabel]:
        """The labels that the unseen opinions' own collection annotates: those learn the very texts."""
        return frozenset(label for opinion in self.unseen for label in opinion.marks or ())


def moderation_rows(recipe: ModerationRecipe, folder: Path) -> ModerationRows:
    """Read, clean, hash and count; DataError where a table is missing or not what it must be."""
    divided = dealt(folder)
    require(folder, recipe.collections)
    opinions = divided[Part.UNSEEN_OPINION]
    marked = tuple(comments(folder))
    further = _strange(moderated(folder, recipe.further), [*marked, *opinions])
    texts = (
        *_annotated(marked),
        *(replace(text, is_further=True) for text in _annotated(further)),
        *_opinions((*divided[Part.TRAIN], *divided[Part.COLLECTED_TUNE]), recipe),
        *_weak((*divided[Part.TRAIN], *_few(divided[Part.COLLECTED_TRAIN])), recipe),
    )
    cleaned = {row.id: read(row.text, recipe.max_characters) for row in texts}
    unseen_texts = {read(row.text, recipe.max_characters).standard for row in opinions}
    readings = tuple(cleaned[row.id].words for row in texts)
    hashed = Hashed(
        texts=texts,
        counts=presence(readings, recipe.ngrams),
        signals=signals_of(
            [row.text[: recipe.max_characters] for row in texts], [cleaned[row.id].standard for row in texts]
        ),
        readings=readings,
    )
    keys = tuple(key_of(cleaned[row.id].standard) for row in texts)
    return ModerationRows(
        hashed=hashed,
        keys=keys,
        again=np.array([cleaned[row.id].standard in unseen_texts for row in texts], dtype=bool),
        unseen=unseen_opinions(opinions, marked),
        measured=tuple(_strange(moderated(folder, recipe.measured), [*marked, *opinions, *texts])),
        never_met=tuple(_strange(divided[Part.NEVER_MET], texts)),
    )


def _strange(rows: Iterable[Row], known: Sequence[Comment | Example | Text]) -> list[Row]:
    """The `rows` that copy none of `known`."""
    index = NearDuplicateIndex()
    index.add([str(at) for at in range(len(known))], [normalise(row.text) for row in known])
    keys = {key_of(normalise(row.text)) for row in known}
    new = list(rows)
    copied = index.find(signatures([normalise(row.text) for row in new]))
    return [
        row for row, copy in zip(new, copied, strict=True) if copy is None and key_of(normalise(row.text)) not in keys
    ]


def _annotated(rows: Sequence[Comment]) -> Iterator[Text]:
    """Rows with what their source annotated; a source that marks no text with a label has not looked for it."""
    looked_for = {(row.source, label) for row in rows for label, is_one in known_labels(row).items() if is_one}
    for row in rows:
        known = {label: is_one for label, is_one in known_labels(row).items() if (row.source, label) in looked_for}
        if not row.conflict:
            yield Text(row.id, row.text, row.source, row.group, known)


def _opinions(train: Sequence[Example], recipe: ModerationRecipe) -> Iterator[Text]:
    wanted = {source for fit in recipe.labels.values() for source in fit.unmet} - recipe.weak_sources
    for row in train:
        if row.label is Label.OPINION and row.source in wanted:
            yield Text(row.id, row.text, row.source, row.group, {})


def _weak(train: Sequence[Example], recipe: ModerationRecipe) -> Iterator[Text]:
    for row in train:
        none = {label: False for weak in recipe.weak if row.source in weak.sources for label in weak.labels}
        if none and row.label is not Label.HOAX:
            yield Text(row.id, row.text, row.source, row.group, none, is_weak=True)


def _few(rows: Sequence[Example]) -> Iterator[Example]:
    """At most so many rows a collection, always the same, so that no subject fills the weak negatives."""
    counts: Counter[str] = Counter()
    for row in sorted(rows, key=lambda one: sha256(one.id.encode()).digest()):
        counts[row.source] += 1
        if counts[row.source] <= _MOST_OF_COLLECTION:
            yield row
