"""Small real artefacts: the released model's manifest and card around a small table of weights."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from models.artifact import MANIFEST, RELEASED, WEIGHTS
from training.recipe import RECIPES

BITS = 12


def changed_recipe(path: Path, name: str, before: str, after: str) -> Path:
    """Write a shipped recipe with one wording replaced; a wording that it lacks would change nothing, and fails."""
    shipped = (RECIPES / f"{name}.toml").read_text(encoding="utf-8")
    assert before in shipped
    path.write_text(shipped.replace(before, after), encoding="utf-8")
    return path


def small_artefact(folder: Path, bias: float = 0.0, **metrics: Any) -> Path:
    """Write an artefact that loads at once; its folder's name makes its weights, and so its version, its own.

    ``bias`` is added to every logit; ``metrics`` replace what the released manifest says, intervals included.
    """
    shutil.copytree(RELEASED / "linear", folder)
    n = 1 << BITS
    seed = int.from_bytes(sha256(folder.name.encode()).digest()[:4])
    weights = np.random.default_rng(seed).normal(0.0, 0.05, n).astype(np.float16)
    np.savez(folder / WEIGHTS, weights=weights, idf=np.full(n, 16, dtype=np.uint8))
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"][WEIGHTS] = sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    manifest["settings"]["ngrams"]["bits"] = BITS
    manifest["settings"]["bias"] += bias
    replaced = {f"{name}{bound}" for name in metrics for bound in (".low", ".high")}
    kept = {name: value for name, value in manifest["metrics"].items() if name not in replaced}
    manifest["metrics"] = kept | metrics
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder
