"""The command ``suluh``: each subcommand is an entry point, loaded only when it is called.

So ``suluh score`` starts without the web stack, and a command whose extra is not installed says so in one sentence.
"""

from __future__ import annotations

import sys

import click

from data.commands import EntryPointGroup
from serving.errors import SuluhError

GROUP = "suluh.commands"
EXTRAS = {"data": "train", "train": "train", "eval": "train", "compare": "train", "archive": "cluster"}


@click.group(cls=EntryPointGroup, points=GROUP, extras=EXTRAS, context_settings={"help_option_names": ["-h", "--help"]})
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
