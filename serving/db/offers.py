"""Offers, as their person, their campaign and the worker see them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, Update, func, select, update
from sqlalchemy.orm import Session

from serving.db.changed import n_changed
from serving.db.tables import (
    Campaign,
    Caption,
    Clarification,
    Decision,
    Influencer,
    Ministry,
    Offer,
    PostedLink,
)
from serving.vocabulary import (
    CampaignKind,
    CampaignState,
    Category,
    Channel,
    ClarificationState,
    OfferState,
    Platform,
    PostCheck,
)


@dataclass(frozen=True, slots=True)
class Carried:
    """One offer with what it carries and whose it is."""

    offer_id: int
    state: OfferState
    variant: int
    why: dict[str, Any]
    offered_at: datetime | None
    expires_at: datetime | None
    snoozed_until: datetime | None
    influencer_id: int
    user_id: int | None
    timezone: str
    employer: str
    employer_code: str
    campaign_id: int
    campaign_state: CampaignState
    kind: CampaignKind
    title: str
    body: str
    issuer: str
    link: str
    official_posts: dict[str, Any]
    topic: str
    ends_at: datetime
    clarification_slug: str | None
    clarification_state: ClarificationState | None
    category: Category
    # What was answered about the claim behind it, by gate; none for programme news, which has no claim.
    gates: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class SampledLink:
    """One posted link for a second look: where it is, not who posted it."""

    offer_id: int
    campaign_id: int
    platform: Platform
    url: str
    at: datetime
    checked: PostCheck


def _answers() -> ScalarSelect[Any]:
    """Give the gates of the answer that published the outer query's clarification."""
    return (
        select(Decision.gates)
        .where(
            Decision.claim_id == Clarification.claim_id,
            Decision.outcome == "approved",
            Decision.at <= Clarification.published_at,
        )
        .order_by(Decision.id.desc())
        .limit(1)
        .correlate(Clarification)
        .scalar_subquery()
    )


def _carried_by_campaign() -> tuple[Any, ...]:
    """Give the columns that a campaign brings into ``Carried``, in its order."""
    return (
        Campaign.id,
        Campaign.state,
        Campaign.kind,
        Campaign.title,
        Campaign.body,
        Campaign.issuer,
        Campaign.link,
        Campaign.official_posts,
        Campaign.topic,
        Campaign.ends_at,
        Clarification.slug,
        Clarification.state,
        func.coalesce(Clarification.category, Campaign.category),
        _answers(),
    )


def _carried() -> Select[Any]:
    return (
        select(
            Offer.id,
            Offer.state,
            Offer.variant,
            Offer.why,
            Offer.offered_at,
            Offer.expires_at,
            Offer.snoozed_until,
            Influencer.id,
            Influencer.user_id,
            Influencer.timezone,
            Ministry.name,
            Ministry.code,
            *_carried_by_campaign(),
        )
        .join(Influencer, Influencer.id == Offer.influencer_id)
        .join(Ministry, Ministry.id == Influencer.ministry_id)
        .join(Campaign, Campaign.id == Offer.campaign_id)
        .outerjoin(Clarification, Clarification.id == Campaign.clarification_id)
    )


def carried(session: Session, offer_id: int) -> Carried | None:
    """Give one offer with what it carries."""
    row = session.execute(_carried().where(Offer.id == offer_id)).one_or_none()
    return Carried(*row) if row else None


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who would be offered a campaign; nobody's number is 0."""

    influencer_id: int
    timezone: str
    employer: str
    employer_code: str
    region: str


def reader(session: Session, influencer_id: int) -> Reader | None:
    """Give one person as a reader of what would be offered."""
    query = (
        select(Influencer.id, Influencer.timezone, Ministry.name, Ministry.code, Influencer.region)
        .join(Ministry, Ministry.id == Influencer.ministry_id)
        .where(Influencer.id == influencer_id)
    )
    row = session.execute(query).one_or_none()
    return Reader(*row) if row else None


@dataclass(frozen=True, slots=True)
class Trial:
    """An offer that was not made: to whom, since when and until when it would be open, and in which wording."""

    reader: Reader
    state: OfferState
    offered_at: datetime
    expires_at: datetime
    variant: int
    why: dict[str, Any]


def carried_on_trial(session: Session, campaign_id: int, trial: Trial) -> Carried:
    """Give what an offer of a campaign would carry, were it made; its number is 0."""
    query = (
        select(*_carried_by_campaign())
        .select_from(Campaign)
        .outerjoin(Clarification, Clarification.id == Campaign.clarification_id)
        .where(Campaign.id == campaign_id)
    )
    reader, row = trial.reader, session.execute(query).one()
    offer = (0, trial.state, trial.variant, trial.why, trial.offered_at, trial.expires_at, None)
    person = (reader.influencer_id, None, reader.timezone, reader.employer, reader.employer_code)
    values: tuple[Any, ...] = (*offer, *person, *row)
    return Carried(*values)


@dataclass(frozen=True, slots=True)
class Released:
    """One offer that was released, to whom and where they work; a number stands for each."""

    ministry_id: int
    campaign_id: int
    offer_id: int
    influencer_id: int
    expires_at: datetime | None


def released_at(session: Session, moment: datetime, ministry_ids: Collection[int]) -> list[Released]:
    """Give the offers released at a moment to people of these ministries who hear through their ministry's system."""
    query = (
        select(Influencer.ministry_id, Offer.campaign_id, Offer.id, Influencer.id, Offer.expires_at)
        .join(Influencer, Influencer.id == Offer.influencer_id)
        .where(
            Offer.offered_at == moment,
            Offer.state == OfferState.OFFERED,
            Influencer.ministry_id.in_(ministry_ids),
            Influencer.channel == Channel.MINISTRY,
        )
        .order_by(Influencer.ministry_id, Offer.campaign_id, Offer.id)
    )
    return [Released(*row) for row in session.execute(query)]


def carried_by(
    session: Session, influencer_id: int, states: Collection[OfferState], *, limit: int, before: int | None = None
) -> list[Carried]:
    """Give one person's offers in these states, newest first, from below the offer ``before``."""
    query = _carried().where(Offer.influencer_id == influencer_id, Offer.state.in_(states))
    if before is not None:
        query = query.where(Offer.id < before)
    return [Carried(*row) for row in session.execute(query.order_by(Offer.id.desc()).limit(limit))]


def captions(session: Session, campaign_id: int) -> dict[Platform, list[str]]:
    """Give a campaign's approved captions by platform, in the order of their variants."""
    query = (
        select(Caption.platform, Caption.text)
        .join(Campaign, (Campaign.id == Caption.campaign_id) & (Campaign.caption_edition == Caption.edition))
        .where(Caption.campaign_id == campaign_id)
        .order_by(Caption.variant)
    )
    found: dict[Platform, list[str]] = {}
    for platform, text in session.execute(query):
        found.setdefault(platform, []).append(text)
    return found


def influencer_of_user(session: Session, user_id: int) -> Influencer | None:
    """Give the influencer behind an account."""
    return session.scalars(select(Influencer).where(Influencer.user_id == user_id)).one_or_none()


def locked(session: Session, offer_id: int) -> Offer | None:
    """Give one offer, locked and freshly read, until the transaction ends."""
    query = select(Offer).where(Offer.id == offer_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def links_of(session: Session, offer_ids: Collection[int]) -> dict[int, dict[Platform, str]]:
    """Give the posted links of these offers, by offer and platform."""
    found: dict[int, dict[Platform, str]] = {}
    query = select(PostedLink.offer_id, PostedLink.platform, PostedLink.url).where(PostedLink.offer_id.in_(offer_ids))
    for offer_id, platform, url in session.execute(query.order_by(PostedLink.id)):
        found.setdefault(offer_id, {})[platform] = url
    return found


def link_row(session: Session, offer_id: int, platform: Platform) -> PostedLink | None:
    """Give the link that was posted for one offer on one platform."""
    query = select(PostedLink).where(PostedLink.offer_id == offer_id, PostedLink.platform == platform)
    return session.scalars(query).one_or_none()


def sample_of_posted(session: Session, limit: int, *, not_of_user: int) -> list[SampledLink]:
    """Give a random sample of posted links that nobody has looked at, none of the reader's own."""
    query = (
        select(
            PostedLink.offer_id,
            Offer.campaign_id,
            PostedLink.platform,
            PostedLink.url,
            PostedLink.at,
            PostedLink.checked,
        )
        .join(Offer, Offer.id == PostedLink.offer_id)
        .join(Influencer, Influencer.id == Offer.influencer_id)
        .where(
            Offer.state == OfferState.POSTED,
            PostedLink.checked != PostCheck.METADATA,
            func.coalesce(Influencer.user_id, 0) != not_of_user,
        )
        .order_by(func.random())
        .limit(limit)
    )
    return [SampledLink(*row) for row in session.execute(query)]


# ---- many at once ----------------------------------------------------------------------------------------------


def _changed(session: Session, statement: Update) -> Sequence[int]:
    """Run one update and give the ids that it changed."""
    result = session.execute(
        statement.returning(Offer.id).execution_options(synchronize_session="fetch"),
    )
    return result.scalars().all()


def wake(session: Session, now: datetime, states: Collection[OfferState], to: OfferState) -> Sequence[int]:
    """Put every offer whose snooze is over back into its inbox, if it has not lapsed meanwhile."""
    return _changed(
        session,
        update(Offer)
        .where(
            Offer.state.in_(states),
            Offer.snoozed_until <= now,
            func.coalesce(Offer.expires_at, now) >= now,
        )
        .values(state=to, snoozed_until=None),
    )


def expire(session: Session, now: datetime, states: Collection[OfferState], to: OfferState) -> Sequence[int]:
    """Let every open offer lapse whose time is over or whose campaign has ended."""
    over = select(Campaign.id).where((Campaign.ends_at <= now) | (Campaign.state == CampaignState.ENDED))
    return _changed(
        session,
        update(Offer)
        .where(Offer.state.in_(states), (Offer.expires_at <= now) | Offer.campaign_id.in_(over))
        .values(state=to, snoozed_until=None),
    )


def hold(
    session: Session,
    states: Collection[OfferState],
    *,
    campaign_ids: Collection[int] = (),
    influencer_id: int | None = None,
) -> None:
    """Lock the offers in these states of some campaigns or of one person, in order of number."""
    of = Offer.campaign_id.in_(campaign_ids) if influencer_id is None else Offer.influencer_id == influencer_id
    session.execute(select(Offer.id).where(Offer.state.in_(states), of).order_by(Offer.id).with_for_update()).all()


def recall(
    session: Session,
    states: Collection[OfferState],
    to: OfferState,
    *,
    campaign_id: int | None = None,
    influencer_id: int | None = None,
) -> Sequence[int]:
    """Take back every unanswered offer of one campaign, of one person, or of one person from one campaign."""
    of = [Offer.campaign_id == campaign_id] if campaign_id is not None else []
    if influencer_id is not None:
        of.append(Offer.influencer_id == influencer_id)
    return _changed(session, update(Offer).where(Offer.state.in_(states), *of).values(state=to, snoozed_until=None))


def campaigns_of(session: Session, states: Collection[OfferState], influencer_id: int) -> Sequence[Campaign]:
    """Give the campaigns of one person's offers in these states."""
    mine = select(Offer.campaign_id).where(Offer.influencer_id == influencer_id, Offer.state.in_(states))
    return session.scalars(select(Campaign).where(Campaign.id.in_(mine)).order_by(Campaign.id)).all()


def recall_over(session: Session, now: datetime, planned: OfferState, to: OfferState) -> int:
    """Take back what was planned for campaigns that are over: it never reached anybody."""
    over = select(Campaign.id).where((Campaign.ends_at <= now) | (Campaign.state == CampaignState.ENDED))
    return n_changed(session, update(Offer).where(Offer.state == planned, Offer.campaign_id.in_(over)).values(state=to))
