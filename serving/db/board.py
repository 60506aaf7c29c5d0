"""What the manager's board counts: people, not offers, so that a group's size is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, distinct, func, select
from sqlalchemy.orm import Session

from serving.db.routing import Line, eligible
from serving.db.tables import Campaign, Influencer, KeptStanding, Ministry, Offer
from serving.vocabulary import DeclineReason, OfferState

TAKEN = (OfferState.ACCEPTED, OfferState.POSTED, OfferState.VERIFIED)


@dataclass(frozen=True, slots=True)
class Window:
    """From a moment on, until another."""

    start: datetime
    end: datetime


def _offered(window: Window) -> ColumnElement[bool]:
    return (Offer.offered_at >= window.start) & (Offer.offered_at < window.end)


def _people(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(distinct(case((condition, Offer.influencer_id))))


def funnel(session: Session, window: Window) -> dict[str, tuple[int, int, int, int]]:
    """Count, by ministry, who was offered something in a window, took something, posted, and was verified."""
    query = (
        select(
            Ministry.code,
            func.count(distinct(Offer.influencer_id)),
            _people(Offer.state.in_(TAKEN)),
            _people(Offer.state.in_(TAKEN[1:])),
            _people(Offer.state == OfferState.VERIFIED),
        )
        .select_from(Offer)
        .join(Influencer, Influencer.id == Offer.influencer_id)
        .join(Ministry, Ministry.id == Influencer.ministry_id)
        .where(_offered(window))
        .group_by(Ministry.code)
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in session.execute(query)}


def eligible_by_ministry(session: Session, line: Line) -> dict[str, int]:
    """Count who may receive offers now, by ministry."""
    query = eligible(line).with_only_columns(Ministry.code, func.count()).group_by(Ministry.code)
    return {row[0]: row[1] for row in session.execute(query)}


@dataclass(frozen=True, slots=True)
class Declined:
    """Who declined in a window: how many people in all, and for each reason."""

    n_people: int
    by_reason: dict[DeclineReason, int]


def declined(session: Session, window: Window) -> Declined:
    """Count who declined something that they were offered in a window."""
    said_no = (_offered(window), Offer.state == OfferState.DECLINED)
    n_people = session.execute(select(func.count(distinct(Offer.influencer_id))).where(*said_no)).scalar_one()
    query = (
        select(Offer.decline_reason, func.count(distinct(Offer.influencer_id)))
        .where(*said_no, Offer.decline_reason.is_not(None))
        .group_by(Offer.decline_reason)
    )
    return Declined(n_people, {row[0]: row[1] for row in session.execute(query) if row[0] is not None})


@dataclass(frozen=True, slots=True)
class FirstPost:
    """When a campaign began, when its first post was handed in, and how many people posted."""

    began_at: datetime
    first_at: datetime
    n_people: int


def first_posts(session: Session, window: Window) -> list[FirstPost]:
    """Give the first post of each campaign that began in a window."""
    query = (
        select(Campaign.live_at, func.min(Offer.posted_at), func.count(distinct(Offer.influencer_id)))
        .join(Offer, Offer.campaign_id == Campaign.id)
        .where(Campaign.live_at >= window.start, Campaign.live_at < window.end, Offer.posted_at.is_not(None))
        .group_by(Campaign.id, Campaign.live_at)
    )
    return [FirstPost(began, first, n) for began, first, n in session.execute(query) if began and first]


def burden(session: Session, line: Line) -> dict[int, int]:
    """Count the eligible by how many offers weigh on them."""
    query = (
        eligible(line)
        .with_only_columns(KeptStanding.n_recent, func.count())
        .group_by(KeptStanding.n_recent)
        .order_by(KeptStanding.n_recent)
    )
    return {row[0]: row[1] for row in session.execute(query)}
