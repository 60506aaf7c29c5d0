"""The rows of a moderator's fit: comments with the labels that their source annotated, weak negatives, and opinions.

An empty cell is never a 0: a label trains only on rows whose source annotated it. `tw_multilabel` and the protocol's
unseen opinions are one collection of tweets: nearly all of its rows stand among those opinions, in nearly the same
letters. Figures against them are therefore made by a twin, whose hate and abuse never met the texts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from data.schema import Comment, Example, Label
from data.sources.claims import examples
from data.sources.moderation import comments
from data.split import Part, split
from eval.moderation import Opinion, key_of, known_labels, unseen_opinions
from models.calibration import Floats
from models.linear_moderator import read
from models.moderation import ModerationLabel
from models.signals import signals_of
from training.fit_linear import presence
from training.moderation_recipe import ModerationRecipe

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


@dataclass(frozen=True, slots=True)
class Hashed:
    """All texts as the model reads them: presence float32 (n, 2**bits), signals float64 (n, k) and the plain words."""

    texts: tuple[Text, ...]
    counts: sp.csr_matrix
    signals: Floats
    readings: tuple[str, ...]

    def annotated(self, label: ModerationLabel) -> Places:
        """Places of the texts whose source annotated `label`; int64 (n,)."""
        return np.array([at for at, row in enumerate(self.texts) if label in row.known and not row.is_weak], dtype=int)

    def weak(self, label: ModerationLabel, recipe: ModerationRecipe) -> Places:
        """Places of the weak negatives of `label`; int64 (n,), empty where the recipe gives it none."""
        if label not in recipe.weak.labels:
            return np.empty(0, dtype=int)
        return np.array([at for at, row in enumerate(self.texts) if row.is_weak], dtype=int)

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
    """

    hashed: Hashed
    keys: tuple[str, ...]
    again: Marks
    unseen: tuple[Opinion, ...]

    @property
    def learned(self) -> frozenset[ModerationLabel]:
        """The labels that the unseen opinions' own collection annotates: those learn the very texts."""
        return frozenset(label for opinion in self.unseen for label in opinion.marks or ())


def moderation_rows(recipe: ModerationRecipe, folder: Path) -> ModerationRows:
    """Read, clean, hash and count; DataError where a table is missing or not what it must be."""
    divided = split(examples(folder))
    opinions = divided[Part.UNSEEN_OPINION]
    moderated = tuple(comments(folder))
    texts = (*_annotated(moderated), *_opinions(divided[Part.TRAIN], recipe), *_weak(divided[Part.TRAIN], recipe))
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
        unseen=unseen_opinions(opinions, moderated),
    )


def _annotated(rows: Sequence[Comment]) -> Iterator[Text]:
    """Rows with what their source annotated; a source that marks no text with a label has not looked for it."""
    looked_for = {(row.source, label) for row in rows for label, is_one in known_labels(row).items() if is_one}
    for row in rows:
        known = {label: is_one for label, is_one in known_labels(row).items() if (row.source, label) in looked_for}
        if not row.conflict:
            yield Text(row.id, row.text, row.source, row.group, known)


def _opinions(train: Sequence[Example], recipe: ModerationRecipe) -> Iterator[Text]:
    wanted = {source for fit in recipe.labels.values() for source in fit.unmet} - set(recipe.weak.sources)
    for row in train:
        if row.label is Label.OPINION and row.source in wanted:
            yield Text(row.id, row.text, row.source, row.group, {})


def _weak(train: Sequence[Example], recipe: ModerationRecipe) -> Iterator[Text]:
    none = dict.fromkeys(recipe.weak.labels, False)
    for row in train:
        if row.source in recipe.weak.sources and row.label is not Label.HOAX:
            yield Text(row.id, row.text, row.source, row.group, none, is_weak=True)
