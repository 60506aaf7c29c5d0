"""An artefact is a folder: weights, card, licence, and a manifest with the SHA-256 of each of them.

Loading goes by allow-list: only the named files of the named kind are opened, arrays without pickle, and
nothing is read before its checksum agrees. A folder that fails says which file and why.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from models.calibration import Platt
from models.hashing import NGrams
from models.linear import LinearScorer, Weights
from models.score import Scorer, Thresholds

MANIFEST: Final = "manifest.json"
CARD: Final = "card.md"
LICENCE: Final = "LICENSE"
WEIGHTS: Final = "weights.npz"
FORMAT: Final = 1
SIZE_LIMIT_BYTES: Final = MappingProxyType({"linear": 5_000_000})
RELEASED: Final = Path(__file__).parent / "released"

_ARRAYS: Final = frozenset({"weights", "idf"})
_CHECKSUM_SHOWN: Final = 8


class ArtifactError(ValueError):
    """The folder is not an artefact that may be served."""


class ArtifactMissingError(ArtifactError):
    """The folder, or a file that its manifest names, does not exist."""


class ChecksumError(ArtifactError):
    """A file is not the one that the manifest describes."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an artefact says of itself. `files` maps a name to its SHA-256; the rest is plain JSON."""

    kind: str
    created: str
    files: Mapping[str, str]
    settings: Mapping[str, Any]
    thresholds: Thresholds
    calibration: Platt
    data_fingerprint: str
    recipe: Mapping[str, Any]
    versions: Mapping[str, str]
    metrics: Mapping[str, Any]

    @property
    def version(self) -> str:
        """Kind and the beginning of the weights' checksum: the same weights always carry the same name."""
        return f"{self.kind}-{self.files[WEIGHTS][:_CHECKSUM_SHOWN]}"

    def as_json(self) -> str:
        """The manifest file's text."""
        content = {
            "format": FORMAT,
            "kind": self.kind,
            "version": self.version,
            "created": self.created,
            "files": dict(self.files),
            "settings": dict(self.settings),
            "thresholds": {name: getattr(self.thresholds, name) for name in Thresholds.__slots__},
            "calibration": {"slope": self.calibration.slope, "offset": self.calibration.offset},
            "data_fingerprint": self.data_fingerprint,
            "recipe": dict(self.recipe),
            "versions": dict(self.versions),
            "metrics": dict(self.metrics),
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def load(folder: Path) -> Scorer:
    """The scorer in `folder`, after every checksum agreed.

    Raises ArtifactMissingError, ChecksumError, or ArtifactError where the manifest or an array is malformed.
    """
    manifest = read_manifest(folder)
    verify(folder, manifest)
    loader = _LOADERS.get(manifest.kind)
    if loader is None:
        raise ArtifactError(f"{folder}: no loader for the kind {manifest.kind!r}; known: {', '.join(_LOADERS)}.")
    return loader(folder, manifest)


def released(name: str) -> Scorer:
    """The scorer that ships under `name`, "linear"."""
    return load(released_folder(name))


def released_folder(name: str) -> Path:
    """The folder of a released artefact; ArtifactMissingError for a name that does not ship."""
    known = sorted(path.name for path in RELEASED.iterdir() if path.is_dir()) if RELEASED.is_dir() else []
    if name not in known:
        raise ArtifactMissingError(f"No released model {name!r}; there is: {', '.join(known) or 'none'}.")
    return RELEASED / name


def read_manifest(folder: Path) -> Manifest:
    """The manifest of `folder`, checked for shape but not yet against the files."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtifactMissingError(f"{folder} holds no {MANIFEST}.") from error
    except ValueError as error:
        raise ArtifactError(f"{path} is not JSON: {error}") from error
    try:
        if content["format"] != FORMAT:
            raise ArtifactError(f"{path}: format {content['format']} is not {FORMAT}; use a newer suluh.")
        return Manifest(
            kind=content["kind"],
            created=content["created"],
            files=content["files"],
            settings=content["settings"],
            thresholds=Thresholds(**content["thresholds"]),
            calibration=Platt(**content["calibration"]),
            data_fingerprint=content["data_fingerprint"],
            recipe=content["recipe"],
            versions=content["versions"],
            metrics=content["metrics"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path} lacks or misstates {error}.") from error


def verify(folder: Path, manifest: Manifest) -> None:
    """Check the SHA-256 of each file; ChecksumError names the first that differs."""
    if not {WEIGHTS, CARD, LICENCE} <= manifest.files.keys():
        raise ArtifactError(f"{folder / MANIFEST} must list {WEIGHTS}, {CARD} and {LICENCE}.")
    for name, expected in manifest.files.items():
        if Path(name).name != name:
            raise ArtifactError(f"{folder / MANIFEST} names {name!r}, which is no plain file name.")
        path = folder / name
        if not path.is_file():
            raise ArtifactMissingError(f"{path} is missing.")
        found = sha256(path.read_bytes()).hexdigest()
        if found != expected:
            raise ChecksumError(f"{path}: SHA-256 is {found[:12]}…, the manifest says {expected[:12]}….")


def write_files(folder: Path, texts: Mapping[str, str], weights: Weights) -> dict[str, str]:
    """Write weights and texts into `folder`, each whole or not at all; return name → SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as unfinished:
        target = Path(unfinished) / WEIGHTS
        np.savez_compressed(target, weights=weights.weights, idf=weights.idf)
        for name, text in texts.items():
            (Path(unfinished) / name).write_text(text, encoding="utf-8")
        checksums = {}
        for path in sorted(Path(unfinished).iterdir()):
            checksums[path.name] = sha256(path.read_bytes()).hexdigest()
            path.replace(folder / path.name)
    return checksums


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, last of all: a folder without one is no artefact."""
    unfinished = folder / f".{MANIFEST}"
    unfinished.write_text(manifest.as_json(), encoding="utf-8")
    unfinished.replace(folder / MANIFEST)


def _linear(folder: Path, manifest: Manifest) -> Scorer:
    return LinearScorer(linear_weights(folder, manifest), manifest.calibration, manifest.thresholds, manifest.version)


def linear_weights(folder: Path, manifest: Manifest) -> Weights:
    """The arrays of a linear artefact, checked for name, type and size; ArtifactError otherwise."""
    path = folder / WEIGHTS
    try:
        ngrams = NGrams(**manifest.settings["ngrams"])
        bias = float(manifest.settings["bias"])
        with np.load(path, allow_pickle=False) as arrays:
            if set(arrays.files) != _ARRAYS:
                raise ArtifactError(f"{path} must hold exactly {sorted(_ARRAYS)}, not {sorted(arrays.files)}.")
            weights, idf = arrays["weights"], arrays["idf"]
    except (KeyError, TypeError, ValueError, OSError) as error:
        if isinstance(error, ArtifactError):
            raise
        raise ArtifactError(f"{path}: {error}") from error
    expected = (ngrams.n_buckets,)
    types_agree = weights.dtype == np.float16 and idf.dtype == np.uint8
    if not types_agree or weights.shape != expected or idf.shape != expected:
        found = f"{weights.dtype} {weights.shape} and {idf.dtype} {idf.shape}"
        raise ArtifactError(f"{path}: expected float16 and uint8 of {expected}, found {found}.")
    if not np.isfinite(weights).all():
        raise ArtifactError(f"{path} holds a weight that is not finite.")
    return Weights(ngrams, weights, idf, bias)


_LOADERS: Final[Mapping[str, Callable[[Path, Manifest], Scorer]]] = MappingProxyType({"linear": _linear})
