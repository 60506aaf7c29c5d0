"""Boards of trends to every listener of this process, from one reader of the database.

A listener costs a place in a list and one waiting task; what costs is reading, and that is done once every few seconds
for each question that somebody asks, in a thread, however many listen. Nobody listens: nothing is read. A slow listener
skips boards and never holds up another. Several processes have a reader each.

A connection lives at most ``LIFETIME_S``: the browser comes back by itself, and is then asked again who it is.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import structlog
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from serving.db import Database
from serving.db.trends import Wanted
from serving.deps import Service, context_for
from serving.desk.context import SERVICE
from serving.desk.incoming import trending
from serving.desk.incoming.trending import Board
from serving.errors import TooManyRequestsError
from serving.i18n import mark

log = structlog.get_logger()

EVERY_S: Final = 5.0
LIFETIME_S: Final = 600.0
# A proxy closes a connection on which nothing moves; most wait a minute.
SILENCE_S: Final = 20.0
LISTENERS_MAX: Final = 200
PER_PERSON: Final = 4
QUESTIONS_MAX: Final = 32
_COME_BACK_MS: Final = (3_000, 8_000)

Boards = Mapping[Wanted, Board]
Read = Callable[[Collection[Wanted], Boards], Boards]


class TooManyListenersError(TooManyRequestsError):
    """This process holds as many open connections as it may."""

    code = "too-many-listeners"


@dataclass(slots=True, eq=False)
class Listener:
    """One open connection: who, what was asked, and the newest board that it has not taken yet."""

    person_id: int
    wanted: Wanted
    _newest: Board | None = None
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def give(self, board: Board) -> None:
        """Hand the newest board over; one that was not taken is passed over."""
        if board is not self._newest:
            self._newest = board
            self._came.set()

    async def next(self, within_s: float) -> Board | None:
        """Wait for a board that was not taken yet; nothing where none comes in time."""
        try:
            await asyncio.wait_for(self._came.wait(), within_s)
        except TimeoutError:
            return None
        self._came.clear()
        return self._newest


@dataclass(frozen=True, slots=True)
class Tongue:
    """How a board is written for a kind of listener; ``name`` tells one way of writing from another."""

    name: str
    write: Callable[[Board], str]


class Broadcast:
    """Every listener of this process, and the one task that reads for them."""

    def __init__(self, read: Read, every_s: float) -> None:
        self._read = read
        self._every_s = every_s
        self._listeners: list[Listener] = []
        self._boards: Boards = {}
        self._reader: asyncio.Task[None] | None = None
        # What was written last for each question in each tongue, so that a board is written once for all who listen.
        self._written: dict[tuple[Wanted, str], tuple[Board, str]] = {}

    def __len__(self) -> int:
        return len(self._listeners)

    def join(self, person_id: int, wanted: Wanted) -> Listener:
        """Let somebody listen; raise ``TooManyListenersError`` where there is no room. In the event loop only."""
        mine = sum(listener.person_id == person_id for listener in self._listeners)
        questions = {listener.wanted for listener in self._listeners} | {wanted}
        if len(self._listeners) >= LISTENERS_MAX or mine >= PER_PERSON or len(questions) > QUESTIONS_MAX:
            raise TooManyListenersError(
                mark("Terlalu banyak halaman yang mengikuti tren. Muat ulang sesekali."), retry_after_s=60
            )
        listener = Listener(person_id, wanted)
        self._listeners.append(listener)
        if wanted in self._boards:
            listener.give(self._boards[wanted])
        if self._reader is None or self._reader.done():
            self._reader = asyncio.get_running_loop().create_task(self._run())
        return listener

    def leave(self, listener: Listener) -> None:
        """Let somebody go; the reader stops when nobody is left, and what nobody asks any more is forgotten."""
        if listener in self._listeners:
            self._listeners.remove(listener)
        asked = {other.wanted for other in self._listeners}
        self._written = {key: written for key, written in self._written.items() if key[0] in asked}

    def written(self, listener: Listener, board: Board, tongue: Tongue) -> str:
        """Give a board in a tongue, written once."""
        key = (listener.wanted, tongue.name)
        before = self._written.get(key)
        if before is None or before[0] is not board:
            before = self._written[key] = (board, tongue.write(board))
        return before[1]

    async def _run(self) -> None:
        """Read for those who listen, until nobody does. A fault of the database is logged, and the next round tries."""
        while self._listeners:
            wanted = {listener.wanted for listener in self._listeners}
            try:
                self._boards = await asyncio.to_thread(self._read, wanted, self._boards)
            except Exception:
                log.exception("trends could not be read; tried again")
            for listener in self._listeners:
                if listener.wanted in self._boards:
                    listener.give(self._boards[listener.wanted])
            await asyncio.sleep(self._every_s)
        self._boards, self._written = {}, {}


_broadcasts: WeakKeyDictionary[Database, Broadcast] = WeakKeyDictionary()
_making = Lock()


def broadcast_for(service: Service) -> Broadcast:
    """Give the broadcast of the process's database, made when it is first asked for."""

    def read(wanted: Collection[Wanted], known: Boards) -> Boards:
        with service.database.read() as session:
            ctx = context_for(service, session, SERVICE)
            return trending.follow(ctx, wanted, known)

    with _making:
        return _broadcasts.setdefault(service.database, Broadcast(read, EVERY_S))


class EventStream(StreamingResponse):
    """Boards as server-sent events to one listener, who is let go however the connection ends."""

    media_type = "text/event-stream"

    def __init__(self, broadcast: Broadcast, listener: Listener, tongue: Tongue) -> None:
        # A proxy that gathers an answer before it passes it on would hold every event back.
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        events = _events(listener, lambda board: broadcast.written(listener, board, tongue))
        super().__init__(events, headers=headers)
        self._broadcast = broadcast
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request until its reader leaves or its time is over."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._broadcast.leave(self._listener)


async def _events(listener: Listener, tell: Callable[[Board], str]) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    ends = loop.time() + LIFETIME_S
    # Those whose connection ended together do not come back together.
    wait_ms = _COME_BACK_MS[0] + secrets.randbelow(_COME_BACK_MS[1] - _COME_BACK_MS[0])
    yield f"retry: {wait_ms}\n\n"
    while (left := ends - loop.time()) > 0:
        board = await listener.next(min(SILENCE_S, left))
        yield _event(board, tell(board)) if board else ": .\n\n"


def _event(board: Board, text: str) -> str:
    """Write one event: each line of its text is a ``data`` field, as the HTML standard has it (9.2)."""
    data = "\n".join(f"data: {line}" for line in text.splitlines())
    return f"id: {board.at.isoformat()}\nevent: papan\n{data}\n\n"
