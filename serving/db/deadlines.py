"""The clocks of claims: which are about to run out or have, what waits, and how long steps took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from serving.db.claims import OPEN_STATES
from serving.db.tables import Claim, DeadlineAlert
from serving.db.transparency import Span
from serving.vocabulary import ClaimState, DeadlineClock, DeadlineStage


@dataclass(frozen=True, slots=True)
class Step:
    """One claim that arose and was seen or decided; both moments in UTC."""

    arose: datetime
    done: datetime


def _done(clock: DeadlineClock) -> InstrumentedAttribute[datetime | None]:
    return Claim.seen_at if clock is DeadlineClock.SEEN else Claim.decided_at


def _runs(clock: DeadlineClock) -> ColumnElement[bool]:
    """Say of a claim that this clock of it still runs: somebody has to see or decide it."""
    return _done(clock).is_(None) & Claim.state.in_(OPEN_STATES)


def to_tell(
    session: Session, clock: DeadlineClock, stage: DeadlineStage, arose: Span, limit: int
) -> Sequence[tuple[int, datetime]]:
    """Give claims that arose in a span, whose clock runs and whose stage nobody was told of: number and beginning."""
    told = exists().where(
        DeadlineAlert.claim_id == Claim.id, DeadlineAlert.clock == clock, DeadlineAlert.stage == stage
    )
    query = (
        select(Claim.id, Claim.created_at)
        .where(_runs(clock), arose.holds(Claim.created_at), ~told)
        .order_by(Claim.created_at, Claim.id)
        .limit(limit)
    )
    return [(claim_id, begun) for claim_id, begun in session.execute(query)]


def running(session: Session, clock: DeadlineClock, arose: Span, limit: int) -> Sequence[Claim]:
    """Give claims that arose in a span and whose clock runs, the oldest first."""
    query = (
        select(Claim)
        .where(_runs(clock), arose.holds(Claim.created_at))
        .order_by(Claim.created_at, Claim.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def n_running(session: Session, clock: DeadlineClock, before: datetime) -> int:
    """Count the claims that arose before a moment and whose clock runs."""
    query = select(func.count()).where(_runs(clock), Claim.created_at < before)
    return session.execute(query).scalar_one()


def backlog(session: Session) -> Mapping[ClaimState, int]:
    """Count what is not decided by where it stands."""
    query = select(Claim.state, func.count()).where(Claim.state.in_(OPEN_STATES)).group_by(Claim.state)
    return {row[0]: row[1] for row in session.execute(query)}


def steps(session: Session, clock: DeadlineClock, done: Span) -> list[Step]:
    """Give every claim that was seen or decided in a span."""
    query = select(Claim.created_at, _done(clock)).where(done.holds(_done(clock)))
    return [Step(arose, moment) for arose, moment in session.execute(query) if moment]


def arrivals(session: Session, spans: Sequence[Span]) -> list[int]:
    """Count the claims that arose in each of these spans, in one reading."""
    parts = [func.count(case((span.holds(Claim.created_at), 1))) for span in spans]
    whole = Span(spans[0].since, spans[-1].until)
    return [int(n) for n in session.execute(select(*parts).where(whole.holds(Claim.created_at))).one()]
