"""A line between a browser and the service that can be cut: a relay on loopback.

The browser's own switch for being offline does not hold for what a service worker asks for on behalf of a page.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Line:
    """Carries bytes between a port of its own and another until it is cut; mended, it listens on its port again."""

    def __init__(self, port: int) -> None:
        self._there = port
        self._port = 0
        self._ends: list[socket.socket] = []
        self.mend()

    @property
    def url(self) -> str:
        """Where the other port is reached."""
        return f"http://127.0.0.1:{self._port}"

    def mend(self) -> None:
        """Listen, and carry whatever comes."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self._ends = [listener]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Refuse what comes and break off what is under way."""
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._there))
                self._ends += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=ends, daemon=True).start()


def _carry(come: socket.socket, go: socket.socket) -> None:
    with suppress(OSError):
        while some := come.recv(65_536):
            go.sendall(some)
    with suppress(OSError):
        go.shutdown(socket.SHUT_WR)
