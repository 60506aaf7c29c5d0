"""The outbox: which messages are due, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    Text,
    and_,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from serving.db import chat
from serving.db.changed import n_changed
from serving.db.library import PRESENT_WORDS
from serving.db.routing import Line, Zone, eligible, quiet_by_own
from serving.db.tables import (
    Campaign,
    Clarification,
    ClarificationVersion,
    Correction,
    Delivery,
    Influencer,
    KeptStanding,
    Offer,
)
from serving.db.types import UtcTime
from serving.vocabulary import (
    CampaignKind,
    CampaignState,
    Category,
    Channel,
    CorrectionState,
    DeliveryState,
    OfferState,
)

OPEN = (OfferState.OFFERED, OfferState.SNOOZED)


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What a message about an offer says."""

    offer_id: int
    kind: CampaignKind
    title: str
    issuer: str
    expires_at: datetime | None
    category: Category


@dataclass(frozen=True, slots=True)
class CorrectionFacts:
    """What a message about a correction says."""

    correction_id: int
    title: str
    slug: str
    reason: str
    n_reminders: int


@dataclass(frozen=True, slots=True)
class Reminder:
    """Whom to remind, as moments: see ``remind``.

    Attributes:
        measured_after: evidence that is older has expired.
        measured_until: who has evidence as old as this is reminded.
        told_until: and is told of everything as old as this, so that the next reminder is some time off.
    """

    now: datetime
    measured_after: datetime
    measured_until: datetime
    told_until: datetime


def remind(session: Session, line: Line, wanted: Reminder) -> int:
    """Write one message for each eligible person with an address whose oldest evidence expires soon; give how many.

    Evidence that a message has told of is never told of again, whatever became of the message.
    """
    told = exists().where(
        Delivery.influencer_id == KeptStanding.influencer_id, Delivery.evidence_before >= KeptStanding.oldest_at
    )
    due = (
        eligible(line)
        .with_only_columns(
            cast("evidence:", Text) + cast(KeptStanding.influencer_id, String) + f":{wanted.now.date().isoformat()}",
            cast("email", Text),
            KeptStanding.influencer_id,
            cast(DeliveryState.PENDING.value, Text),
            literal(0, Integer),
            literal(wanted.now, UtcTime),
            cast("", Text),
            literal(wanted.told_until, UtcTime),
        )
        .where(
            KeptStanding.oldest_at > wanted.measured_after,
            KeptStanding.oldest_at <= wanted.measured_until,
            chat.reachable(),
            Influencer.channel != Channel.INBOX,
            ~told,
        )
    )
    columns = ["key", "channel", "influencer_id", "state", "attempts", "not_before", "last_error", "evidence_before"]
    statement = insert(Delivery).from_select(columns, due, include_defaults=False)
    return n_changed(session, statement.execution_options(preserve_rowcount=True))


def _open_offer() -> ColumnElement[bool]:
    return exists().where(Offer.id == Delivery.offer_id, Offer.state == OfferState.OFFERED)


def _running_campaign(now: datetime) -> ColumnElement[bool]:
    return exists().where(
        Offer.id == Delivery.offer_id,
        Campaign.id == Offer.campaign_id,
        Campaign.state == CampaignState.LIVE,
        func.coalesce(Offer.expires_at, Campaign.ends_at) > now,
    )


@dataclass(frozen=True, slots=True)
class Leaving:
    """What may leave at a moment: to zones that are awake, to people of whom ``reachable`` holds, so many at most."""

    now: datetime
    zones: Sequence[Zone]
    limit: int
    reachable: ColumnElement[bool]
    offers_too: bool = True


def due(session: Session, leaving: Leaving) -> Sequence[Delivery]:
    """Give messages that may leave now, locked; rows that another worker holds are passed over.

    An offer leaves only while it is open, its campaign runs and its person takes part; a correction reaches those who
    paused or left as well, and leaves also while nothing is offered; a reminder reaches whoever takes part. Nothing
    leaves to a zone that is asleep, or within somebody's own quiet hours. Whoever wants to hear of offers in the inbox
    alone is still told of a correction.
    """
    now, zones = leaving.now, leaving.zones
    if not zones:
        return []
    there = and_(Influencer.paused_at.is_(None), Influencer.left_at.is_(None), Influencer.active)
    willing = and_(there, Influencer.channel != Channel.INBOX)
    sendable: ColumnElement[bool] = or_(
        Delivery.correction_id.is_not(None),
        and_(willing, Delivery.evidence_before.is_not(None)),
        and_(there, Delivery.invitation_id.is_not(None)),
    )
    if leaving.offers_too:
        sendable = or_(sendable, and_(willing, _open_offer(), _running_campaign(now)))
    query = (
        select(Delivery)
        .join(Influencer, Influencer.id == Delivery.influencer_id)
        .where(
            Delivery.state == DeliveryState.PENDING,
            Delivery.not_before <= now,
            leaving.reachable,
            Influencer.timezone.in_([zone.timezone for zone in zones]),
            ~quiet_by_own(Influencer, zones),
            sendable,
        )
        # A correction goes before any offer.
        .order_by(Delivery.correction_id.is_(None), Delivery.not_before, Delivery.id)
        .limit(leaving.limit)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    return session.scalars(query).all()


def locked(session: Session, delivery_id: int) -> Delivery | None:
    """Give one message, locked and freshly read."""
    query = select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def withdraw_answered(session: Session) -> Sequence[int]:
    """Withdraw every waiting message whose offer was answered, recalled or lapsed, or whose correction was read."""
    closed_offer = exists().where(Offer.id == Delivery.offer_id, Offer.state.not_in(OPEN))
    read = exists().where(Correction.id == Delivery.correction_id, Correction.state == CorrectionState.ACKNOWLEDGED)
    statement = (
        update(Delivery)
        .where(Delivery.state == DeliveryState.PENDING, or_(closed_offer, read))
        .values(state=DeliveryState.WITHDRAWN)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(statement).scalars().all()


def is_open(session: Session, offer_id: int) -> bool:
    """Tell whether an offer still waits for its answer."""
    return bool(session.scalar(select(exists().where(Offer.id == offer_id, Offer.state.in_(OPEN)))))


def is_campaign_frozen(session: Session, offer_id: int) -> bool:
    """Tell whether the campaign of an offer is frozen, and may yet go on."""
    frozen = exists().where(
        Offer.id == offer_id, Campaign.id == Offer.campaign_id, Campaign.state == CampaignState.FROZEN
    )
    return bool(session.scalar(select(frozen)))


def offer_facts(session: Session, offer_id: int) -> OfferFacts | None:
    """Give what a message about one offer says, while the offer is open."""
    query = (
        select(
            Offer.id,
            Campaign.kind,
            Campaign.title,
            Campaign.issuer,
            Offer.expires_at,
            func.coalesce(Clarification.category, Campaign.category),
        )
        .join(Campaign, Campaign.id == Offer.campaign_id)
        .outerjoin(Clarification, Clarification.id == Campaign.clarification_id)
        .where(Offer.id == offer_id, Offer.state.in_(OPEN), Campaign.state == CampaignState.LIVE)
    )
    row = session.execute(query).one_or_none()
    return OfferFacts(*row) if row else None


def correction_facts(session: Session, correction_id: int) -> CorrectionFacts | None:
    """Give what a message about one correction says."""
    query = (
        select(Correction.id, ClarificationVersion.title, Clarification.slug, Correction.reason, Correction.n_reminders)
        .join(Clarification, Clarification.id == Correction.clarification_id)
        .join(ClarificationVersion, PRESENT_WORDS)
        .where(Correction.id == correction_id)
    )
    row = session.execute(query).one_or_none()
    return CorrectionFacts(*row) if row else None


def recipient(session: Session, influencer_id: int) -> Influencer | None:
    """Give the person whom a message is for."""
    return session.get(Influencer, influencer_id, populate_existing=True)


def counts(session: Session) -> dict[DeliveryState, int]:
    """Count messages by state."""
    query = select(Delivery.state, func.count()).group_by(Delivery.state)
    return {row[0]: row[1] for row in session.execute(query)}


def failed(session: Session, limit: int) -> Sequence[Delivery]:
    """Give the messages that could not be sent, newest first."""
    query = select(Delivery).where(Delivery.state == DeliveryState.FAILED)
    return session.scalars(query.order_by(Delivery.id.desc()).limit(limit)).all()
