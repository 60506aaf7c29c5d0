"""The clocks of claims: which are about to run out or have, what waits, and how long steps took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from serving.db import timings
from serving.db.claims import OPEN_STATES
from serving.db.golden import is_real
from serving.db.tables import Claim, DeadlineAlert
from serving.db.timings import Moment, Taken, Times
from serving.db.transparency import Span
from serving.vocabulary import ClaimState, DeadlineClock, DeadlineStage

_OVER: Final = tuple(state for state in ClaimState if state not in OPEN_STATES)


def _done(clock: DeadlineClock) -> InstrumentedAttribute[datetime | None]:
    return Claim.seen_at if clock is DeadlineClock.SEEN else Claim.decided_at


def _runs(clock: DeadlineClock) -> ColumnElement[bool]:
    """Say of a claim that this clock of it still runs: somebody has to see or decide it."""
    # By its moments and not by its state: the index of what is undecided has all of this, in the order of age.
    return and_(Claim.decided_at.is_(None), _done(clock).is_(None), Claim.state.not_in(_OVER))


def _begun(clock: DeadlineClock) -> InstrumentedAttribute[datetime] | ColumnElement[datetime]:
    return Claim.created_at if clock is DeadlineClock.SEEN else timings.undecided_since()


def _began(clock: DeadlineClock, span: Span) -> Iterator[tuple[Moment, ColumnElement[bool]]]:
    """Give how a clock may have begun in a span, each by an index of its own: with the claim, or at its reopening."""
    with_claim = span.holds(Claim.created_at)
    if clock is DeadlineClock.SEEN:
        yield Claim.created_at, with_claim
        return
    yield Claim.created_at, and_(with_claim, Claim.reopened_at.is_(None))
    yield Claim.reopened_at, span.holds(Claim.reopened_at)


def to_tell(
    session: Session, clock: DeadlineClock, stage: DeadlineStage, arose: Span, limit: int
) -> Sequence[tuple[int, datetime]]:
    """Give claims whose clock runs, began in a span, and whose stage nobody was told of: number and beginning."""
    told = exists().where(
        DeadlineAlert.claim_id == Claim.id, DeadlineAlert.clock == clock, DeadlineAlert.stage == stage
    )
    found: list[tuple[int, datetime]] = []
    for first, began in _began(clock, arose):
        query = select(Claim.id, _begun(clock)).where(_runs(clock), began, ~told, is_real(Claim.id))
        found.extend((row[0], row[1]) for row in session.execute(query.order_by(first, Claim.id).limit(limit)))
    return sorted(found, key=lambda each: (each[1], each[0]))[:limit]


def running(session: Session, clock: DeadlineClock, arose: Span, limit: int) -> Sequence[Claim]:
    """Give claims whose clock runs and began in a span, the one that has run longest first."""
    found: list[tuple[datetime, Claim]] = []
    for first, began in _began(clock, arose):
        query = select(_begun(clock), Claim).where(_runs(clock), began).order_by(first, Claim.id).limit(limit)
        found.extend((row[0], row[1]) for row in session.execute(query))
    return [claim for _, claim in sorted(found, key=lambda each: (each[0], each[1].id))[:limit]]


def n_running(session: Session, clock: DeadlineClock, before: datetime) -> int:
    """Count the claims whose clock runs and began before a moment."""
    query = select(func.count()).where(_runs(clock), Claim.created_at < before)
    if clock is DeadlineClock.DECIDED:
        query = query.where(or_(Claim.reopened_at.is_(None), Claim.reopened_at < before))
    return session.execute(query).scalar_one()


def backlog(session: Session) -> Mapping[ClaimState, int]:
    """Count what is not decided by where it stands."""
    query = select(Claim.state, func.count()).where(Claim.state.in_(OPEN_STATES)).group_by(Claim.state)
    return {row[0]: row[1] for row in session.execute(query)}


def _taken(clock: DeadlineClock, done: Span, within: timedelta) -> Taken:
    column = _done(clock)
    return Taken(_begun(clock), column, (done.holds(column),), within.total_seconds())


def times(session: Session, clock: DeadlineClock, done: Span, within: timedelta) -> Times:
    """Sum up how long it took until the claims of a span were seen or decided."""
    return timings.times(session, _taken(clock, done, within))


def times_by(session: Session, clock: DeadlineClock, spans: Sequence[Span], within: timedelta) -> list[Times]:
    """Sum up the same for each of several spans that follow each other, in one reading."""
    whole = Span(spans[0].since, spans[-1].until)
    slots = [span.holds(_done(clock)) for span in spans]
    return timings.times_by(session, _taken(clock, whole, within), slots)


def arrivals(session: Session, spans: Sequence[Span]) -> list[int]:
    """Count the claims that arose in each of these spans, in one reading."""
    parts = [func.count(case((span.holds(Claim.created_at), 1))) for span in spans]
    whole = Span(spans[0].since, spans[-1].until)
    return [int(n) for n in session.execute(select(*parts).where(whole.holds(Claim.created_at))).one()]
