"""Oneself: who one is, one's password, one's keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.db.tables import ApiKey
from serving.deps import ApiContext
from serving.desk.people import accounts
from serving.desk.people import rest as rest_rules
from serving.inputs import Id, Input, Line
from serving.parts import Router
from serving.security import PASSWORD_MAX_CHARS
from serving.vocabulary import Role

router = Router(prefix="/me", tags=["me"])

Password = Annotated[str, Field(max_length=PASSWORD_MAX_CHARS)]


class MeOut(BaseModel):
    """Who holds this key."""

    id: int
    name: str
    display_name: str
    roles: list[Role]


class KeyOut(BaseModel):
    """One personal key, without its text."""

    id: int
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class KeysOut(BaseModel):
    """One's keys, newest first."""

    keys: list[KeyOut]


class KeyIn(Input):
    """A key to be made."""

    label: Annotated[Line, Field(max_length=120, description="What it is for.")]
    days: int = Field(default=90, ge=1, le=accounts.KEY_DAYS_MAX, description="How long it is valid.")


class NewKeyOut(BaseModel):
    """A key at the only moment when it can be read."""

    id: int
    key: str
    expires_at: datetime


class PasswordIn(Input):
    """One's present password and the next one."""

    current: Password
    new: Password


class RestIn(Input):
    """After how many minutes of work without a pause to suggest a break."""

    after_min: int | None = Field(description="15 to 180; 0 = never; null = as the desk does.")


class RestOut(BaseModel):
    """After how many minutes a break is suggested, and what was chosen by oneself."""

    after_min: int
    own_min: int | None


def _rest_out(found: rest_rules.Rest) -> RestOut:
    return RestOut(after_min=found.after_min, own_min=found.own_min)


def _out(row: ApiKey) -> KeyOut:
    return KeyOut(
        id=row.id,
        label=row.label,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


@router.get("", responses=problems())
def me(ctx: ApiContext) -> MeOut:
    """Say whose key this is, and what they may do."""
    user = accounts.own_account(ctx)
    roles = [Role(role) for role in user.roles]
    return MeOut(id=user.id, name=user.name, display_name=user.display_name, roles=roles)


@router.get("/rest", responses=problems())
def rest(ctx: ApiContext) -> RestOut:
    """Say after how many minutes of work the console suggests a break; how long anybody works is known to nobody."""
    return _rest_out(rest_rules.rest_of(accounts.own_account(ctx), ctx.settings))


@router.put("/rest", responses=problems())
def choose_rest(ctx: ApiContext, body: RestIn) -> RestOut:
    """Choose after how many minutes it does; null leaves it to the desk."""
    return _rest_out(rest_rules.choose(ctx, body.after_min))


@router.get("/keys", responses=problems())
def keys(ctx: ApiContext) -> KeysOut:
    """List one's keys; never the keys themselves."""
    return KeysOut(keys=[_out(row) for row in accounts.keys(ctx, accounts.own_account(ctx).id)])


@router.post("/keys", status_code=201, responses=problems())
def create_key(ctx: ApiContext, body: KeyIn) -> NewKeyOut:
    """Make a key; its text is in this answer and nowhere else."""
    user = accounts.own_account(ctx)
    made = accounts.create_key(ctx, user, body.label, body.days)
    row = next(row for row in accounts.keys(ctx, user.id) if row.id == made.id)
    return NewKeyOut(id=made.id, key=made.key, expires_at=row.expires_at)


@router.delete("/keys/{key_id}", status_code=204, response_class=Response, responses=problems(404))
def revoke_key(ctx: ApiContext, key_id: Id) -> None:
    """Withdraw one of one's keys at once."""
    accounts.revoke_key(ctx, accounts.own_account(ctx).id, key_id)


@router.put("/password", status_code=204, response_class=Response, responses=problems())
def change_password(ctx: ApiContext, body: PasswordIn) -> None:
    """Change one's password and end one's browser sessions; keys stay as they are."""
    accounts.change_password(ctx, body.current, body.new)


@router.delete("/sessions", status_code=204, response_class=Response, responses=problems())
def end_sessions(ctx: ApiContext) -> None:
    """Sign oneself out of every browser; keys stay as they are."""
    accounts.end_sessions(ctx)
