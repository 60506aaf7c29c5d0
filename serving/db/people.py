"""Users and their keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from serving.db.tables import ApiKey, User
from serving.vocabulary import Role


def user_by_name(session: Session, name: str) -> User | None:
    """Find somebody by the name they sign in with."""
    return session.scalars(select(User).where(User.name == name)).one_or_none()


def user(session: Session, user_id: int) -> User | None:
    """Find somebody by number."""
    return session.get(User, user_id)


def users(session: Session) -> Sequence[User]:
    """Give everybody, by name."""
    return session.scalars(select(User).order_by(User.name)).all()


def locked_user(session: Session, user_id: int) -> User | None:
    """Find somebody by number, locked until the transaction ends."""
    return session.scalars(select(User).where(User.id == user_id).with_for_update()).one_or_none()


def users_page(session: Session, *, after: str = "", starts: str = "", limit: int = 50) -> Sequence[User]:
    """Give accounts by name, from the one after ``after`` on; only those whose name begins with ``starts``."""
    query = select(User).where(User.name > after).order_by(User.name).limit(limit)
    if starts:
        query = query.where(User.name.startswith(starts, autoescape=True))
    return session.scalars(query).all()


def active_holders(session: Session, role: Role) -> Sequence[User]:
    """Give everybody active who holds a role, locked, so that two people cannot both take the last one away.

    Roles are a short JSON list of known words, so the text can be searched on both databases; few hold any of them
    that this is asked for.
    """
    query = (
        select(User)
        .where(User.active, cast(User.roles, String).like(f'%"{role.value}"%'))
        .order_by(User.id)
        .with_for_update()
    )
    return session.scalars(query).all()


def staff(session: Session, roles: Iterable[Role]) -> Sequence[User]:
    """Give everybody active who holds one of these roles, by name."""
    held = or_(*(cast(User.roles, String).like(f'%"{role.value}"%') for role in roles))
    return session.scalars(select(User).where(User.active, held).order_by(User.name)).all()


def names(session: Session, user_ids: Iterable[int]) -> dict[int, str]:
    """Give the sign-in names of these people."""
    wanted = set(user_ids)
    rows = session.execute(select(User.id, User.name).where(User.id.in_(wanted))) if wanted else ()
    return {row[0]: row[1] for row in rows}


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
