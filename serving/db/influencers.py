"""Influencers, their evidence and their ministries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, aliased

from serving.db import routing
from serving.db.tables import (
    ApiKey,
    Correction,
    Delivery,
    FollowerEvidence,
    Influencer,
    InfluencerTopic,
    KeptStanding,
    Ministry,
    Offer,
    PostedLink,
    PostWording,
    User,
)
from serving.vocabulary import Platform


def ministries(session: Session) -> Sequence[Ministry]:
    """Give every ministry, by name."""
    return session.scalars(select(Ministry).order_by(Ministry.name, Ministry.id)).all()


def ministry(session: Session, code: str) -> Ministry | None:
    """Give one ministry by its code."""
    return session.scalars(select(Ministry).where(Ministry.code == code)).one_or_none()


def by_id(session: Session, influencer_id: int) -> Influencer | None:
    """Give one person."""
    return session.get(Influencer, influencer_id)


def locked(session: Session, influencer_id: int) -> Influencer | None:
    """Give one person as they stand now, locked until the transaction ends; rows that point at them may still come."""
    query = (
        select(Influencer)
        .where(Influencer.id == influencer_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one_or_none()


def kept(session: Session, influencer_id: int) -> KeptStanding | None:
    """Give the kept row of one person as it stands now."""
    return session.get(KeptStanding, influencer_id, populate_existing=True)


def id_of_user(session: Session, user_id: int) -> int | None:
    """Give the number of the influencer who signs in as this user."""
    return session.scalar(select(Influencer.id).where(Influencer.user_id == user_id))


def user_named(session: Session, name: str) -> User | None:
    """Give the account with this name."""
    return session.scalars(select(User).where(User.name == name)).one_or_none()


def by_staff_hash(session: Session, hashes: Collection[str]) -> dict[str, Influencer]:
    """Give the people behind these keyed hashes, locked."""
    query = select(Influencer).where(Influencer.staff_hash.in_(hashes)).with_for_update(key_share=True)
    return {row.staff_hash: row for row in session.scalars(query)}


def evidence_of(session: Session, influencer_id: int) -> Sequence[FollowerEvidence]:
    """Give all evidence of one person, newest first on each platform."""
    query = (
        select(FollowerEvidence)
        .where(FollowerEvidence.influencer_id == influencer_id)
        .order_by(FollowerEvidence.platform, FollowerEvidence.measured_at.desc(), FollowerEvidence.id.desc())
    )
    return session.scalars(query).all()


def evidence_of_many(session: Session, ids: Collection[int]) -> dict[int, list[FollowerEvidence]]:
    """Give all evidence of these people, newest first on each platform."""
    query = (
        select(FollowerEvidence)
        .where(FollowerEvidence.influencer_id.in_(ids))
        .order_by(FollowerEvidence.measured_at.desc(), FollowerEvidence.id.desc())
    )
    found: dict[int, list[FollowerEvidence]] = {each: [] for each in ids}
    for row in session.scalars(query):
        found[row.influencer_id].append(row)
    return found


def evidence(session: Session, evidence_id: int) -> FollowerEvidence | None:
    """Give one piece of evidence, locked."""
    query = select(FollowerEvidence).where(FollowerEvidence.id == evidence_id).with_for_update()
    return session.scalars(query).one_or_none()


def accepted_before(
    session: Session, influencer_id: int, platform: Platform, moment: datetime
) -> FollowerEvidence | None:
    """Give the latest evidence that was not held, measured no later than ``moment``."""
    query = (
        select(FollowerEvidence)
        .where(
            FollowerEvidence.influencer_id == influencer_id,
            FollowerEvidence.platform == platform,
            FollowerEvidence.held.is_(False),
            FollowerEvidence.measured_at <= moment,
        )
        .order_by(FollowerEvidence.measured_at.desc(), FollowerEvidence.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def held_latest(session: Session, limit: int = 50) -> Sequence[tuple[FollowerEvidence, Influencer]]:
    """Give held evidence that nothing newer replaced, oldest first, with whose it is."""
    newer = aliased(FollowerEvidence)
    query = (
        select(FollowerEvidence, Influencer)
        .join(Influencer, Influencer.id == FollowerEvidence.influencer_id)
        .where(
            FollowerEvidence.held.is_(True),
            FollowerEvidence.refused_at.is_(None),
            Influencer.left_at.is_(None),
            ~select(newer.id)
            .where(
                newer.influencer_id == FollowerEvidence.influencer_id,
                newer.platform == FollowerEvidence.platform,
                newer.measured_at > FollowerEvidence.measured_at,
            )
            .exists(),
        )
        .order_by(FollowerEvidence.id)
        .limit(limit)
    )
    return [(row, person) for row, person in session.execute(query)]


@dataclass(frozen=True, slots=True)
class Search:
    """Whom to look for; what is left empty does not narrow."""

    words: str = ""
    ministry_id: int | None = None
    region: str | None = None


def search(session: Session, wanted: Search, *, after: int = 0, limit: int = 50) -> Sequence[Influencer]:
    """Give people by number: never ordered by what they did."""
    query = select(Influencer).where(Influencer.id > after).order_by(Influencer.id).limit(limit)
    if wanted.words:
        query = query.where(Influencer.name.icontains(wanted.words, autoescape=True))
    if wanted.ministry_id is not None:
        query = query.where(Influencer.ministry_id == wanted.ministry_id)
    if wanted.region:
        query = query.where(Influencer.region == wanted.region)
    return session.scalars(query).all()


def eligible_among(session: Session, line: routing.Line, ids: Collection[int]) -> set[int]:
    """Give those of ``ids`` who may receive offers."""
    query = routing.eligible(line).with_only_columns(Influencer.id).where(Influencer.id.in_(ids))
    return set(session.scalars(query))


def set_topics(session: Session, row: Influencer, topics: Sequence[str]) -> None:
    """Put these topics in the place of a person's, in both places where they stand."""
    session.execute(delete(InfluencerTopic).where(InfluencerTopic.influencer_id == row.id))
    row.topics = list(topics)
    session.add_all(InfluencerTopic(influencer_id=row.id, topic=topic) for topic in topics)
    session.flush()


def offers_of(session: Session, influencer_id: int) -> Sequence[Offer]:
    """Give every offer of one person, for their own export."""
    return session.scalars(select(Offer).where(Offer.influencer_id == influencer_id).order_by(Offer.id)).all()


def posted_links_of(session: Session, influencer_id: int) -> Sequence[PostedLink]:
    """Give every address that one person handed in."""
    query = (
        select(PostedLink)
        .join(Offer, Offer.id == PostedLink.offer_id)
        .where(Offer.influencer_id == influencer_id)
        .order_by(PostedLink.id)
    )
    return session.scalars(query).all()


def corrections_of(session: Session, influencer_id: int) -> Sequence[Correction]:
    """Give every correction sent to one person."""
    query = select(Correction).where(Correction.influencer_id == influencer_id).order_by(Correction.id)
    return session.scalars(query).all()


def deliveries_of(session: Session, influencer_id: int) -> Sequence[Delivery]:
    """Give every message to one person."""
    return session.scalars(select(Delivery).where(Delivery.influencer_id == influencer_id).order_by(Delivery.id)).all()


def withdraw_keys(session: Session, user_id: int, now: datetime) -> None:
    """Revoke every key of an account and forget how its owner named them."""
    query = select(ApiKey).where(ApiKey.user_id == user_id).with_for_update()
    for key in session.scalars(query):
        key.revoked_at, key.label = key.revoked_at or now, ""


def wipe(session: Session, row: Influencer) -> None:
    """Remove a person's evidence, topics, handed-in addresses and reasons for declining; the row is the caller's."""
    own_offers = select(Offer.id).where(Offer.influencer_id == row.id)
    for statement in (
        delete(FollowerEvidence).where(FollowerEvidence.influencer_id == row.id),
        delete(PostedLink).where(PostedLink.offer_id.in_(own_offers)),
        delete(PostWording).where(PostWording.offer_id.in_(own_offers)),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
    reasons = update(Offer).where(Offer.influencer_id == row.id).values(decline_reason=None)
    session.execute(reasons.execution_options(synchronize_session="fetch"))
    set_topics(session, row, [])


def ministry_names(session: Session) -> Mapping[int, Ministry]:
    """Give every ministry by its number."""
    return {row.id: row for row in ministries(session)}
