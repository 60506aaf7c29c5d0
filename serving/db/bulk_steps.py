"""Rows of steps that were taken for several claims at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serving.db.tables import BulkStep, BulkStepClaim


def locked(session: Session, bulk_id: int) -> BulkStep | None:
    """Find one and hold its row, so that it is taken back once."""
    query = select(BulkStep).where(BulkStep.id == bulk_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def claims_of(session: Session, bulk_id: int) -> Sequence[BulkStepClaim]:
    """Give its claims in the order of their numbers."""
    query = select(BulkStepClaim).where(BulkStepClaim.bulk_id == bulk_id).order_by(BulkStepClaim.claim_id)
    return session.scalars(query).all()


def newest_standing(session: Session, user_id: int, since: datetime) -> tuple[BulkStep, int] | None:
    """Give the newest one of a person since ``since`` that was not taken back, with how many claims it has."""
    query = (
        select(BulkStep, func.count(BulkStepClaim.claim_id))
        .join(BulkStepClaim, BulkStepClaim.bulk_id == BulkStep.id)
        .where(BulkStep.user_id == user_id, BulkStep.at >= since, BulkStep.undone_at.is_(None))
        .group_by(BulkStep.id)
        .order_by(BulkStep.id.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None
