"""The linear moderator: one hashing of the text, five tables of weights, and a few counted signals.

logit = Σ idf·w / √Σ idf² + Σ signal·v + bias, for each label, over the distinct n-grams of a text (`models.hashing`)
and the signals that `models.signals` counts. The hashing and the length are shared, so five labels cost little more
than one. What it cannot do is read a word apart from its neighbours: "bodoh" quoted is "bodoh" said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from data.normalise import letters_and_placeholders, normalise
from models._linear import label_logits
from models.calibration import Floats
from models.hashing import NGrams, packed, scratch_for, shape_of
from models.linear import IDF_STEP
from models.moderation import LABELS, Bands, Moderation, answers_of, probabilities_of
from models.signals import SIGNALS, signals_of

_WORDS: Final = re.compile(r"[^\W_]+")
_LONG_RUN: Final = re.compile(r"([^\W\d])\1{2,}")
_CHUNK: Final = 4096  # texts in one pass; bounds the memory of a large batch


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of a text is read, and into which n-grams."""

    ngrams: NGrams
    max_characters: int


@dataclass(frozen=True, slots=True, eq=False)
class ModerationWeights:
    """What training leaves, one row a label in the order of `LABELS`.

    float16 (5, 2**bits) weights and one uint8 (2**bits,) idf; float32 (5, k) weights of the k named `signals`;
    float32 (5,) bias. ValueError where the signals are not those that this program counts.
    """

    reading: Reading
    signals: tuple[str, ...]
    weights: npt.NDArray[np.float16]
    idf: npt.NDArray[np.uint8]
    signal_weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.signals != SIGNALS:
            raise ValueError("'signals': the weights were trained on signals that this program does not count")

    def table(self) -> npt.NDArray[np.float32]:
        """float32 (2**bits, 6): what a bucket adds to each label's sum, and last to the squared length."""
        idf = self.idf.astype(np.float32) * np.float32(IDF_STEP)
        return np.ascontiguousarray(np.vstack((self.weights.astype(np.float32) * idf, idf * idf)).T)


@dataclass(frozen=True, slots=True)
class Read:
    """A text as the moderator reads it: `words` are hashed; `standard` is its cleaned form."""

    words: str
    standard: str


def read(text: str, max_characters: int) -> Read:
    """The beginning of `text` in plain letters, as its writer spelled it, then the standard words that this lacks.

    Both spellings count: slang made standard loses how rude a word is, and spelling kept loses the evasions that
    cleaning undoes.
    """
    opening = text[:max_characters]
    standard = normalise(opening)
    spelled = [_LONG_RUN.sub(r"\1", word) for word in _WORDS.findall(letters_and_placeholders(opening))]
    known = set(spelled)
    return Read(" ".join([*spelled, *(word for word in standard.split() if word not in known)]), standard)


class LinearModerator:
    """Moderates with the released tables; immutable, so that threads may share it."""

    __slots__ = ("_bands", "_table", "_version", "_weights")

    def __init__(self, weights: ModerationWeights, bands: Bands, version: str) -> None:
        self._weights = weights
        self._table = weights.table()
        self._bands = dict(bands)
        self._version = version

    @property
    def version(self) -> str:
        """Name and short checksum of the artefact."""
        return self._version

    @property
    def bands(self) -> Bands:
        """Calibration and flag threshold of each label."""
        return dict(self._bands)

    def moderate_many(self, texts: Sequence[str]) -> list[Moderation]:
        """One answer a text, in the same order."""
        answers: list[Moderation] = []
        for at in range(0, len(texts), _CHUNK):
            answers.extend(answers_of(self.probabilities(texts[at : at + _CHUNK]), self._bands, self._version))
        return answers

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities, float64 (n, 5) in the order of `LABELS`; 0 for a text without a word."""
        logits, n_words = self.raw_logits(texts)
        return np.where(n_words[:, None] > 0, probabilities_of(logits, self._bands), 0.0)

    def raw_logits(self, texts: Sequence[str]) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Logits before calibration, float64 (n, 5), and the words of each text, int64 (n,)."""
        max_characters = self._weights.reading.max_characters
        readings = [read(text, max_characters) for text in texts]
        content, offsets = packed([one.words for one in readings])
        work = scratch_for(offsets, self._weights.reading.ngrams)
        logits = np.empty((len(texts), len(LABELS)))
        n_words = np.empty(len(texts), dtype=np.int64)
        shape = shape_of(self._weights.reading.ngrams)
        label_logits(content, offsets, shape, self._table, work.found, work.owners, work.seen, logits, n_words)
        signals = signals_of([text[:max_characters] for text in texts], [one.standard for one in readings])
        return logits + signals @ self._weights.signal_weights.T.astype(np.float64) + self._weights.bias, n_words
