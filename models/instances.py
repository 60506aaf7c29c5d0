"""Whether two texts tell the same of different things: a scam under another brand, a disaster in another town.

A clarification answers one instance of a template that goes round again and again, so words that fit are not enough to
call a match strong. Two wordings are of different instances where they share most of what they say, and each names
something that the other does not. Names are told by capitals; a word that the library mostly writes small is none. What
that costs: a name in small letters is not seen, a person named by name here and by office there reads as two, and a
library without capitals tells nothing.
"""

import re
from collections import Counter
from collections.abc import Container
from typing import Final

from data.reading import PAGE_NAME
from models.stemming import stem

_WORD: Final = re.compile(r"[^\W_]+")
_OPENS: Final = re.compile(r"(?:\A|[.!?:;|\n…“\"(])\W*\Z")
_READ: Final = 600  # characters; a template shows at its beginning
_BEFORE: Final = 8  # characters before a word that may end a sentence
_SHARED: Final = 3  # content words that two wordings must have in common
_OF_TITLE: Final = 0.6  # share of a title's content words that another instance repeats
_OF_QUERY: Final = 0.6
_ACRONYM: Final = range(2, 7)  # letters


class SmallWords:
    """The words that the texts of a library write in small letters more often than not: no names."""

    def __init__(self) -> None:
        """Start with no text."""
        self._balance: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """Count the words of `text`."""
        self._count(text, 1)

    def remove(self, text: str) -> None:
        """Count the words of `text` no longer; it was added before."""
        self._count(text, -1)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._balance[word] > 0

    def _count(self, text: str, sign: int) -> None:
        for word in _WORD.findall(text):
            self._balance[word.casefold()] += sign if word.islower() else -sign


def are_other_instances(query: str, title: str, light: Container[str], small: Container[str]) -> bool:
    """Whether `query` tells what `title` tells, of something else; `light` holds words that say nothing."""
    asked = _content(PAGE_NAME.sub("", query[:_READ]), light, small)
    told = _content(title[:_READ], light, small)
    shared = asked.keys() & told.keys()
    if len(shared) < max(_SHARED, _OF_TITLE * len(told), _OF_QUERY * len(asked)):
        return False
    return _names_beside(asked, told) and _names_beside(told, asked)


def _names_beside(words: dict[str, bool], others: dict[str, bool]) -> bool:
    return any(is_name for word, is_name in words.items() if word not in others)


def _content(text: str, light: Container[str], small: Container[str]) -> dict[str, bool]:
    """Stem of each content word → whether it is written like a name somewhere in `text`."""
    found: dict[str, bool] = {}
    for match in _WORD.finditer(text):
        word, plain = match.group(), match.group().casefold()
        if plain in light or plain.isdigit():
            continue
        opens = _OPENS.search(text[max(0, match.start() - _BEFORE) : match.start()]) is not None
        is_name = plain not in small and ((word[0].isupper() and not opens) or _is_acronym(word))
        found[stem(plain)] = found.get(stem(plain), False) or is_name
    return found


def _is_acronym(word: str) -> bool:
    return word.isupper() and len(word) in _ACRONYM
