"""Screenshots of follower counts: those that wait for a look, and forgetting their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased, defer

from serving.db.tables import FollowerEvidence, Influencer, Screenshot, User, Wave
from serving.vocabulary import Platform, Role, ScreenshotState

# A picture is up to a megabyte, and no list shows any.
_NO_PICTURE = defer(Screenshot.sealed_picture)


def locked(session: Session, screenshot_id: int) -> Screenshot | None:
    """Give one screenshot, locked and freshly read."""
    query = select(Screenshot).where(Screenshot.id == screenshot_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def by_id(session: Session, screenshot_id: int) -> Screenshot | None:
    """Give one screenshot."""
    return session.get(Screenshot, screenshot_id)


def of_person(session: Session, influencer_id: int) -> Sequence[Screenshot]:
    """Give every screenshot of one person, newest first, without their pictures."""
    query = select(Screenshot).where(Screenshot.influencer_id == influencer_id).order_by(Screenshot.id.desc())
    return session.scalars(query.options(_NO_PICTURE)).all()


def waiting_of(session: Session, influencer_id: int, platform: Platform | None = None) -> Sequence[Screenshot]:
    """Give one person's screenshots that nobody has looked at, locked; on one platform or on all."""
    query = select(Screenshot).where(
        Screenshot.influencer_id == influencer_id, Screenshot.state == ScreenshotState.UNSEEN
    )
    if platform is not None:
        query = query.where(Screenshot.platform == platform)
    return session.scalars(query.order_by(Screenshot.id).with_for_update()).all()


def _able() -> ColumnElement[bool]:
    """Say of an account that its person may look at evidence: it is open and holds the role."""
    return User.active & cast(User.roles, String).like(f'%"{Role.MANAGER.value}"%')


def manager_of(session: Session, ministry_id: int, but_not: int | None = None) -> int | None:
    """Give the account that looks after a ministry's wave, where one is named that may.

    Args:
        session: a session.
        ministry_id: the ministry.
        but_not: the account of whoever is looked at; nobody looks at themself, so another manager does.
    """
    query = select(User.id).join(Wave, Wave.manager_id == User.id).where(Wave.ministry_id == ministry_id, _able())
    return session.scalar(query if but_not is None else query.where(User.id != but_not))


@dataclass(frozen=True, slots=True)
class Waiting:
    """One screenshot, whose it is, and the evidence that stood on its platform when it was sent."""

    row: Screenshot
    person: Influencer
    before: FollowerEvidence | None


def _waits_for(user_id: int) -> ColumnElement[bool]:
    """Say of a screenshot joined to its person and wave that it waits for this manager, and is not their own.

    Theirs are those of their own wave, and of one whose manager there is not, may not look, or sent it.
    """
    another = exists().where(
        User.id == Wave.manager_id, User.id != user_id, User.id != func.coalesce(Influencer.user_id, 0), _able()
    )
    return and_(Screenshot.state == ScreenshotState.UNSEEN, ~another, func.coalesce(Influencer.user_id, 0) != user_id)


def waiting(session: Session, user_id: int, limit: int) -> Sequence[Waiting]:
    """Give what waits for this manager's look, oldest first, without pictures; never their own."""
    known = aliased(FollowerEvidence)
    before = (
        select(known.id)
        .where(
            known.influencer_id == Screenshot.influencer_id,
            known.platform == Screenshot.platform,
            known.held.is_(False),
            known.measured_at <= Screenshot.sent_at,
        )
        .order_by(known.measured_at.desc(), known.id.desc())
        .limit(1)
        .correlate(Screenshot)
        .scalar_subquery()
    )
    query = (
        select(Screenshot, Influencer, FollowerEvidence)
        .join(Influencer, Influencer.id == Screenshot.influencer_id)
        .outerjoin(Wave, Wave.ministry_id == Influencer.ministry_id)
        .outerjoin(FollowerEvidence, FollowerEvidence.id == before)
        .where(_waits_for(user_id))
        .order_by(Screenshot.id)
        .limit(limit)
        .options(_NO_PICTURE)
    )
    return [Waiting(row, person, evidence) for row, person, evidence in session.execute(query)]


def count_waiting(session: Session, user_id: int) -> int:
    """Count what waits for this manager's look."""
    query = (
        select(func.count())
        .select_from(Screenshot)
        .join(Influencer, Influencer.id == Screenshot.influencer_id)
        .outerjoin(Wave, Wave.ministry_id == Influencer.ministry_id)
        .where(_waits_for(user_id))
    )
    return session.execute(query).scalar_one()


def forget(session: Session, now: datetime) -> int:
    """Remove every picture whose time has come and that nobody looked at; give how many."""
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
