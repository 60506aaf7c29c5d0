"""What a start leaves out, so that the first answer comes early."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from argon2 import extract_parameters
from fastapi import FastAPI
from fastapi.routing import APIRoute

from data.commands import EntryPointGroup, uncollected
from serving.api import parts as v1_parts
from serving.app import create_app
from serving.console import parts as console_parts
from serving.db.engine import MIGRATIONS, newest_revision
from serving.security import hash_of_nothing, hash_password, password_matches
from serving.settings import Settings


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    """Leave the collector as it was."""
    yield
    gc.enable()
    gc.unfreeze()


def test_nothing_is_collected_while_much_is_made() -> None:
    """Inside the block the collector rests, after it it works again, after a fault too."""
    with pytest.raises(ZeroDivisionError), uncollected():
        assert not gc.isenabled()
        _ = 1 / 0
    assert gc.isenabled()


def test_a_collector_that_rested_goes_on_resting() -> None:
    """A block inside another one does not wake it."""
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()


def test_what_a_command_imports_is_not_looked_through_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first import of a command's module rests the collector and sets what it made aside; a second changes nothing."""
    (tmp_path / "contoh_perintah.py").write_text(
        "import gc\nimport click\nRESTED = not gc.isenabled()\n"
        "@click.command()\ndef contoh():\n    click.echo(str(RESTED))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("contoh", "contoh_perintah:contoh", "suluh.contoh")
    group = EntryPointGroup(points="suluh.contoh")
    monkeypatch.setattr(group, "_found", lambda: {"contoh": point})
    gc.unfreeze()
    command = group.get_command(click.Context(group), "contoh")
    assert command is not None
    assert gc.isenabled()
    set_aside = gc.get_freeze_count()
    assert set_aside > 0
    assert command.callback.__globals__["RESTED"]
    assert group.get_command(click.Context(group), "contoh") is command
    assert gc.get_freeze_count() <= set_aside


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FastAPI]:
    """A service of which nothing was asked so far."""
    made = create_app(Settings(var_dir=tmp_path))
    yield made
    made.state.service.database.close()


def _made(app: FastAPI) -> list[str]:
    return [route.path for route in app.routes if isinstance(route, APIRoute)]


def test_routes_are_made_when_somebody_asks_for_their_part(app: FastAPI) -> None:
    """At its start a service has no routes; an address brings those of its part, and asking again brings none."""
    assert _made(app) == []
    app.state.doors.open("/v1/score")
    made = _made(app)
    assert "/v1/score" in made
    assert all(path.startswith("/v1/") for path in made)
    app.state.doors.open("/v1/score")
    assert _made(app) == made


@pytest.mark.parametrize("path", ["/v1/score/", "/v1/score"])
def test_a_slash_more_finds_its_part_too(app: FastAPI, path: str) -> None:
    """FastAPI sends an address with a slash at its end to the one without, for which the routes must be there."""
    app.state.doors.open(path)
    assert "/v1/score" in _made(app)


def test_routes_stand_in_the_order_of_their_parts(tmp_path: Path, app: FastAPI) -> None:
    """Whatever is asked for first: the first route that fits answers, and an address may fit two."""
    other = create_app(Settings(var_dir=tmp_path / "lain"))
    other.state.doors.open_all()
    other.state.service.database.close()
    whole = _made(other)
    doors = (("/v1", v1_parts.routers()), ("", console_parts.routers()), ("", console_parts.open_routers()))
    assert whole == [
        prefix + router.prefix + each.path
        for prefix, routers in doors
        for router in routers
        for each in router.declared
    ]
    for path in reversed(whole):
        app.state.doors.open(path.replace("{", "").replace("}", ""))
    assert _made(app) == whole
    assert app.routes[-1].name == "static"


def test_a_start_loads_nothing_that_few_processes_use() -> None:
    """Neither what migrates tables nor what reads a spreadsheet; each has one door, which loads it."""
    asked = "import sys, serving.app; print(sorted({'alembic', 'mako', 'openpyxl'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True, text=True).stdout == "[]\n"


def test_the_newest_revision_is_told_by_its_file() -> None:
    """What a start compares the tables with is what Alembic would say."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_an_unknown_name_costs_what_a_wrong_password_costs() -> None:
    """What is checked for nobody has the costs of a true hash, is another in each process, and nothing matches it."""
    assert extract_parameters(hash_of_nothing()) == extract_parameters(hash_password("sandi-contoh-panjang"))
    assert hash_of_nothing() != hash_of_nothing()
    assert not password_matches("sandi-contoh-panjang", None)
