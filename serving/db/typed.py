"""Rows of what people have typed and not saved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from serving.db.tables import TypedDraft


def typed(session: Session, user_id: int, claim_id: int) -> TypedDraft | None:
    """Find what one person has typed about one claim."""
    return session.get(TypedDraft, (user_id, claim_id), populate_existing=True)


def forget_before(session: Session, moment: datetime) -> int:
    """Remove what was typed for the last time before ``moment``; give how many."""
    statement = (
        delete(TypedDraft)
        .where(TypedDraft.typed_at < moment)
        .returning(TypedDraft.claim_id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(statement).all())
