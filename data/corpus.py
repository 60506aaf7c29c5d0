"""Everything there is to learn claims from in one data folder, read once and grouped.

The consolidated tables hold the public originals already, cleaned of duplicates, so originals are read only where
there are no tables. What the desk decided is in neither and always joins: a claim that copies an older row joins its
group, so that a split keeps them on one side, and moves no row of the tables. Public collections (`data.collected`)
are dealt whole, beside the split by time (`dealt`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final, TypeVar

from data.collected import COLLECTED, Use
from data.schema import DataError, Example
from data.sources import claims
from data.sources.originals import folder_of, founders, grouped, joined, originals, present
from data.split import Part, Split, split

Row = TypeVar("Row")

_OWN: Final = "desk"
_MOST_MEASURED: Final = 2_000  # rows of a collection that measures, so that an encoder reads them in minutes
_PART_OF: Final[Mapping[Use, Part]] = {
    Use.TRAIN: Part.COLLECTED_TRAIN,
    Use.TUNE: Part.COLLECTED_TUNE,
    Use.TEST: Part.NEVER_MET,
}


def corpus(folder: Path) -> list[Example]:
    """The rows of the tables, or else of the originals, and of the desk; DataError where there is nothing."""
    names = [name for name in present(folder) if name not in COLLECTED]
    if has_tables(folder):
        rows = list(claims.examples(folder))
        return joined(rows, originals(folder, (_OWN,))) if _OWN in names else rows
    if not names:
        raise DataError(f"{folder} holds neither claims.parquet nor originals of claims; `suluh data pull` gets them.")
    return grouped(originals(folder, names))


def dealt(folder: Path, more: Iterable[Example] = ()) -> Split:
    """The corpus and `more` divided by the protocol, and the collections that were fetched, each dealt whole.

    Of a collection the first of each group of near-duplicates is taken, and nothing that copies a row before it: of the
    corpus, or of a collection that comes earlier in the file, so that what trains is met nowhere later.
    """
    known = [*corpus(folder), *more]
    divided = split(known)
    names = [name for name in present(folder) if name in COLLECTED]
    gathered = _founding(known, list(originals(folder, names))) if names else []
    by_use: dict[Use, list[Example]] = {use: [] for use in Use}
    for name in names:
        rows = [row for row in gathered if row.source == name]
        by_use[COLLECTED[name].use] += _measured(rows) if COLLECTED[name].use is Use.TEST else rows
    collected = {_PART_OF[use]: tuple(rows) for use, rows in by_use.items()}
    return Split({**divided.parts, **collected})


def require(folder: Path, names: Iterable[str]) -> None:
    """Raise DataError, with the command that fetches them, where collections are not in `folder`."""
    absent = sorted(set(names) - set(present(folder)))
    if absent:
        raise DataError(f"{folder_of(folder, absent[0])} is missing; `suluh data pull {' '.join(absent)}` fetches it.")


def _founding(known: Sequence[Example], new: Sequence[Example]) -> list[Example]:
    """The rows of `new` that copy no row before them."""
    firsts = founders([*known, *new])
    return [row for at, row in enumerate(new, start=len(known)) if firsts[at] == at]


def sampled(rows: Sequence[Row], n: int, key: Callable[[Row], str]) -> list[Row]:
    """At most `n` of `rows`, in their order: those whose `key` hashes lowest, so always the same."""
    hashes = [blake2b(key(row).encode("utf-8", "replace"), digest_size=8).digest() for row in rows]
    return [rows[at] for at in sorted(sorted(range(len(rows)), key=hashes.__getitem__)[:n])]


def _measured(rows: Sequence[Example]) -> list[Example]:
    return sampled(rows, _MOST_MEASURED, lambda row: row.id)


def has_tables(folder: Path) -> bool:
    """True where the consolidated claims table is in `folder`."""
    return any((folder / f"claims{ending}").is_file() for ending in (".parquet", ".jsonl"))
