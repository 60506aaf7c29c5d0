"""Scores of texts for whoever asks: how much they resemble debunked hoaxes. Nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.matcher import MatchStatus
from models.score import Score
from serving.db import library as rows
from serving.db.library import Entry
from serving.desk.context import Context
from serving.desk.incoming.machine import machine_for, scorer_for
from serving.errors import InvalidInputError, TooLargeError
from serving.i18n import mark

NEAREST = 3


@dataclass(frozen=True, slots=True)
class Near:
    """A clarification that a text resembles, and whether the machine thinks the likeness strong."""

    entry: Entry
    is_strong: bool


def check_size(ctx: Context, texts: Sequence[str]) -> None:
    """Raise ``TooLargeError`` for more texts than the settings allow, ``InvalidInputError`` for a longer one."""
    settings = ctx.settings
    if len(texts) > settings.max_texts_per_score:
        raise TooLargeError(mark("Paling banyak {n} teks sekaligus."), n=settings.max_texts_per_score)
    if any(len(text) > settings.max_text_chars for text in texts):
        raise InvalidInputError(mark("Satu teks paling panjang {n} huruf."), n=settings.max_text_chars)


def score(ctx: Context, texts: Sequence[str]) -> Sequence[Score]:
    """Score texts, in their order; anybody who is signed in or holds a key may ask.

    Raises:
        TooLargeError: more texts than the settings allow at once.
        InvalidInputError: one of them is longer than they allow.
        UnavailableError: the model cannot be opened.
    """
    check_size(ctx, texts)
    return scorer_for(ctx.settings).score_many(texts)


def nearest(ctx: Context, text: str) -> Sequence[Near]:
    """Give at most three published clarifications that a text resembles, likeliest first."""
    found = machine_for(ctx.settings).match(ctx.session, [text])[0][:NEAREST]
    entries = [(rows.entry(ctx.session, int(match.id)), match.status) for match in found]
    return [Near(entry, status is MatchStatus.CONFIRMED) for entry, status in entries if entry is not None]
