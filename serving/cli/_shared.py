"""What the commands that touch the database share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from serving.db.engine import is_current
from serving.deps import Service, context_for, create_service
from serving.desk.context import SERVICE, Context
from serving.errors import SettingsError
from serving.settings import Settings


@contextmanager
def open_service() -> Iterator[Service]:
    """Open the service's parts from the environment and close them; raise where the tables are missing or old."""
    service = create_service(Settings())
    with closing(service.database):
        if not is_current(service.database):
            raise SettingsError("The database is not set up; run: suluh db upgrade")
        yield service


@contextmanager
def reading(service: Service) -> Iterator[Context]:
    """Open one transaction that only reads."""
    with service.database.read() as session:
        yield context_for(service, session, SERVICE)
