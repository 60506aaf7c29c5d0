"""The wheel as a user gets it, installed in an environment of its own by ``make wheel``."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

VENV = os.environ.get("SULUH_WHEEL_VENV", "")
pytestmark = pytest.mark.skipif(not VENV, reason="run by `make wheel`")

TEXTS = [
    {"id": "a", "text": "Sebarkan! Bank Contoh bagi-bagi kuota gratis 50 GB, klik tautan ini sebelum tengah malam."},
    {
        "id": "b",
        "text": "Pemerintah Kota Contoh membuka layanan perpanjangan kartu pada hari Sabtu mulai pukul delapan.",
    },
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside the repository, in which commands run and data is kept."""
    return tmp_path_factory.mktemp("wheel")


def environment(home: Path) -> dict[str, str]:
    """An environment in which nothing points back at the repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SULUH_", "PYTHON"))}
    return kept | {"SULUH_VAR_DIR": str(home / "var"), "PATH": f"{VENV}/bin:{os.environ['PATH']}"}


def run(home: Path, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one program of the environment."""
    program = [f"{VENV}/bin/{command[0]}", *command[1:]]
    return subprocess.run(
        program, check=False, cwd=home, env=environment(home), input=stdin, capture_output=True, text=True, timeout=180
    )


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """The service, started from the wheel on a database that the wheel made."""
    made = run(home, "suluh", "db", "upgrade")
    assert made.returncode == 0, made.stderr
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [f"{VENV}/bin/suluh", "serve", "--port", str(port)],
        cwd=home,
        env=environment(home),
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/sehat")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(url: str) -> None:
    """Wait up to a minute for an address to answer."""
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < until, f"{url} does not answer"
            time.sleep(0.3)
        else:
            return


def test_every_command_is_listed(home: Path) -> None:
    """`suluh --help` names the commands, and none of them is broken by what serving leaves out."""
    told = run(home, "suluh", "--help")
    assert told.returncode == 0
    for name in ("score", "match", "cluster", "ingest", "serve", "worker", "audit", "db", "demo", "key", "user"):
        assert f"  {name} " in told.stdout


def test_the_released_model_scores(home: Path) -> None:
    """The weights are inside: a file is scored, in order, with a band, reasons and the model's version."""
    (home / "posts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in TEXTS))
    told = run(home, "suluh", "score", "posts.jsonl")
    assert told.returncode == 0, told.stderr
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["a", "b"]
    for row in rows:
        assert set(row) == {"id", "p_hoax", "band", "reasons", "model"}
        assert 0 <= row["p_hoax"] <= 1
        assert row["band"] in {"look", "abstain", "clear"}


def test_training_stays_outside(home: Path) -> None:
    """Nothing that only training needs can be imported, and `suluh train` says in one sentence what it needs."""
    code = (
        "import importlib.util as u; "
        "print([n for n in ('torch', 'transformers', 'datasets', 'mlflow', 'sklearn', 'pandas') if u.find_spec(n)])"
    )
    assert run(home, "python", "-c", code).stdout.strip() == "[]"
    told = run(home, "suluh", "train")
    assert told.returncode != 0
    assert "suluh[train]" in told.stderr
    assert "Traceback" not in told.stderr


def test_types_are_published(home: Path) -> None:
    """Each top-level package carries its py.typed marker."""
    code = (
        "from importlib.resources import files; "
        "print([n for n in ('data', 'models', 'eval', 'training', 'serving') if not (files(n) / 'py.typed').is_file()])"
    )
    assert run(home, "python", "-c", code).stdout.strip() == "[]"


def test_the_service_answers(address: str) -> None:
    """Health, a public page with its style sheet, and the front-end files come out of the wheel."""
    with urllib.request.urlopen(f"{address}/sehat", timeout=10) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"{address}/", timeout=10) as answer:
        assert "Suluh" in answer.read().decode()
    with urllib.request.urlopen(f"{address}/static/suluh.css", timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/css")


def test_the_audit_verifies(home: Path, address: str) -> None:
    """The chain of a fresh database made by the wheel is whole."""
    told = run(home, "suluh", "audit", "verify")
    assert told.returncode == 0, told.stderr
    assert "intact" in told.stdout
