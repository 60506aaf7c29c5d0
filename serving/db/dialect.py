"""Which of the two databases is behind a session, and what each of them says in words of its own."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from serving.db.tables import Base


def is_postgresql(session: Session) -> bool:
    """Tell which of the two databases is behind a session."""
    return session.get_bind().dialect.name == "postgresql"


def insert_into(session: Session, model: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Begin an insert that can say what happens to a row that is there; the standard has no word for that."""
    return (postgresql.insert if is_postgresql(session) else sqlite.insert)(model)
