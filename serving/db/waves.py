"""How the programme is rolled out by ministry, and where reach is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from serving.db.routing import Line, agreed_on, eligible, followers
from serving.db.tables import Influencer, InfluencerTopic, KeptStanding, Ministry, User, Wave
from serving.vocabulary import Platform


def locked(session: Session, ministry_id: int) -> Wave | None:
    """Give a ministry's wave as it stands, locked: people join it one after another."""
    query = select(Wave).where(Wave.ministry_id == ministry_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def by_ministry(session: Session) -> dict[int, Wave]:
    """Give every wave by its ministry."""
    return {row.ministry_id: row for row in session.scalars(select(Wave))}


def managers(session: Session) -> dict[int, str]:
    """Give the account names of the waves' managers."""
    query = select(User.id, User.name).join(Wave, Wave.manager_id == User.id)
    return {row[0]: row[1] for row in session.execute(query)}


def count_joined(session: Session, ministry_id: int) -> int:
    """Count who consented in a ministry and has not left."""
    query = select(func.count()).where(
        Influencer.ministry_id == ministry_id, Influencer.consent_version.is_not(None), Influencer.left_at.is_(None)
    )
    return session.execute(query).scalar_one()


def joined(session: Session) -> dict[int, int]:
    """Count, by ministry, who consented and has not left."""
    query = (
        select(Influencer.ministry_id, func.count())
        .where(Influencer.consent_version.is_not(None), Influencer.left_at.is_(None))
        .group_by(Influencer.ministry_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def lowered_caps(session: Session, per_day: int) -> list[tuple[int, int]]:
    """Give each ministry whose people get fewer offers a day than the service's own cap, with its cap."""
    query = select(Wave.ministry_id, Wave.offers_per_day).where(Wave.offers_per_day < per_day)
    return [(row[0], row[1]) for row in session.execute(query.order_by(Wave.ministry_id)) if row[1] is not None]


# ---- where reach is missing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """The eligible people of one province; by platform, how many agreed to it and how many followers these have."""

    region: str
    n_people: int
    n_on: dict[Platform, int]
    reach: dict[Platform, int]


def places(session: Session, line: Line) -> list[Place]:
    """Count the eligible and, where they agreed to it, sum their followers, by province."""
    agreed = [func.count().filter(agreed_on(KeptStanding, platform)) for platform in Platform]
    sums = [func.coalesce(func.sum(followers(KeptStanding, [platform])), 0) for platform in Platform]
    query = (
        eligible(line)
        .with_only_columns(KeptStanding.region, func.count(), *agreed, *sums)
        .group_by(KeptStanding.region)
        .order_by(KeptStanding.region)
    )
    found, n = [], len(Platform)
    for region, n_people, *counts in session.execute(query):
        numbers = [int(each) for each in counts]
        n_on, reach = (dict(zip(Platform, part, strict=True)) for part in (numbers[:n], numbers[n:]))
        found.append(Place(region, n_people, n_on, reach))
    return found


def topics(session: Session, line: Line) -> list[tuple[str, str, int]]:
    """Count the eligible by topic and province; whoever chose several topics counts in each."""
    query = (
        eligible(line)
        .join(InfluencerTopic, InfluencerTopic.influencer_id == KeptStanding.influencer_id)
        .with_only_columns(InfluencerTopic.topic, KeptStanding.region, func.count())
        .group_by(InfluencerTopic.topic, KeptStanding.region)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def short_on(session: Session, ministries: Sequence[int], min_followers: int) -> tuple[int, dict[Platform, int]]:
    """Count who takes part in a running ministry, and of these, by platform, who lacks a count that is high enough."""
    columns = {platform: getattr(KeptStanding, platform.value) for platform in Platform}
    query = (
        select(
            func.count(), *(func.count().filter(or_(each.is_(None), each < min_followers)) for each in columns.values())
        )
        .select_from(KeptStanding)
        .join(Ministry, Ministry.id == KeptStanding.ministry_id)
        .where(KeptStanding.willing, KeptStanding.ministry_id.in_(ministries))
    )
    willing, *short = map(int, session.execute(query).one())
    return willing, dict(zip(Platform, short, strict=True))
