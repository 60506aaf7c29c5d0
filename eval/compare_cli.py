"""`suluh compare`: two models on the same rows, figure by figure."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from data.corpus import dealt
from data.schema import DataError
from data.sources.tables import data_folder
from eval import compare as comparing
from models.artifact import ArtifactError, released_folder


@click.command("compare")
@click.argument("first")
@click.argument("second")
@click.option("--data", type=click.Path(path_type=Path), default=None, help="The tables; else SULUH_DATA_DIR.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Also write the comparison there, as JSON.")
def compare(first: str, second: str, data: Path | None, out: Path | None) -> None:
    """Compare two models, each a released name or an artefact folder, on later months and unseen opinions.

    Each difference is SECOND less FIRST, with a paired bootstrap interval.
    """
    try:
        one, other = (Path(name) if Path(name).is_dir() else released_folder(name) for name in (first, second))
        divided = dealt(data_folder(data))
        click.echo("Comparing on the same rows …", err=True)
        found = comparing.compare_folders(one, other, divided)
    except (DataError, ArtifactError) as error:
        raise click.ClickException(str(error)) from error
    if out is not None:
        rows = [{**asdict(row), "verdict": row.verdict} for row in found.differences]
        content = {"first": found.first, "second": found.second, "left_out": found.left_out, "differences": rows}
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        click.echo(f"Written: {out}", err=True)
    click.echo(comparing.as_markdown(found))
