"""One run of the encoder: train or go on, export, calibrate, band, measure, write."""

import platform
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

from data.checks import audit_split
from data.collected import COLLECTED
from data.reading import neutral_words
from data.schema import DataError, Kind
from data.split import Part
from eval.run import Report, evaluate
from eval.slices import UNSEEN_OPINION
from eval.unseen import as_met, learned_unseen
from models.artifact import (
    CARD,
    LICENCE,
    NETWORK,
    SIZE_LIMIT_BYTES,
    TOKENIZER,
    Arrays,
    Manifest,
    checksums_of,
    write_files,
    write_manifest,
)
from models.encoder import open_encoder
from models.encoder_scorer import Blend, EncoderScorer
from models.linear import Weights
from training.encoder_bands import Fitted, fit_bands
from training.encoder_card import encoder_card
from training.encoder_recipe import EncoderRecipe, read_encoder_recipe, twin_of
from training.encoder_rows import Material, material_for
from training.export_encoder import Parity, export, parity
from training.fit_encoder import Trained, begin, fit
from training.fit_linear import Features, fit_weights
from training.order import Made, Order
from training.recipe import read_recipe
from training.release import TWIN, ReleaseError, headline, licence, of_twin
from training.rows import rows_for

_LIBRARIES: Final = ("numpy", "onnxruntime", "suluh", "tokenizers", "torch", "transformers")
_N_PARITY: Final = 300
_BASE_LICENCE: Final = """Derived from {base}, whose own licence stays in force (intfloat/multilingual-e5-small: MIT).
"""
_WORK: Final = "work"
_UNNAMED: Final = "encoder-unreleased"


@dataclass(frozen=True, slots=True)
class EncoderCandidate:
    """What may be released, and the figures of these very weights."""

    fitted: Fitted
    recipe: EncoderRecipe
    material: Material
    linear: Weights
    parity: Parity
    report: Report
    n_steps: int
    base_sha256: str
    despite: str  # why rows that fail the leak audit were trained on all the same


def train_encoder(recipe: EncoderRecipe, order: Order) -> Made:
    """Train by `recipe`, or go on from the checkpoints in the folder's `work`, and write the artefact.

    Where the recipe learns the unseen opinions, its twin goes on from the same first stage without them and is measured
    first; only the twin's figures speak of them. The checkpoints stay until the artefact is whole. Raises DataError,
    RecipeError and ReleaseError.
    """
    work = order.folder / _WORK
    without = twin_of(recipe)
    if order.lacks((*recipe.collections, *(name for name in recipe.held_out if name in COLLECTED))):
        recipe, without = recipe.on_tables_alone(), without and without.on_tables_alone()
    twin = None
    if without is not None:
        order.progress(f"the twin, {recipe.measured_by}: trained without the unseen opinions, to be measured on them")
        twin = _candidate(without, order, work / "twin", work / "twin" / "artefact")
    # What strangers' criticism meets is known at the twin's `look` only: learning more of it lowers no guard.
    candidate = _candidate(recipe, order, work, order.folder, twin.fitted.thresholds.look if twin else 0.0)
    _refuse_unmeasured((twin or candidate).report)
    manifest = _write(order.folder, candidate, twin, order.now)
    shutil.rmtree(work)
    order.progress(f"wrote {manifest.version} to {order.folder}")
    return Made(order.folder, manifest, {"": candidate.report, **({TWIN: twin.report} if twin else {})})


def _candidate(
    recipe: EncoderRecipe, order: Order, work: Path, folder: Path, least_look: float = 0.0
) -> EncoderCandidate:
    """Train by `recipe` with checkpoints in `work`, export into `folder`, calibrate, band and measure."""
    source, progress = order.source, order.progress
    progress(f"reading and splitting {source}")
    material = material_for(recipe, source)
    found = audit_split(material.divided, recipe.bands.max_characters)
    found.refuse(order.despite)
    trained = _trained(recipe, material, order, work)
    progress("writing ONNX, int8")
    export(trained.model, trained.tokenizer, recipe.max_tokens, folder)
    moved = parity(trained.model, folder, _probe(material))
    progress(f"int8 moves a logit by {moved.mean_logit:.3f} on average, {moved.largest_logit:.3f} at most")
    progress(f"the linear part, {recipe.linear}")
    linear = _linear_part(recipe, order)
    blend = Blend(open_encoder(folder), linear, recipe.bands.linear_share)
    progress("calibrating and setting bands")
    fitted = fit_bands(blend, material.divided, recipe, source, least_look)
    progress("measuring on later months")
    met = as_met(material.divided, learned_unseen(recipe.as_dict()))
    return EncoderCandidate(
        fitted=fitted,
        recipe=recipe,
        material=material,
        linear=linear,
        parity=moved,
        report=evaluate(_scorer(blend, fitted, recipe), met, baselines=False),
        n_steps=trained.n_steps,
        base_sha256=trained.base_sha256,
        despite=order.despite.strip() if found.failures else "",
    )


def _refuse_unmeasured(report: Report) -> None:
    if not {"posts", UNSEEN_OPINION} <= report.flagged.keys():
        raise DataError("The tables hold no later posts or no unseen opinions; no card without.")


def _trained(recipe: EncoderRecipe, material: Material, order: Order, work: Path) -> Trained:
    return fit(_before(recipe, material, order, work), material, recipe, work, order.progress)


def _before(recipe: EncoderRecipe, material: Material, order: Order, work: Path) -> Trained:
    """What `recipe` goes on from: the base model, or an earlier stage, whose folder the twin shares."""
    progress = order.progress
    if not recipe.begins_with:
        return begin(material, recipe, order.base or recipe.base, work, progress)
    earlier = read_encoder_recipe(recipe.begins_with)
    shared = order.folder / _WORK / Path(recipe.begins_with).stem
    material = material_for(earlier, order.source, material.divided)
    before = _before(earlier, material, order, shared)
    progress(f"an earlier stage, {recipe.begins_with}")
    return fit(before, material, earlier, shared, progress)


def _linear_part(recipe: EncoderRecipe, order: Order) -> Weights:
    """The linear part, fitted without what the recipe holds out."""
    chosen = read_recipe(recipe.linear)
    if order.lacks(chosen.opinions.collections):
        chosen = chosen.on_tables_alone()
    rows = rows_for(chosen, order.source, order.despite)
    kept = replace(rows, train=tuple(row for row in rows.train if row.source not in recipe.held_out))
    return fit_weights(kept.train, Features(kept, chosen.ngrams), chosen)


def _probe(material: Material) -> list[str]:
    """Texts of the tuning months for the comparison of float and int8."""
    rows = [row for row in material.divided[Part.TUNE] if row.kind is not Kind.FULL_ARTICLE]
    step = max(1, len(rows) // _N_PARITY)
    return [neutral_words(row.text) for row in rows[::step]]


def _scorer(blend: Blend, fitted: Fitted, recipe: EncoderRecipe) -> EncoderScorer:
    return EncoderScorer(blend, fitted.calibration, fitted.thresholds, recipe.bands.opinion_gate, _UNNAMED)


def _write(folder: Path, candidate: EncoderCandidate, twin: EncoderCandidate | None, now: datetime) -> Manifest:
    recipe, fitted = candidate.recipe, candidate.fitted
    used = {row.source for row in candidate.material.divided[Part.TRAIN]}
    used |= {*recipe.comments, *recipe.learns_unseen, *recipe.collections, *recipe.held_out}
    arrays: Arrays = {"weights": candidate.linear.weights, "idf": candidate.linear.idf}
    terms = f"{licence(sorted(used))}\n{_BASE_LICENCE.format(base=recipe.base)}"
    texts = {CARD: encoder_card(candidate, twin), LICENCE: terms}
    files = {**checksums_of(folder, (NETWORK, TOKENIZER)), **write_files(folder, texts, arrays)}
    size_bytes = sum((folder / name).stat().st_size for name in files)
    if size_bytes > SIZE_LIMIT_BYTES[recipe.kind]:
        raise ReleaseError(f"{folder} takes {size_bytes:,} bytes; at most {SIZE_LIMIT_BYTES[recipe.kind]:,} ship.")
    manifest = Manifest(
        kind=recipe.kind,
        created=now.isoformat(timespec="seconds"),
        files=files,
        settings={
            "opinion_gate": recipe.bands.opinion_gate,
            "linear_share": recipe.bands.linear_share,
            "ngrams": asdict(candidate.linear.ngrams),
            "bias": candidate.linear.bias,
        },
        thresholds=asdict(fitted.thresholds),
        calibration=asdict(fitted.calibration),
        data_fingerprint=fingerprint(candidate.material),
        recipe={**recipe.as_dict(), **({"despite": candidate.despite} if candidate.despite else {})},
        versions={
            "python": platform.python_version(),
            **{name: version(name) for name in _LIBRARIES},
            recipe.base: f"sha256 {candidate.base_sha256}",
        },
        metrics={
            **headline(candidate.report),
            **(of_twin(twin.report) if twin else {}),
            "int8.mean_logit": round(candidate.parity.mean_logit, 4),
            "int8.largest_logit": round(candidate.parity.largest_logit, 4),
        },
    )
    write_manifest(folder, manifest)
    return manifest


def fingerprint(material: Material) -> str:
    """SHA-256 over every text that training may draw, in order."""
    digest = sha256()
    for text in sorted(material.texts()):
        digest.update(text.encode("utf-8", "replace") + b"\n")
    return digest.hexdigest()
