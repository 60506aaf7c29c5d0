"""A PostgreSQL server of the test run's own: made in a temporary folder, stopped and forgotten at the end.

PostgreSQL refuses to run as root, so there it runs as the system's ``postgres`` (or ``nobody``) account.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "synchronous_commit": "off",
}
# Each change of a table, a trigger, a constraint or a function makes, removes or rewrites a row of one of these.
CATALOGUES = (
    "pg_attribute",
    "pg_constraint",
    "pg_event_trigger",
    "pg_index",
    "pg_namespace",
    "pg_proc",
    "pg_trigger",
    "pg_type",
)
PATIENCE_MS = 5_000


def _program(name: str) -> str:
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or (str(newest[0]) if newest else None)
    if found is None:
        raise RuntimeError(f"the tests need PostgreSQL's {name}; install the package postgresql")
    return found


def _unprivileged() -> pwd.struct_passwd | None:
    if os.getuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    port: int

    def address(self, name: str) -> str:
        """Give the address of one of its databases."""
        return f"postgresql://suluh@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str, *names: str) -> None:
        """Run one statement outside any transaction, with quoted names in its places."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def running(**settings: str) -> Iterator[Postgres]:
    """Start a server, give it, and stop it."""
    account = _unprivileged()
    as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    folder = Path(tempfile.mkdtemp(prefix="suluh-pg-"))
    try:
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        port = _free_port()
        options = SETTINGS | settings | {"port": str(port), "unix_socket_directories": str(folder)}
        subprocess.run(
            [
                _program("initdb"),
                "-D",
                folder / "data",
                "-U",
                "suluh",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
            **as_user,
        )
        control = [_program("pg_ctl"), "-D", str(folder / "data"), "-w", "-t", "60"]
        flags = " ".join(f"-c {name}={value}" for name, value in options.items())
        subprocess.run(
            [*control, "-l", str(folder / "log"), "-o", f"-h 127.0.0.1 {flags}", "start"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **as_user,
        )
        try:
            yield Postgres(port)
        finally:
            subprocess.run(
                [*control, "-m", "immediate", "stop"],
                check=False,
                stdout=subprocess.DEVNULL,
                cwd=folder,
                **as_user,
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Contents:
    """What a database holds, as far as a test can change it.

    Attributes:
        shape: a number of rows and a sum of their transactions, for each catalogue.
        rows: the tables that hold something, each as ``COPY`` writes it.
        drawn: the sequences that were drawn from, with their last value.
    """

    shape: tuple[Any, ...]
    rows: dict[str, bytes]
    drawn: dict[str, int]

    @classmethod
    def of(cls, connection: psycopg.Connection[Any]) -> Contents:
        """Read it."""
        counted = sql.SQL(", ").join(
            sql.SQL("(SELECT (count(*), sum(xmin::text::bigint))::text FROM {})").format(sql.Identifier(name))
            for name in CATALOGUES
        )
        shape = connection.execute(sql.SQL("SELECT {}").format(counted)).fetchone()
        assert shape is not None
        tables = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        filled = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name)) for name in tables
        )
        drawn = connection.execute("SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL")
        return cls(
            shape,
            {name: _written(connection, name) for (name,) in connection.execute(filled).fetchall()},
            dict(drawn.fetchall()),
        )


def _written(connection: psycopg.Connection[Any], table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(copy)


def _read_back(connection: psycopg.Connection[Any], table: str, rows: bytes) -> None:
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
        copy.write(rows)


class Stock:
    """Equal databases, each lent to one test at a time.

    A database given back is brought to what the template holds and lent again: to copy the template and to drop the
    copy costs a hundred times more. One whose tables, triggers or functions were changed is dropped.
    """

    def __init__(self, server: Postgres, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._numbers = count()
        with psycopg.connect(server.address(template)) as connection:
            self._first = Contents.of(connection)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Lend one; give its name."""
        name = self._free.pop() if self._free else self._copied()
        try:
            yield name
        finally:
            if self._restored(name):
                self._free.append(name)
            else:
                self._server.run("DROP DATABASE {} WITH (FORCE)", name)

    def _copied(self) -> str:
        name = f"{self._template}_{next(self._numbers)}"
        self._server.run("CREATE DATABASE {} TEMPLATE {}", name, self._template)
        return name

    def _restored(self, name: str) -> bool:
        """Bring a database back to what it first held; tell whether that was possible."""
        # What a test left locked is not waited for.
        options = f"-c session_replication_role=replica -c lock_timeout={PATIENCE_MS}"
        with suppress(psycopg.OperationalError), psycopg.connect(self._server.address(name), options=options) as found:
            found.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            held = Contents.of(found)
            if held.shape != self._first.shape:
                return False
            # No trigger acts on a replica: neither those that guard a table nor those of foreign keys.
            for table in held.rows.keys() | self._first.rows.keys():
                if held.rows.get(table) != self._first.rows.get(table):
                    found.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
                    if table in self._first.rows:
                        _read_back(found, table, self._first.rows[table])
            for sequence in held.drawn.keys() | self._first.drawn.keys():
                found.execute("SELECT setval(%s, %s, %s)", self._drawn(sequence))
            return True
        return False

    def _drawn(self, sequence: str) -> tuple[str, int, bool]:
        return sequence, self._first.drawn.get(sequence, 1), sequence in self._first.drawn
