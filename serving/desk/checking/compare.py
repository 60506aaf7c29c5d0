"""Two texts side by side, with the words marked that only one of them has. Pure.

A claim and a clarification are two people's sentences about one thing, not two versions of one text: where their words
stand differs anyway, so what is marked is the word and not the place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PIECES = re.compile(r"\w+|\W+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one text; ``only_here`` where the other text has none of its words."""

    text: str
    only_here: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """Both texts in pieces, and how many different words they share."""

    left: tuple[Piece, ...]
    right: tuple[Piece, ...]
    n_shared: int


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _pieces(text: str, others: frozenset[str]) -> tuple[Piece, ...]:
    found: list[Piece] = []
    for piece in _PIECES.findall(text):
        is_word = piece[0].isalnum() or piece[0] == "_"
        only_here = is_word and piece.casefold() not in others
        if found and found[-1].only_here == only_here:
            found[-1] = Piece(found[-1].text + piece, only_here)
        else:
            found.append(Piece(piece, only_here))
    return tuple(found)


def beside(left: str, right: str) -> Marked:
    """Lay two texts side by side; the pieces of each, joined, are the text itself."""
    words = _words(left), _words(right)
    return Marked(_pieces(left, words[1]), _pieces(right, words[0]), len(words[0] & words[1]))
