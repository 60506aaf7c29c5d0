"""Hashed word and character n-grams of cleaned text: the one feature code of training and serving.

A feature is a bucket of a table of 2**bits, so there is no vocabulary to ship or to look up. The cost is
that two n-grams may share a bucket, which at the sizes tried moved no figure. The kernel (`_ngrams`) walks UTF-8 bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models._ngrams import Shape, collect

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Buckets = npt.NDArray[np.int32]


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


def shape_of(ngrams: NGrams) -> Shape:
    """What the kernel needs of `ngrams`: shortest and longest run of characters, mask of the table."""
    return ngrams.char_min, ngrams.char_max, ngrams.n_buckets - 1
