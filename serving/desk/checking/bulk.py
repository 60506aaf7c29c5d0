"""One step for several claims of the queue at once, and taking it back.

Nothing here moves a claim by itself: each is taken through the same use case as from its own page, with its own audit
row, and the claims that refuse are named with their reason while the others go on. Taking back is the opposite step of
the same table, and leaves alone what somebody has changed since. What costs more than a look (a draft, another's work)
is left to the claim's own page, so that everything that was done here can be undone whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from serving.db import bulk_steps as rows
from serving.db import claims as claim_rows
from serving.db import review as review_rows
from serving.db.tables import BulkStep, BulkStepClaim, Claim
from serving.desk import audit
from serving.desk.checking import leases
from serving.desk.context import Context
from serving.errors import ConflictError, InvalidInputError, NotFoundError, SuluhError, TooLargeError
from serving.i18n import mark
from serving.vocabulary import BulkAction, ClaimState, DismissReason, Role

CLAIMS_MAX: Final = 50
UNDO_WITHIN: Final = timedelta(minutes=10)


class NotWaitingError(ConflictError):
    """The claim is being worked on or has a draft, so it is no matter of one click."""

    code = "not-waiting"

    def __init__(self) -> None:
        super().__init__(mark("Klaim ini sudah dikerjakan atau punya rancangan; lakukan dari halamannya sendiri."))


class ChangedSinceError(ConflictError):
    """Somebody has done something to the claim since, which taking back would undo with it."""

    code = "changed-since"

    def __init__(self) -> None:
        super().__init__(mark("Klaim ini sudah berubah sesudahnya, jadi dibiarkan."))


class UndoOverError(ConflictError):
    """It was taken back already, or too long ago."""

    code = "undo-over"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done to which claims; a dismissal names its kind, a hold its reason."""

    action: BulkAction
    claim_ids: tuple[int, ...]
    reason: str = ""
    dismiss_as: DismissReason | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A claim that did not go along, and why."""

    claim_id: int
    error: SuluhError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each claim."""

    bulk_id: int
    action: BulkAction
    done: tuple[int, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class Undoable:
    """The newest step that one can still take back."""

    bulk_id: int
    action: BulkAction
    n_claims: int


def _waiting(ctx: Context, claim_id: int) -> None:
    claim = leases.existing(ctx, claim_id)
    if claim.state is not ClaimState.QUEUED or review_rows.draft(ctx.session, claim_id) is not None:
        raise NotWaitingError


def _hold(ctx: Context, claim_id: int, asked: Asked) -> Claim:
    _waiting(ctx, claim_id)
    return leases.hold(ctx, claim_id, asked.reason)


def _dismiss(ctx: Context, claim_id: int, asked: Asked) -> Claim:
    _waiting(ctx, claim_id)
    if asked.dismiss_as is None:
        raise InvalidInputError(mark("Pilih alasan menutup tanpa label."))
    return leases.dismiss(ctx, claim_id, asked.dismiss_as, asked.reason)


def _return(ctx: Context, claim_id: int, asked: Asked) -> Claim:
    if leases.existing(ctx, claim_id).state is ClaimState.ON_HOLD:
        return leases.resume(ctx, claim_id, asked.reason)
    return leases.release(ctx, claim_id)


_DO: Final[dict[BulkAction, Callable[[Context, int, Asked], Claim]]] = {
    BulkAction.ASSIGN: lambda ctx, claim_id, _: leases.take(ctx, claim_id),
    BulkAction.HOLD: _hold,
    BulkAction.RETURN: _return,
    BulkAction.DISMISS: _dismiss,
}


def _back(ctx: Context, step: BulkStep, row: BulkStepClaim) -> Claim:
    if step.action is BulkAction.ASSIGN:
        return leases.release(ctx, row.claim_id)
    if step.action is BulkAction.HOLD:
        return leases.resume(ctx, row.claim_id)
    if step.action is BulkAction.DISMISS:
        return leases.reopen(ctx, row.claim_id, step.reason or step.action.value)
    if row.before is ClaimState.ON_HOLD:
        return leases.hold(ctx, row.claim_id, step.reason or step.action.value)
    return leases.take(ctx, row.claim_id)


def _each(
    ctx: Context, claim_ids: Sequence[int], step: Callable[[int], Claim]
) -> tuple[list[Claim], tuple[Refused, ...]]:
    """Take a step for each claim whole or not at all, in the order of their numbers.

    All are locked before the first step: each step ends with its audit row, and nothing is locked after that.
    """
    claim_rows.lock_claims(ctx.session, claim_ids)
    done, refused = [], []
    for claim_id in claim_ids:
        try:
            with ctx.session.begin_nested():
                done.append(step(claim_id))
        except SuluhError as error:
            refused.append(Refused(claim_id, error))
    return done, tuple(refused)


def do(ctx: Context, asked: Asked) -> Outcome:
    """Take one step for several claims; those that refuse are named, and the others are done.

    Raises:
        TooLargeError: more than ``CLAIMS_MAX`` claims.
        InvalidInputError: no claim.
        SuluhError: what the first claim was refused for, where none went along; nothing is stored then.
    """
    user_id = ctx.require(Role.CHECKER)
    numbers = sorted(set(asked.claim_ids))
    if not numbers:
        raise InvalidInputError(mark("Pilih sedikitnya satu klaim."))
    if len(numbers) > CLAIMS_MAX:
        raise TooLargeError(mark("Paling banyak {n} klaim sekaligus."), n=CLAIMS_MAX)
    found = [claim for number in numbers if (claim := review_rows.claim(ctx.session, number))]
    before = {claim.id: claim.state for claim in found}
    # Taking what one holds already changes nothing that an undo should take away.
    own = {claim.id for claim in found if asked.action is BulkAction.ASSIGN and claim.holder_id == user_id}
    done, refused = _each(ctx, numbers, lambda number: _DO[asked.action](ctx, number, asked))
    if not done:
        raise refused[0].error
    row = BulkStep(action=asked.action, reason=asked.reason.strip(), user_id=user_id, at=ctx.now)
    ctx.session.add(row)
    ctx.session.flush()
    ctx.session.add_all(
        BulkStepClaim(bulk_id=row.id, claim_id=claim.id, before=before[claim.id], version=claim.version)
        for claim in done
        if claim.id not in own
    )
    audit.append(ctx, f"bulk.{asked.action}", "bulk", row.id, n=len(done), refused=len(refused))
    return Outcome(row.id, row.action, tuple(claim.id for claim in done), refused)


def undo(ctx: Context, bulk_id: int) -> Outcome:
    """Take back what one did to several claims; those that were changed since are named and left.

    Raises:
        UndoOverError: it was taken back already, or is older than ``UNDO_WITHIN``.
        NotFoundError: there is no such step of this person.
    """
    user_id = ctx.require(Role.CHECKER)
    row = rows.locked(ctx.session, bulk_id)
    if row is None or row.user_id != user_id:
        raise NotFoundError(mark("Langkah itu tidak ada, atau bukan Anda yang mengambilnya."))
    if row.undone_at is not None or ctx.now - row.at > UNDO_WITHIN:
        raise UndoOverError(
            mark("Langkah ini sudah dibatalkan, atau lebih lama dari {n} menit."), n=UNDO_WITHIN // timedelta(minutes=1)
        )
    kept = {each.claim_id: each for each in rows.claims_of(ctx.session, bulk_id)}

    def back(claim_id: int) -> Claim:
        if leases.existing(ctx, claim_id).version != kept[claim_id].version:
            raise ChangedSinceError
        return _back(ctx, row, kept[claim_id])

    done, refused = _each(ctx, list(kept), back)
    row.undone_at = ctx.now
    audit.append(ctx, "bulk.undo", "bulk", row.id, n=len(done), refused=len(refused))
    return Outcome(row.id, row.action, tuple(claim.id for claim in done), refused)


def undoable(ctx: Context) -> Undoable | None:
    """Give the newest step that the reader can still take back."""
    if ctx.actor.user_id is None or not ctx.actor.may(Role.CHECKER):
        return None
    found = rows.newest_standing(ctx.session, ctx.actor.user_id, ctx.now - UNDO_WITHIN)
    return Undoable(found[0].id, found[0].action, found[1]) if found else None
