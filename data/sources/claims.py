"""The claims table: titles, headlines and posts with their label.

A fact-check gives two texts: its title, and the post as it circulated. Only these are read. The
fact-checker's narrative, the clarification, the address and the references are left in the table: a model
that saw them would recognise the fact-checker and find 13.9 % of the real posts.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from data.catalogue import source_of
from data.schema import DataError, Example, Kind, Label
from data.sources.tables import date_of, rows, table_path, text_of

_COLUMNS: Final = ("id", "text", "post_text", "label", "publisher", "date", "kind", "dup_cluster")


def examples(folder: Path) -> Iterator[Example]:
    """Yield the title of each claim and, where there is one, its post as it circulated (id + `#post`)."""
    path = table_path(folder, "claims")
    for number, row in enumerate(rows(path, _COLUMNS), start=1):
        yield from _examples_of(row, f"{path}, row {number}")


def _examples_of(row: dict[str, Any], where: str) -> Iterator[Example]:
    try:
        label, kind = Label(row["label"]), Kind(row["kind"])
    except ValueError as error:
        raise DataError(f"{where}: {error}.") from error
    title = Example(
        id=str(row["id"]),
        text=text_of(row["text"]),
        label=label,
        kind=kind,
        source=source_of(str(row["id"])),
        publisher=text_of(row["publisher"]),
        group=f"c{row['dup_cluster']}",
        date=date_of(row["date"], where),
    )
    yield title
    post = text_of(row["post_text"]).strip()
    if post:
        yield Example(
            id=f"{title.id}#post",
            text=post,
            label=label,
            kind=Kind.CIRCULATED_POST,
            source=title.source,
            publisher=title.publisher,
            group=title.group,
            date=title.date,
        )
