"""``suluh db``: bring the tables up to date."""

from __future__ import annotations

import click

from serving.cli._shared import connected
from serving.db.engine import is_current
from serving.db.upgrade import migrate


@click.group("db", short_help="Set up and inspect the database.")
def database() -> None:
    """Set up and inspect the database."""


@database.command()
def upgrade() -> None:
    """Bring the tables to the newest revision; does nothing where they stand there."""
    with connected() as service:
        migrate(service.database)
    click.echo("database: up to date")


@database.command()
def status() -> None:
    """Say whether the tables are up to date."""
    with connected() as service:
        current = is_current(service.database)
    if not current:
        raise click.ClickException("the tables are missing or old; run: suluh db upgrade")
    click.echo("database: up to date")
