"""`suluh archive`: score, cluster or match a folder of Parquet on many cores or machines, and go on after a kill."""

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, TypeAlias

import click
from tqdm import tqdm

from models.archive import Answered, Answerer, Answers, ArchiveError, Part, answer_part, parts_of, refuse_nested, total
from models.archive_answers import MatchAnswerer, ScoreAnswerer, SignatureAnswerer
from models.archive_clusters import ADDED, SIGNED, Join, n_joined, release
from models.archive_ray import Workers, workers
from models.artifact import ArtifactError

EXTRA: Final = "cluster"

_Bar: TypeAlias = "tqdm[NoReturn]"


@dataclass(frozen=True, slots=True)
class Asked:
    """What every job is told: the archive, the folder for answers, and who works."""

    folder: Path
    out: Path
    n_workers: int | None
    address: str | None


@click.group("archive")
def archive() -> None:
    """Score, cluster or match a folder of Parquet files, on one machine or many."""


def _job(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the arguments that every job has."""
    folders = click.Path(file_okay=False, path_type=Path)
    for option in (
        click.option("--address", help="A Ray cluster, HOST:PORT, whose machines see the same folders."),
        click.option(
            "--workers",
            "n_workers",
            type=click.IntRange(0),
            help="Parts at a time, one a core without it; 0 does one after another here, without Ray.",
        ),
        click.option("--out", type=folders, required=True, help="Folder for the answers; a second run goes on there."),
        click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)),
    ):
        command = option(command)
    return command


@archive.command("score")
@_job
@click.option("--model", default="encoder", show_default=True, help="A released model, or an artefact folder.")
def score(folder: Path, out: Path, n_workers: int | None, address: str | None, model: str) -> None:
    """Score every row of the Parquet files in DIR, as `suluh score` does.

    A file in, with `id` and `text`, is a file out: its columns without the text, and `p_hoax`, `band`, `reasons`,
    `model`, in the same order.
    """
    asked = Asked(folder, out, n_workers, address)
    with _refusals():
        _answer(asked, "score", ScoreAnswerer.of(model))


@archive.command("match")
@_job
@click.option(
    "--library",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help='Clarifications, {"id","title","text"} a line.',
)
def match(folder: Path, out: Path, n_workers: int | None, address: str | None, library: Path) -> None:
    """Match every row of the Parquet files in DIR with a library, as `suluh match` does.

    A file in, with `id` and `text`, is a file out: its columns without the text, and `matches`, in the same order.
    """
    asked = Asked(folder, out, n_workers, address)
    with _refusals():
        _answer(asked, "match", MatchAnswerer.of(library.resolve()))


@archive.command("cluster")
@_job
def cluster(folder: Path, out: Path, n_workers: int | None, address: str | None) -> None:
    """Group near-duplicates over all Parquet files in DIR, as `suluh cluster` does over their rows in one file.

    A file in, with `id` and `text`, is a file out: its columns without the text, and `cluster`, in the same order.
    Files are read in the order of their names. A later file may be added; it goes on where the others ended.
    """
    asked = Asked(folder, out, n_workers, address)
    with _refusals():
        _cluster(asked)


@contextmanager
def _refusals() -> Iterator[None]:
    """Say in one sentence what cannot be done, or what is to be installed for it."""
    try:
        yield
    except (ArchiveError, ArtifactError) as error:
        raise click.ClickException(str(error)) from error
    except ModuleNotFoundError as missing:
        if missing.name != "ray":
            raise
        raise click.ClickException(
            f"`suluh archive` needs {missing.name}; install it with: pip install 'suluh[{EXTRA}]'"
        ) from missing


def _answer(asked: Asked, job: str, answerer: Answerer) -> None:
    """Answer each part that is not answered yet, in any order."""
    refuse_nested(asked.folder, asked.out)
    parts = parts_of(asked.folder, answerer.columns)
    with Answers.opened(asked.out, job, answerer.version) as answers:
        finished = answers.finished(parts)
        waiting = [part for part in parts if part.name not in finished]
        calls = ((answerer, part, answers.path_of(part)) for part in waiting)
        with _at_work(asked, parts, waiting) as (those, bar):
            for answered in those.each(answer_part, calls):
                answers.add(answered.entry)
                _tell(answered, bar)
        _report(answers, waiting)


def _cluster(asked: Asked) -> None:
    """Sign parts in many processes and join them here, in their order."""
    refuse_nested(asked.folder, asked.out)
    signer = SignatureAnswerer(release())
    parts = parts_of(asked.folder, ADDED)
    with Answers.opened(asked.out, "cluster", signer.version) as answers, _emptied(asked.out / SIGNED) as signed:
        n = n_joined(answers, parts)
        waiting = parts[n:]
        join = Join.after(answers, parts[:n]) if waiting else Join()
        calls = ((signer, part, signed / part.name) for part in waiting)
        with _at_work(asked, parts, waiting) as (those, bar):
            for part, answered in zip(waiting, those.in_order(answer_part, calls), strict=True):
                answers.add(join.add(answers, part, signed / part.name, answered.entry))
                (signed / part.name).unlink()
                _tell(answered, bar)
        _report(answers, waiting)


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """Give a folder without what a killed run left in it, and take it away afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _at_work(asked: Asked, parts: Sequence[Part], waiting: Sequence[Part]) -> "Iterator[tuple[Workers, _Bar]]":
    """Give workers, where there is anything to do, and a bar that counts the rows of all parts."""
    n_rows, n_waiting = (sum(part.n_rows for part in some) for some in (parts, waiting))
    with (
        workers(asked.address, asked.n_workers if waiting else 0) as those,
        tqdm(total=n_rows, initial=n_rows - n_waiting, desc=asked.folder.name, unit="row", unit_scale=True) as bar,
    ):
        yield those, bar


def _tell(answered: Answered, bar: "_Bar") -> None:
    for complaint in answered.complaints:
        tqdm.write(complaint, file=sys.stderr)
    bar.update(answered.entry.n_rows + answered.entry.n_bad)


def _report(answers: Answers, waiting: Sequence[Part]) -> None:
    """Say what the folder holds now; exit with 1 where rows were left out, now or before."""
    n_rows, n_bad = total(answers.entries.values())
    n_parts = len(answers.entries)
    click.echo(f"{n_rows} rows in {n_parts} part(s) answered, {len(waiting)} part(s) of them now.")
    if n_bad:
        click.echo(f"{n_bad} row(s) were left out.", err=True)
        sys.exit(1)
