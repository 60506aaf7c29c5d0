"""Which words moved a score: the answer a reviewer can check against the text.

The model is linear, so a word's share is exact up to the common length: what its n-grams add to the logit.
Hashing hides which n-gram a bucket stands for, therefore words are read from the text at hand and never
from the table.
"""

from collections.abc import Mapping
from typing import Final

from models.score import Reason, ReasonCode

WordWeights = dict[str, float]

N_REASONS: Final = 5
SMALLEST_SHARE: Final = 0.02  # of a logit; below, a word explains nothing


def strongest(weights: Mapping[str, float], n: int = N_REASONS) -> tuple[Reason, ...]:
    """The `n` words that move the logit most, in either direction, strongest first."""
    ranked = sorted(weights.items(), key=lambda item: (-abs(item[1]), item[0]))
    return tuple(
        Reason(ReasonCode.WORDS, word, round(weight, 4)) for word, weight in ranked[:n] if abs(weight) >= SMALLEST_SHARE
    )
