"""`suluh score` over a file of any length; `suluh match` lives in `models.match_cli`.

The contract: one JSON object a line in, `{"id", "text"}`; one a line out, in the same order. Lines are read
in batches, so memory does not grow with the file. A bad line is reported with its number and its reason,
and the good ones go on; the exit code is then 1.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final

import click

from data.lines import Line, batches
from models.artifact import ArtifactError, load, released
from models.score import Score, Scorer

BATCH_LINES: Final = 1024  # fewer than the other commands: the encoder takes seconds for them


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
    for batch in batches(file, n_lines=BATCH_LINES):
        for complaint in batch.complaints:
            click.echo(complaint, err=True)
        n_bad += len(batch.complaints)
        for line in _scored_lines(batch.rows, scorer):
            click.echo(line)
    if n_bad:
        click.echo(f"{n_bad} line(s) were not scored.", err=True)
        sys.exit(1)


def _scored_lines(rows: list[Line], scorer: Scorer) -> Iterator[str]:
    for row, answer in zip(rows, scorer.score_many([row.texts[0] for row in rows]), strict=True):
        yield json.dumps({"id": row.id, **as_json(answer)}, ensure_ascii=False)


def as_json(answer: Score) -> dict[str, Any]:
    """A score as plain JSON values; the probability with six digits."""
    return {
        "p_hoax": round(answer.p_hoax, 6),
        "band": answer.band.value,
        "reasons": [asdict(reason) for reason in answer.reasons],
        "model": answer.model,
    }
