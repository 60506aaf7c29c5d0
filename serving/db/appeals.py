"""Rows of appeals and complaints: what waits, what was answered, and who had a hand in what is contested."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, Select, exists, func, select, union
from sqlalchemy.orm import Session

from serving.db.library import PRESENT_WORDS
from serving.db.tables import (
    Appeal,
    Campaign,
    Clarification,
    ClarificationVersion,
    Complaint,
    Decision,
    Draft,
    Revision,
    Wording,
)
from serving.vocabulary import AppealState

OPEN = (AppealState.OPEN, AppealState.TAKEN)
ANSWERED = (AppealState.UPHELD, AppealState.OVERTURNED)


@dataclass(frozen=True, slots=True)
class Contested:
    """An appeal with the clarification that it contests, and its present words."""

    appeal: Appeal
    head: Clarification
    words: ClarificationVersion


def _contested() -> Select[Appeal, Clarification, ClarificationVersion]:
    return (
        select(Appeal, Clarification, ClarificationVersion)
        .join(Clarification, Clarification.id == Appeal.clarification_id)
        .join(ClarificationVersion, PRESENT_WORDS)
    )


def locked(session: Session, appeal_id: int) -> Appeal | None:
    """Find an appeal and hold its row."""
    query = select(Appeal).where(Appeal.id == appeal_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def one(session: Session, appeal_id: int) -> Contested | None:
    """Find an appeal with what it contests."""
    found = session.execute(_contested().where(Appeal.id == appeal_id)).one_or_none()
    return Contested(*found) if found else None


def by_code(session: Session, code_hash: str) -> Contested | None:
    """Find an appeal by the hash of its receipt code."""
    found = session.execute(_contested().where(Appeal.code_hash == code_hash)).one_or_none()
    return Contested(*found) if found else None


def waiting(session: Session, *, after: int | None, limit: int) -> list[Contested]:
    """Give the appeals that nobody has answered, the oldest first, from above ``after``."""
    query = _contested().where(Appeal.state.in_(OPEN)).order_by(Appeal.id).limit(limit)
    if after is not None:
        query = query.where(Appeal.id > after)
    return [Contested(*row) for row in session.execute(query)]


def answered(session: Session, *, after: int | None, limit: int) -> list[Contested]:
    """Give the appeals that were answered, the newest appeal first, from below ``after``."""
    query = _contested().where(Appeal.state.in_(ANSWERED)).order_by(Appeal.id.desc()).limit(limit)
    if after is not None:
        query = query.where(Appeal.id < after)
    return [Contested(*row) for row in session.execute(query)]


def is_contested(session: Session, clarification_id: int) -> bool:
    """Tell whether an appeal against a clarification waits for its answer."""
    query = select(Appeal.id).where(Appeal.clarification_id == clarification_id, Appeal.state.in_(OPEN)).limit(1)
    return session.execute(query).first() is not None


def campaign_is_contested() -> ColumnElement[bool]:
    """Say of a campaign that an appeal against what it carries waits for its answer."""
    return exists().where(Appeal.clarification_id == Campaign.clarification_id, Appeal.state.in_(OPEN))


def n_contested(session: Session) -> int:
    """Count the clarifications against which an appeal waits, each once."""
    query = select(func.count(Appeal.clarification_id.distinct())).where(Appeal.state.in_(OPEN))
    return session.execute(query).scalar_one()


def complaints(session: Session, since: datetime) -> list[int]:
    """Count the complaints since a moment, one number a clarification."""
    query = select(func.count()).where(Complaint.at > since).group_by(Complaint.clarification_id)
    return list(session.scalars(query))


def hands(session: Session, heads: Collection[Clarification]) -> Mapping[int, frozenset[int]]:
    """Give everybody who had a hand in each of these labels, by its number.

    Drafts, wordings, decisions, versions, proposals for other words: three questions, however many labels.
    """
    labels, claims = {head.id for head in heads}, {head.claim_id for head in heads if head.claim_id is not None}
    versions, proposals = ClarificationVersion.clarification_id, Revision.clarification_id
    of_label: CompoundSelect[int, int | None] = union(
        select(versions, ClarificationVersion.author_id).where(versions.in_(labels)),
        select(versions, ClarificationVersion.approver_id).where(versions.in_(labels)),
        select(proposals, Revision.author_id).where(proposals.in_(labels)),
        select(proposals, Revision.settled_by_id).where(proposals.in_(labels)),
    )
    of_claim: CompoundSelect[int, int | None] = union(
        select(Decision.claim_id, Decision.author_id).where(Decision.claim_id.in_(claims)),
        select(Decision.claim_id, Decision.approver_id).where(Decision.claim_id.in_(claims)),
        select(Wording.claim_id, Wording.author_id).where(Wording.claim_id.in_(claims)),
    )
    by_label, by_claim = defaultdict[int, set[int | None]](set), defaultdict[int | None, set[int | None]](set)
    for label, person in session.execute(of_label):
        by_label[label].add(person)
    for claim, person in session.execute(of_claim):
        by_claim[claim].add(person)
    for claim, writers in session.execute(select(Draft.claim_id, Draft.writers).where(Draft.claim_id.in_(claims))):
        by_claim[claim].update(writers)
    found = {
        head.id: (head.author_id, head.approver_id, *by_label[head.id], *by_claim[head.claim_id]) for head in heads
    }
    return {label: frozenset(each for each in people if each is not None) for label, people in found.items()}
