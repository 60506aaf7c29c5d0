"""The second pair of eyes: blind first, and a third person where two do not agree.

An approver reads posts and evidence, says what they make of them, and only then reads the drafted verdict and words:
whoever has read an answer finds reasons for it. The impression is kept for good, binds nobody, and is counted by
category, never by person.

Who does not agree with a drafted verdict hands it to a third person, neither an author of it nor themselves; triggers
hold that too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from serving.db import approval as rows
from serving.db.tables import Claim, Dispute, Draft, FirstLook
from serving.desk.checking.leases import DESK
from serving.desk.context import Context
from serving.errors import ConflictError, SameHumanError
from serving.i18n import mark
from serving.vocabulary import Category, ClaimState, DisputeOutcome, Role, VerdictLabel

_BEING_WRITTEN: Final = (ClaimState.QUEUED, ClaimState.CLAIMED, ClaimState.DRAFTED, ClaimState.ON_HOLD)


class LookFirstError(ConflictError):
    """The draft was not opened yet: the approver's own impression comes first."""

    code = "look-first"

    def __init__(self) -> None:
        super().__init__(mark("Catat dahulu kesan Anda sendiri dari kiriman dan buktinya, lalu buka rancangannya."))


class LookedAlreadyError(ConflictError):
    """The draft was opened already; a first impression is given once."""

    code = "looked-already"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of how many first impressions which part was the drafted verdict; none where they are too few to be shown."""

    n: int | None
    share: float | None


def is_blind(ctx: Context, claim: Claim, draft: Draft | None) -> bool:
    """Tell whether a draft is hidden: the reader may have to decide on it and has not said what they think."""
    person = ctx.actor.user_id
    # One that was handed up while it waited for approval comes back to it: nobody reads it on the way.
    was_submitted = claim.state is ClaimState.ESCALATED and claim.author_id is not None
    if draft is None or person is None or not (claim.state is ClaimState.AWAITING_APPROVAL or was_submitted):
        return False
    if not ctx.actor.may(Role.APPROVER) or person in draft.writers or person == claim.author_id:
        return False
    return rows.first_look(ctx.session, claim.id, draft.version, person) is None


def is_sealed(ctx: Context, claim: Claim, draft: Draft | None) -> bool:
    """Tell whether a draft's words are kept from the reader: it is blind to them, or would be once it is submitted.

    While somebody still writes it, only its writers and its holder read it; whoever may have to decide would come to
    the blind look with the answer in mind. One that was handed up to the approvers they must be able to read.
    """
    person = ctx.actor.user_id
    if claim.state in {ClaimState.AWAITING_APPROVAL, ClaimState.ESCALATED}:
        return is_blind(ctx, claim, draft)
    if draft is None or claim.state not in _BEING_WRITTEN or not ctx.actor.may(Role.APPROVER):
        return False
    return person not in draft.writers and person != claim.holder_id


def blind_to(ctx: Context, claim_ids: Iterable[int]) -> Mapping[int, frozenset[int]]:
    """Give those of some claims whose draft is hidden from the reader, each with the people who wrote in it."""
    if not ctx.actor.may(Role.APPROVER):
        return {}
    waiting = rows.waiting_drafts(ctx.session, sorted(set(claim_ids)))
    return {claim.id: frozenset(draft.writers) for claim, draft in waiting if is_blind(ctx, claim, draft)}


def require_look(ctx: Context, claim: Claim, draft: Draft) -> FirstLook:
    """Give what the person acting thought first; raise ``LookFirstError`` where they have not said."""
    look = rows.first_look(ctx.session, claim.id, draft.version, ctx.actor.user_id or 0)
    if look is None:
        raise LookFirstError
    return look


def note_look(ctx: Context, claim: Claim, draft: Draft, impression: VerdictLabel) -> FirstLook:
    """Keep what the person acting makes of posts and evidence, before they read the draft."""
    if rows.first_look(ctx.session, claim.id, draft.version, ctx.actor.user_id or 0) is not None:
        raise LookedAlreadyError(mark("Rancangan ini sudah Anda buka; kesan pertama dicatat sekali."))
    look = FirstLook(
        claim_id=claim.id,
        draft_version=draft.version,
        looked_by_id=ctx.actor.user_id,
        impression=impression,
        drafted=draft.verdict,
        category=draft.category or claim.category,
        at=ctx.now,
    )
    ctx.session.add(look)
    ctx.session.flush()
    return look


# ---- disagreement --------------------------------------------------------------------------------------------------


def open_dispute(ctx: Context, claim_id: int) -> Dispute | None:
    """Give the disagreement that waits for a third person."""
    return rows.open_dispute(ctx.session, claim_id)


def refuse_first(ctx: Context, claim_id: int) -> Dispute | None:
    """Give the open disagreement to whoever may settle it; raise where it is the acting person's own."""
    dispute = rows.open_dispute(ctx.session, claim_id)
    if dispute is not None and dispute.contested_by_id == ctx.actor.user_id:
        raise SameHumanError(mark("Anda sudah menyatakan tidak sepakat; orang ketiga yang memutuskannya."))
    return dispute


def contest(ctx: Context, claim: Claim, look: FirstLook, author_id: int, reason: str) -> Dispute:
    """Hand a draft to a third person; raise where it was handed on already."""
    if rows.open_dispute(ctx.session, claim.id) is not None:
        raise ConflictError(mark("Klaim ini sudah menunggu orang ketiga; putuskan: setujui atau kembalikan."))
    dispute = Dispute(
        claim_id=claim.id,
        draft_version=look.draft_version,
        author_id=author_id,
        contested_by_id=ctx.actor.user_id,
        reason=reason,
        at=ctx.now,
    )
    ctx.session.add(dispute)
    ctx.session.flush()
    return dispute


def settle(ctx: Context, dispute: Dispute | None, outcome: DisputeOutcome) -> None:
    """Note whom the third person agreed with, where two had not."""
    if dispute is not None:
        dispute.settled_by_id, dispute.settled_at, dispute.outcome = ctx.actor.user_id, ctx.now, outcome
        ctx.session.flush()


# ---- figures -------------------------------------------------------------------------------------------------------


def agreement(ctx: Context) -> Mapping[Category, Agreement]:
    """Give by category how often a first impression was the drafted verdict; small categories are hidden."""
    ctx.require(*DESK)
    smallest = ctx.settings.min_group
    return {
        category: Agreement(found.n, found.n_same / found.n) if found.n >= smallest else Agreement(None, None)
        for category, found in rows.compared(ctx.session).items()
    }
