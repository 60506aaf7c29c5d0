"""Rows of saved views of the queue."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.db.tables import QueueView


def views_of(session: Session, user_id: int) -> Sequence[QueueView]:
    """Give somebody's views by name."""
    return session.scalars(select(QueueView).where(QueueView.user_id == user_id).order_by(QueueView.name)).all()


def view_of(session: Session, user_id: int, view_id: int) -> QueueView | None:
    """Find one of somebody's views."""
    query = select(QueueView).where(QueueView.user_id == user_id, QueueView.id == view_id)
    return session.scalars(query).one_or_none()
