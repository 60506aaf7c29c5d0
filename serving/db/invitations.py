"""Invitations, and who of a ministry may be invited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, func, select, update
from sqlalchemy.orm import Session

from serving.db.tables import Influencer, Invitation, Ministry


def _open(now: datetime) -> ColumnElement[bool]:
    return and_(Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.expires_at > now)


def by_hash(session: Session, code_hash: str, *, lock: bool) -> Invitation | None:
    """Give the invitation behind a code's hash; of two who come with one code and lock it the second finds it used."""
    query = select(Invitation).where(Invitation.code_hash == code_hash)
    query = query.with_for_update() if lock else query
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def by_id(session: Session, invitation_id: int) -> Invitation | None:
    """Give one invitation."""
    return session.get(Invitation, invitation_id, populate_existing=True)


def open_of(session: Session, influencer_id: int, now: datetime) -> Invitation | None:
    """Give one person's invitation that can still be used."""
    query = select(Invitation).where(Invitation.influencer_id == influencer_id, _open(now))
    return session.scalars(query.order_by(Invitation.id.desc()).limit(1)).one_or_none()


def of_person(session: Session, influencer_id: int) -> Sequence[Invitation]:
    """Give every invitation of one person, for their own export."""
    query = select(Invitation).where(Invitation.influencer_id == influencer_id)
    return session.scalars(query.order_by(Invitation.id)).all()


def withdraw_open(session: Session, influencer_id: int, now: datetime) -> int:
    """Let every invitation of one person that can still be used be used no longer; give how many."""
    statement = (
        update(Invitation)
        .where(Invitation.influencer_id == influencer_id, _open(now))
        .values(withdrawn_at=now)
        .returning(Invitation.id)
    )
    return len(session.scalars(statement.execution_options(synchronize_session="fetch")).all())


def hold(session: Session, ministry_id: int) -> None:
    """Let nobody else invite a whole ministry until this transaction ends: else two would invite the same people."""
    query = select(Ministry.id).where(Ministry.id == ministry_id).with_for_update(key_share=True)
    session.execute(query)


def _invitable(ministry_id: int, now: datetime) -> ColumnElement[bool]:
    asked = exists().where(Invitation.influencer_id == Influencer.id, _open(now))
    return and_(
        Influencer.ministry_id == ministry_id,
        Influencer.user_id.is_(None),
        Influencer.active,
        Influencer.left_at.is_(None),
        ~asked,
    )


def invitable(session: Session, ministry_id: int, now: datetime, limit: int) -> Sequence[Influencer]:
    """Give people of a ministry without an account and without an open invitation, locked, by number."""
    query = select(Influencer).where(_invitable(ministry_id, now)).order_by(Influencer.id).limit(limit)
    return session.scalars(query.with_for_update(key_share=True)).all()


def count_invitable(session: Session, ministry_id: int, now: datetime) -> int:
    """Count them."""
    return session.scalar(select(func.count()).select_from(Influencer).where(_invitable(ministry_id, now))) or 0


def wipe(session: Session, influencer_id: int) -> None:
    """Remove every invitation of one person."""
    session.execute(delete(Invitation).where(Invitation.influencer_id == influencer_id))
