"""Short links and their clicks, reported views, and the posts of claims around a moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from serving.db import bulk
from serving.db.dialect import insert_into
from serving.db.golden import is_real
from serving.db.routing import followers
from serving.db.tables import (
    Campaign,
    Claim,
    Clarification,
    KeptStanding,
    LinkClick,
    Offer,
    PostedLink,
    ShortLink,
    Spread,
)
from serving.vocabulary import Category, ClaimState, OfferState

CARRIED = (OfferState.POSTED, OfferState.VERIFIED)

# ---- links -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """Where a short link leads: a clarification by its slug, else the campaign's own address."""

    link_id: int
    slug: str | None
    link: str


def link_of(session: Session, campaign_id: int, region: str) -> ShortLink | None:
    """Give the link with which the people of one province carry a campaign."""
    query = select(ShortLink).where(ShortLink.campaign_id == campaign_id, ShortLink.region == region)
    return session.scalars(query).one_or_none()


def open_link(session: Session, campaign_id: int, region: str, code: str) -> None:
    """Make ``code`` the link of a campaign in a province, which nobody carries yet, unless it has one."""
    adding = insert_into(session, ShortLink).values(campaign_id=campaign_id, region=region, code=code, n_carriers=0)
    session.execute(adding.on_conflict_do_nothing(index_elements=[ShortLink.campaign_id, ShortLink.region]))


def carry(session: Session, campaign_id: int, region: str) -> None:
    """Count one more person who carries the link of a campaign in a province, where there is one."""
    session.execute(
        update(ShortLink)
        .where(ShortLink.campaign_id == campaign_id, ShortLink.region == region)
        .values(n_carriers=ShortLink.n_carriers + 1)
    )


def target(session: Session, code: str) -> Target | None:
    """Give where a link leads."""
    query = (
        select(ShortLink.id, Clarification.slug, Campaign.link)
        .join(Campaign, Campaign.id == ShortLink.campaign_id)
        .outerjoin(Clarification, Clarification.id == Campaign.clarification_id)
        .where(ShortLink.code == code)
    )
    row = session.execute(query).one_or_none()
    return Target(*row) if row else None


def count_click(session: Session, link_id: int, hour: int) -> None:
    """Count one click in an hour, by its number since 1970."""
    adding = insert_into(session, LinkClick).values(link_id=link_id, hour=hour, n=1)
    session.execute(
        adding.on_conflict_do_update(index_elements=[LinkClick.link_id, LinkClick.hour], set_={"n": LinkClick.n + 1})
    )


@dataclass(frozen=True, slots=True)
class Clicked:
    """The clicks on one province's link, and how many people carry it."""

    region: str
    n_carriers: int
    n_clicks: int


def clicks_by_region(session: Session, campaign_id: int) -> list[Clicked]:
    """Sum the clicks on each link of a campaign."""
    query = (
        select(ShortLink.region, ShortLink.n_carriers, func.coalesce(func.sum(LinkClick.n), 0))
        .outerjoin(LinkClick, LinkClick.link_id == ShortLink.id)
        .where(ShortLink.campaign_id == campaign_id)
        .group_by(ShortLink.id)
        .order_by(ShortLink.region)
    )
    return [Clicked(region, carriers, int(n)) for region, carriers, n in session.execute(query)]


def clicks_by_hour(session: Session, campaign_id: int) -> dict[int, int]:
    """Sum the clicks on a campaign's links by hour since 1970."""
    query = (
        select(LinkClick.hour, func.sum(LinkClick.n))
        .join(ShortLink, ShortLink.id == LinkClick.link_id)
        .where(ShortLink.campaign_id == campaign_id)
        .group_by(LinkClick.hour)
        .order_by(LinkClick.hour)
    )
    return {row[0]: int(row[1] or 0) for row in session.execute(query)}


# ---- what people report ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Posted:
    """Who posted: how many, their followers, how many of them said how often it was seen, and what that adds up to.

    Followers are those on the platforms that each of them agreed to.
    """

    n_people: int
    followers: int
    n_reported: int
    views: int


def posted(session: Session, campaign_id: int) -> Posted:
    """Sum what people posted and reported for a campaign."""
    people = select(func.count(), func.coalesce(func.sum(followers(KeptStanding)), 0)).select_from(Offer)
    people = people.join(KeptStanding, KeptStanding.influencer_id == Offer.influencer_id)
    mine = (Offer.campaign_id == campaign_id, Offer.state.in_(CARRIED))
    n_people, n_followers = session.execute(people.where(*mine)).one()
    reported = (
        select(func.count(func.distinct(Offer.id)), func.coalesce(func.sum(PostedLink.views), 0))
        .join(PostedLink, PostedLink.offer_id == Offer.id)
        .where(*mine, PostedLink.views.is_not(None))
    )
    n_reported, views = session.execute(reported).one()
    return Posted(n_people, int(n_followers), n_reported, int(views or 0))


def forget_views(session: Session, influencer_id: int) -> int:
    """Forget how often one person's posts were seen; give of how many posts they had said it."""
    own = select(Offer.id).where(Offer.influencer_id == influencer_id)
    statement = (
        update(PostedLink)
        .where(PostedLink.offer_id.in_(own), PostedLink.views.is_not(None))
        .values(views=None)
        .returning(PostedLink.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(session.scalars(statement).all())


# ---- a claim's spread around a moment --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Behind:
    """The claim behind a campaign."""

    claim_id: int
    category: Category
    first_seen_at: datetime


def behind(session: Session, campaign_id: int) -> Behind | None:
    """Give the claim behind a campaign; none for programme news."""
    query = (
        select(Claim.id, Claim.category, Claim.first_seen_at)
        .join(Clarification, Clarification.claim_id == Claim.id)
        .join(Campaign, Campaign.clarification_id == Clarification.id)
        .where(Campaign.id == campaign_id)
    )
    row = session.execute(query).one_or_none()
    return Behind(*row) if row else None


def without_campaign(
    session: Session, like: Behind, seen_before: datetime, seen_after: datetime, limit: int
) -> dict[int, datetime]:
    """Give claims of the same category, first seen between two moments, that no campaign ever carried, newest first.

    The spread of a golden item is a copy, squeezed into hours, so it is like none.
    """
    carried = exists().where(
        Clarification.claim_id == Claim.id,
        Campaign.clarification_id == Clarification.id,
        Campaign.live_at.is_not(None),
    )
    query = (
        select(Claim.id, Claim.first_seen_at)
        .where(
            Claim.category == like.category,
            Claim.id != like.claim_id,
            Claim.state != ClaimState.MERGED,
            Claim.first_seen_at <= seen_before,
            Claim.first_seen_at >= seen_after,
            ~carried,
            is_real(Claim.id),
        )
        .order_by(Claim.id.desc())
        .limit(limit)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def posts_by_quarter(session: Session, claim_ids: Sequence[int]) -> Mapping[int, dict[int, int]]:
    """Give the posts of these claims by quarter of an hour since 1970."""
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    query = select(Spread.claim_id, Spread.quarter, Spread.n_posts).where(
        bulk.among(session, Spread.claim_id, list(claim_ids))
    )
    for claim_id, quarter, n in session.execute(query):
        found[claim_id][quarter] = n
    return found
