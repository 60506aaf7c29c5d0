"""`suluh score` over a file of any length; `suluh match` lives in `models.match_cli`.

The contract: one JSON object a line in, `{"id", "text"}`; one a line out, in the same order. Lines are read
in batches, so memory does not grow with the file. A bad line is reported with its number and its reason,
and the good ones go on; the exit code is then 1.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import click

from models.artifact import ArtifactError, load, released
from models.score import Score, Scorer

_BATCH_LINES: Final = 1024
_BATCH_BYTES: Final = 16_000_000  # a batch ends here too, so that long texts do not add up


class LineError(ValueError):
    """A line is not a row to score."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text to score; `id` is given back as it came."""

    id: str | int
    text: str


@click.command("score")
@click.argument("file", type=click.File("rb"))
@click.option("--model", default="encoder", show_default=True, help="A released model, or an artefact folder.")
def score(file: IO[bytes], model: str) -> None:
    """Score FILE ("-" reads standard input): {"id","text"} a line in, {"id","p_hoax","band","reasons","model"} out."""
    try:
        scorer = load(Path(model)) if Path(model).is_dir() else released(model)
    except ArtifactError as error:
        raise click.ClickException(str(error)) from error
    n_bad = 0
    for batch in batches(file):
        rows, complaints = parsed(batch)
        for complaint in complaints:
            click.echo(complaint, err=True)
        n_bad += len(complaints)
        for line in scored_lines(rows, scorer):
            click.echo(line)
    if n_bad:
        click.echo(f"{n_bad} line(s) were not scored.", err=True)
        sys.exit(1)


def batches(lines: Iterable[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    """Numbered lines, up to `_BATCH_LINES` and about `_BATCH_BYTES` at a time, without the empty ones."""
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while batch := list(islice(_until_full(numbered), _BATCH_LINES)):
        yield batch


def _until_full(numbered: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    size_bytes = 0
    for number, line in numbered:
        yield number, line
        size_bytes += len(line)
        if size_bytes >= _BATCH_BYTES:
            return


def parsed(batch: Iterable[tuple[int, bytes]]) -> tuple[list[Row], list[str]]:
    """The rows of a batch, and one sentence for each line that is none."""
    rows: list[Row] = []
    complaints: list[str] = []
    for number, line in batch:
        try:
            rows.append(row_of(line))
        except LineError as error:
            complaints.append(f"line {number}: {error}")
    return rows, complaints


def row_of(line: bytes) -> Row:
    """One line as a row; LineError says what is wrong with it."""
    try:
        content: Any = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LineError("not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise LineError(f"not JSON ({error})") from error
    if not isinstance(content, dict):
        raise LineError("not an object")
    missing = [name for name in ("id", "text") if name not in content]
    if missing:
        raise LineError(f"lacks {' and '.join(missing)}")
    if not isinstance(content["id"], str | int) or isinstance(content["id"], bool):
        raise LineError("id is neither a text nor a whole number")
    if not isinstance(content["text"], str):
        raise LineError("text is not a text")
    return Row(content["id"], content["text"])


def scored_lines(rows: list[Row], scorer: Scorer) -> Iterator[str]:
    """One line of JSON a row, in the same order."""
    for row, answer in zip(rows, scorer.score_many([row.text for row in rows]), strict=True):
        yield json.dumps({"id": row.id, **as_json(answer)}, ensure_ascii=False)


def as_json(answer: Score) -> dict[str, Any]:
    """A score as plain JSON values; the probability with six digits."""
    return {
        "p_hoax": round(answer.p_hoax, 6),
        "band": answer.band.value,
        "reasons": [asdict(reason) for reason in answer.reasons],
        "model": answer.model,
    }
