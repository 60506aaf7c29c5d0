"""Claims as intake grows them and as the queue shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from serving.db.tables import (
    Claim,
    ClaimSignature,
    Clarification,
    ClarificationVersion,
    Match,
    Post,
    Spread,
    User,
    Wording,
)
from serving.vocabulary import Category, ClaimState, ClarificationState, MatchStatus

# Any number that nothing else locks: "suluh" and the first lock of its kind.
INTAKE_LOCK = 0x73756C75_00000001
PAGE = 5_000

OPEN_STATES = (
    ClaimState.NEW,
    ClaimState.QUEUED,
    ClaimState.CLAIMED,
    ClaimState.DRAFTED,
    ClaimState.AWAITING_APPROVAL,
    ClaimState.ON_HOLD,
    ClaimState.ESCALATED,
)


def lock_intake(session: Session) -> None:
    """Let one transaction at a time decide which claim a post belongs to, whatever the number of processes.

    A writing transaction of SQLite is alone anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": INTAKE_LOCK})


# ---- representatives ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """A stored representative of a claim."""

    id: int
    claim_id: int
    payload: bytes


def signatures_after(session: Session, last_id: int, limit: int = PAGE) -> list[Signature]:
    """Give representatives with a larger number, in order."""
    query = (
        select(ClaimSignature.id, ClaimSignature.claim_id, ClaimSignature.payload)
        .where(ClaimSignature.id > last_id)
        .order_by(ClaimSignature.id)
        .limit(limit)
    )
    return [Signature(*row) for row in session.execute(query)]


def signatures_between(session: Session, first_id: int, last_id: int) -> list[Signature]:
    """Give representatives between two numbers, both included, in order."""
    query = (
        select(ClaimSignature.id, ClaimSignature.claim_id, ClaimSignature.payload)
        .where(ClaimSignature.id.between(first_id, last_id))
        .order_by(ClaimSignature.id)
    )
    return [Signature(*row) for row in session.execute(query)]


def add_signatures(session: Session, rows: Sequence[tuple[int, bytes]]) -> list[Signature]:
    """Keep representatives of claims, in order; give them with their numbers."""
    if not rows:
        return []
    values = [{"claim_id": claim_id, "payload": payload} for claim_id, payload in rows]
    statement = insert(ClaimSignature).returning(ClaimSignature.id, sort_by_parameter_order=True)
    numbers = session.scalars(statement, values).all()
    return [Signature(number, claim_id, payload) for number, (claim_id, payload) in zip(numbers, rows, strict=True)]


def founding_texts(session: Session, claim_ids: Iterable[int]) -> dict[int, str]:
    """Give the text of each claim's first post, also where the claim was merged and another one holds its posts."""
    wanted = sorted(set(claim_ids))
    cluster = func.coalesce(Post.cluster_id, Post.claim_id)
    found = or_(Post.cluster_id.in_(wanted), and_(Post.cluster_id.is_(None), Post.claim_id.in_(wanted)))
    first = select(func.min(Post.id)).where(found).group_by(cluster)
    query = select(cluster, Post.text).where(Post.id.in_(first))
    return {row[0]: row[1] for row in session.execute(query)}


def rewrite_signatures(session: Session, signatures: Sequence[Signature]) -> None:
    """Put other bytes in the place of stored representatives."""
    session.execute(update(ClaimSignature), [{"id": found.id, "payload": found.payload} for found in signatures])


# ---- growing -----------------------------------------------------------------------------------------------------


def add_claims(session: Session, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert claims; give their numbers in the rows' order."""
    if not rows:
        return []
    statement = insert(Claim).returning(Claim.id, sort_by_parameter_order=True)
    return list(session.scalars(statement, rows).all())


def add_wordings(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add wordings to the claims' history."""
    if rows:
        session.execute(insert(Wording), rows)


def claim(session: Session, claim_id: int) -> Claim | None:
    """Find one claim."""
    return session.get(Claim, claim_id)


def lock_claims(session: Session, claim_ids: Iterable[int]) -> dict[int, Claim]:
    """Give claims by number, locked in the order of their numbers so that two holders never wait for each other."""
    wanted = sorted(set(claim_ids))
    if not wanted:
        return {}
    query = (
        select(Claim)
        .where(Claim.id.in_(wanted))
        .order_by(Claim.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in session.scalars(query)}


def write_figures(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write the columns that intake owns; each row holds the claim's ``id``."""
    if rows:
        session.execute(update(Claim), rows)


def add_spread(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add counts to quarters; each row holds ``claim_id``, ``quarter``, ``n_posts``, ``reach`` and ``engagement``."""
    if not rows:
        return
    new = postgresql_insert(Spread) if session.get_bind().dialect.name == "postgresql" else sqlite_insert(Spread)
    statement = new.on_conflict_do_update(
        index_elements=["claim_id", "quarter"],
        set_={name: getattr(Spread, name) + getattr(new.excluded, name) for name in ("n_posts", "reach", "engagement")},
    )
    session.execute(statement, rows)


def spread_since(session: Session, claim_ids: Iterable[int], quarter: int) -> dict[int, dict[int, int]]:
    """Give posts by quarter for each claim, from ``quarter`` on."""
    query = select(Spread.claim_id, Spread.quarter, Spread.n_posts).where(
        Spread.claim_id.in_(sorted(set(claim_ids))), Spread.quarter >= quarter
    )
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for claim_id, at, n_posts in session.execute(query):
        found[claim_id][at] = n_posts
    return found


def spread_of(session: Session, claim_id: int) -> Sequence[Spread]:
    """Give one claim's spread in order of time."""
    return session.scalars(select(Spread).where(Spread.claim_id == claim_id).order_by(Spread.quarter)).all()


def fading_claims(session: Session, measured_before: datetime, still: float, limit: int) -> list[int]:
    """Name claims that spread faster than ``still`` when last measured, longest ago first."""
    query = (
        select(Claim.id)
        .where(Claim.posts_per_hour > still, Claim.measured_at < measured_before)
        .order_by(Claim.measured_at)
        .limit(limit)
    )
    return list(session.scalars(query))


# ---- matches with the library ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LibraryState:
    """Four numbers that change whenever a usable clarification comes, goes or is reworded."""

    n: int
    ids: int
    versions: int
    newest_version: int


_USABLE = Clarification.state.in_([ClarificationState.LIBRARY, ClarificationState.PUBLISHED])


def library_state(session: Session) -> LibraryState:
    """Give the state of the library at the cost of one pass over it."""
    query = select(
        func.count(Clarification.id),
        func.coalesce(func.sum(Clarification.id), 0),
        func.coalesce(func.sum(Clarification.current_version), 0),
    ).where(_USABLE)
    n, ids, versions = session.execute(query).one()
    newest = session.scalar(select(func.coalesce(func.max(ClarificationVersion.id), 0)))
    return LibraryState(n, int(ids), int(versions), int(newest or 0))


def library_versions(session: Session) -> dict[int, int]:
    """Give the current version's number for each usable clarification."""
    query = select(Clarification.id, Clarification.current_version).where(_USABLE)
    return {found: version for found, version in session.execute(query)}  # noqa: C416 - rows are not pairs


def library_texts(session: Session, clarification_ids: Sequence[int]) -> list[tuple[int, str, str]]:
    """Give number, title and body of clarifications as they stand."""
    found: list[tuple[int, str, str]] = []
    for start in range(0, len(clarification_ids), PAGE):
        query = (
            select(Clarification.id, ClarificationVersion.title, ClarificationVersion.body)
            .join(
                ClarificationVersion,
                and_(
                    ClarificationVersion.clarification_id == Clarification.id,
                    ClarificationVersion.number == Clarification.current_version,
                ),
            )
            .where(Clarification.id.in_(clarification_ids[start : start + PAGE]))
            .order_by(Clarification.id)
        )
        found.extend((row[0], row[1], row[2]) for row in session.execute(query))
    return found


def add_matches(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert suggestions of the machine."""
    if rows:
        session.execute(insert(Match), rows)


def matches_of(session: Session, claim_id: int) -> Sequence[Match]:
    """Give a claim's matches, likeliest first."""
    query = select(Match).where(Match.claim_id == claim_id).order_by(Match.score.desc(), Match.id)
    return session.scalars(query).all()


@dataclass(frozen=True, slots=True)
class ShownMatch:
    """A match with the clarification's present title."""

    match: Match
    slug: str
    title: str


def shown_matches(session: Session, claim_id: int) -> list[ShownMatch]:
    """Give a claim's matches with titles, likeliest first."""
    query = (
        select(Match, Clarification.slug, ClarificationVersion.title)
        .join(Clarification, Clarification.id == Match.clarification_id)
        .join(
            ClarificationVersion,
            and_(
                ClarificationVersion.clarification_id == Clarification.id,
                ClarificationVersion.number == Clarification.current_version,
            ),
        )
        .where(Match.claim_id == claim_id)
        .order_by(Match.score.desc(), Match.id)
    )
    return [ShownMatch(*row) for row in session.execute(query)]


def drop_suggestions(session: Session, match_ids: Sequence[int]) -> None:
    """Remove suggestions that the machine no longer makes and nobody has decided on."""
    if match_ids:
        session.execute(
            delete(Match).where(Match.id.in_(match_ids), Match.status == MatchStatus.SUGGESTED),
            execution_options={"synchronize_session": False},
        )


def strongest_matches(session: Session, claim_ids: Iterable[int]) -> dict[int, str]:
    """Give ``confirmed`` or ``suggested`` for each claim that resembles a clarification and was not told otherwise.

    A human's confirmation counts as the stronger; a rejected match does not count.
    """
    strong = case(
        (or_(Match.status == MatchStatus.CONFIRMED, Match.machine_status == MatchStatus.CONFIRMED.value), 1),
        else_=0,
    )
    query = (
        select(Match.claim_id, func.max(strong))
        .where(Match.claim_id.in_(sorted(set(claim_ids))), Match.status != MatchStatus.REJECTED)
        .group_by(Match.claim_id)
    )
    return {
        claim_id: MatchStatus.CONFIRMED.value if found else MatchStatus.SUGGESTED.value
        for claim_id, found in session.execute(query)
    }


# ---- the queue ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader of the queue asks for; nothing means everything that is open."""

    states: tuple[ClaimState, ...] = OPEN_STATES
    category: Category | None = None
    band: str | None = None
    words: str = ""
    holder_id: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the queue ended."""

    priority: float
    claim_id: int


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Claim.state.in_(filters.states)]
    if filters.category:
        conditions.append(Claim.category == filters.category)
    if filters.band:
        conditions.append(Claim.band == filters.band)
    if filters.holder_id:
        conditions.append(Claim.holder_id == filters.holder_id)
    conditions.extend(Claim.wording.icontains(word, autoescape=True) for word in filters.words.split()[:10])
    return conditions


def queue_page(session: Session, filters: Filters, after: Place | None, limit: int) -> list[tuple[Claim, str | None]]:
    """Give claims with their holder's display name, most urgent first, after ``after``."""
    query = (
        select(Claim, User.display_name)
        .outerjoin(User, User.id == Claim.holder_id)
        .where(*_conditions(filters))
        .order_by(Claim.priority.desc(), Claim.id)
    )
    if after:
        query = query.where(
            or_(
                Claim.priority < after.priority,
                and_(Claim.priority == after.priority, Claim.id > after.claim_id),
            )
        )
    return [(row[0], row[1]) for row in session.execute(query.limit(limit))]


def count_claims(session: Session, filters: Filters) -> int:
    """Count what a filter finds."""
    return session.scalar(select(func.count(Claim.id)).where(*_conditions(filters))) or 0


def newest_claim_id(session: Session) -> int:
    """Give the number of the newest claim, 0 where there is none."""
    return session.scalar(select(func.max(Claim.id))) or 0


def count_newer(session: Session, filters: Filters, claim_id: int) -> int:
    """Count what a filter finds among claims newer than one."""
    query = select(func.count(Claim.id)).where(*_conditions(filters), Claim.id > claim_id)
    return session.scalar(query) or 0


def states_of(session: Session, claim_ids: Iterable[int]) -> Mapping[int, ClaimState]:
    """Give the state of each claim."""
    query = select(Claim.id, Claim.state).where(Claim.id.in_(sorted(set(claim_ids))))
    return {claim_id: state for claim_id, state in session.execute(query)}  # noqa: C416 - rows are not pairs


def representative_texts(session: Session, claim_id: int, limit: int) -> list[str]:
    """Give the texts of the first posts of a claim's own cluster: those that founded it, wherever they are now."""
    own = or_(Post.cluster_id == claim_id, and_(Post.cluster_id.is_(None), Post.claim_id == claim_id))
    query = select(Post.text).where(own).order_by(Post.id).limit(limit)
    return list(session.scalars(query))


def display_name(session: Session, user_id: int | None) -> str | None:
    """Give the name under which somebody is shown."""
    return None if user_id is None else session.scalar(select(User.display_name).where(User.id == user_id))
