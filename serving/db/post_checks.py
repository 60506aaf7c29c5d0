"""Posted links that wait to be looked at, and how those of a campaign were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from serving.db.tables import Offer, PostedLink
from serving.db.wordings import POSTED
from serving.vocabulary import Platform, PostCheck


def waiting(session: Session, asked_until: datetime, limit: int) -> Sequence[PostedLink]:
    """Give links whose page is still to be asked and was not asked since a moment, locked; the oldest first."""
    query = (
        select(PostedLink)
        .where(
            PostedLink.checked == PostCheck.WAITING,
            or_(PostedLink.checked_at.is_(None), PostedLink.checked_at <= asked_until),
        )
        .order_by(PostedLink.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).all()


def locked(session: Session, link_id: int) -> PostedLink | None:
    """Give one posted link, locked and freshly read, until the transaction ends."""
    query = select(PostedLink).where(PostedLink.id == link_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def offer_of(session: Session, link_id: int) -> int | None:
    """Give the number of the offer that a posted link belongs to."""
    return session.scalar(select(PostedLink.offer_id).where(PostedLink.id == link_id))


def of_offer(session: Session, offer_id: int) -> dict[Platform, PostCheck]:
    """Give how each posted link of one offer is looked at."""
    query = select(PostedLink.platform, PostedLink.checked).where(PostedLink.offer_id == offer_id)
    return dict(session.execute(query).all())


@dataclass(frozen=True, slots=True)
class Counted:
    """Posted links that are looked at in one way, and how many people's they are: one may post on three platforms."""

    n_links: int
    n_people: int


def counts(session: Session, campaign_id: int) -> dict[PostCheck, Counted]:
    """Count a campaign's posted links by how they are looked at."""
    query = (
        select(PostedLink.checked, func.count(), func.count(func.distinct(PostedLink.offer_id)))
        .join(Offer, Offer.id == PostedLink.offer_id)
        .where(Offer.campaign_id == campaign_id, Offer.state.in_(POSTED))
        .group_by(PostedLink.checked)
    )
    return {row[0]: Counted(row[1], row[2]) for row in session.execute(query)}
