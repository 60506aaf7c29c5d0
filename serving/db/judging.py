"""Open claims whose score is another model's than the one that judges claims now.

Several workers judge at once, each other claims. Whoever reads a claim holds a lock of PostgreSQL on its number until
its transaction ends, so a worker that is killed leaves nothing behind, and nobody else waits: the row itself is free
for intake and checkers. SQLite has no such lock; it stands on one machine, where a second worker reads what the first
one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from serving.db.claims import OPEN_STATES
from serving.db.dialect import is_postgresql
from serving.db.posts import first_posts
from serving.db.tables import Claim, Post

# To this a claim's number is added: "sulv", beside the lock of the intake.
JUDGE_LOCKS: Final = 0x73756C76_00000000
# So many judges find a whole batch that no other one reads; one more waits for its next turn.
_JUDGES: Final = 32


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A claim, and the text that is judged: its own first post's, not a merged claim's; its wording without one."""

    claim_id: int
    text: str


def unjudged(session: Session, version: str, limit: int) -> Sequence[Unjudged]:
    """Give open claims that a model other than ``version`` scored, first in the queue first.

    What another transaction was given and has not ended with is left out.
    """
    waiting = _waiting(version, limit)
    if is_postgresql(session):
        # Asked in a second statement, for what another judge wrote a moment ago the first one did not see.
        waiting = _waiting(version, limit).where(Claim.id.in_(_taken(session, version, limit)))
    claims = waiting.subquery()
    first = first_posts(select(claims.c.id))
    query = (
        select(claims.c.id, claims.c.wording, Post.text)
        .outerjoin(first, first.c.claim_id == claims.c.id)
        .outerjoin(Post, Post.id == first.c.post_id)
        .order_by(claims.c.priority.desc(), claims.c.id)
    )
    return [Unjudged(claim_id, text or wording) for claim_id, wording, text in session.execute(query)]


def _waiting(version: str, limit: int) -> Select[int, str, float]:
    return (
        select(Claim.id, Claim.wording, Claim.priority)
        .where(Claim.state.in_(OPEN_STATES), Claim.model != version)
        .order_by(Claim.priority.desc(), Claim.id)
        .limit(limit)
    )


def _taken(session: Session, version: str, limit: int) -> list[int]:
    """Lock claims that wait and that no other transaction has locked, until this one ends."""
    likely = _waiting(version, limit * _JUDGES).subquery()
    is_mine = func.pg_try_advisory_xact_lock(JUDGE_LOCKS + likely.c.id)
    return list(session.scalars(select(likely.c.id).where(is_mine).limit(limit)))
