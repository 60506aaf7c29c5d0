"""Write an artefact: weights, model card, licence and manifest, with their own figures and their twin's."""

import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from data.catalogue import SOURCES
from eval.metrics import Figure
from eval.run import Report
from models.artifact import CARD, LICENCE, SIZE_LIMIT_BYTES, Arrays, Manifest, write_files, write_manifest
from training.card import Candidate, card

_LIBRARIES: Final = ("numpy", "numba", "scikit-learn", "scipy", "suluh")
TWIN: Final = "twin."  # begins the name of each figure that the twin made


class ReleaseError(ValueError):
    """The artefact may not be released as it is."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an artefact of any kind is made of; `settings`, `thresholds` and `calibration` are the kind's own."""

    kind: str
    card: str
    used: tuple[str, ...]  # the sources that its licence names
    arrays: Arrays
    settings: Mapping[str, Any]
    thresholds: Mapping[str, Any]
    calibration: Mapping[str, Any]
    data_fingerprint: str
    recipe: Mapping[str, Any]
    metrics: Mapping[str, Any]


def write(folder: Path, candidate: Candidate, twin: Candidate | None, now: datetime) -> Manifest:
    """Write a linear artefact into `folder`; ReleaseError where it is larger than may ship."""
    fitted, recipe, rows = candidate.fitted, candidate.recipe, candidate.rows
    contents = Contents(
        kind=recipe.kind,
        card=card(candidate, twin),
        used=tuple(sorted({row.source for row in (*rows.train, *rows.tune, *rows.held_out)})),
        arrays={"weights": fitted.weights.weights, "idf": fitted.weights.idf},
        settings={"ngrams": recipe.as_dict()["ngrams"], "bias": fitted.weights.bias},
        thresholds=asdict(fitted.thresholds),
        calibration=asdict(fitted.calibration),
        data_fingerprint=rows.fingerprint,
        recipe={**recipe.as_dict(), **({"despite": rows.despite} if rows.despite else {})},
        metrics={**headline(candidate.report), **(of_twin(twin.report) if twin else {})},
    )
    return write_contents(folder, contents, now)


def write_contents(folder: Path, contents: Contents, now: datetime) -> Manifest:
    """Write an artefact of any kind into `folder`; ReleaseError where it is larger than may ship."""
    files = write_files(folder, {CARD: contents.card, LICENCE: licence(contents.used)}, contents.arrays)
    size_bytes = sum((folder / name).stat().st_size for name in files)
    limit = SIZE_LIMIT_BYTES[contents.kind]
    if size_bytes > limit:
        raise ReleaseError(f"{folder} takes {size_bytes:,} bytes; at most {limit:,} ship.")
    manifest = Manifest(
        kind=contents.kind,
        created=now.isoformat(timespec="seconds"),
        files=files,
        settings=contents.settings,
        thresholds=contents.thresholds,
        calibration=contents.calibration,
        data_fingerprint=contents.data_fingerprint,
        recipe=contents.recipe,
        versions={"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
        metrics=contents.metrics,
    )
    write_manifest(folder, manifest)
    return manifest


def headline(report: Report) -> Mapping[str, float]:
    """The figures that a manifest and a tracker keep, plain numbers by plain names.

    Names are `SLICE.look`, `HOAXES_vs_OTHERS.auc`, `.recall_at_5`, `.recall_at_1`, and where there are rows enough
    `topic_TOPIC.found`, `.flagged` and `.auc`; spaces as underscores, each with `.low`, `.high` (95 %) and `.n` beside.
    `ece` has none. The service's promotion gate reads them.
    """
    figures = dict(_figures(report))
    for topic in report.topics:
        sides = {"found": topic.found, "flagged": topic.flagged, "auc": topic.auc}
        name = f"topic_{topic.topic}".replace(" ", "_")
        figures |= {f"{name}.{side}": figure for side, figure in sides.items() if figure is not None}
    return _numbers(figures, report)


def _numbers(figures: Mapping[str, Figure], report: Report) -> Mapping[str, float]:
    plain = {key: value for name, figure in figures.items() for key, value in _of_figure(name, figure).items()}
    return {**plain, "ece": round(report.ece_after, 4)}


def _figures(report: Report) -> Mapping[str, Figure]:
    figures = {f"{name}.look": figure for name, figure in report.flagged.items()}
    for row in report.comparisons:
        if row.system == report.model:
            key = f"{row.positives} vs {row.negatives}"
            figures[f"{key}.auc"] = row.auc
            figures[f"{key}.recall_at_5"] = row.recall_at_5
            figures[f"{key}.recall_at_1"] = row.recall_at_1
    return {name.replace(" ", "_"): figure for name, figure in figures.items()}


def _of_figure(name: str, figure: Figure) -> dict[str, float]:
    return {
        name: round(figure.value, 4),
        f"{name}.low": round(figure.low, 4),
        f"{name}.high": round(figure.high, 4),
        f"{name}.n": float(figure.n),
    }


def of_twin(report: Report) -> dict[str, float]:
    """The twin's figures and bands, under names that begin with `TWIN`."""
    figures = {**headline(report), "threshold.look": report.look, "threshold.clear": report.clear}
    return {f"{TWIN}{name}": value for name, value in figures.items()}


def licence(used: Iterable[str]) -> str:
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
