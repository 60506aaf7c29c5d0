"""Feeds: which are due, and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.db.tables import Feed


def feeds(session: Session) -> Sequence[Feed]:
    """Give every feed, oldest first."""
    return session.scalars(select(Feed).order_by(Feed.id)).all()


def feed(session: Session, feed_id: int) -> Feed | None:
    """Find one feed, locked for change."""
    return session.scalars(select(Feed).where(Feed.id == feed_id).with_for_update()).one_or_none()


def feed_by_url(session: Session, url: str) -> Feed | None:
    """Find the feed at an address."""
    return session.scalars(select(Feed).where(Feed.url == url)).one_or_none()


def due(session: Session, now: datetime, limit: int) -> Sequence[Feed]:
    """Give active feeds whose time has come, longest due first, locked; those that another holds are passed over."""
    query = (
        select(Feed)
        .where(Feed.active, Feed.next_poll_at <= now)
        .order_by(Feed.next_poll_at, Feed.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).all()
