"""Signals: what a moderator counts in a text beside its n-grams.

N-grams remember the words of the sources that they were fitted on; a signal says what kind of thing stands there, also
where the very word was never seen: a word of abuse, the name of a group of people, the shape of a gambling site's name,
an amount of money beside a number to call. Words are looked up before slang becomes standard, because "goblok" is more
than "bodoh". Each pattern begins at a word's first character or is bounded, so that no text makes one backtrack.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import numpy as np

from data.normalise import letters_and_placeholders, without_leetspeak
from models.calibration import Floats

KINDS: Final = (
    *("body", "gambling", "harm", "insult", "lure", "money", "named_group"),
    *("prize", "profanity", "promo", "sexual", "slur"),
)
"""Kinds of words in `moderation_terms.tsv`."""

_NAME: Final = r"(?<![a-z0-9])"
_END: Final = r"(?![a-z0-9])"
_SITES: Final = r"t[o0]t[o0]|sl[o0]t|t[o0]gel|bet|w[i1]n|jp|poker|casino|gaming|hoki|jitu|gac[o0]r|play"
_PLAIN_PATTERNS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "name_with_number": re.compile(rf"{_NAME}[a-z]{{3,20}}\d{{2,4}}{_END}"),
        "name_with_spaced_number": re.compile(rf"{_NAME}[a-z]{{3,20}}(?:[ .\-_*!]{{0,2}}\d){{2,4}}{_END}"),
        "lucky_number": re.compile(r"(?<!\d)(?:(\d)[ .,/]?\1(?:[ .,/]?\1)?|303|138|168|365|123|911|007|808|234)(?!\d)"),
        "name_in_4d": re.compile(r"(?<!\d)4[ .\-]?d(?![a-z])"),
        "site_name": re.compile(rf"{_NAME}[a-z0-9]{{2,20}}(?:{_SITES})(?:\d{{1,3}})?{_END}"),
        "spelled_out": re.compile(rf"(?:{_NAME}[a-z0-9] ){{4,40}}"),
    }
)
_RAW_PATTERNS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "telephone": re.compile(r"\[(?:telp|phone|nomor|no|wa)\]|@nomor|(?<!\d)(?:\+?62|0)8[\d \-]{7,14}"),
        "link": re.compile(
            r"\[(?:url|link)\]|@tautan|https?:|www\.|blogspot"
            rf"|{_NAME}[a-z0-9\-]{{1,40}}\.(?:com|net|tk|ga|ml|cf|gq|xyz|me|ly|id|org|info|top|online|site|vip|club){_END}"
        ),
        "amount": re.compile(
            r"(?<![a-z])rp\.? ?\d|(?<!\d)\d{1,9}[.,]?\d{0,9} ?(?:rb|ribu|jt|juta|k|milyar|miliar|m)(?![a-z])|\d\.000"
        ),
        "long_number": re.compile(r"(?<!\d)\d{4,40}"),
    }
)
_CODES: Final = re.compile(rf"{_NAME}[a-z0-9]{{6,9}}{_END}")
_TOGETHER: Final = ("group_and_profanity", "group_and_harm", "group_and_insult", "contact_and_gain", "any_site")

SIGNALS: Final = (*KINDS, *_PLAIN_PATTERNS, *_RAW_PATTERNS, "code", *_TOGETHER)
"""The signals in the order of a row; an artefact names those that its weights were fitted on."""

_WORDS: Final = re.compile(r"[^\W_]+")
_LONG_RUN: Final = re.compile(r"([^\W\d])\1{2,}")
_ENDINGS: Final = ("nya", "kan", "lah", "kah", "mu", "ku", "an", "in", "i")
_SHORTEST_STEM: Final = 4
_MOST_COUNTED: Final = 5  # a text of brands and nothing else says no more than five brands
_REMEMBERED: Final = 1 << 16
_LONGEST_WORD: Final = 40


@cache
def terms() -> Mapping[str, frozenset[str]]:
    """Word → its kinds, from `moderation_terms.tsv`."""
    lines = files("models").joinpath("moderation_terms.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return MappingProxyType({word: frozenset(kinds.split()) for word, kinds in rows})


def signals_of(texts: Sequence[str], cleaned: Sequence[str]) -> Floats:
    """The signals of each text, float64 (n, len(SIGNALS)): log(1 + count), at most `log(6)`.

    `cleaned` are the same texts after `data.normalise.normalise`; a word counts where either spelling is listed.
    """
    rows = [_row(text, plain) for text, plain in zip(texts, cleaned, strict=True)]
    counts = np.array(rows, dtype=np.float64).reshape(len(rows), len(SIGNALS))
    return np.log1p(np.minimum(counts, _MOST_COUNTED))


def _row(text: str, cleaned: str) -> list[int]:
    plain = letters_and_placeholders(text)
    raw = text.casefold()
    kinds = _counted(_WORDS.findall(plain), cleaned.split())
    found = {name: len(pattern.findall(plain)) for name, pattern in _PLAIN_PATTERNS.items()}
    found |= {name: len(pattern.findall(raw)) for name, pattern in _RAW_PATTERNS.items()}
    code = sum(_is_code(piece) for piece in _CODES.findall(raw))
    in_group = kinds["named_group"] > 0
    together = (
        in_group and kinds["profanity"] > 0,
        in_group and kinds["harm"] > 0,
        in_group and kinds["insult"] > 0,
        found["telephone"] + found["link"] > 0 and kinds["money"] + kinds["prize"] > 0,
        found["name_with_spaced_number"] + found["name_in_4d"] + found["site_name"] > 0,
    )
    return [*kinds.values(), *found.values(), code, *map(int, together)]


def _counted(words: Iterable[str], cleaned: Iterable[str]) -> dict[str, int]:
    """How often each kind occurs, by the writer's spelling or by the standard one, whichever finds more."""
    as_written, as_standard = _counts(words), _counts(cleaned)
    return {kind: max(as_written[kind], as_standard[kind]) for kind in KINDS}


def _counts(words: Iterable[str]) -> dict[str, int]:
    counts = dict.fromkeys(KINDS, 0)
    for word in words:
        for kind in _kinds_of(word) if len(word) <= _LONGEST_WORD else ():
            counts[kind] += 1
    return counts


@lru_cache(maxsize=_REMEMBERED)
def _kinds_of(word: str) -> frozenset[str]:
    known = terms()
    plain = _LONG_RUN.sub(r"\1", word if word.isalpha() else without_leetspeak(word))
    stems = (plain[: -len(ending)] for ending in _ENDINGS if plain.endswith(ending))
    for candidate in (word, plain, *(stem for stem in stems if len(stem) >= _SHORTEST_STEM)):
        if candidate in known:
            return known[candidate]
    return frozenset()


def _is_code(piece: str) -> bool:
    return any(map(str.isdigit, piece)) and any(map(str.isalpha, piece))
