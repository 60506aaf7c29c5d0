"""Signatures of the words of posts: whose they are compared with, and those of a whole campaign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from serving.db.tables import Offer, PostedLink, PostWording
from serving.vocabulary import OfferState, Platform, WordingSource

POSTED = (OfferState.POSTED, OfferState.VERIFIED)


@dataclass(frozen=True, slots=True)
class Posted:
    """One post of a campaign: whose offer it answers, in which variant they were given the caption, and a signature."""

    offer_id: int
    platform: Platform
    variant: int
    minhash: bytes | None


def of_others(session: Session, campaign_id: int, *, not_of: int, limit: int) -> Sequence[bytes]:
    """Give the newest signatures of a campaign, none of one person's own."""
    query = (
        select(PostWording.minhash)
        .join(Offer, Offer.id == PostWording.offer_id)
        .where(Offer.campaign_id == campaign_id, Offer.influencer_id != not_of)
        .order_by(PostWording.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def put(session: Session, wording: PostWording) -> None:
    """Keep a signature in the place of the one before for the same offer and platform."""
    known = session.scalars(
        select(PostWording).where(PostWording.offer_id == wording.offer_id, PostWording.platform == wording.platform)
    ).one_or_none()
    if known is None:
        session.add(wording)
    else:
        known.source, known.minhash, known.at = wording.source, wording.minhash, wording.at


def posted(session: Session, campaign_id: int, limit: int) -> list[Posted]:
    """Give the newest posts of a campaign."""
    query = (
        select(PostedLink.offer_id, PostedLink.platform, Offer.variant, PostWording.minhash)
        .join(Offer, Offer.id == PostedLink.offer_id)
        .outerjoin(
            PostWording,
            and_(PostWording.offer_id == PostedLink.offer_id, PostWording.platform == PostedLink.platform),
        )
        .where(Offer.campaign_id == campaign_id, Offer.state.in_(POSTED))
        .order_by(PostedLink.id.desc())
        .limit(limit)
    )
    return [Posted(*row) for row in session.execute(query)]


def kept_of(session: Session, influencer_id: int) -> list[tuple[Platform, WordingSource, datetime]]:
    """Give of which of one person's posts a signature is kept, from where, and since when."""
    query = (
        select(PostWording.platform, PostWording.source, PostWording.at)
        .join(Offer, Offer.id == PostWording.offer_id)
        .where(Offer.influencer_id == influencer_id)
        .order_by(PostWording.id)
    )
    return [(platform, source, at) for platform, source, at in session.execute(query)]
