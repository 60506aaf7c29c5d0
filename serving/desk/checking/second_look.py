"""A second look: somebody else says whether a dismissal of the sample was right, or opens the claim again.

A label needs two people, a dismissal one; the sample keeps that one honest without doubling the work. What comes of it
is counted by category and never by person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.db import second_look as rows
from serving.db.second_look import Sampled
from serving.db.tables import SecondLook
from serving.desk import audit
from serving.desk.checking import leases
from serving.desk.checking.leases import DESK
from serving.desk.context import Context
from serving.desk.states import SecondLookStep, next_second_look_state
from serving.errors import NotFoundError, SameHumanError
from serving.i18n import mark
from serving.vocabulary import Category


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for the person who asks, the oldest first, and the number above which the next page begins."""

    rows: Sequence[Sampled]
    after: int | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of how many looks in how many the second person agreed; none where they are too few to be shown."""

    n: int | None
    share: float | None


def waiting(ctx: Context, *, after: int | None = None, limit: int = 50) -> Queue:
    """Give the dismissals of the sample that the person who asks may look at: none of their own."""
    person = ctx.require(*DESK)
    found = rows.waiting(ctx.session, not_of=person, after=after, limit=limit + 1)
    return Queue(found[:limit], found[limit - 1].look.id if len(found) > limit else None)


def _look(ctx: Context, look_id: int, step: SecondLookStep) -> SecondLook:
    """Take one step on a sampled dismissal that somebody else made."""
    person = ctx.require(*DESK)
    claim_id = rows.claim_of(ctx.session, look_id)
    if claim_id is None:
        raise NotFoundError(mark("Klaim itu tidak ada dalam sampel."))
    # The claim before the look, as whoever opens it again on the desk locks them.
    leases.existing(ctx, claim_id)
    row = rows.locked(ctx.session, look_id)
    if row.dismissed_by_id == person:
        raise SameHumanError(mark("Anda sendiri yang menutup klaim ini; orang lain yang melihatnya lagi."))
    row.state = next_second_look_state(row.state, step)
    row.looked_by_id, row.looked_at = person, ctx.now
    ctx.session.flush()
    return row


def agree(ctx: Context, look_id: int) -> SecondLook:
    """Say that a dismissal was right."""
    row = _look(ctx, look_id, SecondLookStep.AGREE)
    # Two people have looked now: whoever dismissed it cannot take that back as if nobody had.
    leases.existing(ctx, row.claim_id).version += 1
    audit.append(ctx, "second-look.agree", "claim", row.claim_id, look=row.id)
    return row


def disagree(ctx: Context, look_id: int, reason: str) -> SecondLook:
    """Open a dismissed claim again, to be decided anew by two people."""
    row = _look(ctx, look_id, SecondLookStep.REOPEN)
    leases.reopen(ctx, row.claim_id, reason)
    audit.append(ctx, "second-look.reopen", "claim", row.claim_id, look=row.id)
    return row


def agreement(ctx: Context) -> Mapping[Category, Agreement]:
    """Give by category how often the second person agreed, to the people of the desk; small categories are hidden."""
    ctx.require(*DESK)
    return shown(rows.agreement(ctx.session), ctx.settings.min_group)


def shown(found: Mapping[Category, rows.Looked], smallest: int) -> dict[Category, Agreement]:
    """Hide the categories with fewer than ``smallest`` looks: few people dismiss in them, and these know each other."""
    return {
        category: Agreement(looked.n, looked.n_agreed / looked.n) if looked.n >= smallest else Agreement(None, None)
        for category, looked in found.items()
    }
