"""Which provinces a text names: place names found word by word, so that a text costs microseconds.

The longest name wins, so "papua barat daya" is not also "papua". What a text names is no place where its writer is and
none where something happened; it only says which desk may want to see the claim. Names are those of `data/places.tsv`,
and so are phrases that hold a name and mean no province ("papua nugini"): they win as the longer ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_OFFICE: Final = frozenset(
    (
        *("kota", "kotamadya", "kab", "kabupaten", "provinsi", "prov", "pemkot", "pemkab", "pemprov", "bupati"),
        *("wali", "walikota", "gubernur", "polres", "polresta", "polrestabes", "polda", "kodim", "rsud", "dprd"),
        *("dinkes", "bpbd", "warga"),
    )
)
_NOWHERE: Final = "-"
_WAY: Final = frozenset({"di", "ke", "dari"})


@dataclass(frozen=True, slots=True)
class _Name:
    """A name as words: its province or ``_NOWHERE``, and behind which words it counts (nothing: anywhere)."""

    words: tuple[str, ...]
    code: str
    behind: frozenset[str]


def _read(line: str) -> _Name:
    code, _, name = line.partition("\t")
    behind = {"!": _OFFICE, "*": _OFFICE | _WAY}.get(name[-1], frozenset[str]())
    return _Name(tuple(name.rstrip("*!").split()), code, behind)


@cache
def _names() -> Mapping[str, tuple[_Name, ...]]:
    """Give the names by their first word, the longest first."""
    lines = (files("data") / "places.tsv").read_text(encoding="utf-8").splitlines()
    found: dict[str, list[_Name]] = {}
    for line in lines:
        if line and not line.startswith("#"):
            name = _read(line)
            found.setdefault(name.words[0], []).append(name)
    return MappingProxyType(
        {word: tuple(sorted(names, key=lambda name: -len(name.words))) for word, names in found.items()}
    )


def provinces(text: str) -> tuple[str, ...]:
    """Give the codes (ISO 3166-2:ID) of the provinces that a text names, each once, in the order of the alphabet."""
    words = _WORD.findall(text.casefold())
    return tuple(sorted(set(_found(words))))


def _found(words: list[str]) -> Iterator[str]:
    names = _names()
    at = 0
    while at < len(words):
        name = _name_at(words, at, names.get(words[at], ()))
        if name and name.code != _NOWHERE:
            yield name.code
        at += len(name.words) if name else 1


def _name_at(words: list[str], at: int, candidates: tuple[_Name, ...]) -> _Name | None:
    before = words[at - 1] if at else ""
    for name in candidates:
        if tuple(words[at : at + len(name.words)]) == name.words and (not name.behind or before in name.behind):
            return name
    return None
