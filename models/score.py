"""What every scorer answers, and the thresholds that screens, triage and evaluation all read.

A score says how much a text reads like what fact-checkers take up and debunk (*kemiripan dengan hoaks*). It
is not the probability that something is false, and no screen may call it so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

DECLARED_HOAX_SHARE: Final = 0.10
DECLARED_NEWS_SHARE: Final = 0.45
DECLARED_OPINION_SHARE: Final = 0.45
"""The mix of a feed that probabilities are calibrated to: one hoax in ten, the rest news and opinion
alike."""

Probabilities = npt.NDArray[np.float64]


class Band(StrEnum):
    """What the score asks of a human: look first, no advice, nothing seen."""

    LOOK = "look"
    ABSTAIN = "abstain"
    CLEAR = "clear"


class ReasonCode(StrEnum):
    """Why the score is what it is."""

    WORDS = "words"
    TOO_SHORT = "too_short"
    TRUNCATED = "truncated"
    OPINION = "opinion"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason.

    For WORDS, `text` is the cleaned word, `weight` what it adds to the calibrated logit. For OPINION, `weight` is how
    likely the model thinks opinion, grievance, satire or a question, and 1 where the text is one by its form
    (`models.gate`): such a text is never at `look`.
    """

    code: ReasonCode
    text: str = ""
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """The answer for one text; `model` is the version that gave it."""

    p_hoax: float
    band: Band
    reasons: tuple[Reason, ...]
    model: str


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the bands begin, and which texts are not judged; read from the artefact, never set in code.

    `look` and above: look. Below `clear`: clear. Between: abstain. Fewer than `min_words` words after
    cleaning: abstain at the declared share. Only the first `max_characters` of a text are read.
    """

    look: float
    clear: float
    min_words: int = 3
    max_characters: int = 4000

    def __post_init__(self) -> None:
        if not 0.0 <= self.clear <= self.look <= 1.0:
            raise ValueError(f"thresholds need 0 ≤ clear ≤ look ≤ 1, not clear={self.clear}, look={self.look}")

    def band(self, p_hoax: float) -> Band:
        """The band of a probability."""
        if p_hoax >= self.look:
            return Band.LOOK
        return Band.CLEAR if p_hoax < self.clear else Band.ABSTAIN


@runtime_checkable
class Scorer(Protocol):
    """Scores texts. Any text is an input: empty, 10 MB, of any script."""

    @property
    def version(self) -> str:
        """Name and short checksum of the artefact, "linear-1a2b3c4d"."""

    @property
    def thresholds(self) -> Thresholds:
        """The bands of this scorer."""

    def score_many(self, texts: Sequence[str]) -> list[Score]:
        """One score a text, in the same order, with reasons."""

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """The probabilities alone, float64 (n,): the fast path, no reasons."""
