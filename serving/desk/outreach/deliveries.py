"""Messages that must leave once: claimed, sent outside any transaction, and marked.

The row is written with what caused it, so nothing is missed. A claim takes the row for ten minutes and numbers the
attempt; numbers only rise, and whoever comes back with an older one is refused, so a worker that was thought dead
cannot mark or send over another. Failures are counted apart, for the waits between them. What remains is the message
in flight when a process is killed: it leaves again, under the same Message-ID.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from serving.db import chat as chat_rows
from serving.db import deliveries as rows
from serving.db.tables import Delivery, Influencer
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.outreach import breaker, chat, offers, other, routing
from serving.desk.people import influencers, invitations
from serving.desk.people.eligibility import REMIND_BEFORE, REMIND_TOGETHER, Bar, expiring_until
from serving.errors import ConflictError, NotFoundError, SuluhError
from serving.i18n import Language, clock_time, mark, translate
from serving.settings import Settings
from serving.vocabulary import LABELS, CampaignKind, Category, Channel, DeliveryState, Role

# Longer than a sender may take for a whole batch, so that nobody else takes what is still being sent.
CLAIM = timedelta(minutes=10)
BATCH = 20
# Waits between attempts: a server that restarts, a morning's outage, a day's. Then a person has to look.
BACKOFF = tuple(timedelta(minutes=n) for n in (1, 5, 15, 60, 180, 360, 720))
ERROR_MAX_CHARS = 500
INVITATION_TITLE = mark("Undangan ikut program ASN influencer")
REMINDER_TITLE = mark("Bukti pengikut Anda perlu diperbarui")
PAUSE_TOKEN = "mail-pause"  # noqa: S105 - the name of a purpose


class SendError(SuluhError):
    """A message could not be handed over.

    Attributes:
        permanent: the server said that it never will be; no further attempt is made.
        unsure: it may have been; an offer, which stands in the inbox anyway, is not sent a second time.
        retry_after_s: the server asked to come back after so long; that is no failure.
    """

    code = "send"

    def __init__(
        self, message: str, *, permanent: bool = False, unsure: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.unsure = unsure
        self.retry_after_s = retry_after_s


class LetterKind(StrEnum):
    """What a message is about; each has its own subject and its own words."""

    OFFER = "offer"
    NEWS = "news"
    CORRECTION = "correction"
    CORRECTION_AGAIN = "correction_again"
    REMINDER = "reminder"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, before a channel gives it a form.

    ``key`` is the same at each attempt. An offer names its ``offer``, a reminder what is ``expiring``, an invitation
    until when it is ``open_until``; whatever else there is tells of a correction, ``again`` where it was told before.
    """

    key: str
    to: str
    name: str
    title: str
    url: str
    pause_url: str
    offer: CampaignKind | None = None
    issuer: str = ""
    reason: str = ""
    expiring: tuple[str, ...] = ()
    open_until: str = ""
    again: bool = False
    channel: Channel = Channel.EMAIL
    language: Language = Language.ID

    @property
    def kind(self) -> LetterKind:
        """Say what the message is about."""
        if self.offer is not None:
            return LetterKind.NEWS if self.offer is CampaignKind.PROGRAMME else LetterKind.OFFER
        if self.open_until:
            return LetterKind.INVITATION
        if self.expiring:
            return LetterKind.REMINDER
        return LetterKind.CORRECTION_AGAIN if self.again else LetterKind.CORRECTION


class Sender(Protocol):
    """A channel."""

    def send(self, letter: Letter) -> None:
        """Hand a message over; raise ``SendError`` where it was not taken."""
        ...


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message that this worker may send, and the number of the attempt."""

    delivery_id: int
    attempt: int


def has_way(settings: Settings) -> bool:
    """Tell whether messages can leave at all: by e-mail, by a chat or by another service."""
    return bool(settings.smtp_url) or bool(_beside_mail(settings))


def _beside_mail(settings: Settings) -> tuple[Channel, ...]:
    return (*chat.configured(settings), *((Channel.OTHER,) if other.offered(settings) else ()))


def claim_due(ctx: Context, limit: int = BATCH) -> list[Claimed]:
    """Take up to ``limit`` messages that may leave now; nobody else gets them for ten minutes."""
    caps = routing.Caps.of(ctx.settings)
    zones, offers_too = routing.awake(ctx.now, caps), not breaker.is_frozen(ctx.session)
    taken = []
    chats = _beside_mail(ctx.settings)
    # Where a chat is all there is, what only mail could carry waits; where there is nothing, nobody claims.
    ways = chat_rows.reachable(chats, by_mail=bool(ctx.settings.smtp_url) or not chats)
    for row in rows.due(ctx.session, rows.Leaving(ctx.now, zones, limit, ways, offers_too)):
        row.attempts += 1
        row.not_before = ctx.now + CLAIM
        taken.append(Claimed(row.id, row.attempts))
    return taken


def withdraw_answered(ctx: Context) -> int:
    """Withdraw messages that have nothing more to say; give how many."""
    return len(rows.withdraw_answered(ctx.session))


def _held(ctx: Context, claimed: Claimed) -> Delivery | None:
    row = rows.locked(ctx.session, claimed.delivery_id)
    if row is None or row.state is not DeliveryState.PENDING or row.attempts != claimed.attempt:
        return None
    return row


def compose(ctx: Context, claimed: Claimed) -> Letter | None:
    """Write the message of a claimed row as things stand now.

    Gives nothing where it is no longer ours to send or has nothing more to say (then it is withdrawn). Where night fell
    on its person since it was claimed it waits for their morning, and where its campaign or all was frozen for the end
    of that; the claim no longer holds.
    """
    row = _held(ctx, claimed)
    if row is None:
        return None
    if _frozen(ctx, row):
        return None
    letter = _letter(ctx, row)
    if letter is None:
        row.state = DeliveryState.WITHDRAWN
        return None
    return None if _put_off(ctx, row) else letter


def _frozen(ctx: Context, row: Delivery) -> bool:
    """Let a claimed message about an open offer wait while all or its campaign is frozen; tell whether it must."""
    if row.offer_id is None or not rows.is_open(ctx.session, row.offer_id):
        return False
    if not breaker.is_frozen(ctx.session) and not rows.is_campaign_frozen(ctx.session, row.offer_id):
        return False
    row.attempts += 1
    row.not_before = ctx.now
    return True


def _put_off(ctx: Context, row: Delivery) -> bool:
    """Let a claimed message wait until quiet hours end where its person is; tell whether it must."""
    person, caps = rows.recipient(ctx.session, row.influencer_id), routing.Caps.of(ctx.settings)
    if person is None:
        return False
    own = routing.own_quiet(person)
    if not routing.is_quiet(ctx.now, person.timezone, caps, own):
        return False
    # A number of nobody's: whoever replays this claim after the morning's has sent would send again.
    row.attempts += 1
    row.not_before = _quiet_ends(ctx.now, person.timezone, caps, own)
    return True


def _quiet_ends(now: datetime, timezone: str, caps: routing.Caps, own: routing.OwnQuiet) -> datetime:
    """Give the next moment, in UTC, at which it is quiet for somebody no longer: their own hours may follow the night.

    Hours that together leave no minute of the day are looked at again a day later.
    """
    moment = now
    for _ in range(3):
        if not routing.is_quiet(moment, timezone, caps, own):
            return moment
        ends = caps.quiet_until if routing.is_quiet(moment, timezone, caps) else own.ends
        moment = _next_at(moment, timezone, ends)
    return moment


def _next_at(now: datetime, timezone: str, local: time) -> datetime:
    """Give the next moment, in UTC, at which clocks in a zone show a time."""
    zone = ZoneInfo(timezone)
    today = datetime.combine(now.astimezone(zone).date(), local, zone)
    return (today if today > now else today + timedelta(days=1)).astimezone(UTC)


def _letter(ctx: Context, row: Delivery) -> Letter | None:
    person = rows.recipient(ctx.session, row.influencer_id)
    way = _way(ctx, person, by_mail=row.by_mail) if person is not None else None
    if person is None or way is None:
        return None
    row.channel = way.channel
    base = ctx.settings.base_url.rstrip("/")
    pause = f"{base}/v1/mail/pause/{pause_token(ctx, person.id)}"
    bare = Letter(
        row.key, way.address, person.name, "", f"{base}/kotak", pause, channel=way.channel, language=person.language
    )
    if row.correction_id is not None:
        return _correction(ctx, row.correction_id, bare)
    if row.evidence_before is not None:
        return _reminder(ctx, person, row.evidence_before, replace(bare, url=f"{base}/profil#bukti"))
    if row.invitation_id is not None:
        return _invitation(ctx, person, row.invitation_id, bare)
    return _offered(ctx, person, row, bare)


@dataclass(frozen=True, slots=True)
class _Way:
    """By which channel somebody is reached, and at which address there."""

    channel: Channel
    address: str


def _way(ctx: Context, person: Influencer, *, by_mail: bool) -> _Way | None:
    """Give how a message reaches somebody: by the chat or service that they chose and can be reached by, else mail."""
    link = None if by_mail else chat_rows.link(ctx.session, person.id, person.channel)
    if link is not None and link.sealed_address is not None and person.channel in _beside_mail(ctx.settings):
        address = ctx.vault.unseal(link.sealed_address)
        if person.channel is not Channel.OTHER or other.reaches(ctx.settings, address):
            return _Way(person.channel, address)
    return _Way(Channel.EMAIL, ctx.vault.unseal(person.sealed_email)) if person.sealed_email else None


def _correction(ctx: Context, correction_id: int, bare: Letter) -> Letter | None:
    """Fill in what no longer stands, and why; the desk's own sentence in the reader's language, a person's as it is."""
    told = rows.correction_facts(ctx.session, correction_id)
    if told is None:
        return None
    return replace(bare, title=told.title, reason=translate(bare.language, told.reason), again=told.n_reminders > 0)


def _invitation(ctx: Context, person: Influencer, invitation_id: int, bare: Letter) -> Letter | None:
    """Fill in an invitation; nothing where it was used, taken back or lapsed."""
    found = invitations.stands(ctx, invitation_id)
    if found is None or person.user_id is not None:
        return None
    until = clock_time(bare.language, found.expires_at, person.timezone)
    return replace(
        bare, title=translate(bare.language, INVITATION_TITLE), url=invitations.address(ctx, found), open_until=until
    )


def _offered(ctx: Context, person: Influencer, row: Delivery, bare: Letter) -> Letter | None:
    """Fill in an open offer; nothing where its person takes no part, or politics is barred by an election."""
    offer = rows.offer_facts(ctx.session, row.offer_id or 0)
    if offer is None or person.paused_at is not None or person.left_at is not None:
        return None
    if offer.category is Category.POLITICS and ctx.settings.in_election(routing.local_day(ctx.now)):
        return None
    url = f"{bare.url}/{offer.offer_id}"
    return replace(bare, title=offer.title, url=url, offer=offer.kind, issuer=offer.issuer)


def _reminder(ctx: Context, person: Influencer, measured_until: datetime, bare: Letter) -> Letter | None:
    """Fill in what expires as things stand now; nothing where the person sent new evidence or takes part no longer."""
    profile = influencers.profile_of(ctx, person)
    if profile.reasons:
        return None
    language = bare.language
    lines = tuple(
        translate(language, mark("{platform}: {n} hari lagi"), platform=LABELS[platform], n=days)
        for platform, days in expiring_until(profile.standing, Bar.of(ctx.settings), ctx.now, measured_until)
    )
    return replace(bare, title=translate(language, REMINDER_TITLE), expiring=lines) if lines else None


def remind_expiring(ctx: Context) -> int:
    """Write a message to everybody whose evidence expires within ``REMIND_BEFORE``; give how many.

    One message tells of everything that expires within ``REMIND_TOGETHER``, and nobody is told of the same evidence
    twice. It leaves by the ordinary way, so outside quiet hours.
    """
    line = routing.line_of(ctx)
    lifetime = Bar.of(ctx.settings).evidence_lifetime
    wanted = rows.Reminder(
        now=ctx.now,
        measured_after=ctx.now - lifetime,
        measured_until=ctx.now - lifetime + REMIND_BEFORE,
        told_until=ctx.now - lifetime + REMIND_TOGETHER,
    )
    n = rows.remind(ctx.session, line, wanted)
    if n:
        audit.append(ctx, "evidence.remind", "influencer", None, n=n)
    return n


def mark_sent(ctx: Context, claimed: Claimed) -> None:
    """Note that a message left; it never leaves again."""
    row = _held(ctx, claimed)
    if row is None:
        return
    row.state, row.sent_at, row.last_error = DeliveryState.SENT, ctx.now, ""
    audit.append(ctx, "delivery.sent", "delivery", row.id, key=row.key, attempt=row.attempts)


def mark_failed(ctx: Context, claimed: Claimed, error: SendError) -> None:
    """Note why a message did not leave; it is tried again later, up to eight times.

    A correction that a chat does not take goes by e-mail then: whoever carried what no longer stands has to hear of it.
    """
    row = _held(ctx, claimed)
    if row is None:
        return
    row.last_error = str(error)[:ERROR_MAX_CHARS]
    if error.retry_after_s is not None:
        row.not_before = ctx.now + timedelta(seconds=error.retry_after_s)
        return
    row.failures += 1
    if error.permanent or (error.unsure and row.offer_id is not None) or row.failures > len(BACKOFF):
        if _has_mail_left(ctx, row):
            row.by_mail, row.failures, row.not_before = True, 0, ctx.now
            audit.append(ctx, "delivery.by_mail", "delivery", row.id, key=row.key)
            return
        row.state = DeliveryState.FAILED
        audit.append(ctx, "delivery.failed", "delivery", row.id, key=row.key, failures=row.failures)
        return
    row.not_before = ctx.now + BACKOFF[row.failures - 1]


def _has_mail_left(ctx: Context, row: Delivery) -> bool:
    """Tell whether a message is a correction that may still go by e-mail."""
    if row.correction_id is None or row.by_mail or row.channel == Channel.EMAIL or not ctx.settings.smtp_url:
        return False
    person = rows.recipient(ctx.session, row.influencer_id)
    return person is not None and person.sealed_email is not None


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that needs a person to look: which one and why, not to whom; ``attempts`` counts those that failed."""

    id: int
    key: str
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """What the manager sees of the messages."""

    by_state: dict[DeliveryState, int]
    failures: tuple[Failure, ...]
    # Without a mail server and without a chat messages wait; the web inbox works all the same.
    has_server: bool


def outbox(ctx: Context, limit: int = 50) -> Outbox:
    """Give how many messages wait, left and failed, and why the last ones failed."""
    ctx.require(Role.MANAGER, Role.ADMIN)
    failures = rows.failed(ctx.session, limit)
    return Outbox(
        rows.counts(ctx.session),
        tuple(Failure(row.id, row.key, row.failures, row.last_error) for row in failures),
        has_way(ctx.settings),
    )


def retry(ctx: Context, delivery_id: int) -> None:
    """Put a failed message back; the worker takes it up again."""
    ctx.require(Role.MANAGER, Role.ADMIN)
    row = rows.locked(ctx.session, delivery_id)
    if row is None:
        raise NotFoundError(mark("Pesan itu tidak ada."))
    if row.state is not DeliveryState.FAILED:
        raise ConflictError(mark("Hanya pesan yang gagal yang dapat dikirim ulang."))
    row.state, row.failures, row.not_before, row.by_mail = DeliveryState.PENDING, 0, ctx.now, False
    audit.append(ctx, "delivery.retry", "delivery", row.id, key=row.key)


def pause_token(ctx: Context, influencer_id: int) -> str:
    """Sign the address with which a mail program pauses offers in one click (RFC 8058)."""
    return ctx.vault.sign(PAUSE_TOKEN, influencer_id)


def pause_by_mail(ctx: Context, token: str) -> None:
    """Pause the person to whom a message was addressed; asked again, nothing changes.

    Raises:
        NotFoundError: the address was not made by this service, or its person is gone.
    """
    influencer_id = ctx.vault.signed(PAUSE_TOKEN, token)
    person = rows.recipient(ctx.session, influencer_id) if isinstance(influencer_id, int) else None
    if person is None:
        raise NotFoundError(mark("Tautan jeda itu tidak dikenal. Atur jeda di halaman profil."))
    if person.paused_at is None:
        offers.hold_of(ctx, person.id)
        person.paused_at = ctx.now
        ctx.session.flush()
        n = offers.recall_of(ctx, person.id)
        audit.append(ctx, "influencer.pause", "influencer", person.id, recalled=n, by="mail")
