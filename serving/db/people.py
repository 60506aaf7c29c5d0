"""Users and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.db.tables import ApiKey, User


def user_by_name(session: Session, name: str) -> User | None:
    """Find somebody by the name they sign in with."""
    return session.scalars(select(User).where(User.name == name)).one_or_none()


def user(session: Session, user_id: int) -> User | None:
    """Find somebody by number."""
    return session.get(User, user_id)


def users(session: Session) -> Sequence[User]:
    """Give everybody, by name."""
    return session.scalars(select(User).order_by(User.name)).all()


def holder_of_key(session: Session, key_hash: str, now: datetime) -> User | None:
    """Give the active person behind a key that is neither expired nor withdrawn."""
    query = (
        select(User)
        .join(ApiKey, ApiKey.user_id == User.id)
        .where(ApiKey.key_hash == key_hash, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now, User.active)
    )
    return session.scalars(query).one_or_none()


def keys_of(session: Session, user_id: int) -> Sequence[ApiKey]:
    """Give somebody's keys, newest first."""
    return session.scalars(select(ApiKey).where(ApiKey.user_id == user_id).order_by(ApiKey.id.desc())).all()


def key_of(session: Session, user_id: int, key_id: int) -> ApiKey | None:
    """Give one key of this person."""
    return session.scalars(select(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == user_id)).one_or_none()
