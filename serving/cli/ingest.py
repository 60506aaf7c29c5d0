"""``suluh ingest``: posts from JSONL and CSV files, or standard input, straight into claims.

Each batch is one transaction and each post is known by its source and id, so an interrupted run is simply run again. A
row that cannot be taken is named with file, line and reason, and the good rows around it go in.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

import click
from tqdm import tqdm

from serving.cli._shared import open_service, writing
from serving.deps import Service
from serving.desk.intake import BATCH_MAX, IntakeOutcome, take_in_anonymous
from serving.desk.machine import Machine, machine_for
from serving.desk.posts import AnonymousPost, PostRefusedError, anonymous
from serving.errors import SuluhError
from serving.i18n import ZONES
from serving.rows import PostIn, author_fields, read_post

LINE_MAX_BYTES: Final = 4_000_000
SHOWN_ERRORS: Final = 200
_COUNTS: Final = ("likes", "shares", "comments", "views")
_TIMES: Final = ("posted_at", "time", "timestamp", "date")
_TAKEN: Final = frozenset(PostIn.model_fields) | {"id", *_COUNTS, *_TIMES}
_MEDIA_TAKEN: Final = frozenset({"kind", "phash", "transcript"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read.

    Attributes:
        source: where posts come from that do not say so.
        zone: in which zone times are that do not say so.
        undated_now: whether a post without a time counts as posted at the moment of reading.
    """

    source: str
    zone: tzinfo
    undated_now: bool


@dataclass(slots=True)
class Tally:
    """What a run came to."""

    outcome: IntakeOutcome = field(default_factory=IntakeOutcome)
    n_rows: int = 0
    n_bad: int = 0
    n_undated: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def report_bad(self, where: str, why: str) -> None:
        """Name a bad row on standard error, the first ``SHOWN_ERRORS`` of them one by one."""
        self.n_bad += 1
        if self.n_bad <= SHOWN_ERRORS:
            tqdm.write(f"{where}: {why}", file=sys.stderr)
        elif self.n_bad == SHOWN_ERRORS + 1:
            tqdm.write("… further bad rows are only counted", file=sys.stderr)


class _BadLineError(PostRefusedError):
    """A line that cannot even be read as a row."""


def _lines(stream: IO[bytes], bar: tqdm[Any]) -> Iterator[tuple[int, bytes | _BadLineError]]:
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
            bar.update(size)
            yield number, _BadLineError("the line is longer than {n} bytes", n=LINE_MAX_BYTES)
            continue
        bar.update(size)
        yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise _BadLineError("not UTF-8 (byte {n})", n=error.start + 1) from None


Row = tuple[int, "dict[str, Any] | PostRefusedError"]


def _jsonl_rows(stream: IO[bytes], bar: tqdm[Any]) -> Iterator[Row]:
    for number, line in _lines(stream, bar):
        if isinstance(line, _BadLineError):
            yield number, line
        elif line.strip():
            try:
                row = json.loads(_decoded(line))
                yield number, row if isinstance(row, dict) else _BadLineError("not a JSON object")
            except _BadLineError as error:
                yield number, error
            except (ValueError, RecursionError) as error:
                yield number, _BadLineError("not JSON: {why}", why=str(error)[:120])


def _csv_rows(stream: IO[bytes], bar: tqdm[Any]) -> Iterator[Row]:
    """Read CSV with a header; a quoted text may run over several lines and is known by its first."""
    bad: list[tuple[int, _BadLineError]] = []

    def texts() -> Iterator[str]:
        for number, line in _lines(stream, bar):
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


def _as_sent(row: dict[str, Any], reading: Reading, now: datetime, tally: Tally) -> dict[str, Any]:
    """Give a file's row in the shape that the API takes; what has no place in it is dropped and counted."""
    authors = set(author_fields(row))
    for name in row:
        if name not in _TAKEN or name in authors:
            tally.dropped[name[:60]] += 1
    sent: dict[str, Any] = {
        "source": row.get("source") or reading.source,
        "external_id": _text(row.get("external_id", row.get("id"))),
        "text": row.get("text"),
        "posted_at": _moment(row, reading, now, tally),
        "engagement": _engagement(row),
    }
    if row.get("url"):
        sent["url"] = row["url"]
    if row.get("media"):
        sent["media"] = _media(row["media"], tally)
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


def _media(value: object, tally: Tally) -> object:
    if isinstance(value, str):
        value = _parsed("media", value)
    if not isinstance(value, list):
        return value
    kept = []
    for item in value:
        if not isinstance(item, dict):
            return value
        for name in item.keys() - _MEDIA_TAKEN:
            tally.dropped[f"media.{name}"[:60]] += 1
        kept.append({name: item[name] for name in _MEDIA_TAKEN & item.keys() if item[name] is not None})
    return kept


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _BadLineError("{name}: not JSON", name=name) from None


def _moment(row: dict[str, Any], reading: Reading, now: datetime, tally: Tally) -> object:
    given = next((row[name] for name in _TIMES if row.get(name) not in (None, "")), None)
    if given is None:
        if not reading.undated_now:
            raise _BadLineError("no time; --undated now takes the moment of reading for it")
        tally.n_undated += 1
        return now
    if not isinstance(given, str):
        return given
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return given
    return moment if moment.tzinfo else moment.replace(tzinfo=reading.zone)


@click.command(short_help="Take posts in from files.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--format", "form", type=click.Choice(["auto", "jsonl", "csv"]), default="auto", show_default=True)
@click.option("--source", default="file", show_default=True, help="For posts that do not name theirs.")
@click.option("--zone", type=click.Choice(list(ZONES)), default="WIB", show_default=True, help="For times without one.")
@click.option(
    "--undated",
    type=click.Choice(["reject", "now"]),
    default="reject",
    show_default=True,
    help="What becomes of a post without a time.",
)
def ingest(files: tuple[str, ...], form: str, source: str, zone: str, undated: str) -> None:
    """Take posts in from FILES (.jsonl or .csv; - is standard input), and make claims of them.

    A row holds source, external_id (or id), text, posted_at (or time, date), likes, shares, comments, views (or
    engagement), media and url. Other fields, above all those that name an author, are dropped and counted. Ends with 1
    where a row was bad; the good ones are in.
    """
    reading = Reading(source, ZoneInfo(ZONES[zone]), undated == "now")
    tally = Tally()
    started = time.perf_counter()
    with open_service() as service:
        machine = machine_for(service.settings)
        for file in files:
            _take_file(service, machine, file, form, reading, tally)
    _report(tally, time.perf_counter() - started)
    if tally.n_bad:
        sys.exit(1)


def _take_file(  # noqa: PLR0913, PLR0917 - one file's whole surroundings
    service: Service, machine: Machine, file: str, form: str, reading: Reading, tally: Tally
) -> None:
    name = "stdin" if file == "-" else file
    is_csv = form == "csv" or (form == "auto" and name.lower().endswith(".csv"))
    size = None if file == "-" else Path(file).stat().st_size
    with ExitStack() as stack:
        stream = sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
        bar = stack.enter_context(
            tqdm(total=size, desc=Path(name).name, unit="B", unit_scale=True, mininterval=0.5, file=sys.stderr)
        )
        batch: list[AnonymousPost] = []
        for number, row in (_csv_rows if is_csv else _jsonl_rows)(stream, bar):
            tally.n_rows += 1
            now = service.clock.now()
            try:
                if isinstance(row, PostRefusedError):
                    raise row
                post = read_post(_as_sent(row, reading, now, tally))
                batch.append(anonymous(post, service.vault, now, service.settings.max_text_chars))
            except SuluhError as error:
                tally.report_bad(f"{name}:{number}", str(error))
            if len(batch) >= BATCH_MAX:
                _take_batch(service, machine, batch, tally, bar)
        _take_batch(service, machine, batch, tally, bar)


def _take_batch(service: Service, machine: Machine, batch: list[AnonymousPost], tally: Tally, bar: tqdm[Any]) -> None:
    if batch:
        with writing(service) as ctx:
            outcome = take_in_anonymous(ctx, machine, batch)
        tally.outcome += outcome
        batch.clear()
        bar.set_postfix(posts=tally.outcome.n_posts, claims=tally.outcome.n_claims, bad=tally.n_bad)


def _report(tally: Tally, seconds: float) -> None:
    done = tally.outcome
    # Linux gives the peak in kibibytes, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    click.echo(
        f"{tally.n_rows} rows in {seconds:.1f} s ({tally.n_rows / max(seconds, 1e-9):.0f} posts/s): "
        f"{done.n_posts} new, {done.n_known} known ({done.n_raised} with higher counts), {tally.n_bad} bad; "
        f"{done.n_claims} claims made; peak memory {peak / 2**20:.0f} MiB; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )
    if tally.n_undated:
        click.echo(f"{tally.n_undated} rows had no time and count as posted now")
    if tally.dropped:
        named = ", ".join(f"{name} ({n})" for name, n in tally.dropped.most_common(12))
        click.echo(f"fields dropped: {named}")
