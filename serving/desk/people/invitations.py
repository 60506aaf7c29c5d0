"""Joining by invitation: a manager gives a person on the list a code, and the person makes their own account with it.

A code works once, for ``LIFETIME``, for one person. It is made of a salt with the service's secret, so that the mail
channel can write it without its being kept anywhere; the database holds the hash by which it is found. A copy of the
database therefore opens nobody's door. Being invited is no consent: that is asked for on the first page after joining.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from serving.db import influencers as people
from serving.db import invitations as rows
from serving.db.tables import Delivery, Influencer, Invitation, Ministry, User
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.people import accounts
from serving.desk.publishing.transparency import inert
from serving.errors import ConflictError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import DeliveryState, Role

LIFETIME: Final = timedelta(days=14)
# One transaction's worth; the rest is invited by asking again.
AT_ONCE: Final = 2_000
CODE_BYTES: Final = 16
# Attempts with a code are counted by address, beside those to sign in.
PACED_AS: Final = "undangan"
_CODE: Final = re.compile(r"[a-z2-7]{26}")


class InvitationError(NotFoundError):
    """A code is unknown, used, withdrawn or too old; which of these is not said to whoever brings it."""

    code = "invitation"


class HasAccountError(ConflictError):
    """The person has an account already, or takes part no longer."""

    code = "has-account"


@dataclass(frozen=True, slots=True)
class Invited:
    """One invitation at the only moment at which its address is given out.

    Attributes:
        mailed: whether a message with it was written.
    """

    person: Influencer
    address: str
    expires_at: datetime
    mailed: bool


@dataclass(frozen=True, slots=True)
class Welcome:
    """What somebody with a code reads before they join: for whom it is, and until when."""

    name: str
    ministry: str
    expires_at: datetime


# ---- a manager's steps -----------------------------------------------------------------------------------------


def invite(ctx: Context, influencer_id: int, *, mail: bool = False) -> Invited:
    """Invite one person of the list; an earlier invitation of theirs works no longer.

    Raises:
        NotFoundError: there is no such person.
        HasAccountError: they have an account, left, or are not in service.
    """
    ctx.require(Role.MANAGER)
    row = people.locked(ctx.session, influencer_id)
    if row is None:
        raise NotFoundError(mark("Orang itu tidak ada dalam daftar."))
    if row.user_id is not None or row.left_at is not None or not row.active:
        raise HasAccountError(mark("Orang itu sudah punya akun, sudah keluar, atau tidak aktif."))
    rows.withdraw_open(ctx.session, row.id, ctx.now)
    invited = _invite(ctx, row, mail=mail)
    audit.append(ctx, "influencer.invite", "influencer", row.id, mailed=invited.mailed)
    return invited


def invite_all(ctx: Context, ministry_code: str, *, mail: bool = False, limit: int = AT_ONCE) -> list[Invited]:
    """Invite everybody of a ministry who has neither an account nor an open invitation, at most ``limit`` at once."""
    ctx.require(Role.MANAGER)
    ministry = _ministry(ctx, ministry_code)
    rows.hold(ctx.session, ministry.id)
    found = rows.invitable(ctx.session, ministry.id, ctx.now, min(limit, AT_ONCE))
    invited = [_invite(ctx, row, mail=mail) for row in found]
    if invited:
        mailed = sum(each.mailed for each in invited)
        audit.append(ctx, "influencer.invite_all", "ministry", ministry.id, n=len(invited), mailed=mailed)
    return invited


def count_invitable(ctx: Context, ministry_code: str) -> int:
    """Count who of a ministry would be invited."""
    ctx.require(Role.MANAGER)
    return rows.count_invitable(ctx.session, _ministry(ctx, ministry_code).id, ctx.now)


def take_back(ctx: Context, influencer_id: int) -> None:
    """Let a person's open invitation work no longer; raise where there is none."""
    ctx.require(Role.MANAGER)
    if not rows.withdraw_open(ctx.session, influencer_id, ctx.now):
        raise NotFoundError(mark("Tidak ada undangan yang masih terbuka."))
    audit.append(ctx, "influencer.uninvite", "influencer", influencer_id)


def open_until(ctx: Context, influencer_id: int) -> datetime | None:
    """Give until when a person's open invitation works; none where there is none."""
    ctx.require(Role.MANAGER)
    found = rows.open_of(ctx.session, influencer_id, ctx.now)
    return found.expires_at if found else None


def as_csv(invited: Sequence[Invited]) -> str:
    """Give invitations as a file for whoever hands them out: number, name, unit, address, until when."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(["id", "name", "unit", "address", "expires_at", "mailed"])
    for each in invited:
        name, unit = inert(each.person.name), inert(each.person.unit)
        lines.writerow([each.person.id, name, unit, each.address, each.expires_at.isoformat(), int(each.mailed)])
    return text.getvalue()


def _ministry(ctx: Context, code: str) -> Ministry:
    row = people.ministry(ctx.session, code)
    if row is None:
        raise NotFoundError(mark("Tidak ada kementerian dengan kode “{code}”."), code=code)
    return row


def _invite(ctx: Context, row: Influencer, *, mail: bool) -> Invited:
    salt = secrets.token_hex(CODE_BYTES)
    made = Invitation(
        influencer_id=row.id,
        salt=salt,
        code_hash=_hash(_code(ctx, salt)),
        invited_by_id=ctx.require(Role.MANAGER),
        created_at=ctx.now,
        expires_at=ctx.now + LIFETIME,
    )
    ctx.session.add(made)
    ctx.session.flush()
    mailed = mail and row.sealed_email is not None
    if mailed:
        ctx.session.add(
            Delivery(
                key=f"invitation:{made.id}",
                channel="email",
                influencer_id=row.id,
                invitation_id=made.id,
                state=DeliveryState.PENDING,
                not_before=ctx.now,
            )
        )
    return Invited(row, address(ctx, made), made.expires_at, mailed)


def _code(ctx: Context, salt: str) -> str:
    """Make the code of a salt: 128 bits, in letters and digits that survive being read aloud."""
    keyed = bytes.fromhex(ctx.vault.pseudonym("invitation", salt))[:CODE_BYTES]
    return base64.b32encode(keyed).decode().rstrip("=").lower()


def _hash(code: str) -> str:
    # The code has 128 random bits, which need no slow hash.
    return hashlib.sha256(code.encode()).hexdigest()


def address(ctx: Context, invitation: Invitation) -> str:
    """Give the address with which somebody joins."""
    return f"{ctx.settings.base_url.rstrip('/')}/gabung?kode={_code(ctx, invitation.salt)}"


# ---- whoever was invited ---------------------------------------------------------------------------------------


def look(ctx: Context, code: str) -> Welcome:
    """Say for whom a code is; raise ``InvitationError`` where it opens nothing."""
    invitation, row = _usable(ctx, code, lock=False)
    return Welcome(row.name, people.ministry_names(ctx.session)[row.ministry_id].name, invitation.expires_at)


def join(ctx: Context, code: str, account: str, password: str) -> User:
    """Make the account of whoever was invited, with the role of an influencer and no other.

    Raises:
        InvitationError: the code is unknown, used, withdrawn or too old.
        InvalidInputError: the account's name is unusable or the password too short.
        ConflictError: the account's name is taken.
    """
    invitation, row = _usable(ctx, code, lock=True)
    user = accounts.create_user(ctx, account, password, [Role.INFLUENCER], row.name)
    row.user_id, invitation.accepted_at = user.id, ctx.now
    audit.append(ctx, "influencer.join", "influencer", row.id, user=user.id)
    return user


def stands(ctx: Context, invitation_id: int) -> Invitation | None:
    """Give an invitation that can still be used, for the message that carries it."""
    found = rows.by_id(ctx.session, invitation_id)
    return found if found is not None and _is_open(ctx, found) else None


def _usable(ctx: Context, code: str, *, lock: bool) -> tuple[Invitation, Influencer]:
    plain = re.sub(r"[\s-]", "", code).lower()
    found = rows.by_hash(ctx.session, _hash(plain), lock=False) if _CODE.fullmatch(plain) else None
    person = people.locked if lock else people.by_id
    row = person(ctx.session, found.influencer_id) if found is not None else None
    if lock and row is not None:
        # The person first, as whoever invites them again locks them.
        found = rows.by_hash(ctx.session, _hash(plain), lock=True)
    is_open = found is not None and _is_open(ctx, found)
    if found is None or row is None or not is_open or row.user_id is not None or row.left_at or not row.active:
        raise InvitationError(
            mark("Undangan ini tidak dikenal, sudah dipakai, atau sudah lewat waktu. Mintalah yang baru.")
        )
    return found, row


def _is_open(ctx: Context, invitation: Invitation) -> bool:
    return invitation.accepted_at is None and invitation.withdrawn_at is None and invitation.expires_at > ctx.now
