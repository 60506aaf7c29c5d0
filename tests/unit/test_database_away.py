"""A database that cannot be had: each command ends with one sentence that names the setting, never with a trace."""

from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner

from serving.cli.database import database
from serving.cli.demo import demo
from serving.cli.ingest import ingest
from serving.cli.search import search
from serving.cli.serve import serve
from serving.cli.worker import worker
from serving.errors import SettingsError, UnavailableError
from tests.conftest import SECRET

COMMANDS = {
    "ingest": (ingest, ["-"]),
    "search status": (search, ["status"]),
    "worker": (worker, ["--once"]),
    "serve": (serve, []),
    "db upgrade": (database, ["upgrade"]),
    "db status": (database, ["status"]),
    "demo run": (demo, ["run", "--port", "0"]),
}


@pytest.fixture
def closed_port():
    """A port that nobody answers at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def refusal(monkeypatch, tmp_path):
    """Run a command with an address of a database; give the error that it ends with."""
    monkeypatch.setenv("SULUH_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SULUH_SECRET_KEY", SECRET)

    def do(name, address):
        monkeypatch.setenv("SULUH_DATABASE_URL", address)
        command, arguments = COMMANDS[name]
        return CliRunner().invoke(command, arguments).exception

    return do


@pytest.mark.parametrize("name", COMMANDS)
def test_a_server_that_does_not_answer_is_named(refusal, closed_port, name):
    """One line: the setting, the address without its password, and what the driver says."""
    error = refusal(name, f"postgresql://humas:rahasia@127.0.0.1:{closed_port}/suluh")
    assert isinstance(error, UnavailableError)
    said = str(error)
    assert "SULUH_DATABASE_URL" in said
    assert f"127.0.0.1:{closed_port}" in said
    assert "refused" in said
    assert "rahasia" not in said
    assert "\n" not in said


@pytest.mark.parametrize("address", ["mysql://humas:rahasia@127.0.0.1/suluh", "nosuch://x", "not an address"])
def test_an_address_of_another_database_is_refused(refusal, address):
    """Only SQLite and PostgreSQL are known; the sentence says so and shows no password."""
    error = refusal("ingest", address)
    assert isinstance(error, SettingsError)
    assert "SULUH_DATABASE_URL" in str(error)
    assert "postgresql://" in str(error)
    assert "sqlite:///" in str(error)
    assert "rahasia" not in str(error)


def test_a_file_that_is_no_database_is_named(refusal, tmp_path):
    """A path that SQLite cannot open is told like a server that does not answer."""
    error = refusal("search status", f"sqlite:///{tmp_path}")
    assert isinstance(error, UnavailableError)
    assert str(tmp_path) in str(error)
