"""Clusters of an archive: signed by many processes, joined by one, with the answer that one process gives.

Whether a post founds a cluster depends on what came before it, so the join is one pass in the order of the parts, by
the index that the live intake uses. To divide it would change the answer: posts that share a band, and so may meet,
hang together in one component that holds nearly all of them (36,780 of 40,000 real texts, and every post of the
benchmark's stream). So what is divided is what a post is by itself: reading, cleaning and signing. The join takes some
20,000 posts a second and core, its files included; `docs/capacity.md` works out what that carries in a day.

What the index remembers of a part stands beside its answers, so a run that was killed fills an index with it and goes
on as if it had never stopped. Memory grows with different wordings, about 1 kB each, as for `suluh cluster`.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Final, Self

import pyarrow as pa
from pyarrow import parquet

from data.duplicates import Assignment, NearDuplicateIndex, Signatures
from models.archive import Answers, ArchiveError, Entry, Part, batches, writing
from models.archive_answers import SIGNATURES, signatures_in

_CLUSTER: Final = pa.field("cluster", pa.int64())
ADDED: Final = pa.schema([*SIGNATURES, _CLUSTER])
"""The columns that an archive must not have itself."""

MEMORY: Final = "_memory"
"""Folder inside the answers: for each part, the wordings of it that the index remembers."""

SIGNED: Final = "_signed"
"""Folder inside the answers: parts that are signed and wait to be joined; each is gone once it is."""

_REMEMBERED: Final = pa.schema([("founder", pa.int64()), ("cluster", pa.int64()), ("signature", pa.binary())])


def release() -> str:
    """What the manifest names as the maker of clusters: cleaning, signing and joining are this release's code."""
    return f"suluh-{version('suluh')}"


def n_joined(answers: Answers, parts: Sequence[Part]) -> int:
    """How many of the first parts are clustered and stay so.

    Raises ArchiveError where a part was added, changed or lost before others that are clustered: their clusters would
    be others.
    """
    finished = {name for name in answers.finished(parts) if _memory(answers, name).is_file()}
    n = next((at for at, part in enumerate(parts) if part.name not in finished), len(parts))
    later = [part.name for part in parts[n + 1 :] if part.name in answers.entries]
    if later:
        raise ArchiveError(
            f"{parts[n].name} is new, changed or lost its answers, and {later[0]} after it is clustered already; "
            "name another --out."
        )
    return n


def _memory(answers: Answers, name: str) -> Path:
    return answers.folder / MEMORY / name


class Join:
    """The clusters of the parts so far, numbered from 1 in the order in which they appear."""

    def __init__(self) -> None:
        """Begin without a post."""
        self._index = NearDuplicateIndex()
        self._numbers: dict[str, int] = {}
        self._n_rows = 0
        self._n_clusters = 0

    @classmethod
    def after(cls, answers: Answers, parts: Sequence[Part]) -> Self:
        """Go on after `parts`, the first of the archive, from what is kept of them."""
        join = cls()
        for part in parts:
            for batch in batches(_memory(answers, part.name)):
                kept = batch.to_pydict()
                founders = list(map(str, kept["founder"]))
                join._index.restore(founders, kept["signature"])
                join._numbers.update(zip(founders, kept["cluster"], strict=True))
            entry = answers.entries[part.name]
            join._n_rows += entry.n_rows
            join._n_clusters = entry.n_clusters
        return join

    def add(self, answers: Answers, part: Part, signed: Path, entry: Entry) -> Entry:
        """Join the next part, which was signed into `signed`; return its entry, to be added when this is done."""
        kept = [field for field in parquet.read_schema(signed) if field.name not in SIGNATURES.names]
        with (
            writing(_memory(answers, part.name), _REMEMBERED) as memory,
            writing(answers.path_of(part), pa.schema([*kept, _CLUSTER])) as target,
        ):
            for batch in batches(signed):
                found = self._assigned(signatures_in(batch))
                numbers = [self._number(each) for each in found]
                columns = [batch.column(field.name) for field in kept]
                target.write_batch(pa.record_batch([*columns, pa.array(numbers, pa.int64())], schema=target.schema))
                memory.write_batch(_remembered(found, numbers))
        return replace(entry, n_clusters=self._n_clusters)

    def _assigned(self, signed: Signatures) -> list[Assignment]:
        # Ids of an archive may repeat; serial numbers do not.
        names = [str(self._n_rows + at) for at in range(len(signed))]
        self._n_rows += len(names)
        return self._index.add_signed(names, signed)

    def _number(self, assignment: Assignment) -> int:
        number = self._numbers.get(assignment.cluster)
        if number is None:
            self._n_clusters += 1
            number = self._n_clusters
            # Only a cluster with a remembered wording can be met again.
            if assignment.stored is not None:
                self._numbers[assignment.cluster] = number
        return number


def _remembered(found: Sequence[Assignment], numbers: Sequence[int]) -> pa.RecordBatch:
    rows = [
        (int(each.cluster), number, each.stored)
        for each, number in zip(found, numbers, strict=True)
        if each.stored is not None
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _REMEMBERED, strict=True)]
    return pa.record_batch(arrays, schema=_REMEMBERED)
