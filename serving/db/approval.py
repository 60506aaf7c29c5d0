"""What second humans thought before they read a verdict, and drafts that they did not agree with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from serving.db.tables import Claim, Dispute, Draft, FirstLook
from serving.vocabulary import Category, ClaimState


@dataclass(frozen=True, slots=True)
class Compared:
    """Of how many first impressions how many were the drafted verdict."""

    n: int
    n_same: int


def first_look(session: Session, claim_id: int, version: int, person_id: int) -> FirstLook | None:
    """Find what somebody thought of one draft before they read it."""
    query = select(FirstLook).where(
        FirstLook.claim_id == claim_id, FirstLook.draft_version == version, FirstLook.looked_by_id == person_id
    )
    return session.scalars(query).one_or_none()


def waiting_drafts(session: Session, claim_ids: Sequence[int]) -> Sequence[tuple[Claim, Draft]]:
    """Give those of some claims that wait for a second human, or were handed up while they did, with their drafts."""
    query = (
        select(Claim, Draft)
        .join(Draft, Draft.claim_id == Claim.id)
        .where(Claim.id.in_(claim_ids), Claim.state.in_((ClaimState.AWAITING_APPROVAL, ClaimState.ESCALATED)))
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def open_dispute(session: Session, claim_id: int) -> Dispute | None:
    """Find the disagreement about a claim that nobody has settled; the claim's lock holds it as well."""
    query = select(Dispute).where(Dispute.claim_id == claim_id, Dispute.settled_at.is_(None))
    return session.scalars(query).one_or_none()


def compared(session: Session) -> Mapping[Category, Compared]:
    """Count by category how often a first impression was the drafted verdict."""
    same = case((FirstLook.impression == FirstLook.drafted, 1))
    query = (
        select(FirstLook.category, func.count(), func.count(same))
        .group_by(FirstLook.category)
        .order_by(FirstLook.category)
    )
    return {row[0]: Compared(row[1], row[2]) for row in session.execute(query)}
