"""Compiled kernels of nearest vectors: bit codes, the candidates that they name, and products of 8-bit values.

Codes lie in blocks of 64 vectors, in each block the first 64 dimensions of all, then the next: so the bits that differ
are counted for many vectors at once. A vector whose code is near enough is weighed while its block is still in the
cache: now a dimension counts as far as the question lies from zero in it, in four bits, which tells near vectors apart
far better than counting each dimension alike, and is again nothing but counting bits.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data._compiled import compiled
from models._search import Floats, Ints, Words64

BLOCK = 64

_LEVELS = 4  # bits of a dimension's weight
_HEAVIEST = (1 << _LEVELS) - 1
# Vectors whose codes are looked at beforehand, to know how near is near enough.
_SAMPLE = 1 << 13

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
def _count(block: Words64, code: Words64, differing: Words64) -> None:
    """Write how many bits of a block's codes [width / 64, 64] differ from one."""
    for i in range(BLOCK):
        differing[i] = _n_ones(block[0, i] ^ code[0])
    for j in range(1, len(code)):
        word = code[j]
        for i in range(BLOCK):
            differing[i] += _n_ones(block[j, i] ^ word)


@compiled
def _weigh(block: Words64, i: int, asked: Coded) -> np.uint64:
    """Return what the differing dimensions of one code of a block weigh together."""
    # Four sums, so that none waits for another.
    ones = twos = fours = eights = np.uint64(0)
    for j in range(len(asked.code)):
        different = block[j, i] ^ asked.code[j]
        ones += _n_ones(different & asked.weights[j, 0])
        twos += _n_ones(different & asked.weights[j, 1])
        fours += _n_ones(different & asked.weights[j, 2])
        eights += _n_ones(different & asked.weights[j, 3])
    return ones + (twos << np.uint64(1)) + (fours << np.uint64(2)) + (eights << np.uint64(3))


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
def _near_enough(codes: Words64, n: int, code: Words64, wide: int) -> int:
    """Return how many bits may differ so that about `wide` of n vectors are let through, judged by a sample."""
    step = max(1, n // _SAMPLE)
    histogram = np.zeros(64 * len(code) + 1, np.int64)
    differing = np.empty(BLOCK, np.uint64)
    n_seen = 0
    for b in range(0, len(codes), step):
        _count(codes[b], code, differing)
        inside = min(BLOCK, n - b * BLOCK)
        for i in range(inside):
            histogram[differing[i]] += 1
        n_seen += inside
    return _limit(histogram, (wide * n_seen + n - 1) // n)


@compiled
def candidates(codes: Words64, n: int, asked: Coded, wide: int, narrow: int) -> Ints:
    """Return places of about `narrow` of n vectors: those that weigh least of about `wide` with the nearest codes."""
    limit = np.uint64(_near_enough(codes, n, asked.code, wide))
    places, weights = np.empty(n, np.int32), np.empty(n, np.uint16)
    histogram = np.zeros(64 * len(asked.code) * _HEAVIEST + 1, np.int32)  # half the cache
    differing = np.empty(BLOCK, np.uint64)
    lanes = np.empty(BLOCK, np.int64)
    n_near = 0
    for b in range(len(codes)):
        _count(codes[b], asked.code, differing)
        inside, n_let = min(BLOCK, n - b * BLOCK), 0
        for i in range(inside):  # without a branch, which would be guessed wrong for most of those let through
            lanes[n_let] = i
            n_let += differing[i] <= limit
        for k in range(n_let):
            weight = _weigh(codes[b], lanes[k], asked)
            places[n_near] = b * BLOCK + lanes[k]
            weights[n_near] = weight
            histogram[weight] += 1
            n_near += 1
    heaviest = _limit(histogram, narrow)
    n_taken = 0
    for i in range(n_near):
        if weights[i] <= heaviest:
            places[n_taken] = places[i]
            n_taken += 1
    return places[:n_taken].copy()


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
