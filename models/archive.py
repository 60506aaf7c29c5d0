"""An archive: a folder of Parquet files, its parts, each answered by a part of its own in another folder.

A part is written whole or not at all, and then recorded with the SHA-256 of what was read; so a run that was killed is
run again and goes on with the parts that are missing. What it costs: the part that was being worked on is begun anew,
and a second run reads every answered part once to see that it is still the same.

Nothing here knows of Ray: `models.archive_ray` lets many processes call `answer_part`.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final, Protocol, Self
from uuid import uuid4

import pyarrow as pa
from pyarrow import parquet

from data.lines import BATCH_BYTES

MANIFEST: Final = "_manifest.jsonl"
FORMAT: Final = 1
UNFINISHED: Final = ".unfinished"

_BATCH_ROWS: Final = 1024  # and fewer where the file's texts are long: `BATCH_BYTES` by its own mean
_PAGE_BYTES: Final = 1 << 20
_SHOWN: Final = 20
_HASHED_AT_ONCE: Final = 4


class ArchiveError(ValueError):
    """The archive, or the folder of its answers, is not as it must be; the message names the fix."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its path inside the archive with forward slashes, where it is, and how many rows it has."""

    name: str
    path: Path
    n_rows: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What the manifest says of one answered part.

    Attributes:
        part: its name.
        sha256: of the file that was read.
        n_rows: rows that were answered.
        n_bad: rows that were left out.
        n_clusters: how many clusters there were after this part; 0 where nothing is clustered.
    """

    part: str
    sha256: str
    n_rows: int
    n_bad: int
    n_clusters: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one part: what the manifest keeps, and the first complaints about its rows."""

    entry: Entry
    complaints: tuple[str, ...]


class Answerer(Protocol):
    """Answers texts with columns. It travels to other processes, so it is small, and loads what it needs there."""

    @property
    def version(self) -> str:
        """Who answers; parts of two versions never stand in one folder."""

    @property
    def columns(self) -> pa.Schema:
        """The columns of an answer."""

    def answer(self, texts: Sequence[str]) -> list[pa.Array]:
        """Those columns, one value a text, in the order of the texts."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch of good rows: every column but the text, and the texts."""

    kept: pa.RecordBatch
    texts: list[str]


def parts_of(folder: Path, columns: pa.Schema) -> list[Part]:
    """The parts of an archive that can be answered with `columns`, by name.

    Raises ArchiveError where there is none, or one lacks `id` and `text` as they must be, has such columns already or
    has two of one name.
    """
    found = [_part(folder, path, columns) for path in folder.rglob("*.parquet") if _is_part(folder, path)]
    if not found:
        raise ArchiveError(f"{folder} holds no .parquet file.")
    return sorted(found, key=lambda part: part.name)


def _is_part(folder: Path, path: Path) -> bool:
    """Whether readers of a folder of Parquet take a file for data: none that is, or lies, under `_` or `.`."""
    return path.is_file() and not any(step.startswith(("_", ".")) for step in path.relative_to(folder).parts)


def _part(folder: Path, path: Path, columns: pa.Schema) -> Part:
    with _readable(path) as file:
        schema, n_rows = file.schema_arrow, file.metadata.num_rows
    for name, is_right, wanted in (("id", _is_id, "texts or whole numbers"), ("text", _is_text, "texts")):
        if schema.names.count(name) != 1 or not is_right(schema.field(name).type):
            raise ArchiveError(f"{path} has no column `{name}` of {wanted}, or has two.")
    if doubled := sorted(name for name in set(schema.names) if schema.names.count(name) > 1):
        raise ArchiveError(f"{path} has two columns named {', '.join(doubled)}; rename one of each.")
    if twice := sorted(set(schema.names) & set(columns.names)):
        raise ArchiveError(f"{path} has the column(s) {', '.join(twice)} already; rename them.")
    return Part(path.relative_to(folder).as_posix(), path, n_rows)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_id(kind: pa.DataType) -> bool:
    return _is_text(kind) or bool(pa.types.is_integer(kind))


@contextmanager
def _readable(path: Path) -> Iterator[parquet.ParquetFile]:
    """Open a file and read it page by page; ArchiveError for one that is no Parquet."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(parquet.ParquetFile(path, buffer_size=_PAGE_BYTES, pre_buffer=False))
        except (pa.ArrowException, OSError) as error:
            raise ArchiveError(f"{path} is not a readable Parquet file: {error}") from error
        yield file


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a file in their order, a bounded number at a time."""
    with _readable(path) as file:
        about = file.metadata
        size_bytes = sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
        n_rows = BATCH_BYTES * about.num_rows // max(size_bytes, 1)
        try:
            yield from file.iter_batches(batch_size=min(max(n_rows, 1), _BATCH_ROWS))
        except (pa.ArrowException, OSError) as error:
            raise ArchiveError(f"{path} is not a readable Parquet file: {error}") from error


def answer_part(answerer: Answerer, part: Part, target: Path) -> Answered:
    """Answer one part into `target`: its columns without the text, then the answer's; same order, good rows only.

    A row without an id or text is left out and told. Raises ArchiveError where the part cannot be read.
    """
    sha256 = checksum(part.path)
    complaints: list[str] = []
    n_rows = n_bad = n_seen = 0
    with writing(target, _answered_schema(part.path, answerer.columns)) as writer:
        for batch in batches(part.path):
            rows, faults = _good_rows(batch)
            n_bad += len(faults)
            said = [f"{part.name}, row {n_seen + at + 1}: {why}" for at, why in faults.items()]
            complaints += said[: _SHOWN - len(complaints)]
            n_seen += batch.num_rows
            n_rows += len(rows.texts)
            if rows.texts:
                arrays = [*rows.kept.columns, *answerer.answer(rows.texts)]
                writer.write_batch(pa.record_batch(arrays, schema=writer.schema))
    return Answered(Entry(part.name, sha256, n_rows, n_bad), tuple(complaints))


def _answered_schema(path: Path, columns: pa.Schema) -> pa.Schema:
    with _readable(path) as file:
        kept = [field for field in file.schema_arrow if field.name != "text"]
    return pa.schema([*kept, *columns])


def _good_rows(batch: pa.RecordBatch) -> tuple[Rows, dict[int, str]]:
    """The rows that have an id and a text, and why each other has not, by its place."""
    faults: dict[int, str] = {}
    texts: list[str] = []
    good: list[int] = []
    # Parquet does not promise that a text is UTF-8.
    contents = batch.column("text").cast(pa.large_binary()).to_pylist()
    absent = batch.column("id").is_null().to_pylist()
    for at, (content, has_no_id) in enumerate(zip(contents, absent, strict=True)):
        try:
            text = None if content is None else content.decode("utf-8")
        except UnicodeDecodeError:
            faults[at] = "text is not UTF-8"
            continue
        if text is None or has_no_id:
            faults[at] = "lacks text" if text is None else "lacks id"
            continue
        texts.append(text)
        good.append(at)
    kept = batch.select([name for name in batch.schema.names if name != "text"])
    return Rows(kept.take(pa.array(good, pa.int64())) if faults else kept, texts), faults


@contextmanager
def writing(target: Path, schema: pa.Schema) -> Iterator[parquet.ParquetWriter]:
    """Write a Parquet file that is there whole, on the disk, when the block ends, and not at all when it fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # Its own name: a machine that was given up may still be writing.
    unfinished = target.with_name(f".{target.name}.{uuid4().hex[:8]}{UNFINISHED}")
    try:
        with unfinished.open("wb") as file:
            with parquet.ParquetWriter(file, schema) as writer:
                yield writer
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Answers:
    """The folder of answers, held by one run at a time, with its manifest.

    The manifest is one line a part, only ever added to, so that a million parts cost a million lines; a line that a
    kill cut short is taken off.
    """

    def __init__(self, folder: Path, file: IO[bytes], entries: Mapping[str, Entry]) -> None:
        """Go on from `entries`, adding to `file`."""
        self.folder = folder
        self.entries = dict(entries)
        self._file = file

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, job: str, by: str) -> Iterator[Self]:
        """Hold `folder` for one job done by one version.

        Raises ArchiveError where another run holds it, or it holds the answers of another job or version.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / MANIFEST).open("a+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ArchiveError(f"Another run is writing to {folder}; wait for it, or name another --out.") from None
            entries = _read(folder, file, {"format": FORMAT, "job": job, "by": by})
            for torn in folder.rglob(f".*{UNFINISHED}"):
                torn.unlink(missing_ok=True)
            yield cls(folder, file, entries)

    def path_of(self, part: Part) -> Path:
        """Where a part's answers stand."""
        return self.folder / part.name

    def add(self, entry: Entry) -> None:
        """Record a part whose answers are in their place."""
        _append(self._file, asdict(entry))
        self.entries[entry.part] = entry

    def finished(self, parts: Sequence[Part]) -> set[str]:
        """The names of those parts that are answered, unchanged since, and whose answers are still there.

        Raises ArchiveError where an answered part has left the archive: its answers would stand for nothing.
        """
        gone = sorted(self.entries.keys() - {part.name for part in parts})
        if gone:
            raise ArchiveError(f"{gone[0]} was answered and is no longer in the archive; name another --out.")
        known = [part for part in parts if part.name in self.entries and self.path_of(part).is_file()]
        with ThreadPoolExecutor(_HASHED_AT_ONCE) as threads:
            sums = threads.map(checksum, [part.path for part in known])
            return {
                part.name for part, found in zip(known, sums, strict=True) if found == self.entries[part.name].sha256
            }


def _read(folder: Path, file: IO[bytes], head: Mapping[str, Any]) -> dict[str, Entry]:
    """The entries of a manifest that begins with `head`; begin an empty one with it."""
    file.seek(0)
    content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    if not whole:
        if not _line(head).startswith(content):
            raise ArchiveError(f"{folder / MANIFEST} is no list of answers; name another --out.")
        file.truncate(0)
        _append(file, head)
        return {}
    try:
        first, *rest = map(json.loads, whole.splitlines())
        entries = [Entry(**each) for each in rest]
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"{folder / MANIFEST} is damaged ({error}); name another --out.") from error
    if first != head:
        said = " ".join(str(first.get(key)) for key in ("job", "by")) if isinstance(first, dict) else "something else"
        raise ArchiveError(
            f"{folder} holds the answers of `{said}`, not of `{head['job']} {head['by']}`; name another --out."
        )
    # A kill tears the last line; only of a list that is ours is it taken off.
    file.truncate(len(whole))
    return {entry.part: entry for entry in entries}


def _line(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"


def _append(file: IO[bytes], content: Mapping[str, Any]) -> None:
    file.write(_line(content))
    file.flush()
    os.fsync(file.fileno())


def refuse_nested(archive: Path, out: Path) -> None:
    """Raise ArchiveError where answers would become parts of the archive, or take their place."""
    if out.resolve().is_relative_to(archive.resolve()):
        raise ArchiveError(f"{out} lies in the archive; name an --out outside it.")


def total(entries: Iterable[Entry]) -> tuple[int, int]:
    """Rows answered and rows left out, of all these parts."""
    counted = [(entry.n_rows, entry.n_bad) for entry in entries]
    return sum(rows for rows, _ in counted), sum(bad for _, bad in counted)
