"""The five top-level names are ours alone, and the files of the build agree with one another."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from scripts import image_check

ROOT = Path(__file__).parents[2]
PACKAGES = ["data", "models", "eval", "training", "serving"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_claims_the_name(package: str) -> None:
    """A generic name is safe only as long as no installed distribution brings a package of the same name."""
    assert set(packages_distributions().get(package, ["suluh"])) == {"suluh"}


def test_the_wheel_holds_the_five_packages() -> None:
    """What the build packs is what the layers are made of."""
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == PACKAGES
    assert sorted(PROJECT["tool"]["importlinter"]["root_packages"]) == sorted(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_types_are_published(package: str) -> None:
    """Each package carries py.typed, so that its users' checkers read our types."""
    assert (ROOT / package / "py.typed").is_file()


def test_every_dependency_is_pinned() -> None:
    """Each package that the project asks for has its version in constraints.txt."""
    extras = PROJECT["project"]["optional-dependencies"]
    asked = [
        *PROJECT["project"]["dependencies"],
        *(name for extra in ("train", "cluster", "dev") for name in extras[extra]),
    ]
    pinned = {
        normal(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    }
    assert {normal(re.split(r"[\[<>=;! ]", name)[0]) for name in asked} <= pinned


def normal(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_image_runs_as_nobody_in_particular() -> None:
    """The final stage is not root, keeps its state in one place and has a health check."""
    _, final = image_check.stages((ROOT / "Dockerfile").read_text())
    assert image_check.rest_of(final, "USER").split(":")[0] != "0"
    assert image_check.rest_of(final, "HEALTHCHECK")
    assert image_check.rest_of(final, "VOLUME") == '["/var/lib/suluh"]'


@pytest.mark.parametrize(
    ("path", "is_kept_out"),
    [
        ("serving/app.py", False),
        ("serving/__pycache__/app.pyc", True),
        ("serving/static/vendor/pico.css", True),
        ("scripts/frontend.py", False),
        ("scripts/wheel.py", True),
        ("tests/conftest.py", True),
        ("var/suluh.db", True),
        (".venv/bin/python", True),
        ("models/released/linear/manifest.json", False),
    ],
)
def test_the_builder_gets_what_the_wheel_is_made_of(path: str, is_kept_out: bool) -> None:
    """`.dockerignore` lets the sources through and keeps data, secrets and caches out."""
    rows = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [row for row in rows if row and not row.startswith("#")]
    assert image_check.ignores(patterns, path) is is_kept_out


def test_ignore_patterns_are_anchored() -> None:
    """No pattern of .gitignore can swallow a folder of the sources, whose names are so common."""
    rows = (ROOT / ".gitignore").read_text().split()
    assert not set(PACKAGES) & {row.strip("/") for row in rows}
