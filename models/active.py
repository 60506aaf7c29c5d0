"""Which open claims would teach the model most if the desk decided them next.

Three things, each from the literature, none of which needs a model of its own:

- *uncertainty* u: margin sampling (Lewis & Gale, 1994) around the threshold that people feel, `look`, and not around
  one half. With q = sigmoid(logit p − logit look), u = 2 · min(q, 1 − q): one at the threshold, towards zero far off.
- *disagreement* d: query by committee (Seung, Opper & Sompolinsky, 1992) with soft votes. The committee is whoever has
  read the claim: the model that judges it, the quick one before it, the challenger in shadow. d is the Jensen–Shannon
  divergence of their answers in bits: H(mean p) − mean H(p), zero where they agree or one reads alone, at most one.
- *diversity*: farthest-first traversal (Gonzalez, 1985), the greedy core-set of Sener & Savarese (2018), over the
  Jaccard distance of cleaned words, so that twenty copies of one story do not fill the list.

gain = 1 − (1 − u)(1 − d): either is reason enough. The next claim on the list is the one with the largest gain times
its distance to the nearest claim listed before. What it costs: the list says what is informative for the *model*, and
nothing of reach or harm; it is a page beside the queue and never an order of the queue.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from data.normalise import normalise

_NEAREST_TO_CERTAIN: Final = 1e-6  # a probability nearer to 0 or 1 counts as this near, so that its logit is finite


@dataclass(frozen=True, slots=True)
class Reading:
    """What models said of one open claim.

    `p_hoax` is the standing score; `others` what further models said of the same text, in any order.
    """

    id: int
    p_hoax: float
    others: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a label of one claim would teach: uncertainty, disagreement and gain, each between 0 and 1."""

    id: int
    uncertainty: float
    disagreement: float
    gain: float


def uncertainty(p_hoax: float, look: float) -> float:
    """How near a probability is to the threshold `look`: 1 at it, towards 0 far from it."""
    q = 1.0 / (1.0 + math.exp(_logit(look) - _logit(p_hoax)))
    return 2.0 * min(q, 1.0 - q)


def disagreement(answers: Sequence[float]) -> float:
    """Jensen–Shannon divergence of probabilities of the same text, in bits; 0 for one answer or none."""
    if len(answers) < 2:
        return 0.0
    apart = _entropy(math.fsum(answers) / len(answers)) - math.fsum(map(_entropy, answers)) / len(answers)
    return min(1.0, max(0.0, apart))


def lesson(reading: Reading, look: float) -> Lesson:
    """What a label of this claim would teach."""
    u = uncertainty(reading.p_hoax, look)
    d = disagreement((reading.p_hoax, *reading.others))
    return Lesson(reading.id, u, d, 1.0 - (1.0 - u) * (1.0 - d))


def most_telling(readings: Sequence[Reading], look: float, limit: int) -> list[Lesson]:
    """The `limit` readings with the largest gain, largest first, equal ones by number: who enters `diverse`."""
    return sorted((lesson(reading, look) for reading in readings), key=lambda one: (-one.gain, one.id))[:limit]


def words_of(text: str) -> frozenset[str]:
    """The distinct words of a text as every model reads it."""
    return frozenset(normalise(text).split())


def diverse(lessons: Sequence[Lesson], words: Sequence[frozenset[str]], limit: int) -> list[Lesson]:
    """Choose `limit` lessons far from one another, in the order in which they should be labelled.

    `words` are those of each lesson's text. A lesson whose words are all on the list already has nothing left to teach
    and is left out, so that fewer than `limit` may come back. Takes limit × len(lessons) comparisons.
    """
    chosen: list[Lesson] = []
    gains = np.array([one.gain for one in lessons], dtype=np.float64)
    nearest = np.ones(len(lessons))
    while len(chosen) < limit and gains.size:
        worth = gains * nearest
        best = int(worth.argmax())  # the first of equals, so that the list is the same each time
        if worth[best] <= 0.0:
            break
        chosen.append(lessons[best])
        distances = [distance(words[best], other) for other in words]
        nearest = np.minimum(nearest, distances)
        nearest[best] = 0.0
    return chosen


def distance(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard distance of two sets of words: 0 where they are the same, 1 where they share none."""
    together = len(one | other)
    return 1.0 - len(one & other) / together if together else 0.0


def _logit(p: float) -> float:
    inside = min(max(p, _NEAREST_TO_CERTAIN), 1.0 - _NEAREST_TO_CERTAIN)
    return math.log(inside / (1.0 - inside))


def _entropy(p: float) -> float:
    if p <= 0.0 or p >= 1.0:
        return 0.0
    return -(p * math.log2(p) + (1.0 - p) * math.log2(1.0 - p))
