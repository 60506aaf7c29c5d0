"""`suluh eval`: the figures of a model, by the protocol, as JSON, Markdown, pictures and a page."""

from datetime import UTC, datetime
from pathlib import Path

import click

from data.corpus import dealt
from data.schema import DataError
from data.sources.tables import data_folder
from eval import moderation, readable, run
from eval import report as reports
from models.artifact import JUDGE, ArtifactError, read_manifest, released_folder


@click.command("eval")
@click.argument("model", default=JUDGE)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("var/eval"), show_default=True, help="Where to write."
)
@click.option("--data", type=click.Path(path_type=Path), default=None, help="The tables; else SULUH_DATA_DIR.")
def evaluate(model: str, out: Path, data: Path | None) -> None:
    """Measure MODEL, a released name or an artefact folder [the judge of claims], on later months and unseen opinions.

    A model that learned the unseen opinions is not measured on them, and the report says so. Of a moderator, the flags
    on unseen opinions are measured, and the figures that its training recorded are shown beside.
    """
    try:
        tables = data_folder(data)
        folder = Path(model) if Path(model).is_dir() else released_folder(model)
        manifest = read_manifest(folder)
        click.echo(f"Measuring {manifest.version} …", err=True)
        if manifest.kind == moderation.KIND:
            moderated = moderation.measure(folder, tables)
            text, written = moderation.as_markdown(moderated), moderation.write(moderated, out)
        else:
            report = run.measure(folder, dealt(tables))
            text, written = reports.as_markdown(report), reports.write(report, out)
            written.append(readable.write(report, folder, datetime.now(UTC), out))
    except (DataError, ArtifactError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(text)
    click.echo("Written: " + ", ".join(map(str, written)), err=True)
