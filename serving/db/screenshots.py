"""Screenshots of follower counts: those that wait for a look, and forgetting their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from serving.db.tables import Influencer, Screenshot, Wave
from serving.vocabulary import Platform, ScreenshotState


def locked(session: Session, screenshot_id: int) -> Screenshot | None:
    """Give one screenshot, locked and freshly read."""
    query = select(Screenshot).where(Screenshot.id == screenshot_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def by_id(session: Session, screenshot_id: int) -> Screenshot | None:
    """Give one screenshot."""
    return session.get(Screenshot, screenshot_id)


def of_person(session: Session, influencer_id: int) -> Sequence[Screenshot]:
    """Give every screenshot of one person, newest first."""
    query = select(Screenshot).where(Screenshot.influencer_id == influencer_id).order_by(Screenshot.id.desc())
    return session.scalars(query).all()


def waiting_of(session: Session, influencer_id: int, platform: Platform | None = None) -> Sequence[Screenshot]:
    """Give one person's screenshots that nobody has looked at, locked; on one platform or on all."""
    query = select(Screenshot).where(
        Screenshot.influencer_id == influencer_id, Screenshot.state == ScreenshotState.UNSEEN
    )
    if platform is not None:
        query = query.where(Screenshot.platform == platform)
    return session.scalars(query.order_by(Screenshot.id).with_for_update()).all()


def _looked_after_by(user_id: int) -> ColumnElement[bool]:
    """Say of a wave joined to a person that this manager looks after it: their own, or one that names nobody."""
    return or_(Wave.manager_id.is_(None), Wave.manager_id == user_id)


def manager_of(session: Session, ministry_id: int) -> int | None:
    """Give the account that looks after a ministry's wave, where one is named."""
    return session.scalar(select(Wave.manager_id).where(Wave.ministry_id == ministry_id))


def waiting(session: Session, user_id: int, limit: int) -> Sequence[tuple[Screenshot, Influencer]]:
    """Give what waits for this manager's look with whose it is, oldest first; never their own."""
    query = (
        select(Screenshot, Influencer)
        .join(Influencer, Influencer.id == Screenshot.influencer_id)
        .outerjoin(Wave, Wave.ministry_id == Influencer.ministry_id)
        .where(
            Screenshot.state == ScreenshotState.UNSEEN,
            _looked_after_by(user_id),
            func.coalesce(Influencer.user_id, 0) != user_id,
        )
        .order_by(Screenshot.id)
        .limit(limit)
    )
    return [(row, person) for row, person in session.execute(query)]


def count_waiting(session: Session, user_id: int) -> int:
    """Count what waits for this manager's look."""
    query = (
        select(func.count())
        .select_from(Screenshot)
        .join(Influencer, Influencer.id == Screenshot.influencer_id)
        .outerjoin(Wave, Wave.ministry_id == Influencer.ministry_id)
        .where(
            Screenshot.state == ScreenshotState.UNSEEN,
            _looked_after_by(user_id),
            func.coalesce(Influencer.user_id, 0) != user_id,
        )
    )
    return session.execute(query).scalar_one()


def forget(session: Session, now: datetime) -> int:
    """Remove every picture whose time has come, looked at or not; give how many."""
    statement = (
        update(Screenshot)
        .where(Screenshot.forget_at <= now, Screenshot.state == ScreenshotState.UNSEEN)
        .values(state=ScreenshotState.TIMED_OUT, sealed_picture=None)
        .returning(Screenshot.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(statement).all())


def take_back_all(session: Session, influencer_id: int) -> None:
    """Close whatever of one person still waits; its pictures are gone."""
    session.execute(
        update(Screenshot)
        .where(Screenshot.influencer_id == influencer_id, Screenshot.state == ScreenshotState.UNSEEN)
        .values(state=ScreenshotState.TAKEN_BACK, sealed_picture=None)
        .execution_options(synchronize_session="fetch")
    )


def wipe(session: Session, influencer_id: int) -> None:
    """Remove every screenshot of one person."""
    statement = delete(Screenshot).where(Screenshot.influencer_id == influencer_id)
    session.execute(statement.execution_options(synchronize_session=False))
