"""A real HTTP server on loopback that another system could be: it answers as told and keeps what it was sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Listener:
    """What the server answers next, and what came.

    An answer is a status, one with a body, ``"stall"``, ``"close"``, or ``"twice"`` for a good answer and then a bad
    one to the same request; 200 once nothing is left.
    """

    url: str
    answers: list[int | str | tuple[int, bytes]] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)


def _replies(answer: int | str | tuple[int, bytes]) -> list[tuple[int, bytes]]:
    if answer == "twice":
        return [(200, b""), (500, b"")]
    return [answer if isinstance(answer, tuple) else (int(answer), b"")]


def _stall(out: BinaryIO) -> None:
    """Send a byte of the head now and then, so that no wait between two bytes is long."""
    with suppress(OSError):
        out.write(b"HTTP/1.1 200 OK\r\nx: ")
        for _ in range(20):
            out.write(b"a")
            out.flush()
            time.sleep(0.05)


@contextmanager
def listening(*answers: int | str | tuple[int, bytes]) -> Iterator[Listener]:
    """Start a server that answers like this, one after another."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            listener.received.append(Received(self.path, headers, body))
            answer = listener.answers.pop(0) if listener.answers else 200
            if answer == "close":
                return
            if answer == "stall":
                _stall(self.wfile)
                return
            for status, said in _replies(answer):
                self._say(status, said)

        def _say(self, status, said):
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        listener = Listener(f"http://127.0.0.1:{server.server_port}/hook", list(answers))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
