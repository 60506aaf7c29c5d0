"""Write an artefact: weights, model card, licence and manifest, with their own figures and their twin's."""

import platform
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from data.catalogue import SOURCES
from eval.run import Report
from models.artifact import CARD, LICENCE, SIZE_LIMIT_BYTES, Manifest, write_files, write_manifest
from training.card import Candidate, card

_LIBRARIES: Final = ("numpy", "numba", "scikit-learn", "scipy", "suluh")
TWIN: Final = "twin."  # begins the name of each figure that the twin made


class ReleaseError(ValueError):
    """The artefact may not be released as it is."""


def write(folder: Path, candidate: Candidate, twin: Candidate | None, now: datetime) -> Manifest:
    """Write the artefact into `folder`; ReleaseError where it is larger than may ship."""
    fitted, recipe, rows = candidate.fitted, candidate.recipe, candidate.rows
    used = sorted({row.source for row in (*rows.train, *rows.tune, *rows.held_out)})
    files = write_files(folder, {CARD: card(candidate, twin), LICENCE: licence(used)}, fitted.weights)
    size_bytes = sum((folder / name).stat().st_size for name in files)
    if size_bytes > SIZE_LIMIT_BYTES[recipe.kind]:
        limit = SIZE_LIMIT_BYTES[recipe.kind]
        raise ReleaseError(f"{folder} takes {size_bytes:,} bytes; at most {limit:,} ship.")
    manifest = Manifest(
        kind=recipe.kind,
        created=now.isoformat(timespec="seconds"),
        files=files,
        settings={"ngrams": recipe.as_dict()["ngrams"], "bias": fitted.weights.bias},
        thresholds=fitted.thresholds,
        calibration=fitted.calibration,
        data_fingerprint=rows.fingerprint,
        recipe=recipe.as_dict(),
        versions={"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
        metrics={**headline(candidate.report), **_of_twin(twin)},
    )
    write_manifest(folder, manifest)
    return manifest


def headline(report: Report) -> Mapping[str, float]:
    """The figures that a manifest and a tracker keep: plain numbers by plain names."""
    figures = {f"{name.replace(' ', '_')}.look": figure.value for name, figure in report.flagged.items()}
    for row in report.comparisons:
        if row.system != report.model:
            continue
        key = f"{row.positives} vs {row.negatives}".replace(" ", "_")
        figures[f"{key}.auc"] = row.auc.value
        figures[f"{key}.recall_at_5"] = row.recall_at_5.value
        figures[f"{key}.recall_at_1"] = row.recall_at_1.value
    return {name: round(value, 4) for name, value in {**figures, "ece": report.ece_after}.items()}


def _of_twin(twin: Candidate | None) -> dict[str, float]:
    if twin is None:
        return {}
    figures = {**headline(twin.report), "threshold.look": twin.report.look, "threshold.clear": twin.report.clear}
    return {f"{TWIN}{name}": value for name, value in figures.items()}


def licence(used: list[str]) -> str:
    """The weights' licence, naming each source and its terms."""
    rows = "\n".join(
        f"- {SOURCES[name].title}. {SOURCES[name].address}. Licence of the text: {SOURCES[name].licence}."
        for name in used
    )
    return _LICENCE.format(rows=rows)


_LICENCE: Final = """Licence of these weights

Research and non-commercial use only, with attribution to Suluh and to the sources below; changed weights
are to be shared under the same terms (CC BY-NC-SA 4.0, https://creativecommons.org/licenses/by-nc-sa/4.0/).
Some sources state no licence, and their text is used for research; ask them before any other use. No text
of a source is contained. The code that reads these weights is under Apache-2.0.

Trained, calibrated or banded on:
{rows}
"""
