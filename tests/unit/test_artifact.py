"""An artefact loads whole and unchanged, or not at all."""

import json
import pickle
import shutil

import numpy as np
import pytest

from models.artifact import (
    CARD,
    LICENCE,
    MANIFEST,
    RELEASED,
    SIZE_LIMIT_BYTES,
    WEIGHTS,
    ArtifactError,
    ArtifactMissingError,
    ChecksumError,
    load,
    load_moderator,
    read_manifest,
    released,
    released_moderator,
    verify,
)
from models.moderation import LABELS


@pytest.fixture
def folder(tmp_path):
    """A copy of the released model that a test may damage."""
    return shutil.copytree(RELEASED / "linear", tmp_path / "linear")


def rewritten(folder, change):
    """Change the manifest of a folder."""
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def with_weights(folder, write):
    """Put other weights into a folder, with a checksum that agrees."""
    from hashlib import sha256

    with (folder / WEIGHTS).open("wb") as file:
        write(file)
    digest = sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    rewritten(folder, lambda manifest: manifest["files"].update({WEIGHTS: digest}))


@pytest.fixture
def moderation(tmp_path):
    """A copy of the released moderator that a test may damage."""
    return shutil.copytree(RELEASED / "moderation", tmp_path / "moderation")


@pytest.mark.parametrize("name", ["linear", "moderation"])
def test_the_released_models_verify(name):
    """Each file of a shipped folder is the one that its manifest names."""
    folder = RELEASED / name
    verify(folder, read_manifest(folder))


@pytest.mark.parametrize("name", ["linear", "moderation"])
def test_the_released_models_are_small_enough_to_ship(name):
    """A folder takes at most 5 MB."""
    size_bytes = sum(path.stat().st_size for path in (RELEASED / name).iterdir())
    assert size_bytes <= SIZE_LIMIT_BYTES[name]


def test_the_released_model_answers_under_its_version():
    """The version names the weights' checksum."""
    manifest = read_manifest(RELEASED / "linear")
    assert released("linear").version == manifest.version == f"linear-{manifest.files[WEIGHTS][:8]}"


def test_the_card_gives_recall_and_false_flags():
    """The card shows the figures that the manifest keeps: posts, and criticism as its twin meets it."""
    folder = RELEASED / "linear"
    metrics = read_manifest(folder).metrics
    card = (folder / CARD).read_text(encoding="utf-8")
    assert f"{metrics['twin.unseen_criticism.look']:.1%}" in card
    assert f"{metrics['posts.look']:.1%}" in card


def test_the_licence_names_the_sources():
    """Who uses the weights reads whose text made them."""
    licence = (RELEASED / "linear" / LICENCE).read_text(encoding="utf-8")
    assert "non-commercial" in licence
    assert "TurnBackHoax" in licence


@pytest.mark.parametrize("name", [WEIGHTS, CARD, LICENCE])
def test_a_changed_file_is_refused(folder, name):
    """One changed byte stops the load, and the file is named."""
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ChecksumError, match=name):
        load(folder)


def test_a_missing_file_is_refused(folder):
    """A file that the manifest names must be there."""
    (folder / CARD).unlink()
    with pytest.raises(ArtifactMissingError, match=r"card\.md is missing"):
        load(folder)


def test_a_folder_without_manifest_is_no_artefact(tmp_path):
    """An empty folder is a clear error."""
    with pytest.raises(ArtifactMissingError, match="holds no manifest"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest.update(format=99), "format 99"),
        (lambda manifest: manifest.update(kind="pickle"), "no loader"),
        (lambda manifest: manifest.pop("thresholds"), "thresholds"),
        (lambda manifest: manifest["files"].pop(CARD), "must list"),
        (lambda manifest: manifest["files"].update({"../outside": "00"}), "no plain file name"),
        (lambda manifest: manifest["settings"]["ngrams"].update(bits=10), "expected float16"),
    ],
)
def test_a_misstated_manifest_is_refused(folder, change, message):
    """What the manifest lacks or misstates is named."""
    rewritten(folder, change)
    with pytest.raises(ArtifactError, match=message):
        load(folder)


def test_a_pickle_is_never_opened(folder):
    """Weights that hold an object are refused, even with a checksum that agrees."""
    with_weights(folder, lambda file: pickle.dump({"weights": 1}, file))
    with pytest.raises(ArtifactError, match="weights"):
        load(folder)


def test_weights_that_are_not_finite_are_refused(folder):
    """A NaN among the weights would make every score a NaN."""
    n = 1 << 20
    bad = np.full(n, np.nan, dtype=np.float16)
    with_weights(folder, lambda file: np.savez_compressed(file, weights=bad, idf=np.ones(n, dtype=np.uint8)))
    with pytest.raises(ArtifactError, match="not finite"):
        load(folder)


def test_an_unknown_release_names_those_that_are(folder):
    """A name that does not ship is a clear error."""
    with pytest.raises(ArtifactMissingError, match="linear"):
        released("../linear")


def test_the_released_moderator_answers_under_its_version():
    """The version names the weights' checksum, and each label has a band of its own."""
    manifest = read_manifest(RELEASED / "moderation")
    assert released_moderator("moderation").version == manifest.version
    assert set(manifest.thresholds) == set(manifest.calibration) == {label.value for label in LABELS}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest["thresholds"].pop("hate"), "lacks or misstates"),
        (lambda manifest: manifest["thresholds"].update(hate=0.0), "lies above 0"),
        (lambda manifest: manifest["calibration"].update(scam={"slope": 1}), "lacks or misstates"),
        (lambda manifest: manifest["settings"].pop("max_characters"), "max_characters"),
        (lambda manifest: manifest["settings"]["ngrams"].update(bits=10), "expected float16"),
        (lambda manifest: manifest["settings"]["signals"].reverse(), "signals"),
        (lambda manifest: manifest.update(thresholds=0.5), "thresholds"),
    ],
)
def test_a_misstated_moderator_is_refused(moderation, change, message):
    """What the manifest lacks or misstates is named, and nothing answers."""
    rewritten(moderation, change)
    with pytest.raises(ArtifactError, match=message):
        load_moderator(moderation)


def test_one_kind_never_answers_for_another(folder, moderation):
    """A model of hoaxes does not moderate, and a moderator gives no score."""
    with pytest.raises(ArtifactError, match="known: moderation"):
        load_moderator(folder)
    with pytest.raises(ArtifactError, match="known: linear"):
        load(moderation)


def test_the_moderators_licence_names_its_sources():
    """Who uses the weights reads whose text made them."""
    licence = (RELEASED / "moderation" / LICENCE).read_text(encoding="utf-8")
    assert "non-commercial" in licence
    assert "CC BY-NC-SA 4.0" in licence
