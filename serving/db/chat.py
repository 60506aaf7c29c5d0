"""Chats that people linked, codes that wait to be sent from one, and messages that were taken already."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from serving.db.dialect import insert_into
from serving.db.tables import ChatLink, ChatUpdate, Delivery, Influencer, Offer
from serving.vocabulary import LINKED, Channel, DeliveryState, OfferState


def linked(channels: Collection[Channel] = LINKED) -> ColumnElement[bool]:
    """Say of a person that they hear by one of these channels and have given an address for it."""
    return and_(
        Influencer.channel.in_(channels),
        exists().where(
            ChatLink.influencer_id == Influencer.id,
            ChatLink.channel == Influencer.channel,
            ChatLink.sealed_address.is_not(None),
        ),
    )


def reachable(channels: Collection[Channel] = LINKED, *, by_mail: bool = True) -> ColumnElement[bool]:
    """Say of a person that a message can reach them: by their chat, else by e-mail where there is any."""
    if not by_mail:
        return linked(channels)
    return or_(Influencer.sealed_email.is_not(None), linked(channels))


def link(session: Session, influencer_id: int, channel: Channel) -> ChatLink | None:
    """Give what one person linked, or began to link, on one channel."""
    return session.get(ChatLink, (influencer_id, channel), populate_existing=True)


def links(session: Session, influencer_id: int) -> list[ChatLink]:
    """Give everything that one person linked, or began to link."""
    return list(session.scalars(select(ChatLink).where(ChatLink.influencer_id == influencer_id)))


def by_address(session: Session, channel: Channel, address_hash: str) -> ChatLink | None:
    """Find whose chat this is."""
    query = select(ChatLink).where(ChatLink.channel == channel, ChatLink.address_hash == address_hash)
    return session.scalars(query).one_or_none()


def by_code(session: Session, channel: Channel, code_hash: str, now: datetime) -> ChatLink | None:
    """Find who made a code that still counts, locked."""
    query = select(ChatLink).where(
        ChatLink.channel == channel, ChatLink.code_hash == code_hash, ChatLink.code_until > now
    )
    return session.scalars(query.with_for_update()).one_or_none()


def unlink(session: Session, influencer_id: int, channel: Channel) -> None:
    """Forget one chat of a person."""
    session.execute(
        delete(ChatLink).where(ChatLink.influencer_id == influencer_id, ChatLink.channel == channel),
        execution_options={"synchronize_session": "fetch"},
    )


def wipe(session: Session, influencer_id: int) -> None:
    """Forget every chat of a person."""
    session.execute(
        delete(ChatLink).where(ChatLink.influencer_id == influencer_id),
        execution_options={"synchronize_session": "fetch"},
    )


def first_time(session: Session, channel: Channel, key: str, now: datetime) -> bool:
    """Note that a message came; tell whether it is the first time. A second one waits for this transaction."""
    statement = (
        insert_into(session, ChatUpdate)
        .values(channel=channel, key=key, at=now)
        .on_conflict_do_nothing()
        .returning(ChatUpdate.key)
    )
    return session.scalar(statement) is not None


def forget(session: Session, before: datetime) -> int:
    """Forget which messages came before a moment; give how many."""
    return len(session.scalars(delete(ChatUpdate).where(ChatUpdate.at < before).returning(ChatUpdate.key)).all())


def open_offers(session: Session, influencer_id: int) -> list[int]:
    """Give the offers that wait for one person's answer, newest first."""
    query = select(Offer.id).where(
        Offer.influencer_id == influencer_id, Offer.state.in_((OfferState.OFFERED, OfferState.SNOOZED))
    )
    return list(session.scalars(query.order_by(Offer.id.desc())))


def arrived(session: Session, key: str, now: datetime) -> int | None:
    """Mark a message as sent that was given up or waits to be sent again; give its number where it was not."""
    statement = (
        update(Delivery)
        .where(Delivery.key == key, Delivery.state.in_((DeliveryState.PENDING, DeliveryState.FAILED)))
        .values(state=DeliveryState.SENT, sent_at=now, last_error="", attempts=Delivery.attempts + 1)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(statement)
