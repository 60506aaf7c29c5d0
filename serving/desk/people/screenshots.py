"""Follower counts shown by a screenshot: a person sends one, another looks at it, and the picture is gone.

What was counted before goes on counting until somebody has looked, so that sending new evidence in time never costs
anybody their place. The picture is sealed, in no response but that to its reviewer, and deleted with the look, with
its own person's word, or after ``KEPT``, whichever comes first; the database keeps none beside a decision.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from serving.db import influencers as people
from serving.db import screenshots as rows
from serving.db.tables import FollowerEvidence, Influencer, Ministry, Screenshot
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.people import influencers
from serving.desk.people.eligibility import Evidence, hold_for
from serving.desk.people.influencers import Measurement
from serving.desk.pictures import Cleaned
from serving.errors import ConflictError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import EvidenceHold, EvidenceMethod, Platform, Role, ScreenshotState

KEPT = timedelta(days=14)
REASON_MAX_CHARS = 500
_CLOSED = mark("Tangkapan layar itu sudah dilihat, ditarik, atau kedaluwarsa.")


class AlreadySeenError(ConflictError):
    """The screenshot no longer waits for a look."""

    code = "already-seen"


@dataclass(frozen=True, slots=True)
class ToLookAt:
    """One screenshot for its reviewer.

    Attributes:
        before: the count that stands now on the same platform, where there is one.
        hold: what would make a reviewer look twice: a jump, or a whole number of thousands.
    """

    row: Screenshot
    person: Influencer
    ministry: Ministry
    before: FollowerEvidence | None
    hold: EvidenceHold | None


# ---- whoever sends it ------------------------------------------------------------------------------------------


def send(ctx: Context, platform: Platform, count: int, picture: Cleaned) -> Screenshot:
    """Hand in one's own count with a screenshot of it; sent again, it replaces the one that still waits.

    Args:
        ctx: the person's own context.
        platform: where the followers are counted (friends on Facebook).
        count: the number that the picture shows.
        picture: as ``pictures.clean`` made it, before this transaction was opened: that may take a second.

    Raises:
        NotFoundError: whoever asks is not on the list.
        ConflictError: they have left.
    """
    person = influencers.own(ctx)
    if person.left_at is not None:
        raise ConflictError(mark("Anda sudah keluar dari program; beri persetujuan untuk ikut lagi."))
    for earlier in rows.waiting_of(ctx.session, person.id, platform):
        _close(earlier, ScreenshotState.TAKEN_BACK)
    row = Screenshot(
        influencer_id=person.id,
        platform=platform,
        count=count,
        state=ScreenshotState.UNSEEN,
        sealed_picture=ctx.vault.seal(base64.b64encode(picture).decode("ascii")),
        sent_at=ctx.now,
        forget_at=ctx.now + KEPT,
    )
    ctx.session.add(row)
    ctx.session.flush()
    audit.append(ctx, "screenshot.send", "influencer", person.id, screenshot=row.id, platform=platform)
    return row


def own(ctx: Context) -> Sequence[Screenshot]:
    """Give one's own screenshots, newest first."""
    return rows.of_person(ctx.session, influencers.own(ctx, lock=False).id)


def take_back(ctx: Context, screenshot_id: int) -> Screenshot:
    """Take one's own screenshot back before anybody looked; its picture is gone at once."""
    person = influencers.own(ctx)
    row = rows.locked(ctx.session, screenshot_id)
    if row is None or row.influencer_id != person.id:
        raise NotFoundError(mark("Tangkapan layar itu tidak ada."))
    _check_unseen(row)
    _close(row, ScreenshotState.TAKEN_BACK)
    audit.append(ctx, "screenshot.take_back", "influencer", person.id, screenshot=row.id)
    return row


# ---- whoever looks ---------------------------------------------------------------------------------------------


def waiting(ctx: Context, limit: int = 20) -> list[ToLookAt]:
    """Give what waits for this manager's look, oldest first; never their own."""
    user_id = ctx.require(Role.MANAGER)
    ministries = people.ministry_names(ctx.session)
    return [
        _to_look_at(each, ministries[each.person.ministry_id]) for each in rows.waiting(ctx.session, user_id, limit)
    ]


def count_waiting(ctx: Context) -> int:
    """Count what waits for this manager's look."""
    return rows.count_waiting(ctx.session, ctx.require(Role.MANAGER))


def _to_look_at(found: rows.Waiting, ministry: Ministry) -> ToLookAt:
    row, before = found.row, found.before
    known = Evidence(before.count, before.measured_at) if before else None
    return ToLookAt(row, found.person, ministry, before, hold_for(known, row.count, row.sent_at))


def picture(ctx: Context, screenshot_id: int) -> bytes:
    """Give the picture as a JPEG to whoever may decide on it.

    Raises:
        NotFoundError: there is none, or somebody has looked and it is gone.
        ForbiddenError: the reader may not decide on it.
    """
    ctx.require(Role.MANAGER)
    row = rows.by_id(ctx.session, screenshot_id)
    if row is None or row.sealed_picture is None:
        raise NotFoundError(mark("Gambar itu tidak ada atau sudah dihapus."))
    _check_reviewer(ctx, row)
    return base64.b64decode(ctx.vault.unseal(row.sealed_picture))


def accept(ctx: Context, screenshot_id: int) -> FollowerEvidence:
    """Let the count stand after a look: it becomes evidence of the day on which it was sent; the picture is deleted.

    Raises:
        AlreadySeenError: it no longer waits.
        SameHumanError: it is the reader's own.
        ForbiddenError: another manager looks after that ministry.
    """
    row = _to_decide(ctx, screenshot_id)
    measured = Measurement(row.platform, row.count, EvidenceMethod.SCREENSHOT, row.sent_at)
    evidence = influencers.record_looked_at(ctx, row.influencer_id, measured)
    _decide(ctx, row, ScreenshotState.COUNTED)
    audit.append(ctx, "screenshot.accept", "influencer", row.influencer_id, screenshot=row.id, evidence=evidence.id)
    return evidence


def refuse(ctx: Context, screenshot_id: int, reason: str) -> Screenshot:
    """Not take a screenshot, with the reason that its person reads; the picture is deleted.

    Raises:
        InvalidInputError: no reason was given.
        AlreadySeenError: it no longer waits.
        SameHumanError: it is the reader's own.
        ForbiddenError: another manager looks after that ministry.
    """
    row = _to_decide(ctx, screenshot_id)
    if not reason.strip():
        raise InvalidInputError(mark("Tulis alasannya."))
    row.reason = reason.strip()[:REASON_MAX_CHARS]
    _decide(ctx, row, ScreenshotState.NOT_TAKEN)
    audit.append(ctx, "screenshot.refuse", "influencer", row.influencer_id, screenshot=row.id)
    return row


def _to_decide(ctx: Context, screenshot_id: int) -> Screenshot:
    ctx.require(Role.MANAGER)
    # The person before the screenshot, as where they send another, take it back, or leave.
    asked = rows.by_id(ctx.session, screenshot_id)
    if asked is not None:
        people.locked(ctx.session, asked.influencer_id)
    row = rows.locked(ctx.session, screenshot_id)
    if row is None:
        raise NotFoundError(mark("Tangkapan layar itu tidak ada."))
    _check_reviewer(ctx, row)
    _check_unseen(row)
    return row


def _check_reviewer(ctx: Context, row: Screenshot) -> None:
    person = people.by_id(ctx.session, row.influencer_id)
    if person is None:
        raise NotFoundError(mark("Orang itu tidak ada dalam daftar."))
    influencers.check_reviewer(ctx, person)


def _check_unseen(row: Screenshot) -> None:
    if row.state is not ScreenshotState.UNSEEN:
        raise AlreadySeenError(_CLOSED)


def _decide(ctx: Context, row: Screenshot, state: ScreenshotState) -> None:
    row.looked_by_id, row.looked_at = ctx.actor.user_id, ctx.now
    _close(row, state)


def _close(row: Screenshot, state: ScreenshotState) -> None:
    """Move on from waiting; the picture goes with it."""
    row.state, row.sealed_picture = state, None


# ---- what must be forgotten ------------------------------------------------------------------------------------


def forget_pictures(ctx: Context) -> int:
    """Delete every picture that nobody looked at in time; its person may send another. Give how many."""
    n = rows.forget(ctx.session, ctx.now)
    if n:
        audit.append(ctx, "screenshot.forget", "influencer", None, n=n)
    return n
