"""Telling other systems what happens: signed messages that leave at least once, with a log and a replay.

An event is written in the transaction of the step that it tells of, with a message to each endpoint that asked for its
kind; so nothing is told that was rolled back, and nothing is missed. The worker sends the messages. Each carries the
event's own key as ``webhook-id``, the same at each attempt and replay, so a receiver drops the second copy by it.

Signatures follow Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA-256 under the endpoint's secret over
``id.timestamp.body``. After a change of secret both sign for a day, so a receiver changes its own without losing a
message. A body holds what the public may read, and numbers: no person of the desk, no post, no author.

One endpoint a ministry may be the ministry's own. It alone is told of offers, those to its own people who chose to hear
through it: by their numbers, never by name, and never what anybody answered.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from urllib.parse import urlsplit

from serving.db import influencers as people
from serving.db import webhooks as rows
from serving.db.tables import Ministry, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from serving.db.webhooks import Logged, Wanted
from serving.desk import addresses, audit
from serving.desk.context import Context
from serving.desk.states import WebhookStep, next_webhook_state
from serving.errors import ConflictError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.settings import Settings
from serving.vocabulary import DeliveryState, Role, WebhookEventType

# About a ministry's own people; for its own endpoint alone.
OWN_KINDS: Final = (WebhookEventType.OFFER_MADE, WebhookEventType.OFFER_STOPPED, WebhookEventType.OFFER_RESUMED)
# What may be asked for; the trial message goes to whoever is tried.
KINDS: Final = tuple(kind for kind in WebhookEventType if kind is not WebhookEventType.TEST)
# What any system may be told.
PUBLIC_KINDS: Final = tuple(kind for kind in KINDS if kind not in OWN_KINDS)
READERS: Final = (Role.ADMIN, Role.ENGINEER)
SIGNING_PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32  # Standard Webhooks asks for 24 to 64
BOTH_SIGN: Final = timedelta(days=1)
ENDPOINTS_MAX: Final = 20
REPLAY_MAX: Final = 1_000
KEPT: Final = timedelta(days=90)
# A whole batch of one endpoint takes at most 20 times 15 s; as much again is left to wait for a place in the queue.
CLAIM: Final = timedelta(minutes=10)
BATCH: Final = 20
# Waits after each failure, as the standard proposes: a blink, a restart, an outage, a weekend. Then a person looks.
BACKOFF: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=n) for n in (2, 5, 10, 14, 20, 24)),
)
ERROR_MAX_CHARS: Final = 200
GONE: Final = 410


# ---- what is said ------------------------------------------------------------------------------------------------


def emit(
    ctx: Context, kind: WebhookEventType, subject: str, data: Mapping[str, object], ministry_id: int | None = None
) -> WebhookEvent:
    """Write down that something happened, and put a message in line for everybody who asked for its kind.

    Args:
        ctx: the surroundings of the step that it tells of; both are one transaction.
        kind: what happened.
        subject: what it is about, such as ``claim:12``.
        data: what the body says beside kind and time: what is public, and numbers.
        ministry_id: whose people it is about; then that ministry's own endpoint alone is told.
    """
    event = _event(ctx, kind, subject, data, ministry_id)
    for endpoint in rows.endpoints(ctx.session):
        if endpoint.active and kind in endpoint.events and ministry_id in {None, endpoint.ministry_id}:
            _put_in_line(ctx, endpoint.id, event.id)
    ctx.session.flush()
    return event


def _event(
    ctx: Context, kind: WebhookEventType, subject: str, data: Mapping[str, object], ministry_id: int | None = None
) -> WebhookEvent:
    body = {"type": kind, "timestamp": ctx.now.isoformat(), "data": data}
    event = WebhookEvent(
        key=f"msg_{secrets.token_hex(16)}",
        type=kind,
        subject=subject,
        ministry_id=ministry_id,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        at=ctx.now,
    )
    ctx.session.add(event)
    ctx.session.flush()
    return event


def _put_in_line(ctx: Context, endpoint_id: int, event_id: int) -> None:
    ctx.session.add(
        WebhookDelivery(
            endpoint_id=endpoint_id,
            event_id=event_id,
            state=DeliveryState.PENDING,
            attempts=0,
            failures=0,
            not_before=ctx.now,
        )
    )


def was_told(ctx: Context, kind: WebhookEventType, subject: str) -> bool:
    """Tell whether an event of this kind about this subject was written already."""
    return rows.has_event(ctx.session, kind, subject)


# ---- who listens -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An address and the kinds of events that it asks for; ``ministry`` is the code of the one whose own it is."""

    url: str
    label: str
    events: tuple[WebhookEventType, ...]
    ministry: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What changes about an endpoint; what is none stays."""

    url: str | None = None
    label: str | None = None
    events: tuple[WebhookEventType, ...] | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """An endpoint with its new secret, which is shown this once."""

    endpoint: WebhookEndpoint
    secret: str


def endpoints(ctx: Context) -> Sequence[WebhookEndpoint]:
    """Give every endpoint, oldest first."""
    ctx.require(*READERS)
    return rows.endpoints(ctx.session)


def ministries(ctx: Context) -> Sequence[Ministry]:
    """Give every ministry, by name, for whoever reads of endpoints."""
    ctx.require(*READERS)
    return people.ministries(ctx.session)


def endpoint(ctx: Context, endpoint_id: int) -> WebhookEndpoint:
    """Give one endpoint."""
    ctx.require(*READERS)
    found = rows.endpoint(ctx.session, endpoint_id)
    if found is None:
        raise _unknown()
    return found


def add(ctx: Context, new: NewEndpoint) -> Issued:
    """Let another system listen from now on.

    Raises:
        InvalidInputError: the address is not https, or leads inside this network; no kind of event was named, or one
            about a ministry's people for an endpoint that is no ministry's.
        NotFoundError: there is no such ministry.
        ConflictError: the address listens already, the ministry has one, or there are too many.
    """
    keeper = ctx.require(Role.ADMIN)
    there = rows.endpoints(ctx.session)
    if sum(row.ministry_id is None for row in there) >= ENDPOINTS_MAX and not new.ministry:
        raise ConflictError(mark("Paling banyak {n} alamat webhook."), n=ENDPOINTS_MAX)
    _check_url(ctx, new.url, there)
    ministry_id = _ministry(ctx, new.ministry, there)
    secret = _new_secret()
    row = WebhookEndpoint(
        url=new.url,
        label=new.label,
        ministry_id=ministry_id,
        events=_kinds(new.events, ministry_id),
        active=True,
        sealed_secret=ctx.vault.seal(secret),
        created_by_id=keeper,
        created_at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    audit.append(ctx, "webhook.add", "webhook", row.id, host=urlsplit(row.url).hostname, events=row.events)
    return Issued(row, secret)


def _ministry(ctx: Context, code: str, there: Sequence[WebhookEndpoint]) -> int | None:
    """Give the ministry whose own endpoint is added, none for an empty code."""
    if not code:
        return None
    found = people.ministry(ctx.session, code)
    if found is None:
        raise NotFoundError(mark("Tidak ada kementerian dengan kode “{code}”."), code=code)
    if any(row.ministry_id == found.id for row in there):
        raise ConflictError(mark("Kementerian itu sudah punya alamat webhook; lepas dahulu yang lama."))
    return found.id


def change(ctx: Context, endpoint_id: int, to: Change) -> WebhookEndpoint:
    """Change an endpoint's address, name, or kinds of events, or let it rest; what waits then waits on."""
    row = _kept(ctx, endpoint_id)
    if to.url is not None and to.url != row.url:
        _check_url(ctx, to.url, rows.endpoints(ctx.session))
        row.url = to.url
    if to.label is not None:
        row.label = to.label
    if to.events is not None:
        row.events = _kinds(to.events, row.ministry_id)
    if to.active is not None:
        row.active = to.active
    host = urlsplit(row.url).hostname
    audit.append(ctx, "webhook.change", "webhook", row.id, host=host, events=row.events, active=row.active)
    return row


def rotate(ctx: Context, endpoint_id: int) -> Issued:
    """Give an endpoint a new secret; for a day the one before signs as well."""
    row = _kept(ctx, endpoint_id)
    secret = _new_secret()
    row.sealed_old_secret, row.old_until = row.sealed_secret, ctx.now + BOTH_SIGN
    row.sealed_secret = ctx.vault.seal(secret)
    audit.append(ctx, "webhook.rotate", "webhook", row.id)
    return Issued(row, secret)


def remove(ctx: Context, endpoint_id: int) -> None:
    """Stop telling an endpoint anything; its secrets are forgotten and what waits for it never leaves."""
    row = _kept(ctx, endpoint_id)
    row.active, row.removed_at = False, ctx.now
    row.sealed_secret = row.sealed_old_secret = row.old_until = None
    for waiting in rows.pending_of(ctx.session, row.id):
        waiting.state = next_webhook_state(waiting.state, WebhookStep.WITHDRAW)
    audit.append(ctx, "webhook.remove", "webhook", row.id)


def try_out(ctx: Context, endpoint_id: int) -> WebhookEvent:
    """Put a trial message in line for one endpoint."""
    row = _kept(ctx, endpoint_id)
    event = _event(ctx, WebhookEventType.TEST, f"webhook:{row.id}", {"endpoint": row.id})
    _put_in_line(ctx, row.id, event.id)
    audit.append(ctx, "webhook.test", "webhook", row.id)
    return event


def _kept(ctx: Context, endpoint_id: int) -> WebhookEndpoint:
    ctx.require(Role.ADMIN)
    row = rows.locked_endpoint(ctx.session, endpoint_id)
    if row is None:
        raise _unknown()
    return row


def _unknown() -> NotFoundError:
    return NotFoundError(mark("Alamat webhook itu tidak ada."))


def _kinds(events: Sequence[WebhookEventType], ministry_id: int | None) -> list[str]:
    if ministry_id is None and set(events) & set(OWN_KINDS):
        raise InvalidInputError(
            mark("Tawaran hanya diberitahukan ke sistem kementeriannya sendiri; pilih kementerian.")
        )
    wanted = [kind.value for kind in KINDS if kind in events]
    if not wanted:
        raise InvalidInputError(mark("Pilih sedikitnya satu jenis peristiwa."))
    return wanted


def schemes(settings: Settings) -> tuple[str, ...]:
    """Give what an address may begin with: https, and http only where private addresses are allowed."""
    return ("https", "http") if settings.webhooks_allow_private else ("https",)


def _check_url(ctx: Context, url: str, there: Sequence[WebhookEndpoint]) -> None:
    settings = ctx.settings
    addresses.check_literal(url, allow_private=settings.webhooks_allow_private, schemes=schemes(settings))
    if any(row.url == url for row in there):
        raise ConflictError(mark("Alamat itu sudah terdaftar."))


def _new_secret() -> str:
    return SIGNING_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


# ---- sending -----------------------------------------------------------------------------------------------------


def signature(secret: str, key: str, timestamp_s: int, body: bytes) -> str:
    """Give one signature by Standard Webhooks: ``v1,`` and base64 of HMAC-SHA-256 over ``key.timestamp.body``."""
    message = f"{key}.{timestamp_s}.".encode() + body
    raw = base64.b64decode(secret.removeprefix(SIGNING_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(raw, message, hashlib.sha256)).decode()


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message that this worker may send, whom it goes to, and the number of the attempt."""

    delivery_id: int
    endpoint_id: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Call:
    """A message as it travels."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt; ``status`` is none where nobody answered, and ``error`` says why in one word."""

    status: int | None
    took_ms: int
    error: str = ""

    @property
    def taken(self) -> bool:
        """Tell whether the receiver has the message."""
        return self.status is not None and 200 <= self.status < 300


class Caller(Protocol):
    """Whoever carries a message to another system."""

    def call(self, call: Call) -> Answer:
        """Send a message and give what came of it; never raises for what the other side did."""
        ...


def claim_due(ctx: Context, limit: int = BATCH) -> list[Claimed]:
    """Take up to ``limit`` messages that may leave now, by endpoint; nobody else gets them for ten minutes.

    Of an endpoint whose last batch is still on its way nothing is taken: one that stalls has one batch in the queue,
    and what would wait behind it goes on waiting here. Of workers that ask at the same moment each may take one.
    """
    taken = []
    for row in rows.due(ctx.session, ctx.now, limit):
        row.attempts += 1
        row.not_before = ctx.now + CLAIM
        taken.append(Claimed(row.id, row.endpoint_id, row.attempts))
    return sorted(taken, key=lambda each: each.endpoint_id)


def _held(ctx: Context, claimed: Claimed) -> WebhookDelivery | None:
    row = rows.locked(ctx.session, claimed.delivery_id)
    if row is None or row.state is not DeliveryState.PENDING or row.attempts != claimed.attempt:
        return None
    return row


def compose(ctx: Context, claimed: Claimed) -> Call | None:
    """Write and sign a claimed message; nothing where it is no longer ours to send or its endpoint rests."""
    row = _held(ctx, claimed)
    listener = rows.endpoint(ctx.session, row.endpoint_id) if row else None
    if row is None or listener is None or listener.sealed_secret is None or not listener.active:
        return None
    event = rows.event(ctx.session, row.event_id)
    body, timestamp_s = event.body.encode(), int(ctx.now.timestamp())
    keys = [ctx.vault.unseal(listener.sealed_secret)]
    if listener.sealed_old_secret and listener.old_until and listener.old_until > ctx.now:
        keys.append(ctx.vault.unseal(listener.sealed_old_secret))
    headers = {
        "content-type": "application/json",
        "user-agent": "Suluh/1 (+webhook)",
        "webhook-id": event.key,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(signature(key, event.key, timestamp_s, body) for key in keys),
    }
    return Call(listener.url, headers, body)


def record(ctx: Context, claimed: Claimed, answer: Answer) -> DeliveryState | None:
    """Note what came of an attempt: taken, to be tried again, or given up after ten failures.

    Whoever answers 410 wants no more: its endpoint rests until a person starts it again.

    Returns:
        Where the message stands; none where somebody else holds it by now, and nothing was noted.
    """
    # Whoever removes an endpoint, or sends its messages again, holds it before them.
    listener = rows.locked_endpoint(ctx.session, claimed.endpoint_id) if answer.status == GONE else None
    row = _held(ctx, claimed)
    if row is None:
        return None
    ctx.session.add(
        WebhookAttempt(
            delivery_id=row.id,
            number=row.attempts,
            at=ctx.now,
            took_ms=answer.took_ms,
            status=answer.status,
            error=answer.error[:ERROR_MAX_CHARS],
        )
    )
    row.status, row.last_error = answer.status, answer.error[:ERROR_MAX_CHARS]
    if answer.taken:
        row.state, row.sent_at = next_webhook_state(row.state, WebhookStep.DELIVER), ctx.now
        audit.append(ctx, "webhook.sent", "webhook-delivery", row.id, attempt=row.attempts, status=answer.status)
        return row.state
    row.failures += 1
    if listener is not None and listener.active:
        listener.active = False
        audit.append(ctx, "webhook.gone", "webhook", listener.id)
    if answer.status == GONE or row.failures > len(BACKOFF):
        row.state = next_webhook_state(row.state, WebhookStep.GIVE_UP)
        audit.append(ctx, "webhook.failed", "webhook-delivery", row.id, failures=row.failures, status=answer.status)
    else:
        row.not_before = ctx.now + BACKOFF[row.failures - 1]
    return row.state


# ---- looking, and sending again ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the log, newest first, and the number below which the next one begins."""

    rows: Sequence[Logged]
    after: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """One message with what came of each attempt."""

    logged: Logged
    attempts: Sequence[WebhookAttempt]


def counts(ctx: Context) -> Mapping[tuple[int, DeliveryState], int]:
    """Count messages by endpoint and state."""
    ctx.require(*READERS)
    return rows.counts(ctx.session)


def log(ctx: Context, wanted: Wanted) -> Page:
    """Give a page of the log of messages."""
    ctx.require(*READERS)
    more = Wanted(wanted.endpoint_id, wanted.state, wanted.after, wanted.limit + 1)
    found = rows.log(ctx.session, more)
    shown = found[: wanted.limit]
    return Page(shown, shown[-1].delivery.id if len(found) > wanted.limit else None)


def told(ctx: Context, delivery_id: int) -> Told:
    """Give one message, word for word, with every attempt."""
    ctx.require(*READERS)
    found = rows.logged(ctx.session, delivery_id)
    if found is None:
        raise NotFoundError(mark("Pesan itu tidak ada."))
    return Told(found, rows.attempts(ctx.session, delivery_id))


def _again(ctx: Context, row: WebhookDelivery) -> None:
    row.state = next_webhook_state(row.state, WebhookStep.REPLAY)
    row.failures, row.not_before, row.sent_at = 0, ctx.now, None


def replay(ctx: Context, delivery_id: int) -> WebhookDelivery:
    """Put one message in line again, whether it was taken or given up; its ``webhook-id`` stays.

    Raises:
        IllegalStepError: it waits already.
        NotFoundError: there is no such message, or its endpoint was removed.
    """
    ctx.require(Role.ADMIN)
    found = rows.logged(ctx.session, delivery_id)
    if found is None:
        raise NotFoundError(mark("Pesan itu tidak ada."))
    _kept(ctx, found.endpoint.id)
    row = rows.locked(ctx.session, delivery_id)
    if row is None:
        raise NotFoundError(mark("Pesan itu tidak ada."))
    _again(ctx, row)
    audit.append(ctx, "webhook.replay", "webhook-delivery", row.id)
    return row


def replay_since(ctx: Context, endpoint_id: int, since: datetime) -> int:
    """Put everything that an endpoint asks for in line again from a moment on, also what it was never sent.

    What waits already is left in its place.

    Returns:
        How many messages were put in line.
    """
    listener = _kept(ctx, endpoint_id)
    events = rows.events_since(ctx.session, since, listener.events, listener.ministry_id)
    if len(events) > REPLAY_MAX:
        raise InvalidInputError(
            mark("Terlalu banyak: {n} peristiwa sejak itu, paling banyak {most}. Pilih waktu yang lebih dekat."),
            n=len(events),
            most=REPLAY_MAX,
        )
    there = rows.deliveries_of(ctx.session, endpoint_id, [event.id for event in events])
    n = 0
    for event in events:
        row = there.get(event.id)
        if row is None:
            _put_in_line(ctx, endpoint_id, event.id)
        elif row.state is DeliveryState.PENDING:
            continue
        else:
            _again(ctx, row)
        n += 1
    audit.append(ctx, "webhook.replay", "webhook", endpoint_id, since=since.isoformat(), n=n)
    return n


def forget(ctx: Context) -> int:
    """Remove events that are older than 90 days, with the log of their messages; give how many."""
    n = rows.forget(ctx.session, ctx.now - KEPT)
    if n:
        audit.append(ctx, "webhook.forget", "webhook", None, n=n)
    return n
