"""One door to the database, the same for SQLite and PostgreSQL.

SQLite runs in WAL mode, and a writing transaction says so at its start (``BEGIN IMMEDIATE``): a transaction that
reads first and writes later would otherwise be refused in the middle when somebody else wrote in between. The cost
is that writers queue; readers never wait.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from psycopg.types.json import set_json_dumps
from sqlalchemy import Connection, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from serving.db import packed
from serving.errors import SettingsError

log = structlog.get_logger()

BUSY_TIMEOUT_MS = 30_000
TRIES: Final = 4
# Serialization failure, and deadlock detected: the one says so itself, the other was chosen to end.
_GAVE_WAY: Final = frozenset({"40001", "40P01"})
_WAIT_S: Final = 0.1
_random = secrets.SystemRandom()
_KNOWN: Final = "SULUH_DATABASE_URL is an address sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, no other"
T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"

__all__ = ["Database", "Session", "retried"]


def _driver_url(address: str) -> str:
    try:
        url = make_url(address)
    except ArgumentError:
        raise SettingsError(_KNOWN) from None
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"postgresql+psycopg", "sqlite", "sqlite+pysqlite"}:
        raise SettingsError(_KNOWN)
    return url.render_as_string(hide_password=False)


class Database:
    """Owns the connections of one process.

    Args:
        address: an SQLAlchemy address; plain ``postgresql://`` means psycopg 3.
        echo: print each statement, for debugging.
    """

    def __init__(self, address: str, *, echo: bool = False) -> None:
        self.address = _driver_url(address)
        url = make_url(self.address)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        # An error must not carry what was being written: its text goes to the log.
        options: dict[str, Any] = {"echo": echo, "hide_parameters": not echo}
        if self.is_sqlite:
            if url.database:
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            options["connect_args"] = {"check_same_thread": False}
            # The event loop's thread pool has 40 threads; each may hold one connection.
            options["pool_size"] = 40
        else:
            options |= {"pool_size": 10, "max_overflow": 30, "pool_pre_ping": True}
        self.engine = create_engine(self.address, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _configure_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine, "connect", _configure_postgresql)
        self._writing = self.engine.execution_options(writes=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that only reads; nothing is kept."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits when the block ends, and rolls back when it raises."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def ping(self) -> None:
        """Raise where the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def retried(step: Callable[[], T]) -> T:
    """Run a step, and again from its start where PostgreSQL ended its transaction so that another could go on.

    At most ``TRIES`` times, with a short wait of random length between. The step opens its own transactions and may
    be repeated as a whole: of a transaction that gave way nothing is left. SQLite has one writer and never asks for it.

    Raises:
        DBAPIError: the last try's, or another fault of the database at once.
    """
    for n in range(1, TRIES):
        try:
            return step()
        except DBAPIError as error:
            code = getattr(error.orig, "sqlstate", None)
            if code not in _GAVE_WAY:
                raise
            log.warning("a transaction gave way and is tried again", sqlstate=code, attempt=n)
        time.sleep(_random.uniform(0, _WAIT_S * 2**n))
    return step()


def _configure_sqlite(raw: Any, _entry: ConnectionPoolEntry) -> None:
    raw.isolation_level = None  # the driver's own implicit BEGIN would come too late
    cursor = raw.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "recursive_triggers = ON",  # else INSERT OR REPLACE removes rows behind the triggers that guard them
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "cache_size = -65536",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _configure_postgresql(raw: Any, _entry: ConnectionPoolEntry) -> None:
    packed.prepare(raw)
    set_json_dumps(_written, raw)


def _written(value: object) -> str:
    """Write JSON; most of what is written is the empty list of what a post carries."""
    return "[]" if value == [] else json.dumps(value)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def newest_revision() -> str:
    """Give the newest revision, which its file's name begins with: to load each file costs a start more."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def is_current(database: Database) -> bool:
    """Tell whether the tables stand at the newest revision."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [newest_revision()]
