"""How many rows a changing statement changed."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase


def n_changed(session: Session, statement: UpdateBase) -> int:
    """Run an update or a delete past the objects that the session holds; give how many rows it changed.

    ``Session.execute`` is typed for every statement; a changing one gives a cursor's result, which counts.
    """
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount
