"""Compiled kernels of n-grams: the distinct hashed words, pairs of words and runs of characters of cleaned bytes.

`models.hashing` says what they are and gives them their memory.
"""

from typing import Any, Final

import numpy as np

from data._compiled import compiled

Shape = tuple[int, int, int]  # shortest and longest run of characters, mask of the table

BLANK: Final = 32
AT: Final = 64
ZERO: Final = 48
NINE: Final = 57
FNV_OFFSET: Final = np.uint64(0xCBF29CE484222325)
FNV_PRIME: Final = np.uint64(0x100000001B3)

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_WORD_SEED: Final = np.uint64(0x51ED270B)
_SHIFT: Final = np.uint64(29)


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
def _letters(content: Any, start: int, end: int, shape: Shape) -> Any:  # pragma: no cover - compiled
    """The bucket of each run of characters in content[start:end] between two blanks, int32 (lengths, end - start + 2).

    All of them at once, those across words too, because that is a loop that the processor does eight at a time.
    """
    char_min, char_max, mask = shape
    size = end - start + 2
    padded = np.full(size + char_max, np.uint8(BLANK))
    padded[1 : size - 1] = content[start:end]
    hashed = np.full(size, FNV_OFFSET)
    buckets = np.empty((char_max - char_min + 1, size), np.int32)
    for length in range(1, char_max + 1):
        for left in range(size):
            hashed[left] = (hashed[left] ^ np.uint64(padded[left + length - 1])) * FNV_PRIME
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
        word = FNV_OFFSET
        while at < end and content[at] != BLANK:
            byte = content[at]
            bare_number = bare_number and ZERO <= byte <= NINE
            word = (word ^ np.uint64(byte)) * FNV_PRIME
            at += 1
        if at > first and not bare_number and content[first] != AT:
            return first, at, word
        at += 1
    return end, end, FNV_OFFSET


@compiled
def collect(
    content: Any, start: int, end: int, shape: Shape, found: Any, owners: Any, seen: Any
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Write the distinct buckets of content[start:end] into `found`; return how many, and the words.

    `owners` gets, per bucket, the ordinal k of its word among the counted words, or -k for the pair of the
    words k - 1 and k. `seen` is scratch, a power of two of at least twice as many slots as there can be
    n-grams. Buckets are first written with repetitions: a loop without surprises, and the next one has few.
    """
    char_min, char_max, mask = shape
    letters = _letters(content, start, end, shape)
    n = n_words = 0
    before = FNV_OFFSET
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
            pair = ((before ^ (word >> _SHIFT)) * _MIX + word) * FNV_PRIME
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
