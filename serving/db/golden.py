"""Rows of golden items: what they ask, the claims by which they are served, and what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, delete, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from serving.db.tables import Claim, GoldenClaim, GoldenItem, GoldenTurn, User
from serving.vocabulary import Category


@dataclass(frozen=True, slots=True)
class Counted:
    """A golden item, how many people answered it, and whether somebody can find it in the queue now."""

    item: GoldenItem
    n_answers: int
    is_out: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """One person's answer to one item, with the claim by which it was served to them."""

    served: GoldenClaim
    item: GoldenItem


@dataclass(frozen=True, slots=True)
class Compared:
    """How many answers there are, how many of them were the known one, and of how many people."""

    n: int
    n_same: int
    n_people: int


# ---- which claims they are ---------------------------------------------------------------------------------------


def golden_ids() -> Select[int]:
    """Select the numbers of every claim by which a golden item is or was served."""
    return select(GoldenClaim.claim_id)


def is_real(claim_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """State of a claim's number that no golden item was served by it."""
    return claim_id.not_in(golden_ids())


def _knows(person_id: int) -> ColumnElement[bool]:
    """State of a served item that somebody knows its answer, as who served it does too."""
    return or_(_answer_is_known_to(person_id), GoldenClaim.served_by_id == person_id)


def _answer_is_known_to(person_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """State of an item that somebody knows its answer: they keep it, decided its claim, or answered it before."""
    source, other = aliased(Claim), aliased(GoldenClaim)
    decided = exists().where(
        source.id == GoldenItem.source_claim_id,
        or_(source.author_id == person_id, source.approver_id == person_id),
    )
    answered = exists().where(other.item_id == GoldenItem.id, other.answered_by_id == person_id)
    return or_(GoldenItem.added_by_id == person_id, decided, answered)


def hidden_from(person_id: int) -> Select[int]:
    """Select the golden claims that a person is not shown: answered by another, or open with an answer they know."""
    others = GoldenClaim.answered_by_id.is_not(None) & (GoldenClaim.answered_by_id != person_id)
    return (
        select(GoldenClaim.claim_id)
        .join(GoldenItem, GoldenItem.id == GoldenClaim.item_id)
        .where(or_(others, GoldenClaim.answered_by_id.is_(None) & _knows(person_id)))
    )


def hidden_ids(session: Session, person_id: int) -> frozenset[int]:
    """Give the numbers of the golden claims that a person is not shown."""
    return frozenset(session.scalars(hidden_from(person_id)))


def is_unanswered(claim_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """State of a claim's number that it is no golden one that somebody answered: such a claim is its answerer's."""
    return claim_id.not_in(select(GoldenClaim.claim_id).where(GoldenClaim.answered_at.is_not(None)))


def served(session: Session, claim_id: int) -> GoldenClaim | None:
    """Find the golden item behind a claim; nothing for a real one."""
    return session.get(GoldenClaim, claim_id)


def any_served(session: Session, claim_ids: Sequence[int]) -> bool:
    """Tell whether one of these claims is golden."""
    return session.scalar(select(func.count()).where(GoldenClaim.claim_id.in_(claim_ids))) != 0


def is_known_to(session: Session, claim_id: int, person_id: int) -> bool:
    """Tell whether a person knows the answer of the item behind a claim."""
    query = (
        select(GoldenClaim.claim_id)
        .join(GoldenItem, GoldenItem.id == GoldenClaim.item_id)
        .where(GoldenClaim.claim_id == claim_id, _knows(person_id))
    )
    return session.scalar(query) is not None


# ---- items and answers -------------------------------------------------------------------------------------------


def locked(session: Session, item_id: int) -> GoldenItem | None:
    """Give one item under its lock: of two who serve it at once, one waits."""
    query = select(GoldenItem).where(GoldenItem.id == item_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def item(session: Session, item_id: int) -> GoldenItem:
    """Give one item that exists."""
    return session.get_one(GoldenItem, item_id)


def of_claim(session: Session, claim_id: int) -> GoldenItem | None:
    """Find the item that was chosen from a decided claim and is still in use."""
    query = select(GoldenItem).where(GoldenItem.source_claim_id == claim_id, GoldenItem.retired_at.is_(None))
    return session.scalars(query).first()


def is_out(session: Session, item_id: int) -> bool:
    """Tell whether an item waits in the queue for somebody's answer."""
    query = select(GoldenClaim.claim_id).where(GoldenClaim.item_id == item_id, GoldenClaim.answered_at.is_(None))
    return session.scalar(query) is not None


def note_turn(session: Session, at: datetime) -> None:
    """Keep that a turn has come."""
    session.add(GoldenTurn(at=at))


def first_turn(session: Session) -> GoldenTurn | None:
    """Give the turn that has waited longest, under its lock; none where nobody's has come."""
    return session.scalars(select(GoldenTurn).order_by(GoldenTurn.id).limit(1).with_for_update()).one_or_none()


def end_turns(session: Session, last: GoldenTurn | None = None) -> None:
    """End the turns up to one; all of them where none is named."""
    session.execute(delete(GoldenTurn).where(GoldenTurn.id <= last.id) if last else delete(GoldenTurn))


def next_to_serve(session: Session, checker_ids: Sequence[int]) -> GoldenItem | None:
    """Find the item served least often, and then the oldest, that waits nowhere and that one of these can answer."""
    out, every = aliased(GoldenClaim), aliased(GoldenClaim)
    waits = exists().where(out.item_id == GoldenItem.id, out.answered_at.is_(None))
    n_served = select(func.count()).where(every.item_id == GoldenItem.id).scalar_subquery()
    query = (
        select(GoldenItem)
        .where(
            GoldenItem.retired_at.is_(None),
            ~waits,
            exists().where(User.id.in_(checker_ids), ~_answer_is_known_to(User.id)),
        )
        .order_by(n_served, GoldenItem.id)
        .limit(1)
        .with_for_update(of=GoldenItem)
    )
    return session.scalars(query).one_or_none()


def items(session: Session, *, before: int | None, limit: int) -> list[Counted]:
    """Give items, newest first, from below ``before``."""
    waiting = func.sum(case((GoldenClaim.answered_at.is_(None) & GoldenClaim.claim_id.is_not(None), 1), else_=0))
    query = (
        select(GoldenItem, func.count(GoldenClaim.answered_at), waiting)
        .outerjoin(GoldenClaim, GoldenClaim.item_id == GoldenItem.id)
        .group_by(GoldenItem.id)
        .order_by(GoldenItem.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(GoldenItem.id < before)
    return [Counted(found, int(n), bool(out)) for found, n, out in session.execute(query)]


def answers_of(session: Session, person_id: int, *, limit: int, claim_id: int | None = None) -> list[Answered]:
    """Give a person's own answers, newest first; of one claim where it is named."""
    query = (
        select(GoldenClaim, GoldenItem)
        .join(GoldenItem, GoldenItem.id == GoldenClaim.item_id)
        .where(GoldenClaim.answered_by_id == person_id)
        .order_by(GoldenClaim.answered_at.desc(), GoldenClaim.claim_id.desc())
        .limit(limit)
    )
    if claim_id is not None:
        query = query.where(GoldenClaim.claim_id == claim_id)
    return [Answered(*row) for row in session.execute(query)]


def compared(session: Session) -> dict[Category, Compared]:
    """Count answers by the item's category, and how many were the known one."""
    query = (
        select(
            GoldenItem.category,
            func.count(),
            func.sum(case((GoldenClaim.agreed.is_(True), 1), else_=0)),
            func.count(GoldenClaim.answered_by_id.distinct()),
        )
        .join(GoldenItem, GoldenItem.id == GoldenClaim.item_id)
        .where(GoldenClaim.answered_at.is_not(None))
        .group_by(GoldenItem.category)
        .order_by(GoldenItem.category)
    )
    return {row[0]: Compared(int(row[1]), int(row[2]), int(row[3])) for row in session.execute(query)}
