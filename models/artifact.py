"""An artefact is a folder: weights, card, licence, and a manifest with the SHA-256 of each of them.

Loading goes by allow-list: only the named files of the named kind are opened, arrays without pickle, and
nothing is read before its checksum agrees. A folder that fails says which file and why. What each kind keeps in
its manifest under `settings`, `thresholds` and `calibration` is that kind's own, and its loader reads it.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from models.calibration import Platt
from models.hashing import NGrams
from models.linear import LinearScorer, Weights
from models.linear_moderator import LinearModerator, ModerationWeights, Reading
from models.moderation import LABELS, LabelBand, ModerationLabel, Moderator
from models.score import Scorer, Thresholds

MANIFEST: Final = "manifest.json"
CARD: Final = "card.md"
LICENCE: Final = "LICENSE"
WEIGHTS: Final = "weights.npz"
NETWORK: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
FORMAT: Final = 1
SIZE_LIMIT_BYTES: Final = MappingProxyType({"linear": 5_000_000, "moderation": 5_000_000, "encoder": 40_000_000})
RELEASED: Final = Path(__file__).parent / "released"
QUICK: Final = "linear"
"""The released model of the cascade's first stage: it reads every post, in microseconds."""
JUDGE: Final = "encoder"
"""The released model of the cascade's second stage: it reads claims, in milliseconds."""

Arrays = Mapping[str, npt.NDArray[Any]]

_CHECKSUM_SHOWN: Final = 8


class ArtifactError(ValueError):
    """The folder is not an artefact that may be served."""


class ArtifactMissingError(ArtifactError):
    """The folder, or a file that its manifest names, does not exist."""


class ChecksumError(ArtifactError):
    """A file is not the one that the manifest describes."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an artefact says of itself. `files` maps a name to its SHA-256; the rest is plain JSON, shaped by kind."""

    kind: str
    created: str
    files: Mapping[str, str]
    settings: Mapping[str, Any]
    thresholds: Mapping[str, Any]
    calibration: Mapping[str, Any]
    data_fingerprint: str
    recipe: Mapping[str, Any]
    versions: Mapping[str, str]
    metrics: Mapping[str, Any]

    @property
    def version(self) -> str:
        """Kind and the beginning of the weights' checksum: the same weights always carry the same name."""
        return f"{self.kind}-{self.files[weights_of(self.kind)][:_CHECKSUM_SHOWN]}"

    def as_json(self) -> str:
        """The manifest file's text."""
        content = {
            "format": FORMAT,
            "kind": self.kind,
            "version": self.version,
            "created": self.created,
            "files": dict(self.files),
            "settings": dict(self.settings),
            "thresholds": dict(self.thresholds),
            "calibration": dict(self.calibration),
            "data_fingerprint": self.data_fingerprint,
            "recipe": dict(self.recipe),
            "versions": dict(self.versions),
            "metrics": dict(self.metrics),
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def weights_of(kind: str) -> str:
    """The file that holds the weights of an artefact of that kind, and gives it its name."""
    return NETWORK if kind == "encoder" else WEIGHTS


def load(folder: Path) -> Scorer:
    """The scorer in `folder`, after every checksum agreed.

    Raises ArtifactMissingError, ChecksumError, or ArtifactError where the manifest or an array is malformed, or where
    the folder holds something that does not score.
    """
    return _loaded(folder, _SCORERS)


def load_moderator(folder: Path) -> Moderator:
    """The moderator in `folder`, after every checksum agreed; raises as `load` does."""
    return _loaded(folder, _MODERATORS)


def released(name: str) -> Scorer:
    """The scorer that ships under `name`, "linear"."""
    return load(released_folder(name))


def released_moderator(name: str) -> Moderator:
    """The moderator that ships under `name`, "moderation"."""
    return load_moderator(released_folder(name))


def _loaded(folder: Path, loaders: "Loaders[Answering]") -> "Answering":
    manifest = read_manifest(folder)
    verify(folder, manifest)
    loader = loaders.get(manifest.kind)
    if loader is None:
        raise ArtifactError(f"{folder}: no loader for the kind {manifest.kind!r} here; known: {', '.join(loaders)}.")
    return loader(folder, manifest)


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
            thresholds=_mapping(content, "thresholds"),
            calibration=_mapping(content, "calibration"),
            data_fingerprint=content["data_fingerprint"],
            recipe=content["recipe"],
            versions=content["versions"],
            metrics=content["metrics"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path} lacks or misstates {error}.") from error


def _mapping(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if not isinstance(content[name], dict):
        raise TypeError(f"{name!r}, which is no object")
    return dict(content[name])


def verify(folder: Path, manifest: Manifest) -> None:
    """Check the SHA-256 of each file; ChecksumError names the first that differs."""
    needed = (weights_of(manifest.kind), CARD, LICENCE)
    if not manifest.files.keys() >= set(needed):
        raise ArtifactError(f"{folder / MANIFEST} must list {', '.join(needed)}.")
    for name, expected in manifest.files.items():
        if Path(name).name != name:
            raise ArtifactError(f"{folder / MANIFEST} names {name!r}, which is no plain file name.")
        path = folder / name
        if not path.is_file():
            raise ArtifactMissingError(f"{path} is missing.")
        found = sha256(path.read_bytes()).hexdigest()
        if found != expected:
            raise ChecksumError(f"{path}: SHA-256 is {found[:12]}…, the manifest says {expected[:12]}….")


def write_files(folder: Path, texts: Mapping[str, str], arrays: Arrays) -> dict[str, str]:
    """Write arrays and texts into `folder`, each whole or not at all; return name → SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as unfinished:
        target = Path(unfinished) / WEIGHTS
        np.savez_compressed(target, allow_pickle=False, **arrays)
        for name, text in texts.items():
            (Path(unfinished) / name).write_text(text, encoding="utf-8")
        names = sorted(path.name for path in Path(unfinished).iterdir())
        checksums = checksums_of(Path(unfinished), names)
        for name in names:
            (Path(unfinished) / name).replace(folder / name)
    return checksums


def checksums_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Name → SHA-256 of files in `folder`."""
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in names}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, last of all: a folder without one is no artefact."""
    unfinished = folder / f".{MANIFEST}"
    unfinished.write_text(manifest.as_json(), encoding="utf-8")
    unfinished.replace(folder / MANIFEST)


def _linear(folder: Path, manifest: Manifest) -> Scorer:
    weights = linear_weights(folder, manifest)
    with misstated(folder):
        calibration, thresholds = Platt(**manifest.calibration), Thresholds(**manifest.thresholds)
    return LinearScorer(weights, calibration, thresholds, manifest.version)


def linear_weights(folder: Path, manifest: Manifest) -> Weights:
    """The arrays of a linear artefact, checked for name, type and size; ArtifactError otherwise."""
    with misstated(folder):
        ngrams, bias = NGrams(**manifest.settings["ngrams"]), float(manifest.settings["bias"])
    table = (ngrams.n_buckets,)
    arrays = _arrays(folder / WEIGHTS, {"weights": (np.float16, table), "idf": (np.uint8, table)})
    return Weights(ngrams, arrays["weights"], arrays["idf"], bias)


def _moderation(folder: Path, manifest: Manifest) -> Moderator:
    weights = moderation_weights(folder, manifest)
    with misstated(folder):
        bands = {label: _band(manifest, label) for label in LABELS}
    return LinearModerator(weights, bands, manifest.version)


def moderation_weights(folder: Path, manifest: Manifest) -> ModerationWeights:
    """The arrays of a moderation artefact, checked for name, type and size; ArtifactError otherwise."""
    with misstated(folder):
        reading = Reading(NGrams(**manifest.settings["ngrams"]), int(manifest.settings["max_characters"]))
        signals = tuple(str(name) for name in manifest.settings["signals"])
    expected: dict[str, _Shape] = {
        "weights": (np.float16, (len(LABELS), reading.ngrams.n_buckets)),
        "idf": (np.uint8, (reading.ngrams.n_buckets,)),
        "signal_weights": (np.float32, (len(LABELS), len(signals))),
        "bias": (np.float32, (len(LABELS),)),
    }
    arrays = _arrays(folder / WEIGHTS, expected)
    with misstated(folder):
        return ModerationWeights(
            reading, signals, arrays["weights"], arrays["idf"], arrays["signal_weights"], arrays["bias"]
        )


def _encoder(folder: Path, manifest: Manifest) -> Scorer:
    # By name: who serves the linear model alone never loads ONNX Runtime, and the encoder's module imports this one.
    opened: Scorer = import_module("models.encoder_scorer").opened(folder, manifest)
    return opened


def _band(manifest: Manifest, label: ModerationLabel) -> LabelBand:
    return LabelBand(Platt(**manifest.calibration[label]), float(manifest.thresholds[label]))


@contextmanager
def misstated(folder: Path) -> Iterator[None]:
    """Turn what a manifest's own sections lack or misstate into an ArtifactError that names the file."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError(f"{folder / MANIFEST} lacks or misstates {error}.") from error


_Shape = tuple[type[np.generic], tuple[int, ...]]


def _arrays(path: Path, expected: Mapping[str, _Shape]) -> dict[str, npt.NDArray[Any]]:
    """Exactly the `expected` arrays of `path`, finite, of that type and shape; ArtifactError otherwise."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            if set(stored.files) != expected.keys():
                raise ArtifactError(f"{path} must hold exactly {sorted(expected)}, not {sorted(stored.files)}.")
            arrays = {name: stored[name] for name in expected}
    except (ValueError, OSError) as error:
        if isinstance(error, ArtifactError):
            raise
        raise ArtifactError(f"{path}: {error}") from error
    for name, (dtype, shape) in expected.items():
        found = arrays[name]
        if found.dtype != dtype or found.shape != shape:
            raise ArtifactError(
                f"{path}: {name}: expected {np.dtype(dtype)} of {shape}, found {found.dtype} {found.shape}."
            )
        if not np.isfinite(found).all():
            raise ArtifactError(f"{path} holds a number in {name} that is not finite.")
    return arrays


Answering = TypeVar("Answering")
Loaders = Mapping[str, Callable[[Path, Manifest], Answering]]

_SCORERS: Final[Loaders[Scorer]] = MappingProxyType({"linear": _linear, "encoder": _encoder})
_MODERATORS: Final[Loaders[Moderator]] = MappingProxyType({"moderation": _moderation})
