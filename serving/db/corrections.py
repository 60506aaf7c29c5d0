"""Corrections: one row for each person who carried what no longer stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from serving.db import chat
from serving.db.changed import n_changed
from serving.db.library import PRESENT_WORDS
from serving.db.tables import (
    Campaign,
    Clarification,
    ClarificationVersion,
    Correction,
    Delivery,
    Influencer,
    Offer,
    PublicChange,
)
from serving.vocabulary import ClarificationState, CorrectionState, DeliveryState, OfferState

CARRIED = (OfferState.ACCEPTED, OfferState.POSTED, OfferState.VERIFIED)


@dataclass(frozen=True, slots=True)
class Told:
    """One correction as its person reads it."""

    id: int
    offer_id: int
    influencer_id: int
    state: CorrectionState
    reason: str
    sent_at: datetime
    acknowledged_at: datetime | None
    title: str
    slug: str
    superseded_by: str | None
    offer_state: OfferState
    n_reminders: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many were told that a clarification no longer stands, how many have read it, and how many were reminded."""

    sent: int
    acknowledged: int
    reminded: int


def campaigns_of(session: Session, clarification_id: int) -> Sequence[int]:
    """Give every campaign that carried a clarification."""
    return session.scalars(select(Campaign.id).where(Campaign.clarification_id == clarification_id)).all()


def _newest_change(clarification_id: ColumnElement[int]) -> ScalarSelect[int]:
    """Give the number of a clarification's newest entry in the public log, 0 where it has none."""
    return (
        select(func.coalesce(func.max(PublicChange.id), 0))
        .where(PublicChange.clarification_id == clarification_id)
        .scalar_subquery()
    )


def add_missing(session: Session, clarification_id: int, reason: str, now: datetime) -> int:
    """Write a correction for everybody who took what no longer stands and was not told of this; give how many."""
    cause = session.execute(select(_newest_change(literal(clarification_id)))).scalar_one()
    told = exists().where(
        Correction.offer_id == Offer.id, Correction.clarification_id == clarification_id, Correction.cause == cause
    )
    carriers = (
        select(
            literal(clarification_id),
            literal(cause),
            Offer.id,
            Offer.influencer_id,
            literal(CorrectionState.SENT, Correction.state.type),
            literal(reason),
            literal(now, Correction.sent_at.type),
        )
        .join(Campaign, Campaign.id == Offer.campaign_id)
        .where(Campaign.clarification_id == clarification_id, Offer.state.in_(CARRIED), ~told)
    )
    columns = ["clarification_id", "cause", "offer_id", "influencer_id", "state", "reason", "sent_at"]
    before = n_of(session, clarification_id)
    session.execute(insert(Correction).from_select(columns, carriers))
    return n_of(session, clarification_id) - before


def add_deliveries(session: Session, clarification_id: int, now: datetime) -> None:
    """Write the message for each correction that has none, where an address is known."""
    unwritten = and_(
        Correction.clarification_id == clarification_id, ~exists().where(Delivery.correction_id == Correction.id)
    )
    _write(session, literal(""), unwritten, now)


@dataclass(frozen=True, slots=True)
class Reminding:
    """Whom to remind for the n-th time: told until one moment, last reminded (or told) until another."""

    n: int
    told_until: datetime
    rested_until: datetime
    now: datetime


def remind(session: Session, wanted: Reminding) -> int:
    """Write one more message for each correction that nobody confirmed, where an address is known; give how many.

    Whoever still has a message about it waiting gets no second one.
    """
    waiting = exists().where(Delivery.correction_id == Correction.id, Delivery.state == DeliveryState.PENDING)
    due = and_(
        Correction.state == CorrectionState.SENT,
        Correction.n_reminders == wanted.n - 1,
        Correction.sent_at <= wanted.told_until,
        func.coalesce(Correction.reminded_at, Correction.sent_at) <= wanted.rested_until,
        ~waiting,
    )
    ending = literal(f":{wanted.n}")
    _write(session, ending, due, wanted.now)
    written = exists().where(Delivery.key == _key(ending))
    return n_changed(
        session,
        update(Correction)
        .where(Correction.n_reminders == wanted.n - 1, written)
        .values(n_reminders=wanted.n, reminded_at=wanted.now)
        .execution_options(synchronize_session=False),
    )


def _key(ending: ColumnElement[str]) -> ColumnElement[str]:
    """Give the key of a message about a correction, with what follows its number."""
    return literal("correction:") + cast(Correction.id, String) + ending


def _write(session: Session, ending: ColumnElement[str], which: ColumnElement[bool], now: datetime) -> None:
    """Write a message for each correction of a kind, where an address is known."""
    unwritten = (
        select(
            _key(ending),
            literal("email"),
            Correction.influencer_id,
            Correction.id,
            literal(DeliveryState.PENDING, Delivery.state.type),
            literal(0),
            literal(now, Delivery.not_before.type),
            literal(""),
        )
        .join(Influencer, Influencer.id == Correction.influencer_id)
        .where(chat.reachable(), which)
    )
    columns = [
        "key",
        "channel",
        "influencer_id",
        "correction_id",
        "state",
        "attempts",
        "not_before",
        "last_error",
    ]
    session.execute(insert(Delivery).from_select(columns, unwritten))


def n_of(session: Session, clarification_id: int) -> int:
    """Count a clarification's corrections."""
    query = select(func.count()).where(Correction.clarification_id == clarification_id)
    return session.execute(query).scalar_one()


def counts(session: Session, clarification_ids: Collection[int]) -> dict[int, Counts]:
    """Count each clarification's corrections, and those that were read; zeros where there are none."""
    query = (
        select(
            Correction.clarification_id,
            func.count(),
            func.count(Correction.acknowledged_at),
            func.count(Correction.reminded_at),
        )
        .where(Correction.clarification_id.in_(clarification_ids))
        .group_by(Correction.clarification_id)
    )
    found = {number: Counts(*counted) for number, *counted in session.execute(query)}
    return {number: found.get(number, Counts(0, 0, 0)) for number in clarification_ids}


def fallen(session: Session) -> Sequence[Clarification]:
    """Give every clarification that no longer stands though somebody who carried it was not told."""
    told = exists().where(
        Correction.offer_id == Offer.id,
        Correction.clarification_id == Campaign.clarification_id,
        Correction.cause
        == select(func.coalesce(func.max(PublicChange.id), 0))
        .where(PublicChange.clarification_id == Campaign.clarification_id)
        .correlate(Campaign)
        .scalar_subquery(),
    )
    untold = (
        select(Campaign.clarification_id)
        .join(Offer, Offer.campaign_id == Campaign.id)
        .where(Offer.state.in_(CARRIED), ~told)
    )
    query = select(Clarification).where(
        Clarification.state.in_([ClarificationState.RETRACTED, ClarificationState.SUPERSEDED]),
        Clarification.id.in_(untold),
    )
    return session.scalars(query).all()


def _told() -> Select[*tuple[Any, ...]]:
    newer = aliased(Clarification)
    return (
        select(
            Correction.id,
            Correction.offer_id,
            Correction.influencer_id,
            Correction.state,
            Correction.reason,
            Correction.sent_at,
            Correction.acknowledged_at,
            ClarificationVersion.title,
            Clarification.slug,
            newer.slug,
            Offer.state,
            Correction.n_reminders,
        )
        .join(Offer, Offer.id == Correction.offer_id)
        .join(Clarification, Clarification.id == Correction.clarification_id)
        .outerjoin(newer, newer.id == Clarification.superseded_by_id)
        .join(ClarificationVersion, PRESENT_WORDS)
    )


def open_for(session: Session, influencer_id: int) -> list[Told]:
    """Give one person's corrections that they have not yet confirmed, oldest first."""
    query = _told().where(Correction.influencer_id == influencer_id, Correction.state == CorrectionState.SENT)
    return [Told(*row) for row in session.execute(query.order_by(Correction.id))]


def all_for(session: Session, influencer_id: int, *, limit: int, before: int | None = None) -> list[Told]:
    """Give a page of one person's corrections, newest first."""
    query = _told().where(Correction.influencer_id == influencer_id)
    if before is not None:
        query = query.where(Correction.id < before)
    return [Told(*row) for row in session.execute(query.order_by(Correction.id.desc()).limit(limit))]


def one(session: Session, correction_id: int) -> Told | None:
    """Give one correction as it reads."""
    row = session.execute(_told().where(Correction.id == correction_id)).one_or_none()
    return Told(*row) if row else None


def locked(session: Session, correction_id: int) -> Correction | None:
    """Give one correction, locked until the transaction ends."""
    return session.scalars(select(Correction).where(Correction.id == correction_id).with_for_update()).one_or_none()
