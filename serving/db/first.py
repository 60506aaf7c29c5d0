"""The first rows of several states together: each state's own from its index, then the first among those.

An index that begins with the state gives one state's rows in order at once; of several states a database sorts them all
before it gives the first. The cost is one short part a state in the statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, UnaryExpression, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

Order = Sequence[UnaryExpression[Any] | InstrumentedAttribute[Any]]


def first_of_each(
    number: InstrumentedAttribute[int],
    parts: Iterable[ColumnElement[bool]],
    conditions: Sequence[ColumnElement[bool]],
    order: Order,
    limit: int,
) -> CompoundSelect[int]:
    """Select the numbers of the first ``limit`` rows of each part; the first of all parts together are among them.

    Args:
        number: the column of a row's number.
        parts: a condition each, such as one state; an index should have its rows in order.
        conditions: what else a row has to fulfil.
        order: in which order rows come.
        limit: how many of each part.
    """
    firsts = (select(number).where(part, *conditions).order_by(*order).limit(limit).subquery() for part in parts)
    return union_all(*(select(first.c[number.key]) for first in firsts))
