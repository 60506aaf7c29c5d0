"""How long steps took, summed up in the database: what a window holds never comes into memory row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Float, Select, case, cast, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from serving.db.dialect import is_postgresql
from serving.db.tables import Claim

Moment = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None] | ColumnElement[datetime]
# Percentiles in hundredths, so that a rank is reached exactly and not but for a rounding.
HALF: Final = 50
NEARLY_ALL: Final = 95
# Where the fraction of a second begins in the text in which SQLite keeps a time.
_FRACTION_AT: Final = 20


@dataclass(frozen=True, slots=True)
class Times:
    """How long one kind of step took; percentiles by nearest rank, in seconds, none where there was no step."""

    n: int
    n_in_time: int
    p50_s: float | None
    p95_s: float | None


NONE: Final = Times(0, 0, None, None)


@dataclass(frozen=True, slots=True)
class Taken:
    """Which steps are summed up: from one moment of a row to another, where the conditions hold."""

    begun: Moment
    done: Moment
    conditions: tuple[ColumnElement[bool], ...]
    within_s: float = 0.0


def undecided_since() -> ColumnElement[datetime]:
    """Give since when a claim waited for its newest decision: since it arose, or since it was last reopened.

    A decision that a reopening took back is in no figure, also not in that of its own month.
    """
    return func.coalesce(Claim.reopened_at, Claim.created_at)


def seconds_between(session: Session, begun: Moment, done: Moment) -> ColumnElement[float]:
    """Give the seconds from one moment to another, exact to the microsecond on both databases."""
    if is_postgresql(session):
        return func.date_part("epoch", done - begun, type_=Float)

    def whole(moment: Moment) -> ColumnElement[int]:
        return cast(func.strftime("%s", moment), BigInteger)

    def part(moment: Moment) -> ColumnElement[float]:
        return cast(func.substr(moment, _FRACTION_AT), Float)

    return (part(done) - part(begun)) + (whole(done) - whole(begun))


def _summed(session: Session, taken: Taken, slot: ColumnElement[int]) -> Select[Any]:
    steps = (
        select(slot.label("slot"), seconds_between(session, taken.begun, taken.done).label("s"))
        .where(taken.done.is_not(None), *taken.conditions)
        .subquery()
    )
    place = func.row_number().over(partition_by=steps.c.slot, order_by=steps.c.s)
    n = func.count().over(partition_by=steps.c.slot)
    ranked = select(steps.c.slot, steps.c.s, place.label("place"), n.label("n")).subquery()

    def percentile(hundredths: int) -> ColumnElement[float]:
        """The smallest that this share of the steps does not exceed."""
        return func.min(case((ranked.c.place * 100 >= ranked.c.n * hundredths, ranked.c.s)))

    in_time = func.count(case((ranked.c.s <= taken.within_s, 1)))
    return select(ranked.c.slot, func.count(), in_time, percentile(HALF), percentile(NEARLY_ALL)).group_by(
        ranked.c.slot
    )


def times(session: Session, taken: Taken) -> Times:
    """Sum up steps."""
    row = session.execute(_summed(session, taken, literal(0))).one_or_none()
    return NONE if row is None else Times(int(row[1]), int(row[2]), float(row[3]), float(row[4]))


def times_by(session: Session, taken: Taken, slots: Sequence[ColumnElement[bool]]) -> list[Times]:
    """Sum up steps by the first of several conditions that holds for each; what none holds for is left out."""
    slot = case(*((condition, place) for place, condition in enumerate(slots)), else_=-1)
    found = {
        int(row[0]): Times(int(row[1]), int(row[2]), float(row[3]), float(row[4]))
        for row in session.execute(_summed(session, taken, slot))
    }
    return [found.get(place, NONE) for place in range(len(slots))]
