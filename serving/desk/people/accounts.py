"""Who may come in: accounts, sign-in, sessions and personal keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from serving.db import people
from serving.db.tables import ApiKey, User
from serving.desk import audit
from serving.desk.context import Actor, Context
from serving.errors import ConflictError, InvalidInputError, NotFoundError, NotSignedInError
from serving.i18n import mark
from serving.security import PASSWORD_MAX_CHARS, hash_api_key, hash_password, new_api_key, password_matches
from serving.vocabulary import Role

NAME = re.compile(r"[a-z][a-z0-9._-]{1,63}")
KEY_DAYS_MAX = 366


class WrongPasswordError(InvalidInputError):
    """The present password, asked for before a change, was another."""

    code = "wrong-password"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment when it can be read."""

    id: int
    key: str


def actor_for(user: User) -> Actor:
    """Give the person as the rules see them."""
    return Actor(user.id, user.name, frozenset(Role(role) for role in user.roles))


def create_user(ctx: Context, name: str, password: str, roles: Iterable[Role], display_name: str = "") -> User:
    """Create an account; raise where the name is taken or unusable, or the password too short."""
    if not NAME.fullmatch(name):
        raise InvalidInputError(mark("Nama akun memakai huruf kecil, angka, titik, garis; 2 sampai 64 huruf."))
    if people.user_by_name(ctx.session, name):
        raise ConflictError(mark("Nama akun \u201c{name}\u201d sudah dipakai."), name=name)
    user = User(
        name=name,
        display_name=(display_name or name)[:120],
        password_hash=hash_password(password),
        roles=sorted(role.value for role in set(roles)),
        created_at=ctx.now,
    )
    ctx.session.add(user)
    ctx.session.flush()
    audit.append(ctx, "user.create", "user", user.id, roles=user.roles)
    return user


def set_password(ctx: Context, user: User, password: str) -> None:
    """Give somebody another password and end their sessions."""
    user.password_hash = hash_password(password)
    user.session_epoch += 1
    audit.append(ctx, "user.password", "user", user.id)


def change_password(ctx: Context, current: str, new: str) -> User:
    """Change one's own password; raise where the current one does not match. Every other session ends."""
    user = own_account(ctx)
    if not password_matches(current, user.password_hash):
        raise WrongPasswordError(mark("Kata sandi sekarang tidak cocok."))
    set_password(ctx, user, new)
    return user


def end_sessions(ctx: Context) -> None:
    """Sign oneself out everywhere at once; keys stay as they are."""
    user = own_account(ctx)
    user.session_epoch += 1
    audit.append(ctx, "user.end_sessions", "user", user.id)


def own_account(ctx: Context) -> User:
    """Give the account of whoever acts; raise where the service itself does."""
    user = None if ctx.actor.user_id is None else people.user(ctx.session, ctx.actor.user_id)
    if user is None:
        raise NotSignedInError(mark("Silakan masuk dahulu."))
    return user


def identify(ctx: Context, name: str, password: str) -> Actor:
    """Check name and password; raise one error for both, so that neither can be guessed by itself.

    It only reads: the slow hash is compared while nobody waits for a writing transaction.
    """
    user = people.user_by_name(ctx.session, name) if NAME.fullmatch(name) else None
    matches = password_matches(password[: PASSWORD_MAX_CHARS + 1], user.password_hash if user else None)
    if user is None or not matches or not user.active:
        raise NotSignedInError(mark("Nama atau kata sandi tidak cocok."))
    return actor_for(user)


def record_sign_in(ctx: Context) -> User:
    """Record that whoever acts has signed in, and give their account; raise where it was closed meanwhile."""
    user = own_account(ctx)
    if not user.active:
        raise NotSignedInError(mark("Nama atau kata sandi tidak cocok."))
    audit.append(ctx, "user.sign_in", "user", user.id)
    return user


def user_of_key(ctx: Context, key: str) -> User:
    """Give the person behind a personal key; raise where it is unknown, expired or withdrawn."""
    user = people.holder_of_key(ctx.session, hash_api_key(key), ctx.now)
    if user is None:
        raise NotSignedInError(mark("Kunci tidak dikenal, sudah lewat waktu, atau sudah dicabut."))
    return user


def create_key(ctx: Context, user: User, label: str, days: int = 90) -> NewKey:
    """Make a personal key; its text is given once and never stored."""
    if not 1 <= days <= KEY_DAYS_MAX:
        raise InvalidInputError(mark("Masa berlaku kunci antara 1 dan {n} hari."), n=KEY_DAYS_MAX)
    key, key_hash = new_api_key()
    row = ApiKey(
        user_id=user.id,
        label=label[:120],
        key_hash=key_hash,
        created_at=ctx.now,
        expires_at=ctx.now + timedelta(days=days),
    )
    ctx.session.add(row)
    ctx.session.flush()
    audit.append(ctx, "key.create", "key", row.id, user=user.id, days=days)
    return NewKey(row.id, key)


def revoke_key(ctx: Context, user_id: int, key_id: int) -> None:
    """Withdraw one of this person's keys; it fails from the next request on."""
    row = people.key_of(ctx.session, user_id, key_id)
    if row is None:
        raise NotFoundError(mark("Kunci itu tidak ada."))
    row.revoked_at = row.revoked_at or ctx.now
    audit.append(ctx, "key.revoke", "key", row.id, user=user_id)


def keys(ctx: Context, user_id: int) -> Sequence[ApiKey]:
    """Give this person's keys, newest first; never the keys themselves."""
    return people.keys_of(ctx.session, user_id)
