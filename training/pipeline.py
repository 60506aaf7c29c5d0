"""One training run: read, fit, measure, write.

The weights measured are the weights written. Where they learn the unseen opinions, a twin fitted without them
is measured first, and only its figures speak of unseen opinion.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from data.schema import DataError
from eval import report as reports
from eval.run import Report, evaluate
from eval.slices import UNSEEN_CRITICISM
from training import encoder_recipe, moderation_recipe, moderation_release, release
from training.card import Candidate
from training.fit_linear import fit
from training.order import Made, Order
from training.recipe import Recipe, RecipeError, content_of, read_recipe, twin_of
from training.rows import rows_for
from training.tracking import Run, record

EXPECTED_ERRORS: Final = (DataError, RecipeError, release.ReleaseError)


def run(name: str, order: Order) -> Made:
    """Train by the recipe `name`; raises one of EXPECTED_ERRORS, before anything is written.

    A run of the encoder that was broken off goes on.
    """
    kind = content_of(name).get("kind")
    order = replace(order, tables=order.source)  # refused here, before a word of progress
    if kind == encoder_recipe.KIND:
        from training.encoder_pipeline import train_encoder  # noqa: PLC0415 - torch is heavy, and only this needs it

        recipe = encoder_recipe.read_encoder_recipe(name)
        return train_encoder(recipe if order.seed is None else replace(recipe, seed=order.seed), order)
    if order.seed is not None:
        raise RecipeError(f"{name} is fitted without chance; only an encoder takes another seed.")
    if kind == moderation_recipe.KIND and order.despite:
        raise RecipeError(f"{name} is not held against the leak audit of claims, so there is nothing to train despite.")
    if kind == moderation_recipe.KIND:
        return moderation_release.run(moderation_recipe.read_moderation_recipe(name), order)
    return _linear(read_recipe(name), order)


def recorded(made: Made, store: Path) -> str:
    """Record the run with MLflow, its figures with their intervals and its pictures; return its id."""
    metrics = {name: value for name, value in made.manifest.metrics.items() if isinstance(value, float)}
    with TemporaryDirectory() as folder:
        pictures: list[Path] = []
        for prefix, report in made.reports.items():
            metrics |= {f"{prefix}{name}": value for name, value in release.headline(report).items()}
            pictures += reports.draw(report.curves, Path(folder), prefix)
        manifest = made.manifest
        return record(Run(manifest.version, manifest.recipe, metrics, made.folder, tuple(pictures)), store)


def _linear(recipe: Recipe, order: Order) -> Made:
    without = twin_of(recipe)
    if order.lacks(recipe.opinions.collections):
        recipe, without = recipe.on_tables_alone(), without and without.on_tables_alone()
    twin = None
    if without is not None:
        order.progress(f"the twin, {recipe.measured_by}: fitted without the unseen opinions, to be measured on them")
        twin = _candidate(without, order)
    # What strangers' criticism meets is known at the twin's `look` only: learning more of it lowers no guard.
    candidate = _candidate(recipe, order, twin.fitted.thresholds.look if twin else 0.0)
    _refuse_unmeasured((twin or candidate).report)
    manifest = release.write(order.folder, candidate, twin, order.now)
    order.progress(f"wrote {manifest.version} to {order.folder}")
    return Made(order.folder, manifest, {"": candidate.report, **({release.TWIN: twin.report} if twin else {})})


def _refuse_unmeasured(report: Report) -> None:
    missing = {"posts", UNSEEN_CRITICISM} - report.flagged.keys()
    if missing:
        raise DataError(f"The tables hold no rows of the test slices {', '.join(sorted(missing))}; no card without.")


def _candidate(recipe: Recipe, order: Order, least_look: float = 0.0) -> Candidate:
    order.progress(f"reading and splitting {order.source}")
    rows = rows_for(recipe, order.source, order.despite)
    fitted = fit(rows, recipe, order.progress, least_look)
    order.progress("measuring on later months")
    return Candidate(fitted, recipe, rows, evaluate(fitted.scorer(), rows.divided, baselines=False))
