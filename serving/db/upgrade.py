"""Bringing the tables to a revision: the only module that loads Alembic, which serving then starts without."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from serving.db.engine import MIGRATIONS, Database


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the tables to ``revision``; does nothing where they stand there already."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = database.engine
    command.upgrade(config, revision)
