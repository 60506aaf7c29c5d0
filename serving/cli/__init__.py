"""The command ``suluh``: each subcommand is an entry point, loaded only when it is asked for.

So ``suluh score`` starts without the web stack, and a command whose extra is not installed says so in one sentence.
"""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points

import click

from serving.errors import SuluhError

GROUP = "suluh.commands"
EXTRAS = {"data": "train", "train": "train", "eval": "train", "compare": "train"}


class Commands(click.Group):
    """Finds its commands among the installed entry points."""

    def _found(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=GROUP)}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name every installed command."""
        return sorted(self._found())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Load one command; where its extra is missing, give one that says how to get it."""
        point = self._found().get(cmd_name)
        if point is None:
            return None
        try:
            command: click.Command = point.load()
        except ModuleNotFoundError as missing:
            return _needs_extra(cmd_name, missing)
        return command


def _needs_extra(name: str, missing: ModuleNotFoundError) -> click.Command:
    extra = EXTRAS.get(name)
    hint = f"pip install 'suluh[{extra}]'" if extra else "pip install --force-reinstall suluh"

    def explain() -> None:
        raise click.ClickException(f"`suluh {name}` needs {missing.name}; install it with: {hint}")

    return click.Command(
        name,
        callback=explain,
        short_help=f"(needs: {hint})",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="suluh", prog_name="suluh")
def suluh() -> None:
    """Find hoaxes that spread, decide with two humans, carry the clarification to people."""


def main() -> None:
    """Run one command; a refusal is one sentence and a non-zero exit code."""
    try:
        suluh.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SuluhError as error:
        click.echo(f"suluh: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
