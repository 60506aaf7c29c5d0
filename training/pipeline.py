"""One training run: read, fit, measure, write. The weights measured are the weights written."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from data.schema import DataError
from data.sources.tables import data_folder
from eval.run import evaluate
from models.artifact import Manifest
from training import release
from training.fit_linear import Progress, fit
from training.recipe import RecipeError, read_recipe
from training.rows import rows_for
from training.tracking import record

EXPECTED_ERRORS: Final = (DataError, RecipeError, release.ReleaseError)


@dataclass(frozen=True, slots=True)
class Made:
    """What a run left behind."""

    folder: Path
    manifest: Manifest


def run(name: str, data: Path | None, out: Path | None, progress: Progress, now: datetime) -> Made:
    """Train by the recipe `name`; raises one of EXPECTED_ERRORS, before anything is written."""
    recipe = read_recipe(name)
    folder = out or Path("var/models") / Path(name).stem
    source = data_folder(data)
    progress(f"reading and splitting {source}")
    rows = rows_for(recipe, source)
    fitted = fit(rows, recipe, progress)
    progress("measuring on later months and unseen opinions")
    report = evaluate(fitted.scorer(), rows.divided, baselines=False)
    manifest = release.write(folder, release.Candidate(fitted, recipe, rows, report), now)
    progress(f"wrote {manifest.version} to {folder}")
    return Made(folder, manifest)


def recorded(made: Made, store: Path) -> str:
    """Record the run with MLflow; return its id."""
    numbers = {name: value for name, value in made.manifest.metrics.items() if isinstance(value, float)}
    return record(made.manifest.version, made.manifest.recipe, numbers, made.folder, store)
