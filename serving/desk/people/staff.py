"""Who works here: what an administrator does with other people's accounts, each step on record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from serving.db import people
from serving.db.tables import User
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.people import accounts
from serving.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import Role


class LastAdminError(ConflictError):
    """Nobody would be left who could give the role back."""

    code = "last-admin"


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account to be made."""

    name: str
    password: str
    roles: frozenset[Role]
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class UserPage:
    """Accounts by name, and the name after which the next page begins."""

    rows: Sequence[User]
    after: str | None


def listed(ctx: Context, *, after: str = "", starts: str = "", limit: int = 50) -> UserPage:
    """Give accounts by name."""
    ctx.require(Role.ADMIN)
    rows = people.users_page(ctx.session, after=after, starts=starts, limit=limit + 1)
    return UserPage(rows[:limit], rows[limit - 1].name if len(rows) > limit else None)


def found(ctx: Context, user_id: int) -> User:
    """Give one account; raise where there is none."""
    ctx.require(Role.ADMIN)
    return _known(people.user(ctx.session, user_id))


def add(ctx: Context, new: NewUser) -> User:
    """Create an account; raise where the name is taken or unusable, or no role is given."""
    ctx.require(Role.ADMIN)
    return accounts.create_user(ctx, new.name, new.password, _some(new.roles), new.display_name)


def set_roles(ctx: Context, user_id: int, roles: Iterable[Role]) -> User:
    """Give somebody other roles; raise where it would leave no administrator."""
    ctx.require(Role.ADMIN)
    wanted = _some(roles)
    if Role.ADMIN not in wanted:
        _keep_an_admin(ctx, user_id)
    user = _locked(ctx, user_id)
    before, user.roles = user.roles, sorted(role.value for role in wanted)
    if before != user.roles:
        audit.append(ctx, "user.roles", "user", user.id, before=before, after=user.roles)
    return user


def set_active(ctx: Context, user_id: int, *, active: bool) -> User:
    """Close or open an account; closing ends its sessions and stops its keys at once."""
    ctx.require(Role.ADMIN)
    if not active:
        _keep_an_admin(ctx, user_id)
    user = _locked(ctx, user_id)
    if user.active != active:
        user.active = active
        user.session_epoch += 1
        audit.append(ctx, "user.open" if active else "user.close", "user", user.id)
    return user


def rename(ctx: Context, user_id: int, display_name: str) -> User:
    """Change the name that colleagues see."""
    ctx.require(Role.ADMIN)
    user = _locked(ctx, user_id)
    if user.display_name != display_name:
        user.display_name = display_name
        audit.append(ctx, "user.rename", "user", user.id)
    return user


def reset_password(ctx: Context, user_id: int, password: str) -> User:
    """Give somebody another password and end their sessions.

    One's own is changed on the account page, where the present one is asked for.
    """
    actor_id = ctx.require(Role.ADMIN)
    if user_id == actor_id:
        raise ForbiddenError(mark("Ubah kata sandi Anda sendiri di halaman akun."))
    user = _locked(ctx, user_id)
    accounts.set_password(ctx, user, password)
    return user


def _known(user: User | None) -> User:
    if user is None:
        raise NotFoundError(mark("Akun itu tidak ada."))
    return user


def _locked(ctx: Context, user_id: int) -> User:
    return _known(people.locked_user(ctx.session, user_id))


def _some(roles: Iterable[Role]) -> frozenset[Role]:
    given = frozenset(roles)
    if not given:
        raise InvalidInputError(mark("Pilih sedikitnya satu peran."))
    return given


def _keep_an_admin(ctx: Context, user_id: int) -> None:
    if {user.id for user in people.active_holders(ctx.session, Role.ADMIN)} == {user_id}:
        raise LastAdminError(mark("Ini satu-satunya admin. Angkat admin lain dahulu."))
