"""Accounts, official accounts and the record of every step, for administrators; engineers may read the record."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, Field

from serving.api.account import Password
from serving.api.problems import problems
from serving.db.tables import OfficialAccount, User
from serving.deps import ApiContext
from serving.desk import trail
from serving.desk.outreach import official
from serving.desk.people import staff
from serving.errors import InvalidInputError
from serving.i18n import mark
from serving.inputs import Id, Input, Line, OptionalLine
from serving.parts import Router
from serving.vocabulary import Platform, Role

users_router = Router(prefix="/users", tags=["users"])
audit_router = Router(prefix="/audit", tags=["audit"])
official_router = Router(prefix="/official-accounts", tags=["official accounts"])

Limit = Annotated[int, Query(ge=1, le=100)]
Name = Annotated[Line, Field(max_length=64, pattern=r"^[a-z][a-z0-9._-]{1,63}$")]
DisplayName = Annotated[OptionalLine, Field(max_length=120)]


class UserOut(BaseModel):
    """One account."""

    id: int
    name: str
    display_name: str
    roles: list[Role]
    active: bool
    created_at: datetime


class UsersOut(BaseModel):
    """Accounts by name; ask again with ``after`` for the next ones."""

    users: list[UserOut]
    after: str | None


class UserIn(Input):
    """An account to be made."""

    name: Name
    password: Password
    roles: list[Role] = Field(min_length=1, max_length=len(Role))
    display_name: DisplayName = ""


class UserChange(Input):
    """What is to change; what is left out stays."""

    display_name: Annotated[Line, Field(max_length=120)] | None = None
    roles: list[Role] | None = Field(default=None, min_length=1, max_length=len(Role))
    active: bool | None = None


class NewPasswordIn(Input):
    """A password for somebody else."""

    password: Password


class StepOut(BaseModel):
    """One step; ``actor`` is empty where the service itself acted."""

    seq: int
    at: datetime | None
    actor: str
    action: str
    entity: str
    entity_id: int | None
    detail: dict[str, Any]
    hidden: bool = Field(
        description="The detail is kept back: the reader may have to decide on this claim and has not looked yet."
    )


class StepsOut(BaseModel):
    """Steps, newest first; ask again with ``before`` for older ones."""

    steps: list[StepOut]
    before: int | None


class BreakOut(BaseModel):
    """Where the chain does not hold, and how."""

    seq: int
    what: str


class ChainOut(BaseModel):
    """What checking the whole chain found."""

    intact: bool
    n_rows: int
    breaks: list[BreakOut]


def _out(user: User) -> UserOut:
    return UserOut(
        id=user.id,
        name=user.name,
        display_name=user.display_name,
        roles=[Role(role) for role in user.roles],
        active=user.active,
        created_at=user.created_at,
    )


@users_router.get("", responses=problems(403))
def users(
    ctx: ApiContext,
    limit: Limit = 50,
    after: Annotated[OptionalLine, Query(max_length=64)] = "",
    starts: Annotated[OptionalLine, Query(max_length=64, description="Only names that begin so.")] = "",
) -> UsersOut:
    """List accounts by name."""
    page = staff.listed(ctx, after=after, starts=starts, limit=limit)
    return UsersOut(users=[_out(user) for user in page.rows], after=page.after)


@users_router.post("", status_code=201, responses=problems(403, 409))
def add_user(ctx: ApiContext, body: UserIn) -> UserOut:
    """Create an account."""
    new = staff.NewUser(body.name, body.password, frozenset(body.roles), body.display_name)
    return _out(staff.add(ctx, new))


@users_router.get("/{user_id}", responses=problems(403, 404))
def user(ctx: ApiContext, user_id: Id) -> UserOut:
    """Give one account."""
    return _out(staff.found(ctx, user_id))


@users_router.patch("/{user_id}", responses=problems(403, 404, 409))
def change_user(ctx: ApiContext, user_id: Id, body: UserChange) -> UserOut:
    """Change name, roles, or whether the account is open; closing it ends its sessions and stops its keys."""
    if body.display_name is None and body.roles is None and body.active is None:
        raise InvalidInputError(mark("Tidak ada yang diminta untuk diubah."))
    row = staff.found(ctx, user_id)
    if body.display_name is not None:
        row = staff.rename(ctx, user_id, body.display_name)
    if body.roles is not None:
        row = staff.set_roles(ctx, user_id, body.roles)
    if body.active is not None:
        row = staff.set_active(ctx, user_id, active=body.active)
    return _out(row)


@users_router.put("/{user_id}/password", status_code=204, response_class=Response, responses=problems(403, 404))
def reset_password(ctx: ApiContext, user_id: Id, body: NewPasswordIn) -> None:
    """Give somebody another password and end their sessions."""
    staff.reset_password(ctx, user_id, body.password)


@audit_router.get("", responses=problems(403))
def steps(
    ctx: ApiContext,
    limit: Limit = 50,
    before: Id | None = None,
    entity: Annotated[Line, Query(max_length=40)] | None = None,
    entity_id: Id | None = None,
) -> StepsOut:
    """List steps, newest first, of everything or of one thing."""
    page = trail.steps(ctx, entity=entity, entity_id=entity_id, before=before, limit=limit)
    made = [
        StepOut(
            seq=row.seq,
            at=row.at,
            actor=row.actor,
            action=row.action,
            entity=row.entity,
            entity_id=row.entity_id,
            detail=row.detail,
            hidden=row.hidden,
        )
        for row in page.rows
    ]
    return StepsOut(steps=made, before=page.before)


@audit_router.get("/verify", responses=problems(403))
def verify(ctx: ApiContext) -> ChainOut:
    """Walk the whole chain and say whether every row stands as it was written."""
    report = trail.check(ctx)
    breaks = [BreakOut(seq=found.seq, what=found.what) for found in report.breaks]
    return ChainOut(intact=report.intact, n_rows=report.n_rows, breaks=breaks)


class OfficialAccountIn(Input):
    """Where an account's posts stand: a host, and on a host that others post on as well, the account's path."""

    platform: Platform
    host: Annotated[Line, Field(max_length=official.HOST_MAX_CHARS, examples=["x.com", "contoh.go.id"])]
    path: Annotated[OptionalLine, Field(max_length=official.PATH_MAX_CHARS, examples=["nama.akun"])] = ""


class OfficialAccountOut(BaseModel):
    """One official account; a campaign may share posts that stand at or below its place."""

    id: int
    platform: Platform
    host: str
    path: str
    added_at: datetime


class OfficialAccountsOut(BaseModel):
    """Every official account, by platform and place."""

    accounts: list[OfficialAccountOut]


def _official_out(row: OfficialAccount) -> OfficialAccountOut:
    return OfficialAccountOut.model_validate(row, from_attributes=True)


@official_router.get("", responses=problems(403))
def official_accounts(ctx: ApiContext) -> OfficialAccountsOut:
    """List the accounts whose posts a campaign may offer to share again."""
    return OfficialAccountsOut(accounts=[_official_out(row) for row in official.listed(ctx)])


@official_router.post("", status_code=201, responses=problems(403, 409))
def add_official_account(ctx: ApiContext, body: OfficialAccountIn) -> OfficialAccountOut:
    """Put an account on the list."""
    return _official_out(official.add(ctx, body.platform, body.host, body.path))


@official_router.delete("/{account_id}", status_code=204, response_class=Response, responses=problems(403, 404))
def remove_official_account(ctx: ApiContext, account_id: Id) -> None:
    """Take an account off the list; drafts that share its posts can no longer be submitted or approved."""
    official.remove(ctx, account_id)
