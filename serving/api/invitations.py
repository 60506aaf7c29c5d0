"""Joining by invitation: a manager invites people of the list, and whoever was invited makes their own account."""

from __future__ import annotations

from datetime import datetime

from fastapi import Depends, Request, status
from pydantic import BaseModel, Field

from serving.api.influencers import MinistryCode, PathId
from serving.api.problems import problems
from serving.deps import ApiContext, PublicContext, ServiceDep, address_of
from serving.desk.people import invitations as desk
from serving.inputs import Input
from serving.parts import Router
from serving.security import PASSWORD_MAX_CHARS

router = Router(tags=["influencers"])


class InviteIn(Input):
    """Whether the mail channel writes to people too, where the list has an address."""

    mail: bool = False


class InviteAllIn(InviteIn):
    """How many at most; asked again, it goes on with the rest."""

    limit: int = Field(default=desk.AT_ONCE, ge=1, le=desk.AT_ONCE)


class InvitationOut(BaseModel):
    """One invitation, at the only moment at which its address is given out."""

    influencer_id: int
    name: str
    address: str
    expires_at: datetime
    mailed: bool = Field(description="Whether a message with it was written.")


def _invitation(each: desk.Invited) -> InvitationOut:
    return InvitationOut(
        influencer_id=each.person.id,
        name=each.person.name,
        address=each.address,
        expires_at=each.expires_at,
        mailed=each.mailed,
    )


@router.post("/influencers/{influencer_id}/invitation", status_code=201, responses=problems(403, 404, 409))
def invite(ctx: ApiContext, influencer_id: PathId, body: InviteIn) -> InvitationOut:
    """Invite one person of the list to make their account; an earlier invitation works no longer."""
    return _invitation(desk.invite(ctx, influencer_id, mail=body.mail))


@router.delete(
    "/influencers/{influencer_id}/invitation", status_code=status.HTTP_204_NO_CONTENT, responses=problems(403, 404)
)
def take_back(ctx: ApiContext, influencer_id: PathId) -> None:
    """Let a person's open invitation work no longer."""
    desk.take_back(ctx, influencer_id)


@router.post("/ministries/{code}/invitations", status_code=201, responses=problems(403, 404))
def invite_all(ctx: ApiContext, code: MinistryCode, body: InviteAllIn) -> list[InvitationOut]:
    """Invite everybody of a ministry's list who has neither an account nor an open invitation."""
    return [_invitation(each) for each in desk.invite_all(ctx, code, mail=body.mail, limit=body.limit)]


class CodeIn(Input):
    """The code of an invitation."""

    code: str = Field(max_length=80)


class WelcomeOut(BaseModel):
    """For whom an invitation is, and until when it works."""

    name: str
    ministry: str
    expires_at: datetime


class JoinIn(CodeIn):
    """The code, and the account that is to be made with it."""

    account: str = Field(max_length=64)
    password: str = Field(max_length=PASSWORD_MAX_CHARS)


class JoinedOut(BaseModel):
    """The account that was made; consent is asked for next."""

    id: int
    name: str


def paced(request: Request, service: ServiceDep) -> None:
    """Count one attempt with a code from this address."""
    service.limits.sign_in(desk.PACED_AS, address_of(request), service.clock.now())


@router.post("/invitations/look", dependencies=[Depends(paced)], responses=problems(404))
def look(ctx: PublicContext, body: CodeIn) -> WelcomeOut:
    """Say for whom a code is; it needs no key and changes nothing."""
    found = desk.look(ctx, body.code)
    return WelcomeOut(name=found.name, ministry=found.ministry, expires_at=found.expires_at)


@router.post("/invitations/join", status_code=201, dependencies=[Depends(paced)], responses=problems(404, 409))
def join(ctx: PublicContext, body: JoinIn) -> JoinedOut:
    """Make one's own account with an invitation, once; it needs no key."""
    user = desk.join(ctx, body.code, body.account, body.password)
    return JoinedOut(id=user.id, name=user.name)
