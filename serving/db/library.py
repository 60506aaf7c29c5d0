"""Rows of the clarification library: words by version, proposals, and the public log of corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, select
from sqlalchemy.orm import Session

from serving.db import bulk
from serving.db.first import first_of_each
from serving.db.tables import Clarification, ClarificationVersion, Decision, PublicChange, Revision
from serving.vocabulary import ClarificationState, VerdictLabel

PUBLIC = (ClarificationState.PUBLISHED, ClarificationState.SUPERSEDED, ClarificationState.RETRACTED)
# Joins a clarification to the version of it that is read now.
PRESENT_WORDS = and_(
    ClarificationVersion.clarification_id == Clarification.id,
    ClarificationVersion.number == Clarification.current_version,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A clarification with its present words."""

    head: Clarification
    words: ClarificationVersion


@dataclass(frozen=True, slots=True)
class Search:
    """What to list: newest first, after the entry with this number.

    ``ids`` is what the search found for ``text``; the database does not look at the words themselves.
    """

    states: tuple[ClarificationState, ...] = ()
    verdict: VerdictLabel | None = None
    text: str = ""
    after: int | None = None
    limit: int = 50
    ids: tuple[int, ...] | None = None


def in_present_words() -> Select[Clarification, ClarificationVersion]:
    """Select clarifications, each with its present words."""
    return select(Clarification, ClarificationVersion).join(ClarificationVersion, PRESENT_WORDS)


def entries(session: Session, search: Search) -> Sequence[Entry]:
    """Give clarifications with their present words, newest first."""
    conditions: list[ColumnElement[bool]] = []
    if search.verdict is not None:
        conditions.append(Clarification.verdict == search.verdict)
    if search.ids is not None:
        conditions.append(bulk.among(session, Clarification.id, search.ids))
    if search.after is not None:
        conditions.append(Clarification.id < search.after)
    newest = Clarification.id.desc()
    if search.states:
        states = (Clarification.state == state for state in search.states)
        numbers = first_of_each(Clarification.id, states, conditions, (newest,), search.limit)
        conditions = [Clarification.id.in_(numbers)]
    query = in_present_words().where(*conditions).order_by(newest).limit(search.limit)
    return [Entry(head, words) for head, words in session.execute(query)]


def entry(session: Session, clarification_id: int) -> Entry | None:
    """Find one clarification with its present words."""
    found = session.execute(in_present_words().where(Clarification.id == clarification_id)).one_or_none()
    return Entry(*found) if found else None


def entry_by_slug(session: Session, slug: str) -> Entry | None:
    """Find what was published at an address, also where it was withdrawn since."""
    query = in_present_words().where(Clarification.slug == slug, Clarification.state.in_(PUBLIC))
    found = session.execute(query).one_or_none()
    return Entry(*found) if found else None


def locked(session: Session, clarification_id: int) -> Clarification | None:
    """Find a clarification and hold its row."""
    query = (
        select(Clarification)
        .where(Clarification.id == clarification_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one_or_none()


def by_external_id(session: Session, external_id: str) -> Clarification | None:
    """Find an imported clarification by its owner's number, under its lock."""
    query = select(Clarification).where(Clarification.external_id == external_id).with_for_update()
    return session.scalars(query).one_or_none()


def versions(session: Session, clarification_id: int) -> Sequence[ClarificationVersion]:
    """Give every version of the words, newest first."""
    query = (
        select(ClarificationVersion)
        .where(ClarificationVersion.clarification_id == clarification_id)
        .order_by(ClarificationVersion.number.desc())
    )
    return session.scalars(query).all()


def version(session: Session, clarification_id: int, number: int) -> ClarificationVersion:
    """Give one version of the words; a clarification without its present words cannot be."""
    query = select(ClarificationVersion).where(
        ClarificationVersion.clarification_id == clarification_id, ClarificationVersion.number == number
    )
    return session.scalars(query).one()


def revisions(session: Session, clarification_id: int) -> Sequence[Revision]:
    """Give the proposals for other words, newest first."""
    query = select(Revision).where(Revision.clarification_id == clarification_id).order_by(Revision.id.desc())
    return session.scalars(query).all()


def locked_revision(session: Session, revision_id: int) -> Revision | None:
    """Find a proposal and hold its row."""
    query = (
        select(Revision).where(Revision.id == revision_id).with_for_update().execution_options(populate_existing=True)
    )
    return session.scalars(query).one_or_none()


def answers_behind(session: Session, head: Clarification) -> dict[str, Any]:
    """Give the six answers with which two people published a clarification; none where it came from elsewhere.

    Neither a draft that was returned since, nor a later decision about the same claim, says anything about it.
    """
    query = (
        select(Decision.gates)
        .where(
            Decision.claim_id == head.claim_id,
            Decision.outcome == "approved",
            Decision.at <= head.published_at,
        )
        .order_by(Decision.id.desc())
        .limit(1)
    )
    return session.scalars(query).first() or {}


def changes(
    session: Session,
    *,
    clarification_id: int | None = None,
    after: int | None = None,
    limit: int = 50,
) -> Sequence[tuple[PublicChange, Clarification, ClarificationVersion]]:
    """Give the public log of corrections, newest first, of everything or of one clarification."""
    query = (
        select(PublicChange, Clarification, ClarificationVersion)
        .join(Clarification, Clarification.id == PublicChange.clarification_id)
        .join(ClarificationVersion, PRESENT_WORDS)
        .order_by(PublicChange.id.desc())
        .limit(limit)
    )
    if clarification_id is not None:
        query = query.where(PublicChange.clarification_id == clarification_id)
    if after is not None:
        query = query.where(PublicChange.id < after)
    return [(first, second, third) for first, second, third in session.execute(query)]


def due(session: Session, before: datetime, limit: int) -> Sequence[Entry]:
    """Give what is published and should be read again, or holds no longer, before a moment; the soonest first."""
    soonest = case(
        (Clarification.review_by.is_(None), Clarification.valid_until),
        (Clarification.valid_until.is_(None), Clarification.review_by),
        (Clarification.review_by < Clarification.valid_until, Clarification.review_by),
        else_=Clarification.valid_until,
    )
    query = (
        in_present_words()
        .where(Clarification.state == ClarificationState.PUBLISHED, soonest < before)
        .order_by(soonest, Clarification.id)
        .limit(limit)
    )
    return [Entry(head, words) for head, words in session.execute(query)]


def valid(head: Clarification, now: datetime) -> bool:
    """Tell whether a clarification stands: published, and not past its day."""
    in_time = head.valid_until is None or head.valid_until > now
    return head.state is ClarificationState.PUBLISHED and in_time
