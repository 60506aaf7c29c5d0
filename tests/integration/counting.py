"""How many statements a request costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from serving.deps import Service


@contextmanager
def statements(service: Service) -> Iterator[list[str]]:
    """Give the statements that are run while this is open, in their order."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(service.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(service.database.engine, "before_cursor_execute", note)
