"""What every moderator answers: how likely a text is hate, abuse, gambling promotion, scam or sexual content.

Labels are independent: a text may carry several, or none. A flag blurs a text on the desk and keeps it out of a
kit; it removes nothing, ranks nobody, and says nothing of whether a claim is true. Each label has a calibration and
a threshold of its own, because each was annotated by other people on other texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol, runtime_checkable

import numpy as np

from models.calibration import Floats, Platt


class ModerationLabel(StrEnum):
    """What a text may contain. The order is the order of every table of weights and of every answer."""

    HATE = "hate"
    ABUSIVE = "abusive"
    GAMBLING = "gambling"
    SCAM = "scam"
    SEXUAL = "sexual"


LABELS: Final = tuple(ModerationLabel)


@dataclass(frozen=True, slots=True)
class Moderation:
    """The answer for one text: a probability for each label, the labels that are flagged, and who says so."""

    labels: Mapping[ModerationLabel, float]
    flags: tuple[ModerationLabel, ...]
    model: str


@dataclass(frozen=True, slots=True)
class LabelBand:
    """How one label's logit becomes a probability, and from which probability on the label is flagged."""

    calibration: Platt
    flag: float

    def __post_init__(self) -> None:
        if not 0.0 < self.flag <= 1.0:
            raise ValueError(f"a flag threshold lies above 0 and at most at 1, not at {self.flag}")


Bands = Mapping[ModerationLabel, LabelBand]


@runtime_checkable
class Moderator(Protocol):
    """Moderates texts. Any text is an input: empty, 10 MB, of any script."""

    @property
    def version(self) -> str:
        """Name and short checksum of the artefact, "moderation-1a2b3c4d"."""

    def moderate_many(self, texts: Sequence[str]) -> list[Moderation]:
        """One answer a text, in the same order."""


def probabilities_of(logits: Floats, bands: Bands) -> Floats:
    """Calibrated probabilities of raw logits: float64 (n, 5) in the order of `LABELS`, both."""
    return np.stack([bands[label].calibration.probabilities(logits[:, at]) for at, label in enumerate(LABELS)], axis=1)


def answers_of(probabilities: Floats, bands: Bands, model: str) -> list[Moderation]:
    """One answer a row of calibrated probabilities, float64 (n, 5) in the order of `LABELS`."""
    return [_answer(row, bands, model) for row in probabilities.tolist()]


def _answer(row: Sequence[float], bands: Bands, model: str) -> Moderation:
    labels = dict(zip(LABELS, row, strict=True))
    flags = tuple(label for label, p in labels.items() if p >= bands[label].flag)
    return Moderation(MappingProxyType(labels), flags, model)
