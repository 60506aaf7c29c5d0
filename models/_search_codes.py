"""Compiled kernels of nearest vectors: bit codes, the candidates that they name, and products of 8-bit values.

Codes lie in blocks of 64 vectors, in each block the first 64 dimensions of all, then the next: so what differs is
weighed for many vectors at once. A dimension counts as far as the question lies from zero in it, in four bits, which
tells near vectors apart far better than counting each dimension alike, and is again nothing but counting bits. All
vectors are weighed in one pass: with vector instructions that count bits it takes about as long as reading the codes
from memory, so a first choice by fewer bits would save nothing and lose some of the nearest.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data._compiled import compiled
from models._search import Floats, Ints, Words64

BLOCK = 64

_LEVELS = 4  # bits of a dimension's weight
_HEAVIEST = (1 << _LEVELS) - 1
# Vectors that are weighed beforehand, to know how near is near enough; and how many times as many as are wanted are let
# through by that, because a sample is not all.
_SAMPLE = 1 << 13
_SPARE = 2
_LANES = 8  # vectors of a block that are passed over together where none of them is near

Signed = npt.NDArray[np.int8]


class Coded(NamedTuple):
    """A question in bits."""

    code: Words64  # [width / 64]
    weights: Words64  # [width / 64, 4], each dimension's weight, lowest bit first


@compiled
def codes_of(vectors: Floats, centre: Floats) -> Words64:
    """Return on which side of the centre vectors [n, width] lie, one bit a dimension: [n / 64, width / 64, 64]."""
    n, width = vectors.shape
    codes = np.zeros(((n + BLOCK - 1) // BLOCK, (width + 63) // 64, BLOCK), np.uint64)
    for i in range(n):
        for j in range(width):
            if vectors[i, j] > centre[j]:
                codes[i // BLOCK, j >> 6, i % BLOCK] |= np.uint64(1) << np.uint64(j & 63)
    return codes


@compiled
def coded(query: Floats, centre: Floats) -> Coded:
    """Code a question [width] as vectors are, with the weights of its dimensions."""
    width = len(query)
    code = np.zeros((width + 63) // 64, np.uint64)
    weights = np.zeros((len(code), _LEVELS), np.uint64)
    scale = _HEAVIEST / max(np.abs(query).max(), 1e-9)
    for j in range(width):
        if query[j] > centre[j]:
            code[j >> 6] |= np.uint64(1) << np.uint64(j & 63)
        weight = np.uint64(abs(query[j]) * scale + 0.5)
        for level in range(_LEVELS):
            bit = (weight >> np.uint64(level)) & np.uint64(1)
            weights[j >> 6, level] |= bit << np.uint64(j & 63)
    return Coded(code, weights)


@compiled
def _n_ones(value: np.uint64) -> np.uint64:
    """Count the ones; written so that the compiler knows it and uses the processor's own instruction."""
    value -= (value >> np.uint64(1)) & np.uint64(0x5555555555555555)
    value = (value & np.uint64(0x3333333333333333)) + ((value >> np.uint64(2)) & np.uint64(0x3333333333333333))
    value = (value + (value >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (value * np.uint64(0x0101010101010101)) >> np.uint64(56)


@compiled
def _weigh(block: Words64, asked: Coded, weights: Words64) -> None:
    """Write what the differing dimensions of each code of a block [width / 64, 64] weigh together."""
    weights[:] = 0
    for j in range(len(asked.code)):
        word = asked.code[j]
        # Names of their own, because the compiler reads an array again at each turn.
        one, two, four, eight = asked.weights[j, 0], asked.weights[j, 1], asked.weights[j, 2], asked.weights[j, 3]
        for i in range(BLOCK):
            different = block[j, i] ^ word
            weights[i] += (
                _n_ones(different & one)
                + (_n_ones(different & two) << np.uint64(1))
                + (_n_ones(different & four) << np.uint64(2))
                + (_n_ones(different & eight) << np.uint64(3))
            )


@compiled
def _limit(histogram: npt.NDArray[np.signedinteger], most: int) -> int:
    """Return the least value up to which at least `most` are counted; the last where there are fewer."""
    n = np.int64(0)
    for value in range(len(histogram)):
        n += histogram[value]
        if n >= most:
            return value
    return len(histogram) - 1


@compiled
def _near_enough(codes: Words64, n: int, asked: Coded, most: int) -> int:
    """Return the weight up to which about `most` of n vectors are let through, judged by a sample."""
    step = max(1, n // _SAMPLE)
    histogram = np.zeros(64 * len(asked.code) * _HEAVIEST + 1, np.int32)  # half the cache
    weights = np.empty(BLOCK, np.uint64)
    n_seen = 0
    for b in range(0, len(codes), step):
        _weigh(codes[b], asked, weights)
        inside = min(BLOCK, n - b * BLOCK)
        for i in range(inside):
            histogram[weights[i]] += 1
        n_seen += inside
    return _limit(histogram, (most * n_seen + n - 1) // n)


@compiled
def _let_through(codes: Words64, n: int, asked: Coded, limit: np.uint64) -> tuple[Ints, Ints]:
    """Return the places of the vectors that weigh at most so much, ascending, and their weights."""
    places, weighed = np.empty(n, np.int32), np.empty(n, np.int32)
    weights = np.empty(BLOCK, np.uint64)
    n_near = 0
    for b in range(len(codes)):
        _weigh(codes[b], asked, weights)
        inside = min(BLOCK, n - b * BLOCK)
        for first in range(0, inside, _LANES):
            least = weights[first]
            for i in range(1, _LANES):  # the last block's empty places weigh something too
                least = min(least, weights[first + i])
            if least <= limit:
                for i in range(first, min(first + _LANES, inside)):
                    if weights[i] <= limit:
                        places[n_near], weighed[n_near] = b * BLOCK + i, weights[i]
                        n_near += 1
    return places[:n_near], weighed[:n_near]


@compiled
def candidates(codes: Words64, n: int, asked: Coded, narrow: int) -> Ints:
    """Return places of about `narrow` of n vectors, ascending: those whose differing dimensions weigh least."""
    limit = _near_enough(codes, n, asked, _SPARE * narrow)
    places, weights = _let_through(codes, n, asked, np.uint64(limit))
    histogram = np.zeros(limit + 1, np.int32)
    for weight in weights:
        histogram[weight] += 1
    return places[weights <= _limit(histogram, narrow)]


@compiled
def products(rows: Signed, places: Ints, query: npt.NDArray[np.int16]) -> Ints:
    """Return the products of some rows [n, width] with a query [width] of at most 12 bits, which no sum overflows."""
    out = np.empty(len(places), np.int32)
    for i in range(len(places)):
        row = rows[places[i]]
        total = np.int32(0)
        for j in range(len(query)):
            total += np.int32(row[j]) * np.int32(query[j])
        out[i] = total
    return out
