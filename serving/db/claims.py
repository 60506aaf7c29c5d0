"""Claims as intake grows them and as the queue shows them."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Select, and_, case, delete, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from serving.db import bulk, golden, trends
from serving.db.dialect import is_postgresql
from serving.db.first import first_of_each
from serving.db.library import PRESENT_WORDS
from serving.db.tables import (
    Claim,
    ClaimBand,
    ClaimMedia,
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
    if is_postgresql(session):
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


def owners_between(session: Session, first_id: int, last_id: int) -> list[tuple[int, int]]:
    """Give number and claim of each representative between two numbers, both included, in order."""
    query = (
        select(ClaimSignature.id, ClaimSignature.claim_id)
        .where(ClaimSignature.id.between(first_id, last_id))
        .order_by(ClaimSignature.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def add_signatures(session: Session, rows: Sequence[tuple[int, bytes]]) -> list[tuple[int, int]]:
    """Keep representatives of claims, in order; give number and claim of each."""
    numbers = bulk.take_numbers(session, ClaimSignature, len(rows))
    values = [(number, *row) for number, row in zip(numbers, rows, strict=True)]
    bulk.add_rows(session, ClaimSignature, ("id", "claim_id", "payload"), values)
    return [(number, claim_id) for number, claim_id, _ in values]


def newest_signatures(session: Session, n: int) -> tuple[int, int]:
    """Give number and claim of the representative before the newest ``n``; zeros where there are no more than those.

    A claim with a larger number has all of its representatives behind it.
    """
    query = select(ClaimSignature.id, ClaimSignature.claim_id).order_by(ClaimSignature.id.desc()).offset(n).limit(1)
    row = session.execute(query).one_or_none()
    return (0, 0) if row is None else (row[0], row[1])


def signatures_of(session: Session, claim_ids: Iterable[int]) -> list[Signature]:
    """Give every representative of some claims, oldest first."""
    query = (
        select(ClaimSignature.id, ClaimSignature.claim_id, ClaimSignature.payload)
        .where(bulk.among(session, ClaimSignature.claim_id, set(claim_ids)))
        .order_by(ClaimSignature.id)
    )
    return [Signature(*row) for row in session.execute(query)]


def add_bands(session: Session, rows: bulk.Numbers) -> None:
    """Keep keys of claims: key and claim, int64 (n, 2), each pair once."""
    bulk.add_rows(session, ClaimBand, ("band", "claim_id"), rows)


def add_missing_bands(session: Session, rows: bulk.Numbers) -> None:
    """Keep keys of claims that may have some of them already: key and claim, int64 (n, 2), each pair once."""
    bulk.add_missing(session, ClaimBand, ("band", "claim_id"), rows)


def claims_by_bands(session: Session, bands: bulk.Numbers, most: int) -> bulk.Numbers:
    """Give int64 (n, 2): key and claim for each of these keys, int64 (m,), that is known, of each the newest claims."""
    return bulk.largest_by_key(session, (ClaimBand.band, ClaimBand.claim_id), bands, most)


def claims_by_media(session: Session, phashes: Collection[str]) -> dict[str, int]:
    """Give the claim that each of these perceptual hashes belongs to."""
    query = select(ClaimMedia.phash, ClaimMedia.claim_id).where(bulk.among(session, ClaimMedia.phash, phashes))
    return {row[0]: row[1] for row in session.execute(query)}


def add_media(session: Session, rows: Sequence[tuple[str, int]]) -> None:
    """Keep to which claim perceptual hashes belong that no claim had yet."""
    bulk.add_rows(session, ClaimMedia, ("phash", "claim_id"), rows)


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


_NEW_CLAIM = (
    "id", "state", "wording", "category", "category_suggested", "p_hoax", "band", "reasons", "model", "scored_at",
    "n_posts", "reach", "engagement", "posts_per_hour", "measured_at", "first_seen_at", "last_seen_at", "priority",
    "created_at", "version",
)  # fmt: skip
_GROWTH = (
    "n_posts", "reach", "engagement", "first_seen_at", "last_seen_at", "posts_per_hour", "measured_at", "priority",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewClaim:
    """A claim to be made, under a number that was taken for it."""

    id: int
    state: ClaimState
    wording: str
    category: Category
    category_suggested: Category
    p_hoax: float
    band: str
    reasons: list[dict[str, Any]]
    model: str
    scored_at: datetime
    n_posts: int
    reach: int
    engagement: int
    posts_per_hour: float
    measured_at: datetime
    first_seen_at: datetime
    last_seen_at: datetime
    priority: float
    created_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class Growing:
    """What intake needs to know of a claim that new posts join."""

    id: int
    state: ClaimState
    merged_into_id: int | None
    category: Category
    p_hoax: float
    band: str
    n_posts: int
    reach: int
    engagement: int
    first_seen_at: datetime
    last_seen_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Grown:
    """The figures of a claim that grew; the fields are the columns that intake owns."""

    id: int
    n_posts: int
    reach: int
    engagement: int
    first_seen_at: datetime
    last_seen_at: datetime
    posts_per_hour: float
    measured_at: datetime
    priority: float


def numbers_for_claims(session: Session, n: int) -> list[int]:
    """Take ``n`` numbers for claims that this transaction makes, in rising order."""
    return bulk.take_numbers(session, Claim, n)


def add_claims(session: Session, claims: Sequence[NewClaim]) -> None:
    """Insert claims, each with its first wording."""
    values = operator.attrgetter(*_NEW_CLAIM)
    bulk.add_rows(session, Claim, _NEW_CLAIM, [values(claim) for claim in claims])
    wordings = [(claim.id, claim.wording, claim.created_at) for claim in claims]
    bulk.add_rows(session, Wording, ("claim_id", "text", "at"), wordings)


def lock_growing(session: Session, claim_ids: Iterable[int]) -> dict[int, Growing]:
    """Give what intake needs of claims, locked in the order of their numbers."""
    wanted = sorted(set(claim_ids))
    if not wanted:
        return {}
    columns = [getattr(Claim, field.name) for field in fields(Growing)]
    query = select(*columns).where(bulk.among(session, Claim.id, wanted)).order_by(Claim.id).with_for_update()
    return {row[0]: Growing(*row) for row in session.execute(query)}


def write_growth(session: Session, claims: Sequence[Grown]) -> None:
    """Write the figures of claims that grew; claims that the session holds are read anew when they are next asked."""
    values = operator.attrgetter("id", *_GROWTH)
    bulk.set_columns(session, Claim, _GROWTH, [values(claim) for claim in claims])
    for held in session.identity_map.values():
        if isinstance(held, Claim | Spread):
            session.expire(held)


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


def add_spread(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add counts to quarters; each row holds ``claim_id``, ``quarter``, ``n_posts``, ``reach`` and ``engagement``.

    No two rows are of the same quarter of the same claim.
    """
    names = ("claim_id", "quarter", "n_posts", "reach", "engagement")
    add_counts(session, [tuple(row[name] for name in names) for row in rows])


def add_counts(session: Session, rows: Sequence[bulk.Row]) -> None:
    """Add counts to quarters: claim, quarter, posts, reach and engagement; each quarter of a claim comes once."""
    bulk.add_to_columns(session, Spread, ("claim_id", "quarter"), ("n_posts", "reach", "engagement"), rows)


def spread_since(session: Session, claim_ids: Iterable[int], quarter: int) -> dict[int, dict[int, int]]:
    """Give posts by quarter for each claim, from ``quarter`` on."""
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for claim_id, at, n_posts in session.execute(_counted_since(session, claim_ids, quarter)):
        found[claim_id][at] = n_posts
    return found


def counted_since(session: Session, claim_ids: Iterable[int], quarter: int) -> npt.NDArray[np.int64]:
    """Give claim, quarter and posts, int64 (n, 3), from ``quarter`` on, in any order."""
    return bulk.whole_numbers(session, _counted_since(session, claim_ids, quarter))


def _counted_since(session: Session, claim_ids: Iterable[int], quarter: int) -> Select[int, int, int]:
    return select(Spread.claim_id, Spread.quarter, Spread.n_posts).where(
        bulk.among(session, Spread.claim_id, set(claim_ids)), Spread.quarter >= quarter
    )


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
    return {row[0]: row[1] for row in session.execute(query)}


def library_texts(session: Session, clarification_ids: Sequence[int]) -> list[tuple[int, str, str]]:
    """Give number, title and body of clarifications as they stand."""
    found: list[tuple[int, str, str]] = []
    for start in range(0, len(clarification_ids), PAGE):
        query = (
            select(Clarification.id, ClarificationVersion.title, ClarificationVersion.body)
            .join(ClarificationVersion, PRESENT_WORDS)
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
    published_at: datetime | None


def shown_matches(session: Session, claim_id: int) -> list[ShownMatch]:
    """Give a claim's matches with titles, likeliest first."""
    query = (
        select(Match, Clarification.slug, ClarificationVersion.title, Clarification.published_at)
        .join(Clarification, Clarification.id == Match.clarification_id)
        .join(ClarificationVersion, PRESENT_WORDS)
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


_MAY_ANSWER = (MatchStatus.SUGGESTED, MatchStatus.CONFIRMED)


def strongest_matches(session: Session, claim_ids: Iterable[int]) -> dict[int, str]:
    """Give ``confirmed`` or ``suggested`` for each claim that resembles a clarification and was not told otherwise.

    A human's confirmation counts as the stronger; a match that was rejected or called related does not count.
    """
    strong = case(
        (or_(Match.status == MatchStatus.CONFIRMED, Match.machine_status == MatchStatus.CONFIRMED.value), 1),
        else_=0,
    )
    query = (
        select(Match.claim_id, func.max(strong))
        .where(bulk.among(session, Match.claim_id, set(claim_ids)), Match.status.in_(_MAY_ANSWER))
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
    # What the search found for ``words``; the database does not look at the words themselves.
    ids: tuple[int, ...] | None = None
    # A province that a post names, and where one came from.
    region: str | None = None
    source: str | None = None
    # Whoever asks is not shown golden items that another answered or whose answer they know.
    reader_id: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the queue ended."""

    priority: float
    claim_id: int


def _conditions(filters: Filters, *, walked: bool = False) -> list[ColumnElement[bool]]:
    """Give what a claim has to fulfil; ``walked`` where the statement stops after a page of them."""
    conditions: list[ColumnElement[bool]] = [Claim.state.in_(filters.states)]
    if filters.category:
        conditions.append(Claim.category == filters.category)
    if filters.band:
        conditions.append(Claim.band == filters.band)
    if filters.holder_id:
        conditions.append(Claim.holder_id == filters.holder_id)
    if filters.ids is not None:
        conditions.append(Claim.id.in_(filters.ids))
    if filters.region:
        conditions.append(trends.names_region(filters.region, walked=walked))
    if filters.source:
        conditions.append(trends.comes_from(filters.source, walked=walked))
    if filters.reader_id is not None:
        conditions.append(Claim.id.not_in(golden.hidden_from(filters.reader_id)))
    return conditions


def queue_page(session: Session, filters: Filters, after: Place | None, limit: int) -> list[tuple[Claim, str | None]]:
    """Give claims with their holder's display name, most urgent first, after ``after``."""
    conditions = _conditions(filters, walked=True)
    if after:
        later = and_(Claim.priority == after.priority, Claim.id > after.claim_id)
        conditions.append(or_(Claim.priority < after.priority, later))
    order = (Claim.priority.desc(), Claim.id)
    if filters.ids is None:  # what is named would be looked up again for each state
        states = (Claim.state == state for state in filters.states)
        conditions = [Claim.id.in_(first_of_each(Claim.id, states, conditions, order, limit))]
    query = (
        select(Claim, User.display_name)
        .outerjoin(User, User.id == Claim.holder_id)
        .where(*conditions)
        .order_by(*order)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def ids_in(session: Session, filters: Filters) -> set[int]:
    """Give the numbers of what a filter finds; for filters with ``ids``, which bound how many those are."""
    named, others = filters.ids or (), replace(filters, ids=None)
    return set(session.scalars(select(Claim.id).where(bulk.among(session, Claim.id, named), *_conditions(others))))


def count_claims(session: Session, filters: Filters) -> int:
    """Count what a filter finds."""
    return session.scalar(select(func.count(Claim.id)).where(*_conditions(filters))) or 0


def count_by_state(session: Session, filters: Filters) -> dict[ClaimState, int]:
    """Count what a filter finds in each state of its own; a state without claims is left out."""
    query = select(Claim.state, func.count(Claim.id)).where(*_conditions(filters)).group_by(Claim.state)
    return {row[0]: row[1] for row in session.execute(query)}


def newest_claim_id(session: Session) -> int:
    """Give the number of the newest claim, 0 where there is none."""
    return session.scalar(select(func.max(Claim.id))) or 0


def count_newer(session: Session, filters: Filters, claim_id: int) -> int:
    """Count what a filter finds among claims newer than one."""
    query = select(func.count(Claim.id)).where(*_conditions(filters), Claim.id > claim_id)
    return session.scalar(query) or 0


def representative_texts(session: Session, claim_id: int, limit: int) -> list[str]:
    """Give the texts of the first posts of a claim's own cluster: those that founded it, wherever they are now."""
    own = or_(Post.cluster_id == claim_id, and_(Post.cluster_id.is_(None), Post.claim_id == claim_id))
    query = select(Post.text).where(own).order_by(Post.id).limit(limit)
    return list(session.scalars(query))


def display_name(session: Session, user_id: int | None) -> str | None:
    """Give the name under which somebody is shown."""
    return None if user_id is None else session.scalar(select(User.display_name).where(User.id == user_id))
