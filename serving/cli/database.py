"""``suluh db``: bring the tables up to date."""

from __future__ import annotations

from contextlib import closing

import click

from serving.db.engine import is_current
from serving.db.upgrade import migrate
from serving.deps import create_service
from serving.settings import Settings


@click.group("db", short_help="Set up and inspect the database.")
def database() -> None:
    """Set up and inspect the database."""


@database.command()
def upgrade() -> None:
    """Bring the tables to the newest revision; does nothing where they stand there."""
    with closing(create_service(Settings()).database) as tables:
        migrate(tables)
    click.echo("database: up to date")


@database.command()
def status() -> None:
    """Say whether the tables are up to date."""
    with closing(create_service(Settings()).database) as tables:
        current = is_current(tables)
    if not current:
        raise click.ClickException("the tables are missing or old; run: suluh db upgrade")
    click.echo("database: up to date")
