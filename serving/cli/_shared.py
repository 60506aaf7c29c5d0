"""What the commands that touch the database share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from serving.app import create_service
from serving.db.engine import is_current
from serving.deps import Service, context_for
from serving.desk.context import SERVICE, Context
from serving.errors import SettingsError
from serving.settings import Settings


def open_service() -> Service:
    """Give the service's parts from the environment; raise where the tables are missing or old."""
    service = create_service(Settings())
    if not is_current(service.database):
        raise SettingsError("The database is not set up; run: suluh db upgrade")
    return service


@contextmanager
def writing(service: Service) -> Iterator[Context]:
    """Open one transaction in which the service itself acts."""
    with service.database.write() as session:
        yield context_for(service, session, SERVICE)


@contextmanager
def reading(service: Service) -> Iterator[Context]:
    """Open one transaction that only reads."""
    with service.database.read() as session:
        yield context_for(service, session, SERVICE)
