"""`suluh moderate`: for each text, how likely it is hate, abuse, gambling promotion, scam or sexual content."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click

from data.lines import Line, batches
from models.artifact import ArtifactError, load_moderator, released_moderator
from models.moderation import Moderation, Moderator


@click.command("moderate")
@click.argument("file", type=click.File("rb"))
@click.option("--model", default="moderation", show_default=True, help="A released moderator, or an artefact folder.")
def moderate(file: IO[bytes], model: str) -> None:
    r"""Moderate each text of FILE ("-" reads standard input).

    One object a line in, {"id","text"}; one a line out, in the same order, {"id","labels","flags","model"}: a
    probability for each label, and those labels that reach their threshold. A flag blurs; it decides nothing.
    """
    try:
        moderator = load_moderator(Path(model)) if Path(model).is_dir() else released_moderator(model)
    except ArtifactError as error:
        raise click.ClickException(str(error)) from error
    n_bad = 0
    for batch in batches(file):
        for complaint in batch.complaints:
            click.echo(complaint, err=True)
        n_bad += len(batch.complaints)
        for line in _moderated_lines(batch.rows, moderator):
            click.echo(line)
    if n_bad:
        click.echo(f"{n_bad} line(s) were not moderated.", err=True)
        sys.exit(1)


def _moderated_lines(rows: list[Line], moderator: Moderator) -> Iterator[str]:
    for row, answer in zip(rows, moderator.moderate_many([row.texts[0] for row in rows]), strict=True):
        yield json.dumps({"id": row.id, **as_json(answer)}, ensure_ascii=False)


def as_json(answer: Moderation) -> dict[str, Any]:
    """An answer as plain JSON values; probabilities with six digits."""
    return {
        "labels": {label.value: round(p, 6) for label, p in answer.labels.items()},
        "flags": [label.value for label in answer.flags],
        "model": answer.model,
    }
