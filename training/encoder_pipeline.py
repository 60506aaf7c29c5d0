"""One run of the encoder: train or go on, export, calibrate, band, measure, write."""

import platform
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

from data.checks import audit_split
from data.reading import neutral_words
from data.schema import DataError, Kind
from data.split import Part
from eval.run import Report, evaluate
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
from training.encoder_recipe import EncoderRecipe, read_encoder_recipe
from training.encoder_rows import Material, material_for
from training.export_encoder import Parity, export, parity
from training.fit_encoder import Trained, fit_encoder, fit_further
from training.fit_linear import fit as fit_linear
from training.order import Made, Order
from training.recipe import read_recipe
from training.release import ReleaseError, headline, licence
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
    """Train by `recipe`, or go on from the checkpoint in the folder's `work`, and write the artefact.

    The checkpoint stays until the artefact is whole. Raises DataError and ReleaseError.
    """
    source, folder, progress = order.source, order.folder, order.progress
    progress(f"reading and splitting {source}")
    material = material_for(recipe, source)
    found = audit_split(material.divided, recipe.bands.max_characters)
    found.refuse(order.despite)
    trained = _trained(recipe, material, order)
    progress("writing ONNX, int8")
    export(trained.model, trained.tokenizer, recipe.max_tokens, folder)
    moved = parity(trained.model, folder, _probe(material))
    progress(f"int8 moves a logit by {moved.mean_logit:.3f} on average, {moved.largest_logit:.3f} at most")
    progress(f"the linear part, {recipe.linear}")
    linear = _linear_part(recipe, order)
    blend = Blend(open_encoder(folder), linear, recipe.bands.linear_share)
    progress("calibrating and setting bands")
    fitted = fit_bands(blend, material.divided, recipe, source)
    progress("measuring on later months")
    report = evaluate(_scorer(blend, fitted, recipe), material.divided, baselines=False)
    candidate = EncoderCandidate(
        fitted=fitted,
        recipe=recipe,
        material=material,
        linear=linear,
        parity=moved,
        report=report,
        n_steps=trained.n_steps,
        base_sha256=trained.base_sha256,
        despite=order.despite.strip() if found.failures else "",
    )
    manifest = _write(folder, candidate, order.now)
    shutil.rmtree(folder / _WORK)
    progress(f"wrote {manifest.version} to {folder}")
    return Made(folder, manifest, {"": report})


def _trained(recipe: EncoderRecipe, material: Material, order: Order) -> Trained:
    work, progress = order.folder / _WORK, order.progress
    if not recipe.begins_with:
        return fit_encoder(material, recipe, order.base or recipe.base, work, progress)
    first = read_encoder_recipe(recipe.begins_with)
    progress(f"the first stage, {recipe.begins_with}")
    before = fit_encoder(material_for(first, order.source), first, order.base or first.base, work / "first", progress)
    progress("the second stage")
    return fit_further(before, material, recipe, work, progress)


def _linear_part(recipe: EncoderRecipe, order: Order) -> Weights:
    of_linear = read_recipe(recipe.linear)
    return fit_linear(rows_for(of_linear, order.source, order.despite), of_linear, order.progress).weights


def _probe(material: Material) -> list[str]:
    """Texts of the tuning months for the comparison of float and int8."""
    rows = [row for row in material.divided[Part.TUNE] if row.kind is not Kind.FULL_ARTICLE]
    step = max(1, len(rows) // _N_PARITY)
    return [neutral_words(row.text) for row in rows[::step]]


def _scorer(blend: Blend, fitted: Fitted, recipe: EncoderRecipe) -> EncoderScorer:
    return EncoderScorer(blend, fitted.calibration, fitted.thresholds, recipe.bands.opinion_gate, _UNNAMED)


def _write(folder: Path, candidate: EncoderCandidate, now: datetime) -> Manifest:
    if not {"posts", "unseen opinion"} <= candidate.report.flagged.keys():
        raise DataError("The tables hold no later posts or no unseen opinions; no card without.")
    recipe, fitted = candidate.recipe, candidate.fitted
    used = sorted({row.source for row in candidate.material.divided[Part.TRAIN]} | set(recipe.comments))
    arrays: Arrays = {"weights": candidate.linear.weights, "idf": candidate.linear.idf}
    texts = {CARD: encoder_card(candidate), LICENCE: f"{licence(used)}\n{_BASE_LICENCE.format(base=recipe.base)}"}
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
