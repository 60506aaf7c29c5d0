"""Keeps a few commands running beside one another and stops them together.

Each runs in a session of its own, so that Ctrl-C reaches only the one who watches, and writes to a log of its own. When
one stops by itself with an error the others are stopped too: half a service is harder to understand than none.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from serving.errors import UnavailableError

STOP_WITHIN_S: Final = 12.0
LOOK_EVERY_S: Final = 0.3
LAST_WORDS: Final = 400


@dataclass(slots=True)
class Child:
    """One running command."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def failed(self) -> bool:
        """Tell whether it stopped by itself with an error."""
        return self.process.poll() not in {None, 0}

    def why(self) -> str:
        """Say in one sentence that it stopped and where to read why."""
        words = self.log.read_text(errors="replace").strip()[-LAST_WORDS:]
        last = words.splitlines()[-1] if words else "it said nothing"
        return f"{self.name} stopped by itself (code {self.process.returncode}): {last} (all of it: {self.log})"


@dataclass(slots=True)
class Children:
    """Commands of ``suluh`` that run together.

    Args:
        logs: the folder for what they write.
        env: added to this process's environment.
    """

    logs: Path
    env: Mapping[str, str]
    running: list[Child] = field(default_factory=list)

    def start(self, name: str, arguments: Sequence[str]) -> Child:
        """Start ``suluh`` with these arguments."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        command = [str(Path(sys.executable).with_name("suluh")), *arguments]
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                command, env={**os.environ, **self.env}, stdout=out, stderr=out, start_new_session=True
            )
        child = Child(name, process, log)
        self.running.append(child)
        return child

    def check(self) -> None:
        """Raise ``UnavailableError`` where one has stopped with an error."""
        for child in self.running:
            if child.failed:
                raise UnavailableError("{why}", why=child.why())

    def watch(self) -> None:
        """Wait until one stops with an error, which is raised, or until a signal ends the wait."""
        while True:
            self.check()
            time.sleep(LOOK_EVERY_S)

    def wait_for(self, url: str, within_s: float = 60.0) -> None:
        """Wait until an address answers, or say which command is in the way."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            self.check()
            try:
                with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own http address
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(LOOK_EVERY_S)
        raise UnavailableError("{url} did not answer within {s:g} s; see {logs}", url=url, s=within_s, logs=self.logs)

    def stop(self) -> None:
        """Ask all to stop, the last started first; after a while make them."""
        for child in reversed(self.running):
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_WITHIN_S
        for child in self.running:
            try:
                child.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self.running.clear()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all, whatever happened."""
        self.stop()


def is_free(port: int) -> bool:
    """Tell whether nobody listens on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
