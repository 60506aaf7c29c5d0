"""The model store: a folder of artefacts, each named by its content, verified going in and coming out.

A name is the version and the beginning of the manifest's own checksum, ``linear-59b37126-0a1b2c3d4e5f``: the version
names the weights alone, and the same weights with other thresholds are another model. An artefact is data: only the
files that its manifest names are copied, by plain names, and none is ever executed or unpickled. It appears under its
name by one rename, so that a process that is killed leaves nothing half-copied behind.
"""

from __future__ import annotations

import math
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from models import artifact
from models.artifact import CARD, MANIFEST, ArtifactError, Manifest
from models.score import Scorer
from serving.desk.learning.models_gate import check_figures
from serving.errors import InvalidInputError, NotFoundError, SuluhError, TooLargeError
from serving.i18n import mark

ARTEFACT_MAX_BYTES: Final = 64_000_000
FILES_MAX: Final = 20
WHY_MAX_CHARS: Final = 500
_SHA_SHOWN: Final = 12
_UNFINISHED: Final = ".incoming-"
_BROKEN: Final = ".broken-"
_VERSION: Final = re.compile(r"[a-z][a-z0-9_-]{1,60}")


class BadArtefactError(InvalidInputError):
    """A folder is no artefact that may be served; nothing of it was kept."""

    code = "bad-artefact"


@dataclass(frozen=True, slots=True)
class Stored:
    """An artefact of the store, as its manifest describes it.

    Attributes:
        name: the folder's name in the store.
        manifest_sha256: of the manifest file, which holds the checksum of every other file.
    """

    name: str
    version: str
    kind: str
    created: str
    manifest_sha256: str
    metrics: Mapping[str, Any]
    data_fingerprint: str
    card: str


class ModelStore:
    """One folder of artefacts, shared by every process of the service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, source: Path) -> Stored:
        """Copy an artefact into the store and prove that it answers; give it as it stands there.

        Raises ``BadArtefactError`` where a file is missing, was changed, or does not load as a scorer, and
        ``TooLargeError`` above 64 MB; the store is then as it was. What already stands there whole is not opened again.
        """
        with _told():
            _verified(source)
            kept = described(source)
            if self._holds(kept):
                return kept
        with _told(), self._unfinished() as copy:
            _copy(source, copy)
            kept = described(copy)
            _verified(copy)
            _answers(copy)
            self._settle(copy, kept)
        return kept

    def keep_files(self, files: Mapping[str, bytes]) -> Stored:
        """Keep an artefact that came as files by name; raises as ``keep`` does.

        Only what the manifest names is written, so that a stranger's file names reach no disk.
        """
        if any(Path(name).name != name or name in {"", ".", ".."} for name in files):
            raise BadArtefactError(mark("Nama berkas model harus polos, tanpa folder."))
        with _told(), self._unfinished() as came:
            if MANIFEST in files:
                (came / MANIFEST).write_bytes(files[MANIFEST])
            named = artifact.read_manifest(came).files
            _refuse_many(named)
            for name in files.keys() & named.keys() - {MANIFEST}:
                (came / name).write_bytes(files[name])
            return self.keep(came)

    def found(self, name: str) -> Stored:
        """Give one artefact of the store, with every checksum agreeing; raise where there is none or it was changed."""
        folder = self._folder(name)
        with _told():
            kept = described(folder)
            artifact.verify(folder, artifact.read_manifest(folder))
        if kept.name != name:
            raise BadArtefactError(mark("Model {name} di penyimpanan bukan lagi model itu."), name=name)
        return kept

    def open(self, name: str, manifest_sha256: str) -> Scorer:
        """Load one artefact, provided that it is the very one; raise ``ArtifactError`` or ``BadArtefactError``."""
        folder = self.folder / name
        with _told():
            if _sha256_of(folder / MANIFEST) != manifest_sha256:
                raise ArtifactError(f"{folder / MANIFEST} is not the manifest that was agreed on.")
            return _answers(folder)

    def listed(self) -> list[Stored]:
        """Give what stands in the store, newest first; what cannot be read is left out."""
        found: list[Stored] = []
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            if folder.name.startswith(".") or not folder.is_dir():
                continue
            with suppress(BadArtefactError), _told():
                found.append(described(folder))
        return sorted(found, key=lambda kept: (kept.created, kept.name), reverse=True)

    def _holds(self, kept: Stored) -> bool:
        """Tell whether the store has this very artefact, with every file whole."""
        folder = self.folder / kept.name
        try:
            artifact.verify(folder, artifact.read_manifest(folder))
            return _sha256_of(folder / MANIFEST) == kept.manifest_sha256
        except (ArtifactError, OSError):
            return False

    def _folder(self, name: str) -> Path:
        folder = self.folder / name
        if Path(name).name != name or name.startswith(".") or not folder.is_dir():
            raise NotFoundError(mark("Model {name} tidak ada di penyimpanan."), name=name)
        return folder

    @contextmanager
    def _unfinished(self) -> Iterator[Path]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=self.folder, ignore_cleanup_errors=True) as name:
            yield Path(name)

    def _settle(self, copy: Path, kept: Stored) -> None:
        """Give the copy its name; one that is there and whole stays, one that was damaged is put aside."""
        target = self.folder / kept.name
        if target.is_dir():
            try:
                artifact.verify(target, artifact.read_manifest(target))
            except ArtifactError:
                target.rename(Path(tempfile.mkdtemp(prefix=_BROKEN, dir=self.folder)) / kept.name)
            else:
                return
        whole = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder))
        try:
            for file in copy.iterdir():
                file.rename(whole / file.name)
            whole.chmod(0o755)  # a temporary folder is its maker's alone; every process of the service reads this one
            whole.rename(target)
        except OSError:
            shutil.rmtree(whole, ignore_errors=True)
            if not target.is_dir():  # else another process kept the same content first
                raise


def described(folder: Path) -> Stored:
    """Read what an artefact says of itself; its files are not checked, what it states is."""
    manifest = artifact.read_manifest(folder)
    try:
        for field in fields(manifest):
            _refuse_unkeepable(getattr(manifest, field.name))
        check_figures(manifest.metrics)
    except ValueError as error:
        raise ArtifactError(f"{folder / MANIFEST} misstates its content: {error}.") from error
    if not _VERSION.fullmatch(manifest.version):
        raise ArtifactError(f"{folder / MANIFEST} states a kind that no version can begin with.")
    checksum = _sha256_of(folder / MANIFEST)
    card = folder / CARD
    return Stored(
        name=f"{manifest.version}-{checksum[:_SHA_SHOWN]}",
        version=manifest.version,
        kind=manifest.kind,
        created=str(manifest.created),
        manifest_sha256=checksum,
        metrics=MappingProxyType(dict(manifest.metrics)),
        data_fingerprint=str(manifest.data_fingerprint),
        card=card.read_text(encoding="utf-8", errors="replace") if card.is_file() else "",
    )


def _refuse_unkeepable(value: object) -> None:
    """Raise ``ValueError`` for what Python reads from JSON and a database, or a reader of JSON, cannot take."""
    match value:
        case str():
            if "\0" in value:
                raise ValueError("text with a NUL")
            value.encode()  # raises UnicodeEncodeError, a ValueError, for a lone surrogate
        case float():
            if not math.isfinite(value):
                raise ValueError("a number that is not finite")
        case dict():
            for name, inner in value.items():
                _refuse_unkeepable(name)
                _refuse_unkeepable(inner)
        case list():
            for inner in value:
                _refuse_unkeepable(inner)


def _verified(folder: Path) -> Manifest:
    """Give a manifest of which every file agrees with its checksum."""
    manifest = artifact.read_manifest(folder)
    _refuse_many(manifest.files)
    artifact.verify(folder, manifest)
    return manifest


def _copy(source: Path, target: Path) -> None:
    """Copy manifest and named files, and nothing else; each must agree with its checksum before it is written."""
    manifest = _verified(source)
    _refuse_large(source, manifest)
    for name in (MANIFEST, *manifest.files):
        shutil.copyfile(source / name, target / name)


def _refuse_large(source: Path, manifest: Manifest) -> None:
    n_bytes = sum((source / name).stat().st_size for name in (MANIFEST, *manifest.files))
    if n_bytes > ARTEFACT_MAX_BYTES:
        raise TooLargeError(mark("Model terlalu besar; batasnya {n} bita."), n=ARTEFACT_MAX_BYTES)


def _refuse_many(named: Mapping[str, str]) -> None:
    if len(named) > FILES_MAX:
        raise TooLargeError(mark("Manifes menyebut terlalu banyak berkas; batasnya {n}."), n=FILES_MAX)


def _answers(folder: Path) -> Scorer:
    """Load an artefact and let it answer once: what cannot score is not served."""
    scorer = artifact.load(folder)
    if not isinstance(scorer, Scorer):
        raise ArtifactError(f"{folder} holds no model that scores texts.")
    probabilities = scorer.probabilities(["", "Perpustakaan keliling buka hari Sabtu di balai warga."])
    if not all(0.0 <= float(p) <= 1.0 for p in probabilities):
        raise ArtifactError(f"{folder} answers with what is no probability.")
    return scorer


def _sha256_of(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror}.") from error


def said(error: Exception) -> str:
    """Say in one sentence what is wrong with an artefact, in characters that can be sent back."""
    why = str(error) if isinstance(error, ArtifactError) else f"{type(error).__name__}: {error}"
    return why[:WHY_MAX_CHARS].encode("utf-8", "replace").decode()


@contextmanager
def _told() -> Iterator[None]:
    """Turn whatever is wrong with an artefact into a refusal with a sentence.

    It was made elsewhere and may be wrong in any way, so nothing that reading it raises is a fault of the service.
    """
    try:
        yield
    except SuluhError:
        raise
    except Exception as error:
        raise BadArtefactError(mark("Model tidak dapat diterima: {why}"), why=said(error)) from error
