"""Everything there is to learn claims from in one data folder, read once and grouped.

The consolidated tables hold the public originals already, cleaned of duplicates, so originals are read only where
there are no tables. What the desk decided is in neither and always joins: a claim that copies an older row joins its
group, so that a split keeps them on one side, and moves no row of the tables.
"""

from pathlib import Path

from data.schema import DataError, Example
from data.sources import claims
from data.sources.originals import grouped, joined, originals, present

_OWN = "desk"


def corpus(folder: Path) -> list[Example]:
    """The rows of the tables, or else of the originals, and of the desk; DataError where there is nothing."""
    names = present(folder)
    if has_tables(folder):
        rows = list(claims.examples(folder))
        return joined(rows, originals(folder, (_OWN,))) if _OWN in names else rows
    if not names:
        raise DataError(f"{folder} holds neither claims.parquet nor originals; `suluh data pull` fetches those.")
    return grouped(originals(folder, names))


def has_tables(folder: Path) -> bool:
    """True where the consolidated claims table is in `folder`."""
    return any((folder / f"claims{ending}").is_file() for ending in (".parquet", ".jsonl"))
