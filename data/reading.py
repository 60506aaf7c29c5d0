"""What the encoder reads: the register of a text stays, its typing and its names go.

`data.normalise` turns chat spelling into standard words, for clustering and for the linear model. An encoder
that was trained on much Indonesian knows both, and how people speak tells an opinion from a headline. So
`plain_words` takes out only what says how a text was typed: case, quotes, punctuation, line breaks, emoji,
styled letters, leetspeak, elongation, handles, links, the value of numbers, and the name of the page that collectors
put before a post ("Page | text"). `neutral_words` also puts one word in place of every party, religion, people, person
and place that `entities.tsv` lists, so that a score cannot depend on which of them a text names. What that costs: "the
president of X" and "the president of Y" read alike, so names count only where texts are compared, never where they are
judged.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from data.normalise import letters_and_placeholders, without_leetspeak

NUMBER: Final = "0"
STAND_INS: Final[Mapping[str, str]] = MappingProxyType(
    {"person": "seseorang", "place": "daerah", "party": "partai", "religion": "agama", "ethnic": "suku"}
)
"""The everyday word that stands for each kind of entity."""
PAGE_NAME: Final = re.compile(r"\A[^|\n]{1,60}\|(?=\s*\S)")
"""The name of the page that published a post, before its text: no part of the claim, and it may name a person."""

_WORDS: Final = re.compile(r"[^\W_]+|\?")
_RUNS: Final = re.compile(r"([^\W\d])\1{2,}")
_DIGITS: Final = re.compile(r"\d+")
_LIST_MARKS: Final = re.compile(r"^\s{0,9}(?:\(?\d{1,2}[.)]|[a-z][.)]|[-*•–—])\s", re.MULTILINE)
_NEVER_TWICE: Final = frozenset({NUMBER, "?"})
_LEFT_OVERS: Final = frozenset({"rt", "user", "url", "username", "https", "http", "co", "xf0", "xe2"})
_LONGEST_WORD: Final = 40  # letters; what is longer is a key smash or an address, and is cut


def plain_words(text: str) -> str:
    """The words of `text` in lower case between single blanks, spelled as people wrote them.

    Numbers become `0`, question marks stay as a word of their own. Linear in `len(text)`. Meant for text as it came:
    reading the result again would take the `0` inside a word for a hidden letter.
    """
    return " ".join(_plain(text))


def neutral_words(text: str) -> str:
    """`plain_words`, with one word for every listed party, religion, people, person and place.

    Neighbouring entities of one kind become one word, so that a name of two words reads like one of one.
    """
    return " ".join(_neutral(list(_plain(text))))


@cache
def entities() -> Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """First word → the listed forms that begin with it, longest first, each with its stand-in."""
    forms: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for kind, form in _listed():
        words = tuple(form.split())
        forms.setdefault(words[0], []).append((words, STAND_INS[kind]))
    return MappingProxyType({first: tuple(sorted(rows, key=lambda row: -len(row[0]))) for first, rows in forms.items()})


def _listed() -> Iterator[tuple[str, str]]:
    """Kind and form of each row of `entities.tsv`, and each province of `regions.tsv`."""
    for line in files("data").joinpath("entities.tsv").read_text(encoding="utf-8").splitlines():
        kind, _, form = line.partition("\t")
        if kind in STAND_INS:
            yield kind, form
    for line in files("data").joinpath("regions.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        yield "place", line.split("\t")[1].lower()
    yield "place", "jawa"


def _plain(text: str) -> Iterator[str]:
    last = ""
    for word in _WORDS.findall(letters_and_placeholders(_LIST_MARKS.sub(" ", PAGE_NAME.sub("", text)))):
        if word in _LEFT_OVERS:
            continue
        plain = word if word.isalpha() else _DIGITS.sub(NUMBER, without_leetspeak(word))
        # "ppp" is a party and no key held down
        for one in (plain if plain in entities() else _RUNS.sub(r"\1", plain[:_LONGEST_WORD])).split():
            if one != last or one not in _NEVER_TWICE:
                yield one
            last = one


def _neutral(words: list[str]) -> Iterator[str]:
    at, last = 0, ""
    while at < len(words):
        length, word = _entity_at(words, at)
        if length > 1 and any(
            start + _entity_at(words, start)[0] > at + length for start in range(at + 1, at + length)
        ):
            length, word = 1, words[at]  # "warga jawa" gives way to "jawa barat"
        if word != last or word not in _STAND_IN_WORDS:
            yield word
        at, last = at + length, word


def _entity_at(words: list[str], at: int) -> tuple[int, str]:
    """How many words the longest entity at `at` takes, and its stand-in; 1 and the word itself where none is."""
    for form, stand_in in entities().get(words[at], ()):
        if tuple(words[at : at + len(form)]) == form:
            return len(form), stand_in
    return 1, words[at]


_STAND_IN_WORDS: Final = frozenset(STAND_INS.values())
