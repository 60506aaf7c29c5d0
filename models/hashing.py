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
def _remember(bucket: Any, n: int, found: Any, seen: Any, slots: int) -> int:  # pragma: no cover - compiled
    """Append `bucket` to `found` unless it is there; `seen` is an open-addressing set, -1 where empty."""
    slot = (bucket * 40503) & slots
    while seen[slot] >= 0:
        if seen[slot] == bucket:
            return n
        slot = (slot + 1) & slots
    seen[slot] = bucket
    found[n] = bucket
    return n + 1


@compiled
def collect(  # noqa: PLR0913, PLR0917 - a kernel takes arrays, not objects
    content: Any, start: int, end: int, shape: tuple[int, int, int], found: Any, owners: Any, seen: Any
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Write the distinct buckets of content[start:end] into `found`; return how many, and the words.

    `owners` gets, per bucket, the ordinal k of its word among the counted words, or -k for the pair of the
    words k - 1 and k. `seen` is scratch, a power of two of at least twice as many slots as there can be
    n-grams.
    """
    char_min, char_max, mask = shape
    slots = 16
    ceiling = 2 * ((end - start + 2) * (char_max - char_min + 1) + end - start + 2)
    while slots < ceiling:
        slots *= 2
    seen[:slots] = -1
    slots -= 1
    n = 0
    n_words = 0
    before = np.uint64(0)
    at = start
    while at < end:
        first = at
        bare_number = True
        word = _FNV_OFFSET
        while at < end and content[at] != _BLANK:
            byte = content[at]
            bare_number = bare_number and _ZERO <= byte <= _NINE
            word = (word ^ np.uint64(byte)) * _FNV_PRIME
            at += 1
        last = at
        at += 1
        if last == first or bare_number or content[first] == _AT:
            continue
        known = n
        mixed = (word + _WORD_SEED) * _MIX
        n = _remember(np.int64(mixed >> _SHIFT) & mask, n, found, seen, slots)
        for left in range(first - 1, last + 2 - char_min):
            piece = _FNV_OFFSET
            for right in range(left, min(left + char_max, last + 1)):
                byte = content[right] if first <= right < last else np.uint8(_BLANK)
                piece = (piece ^ np.uint64(byte)) * _FNV_PRIME
                if right - left + 1 >= char_min:
                    n = _remember(np.int64((piece * _MIX) >> _SHIFT) & mask, n, found, seen, slots)
        owners[known:n] = n_words
        if n_words:
            known = n
            pair = ((before ^ (word >> _SHIFT)) * _MIX + word) * _FNV_PRIME
            n = _remember(np.int64(pair >> _SHIFT) & mask, n, found, seen, slots)
            owners[known:n] = -n_words
        before = word
        n_words += 1
    return n, n_words
