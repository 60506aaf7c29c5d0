"""What the desk does with the moderator's flags: blur until somebody asks to see, and keep kits clean.

A flag hides nothing for good, removes nothing and is written to no person's account. The moderator is opened once a
process, when it is first asked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from types import MappingProxyType
from typing import Final

from models import artifact
from models.artifact import ArtifactError
from models.moderation import Moderation, ModerationLabel, Moderator
from serving.desk.context import Context
from serving.desk.incoming.scoring import check_size
from serving.errors import InvalidInputError, UnavailableError
from serving.i18n import mark

NAMES: Final[Mapping[ModerationLabel, str]] = MappingProxyType(
    {
        ModerationLabel.HATE: mark("ujaran kebencian"),
        ModerationLabel.ABUSIVE: mark("kata kasar"),
        ModerationLabel.GAMBLING: mark("promosi judi"),
        ModerationLabel.SCAM: mark("penipuan"),
        ModerationLabel.SEXUAL: mark("konten seksual"),
    }
)
"""Each label as a reader sees it."""

# A clarification of a fraud repeats its words, so `scam` keeps nothing out of a kit.
REFUSALS: Final[Mapping[ModerationLabel, str]] = MappingProxyType(
    {
        ModerationLabel.HATE: mark("Kalimat ini terbaca sebagai ujaran kebencian, jadi tidak dibagikan: “{caption}”"),
        ModerationLabel.ABUSIVE: mark("Kalimat ini terbaca kasar, jadi tidak dibagikan: “{caption}”"),
        ModerationLabel.GAMBLING: mark("Kalimat ini terbaca sebagai promosi judi, jadi tidak dibagikan: “{caption}”"),
        ModerationLabel.SEXUAL: mark("Kalimat ini terbaca sebagai konten seksual, jadi tidak dibagikan: “{caption}”"),
    }
)
"""Labels that keep a caption out of a kit, each with the sentence that says so."""


# What a row of the queue veils. Fraud and gambling are what half of the rows are about, and hurt nobody who reads them.
HURTING: Final = frozenset({ModerationLabel.HATE, ModerationLabel.ABUSIVE, ModerationLabel.SEXUAL})


class FlaggedCaptionError(InvalidInputError):
    """A caption that people are to post under their own names reads like hate, abuse, gambling or sexual content."""

    code = "flagged-caption"


@lru_cache(maxsize=1)
def _moderator() -> Moderator:
    try:
        return artifact.released_moderator("moderation")
    except ArtifactError as error:
        raise UnavailableError(mark("Model tidak dapat dibuka: {why}"), why=str(error)) from None


_opening = Lock()


def moderator() -> Moderator:
    """Give the process's moderator; raise ``UnavailableError`` where it cannot be opened."""
    with _opening:
        return _moderator()


def moderate(ctx: Context, texts: Sequence[str]) -> list[Moderation]:
    """Moderate texts for whoever asks, in their order; nothing is kept.

    Raises:
        TooLargeError: more texts than the settings allow at once.
        InvalidInputError: one of them is longer than they allow.
        UnavailableError: the model cannot be opened.
    """
    check_size(ctx, texts)
    return moderator().moderate_many(texts)


def flags_of(texts: Sequence[str]) -> list[tuple[ModerationLabel, ...]]:
    """Give for each text what blurs it on the desk; nothing blurs where the model cannot be opened."""
    try:
        answers = moderator().moderate_many(texts)
    except UnavailableError:
        return [() for _ in texts]
    return [answer.flags for answer in answers]


def veils(texts: Sequence[str], labels: Collection[ModerationLabel] = tuple(ModerationLabel)) -> list[tuple[str, ...]]:
    """Give for each text which of the labels it has, in words; it is then shown once somebody asks to see it."""
    return [tuple(NAMES[flag] for flag in flags if flag in labels) for flags in flags_of(texts)]


def is_hurting(*veiled: Collection[str]) -> bool:
    """Tell whether one of these veils, in words, is of a kind that hurts whoever reads it."""
    hurting = {NAMES[label] for label in HURTING}
    return any(not hurting.isdisjoint(names) for names in veiled)


def refuse_flagged(captions: Sequence[str]) -> None:
    """Refuse captions that no civil servant should be handed.

    Raises:
        FlaggedCaptionError: one is flagged as hate, abuse, gambling or sexual content; it is quoted.
        UnavailableError: the model cannot be opened.
    """
    for caption, answer in zip(captions, moderator().moderate_many(captions), strict=True):
        refused = next((label for label in answer.flags if label in REFUSALS), None)
        if refused is not None:
            raise FlaggedCaptionError(REFUSALS[refused], caption=caption)
