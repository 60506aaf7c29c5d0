"""``suluh ingest``: posts from JSONL and CSV files, or standard input, straight into claims.

Each batch is one transaction and each post is known by its source and id, so an interrupted run is simply run again. A
row that cannot be taken is named with file, line and reason, and the good rows around it go in.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from tqdm import tqdm

from serving.cli._shared import open_service
from serving.cli.collected import (
    ReadChunks,
    Reading,
    ReadRows,
    chunks_of,
    collect_seldom,
    csv_rows,
    jsonl_rows,
    read_rows,
    readers,
)
from serving.deps import Service, acting
from serving.desk.incoming.intake import STREAM_BATCH_MAX, IntakeOutcome, take_in_batch
from serving.desk.incoming.machine import Machine, machine_for
from serving.i18n import ZONES

SHOWN_ERRORS: Final = 200
# Of rows that are bad for one reason, so that a file without times is told in a few lines and not in two hundred.
SHOWN_ALIKE: Final = 5
# Reasons that are counted apart; some name a place in their row, and a file of millions would fill the memory.
REASONS_MAX: Final = 1_000
# A smaller file is read sooner than another process has started.
_WORTH_READERS_BYTES: Final = 8_000_000
_READERS_MAX: Final = 4
# How long a thread that the database has answered waits at most for one that computes; the database waits with it.
_TURN_S: Final = 0.0005


@dataclass(slots=True)
class Tally:
    """What a run came to."""

    outcome: IntakeOutcome = field(default_factory=IntakeOutcome)
    n_rows: int = 0
    n_bad: int = 0
    n_shown: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    n_undated: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def report_bad(self, where: str, why: str) -> None:
        """Name a bad row on standard error: the first of each reason, and ``SHOWN_ERRORS`` lines at most."""
        self.n_bad += 1
        if why in self.reasons or len(self.reasons) < REASONS_MAX:
            self.reasons[why] += 1
        alike = self.reasons[why]
        if alike > SHOWN_ALIKE + 1 or self.n_shown > SHOWN_ERRORS:
            return
        self.n_shown += 1
        if self.n_shown > SHOWN_ERRORS:
            tqdm.write("… further bad rows are only counted", file=sys.stderr)
        elif alike > SHOWN_ALIKE:
            tqdm.write("… further rows like these are only counted", file=sys.stderr)
        else:
            tqdm.write(f"{where}: {why}", file=sys.stderr)


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
@click.option(
    "--readers",
    "n_readers",
    type=click.IntRange(0, 64),
    default=None,
    help="Processes that read rows beside this one; chosen by the files' size where it is not given.",
)
def ingest(files: tuple[str, ...], form: str, source: str, zone: str, undated: str, n_readers: int | None) -> None:
    """Take posts in from FILES (.jsonl or .csv; - is standard input), and make claims of them.

    A row holds source, external_id (or id), text, posted_at (or time, date), likes, shares, comments, views (or
    engagement), media and url. Other fields, above all those that name an author, are dropped and counted. Ends with 1
    where a row was bad; the good ones are in.
    """
    tally = Tally()
    collect_seldom()
    sys.setswitchinterval(_TURN_S)
    started = time.perf_counter()
    with open_service() as service, readers(_n_readers(files) if n_readers is None else n_readers) as read_chunks:
        settings = service.settings
        reading = Reading(
            source, ZoneInfo(ZONES[zone]), undated == "now", settings.secret, max_chars=settings.max_text_chars
        )
        intake = _Intake(service, machine_for(settings), reading, read_chunks, tally)
        for file in files:
            intake.take_file(file, is_csv=form == "csv" or (form == "auto" and file.lower().endswith(".csv")))
    _report(tally, time.perf_counter() - started)
    if tally.n_bad:
        sys.exit(1)


def _n_readers(files: Sequence[str]) -> int:
    size = sum(Path(file).stat().st_size for file in files if file != "-")
    return min(_READERS_MAX, (os.cpu_count() or 1) - 1) if size >= _WORTH_READERS_BYTES else 0


@dataclass(frozen=True, slots=True)
class _Intake:
    """One run: where rows go, how they are read, and what they came to."""

    service: Service
    machine: Machine
    reading: Reading
    read_chunks: ReadChunks
    tally: Tally

    def take_file(self, file: str, *, is_csv: bool) -> None:
        """Take a file in, chunk by chunk; each chunk is one batch and one transaction."""
        name = "stdin" if file == "-" else file
        size = None if file == "-" else Path(file).stat().st_size
        with ExitStack() as stack:
            stream = sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
            bar = stack.enter_context(
                tqdm(total=size, desc=Path(name).name, unit="B", unit_scale=True, mininterval=0.5, file=sys.stderr)
            )
            rows = (csv_rows if is_csv else jsonl_rows)(stream, bar.update)
            chunks = chunks_of(rows, STREAM_BATCH_MAX, self.service.clock)
            for found in self.read_chunks(chunks, partial(read_rows, reading=self.reading)):
                self._take(found, name, bar)

    def _take(self, found: ReadRows, name: str, bar: tqdm[Any]) -> None:
        tally = self.tally
        tally.n_rows += found.n_rows
        tally.n_undated += found.notes.n_undated
        tally.dropped += found.notes.dropped
        for number, why in found.bad:
            tally.report_bad(f"{name}:{number}", why)
        if len(found.batch):
            with acting(self.service) as ctx:
                tally.outcome += take_in_batch(ctx, self.machine, found.batch)
            gc.collect(1)  # statements are cycles, and theirs hold the batch's values
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
    for why, n in tally.reasons.most_common(12):
        if n > SHOWN_ALIKE:
            click.echo(f"{n} rows bad: {why}")
    if tally.n_undated:
        click.echo(f"{tally.n_undated} rows had no time and count as posted now")
    if tally.dropped:
        named = ", ".join(f"{name} ({n})" for name, n in tally.dropped.most_common(12))
        click.echo(f"fields dropped: {named}")
