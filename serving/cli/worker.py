"""``suluh worker``: what happens without anybody asking."""

from __future__ import annotations

import fcntl
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from serving import worker as work
from serving.cli._shared import open_service
from serving.desk.outreach.other import check_installed
from serving.errors import SettingsError
from serving.logs import configure


@contextmanager
def _only_one(folder: Path, name: str) -> Iterator[None]:
    """Hold a name on this machine: two workers under one name would each resume what the other is doing."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"worker-{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SettingsError(
                f"a worker named {name} is already running here; give this one another --name"
            ) from None
        yield


@click.command(short_help="Take in posts, release offers, send messages, on a schedule.")
@click.option("--once", is_flag=True, help="Do everything that is due once, then stop; exit 1 where a part failed.")
@click.option("--name", default=None, help="This worker's own name, kept over restarts; the machine's by default.")
def worker(*, once: bool, name: str | None) -> None:
    """Take in posts, read feeds, end leases, release offers, send messages and forget, until interrupted."""
    with open_service() as service:
        configure(service.settings.log_format)
        check_installed(service.settings)
        if once:
            sys.exit(0 if work.run_once(service) else 1)
        name = name or socket.gethostname()
        with _only_one(service.settings.var_dir, name):
            work.run_forever(service, name)
