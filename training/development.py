"""A row of the development table in docs/experiments.md: choices are made here, so that the test stays unread.

Named sources leave training, and hoaxes of the tuning months are ranked against them, against comments that
never train, and against the tuning months' news. Nothing of the test part or of the unseen opinions is scored.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click
import numpy as np

from data.schema import Example, Label
from data.sources.tables import data_folder
from eval.metrics import Figure, recall_at, with_interval
from eval.slices import speaks_of_government
from models.calibration import Floats
from models.measures import auc
from training.fit_linear import TITLES, Features, calibrated, fit_weights, hoaxes_of, probabilities_of
from training.recipe import read_recipe
from training.rows import Rows, rows_for

LEFT_OUT: Final = ("emot", "clickid", "hengky", "news")
_MOST_ROWS: Final = 4000  # of a slice, drawn once; more would not narrow an interval that the hoaxes set
_SEED: Final = 20261122


@dataclass(frozen=True, slots=True)
class Line:
    """Hoaxes of the tuning months against one slice."""

    hoaxes: str
    against: str
    n_against: int
    auc: Figure
    recall_at_5: Figure


def development_figures(recipe_name: str, folder: Path, left_out: Sequence[str], despite: str = "") -> list[Line]:
    """Fit the recipe without the sources `left_out`, and rank hoaxes of the tuning months against others."""
    recipe = read_recipe(recipe_name)
    rows = rows_for(recipe, folder, despite)
    fewer = replace(rows, train=tuple(row for row in rows.train if row.source not in left_out))
    weights = fit_weights(fewer.train, Features(fewer, recipe.ngrams), recipe)
    calibration = calibrated(weights, fewer)

    def scored(sample: Sequence[Example]) -> Floats:
        return probabilities_of(weights, calibration, sample, rows)

    others = {name: scored(sample) for name, sample in _others(rows, left_out).items() if sample}
    hoaxes = {name: scored(sample) for name, sample in _hoaxes(rows).items()}
    return [
        Line(name, other, low.size, with_interval(auc, high, low), with_interval(recall_at(0.05), high, low))
        for other, low in others.items()
        for name, high in hoaxes.items()
    ]


def _hoaxes(rows: Rows) -> Mapping[str, Sequence[Example]]:
    hoaxes = hoaxes_of(rows.tune)
    return {
        "posts": [row for row in hoaxes if row.kind not in TITLES],
        "titles": [row for row in hoaxes if row.kind in TITLES],
    }


def _others(rows: Rows, left_out: Sequence[str]) -> Mapping[str, Sequence[Example]]:
    met_never = [row for row in rows.train if row.source in left_out]
    opinions = [row for row in met_never if row.label is Label.OPINION]
    news = [row for row in met_never if row.label is Label.NOT_HOAX]
    return {
        "opinions left out": _drawn(opinions),
        "opinions left out, on government": _on_government(opinions),
        "held-out comments": _drawn(rows.held_out),
        "held-out comments, on government": _on_government(rows.held_out),
        "news left out": _drawn(news),
        "news of the tuning months": _drawn([row for row in rows.tune if row.label is Label.NOT_HOAX]),
    }


def _on_government(rows: Sequence[Example]) -> list[Example]:
    return [row for row in rows if speaks_of_government(row.text)]


def _drawn(rows: Sequence[Example]) -> Sequence[Example]:
    """At most `_MOST_ROWS` of `rows`, the same each time."""
    if len(rows) <= _MOST_ROWS:
        return rows
    chosen = np.random.default_rng(_SEED).choice(len(rows), _MOST_ROWS, replace=False)
    return [rows[int(at)] for at in np.sort(chosen)]


def main() -> None:
    """Print the row as a Markdown table."""
    parser = argparse.ArgumentParser(description="How a recipe does on development rows; the test is not read.")
    parser.add_argument("--recipe", default="linear-protocol", help="a name in training/recipes or a TOML file")
    parser.add_argument("--leave-out", action="append", help=f"a source that does not train [{', '.join(LEFT_OUT)}]")
    parser.add_argument("--data", type=Path, default=None, help="the tables; else SULUH_DATA_DIR")
    parser.add_argument("--despite", default="", help="why rows that fail the leak audit are used")
    chosen = parser.parse_args()
    folder = data_folder(chosen.data)
    lines = development_figures(chosen.recipe, folder, chosen.leave_out or LEFT_OUT, chosen.despite)
    click.echo("| hoaxes (n) | against (n) | AUC | recall at 5 % FPR |\n| --- | --- | --- | --- |")
    for line in lines:
        compared = f"{line.hoaxes} ({line.auc.n:,}) | {line.against} ({line.n_against:,})"
        click.echo(f"| {compared} | {line.auc} | {line.recall_at_5} |")


if __name__ == "__main__":
    main()
