"""What campaigns that are over reached of those they asked, and the followers of people who would be asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from serving.db import bulk
from serving.db.reach import CARRIED
from serving.db.routing import Cell, followers
from serving.db.tables import Campaign, Influencer, KeptStanding, Ministry, Offer, PostedLink
from serving.vocabulary import CampaignState


@dataclass(frozen=True, slots=True)
class Past:
    """One campaign that is over, in followers of the people behind each number, where they agreed to have them counted.

    Attributes:
        n_asked: people who were offered it, with ``asked``, their followers.
        posted: followers of those who posted.
        n_reported: people who said how often their posts were seen, with ``reported``, their followers.
        views: what they said, added up.
    """

    n_asked: int
    asked: int
    posted: int
    n_reported: int
    reported: int
    views: int


def past(session: Session, limit: int) -> list[Past]:
    """Give what became of the newest campaigns that ran and are over."""
    over = (
        select(Campaign.id)
        .where(Campaign.state == CampaignState.ENDED, Campaign.live_at.is_not(None))
        .order_by(Campaign.ended_at.desc(), Campaign.id.desc())
        .limit(limit)
        .subquery()
    )
    said = (
        select(PostedLink.offer_id, func.sum(PostedLink.views).label("views"))
        .join(Offer, Offer.id == PostedLink.offer_id)
        .where(Offer.campaign_id.in_(select(over.c.id)), PostedLink.views.is_not(None))
        .group_by(PostedLink.offer_id)
        .subquery()
    )
    reach, has_said = followers(KeptStanding), said.c.views.is_not(None)
    query = (
        select(
            func.count(),
            func.coalesce(func.sum(reach), 0),
            func.coalesce(func.sum(case((Offer.state.in_(CARRIED), reach), else_=0)), 0),
            func.count(said.c.views),
            func.coalesce(func.sum(case((has_said, reach), else_=0)), 0),
            func.coalesce(func.sum(said.c.views), 0),
        )
        .select_from(Offer)
        .join(KeptStanding, KeptStanding.influencer_id == Offer.influencer_id)
        .outerjoin(said, said.c.offer_id == Offer.id)
        .where(Offer.campaign_id.in_(select(over.c.id)), Offer.offered_at.is_not(None))
        .group_by(Offer.campaign_id)
    )
    return [Past(*(int(value) for value in row)) for row in session.execute(query)]


def cells(session: Session, influencer_ids: Collection[int]) -> list[Cell]:
    """Count these people and their followers by ministry and province."""
    query = (
        select(Ministry.code, Influencer.region, func.count(), func.sum(followers(KeptStanding)))
        .select_from(Influencer)
        .join(Ministry, Ministry.id == Influencer.ministry_id)
        .join(KeptStanding, KeptStanding.influencer_id == Influencer.id)
        .where(bulk.among(session, Influencer.id, influencer_ids))
        .group_by(Ministry.code, Influencer.region)
        .order_by(Ministry.code, Influencer.region)
    )
    return [Cell(ministry, region, int(n), int(reach)) for ministry, region, n, reach in session.execute(query)]
