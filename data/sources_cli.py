"""`suluh data list`, `pull`, `stats` and `build`."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import httpx
from tqdm import tqdm

from data.catalogue import PULLABLE, SOURCES
from data.corpus import dealt
from data.origin import Source
from data.pull import Progress, Pulled, Puller
from data.schema import DataError, Kind
from data.sources import sample
from data.sources.moderated import moderated, moderated_present
from data.sources.moderation import MARKS
from data.sources.originals import folder_of, originals, present
from data.sources.tables import SETTING, data_folder, rows, table_path, text_of

_STATISTICS: Final = ("label", "publisher", "month")
_WITHOUT_SETTING: Final = Path("var/data")
_folder_option = click.option(
    "--data", "folder", type=click.Path(path_type=Path, file_okay=False), default=None, help="Else SULUH_DATA_DIR."
)


@click.command("list")
@_folder_option
def list_sources(folder: Path | None) -> None:
    """List every source: whether it is here, what fetches it, and what its licence allows."""
    data = _folder(folder)
    here = {*present(data), *moderated_present(data)}
    for source in SOURCES.values():
        click.echo(f"{source.name:<21}{_standing(source, here):<22}{source.sentence}")


@click.command("pull")
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@_folder_option
@click.option("--mirror", default="", help="A folder or an address with SOURCE/FILE, asked where the origin fails.")
def pull(names: tuple[str, ...], folder: Path | None, mirror: str) -> None:
    """Fetch the public originals of SOURCE (by default of all) into DATA_DIR/originals.

    Each file is known by its SHA-256. A broken transfer goes on where it stopped, in the next run too. Without
    --data and SULUH_DATA_DIR the files go to var/data.
    """
    unknown = sorted(set(names) - set(PULLABLE))
    if unknown:
        raise click.ClickException(f"No such source: {', '.join(unknown)}. There is: {', '.join(PULLABLE)}.")
    data, failures = _folder(folder), []
    with _puller(data, mirror) as (puller, progress):
        for source in (SOURCES[name] for name in names or PULLABLE):
            click.echo(f"{source.name}: {source.sentence}", err=True)
            try:
                for file in puller.pull(source):
                    progress.close()
                    click.echo(_said(file), err=True)
            except DataError as error:
                progress.close()
                failures.append(source.name)
                click.echo(f"  {error}", err=True)
            if source.ask and not _is_here(data, source, asked=source.name in names):
                failures.append(source.name)
    if failures:
        raise click.ClickException(f"Not there: {', '.join(failures)}.")


@click.command("stats")
@_folder_option
@click.option("--originals", "of_originals", is_flag=True, help="Count the pulled originals, not the claims table.")
def stats(folder: Path | None, *, of_originals: bool) -> None:
    """Count the rows of the claims table by label, publisher and month, or those of the originals by source."""
    try:
        data = data_folder(folder)
        counts, total = _originals_counted(data) if of_originals else _claims_counted(data)
    except DataError as error:
        raise click.ClickException(str(error)) from error
    for name, counter in counts.items():
        click.echo(f"\n{name}")
        ordered = sorted(counter.items()) if name == "month" else counter.most_common()
        for value, n in ordered:
            click.echo(f"{n:>9,}  {value}")
    click.echo(f"\n{next(iter(counts.values())).total():>9,}  {total}")


@click.command("build")
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@_folder_option
def build(out: Path, folder: Path | None) -> None:
    """Write the split as a Hugging Face dataset into OUT: train, tune, test and unseen opinion, with a fingerprint.

    Read from the tables, or else from the pulled originals; the desk's decided claims join either.
    """
    try:
        from data import dataset  # noqa: PLC0415 - `datasets` is an extra, and the other commands do without

        record = dataset.write(dealt(data_folder(folder)), out)
    except ImportError as error:
        raise click.ClickException(f"{error.name} is missing: pip install 'suluh[train]'.") from error
    except DataError as error:
        raise click.ClickException(str(error)) from error
    for name, part in record["parts"].items():
        click.echo(f"{part['n']:>9,}  {name}")
    click.echo(f"fingerprint {record['fingerprint']}")


def _folder(folder: Path | None) -> Path:

    return folder or Path(os.environ.get(SETTING) or _WITHOUT_SETTING)


def _standing(source: Source, here: set[str]) -> str:
    if source.name in here or source.name == sample.NAME:
        return "here"
    if source.files:
        return f"pull, {sum(file.size_bytes or 0 for file in source.files) / 1e6:.1f} MB"
    return "put there by hand" if source.ask else "in the tables only"


def _is_here(data: Path, source: Source, *, asked: bool) -> bool:
    """Say what to do for a source that nobody may fetch; a failure only where it was asked for by name."""
    if source.name in present(data):
        return True
    click.echo(f"  not fetched: {source.ask} into {folder_of(data, source.name)}.", err=True)
    return not asked


def _said(file: Pulled) -> str:
    seen = "; its checksum was not known and is recorded now" if file.is_first_seen else ""
    return f"  {file.path.name}: {file.state}, {file.size_bytes:,} bytes, sha256 {file.sha256[:12]}…{seen}"


class _Bar:
    """One progress bar, for one file at a time."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._name = ""

    def __call__(self, name: str, done: int, total: int | None) -> None:

        if name != self._name:
            self.close()
        if self._bar is None:
            self._name = name
            self._bar = tqdm(desc=f"  {name}", total=total, unit="B", unit_scale=True, leave=False, disable=None)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextmanager
def _puller(data: Path, mirror: str) -> Iterator[tuple[Puller, _Bar]]:

    bar = _Bar()
    tell: Progress = bar
    with httpx.Client() as client:
        try:
            puller = Puller(data, client, tell, time.sleep, mirror)
        except DataError as error:
            raise click.BadParameter(str(error), param_hint="--mirror") from error
        yield puller, bar


def _claims_counted(data: Path) -> tuple[dict[str, Counter[str]], str]:

    counts: dict[str, Counter[str]] = {name: Counter() for name in _STATISTICS}
    path = table_path(data, "claims")
    for row in rows(path, ("label", "publisher", "date")):
        counts["label"][text_of(row["label"])] += 1
        counts["publisher"][text_of(row["publisher"])] += 1
        counts["month"][text_of(row["date"])[:7] or "no date"] += 1
    return counts, f"rows in {path.name}"


def _originals_counted(data: Path) -> tuple[dict[str, Counter[str]], str]:

    names: Sequence[str] = present(data)
    with_marks = moderated_present(data)
    if not (names or with_marks):
        raise DataError(f"{data} holds no originals; `suluh data pull` fetches them.")
    counts: dict[str, Counter[str]] = {"source": Counter(), "label": Counter(), "kind": Counter(), "month": Counter()}
    marked: Counter[str] = Counter()
    for comment in moderated(data, with_marks):
        counts["source"][comment.source] += 1
        counts["kind"][Kind.COMMENT] += 1
        for name in MARKS:
            mark = getattr(comment, name)
            if mark is not None:
                marked[name if mark else f"not {name}"] += 1
    for row in originals(data, names):
        counts["source"][row.source] += 1
        counts["label"][row.label] += 1
        counts["kind"][row.kind] += 1
        counts["month"][f"{row.date:%Y-%m}" if row.date else "no date"] += 1
    return counts | ({"mark": marked} if marked else {}), "rows in the originals"
