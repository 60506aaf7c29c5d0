"""What must hold for a campaign to be submitted, approved, launched or thawed, each with its typed error.

A clarification and programme news go through the same checks: neither is carried where it is political, and in an
election period nothing of the category politics goes on, whatever two people answered.
"""

from __future__ import annotations

from serving.db import appeals
from serving.db import campaigns as rows
from serving.db import influencers as people
from serving.db.tables import Campaign, Clarification
from serving.desk.checking import merging
from serving.desk.context import Context
from serving.desk.outreach import routing
from serving.errors import ConflictError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import Category, ClarificationState


class PoliticalError(ConflictError):
    """Political items are not routed to civil servants."""

    code = "political"


class BelowFloorError(ConflictError):
    """The claim spreads too slowly: the clarification is published, but not pushed."""

    code = "below-floor"


class NotStandingError(ConflictError):
    """The clarification behind the campaign is not published, or no longer valid."""

    code = "clarification-not-standing"


class WindowOverError(ConflictError):
    """The campaign's window is over."""

    code = "window-over"


class WaveNotLiveError(ConflictError):
    """The programme has not begun in a ministry that the campaign addresses."""

    code = "wave-not-live"


class ContestedError(ConflictError):
    """An appeal against a label waits for its answer."""

    code = "contested"


class ResubmittedError(ConflictError):
    """The campaign was handed in anew after it was read: what was read is not what would be decided."""

    code = "draft-moved-on"


class NotEditableError(ConflictError):
    """Only a draft can be changed: what was submitted is what the second person sees."""

    code = "not-editable"


def standing(ctx: Context, clarification_id: int) -> Clarification:
    """Give a clarification that is published and valid; raise otherwise."""
    row = rows.clarification(ctx.session, clarification_id)
    if row is None:
        raise NotFoundError(mark("Klarifikasi itu tidak ada."))
    if row.state is not ClarificationState.PUBLISHED or (row.valid_until and row.valid_until <= ctx.now):
        raise NotStandingError(mark("Klarifikasi itu belum terbit, sudah ditarik, atau tidak berlaku lagi."))
    return row


def political() -> PoliticalError:
    """Give the error that says that politics do not go through civil servants."""
    return PoliticalError(mark("Isi politik tidak disalurkan lewat ASN."))


def in_election(ctx: Context) -> bool:
    """Tell whether today, in Jakarta, lies in an election period."""
    return ctx.settings.in_election(routing.local_day(ctx.now))


def check_never_political(ctx: Context, row: Campaign) -> None:
    """Raise where anybody has answered yes, about this campaign or another one on the same claim.

    Whoever got a yes cannot ask again: not with another campaign, and not with a later clarification of the claim.
    """
    answered = row.political_author or row.political_approver
    if answered or (row.clarification_id and rows.political_about(ctx.session, row.clarification_id)):
        raise political()


def check_category(ctx: Context, category: Category) -> None:
    """Raise where a category is held back by an election period."""
    if category is Category.POLITICS and in_election(ctx):
        raise political()


def check_still_open(ctx: Context, row: Campaign) -> None:
    """Raise where the window is over, what the campaign stands on no longer does, or politics must wait."""
    if row.ends_at <= ctx.now:
        raise WindowOverError(mark("Waktu kampanye ini sudah lewat."))
    if row.clarification_id is None:
        check_category(ctx, row.category)
        return
    source = standing(ctx, row.clarification_id)
    if rows.reworded_since(ctx.session, source.id, row.clarification_version or 0):
        raise NotStandingError(
            mark("Isi klarifikasi ini sudah berubah makna; buat kampanye baru dari versi yang berlaku.")
        )
    if source.political:
        raise political()
    check_category(ctx, source.category)


def check_uncontested(ctx: Context, row: Campaign) -> None:
    """Raise where an appeal against what the campaign carries waits for its answer."""
    if row.clarification_id is not None and appeals.is_contested(ctx.session, row.clarification_id):
        raise ContestedError(mark("Ada keberatan atas klarifikasi ini yang belum dijawab; penyalurannya menunggu."))


def check_launch(ctx: Context, row: Campaign) -> None:
    """Raise where an approved campaign may not go live now.

    Raises:
        PoliticalError: somebody answered yes, or an election period holds politics back.
        NotStandingError: the clarification was retracted, replaced or has expired.
        BelowFloorError: the claim spreads too slowly to be pushed.
        WindowOverError: the window is over.
        WaveNotLiveError: an addressed ministry's wave has not begun.
        ContestedError: an appeal waits for its answer.
    """
    if row.political_author is not False or row.political_approver is not False:
        raise political()
    check_never_political(ctx, row)
    check_still_open(ctx, row)
    check_uncontested(ctx, row)
    waiting = [
        ministry.name
        for ministry in people.ministries(ctx.session)
        if ministry.code in row.ministries and (ministry.live_at is None or ministry.live_at > ctx.now)
    ]
    if waiting:
        raise WaveNotLiveError(mark("Program belum dibuka di: {names}."), names=", ".join(waiting))
    if row.clarification_id is not None:
        _check_speed(ctx, standing(ctx, row.clarification_id))


def _check_speed(ctx: Context, source: Clarification) -> None:
    claim = rows.claim_of(ctx.session, source)
    speed = merging.own_speed(ctx, claim) if claim else 0.0
    floor = ctx.settings.velocity_floor_posts_per_hour
    if speed < floor:
        raise BelowFloorError(
            mark(
                "Klarifikasi ini terbit tetapi tidak disalurkan: klaimnya menyebar {speed} kiriman per jam, "
                "di bawah ambang {floor}. Menyalurkannya justru menyebarkan hoaksnya."
            ),
            speed=f"{speed:g}",
            floor=f"{floor:g}",
        )
