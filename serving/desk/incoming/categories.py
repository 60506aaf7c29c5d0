"""What a claim seems to be about, by a published list of words; a human answers, this only pre-fills.

The list is ``categories.tsv``: anybody can read why a claim was put where it is. The cost of words alone is that a
claim *about* a ministry's health programme may be taken for health or for government, whichever has more words in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from data.normalise import normalise
from serving.vocabulary import Category

_LONGEST: Final = 3  # words in an entry
_READ_WORDS: Final = 400
_ENOUGH: Final = 2  # one weak word is no category
# Endings and prefixes that leave the word in the list recognisable.
_ENDINGS: Final = ("nya", "lah", "kah", "pun", "ku", "mu")


@cache
def keywords() -> Mapping[str, tuple[Category, int]]:
    """Give the list: cleaned words → category and weight. An entry stands in one category only."""
    entries: dict[str, tuple[Category, int]] = {}
    for line in files("serving.desk.incoming").joinpath("categories.tsv").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        category, weight, words = line.split("\t")
        for entry in words.split("|"):
            cleaned = normalise(entry)
            # Two spellings may be cleaned to one word ("bansos"), but a word speaks for one category.
            if entries.get(cleaned, (category,))[0] != category:
                raise ValueError(f"categories.tsv: {entry!r} stands in two categories")
            entries[cleaned] = (Category(category), int(weight))
    return MappingProxyType(entries)


@cache
def _beginnings() -> frozenset[str]:
    """Give the words with which an entry of more than one word begins."""
    return frozenset(entry.partition(" ")[0] for entry in keywords() if " " in entry)


@lru_cache(maxsize=1 << 15)
def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 3:
            return word.removesuffix(ending)
    return word


def suggest(reading: str) -> Category:
    """Suggest a category for a cleaned text; ``lain`` where too few words of the list are in it.

    Each entry counts once, however often it comes; the largest sum wins, and of equal ones the earlier in the
    vocabulary.
    """
    known, beginnings = keywords(), _beginnings()
    words = reading.split()[:_READ_WORDS]
    stems = [_stem(word) for word in words]
    found: set[str] = set()
    for tokens in (words, stems):
        found.update(filter(known.__contains__, tokens))
        for i in [i for i, token in enumerate(tokens) if token in beginnings]:
            phrases = (" ".join(tokens[i : i + n]) for n in range(2, _LONGEST + 1))
            found.update(filter(known.__contains__, phrases))
    sums: defaultdict[Category, int] = defaultdict(int)
    for entry in found:
        category, weight = known[entry]
        sums[category] += weight
    order = list(Category)
    best = max(sums, key=lambda category: (sums[category], -order.index(category)), default=Category.OTHER)
    return best if sums[best] >= _ENOUGH else Category.OTHER
