"""The linear model: one look-up and one sum a text, on every post that comes in.

logit = Σ idf·w / √Σ idf² + bias over the distinct n-grams of a text, which is scikit-learn's logistic
regression on L2-normalised tf-idf, with one table where scikit-learn keeps a vocabulary. An n-gram never
seen in training has no weight but counts in the length, so that unknown words pull towards the bias and not
to either side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from data._compiled import compiled
from data.normalise import normalise
from models.calibration import Floats, Platt
from models.explain import WordWeights, strongest
from models.hashing import NGrams, collect, packed, scratch_for, shape_of
from models.score import DECLARED_HOAX_SHARE, Band, Probabilities, Reason, ReasonCode, Score, Thresholds

IDF_STEP: Final = 1 / 16  # an idf is a whole number of these in a byte, and is trained on as rounded

_TOO_SHORT: Final = (Reason(ReasonCode.TOO_SHORT),)
_TRUNCATED: Final = (Reason(ReasonCode.TRUNCATED),)
_CHUNK: Final = 4096  # texts in one pass; bounds the memory of a large batch


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What training leaves: float16 (2**bits,) weights, uint8 (2**bits,) idf, the bias."""

    ngrams: NGrams
    weights: npt.NDArray[np.float16]
    idf: npt.NDArray[np.uint8]
    bias: float

    def table(self) -> npt.NDArray[np.float32]:
        """float32 (2**bits, 2): what a bucket adds to the sum, and beside it to the squared length."""
        idf = self.idf.astype(np.float32) * np.float32(IDF_STEP)
        return np.ascontiguousarray(np.stack((self.weights.astype(np.float32) * idf, idf * idf), axis=1))


class LinearScorer:
    """Scores with the released table; immutable, so that threads may share it."""

    __slots__ = ("_bias", "_calibration", "_ngrams", "_table", "_thresholds", "_version")

    def __init__(self, weights: Weights, calibration: Platt, thresholds: Thresholds, version: str) -> None:
        self._ngrams = weights.ngrams
        self._table = weights.table()
        self._bias = weights.bias
        self._calibration = calibration
        self._thresholds = thresholds
        self._version = version

    @property
    def version(self) -> str:
        """Name and short checksum of the artefact."""
        return self._version

    @property
    def thresholds(self) -> Thresholds:
        """The bands of this scorer."""
        return self._thresholds

    def cleaned(self, text: str) -> str:
        """The text as the model reads it: truncated, then normalised."""
        return normalise(text[: self._thresholds.max_characters])

    def raw_logits(self, cleaned: Sequence[str]) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Logits before calibration, float64 (n,), and the words of each cleaned text, int64 (n,)."""
        content, offsets = packed(cleaned)
        work = scratch_for(offsets, self._ngrams)
        logits = np.empty(len(cleaned))
        n_words = np.empty(len(cleaned), dtype=np.int64)
        shape = shape_of(self._ngrams)
        _logits(content, offsets, shape, self._table, work.found, work.owners, work.seen, logits, n_words)
        return logits + self._bias, n_words

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """The probabilities alone, float64 (n,); too few words get the declared share of hoaxes."""
        chunks = [self._probabilities(texts[at : at + _CHUNK]) for at in range(0, len(texts), _CHUNK)]
        return np.concatenate(chunks) if chunks else np.empty(0)

    def _probabilities(self, texts: Sequence[str]) -> Probabilities:
        return self._calibrated([self.cleaned(text) for text in texts])[0]

    def _calibrated(self, cleaned: Sequence[str]) -> tuple[Probabilities, npt.NDArray[np.bool_]]:
        raw, n_words = self.raw_logits(cleaned)
        too_short = n_words < self._thresholds.min_words
        return np.where(too_short, DECLARED_HOAX_SHARE, self._calibration.probabilities(raw)), too_short

    def score_many(self, texts: Sequence[str]) -> list[Score]:
        """One score a text, in the same order, with its strongest words as reasons."""
        scores: list[Score] = []
        for at in range(0, len(texts), _CHUNK):
            scores.extend(self._scores(texts[at : at + _CHUNK]))
        return scores

    def _scores(self, texts: Sequence[str]) -> list[Score]:
        cleaned = [self.cleaned(text) for text in texts]
        p_hoax, too_short = self._calibrated(cleaned)
        return [
            Score(
                p_hoax=float(p),
                band=Band.ABSTAIN if short else self._thresholds.band(float(p)),
                reasons=self._reasons(text, plain, too_short=bool(short)),
                model=self._version,
            )
            for text, plain, p, short in zip(texts, cleaned, p_hoax, too_short, strict=True)
        ]

    def _reasons(self, text: str, cleaned: str, *, too_short: bool) -> tuple[Reason, ...]:
        if too_short:
            return _TOO_SHORT
        words = strongest(self.word_weights(cleaned))
        return words + _TRUNCATED if len(text) > self._thresholds.max_characters else words

    def word_weights(self, cleaned: str) -> WordWeights:
        """What each distinct word of a cleaned text adds to its calibrated logit, in order of appearance."""
        words = [word for word in cleaned.split() if not (word.startswith("@") or _is_bare_number(word))]
        content, offsets = packed([cleaned])
        work = scratch_for(offsets, self._ngrams)
        by_word = np.zeros(len(words))
        _word_sums(content, shape_of(self._ngrams), self._table, work.found, work.owners, work.seen, by_word)
        shares: dict[str, float] = {}
        for word, weight in zip(words, by_word * self._calibration.slope, strict=True):
            shares[word] = shares.get(word, 0.0) + float(weight)
        return shares


def _is_bare_number(word: str) -> bool:
    return word.isascii() and word.isdigit()


@compiled
def _logits(  # noqa: PLR0913, PLR0917 - a kernel takes arrays, not objects
    content: Any,
    offsets: Any,
    shape: tuple[int, int, int],
    table: Any,
    found: Any,
    owners: Any,
    seen: Any,
    logits: Any,
    n_words: Any,
) -> None:  # pragma: no cover - compiled
    for row in range(offsets.size - 1):
        n, words = collect(content, offsets[row], offsets[row + 1], shape, found, owners, seen)
        total = 0.0
        squared_length = 0.0
        for at in range(n):
            total += table[found[at], 0]
            squared_length += table[found[at], 1]
        logits[row] = total / np.sqrt(squared_length) if squared_length > 0.0 else 0.0
        n_words[row] = words


@compiled
def _word_sums(  # noqa: PLR0913, PLR0917 - a kernel takes arrays, not objects
    content: Any, shape: tuple[int, int, int], table: Any, found: Any, owners: Any, seen: Any, by_word: Any
) -> None:  # pragma: no cover - compiled
    """Share a text's logit among its words: characters go to their word, a pair to both, half each."""
    n, _ = collect(content, 0, content.size, shape, found, owners, seen)
    squared_length = 0.0
    for at in range(n):
        squared_length += table[found[at], 1]
    if squared_length == 0.0:
        return
    length = np.sqrt(squared_length)
    for at in range(n):
        share = table[found[at], 0] / length
        owner = owners[at]
        if owner >= 0:
            by_word[owner] += share
        else:
            by_word[-owner] += share / 2
            by_word[-owner - 1] += share / 2
