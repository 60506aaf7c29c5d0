"""What the commands that touch the database share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from serving.db import OperationalError
from serving.db.engine import is_current
from serving.deps import Service, context_for, create_service
from serving.desk.context import SERVICE, Context
from serving.errors import SettingsError, UnavailableError
from serving.settings import Settings


@contextmanager
def connected() -> Iterator[Service]:
    """Open the service's parts from the environment and close them, whatever state the tables are in.

    Raises ``UnavailableError`` where the database cannot be had, at the start or in between.
    """
    service = create_service(Settings())
    with closing(service.database):
        try:
            yield service
        except OperationalError as error:
            if error.statement is not None and not error.connection_invalidated:
                raise  # it answered, and refused what we asked: a fault of ours, told with its trace
            raise UnavailableError(
                f"SULUH_DATABASE_URL: {service.database.engine.url!r} does not answer: {_reason(error)}"
            ) from error


def _reason(error: OperationalError) -> str:
    """Give the driver's words as one line; psycopg tells each address that it tried on a line of its own."""
    return " ".join(str(error.orig).split())


@contextmanager
def open_service() -> Iterator[Service]:
    """Open the service's parts from the environment and close them; raise where the tables are missing or old."""
    with connected() as service:
        if not is_current(service.database):
            raise SettingsError("The database is not set up; run: suluh db upgrade")
        yield service


@contextmanager
def reading(service: Service) -> Iterator[Context]:
    """Open one transaction that only reads."""
    with service.database.read() as session:
        yield context_for(service, session, SERVICE)
