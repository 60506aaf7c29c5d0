"""Nearest vectors without an index to train: one bit a dimension finds candidates, 8 bits put them in order.

A part keeps for each vector the side of the part's own centre on which it lies, one bit a dimension, and what is left
of the vector without the centre in 8 bits with a scale. A question is compared with all codes by what the differing
bits weigh, which reads 48 bytes a vector of 384 dimensions where the floats are 1,536; only the best few hundred are
compared by their values. Inverted lists (IVF) would read less still, but they must be trained and go stale as a feed
drifts; codes are made as vectors come, and a part never changes. Measured by `python -m benchmarks.search`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models import _search_codes as kernels
from models._search import Floats, Ints, Longs, Words32, Words64
from models._search_codes import Signed

# Vectors whose values are read for each one that is asked for, at least, and at least which part of all.
DEPTH: Final = 20
LEAST_DEPTH: Final = 256
ONE_IN: Final = 800
_MOST_8BIT: Final = 127.0
_MOST_12BIT: Final = 2047.0


@dataclass(frozen=True, slots=True)
class VectorPart:
    """Vectors that never change: whose they are, of which text, their codes and their values."""

    refs: Longs  # [n], ascending
    prints: Words32  # [n], fingerprint of the text that was read
    centre: Floats  # [width]
    codes: Words64  # [n / 64, width / 64, 64]
    rows: Signed  # [n, width], what is left of each without the centre
    scales: Floats  # [n]

    def __len__(self) -> int:
        return len(self.refs)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Give everything as arrays under names that a file can keep."""
        return {name: getattr(self, name) for name in self.__slots__}


def part_from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> VectorPart:
    """Make a part of arrays that another one gave."""
    # Only for reading, as a mapped file is: a kernel is compiled once for both.
    frozen = {name: values.view() for name, values in arrays.items()}
    for values in frozen.values():
        values.flags.writeable = False
    return VectorPart(**frozen)


def part_of(refs: Longs, prints: Words32, vectors: Floats) -> VectorPart:
    """Keep unit vectors [n, width] of the texts with these fingerprints; references are all different."""
    order = np.argsort(refs, kind="stable")
    vectors = np.ascontiguousarray(vectors[order], np.float32)
    centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    codes = kernels.codes_of(vectors, centre)
    vectors -= centre
    scales = np.maximum(np.abs(vectors).max(axis=1), np.float32(1e-9)) / np.float32(_MOST_8BIT)
    rows = np.rint(vectors / scales[:, None]).astype(np.int8)
    return part_from_arrays(
        {
            "refs": refs[order],
            "prints": prints[order],
            "centre": centre,
            "codes": codes,
            "rows": rows,
            "scales": scales.astype(np.float32),
        }
    )


def joined(parts: Sequence[VectorPart], keep: Sequence[npt.NDArray[np.bool_]]) -> VectorPart:
    """Make one part of several, of the vectors to keep; the values lose a little in being rounded again."""
    vectors = [
        (part.rows[mask] * part.scales[mask, None] + part.centre).astype(np.float32)
        for part, mask in zip(parts, keep, strict=True)
    ]
    return part_of(
        np.concatenate([part.refs[mask] for part, mask in zip(parts, keep, strict=True)]),
        np.concatenate([part.prints[mask] for part, mask in zip(parts, keep, strict=True)]),
        np.concatenate(vectors),
    )


def nearest(part: VectorPart, query: Floats, k: int, span: tuple[int, int] | None = None) -> tuple[Ints, Floats]:
    """Return the places of at most k vectors that are nearest to a unit vector, with cosines, nearest first.

    Of those only whose references lie in `span`, from its first to before its last, where one is given. Approximate: a
    near vector is missed where more others than are looked at have nearer codes.
    """
    start, end = (0, len(part)) if span is None else map(int, np.searchsorted(part.refs, span))
    depth = max(DEPTH * k, LEAST_DEPTH, (end - start) // ONE_IN)
    if end - start > depth:
        asked = kernels.coded(query, part.centre)
        # Whole blocks of codes are read, so some of the first one's may lie before the span.
        block, before = divmod(start, kernels.BLOCK)
        places = kernels.candidates(part.codes[block:], before + end - start, asked, depth)
        places = places[places >= before] + np.int32(start - before)
    else:
        places = np.arange(start, end, dtype=np.int32)
    scale = max(float(np.abs(query).max()), 1e-9) / _MOST_12BIT
    products = kernels.products(part.rows, places, np.rint(query / scale).astype(np.int16))
    found = products * part.scales[places] * np.float32(scale) + np.float32(query @ part.centre)
    if len(found) > k:
        first = np.argpartition(-found, k - 1)[:k]
        places, found = places[first], found[first]
    order = np.lexsort((-part.refs[places], -found))
    return places[order], found[order]
