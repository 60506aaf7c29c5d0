"""`suluh match`: for each text, the clarifications of a library that may answer it."""

import json
import sys
from collections.abc import Iterator
from typing import IO

import click

from data.lines import Line, batches
from models.matcher import Matcher
from models.retrieval import Record


@click.command("match")
@click.argument("file", type=click.File("rb"))
@click.option("--library", type=click.File("rb"), required=True, help='Clarifications, {"id","title","text"} a line.')
def match(file: IO[bytes], library: IO[bytes]) -> None:
    r"""Find for each text of FILE ("-" reads standard input) its ten best clarifications.

    One object a line in, {"id","text"}; one a line out, in the same order,
    {"id","matches":[{"id","score","status"}]}, surest first. A status of "confirmed" means very strong,
    "suggested" worth a look, "none" only the nearest there is. A person decides.
    """
    records, n_bad = _read_library(library)
    for batch in batches(file):
        for complaint in batch.complaints:
            click.echo(complaint, err=True)
        n_bad += len(batch.complaints)
        for line in _matched_lines(batch.rows, records):
            click.echo(line)
    if n_bad:
        click.echo(f"{n_bad} line(s) were left out.", err=True)
        sys.exit(1)


def _read_library(library: IO[bytes]) -> tuple[tuple[Matcher, dict[str, str | int]], int]:
    """Return the matcher with the ids as they were written, and how many lines were no record."""
    records: list[Record] = []
    ids: dict[str, str | int] = {}
    n_bad = 0
    for batch in batches(library, ("title", "text")):
        for complaint in batch.complaints:
            click.echo(f"library, {complaint}", err=True)
        n_bad += len(batch.complaints)
        for row in batch.rows:
            # 7 and "7" are two ids.
            key = json.dumps(row.id)
            ids[key] = row.id
            records.append(Record(key, *row.texts))
    return (Matcher.build(records), ids), n_bad


def _matched_lines(rows: list[Line], library: tuple[Matcher, dict[str, str | int]]) -> Iterator[str]:
    matcher, ids = library
    for row, found in zip(rows, matcher.search_many([row.texts[0] for row in rows]), strict=True):
        matches = [
            {"id": ids[match.id], "score": round(match.score, 6), "status": match.status.value} for match in found
        ]
        yield json.dumps({"id": row.id, "matches": matches}, ensure_ascii=False)
