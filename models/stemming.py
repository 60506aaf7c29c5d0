"""Light stemming for search: strips the affixes of Indonesian words without a dictionary.

It is made for an index, where *menyebarkan*, *penyebaran* and *tersebar* should meet and where a wrong stem does no
harm so long as the same word always gives it. It is not a lemmatiser: it does not restore roots, and no one sees
its output. The order follows Nazief and Adriani (1996): particles, possessives, prefixes, derivational suffixes.
"""

from functools import lru_cache
from typing import Final

# A stem keeps at least this many letters, so that short roots are left alone.
_MIN_STEM: Final = 4
_PARTICLES: Final = ("lah", "kah", "tah", "pun")
_POSSESSIVES: Final = ("nya", "ku", "mu")
_SUFFIXES: Final = ("kan", "an", "i")
# What a prefix leaves behind: the nasal of meny- and peny- stands for an s that was dropped.
_PREFIXES: Final = (
    ("meny", "s"), ("peny", "s"), ("meng", ""), ("peng", ""), ("mem", ""), ("pem", ""), ("men", ""), ("pen", ""),
    ("ber", ""), ("ter", ""), ("per", ""), ("bel", ""), ("di", ""), ("ke", ""), ("me", ""), ("pe", ""), ("se", ""),
    ("be", ""), ("te", ""),
)  # fmt: skip
_REMEMBERED_WORDS: Final = 1 << 16


@lru_cache(maxsize=_REMEMBERED_WORDS)
def stem(word: str) -> str:
    """Return the word without its affixes; words of up to four letters are returned as they are."""
    if len(word) <= _MIN_STEM:
        return word
    for endings in (_PARTICLES, _POSSESSIVES):
        word = _without_ending(word, endings)
    for prefix, left_behind in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= _MIN_STEM:
            word = left_behind + word[len(prefix) :]
            break
    return _without_ending(word, _SUFFIXES)


def _without_ending(word: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            return word.removesuffix(ending)
    return word
