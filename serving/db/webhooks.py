"""Rows of webhooks: who listens, what happened, which messages are due, and what came of each attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from serving.db.tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from serving.vocabulary import DeliveryState, WebhookEventType


@dataclass(frozen=True, slots=True)
class Logged:
    """One message with what it tells of and whom it is for."""

    delivery: WebhookDelivery
    event: WebhookEvent
    endpoint: WebhookEndpoint


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages to list; ``after`` is the number below which the page begins."""

    endpoint_id: int | None = None
    state: DeliveryState | None = None
    after: int | None = None
    limit: int = 50


def endpoints(session: Session) -> Sequence[WebhookEndpoint]:
    """Give every endpoint that was not removed, oldest first."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.removed_at.is_(None)).order_by(WebhookEndpoint.id)
    return session.scalars(query).all()


def endpoint(session: Session, endpoint_id: int) -> WebhookEndpoint | None:
    """Find one endpoint that was not removed."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.removed_at.is_(None))
    return session.scalars(query).one_or_none()


def locked_endpoint(session: Session, endpoint_id: int) -> WebhookEndpoint | None:
    """Find one endpoint that was not removed and hold its row."""
    query = (
        select(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.removed_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one_or_none()


def due(session: Session, now: datetime, limit: int) -> Sequence[WebhookDelivery]:
    """Give messages that may leave now, longest due first, locked; those that another worker holds are passed over.

    So are those of an endpoint of which some are under way: claimed, and nothing has come of that attempt yet.
    """
    listening = exists().where(
        WebhookEndpoint.id == WebhookDelivery.endpoint_id,
        WebhookEndpoint.active,
        WebhookEndpoint.removed_at.is_(None),
    )
    sent = aliased(WebhookDelivery)
    answered = exists().where(WebhookAttempt.delivery_id == sent.id, WebhookAttempt.number == sent.attempts)
    under_way = exists().where(
        sent.endpoint_id == WebhookDelivery.endpoint_id,
        sent.state == DeliveryState.PENDING,
        sent.not_before > now,
        sent.attempts > 0,
        ~answered,
    )
    query = (
        select(WebhookDelivery)
        .where(WebhookDelivery.state == DeliveryState.PENDING, WebhookDelivery.not_before <= now, listening, ~under_way)
        .order_by(WebhookDelivery.not_before, WebhookDelivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).all()


def locked(session: Session, delivery_id: int) -> WebhookDelivery | None:
    """Give one message, locked and freshly read."""
    query = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def event(session: Session, event_id: int) -> WebhookEvent:
    """Give one event."""
    return session.get_one(WebhookEvent, event_id)


def events_since(
    session: Session, since: datetime, types: Sequence[str], ministry_id: int | None
) -> Sequence[WebhookEvent]:
    """Give the events of these kinds from a moment on, oldest first; of those about a ministry's people, its own."""
    mine = or_(WebhookEvent.ministry_id.is_(None), WebhookEvent.ministry_id == ministry_id)
    query = select(WebhookEvent).where(WebhookEvent.at >= since, WebhookEvent.type.in_(types), mine)
    return session.scalars(query.order_by(WebhookEvent.id)).all()


def listening_ministries(session: Session) -> list[int]:
    """Give the ministries whose own endpoint asks to be told of offers and does not rest."""
    own = select(WebhookEndpoint).where(
        WebhookEndpoint.ministry_id.is_not(None), WebhookEndpoint.active, WebhookEndpoint.removed_at.is_(None)
    )
    return [
        row.ministry_id or 0
        for row in session.scalars(own.order_by(WebhookEndpoint.ministry_id))
        if WebhookEventType.OFFER_MADE in row.events
    ]


def told_of_offers(session: Session, subject: str) -> list[int]:
    """Give the ministries that were told of offers of this subject."""
    query = select(WebhookEvent.ministry_id).where(
        WebhookEvent.type == WebhookEventType.OFFER_MADE, WebhookEvent.subject == subject
    )
    return sorted({number for number in session.scalars(query) if number is not None})


def deliveries_of(session: Session, endpoint_id: int, event_ids: Sequence[int]) -> dict[int, WebhookDelivery]:
    """Give one endpoint's messages about these events, by event, locked in the order of their numbers."""
    query = (
        select(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.event_id.in_(event_ids))
        .order_by(WebhookDelivery.id)
        .with_for_update()
    )
    return {row.event_id: row for row in session.scalars(query)}


def pending_of(session: Session, endpoint_id: int) -> Sequence[WebhookDelivery]:
    """Give the messages that wait for one endpoint, locked."""
    query = (
        select(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.state == DeliveryState.PENDING)
        .order_by(WebhookDelivery.id)
        .with_for_update()
    )
    return session.scalars(query).all()


def log(session: Session, wanted: Wanted) -> list[Logged]:
    """List messages, newest first, also those of endpoints that were removed."""
    query = (
        select(WebhookDelivery, WebhookEvent, WebhookEndpoint)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .order_by(WebhookDelivery.id.desc())
        .limit(wanted.limit)
    )
    if wanted.endpoint_id is not None:
        query = query.where(WebhookDelivery.endpoint_id == wanted.endpoint_id)
    if wanted.state is not None:
        query = query.where(WebhookDelivery.state == wanted.state)
    if wanted.after is not None:
        query = query.where(WebhookDelivery.id < wanted.after)
    return [Logged(first, second, third) for first, second, third in session.execute(query)]


def logged(session: Session, delivery_id: int) -> Logged | None:
    """Find one message."""
    query = (
        select(WebhookDelivery, WebhookEvent, WebhookEndpoint)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookDelivery.id == delivery_id)
    )
    row = session.execute(query).one_or_none()
    return Logged(row[0], row[1], row[2]) if row else None


def attempts(session: Session, delivery_id: int) -> Sequence[WebhookAttempt]:
    """Give what came of each attempt at one message, oldest first."""
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id).order_by(WebhookAttempt.id)
    return session.scalars(query).all()


def counts(session: Session) -> Mapping[tuple[int, DeliveryState], int]:
    """Count messages by endpoint and state."""
    query = select(WebhookDelivery.endpoint_id, WebhookDelivery.state, func.count()).group_by(
        WebhookDelivery.endpoint_id, WebhookDelivery.state
    )
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def has_event(session: Session, kind: WebhookEventType, subject: str) -> bool:
    """Tell whether this was told already of this subject."""
    found = exists().where(WebhookEvent.type == kind, WebhookEvent.subject == subject)
    return bool(session.scalar(select(found)))


def forget(session: Session, before: datetime) -> int:
    """Remove events from before a moment, with the messages about them; give how many events."""
    old = select(WebhookEvent.id).where(WebhookEvent.at < before)
    about = select(WebhookDelivery.id).where(WebhookDelivery.event_id.in_(old))
    session.execute(delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(about)))
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.event_id.in_(old)))
    gone = session.execute(delete(WebhookEvent).where(WebhookEvent.at < before).returning(WebhookEvent.id))
    return len(gone.scalars().all())
