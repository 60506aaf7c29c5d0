"""What a start leaves out, so that the first answer comes early."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest
from argon2 import extract_parameters

from data.commands import EntryPointGroup, uncollected
from serving.api import parts as v1_parts
from serving.app import create_app
from serving.console import parts as console_parts
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


def test_no_route_is_made_more_often_than_it_must(tmp_path: Path) -> None:
    """Each part stands straight in the application: every router between would build all routes below it again."""
    app = create_app(Settings(var_dir=tmp_path))
    standing = {id(getattr(route, "original_router", None)) for route in app.routes}
    try:
        assert {id(part) for part in (*v1_parts.routers(), *console_parts.routers())} <= standing
    finally:
        app.state.service.database.close()


def test_an_unknown_name_costs_what_a_wrong_password_costs() -> None:
    """What is checked for nobody has the costs of a true hash, is another in each process, and nothing matches it."""
    assert extract_parameters(hash_of_nothing()) == extract_parameters(hash_password("sandi-contoh-panjang"))
    assert hash_of_nothing() != hash_of_nothing()
    assert not password_matches("sandi-contoh-panjang", None)
