"""What a text is to the search index: its words as they are spelled once cleaned, and the term behind each.

The cleaning is that of training and intake (`data.normalise`: slang, leetspeak, elongation, styled letters), so a
chat spelling and its standard word are one word here. A term is the stem. Light words ("yang", "di") are left out:
they tell no two texts apart and their lists would be the longest.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from data.normalise import light_words, normalise
from models.stemming import stem

# Longer texts are found by their beginning; both bound the time that one text can take.
MAX_CHARACTERS: Final = 6000
MAX_QUERY_CHARACTERS: Final = 1000
# A word of more letters is a link or a key held down.
_LONGEST_WORD: Final = 40
_REMEMBERED_WORDS: Final = 1 << 15
_WORDS: Final = re.compile(r"\w+", re.UNICODE)


def words_of(text: str) -> list[str]:
    """Return the words of a text that are indexed, cleaned and in their order."""
    light = light_words()
    return [
        word[:_LONGEST_WORD]
        for word in normalise(text[:MAX_CHARACTERS]).split()
        if word not in light and not word.startswith("@")
    ]


def term_of(word: str) -> str:
    """Return the term of a cleaned word."""
    return stem(word)


@lru_cache(maxsize=_REMEMBERED_WORDS)
def _terms_of(written: str) -> frozenset[str]:
    return frozenset(map(term_of, words_of(written)))


@dataclass(frozen=True, slots=True)
class Part:
    """A run of a text; `is_hit` where it is a word that was searched for, in any spelling."""

    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What was looked for: each term, and what finding it is worth."""

    weights: Mapping[str, float]

    def parts(self, text: str, room: int = 240) -> tuple[Part, ...]:
        """Return the stretch of about `room` characters that holds most of what was looked for, hits apart.

        What is left out before or after is an ellipsis of its own.
        """
        hits = list(self._hits(text))
        begin = _best_begin(hits, room, len(text))
        begin = text.rfind(" ", 0, begin) + 1 if begin else 0
        end = begin + room
        if end < len(text):
            end = max(text.rfind(" ", begin, end), begin + room // 2)
        return tuple(_cut(text, begin, min(end, len(text)), hits))

    def _hits(self, text: str) -> Iterator[tuple[int, int, float]]:
        for word in _WORDS.finditer(text[:MAX_CHARACTERS]):
            if len(word[0]) > _LONGEST_WORD:
                continue
            weight = max((self.weights.get(term, 0.0) for term in _terms_of(word[0])), default=0.0)
            if weight > 0.0:
                yield word.start(), word.end(), weight


def _best_begin(hits: Sequence[tuple[int, int, float]], room: int, length: int) -> int:
    """Return where the stretch begins whose hits weigh most; a little before its first."""
    if length <= room or not hits:
        return 0
    best, most, first, inside = hits[0][0], 0.0, 0, 0.0
    for start, end, weight in hits:
        inside += weight
        while end - hits[first][0] > room and hits[first][0] < start:
            inside -= hits[first][2]
            first += 1
        if inside > most + 1e-9:
            best, most = hits[first][0], inside
    return max(0, min(best - room // 8, length - room))


def _cut(text: str, begin: int, end: int, hits: Sequence[tuple[int, int, float]]) -> Iterator[Part]:
    at = begin
    before = "… " if begin > 0 else ""
    for start, stop, _ in hits:
        if start < begin or stop > end:
            continue
        if before or start > at:
            yield Part(before + text[at:start], is_hit=False)
            before = ""
        yield Part(text[start:stop], is_hit=True)
        at = stop
    rest = before + text[at:end] + (" …" if end < len(text) else "")
    if rest:
        yield Part(rest, is_hit=False)
