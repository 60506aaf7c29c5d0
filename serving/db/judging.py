"""Open claims whose score is another model's than the one that judges claims now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.db.claims import OPEN_STATES
from serving.db.posts import first_posts
from serving.db.tables import Claim, Post


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A claim, and the text that is judged: its own first post's, not a merged claim's; its wording without one."""

    claim_id: int
    text: str


def unjudged(session: Session, version: str, limit: int) -> Sequence[Unjudged]:
    """Give open claims that a model other than ``version`` scored, first in the queue first."""
    waiting = (
        select(Claim.id, Claim.wording, Claim.priority)
        .where(Claim.state.in_(OPEN_STATES), Claim.model != version)
        .order_by(Claim.priority.desc(), Claim.id)
        .limit(limit)
        .subquery()
    )
    first = first_posts(select(waiting.c.id))
    query = (
        select(waiting.c.id, waiting.c.wording, Post.text)
        .outerjoin(first, first.c.claim_id == waiting.c.id)
        .outerjoin(Post, Post.id == first.c.post_id)
        .order_by(waiting.c.priority.desc(), waiting.c.id)
    )
    return [Unjudged(claim_id, text or wording) for claim_id, wording, text in session.execute(query)]
