"""`suluh cluster` over a file of any length, and `suluh data` about what we learn from."""

import json
import sys
from collections.abc import Iterator
from itertools import count
from typing import IO, Final

import click

from data.commands import EntryPointGroup
from data.lines import Batch, batches
from data.sources_cli import build, list_sources, pull, stats

PLUG_INS: Final = "suluh.data"
"""Entry points of this group are commands under `suluh data` that need more than this layer may import."""


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


@click.group("data", cls=EntryPointGroup, points=PLUG_INS, extras={"audit": "train"})
def data() -> None:
    """What there is to learn from: say it, fetch it, count it, audit it."""


for _command in (list_sources, pull, stats, build):
    data.add_command(_command)
