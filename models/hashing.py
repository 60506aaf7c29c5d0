"""Hashed word and character n-grams of cleaned text: the one feature code of training and serving.

A feature is a bucket of a table of 2**bits, so there is no vocabulary to ship or to look up. The cost is
that two n-grams may share a bucket, which at the sizes tried moved no figure. The kernel walks UTF-8 bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from data._compiled import compiled

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Buckets = npt.NDArray[np.int32]

_BLANK: Final = 32
_AT: Final = 64
_ZERO: Final = 48
_NINE: Final = 57
_FNV_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_WORD_SEED: Final = np.uint64(0x51ED270B)
_SHIFT: Final = np.uint64(29)


@dataclass(frozen=True, slots=True)
class NGrams:
    """Which n-grams are hashed, and into how many buckets.

    Words of one and two; characters inside one word, blank to blank, of `char_min` to `char_max` bytes.
    Placeholders ("@akun") and bare numbers are no words: they tell a style, a year or a price, not a claim.
    """

    bits: int = 20
    char_min: int = 3
    char_max: int = 5

    @property
    def n_buckets(self) -> int:
        """Size of the table of weights."""
        return 1 << self.bits

    def ceiling(self, longest: int) -> int:
        """More n-grams than a text of `longest` bytes can hold."""
        return (longest + 2) * (self.char_max - self.char_min + 1) + longest + 2


def packed(texts: Sequence[str]) -> tuple[Bytes, Offsets]:
    """The UTF-8 bytes of all `texts`, and where each begins and ends: uint8 (size,), int64 (n + 1,)."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([len(one) for one in encoded], out=offsets[1:])
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets


@dataclass(frozen=True, slots=True)
class Scratch:
    """What one call of the kernel writes into; never shared between threads."""

    found: Buckets
    owners: Buckets
    seen: Buckets


def scratch_for(offsets: Offsets, ngrams: NGrams) -> Scratch:
    """Scratch large enough for the longest of the packed texts."""
    ceiling = ngrams.ceiling(int(np.diff(offsets).max(initial=0)))
    slots = 1 << max(4, (2 * ceiling - 1).bit_length())
    return Scratch(
        np.empty(ceiling, dtype=np.int32), np.empty(ceiling, dtype=np.int32), np.empty(slots, dtype=np.int32)
    )


def buckets_of(texts: Sequence[str], ngrams: NGrams) -> tuple[Buckets, Offsets]:
    """The distinct buckets of each cleaned text: one flat int32 array, and int64 (n + 1,) offsets into it."""
    content, offsets = packed(texts)
    work = scratch_for(offsets, ngrams)
    rows = []
    for start, end in pairwise(offsets):
        n, _ = collect(content, start, end, shape_of(ngrams), work.found, work.owners, work.seen)
        rows.append(work.found[:n].copy())
    ends = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([row.size for row in rows], out=ends[1:])
    return (np.concatenate(rows) if rows else np.empty(0, dtype=np.int32)), ends


def shape_of(ngrams: NGrams) -> tuple[int, int, int]:
    """What the kernel needs of `ngrams`: shortest and longest run of characters, mask of the table."""
    return ngrams.char_min, ngrams.char_max, ngrams.n_buckets - 1


@compiled
def _is_new(bucket: Any, seen: Any, slots: int) -> bool:  # pragma: no cover - compiled
    """Remember a bucket in `seen`, an open-addressing set that is -1 where empty; say whether it was not there."""
    slot = np.int64(bucket) & slots
    while seen[slot] >= 0:
        if seen[slot] == bucket:
            return False
        slot = (slot + 1) & slots
    seen[slot] = bucket
    return True


@compiled
def _letters(content: Any, start: int, end: int, shape: tuple[int, int, int]) -> Any:  # pragma: no cover - compiled
    """The bucket of each run of characters in content[start:end] between two blanks, int32 (lengths, end - start + 2).

    All of them at once, those across words too, because that is a loop that the processor does eight at a time.
    """
    char_min, char_max, mask = shape
    size = end - start + 2
    padded = np.full(size + char_max, np.uint8(_BLANK))
    padded[1 : size - 1] = content[start:end]
    hashed = np.full(size, _FNV_OFFSET)
    buckets = np.empty((char_max - char_min + 1, size), np.int32)
    for length in range(1, char_max + 1):
        for left in range(size):
            hashed[left] = (hashed[left] ^ np.uint64(padded[left + length - 1])) * _FNV_PRIME
        if length >= char_min:
            for left in range(size):
                buckets[length - char_min, left] = np.int64((hashed[left] * _MIX) >> _SHIFT) & mask
    return buckets


@compiled
def _next_word(content: Any, at: int, end: int) -> tuple[int, int, Any]:  # pragma: no cover - compiled
    """Where the next word that counts begins and ends, and its hash; it begins at `end` where there is none."""
    while at < end:
        first = at
        bare_number = True
        word = _FNV_OFFSET
        while at < end and content[at] != _BLANK:
            byte = content[at]
            bare_number = bare_number and _ZERO <= byte <= _NINE
            word = (word ^ np.uint64(byte)) * _FNV_PRIME
            at += 1
        if at > first and not bare_number and content[first] != _AT:
            return first, at, word
        at += 1
    return end, end, _FNV_OFFSET


@compiled
def collect(  # noqa: PLR0913, PLR0917 - a kernel takes arrays, not objects
    content: Any, start: int, end: int, shape: tuple[int, int, int], found: Any, owners: Any, seen: Any
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Write the distinct buckets of content[start:end] into `found`; return how many, and the words.

    `owners` gets, per bucket, the ordinal k of its word among the counted words, or -k for the pair of the
    words k - 1 and k. `seen` is scratch, a power of two of at least twice as many slots as there can be
    n-grams. Buckets are first written with repetitions: a loop without surprises, and the next one has few.
    """
    char_min, char_max, mask = shape
    letters = _letters(content, start, end, shape)
    n = n_words = 0
    before = _FNV_OFFSET
    first, last, word = _next_word(content, start, end)
    while first < end:
        known = n
        found[n] = np.int64(((word + _WORD_SEED) * _MIX) >> _SHIFT) & mask
        n += 1
        for length in range(char_min, char_max + 1):
            for left in range(first - start, last - start + 3 - length):
                found[n] = letters[length - char_min, left]
                n += 1
        owners[known:n] = n_words
        if n_words:
            pair = ((before ^ (word >> _SHIFT)) * _MIX + word) * _FNV_PRIME
            found[n] = np.int64(pair >> _SHIFT) & mask
            owners[n] = -n_words
            n += 1
        before = word
        n_words += 1
        first, last, word = _next_word(content, last, end)
    slots = 16
    while slots < 4 * n and slots < seen.size:
        slots *= 2
    seen[:slots] = -1
    kept = 0
    for at in range(n):
        found[kept], owners[kept] = found[at], owners[at]
        kept += _is_new(found[at], seen, slots - 1)
    return kept, n_words
