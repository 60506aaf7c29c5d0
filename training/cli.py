"""`suluh train`: from tables to an artefact, in one command."""

from datetime import UTC, datetime
from pathlib import Path

import click

from training import pipeline
from training.order import Order


@click.command("train")
@click.argument("recipe", default="linear")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="The artefact folder [default: var/models/RECIPE]."
)
@click.option("--data", type=click.Path(path_type=Path), default=None, help="The tables; else SULUH_DATA_DIR.")
@click.option(
    "--store", type=click.Path(path_type=Path), default=Path("var"), show_default=True, help="Where runs are recorded."
)
@click.option("--base", default="", help="For an encoder: the base model's Hub name or folder [the recipe's].")
@click.option("--seed", type=int, default=None, help="For an encoder: the draws of its last stage [the recipe's].")
@click.option(
    "--despite", metavar="REASON", default="", help="Train on rows that fail the leak audit; the reason is kept."
)
@click.option("--track/--no-track", default=True, show_default=True, help="Record the run with MLflow.")
def train(
    *,
    recipe: str,
    out: Path | None,
    data: Path | None,
    store: Path,
    base: str,
    seed: int | None,
    despite: str,
    track: bool,
) -> None:
    """Train by RECIPE, a name in training/recipes or a TOML file, and write an artefact with its figures."""
    folder = out or Path("var/models") / Path(recipe).stem
    try:
        made = pipeline.run(recipe, Order(data, folder, _say, datetime.now(UTC), base, despite, seed))
    except pipeline.EXPECTED_ERRORS as error:
        raise click.ClickException(str(error)) from error
    if track:
        run_id = pipeline.recorded(made, store)
        _say(f"recorded as run {run_id} in {store}")
    click.echo(made.folder)


def _say(sentence: str) -> None:
    click.echo(f"{datetime.now(UTC):%H:%M:%S} {sentence}", err=True)
