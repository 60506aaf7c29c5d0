"""The inbox of accepted posts, and the answers that are kept for a repeated request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from serving.db.dialect import insert_into
from serving.db.tables import IdempotentAnswer, InboxRow


def put(session: Session, batch: str, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Keep a batch of rows until they are taken in."""
    if rows:
        session.execute(insert(InboxRow), [{"batch": batch, "row": row, "received_at": now} for row in rows])


def oldest(session: Session, limit: int) -> Sequence[InboxRow]:
    """Give the rows that have waited longest and that no other worker is taking in, locked for this transaction."""
    query = select(InboxRow).order_by(InboxRow.id).limit(limit).with_for_update(skip_locked=True)
    return session.scalars(query).all()


def remove(session: Session, rows: Sequence[InboxRow]) -> None:
    """Take rows out, in the transaction that takes their posts in."""
    if rows:
        session.execute(
            delete(InboxRow).where(InboxRow.id.in_([row.id for row in rows])),
            execution_options={"synchronize_session": False},
        )


def n_waiting(session: Session, batch: str | None = None) -> int:
    """Count rows that wait, of one batch or of all."""
    query = select(func.count(InboxRow.id))
    if batch is not None:
        query = query.where(InboxRow.batch == batch)
    return session.scalar(query) or 0


def reserve_answer(session: Session, user_id: int, key: str, request_hash: str, now: datetime) -> bool:
    """Claim an idempotency key; tell whether it was free. Who claims the same one waits for this transaction."""
    statement = (
        insert_into(session, IdempotentAnswer)
        .values(user_id=user_id, key=key, request_hash=request_hash, status=0, body={}, created_at=now)
        .on_conflict_do_nothing()
        .returning(IdempotentAnswer.key)
    )
    return session.scalar(statement) is not None


def kept_answer(session: Session, user_id: int, key: str) -> IdempotentAnswer | None:
    """Find what was answered to a key."""
    return session.get(IdempotentAnswer, (user_id, key), populate_existing=True)
