"""Which words of a short text are names: capitals inside a sentence, capitals that open one, and names that are known.

There is no parser of Indonesian here. A capital that opens a sentence is a name unless its word is an everyday one: one
that people open a post with, one of the source's own words without capital, or another form of one. What that costs: an
unusual word there is taken for a name, and whoever wrote it begins the sentence with another.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from importlib.resources import files

from data.normalise import light_words, slang
from data.reading import entities
from models.stemming import stem

WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_CAPITALS = re.compile(r"\b[A-Z\u00c0-\u00de][\w'\u2019-]*(?:\s+[A-Z\u00c0-\u00de][\w'\u2019-]*)*")
_SENTENCE_END = re.compile(r"[.!?:;\n\u2026]+")
_PLAIN_WORD = re.compile(r"[^\W_]+")
_BREAK = re.compile(r"[^\w\s'\u2019-]+")
# Shapes that verbs and adverbs have and hardly any name: "beredar", "mengingatkan", "sampaikan", "sayangnya".
_VERBAL = re.compile(r"(?:ber|ter|mem|meng|meny)[a-z]{4,}|[a-z]{3,}kan|[a-z]{4,}nya")
# What a part of a longer name begins with that is a name by itself: "Dinas Pertanian *Kabupaten Contoh*".
_HEADS = frozenset(
    (
        *("kementerian", "badan", "dinas", "lembaga", "direktorat", "kantor", "bank", "universitas", "sekolah"),
        *("provinsi", "kabupaten", "kota", "kecamatan", "desa", "kelurahan", "pulau", "jalan", "jembatan", "bandara"),
        *("puskesmas", "rumah", "polda", "polres", "bapak", "ibu", "pak", "bu"),
    )
)


@cache
def _everyday() -> frozenset[str]:
    lines = files("serving.desk.outreach").joinpath("everyday_words.txt").read_text("utf-8").splitlines()
    return frozenset((*(word for line in lines if line[:1] != "#" for word in line.split()), *light_words(), *slang()))


def capital_runs(text: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Give each run of capitalised words, and whether it opens a sentence."""
    for sentence in _SENTENCE_END.split(text):
        opening = WORD.search(sentence)
        for run in _CAPITALS.finditer(sentence):
            yield tuple(run.group().split()), opening is not None and run.start() == opening.start()


def beginnings(text: str) -> frozenset[str]:
    """Give the words, in lower case, with which a name in a text begins, whole names and names inside longer ones.

    An opening word may be no part of the name behind it, so the second word of such a run counts as well.
    """
    found: set[str] = set()
    for run, is_opening in capital_runs(text):
        found.update(run[: 2 if is_opening else 1])
        found.update(word for word in run if word.casefold() in _HEADS)
    return frozenset(word.casefold() for word in found)


def known_names(text: str) -> Iterator[str]:
    """Give the parties, religions, peoples, persons and places that ``data`` lists, in whatever case they stand."""
    # No name goes on behind a comma or a full stop.
    for part in _BREAK.split(text.casefold()):
        words = _PLAIN_WORD.findall(part)
        at = 0
        while at < len(words):
            listed = (form for form, _ in entities().get(words[at], ()))
            name = next((form for form in listed if tuple(words[at : at + len(form)]) == form), ())
            if name:
                yield " ".join(name)
            at += len(name) or 1


def is_everyday(word: str, source_words: Collection[str], source_stems: Collection[str]) -> bool:
    """Tell whether a word with a capital at the beginning of a sentence is no name.

    Args:
        word: as it was written.
        source_words: words that stand in the approved text without a capital, in lower case.
        source_stems: their stems.
    """
    plain = word.casefold()
    if plain in source_words or stem(plain) in source_stems:
        return True
    return next(known_names(plain), None) is None and (plain in _everyday() or _VERBAL.fullmatch(plain) is not None)
