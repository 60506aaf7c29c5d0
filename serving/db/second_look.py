"""Rows of second looks at dismissals: what waits, and how often the second person agreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from serving.db.tables import Claim, SecondLook
from serving.vocabulary import Category, SecondLookState

LOOKED = (SecondLookState.AGREED, SecondLookState.REOPENED)


@dataclass(frozen=True, slots=True)
class Sampled:
    """A dismissal of the sample with its claim."""

    look: SecondLook
    claim: Claim


@dataclass(frozen=True, slots=True)
class Looked:
    """How many dismissals were looked at again, and in how many of them the second person agreed."""

    n: int
    n_agreed: int


def claim_of(session: Session, look_id: int) -> int | None:
    """Give the claim of one, where there is such a one."""
    return session.scalars(select(SecondLook.claim_id).where(SecondLook.id == look_id)).one_or_none()


def locked(session: Session, look_id: int) -> SecondLook:
    """Give one that exists, and hold its row: of two people at once, one waits."""
    query = select(SecondLook).where(SecondLook.id == look_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def waiting(session: Session, *, not_of: int, after: int | None, limit: int) -> list[Sampled]:
    """Give what waits for somebody other than ``not_of``, the oldest first, from above ``after``."""
    query = (
        select(SecondLook, Claim)
        .join(Claim, Claim.id == SecondLook.claim_id)
        .where(SecondLook.state == SecondLookState.WAITING, SecondLook.dismissed_by_id != not_of)
        .order_by(SecondLook.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(SecondLook.id > after)
    return [Sampled(*row) for row in session.execute(query)]


def lapse(session: Session, claim_id: int, to: SecondLookState) -> int:
    """Close what waits about a claim that somebody opened again; give how many rows."""
    statement = (
        update(SecondLook)
        .where(SecondLook.claim_id == claim_id, SecondLook.state == SecondLookState.WAITING)
        .values(state=to)
        .returning(SecondLook.id)
    )
    return len(session.scalars(statement).all())


def agreement(session: Session, since: datetime | None = None, until: datetime | None = None) -> dict[Category, Looked]:
    """Count by category how many dismissals were looked at again, and in how many the second person agreed."""
    agreed = func.sum(case((SecondLook.state == SecondLookState.AGREED, 1), else_=0))
    query = (
        select(SecondLook.category, func.count(), agreed)
        .where(SecondLook.state.in_(LOOKED))
        .group_by(SecondLook.category)
        .order_by(SecondLook.category)
    )
    if since is not None:
        query = query.where(SecondLook.looked_at >= since)
    if until is not None:
        query = query.where(SecondLook.looked_at < until)
    return {category: Looked(int(n), int(n_agreed)) for category, n, n_agreed in session.execute(query)}
