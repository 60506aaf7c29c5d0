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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "200", "shared_buffers": "128MB"}


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
