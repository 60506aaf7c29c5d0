"""`suluh cluster` over a file of any length, and `suluh data` about the tables that we learn from."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import IO, Final

import click

from data.lines import Batch, batches

_STATISTICS: Final = ("label", "publisher", "month")


@click.command("cluster")
@click.argument("file", type=click.File("rb"))
def cluster(file: IO[bytes]) -> None:
    r"""Group near-duplicates in FILE ("-" reads standard input).

    One object a line in, {"id","text"}; one a line out, in the same order, {"id","cluster"}. Clusters are numbered
    from 1 in the order in which they appear, so the same file always gives the same numbers. Lines are answered as
    they come; memory grows with different claims, not with copies: about 1 kB each, so a million lines
    without a single copy take about 1.5 GB.
    """
    n_bad = 0
    for lines, complaints in _clustered(batches(file)):
        for complaint in complaints:
            click.echo(complaint, err=True)
        n_bad += len(complaints)
        if lines:
            click.echo("\n".join(lines))
    if n_bad:
        click.echo(f"{n_bad} line(s) were not clustered.", err=True)
        sys.exit(1)


def _clustered(numbered: Iterator[Batch]) -> Iterator[tuple[list[str], list[str]]]:
    from data.duplicates import NearDuplicateIndex  # noqa: PLC0415 - compiles kernels
    from data.normalise import normalise  # noqa: PLC0415 - reads the slang list

    index = NearDuplicateIndex()
    serial = count()
    labels: dict[str, int] = {}
    n_clusters = 0
    for batch in numbered:
        # Ids of a file may repeat; serial numbers do not.
        names = [str(next(serial)) for _ in batch.rows]
        lines: list[str] = []
        cleaned = [normalise(row.texts[0]) for row in batch.rows]
        for row, assignment in zip(batch.rows, index.add(names, cleaned), strict=True):
            number = labels.get(assignment.cluster)
            if number is None:
                n_clusters += 1
                number = n_clusters
                # Only a cluster with a remembered wording can be met again.
                if assignment.stored is not None:
                    labels[assignment.cluster] = number
            lines.append(json.dumps({"id": row.id, "cluster": number}, ensure_ascii=False))
        yield lines, batch.complaints


@click.group("data")
def data() -> None:
    """Say what there is to learn from."""


@data.command("stats")
@click.option("--data", "folder", type=click.Path(path_type=Path), default=None, help="Else SULUH_DATA_DIR.")
def stats(folder: Path | None) -> None:
    """Count the rows of the claims table by label, publisher and month."""
    from data.schema import DataError  # noqa: PLC0415 - a command loads what it needs when it is called
    from data.sources.tables import data_folder, rows, table_path, text_of  # noqa: PLC0415

    counts: dict[str, Counter[str]] = {name: Counter() for name in _STATISTICS}
    try:
        path = table_path(data_folder(folder), "claims")
        for row in rows(path, ("label", "publisher", "date")):
            counts["label"][text_of(row["label"])] += 1
            counts["publisher"][text_of(row["publisher"])] += 1
            counts["month"][text_of(row["date"])[:7] or "no date"] += 1
    except DataError as error:
        raise click.ClickException(str(error)) from error
    for name, counter in counts.items():
        click.echo(f"\n{name}")
        ordered = sorted(counter.items()) if name == "month" else counter.most_common()
        for value, n in ordered:
            click.echo(f"{n:>9,}  {value}")
    click.echo(f"\n{counts['label'].total():>9,}  rows in {path.name}")
