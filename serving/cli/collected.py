"""Rows of files as posts: found line by line, then read in chunks, in this process or beside it.

Reading a row (JSON, checks, masking, cleaning, signature, score) needs nothing but the row and the secret, and is most
of what a post costs. With ``readers`` above 0 that happens in other processes while this one keeps what they read; the
order stays that of the file, and only so many chunks are under way that memory does not grow with it.
"""

from __future__ import annotations

import csv
import gc
import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import lru_cache, partial
from itertools import islice
from multiprocessing import get_context
from typing import IO, Any, Final, TypeAlias

from serving.desk.context import Clock
from serving.desk.incoming import batches
from serving.desk.incoming.batches import Batch
from serving.desk.incoming.machine import quick_scorer
from serving.desk.incoming.posts import AnonymousPost, PostRefusedError, anonymous
from serving.errors import SuluhError
from serving.i18n import Language, translate
from serving.rows import PostIn, author_fields, read_post
from serving.security import Vault

LINE_MAX_BYTES: Final = 4_000_000
_COUNTS: Final = ("likes", "shares", "comments", "views")
_TIMES: Final = ("posted_at", "time", "timestamp", "date")
_TAKEN: Final = frozenset(PostIn.model_fields) | {"id", *_COUNTS, *_TIMES}
_MEDIA_TAKEN: Final = frozenset({"kind", "phash", "transcript"})
# Objects that are made, less those gone, before cycles are looked for: a batch makes this many and keeps nearly all.
_COLLECTED_AFTER: Final = 100_000
# Chunks that wait in each reader's queue, so that it never waits for this process.
_AHEAD: Final = 2

Read: TypeAlias = "Callable[[Chunk], ReadRows]"
"""Reads one chunk."""
ReadChunks: TypeAlias = "Callable[[Iterable[Chunk], Read], Iterator[ReadRows]]"
"""Reads chunks, and gives the answers in their order."""
Told = Callable[[int], object]
"""Is told how many bytes were read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read.

    Attributes:
        source: where posts come from that do not say so.
        zone: in which zone times are that do not say so.
        undated_now: whether a post without a time counts as posted at the moment of reading.
        secret: keys hashes and seals addresses.
        max_chars: the longest text that is taken.
    """

    source: str
    zone: tzinfo
    undated_now: bool
    secret: bytes = field(repr=False)
    max_chars: int


@dataclass(slots=True)
class Notes:
    """What reading leaves out or fills in."""

    n_undated: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class ReadRows:
    """A chunk that was read: its good rows as a batch, each bad one by its line with the reason, and the notes."""

    n_rows: int
    batch: Batch
    bad: Sequence[tuple[int, str]]
    notes: Notes


class _BadLineError(PostRefusedError):
    """A line that cannot even be read as a row."""


def _lines(stream: IO[bytes], told: Told) -> Iterator[tuple[int, bytes | _BadLineError]]:
    """Give numbered lines; one that is longer than memory should hold is passed over and told."""
    number = 0
    while line := stream.readline(LINE_MAX_BYTES + 1):
        number += 1
        size = len(line)
        if size > LINE_MAX_BYTES and not line.endswith(b"\n"):
            while rest := stream.readline(LINE_MAX_BYTES):
                size += len(rest)
                if rest.endswith(b"\n"):
                    break
            told(size)
            yield number, _BadLineError("the line is longer than {n} bytes", n=LINE_MAX_BYTES)
            continue
        told(size)
        yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise _BadLineError("not UTF-8 (byte {n})", n=error.start + 1) from None


Row: TypeAlias = "tuple[int, bytes | dict[str, Any] | _BadLineError]"
"""A row by its line, from 1: a line of JSON, the cells of a line of CSV, or why it is neither."""


def jsonl_rows(stream: IO[bytes], told: Told) -> Iterator[Row]:
    """Give the lines of a file of JSON objects, unread."""
    for number, line in _lines(stream, told):
        if isinstance(line, _BadLineError) or line.strip():
            yield number, line


def _parsed_line(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(_decoded(line))
    except _BadLineError:
        raise
    except (ValueError, RecursionError) as error:
        raise _BadLineError("not JSON: {why}", why=str(error)[:120]) from None
    if not isinstance(row, dict):
        raise _BadLineError("not a JSON object")
    return row


def csv_rows(stream: IO[bytes], told: Told) -> Iterator[Row]:
    """Read CSV with a header; a quoted text may run over several lines and is known by its first."""
    bad: list[tuple[int, _BadLineError]] = []

    def texts() -> Iterator[str]:
        for number, line in _lines(stream, told):
            if isinstance(line, _BadLineError):
                bad.append((number, line))
            else:
                # What is no UTF-8 becomes a lone surrogate, which the row's own check refuses by name.
                yield line.decode("utf-8", "surrogateescape")

    csv.field_size_limit(LINE_MAX_BYTES)
    reader = csv.reader(texts())
    header: list[str] | None = None
    before = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield reader.line_num, _BadLineError("not CSV: {why}", why=str(error))
            before = reader.line_num
            continue
        yield from bad
        bad.clear()
        if cells is None:
            return
        first, before = before + 1, reader.line_num
        if header is None:
            header = [name.strip() for name in cells]
        elif len(cells) > len(header):
            yield first, _BadLineError("{n} cells under {m} headings", n=len(cells), m=len(header))
        elif any(cell.strip() for cell in cells):
            yield first, {name: cell for name, cell in zip(header, cells, strict=False) if cell != ""}


def _as_sent(row: dict[str, Any], reading: Reading, now: datetime, notes: Notes) -> dict[str, Any]:
    """Give a file's row in the shape that the API takes; what has no place in it is dropped and counted."""
    authors = set(author_fields(row))
    for name in row:
        if name not in _TAKEN or name in authors:
            notes.dropped[name[:60]] += 1
    sent: dict[str, Any] = {
        "source": row.get("source") or reading.source,
        "external_id": _text(row.get("external_id", row.get("id"))),
        "text": row.get("text"),
        "posted_at": _moment(row, reading, now, notes),
        "engagement": _engagement(row),
    }
    if row.get("url"):
        sent["url"] = row["url"]
    if row.get("media"):
        sent["media"] = _media(row["media"], notes)
    return {name: value for name, value in sent.items() if value is not None}


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _engagement(row: dict[str, Any]) -> object:
    nested = row.get("engagement")
    if isinstance(nested, str):
        nested = _parsed("engagement", nested)
    if nested is not None and not isinstance(nested, dict):
        return nested
    return {name: count for name in _COUNTS if (count := (nested or row).get(name)) is not None}


def _media(value: object, notes: Notes) -> object:
    if isinstance(value, str):
        value = _parsed("media", value)
    if not isinstance(value, list):
        return value
    kept = []
    for item in value:
        if not isinstance(item, dict):
            return value
        for name in item.keys() - _MEDIA_TAKEN:
            notes.dropped[f"media.{name}"[:60]] += 1
        kept.append({name: item[name] for name in _MEDIA_TAKEN & item.keys() if item[name] is not None})
    return kept


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _BadLineError("{name}: not JSON", name=name) from None


def _moment(row: dict[str, Any], reading: Reading, now: datetime, notes: Notes) -> object:
    given = next((row[name] for name in _TIMES if row.get(name) not in (None, "")), None)
    if given is None:
        if not reading.undated_now:
            raise _BadLineError("no time; --undated now takes the moment of reading for it")
        notes.n_undated += 1
        return now
    if not isinstance(given, str):
        return given
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return given
    return moment if moment.tzinfo else moment.replace(tzinfo=reading.zone)


# ---- chunks ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that are read together, and the moment at which they came."""

    rows: Sequence[Row]
    at: datetime


def read_rows(chunk: Chunk, reading: Reading) -> ReadRows:
    """Read a chunk: what is good becomes a batch, what is bad is told by its line."""
    vault = _vault(reading.secret)
    notes = Notes()
    posts: list[AnonymousPost] = []
    bad: list[tuple[int, str]] = []
    for number, row in chunk.rows:
        try:
            if isinstance(row, PostRefusedError):
                raise row
            fields = _parsed_line(row) if isinstance(row, bytes) else row
            post = read_post(_as_sent(fields, reading, chunk.at, notes))
            posts.append(anonymous(post, vault, chunk.at, reading.max_chars))
        except SuluhError as error:
            bad.append((number, translate(Language.EN, error.message, **error.params)))
    return ReadRows(len(chunk.rows), batches.read(posts, quick_scorer()), bad, notes)


@lru_cache(maxsize=1)
def _vault(secret: bytes) -> Vault:
    return Vault(secret)


def collect_seldom() -> None:
    """Look for cycles once in many batches: each search walks all that a batch holds, and finds next to nothing.

    Statements are cycles and hold the values that they asked with, so whoever takes a batch in collects after it.
    """
    gc.freeze()
    gc.set_threshold(_COLLECTED_AFTER, 20, 100)


@contextmanager
def readers(n: int) -> Iterator[ReadChunks]:
    """Open ``n`` processes that read chunks, and give what hands chunks to them and returns the answers in order.

    With none, chunks are read here; and so are the first ones, until a process has started.
    """
    if n == 0:
        yield lambda chunks, read: map(read, chunks)
        return
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])  # imported once, not by each of them
    with ProcessPoolExecutor(n, mp_context=context, initializer=collect_seldom) as pool:
        yield partial(_in_order, pool, pool.submit(_warm), n * _AHEAD)


def _warm() -> None:
    """Open what the first chunk would wait for."""
    batches.read([], quick_scorer())


def _in_order(
    pool: ProcessPoolExecutor, started: Future[None], n_ahead: int, chunks: Iterable[Chunk], read: Read
) -> Iterator[ReadRows]:
    """Read each chunk in the pool once that has ``started``, before that here: a process takes a second or two."""
    waiting: deque[Future[ReadRows]] = deque()
    for chunk in chunks:
        if not started.done():
            yield read(chunk)
            continue
        waiting.append(pool.submit(read, chunk))
        if len(waiting) > n_ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def chunks_of(rows: Iterable[Row], size: int, clock: Clock) -> Iterator[Chunk]:
    """Cut rows into chunks of ``size``."""
    remaining = iter(rows)
    while found := list(islice(remaining, size)):
        yield Chunk(found, clock.now())
