"""``suluh library``: take clarifications from a file into the library."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import click

from serving.cli._shared import open_service
from serving.deps import acting
from serving.desk.publishing.library import Imported, NewEntry, import_rows
from serving.rows import LIBRARY_ROWS_MAX, read_entry


def _rows(file: BinaryIO, rejected: list[int]) -> Iterator[NewEntry]:
    """Give the good rows; say on standard error which are bad, and count their lines."""
    for line, raw in enumerate(file, 1):
        if not raw.strip():
            continue
        try:
            yield read_entry(json.loads(raw.decode("utf-8-sig")))
        except (ValueError, RecursionError) as error:
            rejected.append(line)
            click.echo(f"{getattr(file, 'name', '-')}:{line}: {error}", err=True)


@click.group(short_help="The library of clarifications.")
def library() -> None:
    """Take clarifications from a file into the library."""


@library.command("import")
@click.argument("file", type=click.File("rb"))
def import_file(file: BinaryIO) -> None:
    """Import FILE, one JSON object a line: id, title, text, issuer, sources, category, topic.

    Sent again nothing is doubled; an entry whose words have changed gets another version. Bad rows are named and the
    good ones go in; the exit code is 1 where there was a bad one.
    """
    rejected: list[int] = []
    entries = _rows(file, rejected)
    done: list[Imported] = []
    with open_service() as service:
        while batch := list(islice(entries, LIBRARY_ROWS_MAX)):
            with acting(service) as ctx:
                done.append(import_rows(ctx, batch))
    click.echo(
        f"library: {sum(each.n_new for each in done)} new, {sum(each.n_changed for each in done)} changed, "
        f"{sum(each.n_same for each in done)} unchanged, {len(rejected)} bad"
    )
    if rejected:
        sys.exit(1)
