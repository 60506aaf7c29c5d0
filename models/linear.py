"""The linear model: one look-up and one sum a text, on every post that comes in.

logit = Σ idf·w / √Σ idf² + bias over the distinct n-grams of a text, which is scikit-learn's logistic
regression on L2-normalised tf-idf, with one table where scikit-learn keeps a vocabulary. An n-gram never
seen in training has no weight but counts in the length, so that unknown words pull towards the bias and not
to either side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from data._plain_text import cleaner, room_for
from data.normalise import normalise
from models._linear import (
    COUNTS,
    explained,
    logits_of,
    probability_of_cleaned,
    probability_of_raw,
    read_raw,
    read_words,
)
from models.calibration import Floats, Platt
from models.explain import N_REASONS, WordWeights
from models.gate import is_kept_below, kept_below
from models.hashing import NGrams, packed, scratch_for, shape_of
from models.score import DECLARED_HOAX_SHARE, Band, Probabilities, Reason, ReasonCode, Score, Thresholds

IDF_STEP: Final = 1 / 16  # an idf is a whole number of these in a byte, and is trained on as rounded

_TOO_SHORT: Final = (Reason(ReasonCode.TOO_SHORT),)
_TRUNCATED: Final = (Reason(ReasonCode.TRUNCATED),)
_BY_FORM: Final = (Reason(ReasonCode.OPINION, weight=1.0),)
_COUNTS: Final = COUNTS + 2 * N_REASONS
_WEIGHTS: Final = 1 + N_REASONS
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

    __slots__ = ("_bias", "_calibration", "_cleaner", "_line", "_ngrams", "_shape", "_table", "_thresholds", "_version")

    def __init__(self, weights: Weights, calibration: Platt, thresholds: Thresholds, version: str) -> None:
        self._ngrams = weights.ngrams
        self._shape = shape_of(weights.ngrams)
        self._table = weights.table()
        self._bias = weights.bias
        self._calibration = calibration
        self._thresholds = thresholds
        self._version = version
        self._cleaner = cleaner()
        self._line = np.array([weights.bias, calibration.slope, calibration.offset, thresholds.min_words])

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
        logits_of(content, offsets, self._shape, self._table, work.found, work.owners, work.seen, logits, n_words)
        return logits + self._bias, n_words

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """The probabilities alone, float64 (n,); too few words get the declared share of hoaxes."""
        if len(texts) == 1:
            return self._one_kept_below(texts[0])
        chunks = (texts[at : at + _CHUNK] for at in range(0, len(texts), _CHUNK))
        found = _joined([self._calibrated([self.cleaned(text) for text in chunk]) for chunk in chunks])
        return kept_below(texts, found, self._thresholds)

    def probabilities_of_cleaned(self, cleaned: Sequence[str]) -> Probabilities:
        """The probabilities of texts that `cleaned` gave, float64 (n,), before `models.gate` has seen the texts."""
        if len(cleaned) == 1:
            return self._one_probability_of_cleaned(cleaned[0])
        return _joined([self._calibrated(cleaned[at : at + _CHUNK]) for at in range(0, len(cleaned), _CHUNK)])

    def _one_kept_below(self, text: str) -> Probabilities:
        """`kept_below` of one text, without the arrays of a batch."""
        found, thresholds = self._one_probability(text), self._thresholds
        if found.item() >= thresholds.look and is_kept_below(text[: thresholds.max_characters]):
            found[0] = math.nextafter(thresholds.look, 0.0)
        return found

    def _one_probability(self, text: str) -> Probabilities:
        """One text without the arrays of a batch, which would cost more than the text."""
        raw = text[: self._thresholds.max_characters].encode("utf-8", "surrogatepass")
        p_hoax = np.empty(1)
        if probability_of_raw(raw, *self._cleaner, self._shape, self._table, self._line, p_hoax):
            return p_hoax
        return self._one_probability_of_cleaned(self.cleaned(text))

    def _one_probability_of_cleaned(self, cleaned: str) -> Probabilities:
        p_hoax = np.empty(1)
        probability_of_cleaned(cleaned.encode("utf-8", "replace"), self._shape, self._table, self._line, p_hoax)
        return p_hoax

    def _calibrated(self, cleaned: Sequence[str]) -> Probabilities:
        raw, n_words = self.raw_logits(cleaned)
        too_short = n_words < self._thresholds.min_words
        return np.where(too_short, DECLARED_HOAX_SHARE, self._calibration.probabilities(raw))

    def score_many(self, texts: Sequence[str]) -> list[Score]:
        """One score a text, in the same order, with its strongest words as reasons."""
        return [self._score(text) for text in texts]

    def _score(self, text: str) -> Score:
        """Read one text in one compiled pass where it is plain enough, else clean it first."""
        thresholds, is_long = self._thresholds, len(text) > self._thresholds.max_characters
        raw = (text[: thresholds.max_characters] if is_long else text).encode("utf-8", "surrogatepass")
        room, counts, weights = np.empty(room_for(len(raw)), np.uint8), np.empty(_COUNTS, np.int64), np.empty(_WEIGHTS)
        if not read_raw(raw, *self._cleaner, self._shape, self._table, self._line, room, counts, weights):
            room = np.frombuffer(self.cleaned(text).encode("utf-8", "replace"), np.uint8)
            read_words(room, self._shape, self._table, self._line, counts, weights)
        (size, n_words, n_leading, is_rounded, *spans), (p_hoax, *shares) = counts.tolist(), weights.tolist()
        if n_words < thresholds.min_words:
            return Score(p_hoax, Band.ABSTAIN, _TOO_SHORT, self._version)
        leading = shares[:n_leading] if is_rounded else [round(share, 4) for share in shares[:n_leading]]
        reasons = _reasons(room.tobytes()[:size], spans, leading)
        if p_hoax >= thresholds.look and is_kept_below(text[: thresholds.max_characters]):
            p_hoax, reasons = math.nextafter(thresholds.look, 0.0), (*_BY_FORM, *reasons)
        return Score(p_hoax, thresholds.band(p_hoax), reasons + _TRUNCATED if is_long else reasons, self._version)

    def word_weights(self, cleaned: str) -> WordWeights:
        """What each distinct word of a cleaned text adds to its calibrated logit, in order of appearance."""
        words = [word for word in cleaned.split() if not (word[0] == "@" or (word.isdigit() and word.isascii()))]
        content = np.frombuffer(cleaned.encode("utf-8", "replace"), dtype=np.uint8)
        _, by_word = explained(content, self._shape, self._table)
        shares: WordWeights = {}
        for word, weight in zip(words, (by_word * self._calibration.slope).tolist(), strict=True):
            shares[word] = shares.get(word, 0.0) + weight
        return shares


def _joined(chunks: list[Probabilities]) -> Probabilities:
    return np.concatenate(chunks) if chunks else np.empty(0)


def _reasons(cleaned: bytes, spans: Sequence[int], weights: Sequence[float]) -> tuple[Reason, ...]:
    """What `strongest` gives, of words that the kernel has put in its order and of weights that are rounded."""
    code, ends = ReasonCode.WORDS, iter(spans)
    places = zip(ends, ends, weights, strict=False)  # two at a time: where a word begins, and where it ends
    if cleaned.isascii():
        text = cleaned.decode("ascii")
        return tuple([Reason(code, text[start:end], weight) for start, end, weight in places])
    return tuple([Reason(code, cleaned[start:end].decode(), weight) for start, end, weight in places])
