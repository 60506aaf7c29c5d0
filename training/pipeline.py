"""One training run: read, fit, measure, write.

The weights measured are the weights written. Where they learn the unseen opinions, a twin fitted without them
is measured first, and only its figures speak of unseen opinion.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from data.schema import DataError
from data.sources.tables import data_folder
from eval.run import Report, evaluate
from eval.slices import UNSEEN_CRITICISM
from models.artifact import Manifest
from training import encoder_recipe, moderation_recipe, moderation_release, release
from training.card import Candidate
from training.fit_linear import Progress, fit
from training.recipe import Recipe, RecipeError, content_of, read_recipe, twin_of
from training.rows import rows_for
from training.tracking import record

EXPECTED_ERRORS: Final = (DataError, RecipeError, release.ReleaseError)


@dataclass(frozen=True, slots=True)
class Made:
    """What a run left behind."""

    folder: Path
    manifest: Manifest


def run(  # noqa: PLR0913, PLR0917 - what the command line says
    name: str,
    data: Path | None,
    out: Path | None,
    progress: Progress,
    now: datetime,
    base: str | None = None,
    despite: str = "",
) -> Made:
    """Train by the recipe `name`; raises one of EXPECTED_ERRORS, before anything is written.

    `base` takes the place of the base that an encoder's recipe names. A run of the encoder that was broken off goes on.
    `despite` says why rows that fail the leak audit are trained on; the reason stays in manifest and card.
    """
    folder = out or Path("var/models") / Path(name).stem
    kind = content_of(name).get("kind")
    if kind == moderation_recipe.KIND:
        recipe = moderation_recipe.read_moderation_recipe(name)
        return Made(folder, moderation_release.run(recipe, data_folder(data), folder, progress, now))
    if kind == encoder_recipe.KIND:
        from training.encoder_pipeline import train_encoder  # noqa: PLC0415 - torch is heavy, and only this needs it

        chosen = encoder_recipe.read_encoder_recipe(name)
        made = train_encoder(chosen, base or chosen.base, data_folder(data), folder, progress, now=now, despite=despite)
        return Made(folder, made)
    return _linear(name, data_folder(data), folder, progress, now, despite)


def _linear(  # noqa: PLR0913, PLR0917 - what the command line says
    name: str, source: Path, folder: Path, progress: Progress, now: datetime, despite: str
) -> Made:
    recipe = read_recipe(name)
    without = twin_of(recipe)
    twin = None
    if without is not None:
        progress(f"the twin, {recipe.measured_by}: fitted without the unseen opinions, to be measured on them")
        twin = _candidate(without, source, progress, despite)
    # What strangers' criticism meets is known at the twin's `look` only: learning more of it lowers no guard.
    candidate = _candidate(recipe, source, progress, despite, twin.fitted.thresholds.look if twin else 0.0)
    _refuse_unmeasured((twin or candidate).report)
    manifest = release.write(folder, candidate, twin, now)
    progress(f"wrote {manifest.version} to {folder}")
    return Made(folder, manifest)


def _refuse_unmeasured(report: Report) -> None:
    missing = {"posts", UNSEEN_CRITICISM} - report.flagged.keys()
    if missing:
        raise DataError(f"The tables hold no rows of the test slices {', '.join(sorted(missing))}; no card without.")


def _candidate(recipe: Recipe, source: Path, progress: Progress, despite: str, least_look: float = 0.0) -> Candidate:
    progress(f"reading and splitting {source}")
    rows = rows_for(recipe, source, despite)
    fitted = fit(rows, recipe, progress, least_look)
    progress("measuring on later months")
    return Candidate(fitted, recipe, rows, evaluate(fitted.scorer(), rows.divided, baselines=False))


def recorded(made: Made, store: Path) -> str:
    """Record the run with MLflow; return its id."""
    numbers = {name: value for name, value in made.manifest.metrics.items() if isinstance(value, float)}
    return record(made.manifest.version, made.manifest.recipe, numbers, made.folder, store)
