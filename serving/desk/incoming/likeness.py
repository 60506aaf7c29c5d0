"""How alike the words of posts are, by the signatures with which the intake finds copies of a message.

A signature is 64 numbers (MinHash over letters of the words that carry meaning): the share of equal ones estimates the
share of pieces that two texts have in common, to about six hundredths. A text cannot be read out of it, so what people
write in their own words is measured and not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.duplicates import signatures
from data.normalise import normalise
from serving.desk.outreach.posting import LINK

NEAR = 0.8
"""From here on two posts count as near-copies, as captions of one platform do."""
N_NUMBERS = 64

Signatures = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Repeated:
    """How much a set of posts repeats itself.

    Attributes:
        n: how many posts were compared.
        n_near: how many of them have a near-copy among the others.
        closest: how alike the two most alike are, 0 to 1.
    """

    n: int
    n_near: int
    closest: float


def signature(text: str) -> bytes:
    """Give the signature of a text, 64 numbers of four bytes; its links are left out, because everybody's differ."""
    minhash: Signatures = signatures([normalise(LINK.sub(" ", text))]).minhash[0]
    return minhash.astype("<u4").tobytes()


def _read(stored: Sequence[bytes]) -> Signatures:
    return np.frombuffer(b"".join(stored), "<u4").reshape(len(stored), N_NUMBERS)


def closest(one: bytes, others: Sequence[bytes]) -> float:
    """Give how alike a text is to the most alike of the others, 0 to 1; 0 where there are none."""
    if not others:
        return 0.0
    return float((_read(others) == _read([one])).mean(axis=1).max())


def repeated(stored: Sequence[bytes]) -> Repeated:
    """Compare every post with every other one: n² comparisons of 64 numbers, 20 ms for 300."""
    numbers = _read(stored)
    nearest = np.zeros(len(stored))
    for row in range(len(stored)):
        alike = (numbers == numbers[row]).mean(axis=1)
        alike[row] = 0.0
        nearest[row] = alike.max()
    return Repeated(len(stored), int((nearest >= NEAR).sum()), float(nearest.max(initial=0.0)))
