"""The breaker's one row, its freezes, and what it measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, exists, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from serving.db.tables import Breaker, BreakerFreeze, Clarification, Offer, PostWording, PublicChange, Revision
from serving.vocabulary import BreakerState, WordingSource

_ROW = 1


@dataclass(frozen=True, slots=True)
class Reversed:
    """How many labels were published or reversed since a moment, and how many of these were reversed."""

    n: int
    n_reversed: int


def read(session: Session) -> Breaker:
    """Give the breaker as this transaction has read it."""
    return session.get_one(Breaker, _ROW)


def is_frozen(session: Session) -> bool:
    """Tell whether nothing may be offered; until two people have agreed, it is."""
    return read(session).state is not BreakerState.RUNNING


def lock_for_release(session: Session) -> bool:
    """Keep the breaker as it is until the transaction ends, and tell whether offers may leave in it.

    Several may hold it so at once; whoever trips it waits for them, and they for whoever is tripping it.
    """
    query = select(Breaker).where(Breaker.id == _ROW).with_for_update(read=True)
    return session.scalars(query.execution_options(populate_existing=True)).one().state is BreakerState.RUNNING


def locked(session: Session) -> Breaker:
    """Give the breaker under its lock: of two people at once, one waits."""
    query = select(Breaker).where(Breaker.id == _ROW).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one()


def standing(session: Session) -> BreakerFreeze | None:
    """Give the freeze that nobody has reopened; the caller holds the breaker where it is to be changed."""
    query = select(BreakerFreeze).where(BreakerFreeze.reopened_at.is_(None)).order_by(BreakerFreeze.id.desc()).limit(1)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def freezes(session: Session, *, after: int | None = None, limit: int = 20) -> Sequence[BreakerFreeze]:
    """Give every freeze, newest first, from below ``after``."""
    query = select(BreakerFreeze).order_by(BreakerFreeze.id.desc()).limit(limit)
    if after is not None:
        query = query.where(BreakerFreeze.id < after)
    return session.scalars(query).all()


def reopened_at(session: Session) -> datetime | None:
    """Give when two people last let it go on."""
    query = select(BreakerFreeze.reopened_at).where(BreakerFreeze.reopened_at.is_not(None))
    return session.scalars(query.order_by(BreakerFreeze.id.desc()).limit(1)).one_or_none()


# ---- what is measured ------------------------------------------------------------------------------------------


def reversals(session: Session, since: datetime) -> Reversed:
    """Count the labels that were published or reversed after a moment, and those reversed; each label once.

    Reversed is what was retracted, reworded in meaning, or replaced by another verdict.
    """
    newer = aliased(Clarification)
    retracted = select(PublicChange.clarification_id).where(PublicChange.kind == "retracted", PublicChange.at > since)
    replaced = (
        select(PublicChange.clarification_id)
        .join(Clarification, Clarification.id == PublicChange.clarification_id)
        .join(newer, newer.id == Clarification.superseded_by_id)
        .where(PublicChange.kind == "superseded", PublicChange.at > since)
        .where(newer.verdict.is_distinct_from(Clarification.verdict))
    )
    reworded = select(Revision.clarification_id).where(
        Revision.outcome == "accepted", Revision.meaning_changed.is_(True), Revision.settled_at > since
    )
    is_reversed = Clarification.id.in_(union(retracted, replaced, reworded))
    # Entries of elsewhere, whose publication is not counted, are left out of both figures.
    query = select(func.count(), func.count().filter(is_reversed)).where(
        Clarification.author_id.is_not(None), or_(Clarification.published_at > since, is_reversed)
    )
    n, n_reversed = session.execute(query).one()
    return Reversed(n, n_reversed)


def wordings_posted(session: Session, since: datetime) -> list[tuple[int, int]]:
    """Count, by campaign and wording, who posted after a moment: the campaign's number and the count.

    Whoever wrote in their own words has a wording of their own.
    """
    wrote = exists().where(PostWording.offer_id == Offer.id, PostWording.source == WordingSource.OWN)
    query = (
        select(Offer.campaign_id, func.count())
        .where(Offer.posted_at > since)
        .group_by(Offer.campaign_id, Offer.variant, case((wrote, Offer.id), else_=0))
        .order_by(Offer.campaign_id, Offer.variant)
    )
    return [(campaign_id, n) for campaign_id, n in session.execute(query)]
