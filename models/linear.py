"""The linear model: one look-up and one sum a text, on every post that comes in.

logit = Σ idf·w / √Σ idf² + bias over the distinct n-grams of a text, which is scikit-learn's logistic
regression on L2-normalised tf-idf, with one table where scikit-learn keeps a vocabulary. An n-gram never
seen in training has no weight but counts in the length, so that unknown words pull towards the bias and not
to either side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from data._compiled import compiled
from data._plain_text import HARD, clean, cleaner, room_for
from data.normalise import normalise
from models.calibration import LARGEST_LOGIT, Floats, Platt
from models.explain import N_REASONS, SMALLEST_SHARE, WordWeights
from models.hashing import Bytes, NGrams, collect, packed, scratch_for, shape_of
from models.score import DECLARED_HOAX_SHARE, Band, Probabilities, Reason, ReasonCode, Score, Thresholds

IDF_STEP: Final = 1 / 16  # an idf is a whole number of these in a byte, and is trained on as rounded

_TOO_SHORT: Final = (Reason(ReasonCode.TOO_SHORT),)
_TRUNCATED: Final = (Reason(ReasonCode.TRUNCATED),)
_BLANK: Final = 32
_AT: Final = 64
_ZERO: Final = 48
_NINE: Final = 57
_FNV_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)
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


class _Reading(NamedTuple):
    """One text as the kernel read it: its probability, words that count, and the words that move it most."""

    p_hoax: float
    n_words: float
    reasons: tuple[Reason, ...]


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
        _logits(content, offsets, self._shape, self._table, work.found, work.owners, work.seen, logits, n_words)
        return logits + self._bias, n_words

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """The probabilities alone, float64 (n,); too few words get the declared share of hoaxes."""
        if len(texts) == 1:
            return self._one_probability(texts[0])
        chunks = (texts[at : at + _CHUNK] for at in range(0, len(texts), _CHUNK))
        return _joined([self._calibrated([self.cleaned(text) for text in chunk]) for chunk in chunks])

    def probabilities_of_cleaned(self, cleaned: Sequence[str]) -> Probabilities:
        """The probabilities of texts that `cleaned` gave, float64 (n,)."""
        if len(cleaned) == 1:
            return self._one_probability_of_cleaned(cleaned[0])
        return _joined([self._calibrated(cleaned[at : at + _CHUNK]) for at in range(0, len(cleaned), _CHUNK)])

    def _one_probability(self, text: str) -> Probabilities:
        """One text without the arrays of a batch, which would cost more than the text."""
        raw = text[: self._thresholds.max_characters].encode("utf-8", "surrogatepass")
        p_hoax = np.empty(1)
        if _probability_of_raw(raw, *self._cleaner, self._shape, self._table, self._line, p_hoax):
            return p_hoax
        return self._one_probability_of_cleaned(self.cleaned(text))

    def _one_probability_of_cleaned(self, cleaned: str) -> Probabilities:
        p_hoax = np.empty(1)
        _probability_of_cleaned(cleaned.encode("utf-8", "replace"), self._shape, self._table, self._line, p_hoax)
        return p_hoax

    def _calibrated(self, cleaned: Sequence[str]) -> Probabilities:
        raw, n_words = self.raw_logits(cleaned)
        too_short = n_words < self._thresholds.min_words
        return np.where(too_short, DECLARED_HOAX_SHARE, self._calibration.probabilities(raw))

    def score_many(self, texts: Sequence[str]) -> list[Score]:
        """One score a text, in the same order, with its strongest words as reasons."""
        return [self._score(text) for text in texts]

    def _score(self, text: str) -> Score:
        p_hoax, n_words, reasons = self._read(text)
        if n_words < self._thresholds.min_words:
            return Score(p_hoax, Band.ABSTAIN, _TOO_SHORT, self._version)
        if len(text) > self._thresholds.max_characters:
            reasons += _TRUNCATED
        return Score(p_hoax, self._thresholds.band(p_hoax), reasons, self._version)

    def _read(self, text: str) -> _Reading:
        """Read one text in one compiled pass where it is plain enough, else clean it first."""
        raw = text[: self._thresholds.max_characters].encode("utf-8", "surrogatepass")
        room, read = np.empty(room_for(len(raw)), np.uint8), np.empty((1 + N_REASONS, 3))
        if not _read_raw(raw, *self._cleaner, self._shape, self._table, self._line, room, read):
            room = np.frombuffer(self.cleaned(text).encode("utf-8", "replace"), np.uint8)
            _read_words(room, self._shape, self._table, self._line, read)
        (p_hoax, n_words, n_leading), *leading = read.tolist()
        return _Reading(p_hoax, n_words, _reasons(room, leading[: int(n_leading)]))

    def word_weights(self, cleaned: str) -> WordWeights:
        """What each distinct word of a cleaned text adds to its calibrated logit, in order of appearance."""
        words = [word for word in cleaned.split() if not (word[0] == "@" or (word.isdigit() and word.isascii()))]
        content = np.frombuffer(cleaned.encode("utf-8", "replace"), dtype=np.uint8)
        _, by_word = _explained(content, self._shape, self._table)
        shares: WordWeights = {}
        for word, weight in zip(words, (by_word * self._calibration.slope).tolist(), strict=True):
            shares[word] = shares.get(word, 0.0) + weight
        return shares


def _joined(chunks: list[Probabilities]) -> Probabilities:
    return np.concatenate(chunks) if chunks else np.empty(0)


def _reasons(content: Bytes, leading: Sequence[Sequence[float]]) -> tuple[Reason, ...]:
    """What `strongest` gives, of words that the kernel has put in its order."""
    held, code = content.tobytes(), ReasonCode.WORDS
    return tuple(
        [Reason(code, held[int(start) : int(end)].decode(), round(weight, 4)) for start, end, weight in leading]
    )


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
def _explained(content: Any, shape: tuple[int, int, int], table: Any) -> tuple[float, Any]:  # pragma: no cover
    """One text's logit, and its share for each word: characters go to their word, a pair to both, half each."""
    char_min, char_max, _ = shape
    ceiling = (content.size + 2) * (char_max - char_min + 1) + content.size + 2
    slots = 16
    while slots < 2 * ceiling:
        slots *= 2
    found = np.empty(ceiling, np.int32)
    owners = np.empty(ceiling, np.int32)
    n, words = collect(content, 0, content.size, shape, found, owners, np.empty(slots, np.int32))
    by_word = np.zeros(words)
    total = 0.0
    squared_length = 0.0
    for at in range(n):
        weight = table[found[at], 0]
        total += weight
        squared_length += table[found[at], 1]
        owner = owners[at]
        if owner >= 0:
            by_word[owner] += weight
        else:
            by_word[-owner] += weight / 2
            by_word[-owner - 1] += weight / 2
    if squared_length == 0.0:
        return 0.0, by_word
    length = np.sqrt(squared_length)
    return total / length, by_word / length


@compiled
def _logit_of_one(content: Any, shape: tuple[int, int, int], table: Any) -> tuple[float, int]:  # pragma: no cover
    """One cleaned text's logit and words, in memory of its own."""
    char_min, char_max, _ = shape
    ceiling = (content.size + 2) * (char_max - char_min + 1) + content.size + 2
    slots = 16
    while slots < 2 * ceiling:
        slots *= 2
    found = np.empty(ceiling, np.int32)
    n, words = collect(content, 0, content.size, shape, found, np.empty(ceiling, np.int32), np.empty(slots, np.int32))
    total = 0.0
    squared_length = 0.0
    for at in range(n):
        total += table[found[at], 0]
        squared_length += table[found[at], 1]
    return (total / np.sqrt(squared_length) if squared_length > 0.0 else 0.0), words


@compiled
def _probability_of_raw(  # noqa: PLR0913, PLR0917 - a kernel takes arrays, not objects
    raw: Any, kinds: Any, slots: Any, spellings: Any, shape: tuple[int, int, int], table: Any, line: Any, p_hoax: Any
) -> bool:  # pragma: no cover - compiled
    """Write one raw text's probability; false where it has to be cleaned first."""
    room = np.empty(room_for(len(raw)), np.uint8)
    size = clean(raw, kinds, slots, spellings, room)
    if size != HARD:
        logit, n_words = _logit_of_one(room[:size], shape, table)
        p_hoax[0] = _p_hoax(logit, n_words, line)
    return bool(size != HARD)


@compiled
def _probability_of_cleaned(
    cleaned: Any, shape: tuple[int, int, int], table: Any, line: Any, p_hoax: Any
) -> None:  # pragma: no cover - compiled
    """Write one cleaned text's probability."""
    logit, n_words = _logit_of_one(np.frombuffer(cleaned, np.uint8), shape, table)
    p_hoax[0] = _p_hoax(logit, n_words, line)


@compiled
def _p_hoax(logit: float, n_words: int, line: Any) -> float:  # pragma: no cover - compiled
    """What `Platt.probability` gives, of a line of bias, slope, offset and the fewest words that are judged."""
    if n_words < line[3]:
        return DECLARED_HOAX_SHARE
    calibrated = line[1] * (logit + line[0]) + line[2]
    return 1.0 / (1.0 + math.exp(-min(max(calibrated, -LARGEST_LOGIT), LARGEST_LOGIT)))


@compiled
def _read_raw(  # noqa: PLR0913, PLR0917 - a kernel takes arrays, not objects
    raw: Any,
    kinds: Any,
    slots: Any,
    spellings: Any,
    shape: tuple[int, int, int],
    table: Any,
    line: Any,
    room: Any,
    read: Any,
) -> bool:  # pragma: no cover - compiled
    """Clean into `room` and read as `_read_words` does; false where the text has to be cleaned first."""
    size = clean(raw, kinds, slots, spellings, room)
    if size != HARD:
        _read_words(room[:size], shape, table, line, read)
    return bool(size != HARD)


@compiled
def _read_words(
    content: Any, shape: tuple[int, int, int], table: Any, line: Any, read: Any
) -> None:  # pragma: no cover - compiled
    """Fill (1 + n, 3): the probability, the words, how many rows below are filled; below, what `_lead` writes."""
    logit, by_word = _explained(content, shape, table)
    read[0, 0] = _p_hoax(logit, by_word.size, line)
    read[0, 1] = by_word.size
    read[0, 2] = _lead(content, by_word * line[1], read[1:])


@compiled
def _lead(content: Any, by_word: Any, leading: Any) -> int:  # pragma: no cover - compiled
    """Fill (n, 3) rows with the distinct words that weigh most, heaviest first: first byte, end, weight.

    Of equally heavy ones the first in the alphabet goes first, and one that explains nothing goes nowhere. Returns how
    many rows were filled.
    """
    spans = np.empty((by_word.size, 2), np.int64)
    sums = np.zeros(by_word.size)
    n_leading = 0
    for row in range(_distinct(content, by_word, spans, sums)):
        weight = sums[row]
        if abs(weight) < SMALLEST_SHARE:
            continue
        start, end = spans[row, 0], spans[row, 1]
        place = n_leading
        while place > 0 and (
            abs(weight) > abs(leading[place - 1, 2])
            or (abs(weight) == abs(leading[place - 1, 2]) and _is_earlier(content, start, end, leading[place - 1]))
        ):
            if place < leading.shape[0]:
                for column in range(3):
                    leading[place, column] = leading[place - 1, column]
            place -= 1
        if place < leading.shape[0]:
            leading[place, 0], leading[place, 1], leading[place, 2] = start, end, weight
            n_leading = min(n_leading + 1, leading.shape[0])
    return n_leading


@compiled
def _distinct(content: Any, by_word: Any, spans: Any, sums: Any) -> int:  # pragma: no cover - compiled
    """Write the bytes of each distinct word that counts, and the sum of its shares; return how many there are."""
    slots = 16
    while slots < 2 * by_word.size:
        slots *= 2
    rows = np.full(slots, -1, np.int64)
    hashes = np.empty(by_word.size, np.uint64)
    n = word = at = 0
    while at < content.size:
        start = at
        is_number = True
        hashed = _FNV_OFFSET
        while at < content.size and content[at] != _BLANK:
            hashed = (hashed ^ np.uint64(content[at])) * _FNV_PRIME
            is_number = is_number and _ZERO <= content[at] <= _NINE
            at += 1
        end = at
        at += 1
        if end == start or is_number or content[start] == _AT:
            continue
        slot = np.int64(hashed & np.uint64(slots - 1))
        while rows[slot] >= 0 and hashes[rows[slot]] != hashed:
            slot = (slot + 1) & (slots - 1)
        if rows[slot] < 0:
            rows[slot], hashes[n] = n, hashed
            spans[n, 0], spans[n, 1] = start, end
            n += 1
        sums[rows[slot]] += by_word[word]
        word += 1
    return n


@compiled
def _is_earlier(content: Any, start: Any, end: Any, other: Any) -> Any:  # pragma: no cover - compiled
    """Whether a word comes before another in the alphabet."""
    begin = np.int64(other[0])
    length = np.int64(other[1] - other[0])
    for at in range(min(end - start, length)):
        if content[start + at] != content[begin + at]:
            return content[start + at] < content[begin + at]
    return end - start < length
