"""The public originals and the desk's claims, each read from its own folder, `DATA_DIR/originals/NAME`.

The consolidated tables hold the same texts, cleaned of duplicates. So rows of originals are read where there are no
tables, and are grouped by their own near-duplicates before any split (`grouped`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from data.collected import COLLECTED
from data.normalise import normalise
from data.schema import DataError, Example
from data.sources import brin, desk, headlines, turnbackhoax, tweets
from data.sources.collected import collected

FOLDER: Final = "originals"
PARTIAL: Final = ".part"  # ends the name of a file that is still arriving
Reader = Callable[[Path], Iterator[Example]]

READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "hs": tweets.political_tweets,
        "emot": tweets.emot,
        "smsa": tweets.smsa,
        "clickid": headlines.clickid,
        "detik1520": headlines.detik,
        "tbhtitles": turnbackhoax.titles,
        "tbh2024": turnbackhoax.posts_of_2024,
        "hoax1k": turnbackhoax.thousand_with_facts,
        "brin": brin.fact_aware,
        "desk": desk.decided_claims,
    }
    | {name: partial(collected, collection) for name, collection in COLLECTED.items()}
)
"""One reader a source, from the source's folder."""


def folder_of(data: Path, name: str) -> Path:
    """Where the files of a source lie under the data folder."""
    return data / FOLDER / name


def present(data: Path) -> list[str]:
    """The sources whose folder is there and not empty."""
    return [name for name in READERS if has_files(folder_of(data, name))]


def has_files(folder: Path) -> bool:
    """True where the folder is there and holds a file that arrived whole."""
    return folder.is_dir() and any(file.is_file() and file.suffix != PARTIAL for file in folder.iterdir())


def originals(data: Path, names: Sequence[str] | None = None) -> Iterator[Example]:
    """Yield the rows of the named sources, by default of all that are present; DataError for an unknown name."""
    for name in present(data) if names is None else names:
        if name not in READERS:
            raise DataError(f"No reader for {name!r}; there is: {', '.join(READERS)}.")
        yield from READERS[name](folder_of(data, name))


def grouped(rows: Iterable[Example]) -> list[Example]:
    """`rows` in their order, those that copy one another in one group, so that no split parts them.

    Copies are found as the live intake finds them. Groups that share a copy become one, named after the first row's;
    a text without a readable word keeps its own.
    """
    kept = list(rows)
    roots = _Roots()
    for row, founder in zip(kept, founders(kept), strict=True):
        roots.join(kept[founder].group, row.group)
    return [replace(row, group=roots.of(row.group)) for row in kept]


def joined(known: Sequence[Example], new: Iterable[Example]) -> list[Example]:
    """`known` as they are, then `new`, whose groups join the group of a known row that one of theirs copies.

    Known groups stay apart even where a new row is like two of them, so new rows never move a known one to another
    part of a split.
    """
    added = list(new)
    firsts = founders([*known, *added])
    renamed: dict[str, str] = {}
    for row, founder in zip(added, firsts[len(known) :], strict=True):
        if founder < len(known):
            renamed.setdefault(row.group, known[founder].group)
    others = grouped(row for row in added if row.group not in renamed)
    return [*known, *(replace(row, group=renamed[row.group]) for row in added if row.group in renamed), *others]


def founders(rows: Sequence[Example]) -> list[int]:
    """For each row the place of the first row of its near-duplicates; its own where it copies none before it."""
    from data.duplicates import NearDuplicateIndex  # noqa: PLC0415 - compiles kernels

    places = [str(place) for place in range(len(rows))]
    found = NearDuplicateIndex().add(places, [normalise(row.text) for row in rows])
    return [int(assignment.cluster) for assignment in found]


class _Roots:
    """Groups that were joined, each known by its first member."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def of(self, group: str) -> str:
        root = group
        while (parent := self._parent.get(root, root)) != root:
            root = parent
        while (parent := self._parent.get(group, group)) != root and parent != group:
            self._parent[group], group = root, parent
        return root

    def join(self, earlier: str, later: str) -> None:
        first, second = self.of(earlier), self.of(later)
        if first != second:
            self._parent[second] = first
