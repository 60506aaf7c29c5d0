"""Rows of the desk: a claim under its lock, its draft, sources, matches and what was said about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from serving.db.library import PRESENT_WORDS
from serving.db.tables import (
    Claim,
    ClaimNote,
    Clarification,
    ClarificationVersion,
    Decision,
    Draft,
    Evidence,
    Match,
    User,
    Wording,
)
from serving.vocabulary import ClaimState, ClarificationState

LEASED = (ClaimState.CLAIMED, ClaimState.DRAFTED)


def claim(session: Session, claim_id: int) -> Claim | None:
    """Find a claim."""
    return session.get(Claim, claim_id)


def locked_claim(session: Session, claim_id: int) -> Claim | None:
    """Find a claim and hold its row until the transaction ends: of two people at once, one waits."""
    query = select(Claim).where(Claim.id == claim_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def leases_over(session: Session, now: datetime) -> Sequence[Claim]:
    """Give the claims whose lease has ended, locked; those that somebody else is changing are left for later."""
    query = (
        select(Claim)
        .where(Claim.holder_id.is_not(None), Claim.lease_until <= now, Claim.state.in_(LEASED))
        .order_by(Claim.id)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).all()


def draft(session: Session, claim_id: int) -> Draft | None:
    """Give what is being prepared for a claim."""
    return session.get(Draft, claim_id, populate_existing=True)


def evidence(session: Session, claim_id: int) -> Sequence[Evidence]:
    """Give the sources that stand, in the order in which they were added."""
    query = select(Evidence).where(Evidence.claim_id == claim_id, Evidence.removed_at.is_(None)).order_by(Evidence.id)
    return session.scalars(query).all()


def evidence_row(session: Session, claim_id: int, evidence_id: int) -> Evidence | None:
    """Find one source of this claim, removed or not."""
    query = select(Evidence).where(Evidence.id == evidence_id, Evidence.claim_id == claim_id)
    return session.scalars(query).one_or_none()


def matches(session: Session, claim_id: int) -> Sequence[tuple[Match, Clarification, ClarificationVersion]]:
    """Give the suggested and decided matches with the clarification's present words, best first."""
    query = (
        select(Match, Clarification, ClarificationVersion)
        .join(Clarification, Clarification.id == Match.clarification_id)
        .join(ClarificationVersion, PRESENT_WORDS)
        .where(Match.claim_id == claim_id)
        .order_by(Match.score.desc(), Match.id)
    )
    return [(first, second, third) for first, second, third in session.execute(query)]


def locked_match(session: Session, match_id: int) -> Match | None:
    """Find a match and hold its row."""
    query = select(Match).where(Match.id == match_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def decisions(session: Session, claim_id: int) -> Sequence[Decision]:
    """Give every answer of a second human, newest first."""
    return session.scalars(select(Decision).where(Decision.claim_id == claim_id).order_by(Decision.id.desc())).all()


def notes(session: Session, claim_id: int) -> Sequence[ClaimNote]:
    """Give what was said at steps aside, newest first."""
    return session.scalars(select(ClaimNote).where(ClaimNote.claim_id == claim_id).order_by(ClaimNote.id.desc())).all()


def wordings(session: Session, claim_id: int) -> Sequence[Wording]:
    """Give the wordings that a claim has had, newest first."""
    return session.scalars(select(Wording).where(Wording.claim_id == claim_id).order_by(Wording.id.desc())).all()


def has_worded(session: Session, claim_id: int, user_id: int) -> bool:
    """Tell whether somebody wrote any of the wordings that a claim has had."""
    theirs = select(Wording.id).where(Wording.claim_id == claim_id, Wording.author_id == user_id).limit(1)
    return session.execute(theirs).first() is not None


def standing_clarification(session: Session, claim_id: int) -> Clarification | None:
    """Give the published clarification of a claim, locked."""
    query = (
        select(Clarification)
        .where(Clarification.claim_id == claim_id, Clarification.state == ClarificationState.PUBLISHED)
        .order_by(Clarification.id.desc())
        .limit(1)
        .with_for_update()
    )
    return session.scalars(query).first()


def slug_is_taken(session: Session, slug: str) -> bool:
    """Tell whether some clarification has this address already."""
    return bool(session.scalar(select(exists().where(Clarification.slug == slug))))


def display_names(session: Session, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Give the names of staff as they show them to each other."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted:
        return {}
    query = select(User.id, User.display_name).where(User.id.in_(wanted))
    return {row[0]: row[1] for row in session.execute(query)}
