"""The history of what people agreed to, one step a row."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from serving.db.tables import ConsentStep


def history(session: Session, influencer_id: int) -> Sequence[ConsentStep]:
    """Give every step of one person, newest first."""
    query = select(ConsentStep).where(ConsentStep.influencer_id == influencer_id)
    return session.scalars(query.order_by(ConsentStep.at.desc(), ConsentStep.id.desc())).all()


def wipe(session: Session, influencer_id: int) -> None:
    """Remove every step of one person; the audit chain still says that there were some."""
    statement = delete(ConsentStep).where(ConsentStep.influencer_id == influencer_id)
    session.execute(statement.execution_options(synchronize_session="fetch"))
