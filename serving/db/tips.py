"""What answers a tip: the clarification that people published about a claim."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from serving.db.tables import Clarification, Match
from serving.vocabulary import ClarificationState, MatchStatus


def answering(session: Session, claim_ids: Collection[int], now: datetime) -> int | None:
    """Give the newest clarification that stands and that people linked to one of these claims.

    Linked means published from the claim, or a match that somebody confirmed: what the machine suggests does not count.
    """
    confirmed = select(Match.clarification_id).where(
        Match.claim_id.in_(claim_ids), Match.status == MatchStatus.CONFIRMED
    )
    query = (
        select(Clarification.id)
        .where(Clarification.state == ClarificationState.PUBLISHED)
        .where(or_(Clarification.valid_until.is_(None), Clarification.valid_until > now))
        .where(or_(Clarification.claim_id.in_(claim_ids), Clarification.id.in_(confirmed)))
        .order_by(Clarification.id.desc())
        .limit(1)
    )
    return session.scalar(query)
