"""The moderation table: comments with the labels that their source annotated, and no others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data.schema import Comment
from data.sources.tables import flag_of, number_of, rows, table_path, text_of

MARKS: Final = ("hate", "abusive", "gambling", "scam", "sexual")
"""The labels of a comment, by the names of their columns."""

_COLUMNS: Final = ("id", "text", *MARKS, "source", "year", "group", "conflict", "near_conflict")


def comments(folder: Path) -> Iterator[Comment]:
    """Yield each comment; a label that its source did not annotate is None."""
    for row in rows(table_path(folder, "moderation"), _COLUMNS):
        year = number_of(row["year"])
        hate, abusive, gambling, scam, sexual = (flag_of(row[label]) for label in MARKS)
        yield Comment(
            id=str(row["id"]),
            text=text_of(row["text"]),
            hate=hate,
            abusive=abusive,
            gambling=gambling,
            scam=scam,
            sexual=sexual,
            source=str(row["source"]),
            year=None if year is None else int(year),
            group=f"m{row['group']}",
            conflict=bool(flag_of(row["conflict"])) or bool(flag_of(row["near_conflict"])),
        )
