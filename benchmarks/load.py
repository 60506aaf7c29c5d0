"""A load generator: so many clients, each with one connection, asking again as soon as it was answered.

Bytes in and bytes out, because a client library would be slower than what it is to measure.
"""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Load:
    """What a round saw: requests answered a second, and the 50th and 99th percentile of their seconds."""

    a_second: float
    p50_s: float
    p99_s: float
    n: int


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Write a POST request."""
    lines = {"host": "127.0.0.1", "content-type": "application/json", "content-length": str(len(body))} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


class _Client(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], times: list[float], until: float, done: asyncio.Event) -> None:
        self._requests = requests
        self._times = times
        self._until = until
        self._done = done
        self._got = b""
        self._sent_at = 0.0
        self.failed = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._got += data
        end = self._got.find(b"\r\n\r\n")
        if end < 0:
            return
        if not self._got.startswith(b"HTTP/1.1 200"):
            self.failed = self._got.decode(errors="replace")
            self._stop()
            return
        at = self._got.index(b"content-length: ") + len(b"content-length: ")
        if len(self._got) < end + 4 + int(self._got[at : self._got.index(b"\r\n", at)]):
            return
        self._got = b""
        now = time.perf_counter()
        self._times.append(now - self._sent_at)
        if now < self._until:
            self._ask()
        else:
            self._stop()

    def _stop(self) -> None:
        self._transport.close()
        self._done.set()

    def connection_lost(self, _error: Exception | None) -> None:
        self._done.set()


async def _loaded(port: int, requests: Sequence[bytes], n_clients: int, seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    asked, times = itertools.cycle(requests), list[float]()
    began = time.perf_counter()
    clients = []
    for _ in range(n_clients):
        done = asyncio.Event()
        client = _Client(asked, times, began + seconds, done)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)
        clients.append((client, done))
    for client, done in clients:
        await done.wait()
        if client.failed:
            raise RuntimeError(f"port {port} answered: {client.failed[:500]}")
    took = time.perf_counter() - began
    p50, p99 = np.quantile(times, [0.5, 0.99]).tolist()
    return Load(len(times) / took, p50, p99, len(times))


def load(port: int, requests: Sequence[bytes], n_clients: int, seconds: float) -> Load:
    """Ask for so many seconds; raises RuntimeError where an answer is not 200."""
    return asyncio.run(_loaded(port, requests, n_clients, seconds))
