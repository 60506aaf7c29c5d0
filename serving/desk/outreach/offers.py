"""Offers as their person answers them: few, free to refuse, and asked once.

Each step locks the offer, so that of two that race one wins and the other is told. A refusal's reason is kept for the
statistics of groups and read by no rule.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from serving.db import corrections as correction_rows
from serving.db import offers as rows
from serving.db import standings as standing_rows
from serving.db.tables import Campaign, Influencer, Offer, PostedLink
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.outreach import breaker, kits, post_checks
from serving.desk.outreach import links as links_of_ours
from serving.desk.outreach.official import platform_at
from serving.desk.people import consents
from serving.desk.people.eligibility import scope_of
from serving.desk.states import OFFER_STEPS, OfferStep, next_offer_state
from serving.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import LABELS, CampaignState, ConsentScope, DeclineReason, OfferState, Platform, Role

SNOOZE = timedelta(hours=4)
# No second message is sent: the offer stands in the inbox again, where whoever put it off looks for it.
PUT_OFF = mark("Ditunda sampai {until}. Sesudah itu tawarannya menunggu lagi di kotak masuk Anda.")
INBOX_LIMIT = 100


class OfferLapsedError(ConflictError):
    """The offer's time is over, or its campaign is not running."""

    code = "offer-lapsed"


class WrongPlatformError(InvalidInputError):
    """The address is not that of a post on this platform."""

    code = "wrong-platform"


class NoConsentError(InvalidInputError):
    """Its person did not agree to what would be kept."""

    code = "no-consent"


@dataclass(frozen=True, slots=True)
class Inbox:
    """One person's mail: what waits for an answer, what was put off, what was taken, what no longer stands."""

    open: tuple[rows.Carried, ...]
    snoozed: tuple[rows.Carried, ...]
    taken: tuple[rows.Carried, ...]
    corrections: tuple[correction_rows.Told, ...]
    paused: bool


def own(ctx: Context) -> Influencer:
    """Give the influencer who is asking; raise ``NotFoundError`` for an account without one."""
    user_id = ctx.require(Role.INFLUENCER)
    row = rows.influencer_of_user(ctx.session, user_id)
    if row is None:
        raise NotFoundError(mark("Akun ini belum terhubung dengan data ASN influencer."))
    return row


def inbox(ctx: Context) -> Inbox:
    """Give what waits for the person who asks; an offer whose campaign is stopped is not shown."""
    person = own(ctx)
    listed = rows.carried_by(ctx.session, person.id, kits.OPEN | kits.TAKEN, limit=INBOX_LIMIT)
    waiting = [item for item in listed if item.state in kits.OPEN and _why_closed(ctx, item) is None]
    return Inbox(
        open=tuple(item for item in waiting if item.state is OfferState.OFFERED),
        snoozed=tuple(item for item in waiting if item.state is OfferState.SNOOZED),
        taken=tuple(item for item in listed if item.state in kits.TAKEN),
        corrections=tuple(correction_rows.open_for(ctx.session, person.id)),
        paused=person.paused_at is not None,
    )


def mine(ctx: Context, *, limit: int, before: int | None = None) -> list[rows.Carried]:
    """Give a page of the asking person's offers in every state that reached them, newest first."""
    reached = frozenset(OfferState) - {OfferState.PLANNED}
    return rows.carried_by(ctx.session, own(ctx).id, reached, limit=limit, before=before)


def _why_closed(ctx: Context, carried: rows.Carried) -> str | None:
    """Say why an unanswered offer can no longer be answered, or nothing."""
    if carried.expires_at is not None and carried.expires_at <= ctx.now:
        return mark("Waktu tawaran ini sudah lewat.")
    if breaker.is_frozen(ctx.session):
        return mark("Semua penyaluran sedang dibekukan. Tunggu kabar sebelum mengunggah.")
    if carried.campaign_state is CampaignState.FROZEN:
        return mark("Kampanye ini sedang dibekukan. Tunggu kabar sebelum mengunggah.")
    if carried.campaign_state is not CampaignState.LIVE or carried.ends_at <= ctx.now:
        return mark("Kampanye ini sudah berakhir.")
    return None


def _own_offer(ctx: Context, offer_id: int) -> Offer:
    """Lock an offer of the person who asks; anybody else's is as if it were not there."""
    person = own(ctx)
    row = rows.locked(ctx.session, offer_id)
    if row is None or row.influencer_id != person.id or row.state is OfferState.PLANNED:
        raise NotFoundError(mark("Tawaran itu tidak ada."))
    return row


def _still_open(ctx: Context, offer: Offer) -> rows.Carried:
    """Refuse where the offer's time or campaign is over, whether or not the worker has swept it up yet."""
    carried = kits.carried_for(ctx, offer.id)
    if offer.state in kits.OPEN and (why := _why_closed(ctx, carried)):
        raise OfferLapsedError(why)
    return carried


def _answer(ctx: Context, offer_id: int, step: OfferStep) -> Offer:
    """Take one step on an open offer; what was put off is first taken up again."""
    offer = _own_offer(ctx, offer_id)
    _still_open(ctx, offer)
    state = offer.state
    if state is OfferState.SNOOZED:
        state = next_offer_state(state, OfferStep.WAKE)
    offer.state = next_offer_state(state, step)
    offer.snoozed_until = None
    return offer


def _note_answer(ctx: Context, offer: Offer) -> None:
    """Record that somebody answered; what they answered stays out of a record that many may read."""
    audit.append(ctx, "offer.answer", "offer", offer.id, campaign=offer.campaign_id)


def accept(ctx: Context, offer_id: int) -> None:
    """Take an offer; its kit opens. Taken twice, the second is refused."""
    offer = _answer(ctx, offer_id, OfferStep.ACCEPT)
    offer.answered_at = ctx.now
    if ConsentScope.MEASUREMENT in consents.agreed_scopes(own(ctx)):
        links_of_ours.open_for(ctx, offer.campaign_id, str(offer.why.get("region", "")))
    _note_answer(ctx, offer)


def decline(ctx: Context, offer_id: int, reason: DeclineReason) -> None:
    """Say no, once and without consequence."""
    offer = _answer(ctx, offer_id, OfferStep.DECLINE)
    offer.answered_at, offer.decline_reason = ctx.now, reason
    _note_answer(ctx, offer)


def snooze(ctx: Context, offer_id: int, until: datetime | None = None) -> datetime:
    """Put an offer off, four hours where nothing is said, never past its own end; give the time."""
    offer = _own_offer(ctx, offer_id)
    carried = _still_open(ctx, offer)
    offer.state = next_offer_state(offer.state, OfferStep.SNOOZE)
    end = min(carried.expires_at or carried.ends_at, carried.ends_at)
    wanted = until or min(ctx.now + SNOOZE, end - timedelta(minutes=1))
    if not ctx.now < wanted < end:
        raise InvalidInputError(mark("Pilih waktu sesudah sekarang dan sebelum tawaran berakhir."))
    offer.snoozed_until = wanted
    audit.append(ctx, "offer.snooze", "offer", offer.id, until=wanted.isoformat())
    return wanted


def platform_of(url: str) -> Platform | None:
    """Give the platform on whose host an address stands."""
    return platform_at((urlsplit(url).hostname or "").rstrip(".").lower())


def post(ctx: Context, offer_id: int, platform: Platform, url: str, views: int | None = None) -> None:
    """Note where the person posted: one address a platform; sent again, it replaces the one before.

    Args:
        ctx: the person's own context.
        offer_id: an offer that they accepted.
        platform: where the post is.
        url: its address; the worker may ask its public page afterwards, see ``post_checks``.
        views: how often it was seen, as the platform tells its owner; none leaves what was said before.

    Raises:
        WrongPlatformError: the address is on another host, or is a home page.
        NoConsentError: the person did not agree to this platform, or to being measured and tells how often it was seen.
    """
    _check_agreed(ctx, platform, views)
    if platform_of(url) is not platform or len(urlsplit(url).path.strip("/")) == 0:
        raise WrongPlatformError(mark("Tautan itu bukan alamat unggahan di {platform}."), platform=platform.value)
    offer = _own_offer(ctx, offer_id)
    if offer.state is not OfferState.VERIFIED and offer.state is not OfferState.POSTED:
        offer.state = next_offer_state(offer.state, OfferStep.POST)
        offer.posted_at = ctx.now
        if ConsentScope.MEASUREMENT in consents.agreed_scopes(own(ctx)):
            links_of_ours.carry(ctx, offer.campaign_id, str(offer.why.get("region", "")))
    known = rows.link_row(ctx.session, offer.id, platform)
    if known is None:
        link = PostedLink(offer_id=offer.id, platform=platform, url=url, at=ctx.now, views=views)
        link.checked = post_checks.first(ctx)
        ctx.session.add(link)
    elif known.url != url:
        # Another post has been seen by others; what was said of the first is not said of it.
        known.url, known.at, known.views = url, ctx.now, views
        known.checked, known.checked_at = post_checks.first(ctx), None
    elif views is not None and known.views != views:
        known.views = views
    else:
        return
    audit.append(ctx, "offer.post", "offer", offer.id, platform=platform.value, replaced=known is not None)


def _check_agreed(ctx: Context, platform: Platform, views: int | None) -> None:
    agreed = consents.agreed_scopes(own(ctx))
    if scope_of(platform) not in agreed:
        raise NoConsentError(
            mark("Anda belum mengizinkan {name}; beri izinnya di profil dahulu."), name=LABELS[scope_of(platform)]
        )
    if views is not None and ConsentScope.MEASUREMENT not in agreed:
        raise NoConsentError(mark("Anda belum mengizinkan pengukuran; kosongkan berapa kali dilihat."))


def links(ctx: Context, offer_id: int) -> dict[Platform, str]:
    """Give where the asking person posted for one of their offers."""
    return rows.links_of(ctx.session, [kits.carried_for(ctx, offer_id).offer_id]).get(offer_id, {})


def to_verify(ctx: Context, limit: int = 10) -> list[rows.SampledLink]:
    """Give a random sample of posted links for a second look, without names and none of one's own."""
    user_id = ctx.require(Role.MANAGER, Role.CHECKER)
    return rows.sample_of_posted(ctx.session, limit, not_of_user=user_id)


def verify(ctx: Context, offer_id: int) -> None:
    """Confirm that what was posted is there and carries the disclosure; never one's own."""
    user_id = ctx.require(Role.MANAGER, Role.CHECKER)
    offer = rows.locked(ctx.session, offer_id)
    carried = rows.carried(ctx.session, offer_id)
    if offer is None or carried is None:
        raise NotFoundError(mark("Tawaran itu tidak ada."))
    if carried.user_id == user_id:
        raise ForbiddenError(mark("Unggahan sendiri diperiksa oleh orang lain."))
    offer.state = next_offer_state(offer.state, OfferStep.VERIFY)
    offer.verified_at, offer.verified_by_id = ctx.now, user_id
    audit.append(ctx, "offer.verify", "offer", offer.id)


# ---- the worker's sweeps ---------------------------------------------------------------------------------------


def _from(step: OfferStep) -> Collection[OfferState]:
    """Give every state from which a step may be taken, so that the sweeps obey the same table."""
    return [state for state, known in OFFER_STEPS if known is step]


def _swept(ctx: Context, action: str, ids: Sequence[int], **detail: object) -> int:
    if ids:
        audit.append(ctx, action, "offer", None, n=len(ids), first=min(ids), last=max(ids), **detail)
    return len(ids)


def wake_due(ctx: Context) -> int:
    """Bring back what was put off until now; give how many."""
    return _swept(ctx, "offer.wake", rows.wake(ctx.session, ctx.now, _from(OfferStep.WAKE), OfferState.OFFERED))


def expire_due(ctx: Context) -> int:
    """Let lapse what nobody answered in time, and take back what never left its plan; give how many lapsed."""
    expired = rows.expire(ctx.session, ctx.now, _from(OfferStep.EXPIRE), OfferState.EXPIRED)
    recalled = rows.recall_over(ctx.session, ctx.now, OfferState.PLANNED, OfferState.RECALLED)
    if recalled:
        audit.append(ctx, "offer.recall", "offer", None, n=recalled, reason="campaign over")
    return _swept(ctx, "offer.expire", expired)


def hold_window(ctx: Context) -> None:
    """Keep planning and releasing out until this transaction ends: both lock the window before they lock offers."""
    standing_rows.since(ctx.session)


def hold_of(ctx: Context, influencer_id: int) -> None:
    """Lock the window and one person's unanswered offers, before that person's own row is locked.

    A release that is under way holds the offers and then reads the person, so whoever pauses or leaves waits for it
    here, holding nothing yet. The audit's head comes last with everybody.
    """
    hold_window(ctx)
    rows.hold(ctx.session, _from(OfferStep.RECALL), influencer_id=influencer_id)


def hold_open(ctx: Context, campaign_ids: Collection[int]) -> None:
    """Lock the unanswered offers of campaigns that the caller holds, before anything is put on the record."""
    rows.hold(ctx.session, _from(OfferStep.RECALL), campaign_ids=campaign_ids)


def recall_open(ctx: Context, campaign_id: int) -> int:
    """Take back every planned, open or put-off offer of a campaign; give how many.

    Waits for answers that are being given, so that whoever comes after it sees each as either answered or recalled.
    """
    ids = rows.recall(ctx.session, _from(OfferStep.RECALL), OfferState.RECALLED, campaign_id=campaign_id)
    return _swept(ctx, "offer.recall", ids, campaign=campaign_id)


def unanswered_campaigns(ctx: Context, influencer_id: int) -> Sequence[Campaign]:
    """Give the campaigns of one person's planned, open and put-off offers."""
    return rows.campaigns_of(ctx.session, _from(OfferStep.RECALL), influencer_id)


def recall_of(ctx: Context, influencer_id: int, campaign_id: int | None = None) -> int:
    """Take back unanswered offers of one person: all of whoever pauses or leaves, or those of one campaign."""
    ids = rows.recall(
        ctx.session,
        _from(OfferStep.RECALL),
        OfferState.RECALLED,
        influencer_id=influencer_id,
        campaign_id=campaign_id,
    )
    return _swept(ctx, "offer.recall", ids, influencer=influencer_id)
