"""A group whose commands are entry points: each is imported when it is called, and not to be listed.

So a command's module imports what it needs at its top, however heavy, and neither `suluh --help` nor another command
pays for it. The list takes each command's sentence from its source, which says the same and costs a millisecond.
"""

import ast
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click


class EntryPointGroup(click.Group):
    """The commands of the entry-point group `points`, beside those that were added.

    Where a command needs a module that is not there, it says how to get it: by the extra that `extras` names for it.
    """

    def __init__(self, *args: Any, points: str, extras: dict[str, str] | None = None, **kwargs: Any) -> None:
        """Take click's own arguments too."""
        super().__init__(*args, **kwargs)
        self.points = points
        self.extras = extras or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, sorted."""
        return sorted({*super().list_commands(ctx), *self._found()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; where its extra is missing, give one that says how to get it."""
        point = self._found().get(cmd_name)
        if point is None:
            return super().get_command(ctx, cmd_name)
        try:
            command = _imported(point)
        except ModuleNotFoundError as missing:
            return self._instead(cmd_name, ctx.command_path, missing)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with its first sentence, without importing any."""
        found = self._found()
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names), default=0)
        rows = [
            (name, _sentence(found[name], limit) if name in found else self.commands[name].get_short_help_str(limit))
            for name in names
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def _found(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.points)}

    def _instead(self, name: str, path: str, missing: ModuleNotFoundError) -> click.Command:
        extra = self.extras.get(name)
        hint = f"pip install 'suluh[{extra}]'" if extra else "pip install --force-reinstall suluh"

        def explain() -> None:
            raise click.ClickException(f"`{path} {name}` needs {missing.name}; install it with: {hint}")

        return click.Command(
            name,
            callback=explain,
            add_help_option=False,
            context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        )


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave out garbage collection while much is made that stays: each would walk all of it and find nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _imported(point: EntryPoint) -> click.Command:
    """Import a command; what its modules made at their first import is never looked through again."""
    if point.module not in sys.modules:
        with uncollected():
            point.load()
            gc.freeze()
    command: click.Command = point.load()
    return command


def _sentence(point: EntryPoint, limit: int) -> str:
    """What click would say of the command in a list, at most `limit` characters, read from its source."""
    spec = find_spec(point.module)
    if spec is None or spec.origin is None:
        return "(not installed)"
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == point.attr:
            given = _texts_given(node)
            said = click.Command(
                point.name, help=given.get("help") or ast.get_docstring(node), short_help=given.get("short_help")
            )
            return said.get_short_help_str(limit)
    return ""


def _texts_given(command: ast.FunctionDef) -> dict[str, str]:
    """`help` and `short_help` where the decorator that makes the command names them."""
    made_by = command.decorator_list[0]
    named = made_by.keywords if isinstance(made_by, ast.Call) else []
    return {
        each.arg: str(each.value.value)
        for each in named
        if each.arg in {"help", "short_help"} and isinstance(each.value, ast.Constant)
    }
