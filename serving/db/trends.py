"""Rows behind the trends: posts read once for places, sources and hours, and the fastest claims with their quarters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, union_all, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from serving.db import bulk
from serving.db.golden import is_real, is_unanswered
from serving.db.merging import families
from serving.db.tables import Claim, ClaimPlace, ClaimSource, HourTotal, Post, PostReading, SourceTotal, Spread
from serving.vocabulary import Category, ClaimState

# ---- reading posts once ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnreadPost:
    """What is noted of one post. ``claim_id`` is the claim among whose copies it was found."""

    id: int
    claim_id: int
    source: str
    posted_at: datetime
    text: str


def lock_reading(session: Session) -> int:
    """Let nobody read posts until this transaction ends; give the last that was read.

    Whoever needs the intake's lock takes it before, and claims' after.
    """
    return session.execute(select(PostReading.last_post_id).with_for_update()).scalar_one()


def unread_posts(session: Session, limit: int) -> list[UnreadPost]:
    """Give the next posts in the order in which they came, under a lock: only one reads at a time.

    Posts are numbered under the intake's lock, so none with a smaller number is committed later.
    """
    last = lock_reading(session)
    query = (
        select(Post.id, func.coalesce(Post.cluster_id, Post.claim_id), Post.source, Post.posted_at, Post.text)
        .where(Post.id > last)
        .order_by(Post.id)
        .limit(limit)
    )
    return [UnreadPost(*row) for row in session.execute(query)]


def note_read(session: Session, last_post_id: int) -> None:
    """Say how far posts were read."""
    session.execute(
        update(PostReading).values(last_post_id=last_post_id), execution_options={"synchronize_session": False}
    )


@dataclass(frozen=True, slots=True)
class Noted:
    """Numbers of posts: by claim and province, by claim and source, by source, and by hour since 1970."""

    places: Counter[tuple[int, str]]
    claim_sources: Counter[tuple[int, str]]
    sources: Counter[str]
    hours: Counter[int]


def add_noted(session: Session, noted: Noted) -> None:
    """Add to what was noted before, in order of key, so that two never wait for each other."""
    for model, keys, counts in (
        (ClaimPlace, ("claim_id", "region"), noted.places),
        (ClaimSource, ("claim_id", "source"), noted.claim_sources),
    ):
        bulk.add_to_columns(session, model, keys, ("n_posts",), [(*key, n) for key, n in sorted(counts.items())])
    bulk.add_to_columns(session, SourceTotal, ("source",), ("n_posts",), sorted(noted.sources.items()))
    bulk.add_to_columns(session, HourTotal, ("hour",), ("n_posts",), sorted(noted.hours.items()))


def give_noted(session: Session, places: Counter[tuple[int, str]], sources: Counter[tuple[int, str]], to: int) -> None:
    """Let what was noted of some posts, by claim and province or source, count for another claim from now on.

    Of no claim is more taken than was noted there, so that no post counts twice.
    """
    _give(session, ClaimPlace, ClaimPlace.region.key, places, to)
    _give(session, ClaimSource, ClaimSource.source.key, sources, to)


def _give(
    session: Session, model: type[ClaimPlace | ClaimSource], name: str, counts: Counter[tuple[int, str]], to: int
) -> None:
    owners = {claim_id for claim_id, _ in counts} - {to}
    word = model.__table__.c[name]
    noted = select(model.claim_id, word, model.n_posts).where(bulk.among(session, model.claim_id, sorted(owners)))
    changes: Counter[tuple[int, str]] = Counter()
    for claim_id, value, n_posts in session.execute(noted):
        if n := min(n_posts, counts[claim_id, value]):
            changes[claim_id, value] -= n
            changes[to, value] += n
    bulk.add_to_columns(
        session, model, ("claim_id", name), ("n_posts",), [(*key, n) for key, n in sorted(changes.items())]
    )
    emptied = delete(model).where(bulk.among(session, model.claim_id, sorted(owners)), model.n_posts <= 0)
    session.execute(emptied, execution_options={"synchronize_session": False})


# ---- what a claim names and where it comes from -------------------------------------------------------------------


def names_region(region: str, *, walked: bool = False) -> ColumnElement[bool]:
    """Give the condition that a post of a claim, or of one merged into it, names a province.

    Args:
        region: the province's code.
        walked: for a statement that walks along claims and stops soon, so that each is asked about by itself; without
            it every claim that fits is listed once, which is quicker where all of them are wanted.
    """
    return _standing(ClaimPlace.claim_id, ClaimPlace.region == region, walked=walked)


def comes_from(source: str, *, walked: bool = False) -> ColumnElement[bool]:
    """Give the condition that a post of a claim, or of one merged into it, came from a source; as ``names_region``."""
    return _standing(ClaimSource.claim_id, ClaimSource.source == source, walked=walked)


def _standing(number: InstrumentedAttribute[int], holds: ColumnElement[bool], *, walked: bool) -> ColumnElement[bool]:
    merged = Claim.__table__.alias("merged")
    is_merged = merged.c.merged_into_id.is_not(None)
    # Asked of the few that were merged, so that no planner begins with every claim of the source.
    theirs = exists().where(number == merged.c.id, holds)
    if walked:
        own = exists().where(number == Claim.id, holds)
        taken_over = exists().where(merged.c.merged_into_id == Claim.id, is_merged, theirs)
        return or_(and_(own, Claim.merged_into_id.is_(None)), taken_over)
    return Claim.id.in_(
        union_all(
            select(number).where(holds, number.not_in(select(merged.c.id).where(is_merged))),
            select(merged.c.merged_into_id).where(is_merged, theirs),
        )
    )


def sources(session: Session) -> list[str]:
    """Give every source that posts were read of, the largest first."""
    return list(session.scalars(select(SourceTotal.source).order_by(SourceTotal.n_posts.desc(), SourceTotal.source)))


def places_of(session: Session, claim_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Give the provinces that each claim's posts name, those merged into it included, the most often named first."""
    return _most_first(session, ClaimPlace, ClaimPlace.region.key, claim_ids)


def sources_of(session: Session, claim_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Give the sources of each claim, and of those merged into it, the largest first."""
    return _most_first(session, ClaimSource, ClaimSource.source.key, claim_ids)


def _most_first(
    session: Session, model: type[ClaimPlace | ClaimSource], name: str, claim_ids: Collection[int]
) -> dict[int, tuple[str, ...]]:
    word = model.__table__.c[name]
    family = families(bulk.among(session, Claim.id, sorted(claim_ids)))
    query = (
        select(family.c.stands, word)
        .join_from(family, model, model.claim_id == family.c.id)
        .group_by(family.c.stands, word)
        .order_by(family.c.stands, func.sum(model.n_posts).desc(), word)
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for claim_id, value in session.execute(query):
        found[claim_id].append(value)
    return {claim_id: tuple(values) for claim_id, values in found.items()}


# ---- the fastest claims ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which claims a reader of the trends asks for; nothing means every one that spreads.

    The database does not look at the words: what the search finds for them is handed to ``fastest`` beside them.
    """

    category: Category | None = None
    band: str | None = None
    region: str | None = None
    source: str | None = None
    words: str = ""


def _conditions(wanted: Wanted, still: float) -> list[ColumnElement[bool]]:
    conditions = [Claim.posts_per_hour > still, Claim.state != ClaimState.MERGED, is_unanswered(Claim.id)]
    if wanted.category:
        conditions.append(Claim.category == wanted.category)
    if wanted.band:
        conditions.append(Claim.band == wanted.band)
    if wanted.region:
        conditions.append(names_region(wanted.region))
    if wanted.source:
        conditions.append(comes_from(wanted.source))
    return conditions


def fastest(
    session: Session, wanted: Wanted, still: float, limit: int, named: Collection[int] | None = None
) -> Sequence[Claim]:
    """Give the claims that spread faster than ``still``, the fastest first, equal ones by their numbers.

    Of those that are ``named`` only, where some are.
    """
    conditions = _conditions(wanted, still)
    if named is not None:
        conditions.append(bulk.among(session, Claim.id, named))
    query = select(Claim).where(*conditions).order_by(Claim.posts_per_hour.desc(), Claim.id).limit(limit)
    return session.scalars(query).all()


def moving_among(session: Session, wanted: Wanted, still: float, named: Collection[int]) -> set[int]:
    """Give those of some claims that are asked for and spread faster than ``still``."""
    query = select(Claim.id).where(bulk.among(session, Claim.id, named), *_conditions(wanted, still))
    return set(session.scalars(query))


def n_moving(session: Session, still: float) -> int:
    """Count the claims that spread faster than ``still``."""
    query = select(func.count()).select_from(Claim).where(*_conditions(Wanted(), still))
    return session.scalar(query) or 0


def claims_made(session: Session, since: datetime, until: datetime, limit: int) -> Sequence[Claim]:
    """Give the newest claims that were made in a span of time and stand by themselves, whatever became of them.

    A golden item is left out: its spread is a copy, squeezed into hours.
    """
    query = (
        select(Claim)
        .where(Claim.created_at.between(since, until), Claim.state != ClaimState.MERGED, is_real(Claim.id))
        .order_by(Claim.created_at.desc(), Claim.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def last_measured(session: Session) -> datetime | None:
    """Give when a claim was last measured: while it stays the same, no trend has changed but by fading."""
    return session.scalar(select(func.max(Claim.measured_at)))


@dataclass(frozen=True, slots=True)
class Quarter:
    """What came of one claim in one quarter of an hour."""

    claim_id: int
    quarter: int
    n_posts: int
    reach: int
    engagement: int


def quarters_since(session: Session, claim_ids: Iterable[int], quarter: int) -> list[Quarter]:
    """Give the quarters of some claims from ``quarter`` on."""
    query = select(Spread.claim_id, Spread.quarter, Spread.n_posts, Spread.reach, Spread.engagement).where(
        bulk.among(session, Spread.claim_id, sorted(set(claim_ids))), Spread.quarter >= quarter
    )
    return [Quarter(*row) for row in session.execute(query)]


def hour_totals(session: Session, first: int, last: int) -> Mapping[int, int]:
    """Give the posts of all claims in each hour between two, both included; hours without one are left out."""
    query = select(HourTotal.hour, HourTotal.n_posts).where(HourTotal.hour.between(first, last))
    return {row[0]: row[1] for row in session.execute(query)}
