"""Who works on a claim, and until when: one person at a time, never for ever, and nothing written is lost.

A lease ends by itself. A claim that was only taken goes back to the queue; one with a draft stays drafted and waits for
whoever takes it next. Every step here takes the claim's row lock first, so of two people at once one is told who won.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from serving.db import notes, people, review
from serving.db.tables import Claim, ClaimNote, User, Wording
from serving.desk import audit
from serving.desk.checking import golden, sampling
from serving.desk.context import Begin, Context
from serving.desk.states import ClaimStep, next_claim_state
from serving.errors import ConflictError, InvalidInputError, NotFoundError
from serving.i18n import When, mark
from serving.vocabulary import ClaimState, DismissReason, Role, VerdictLabel

WORDING_MAX_CHARS = 500
DESK = (Role.CHECKER, Role.APPROVER)


class HeldByAnotherError(ConflictError):
    """Somebody else works on this claim; the sentence says who and since when."""

    code = "held-by-another"

    def __init__(self, name: str, since: datetime) -> None:
        super().__init__(
            mark("Klaim ini sedang dikerjakan oleh {name} sejak {since}."),
            name=name,
            since=When(since),
        )


class NotHolderError(ConflictError):
    """Only whoever holds the claim may change it, and that is not you, or no longer."""

    code = "not-holder"

    def __init__(self) -> None:
        super().__init__(mark("Ambil klaim ini dahulu; hanya yang memegangnya dapat mengubahnya."))


class NotAColleagueError(InvalidInputError):
    """Nobody who checks claims has this name, or it is one's own."""

    code = "not-a-colleague"

    def __init__(self, name: str) -> None:
        super().__init__(mark("“{name}” bukan rekan yang memeriksa klaim; pilih pemeriksa lain."), name=name)


def existing(ctx: Context, claim_id: int) -> Claim:
    """Give the claim under its lock; raise where there is none."""
    row = review.locked_claim(ctx.session, claim_id)
    if row is None:
        raise NotFoundError(mark("Klaim itu tidak ada."))
    golden.check_reader(ctx, claim_id)
    return row


def move(claim: Claim, step: ClaimStep) -> None:
    """Take one step of the claim's state machine; raise ``IllegalStepError`` where there is none."""
    claim.state = next_claim_state(claim.state, step)
    claim.version += 1


def grant(ctx: Context, claim: Claim, user_id: int) -> None:
    """Make somebody the holder from now on, or begin their lease anew."""
    if claim.holder_id != user_id:
        claim.holder_id, claim.held_since = user_id, ctx.now
    claim.lease_until = ctx.now + ctx.settings.lease


def let_go(claim: Claim) -> None:
    """End the lease."""
    claim.holder_id = claim.held_since = claim.lease_until = None


def names(ctx: Context, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Give the names of staff as they show them to each other."""
    return review.display_names(ctx.session, user_ids)


def holder_name(ctx: Context, claim: Claim) -> str | None:
    """Give the name of whoever works on a claim."""
    return names(ctx, [claim.holder_id]).get(claim.holder_id or 0)


def held_by_other(ctx: Context, claim: Claim, user_id: int) -> bool:
    """Tell whether somebody else's lease is running."""
    running = claim.lease_until is not None and claim.lease_until > ctx.now
    return claim.holder_id is not None and claim.holder_id != user_id and running


def refuse_if_held(ctx: Context, claim: Claim, user_id: int) -> None:
    """Raise ``HeldByAnotherError`` where somebody else's lease is running."""
    if held_by_other(ctx, claim, user_id):
        holder = people.user(ctx.session, claim.holder_id or 0)
        raise HeldByAnotherError(holder.display_name if holder else "?", claim.held_since or ctx.now)


def held(ctx: Context, claim_id: int, user_id: int) -> Claim:
    """Give a claim that this person holds and may edit, with its lease begun anew; raise otherwise.

    A lease that ran out while nobody else came is still theirs: work is not thrown away for a minute.
    """
    claim = existing(ctx, claim_id)
    refuse_if_held(ctx, claim, user_id)
    if claim.holder_id != user_id or claim.state not in review.LEASED:
        raise NotHolderError
    grant(ctx, claim, user_id)
    return claim


def renew(ctx: Context, claim_id: int, user_id: int) -> bool:
    """Begin somebody's lease anew while they are at work; tell whether the claim was theirs to hold on.

    It is no step: the record tells who took a claim and who let it go, not each minute between.
    """
    claim = existing(ctx, claim_id)
    if claim.holder_id != user_id or claim.state not in review.LEASED:
        return False
    grant(ctx, claim, user_id)
    return True


def _expire(ctx: Context, claim: Claim) -> None:
    holder_id = claim.holder_id
    if claim.state is ClaimState.CLAIMED:
        move(claim, ClaimStep.EXPIRE)
    let_go(claim)
    audit.append(ctx, "claim.expire", "claim", claim.id, holder=holder_id, state=claim.state)


def take(ctx: Context, claim_id: int) -> Claim:
    """Become the one who works on a claim; taking one's own again begins the lease anew.

    Raises:
        HeldByAnotherError: somebody else's lease is running.
        IllegalStepError: the claim is neither queued nor a draft that nobody holds.
        SameHumanError: it is a golden item whose answer they know.
    """
    user_id = ctx.require(Role.CHECKER)
    claim = existing(ctx, claim_id)
    refuse_if_held(ctx, claim, user_id)
    golden.check_taker(ctx, claim_id, user_id)
    if claim.state in review.LEASED and claim.holder_id not in {None, user_id}:
        _expire(ctx, claim)
    if claim.state is ClaimState.DRAFTED:
        claim.version += 1
    elif not (claim.state is ClaimState.CLAIMED and claim.holder_id == user_id):
        move(claim, ClaimStep.TAKE)
        golden.note_turn(ctx, claim)
    grant(ctx, claim, user_id)
    audit.append(ctx, "claim.take", "claim", claim.id, state=claim.state, until=claim.lease_until)
    return claim


def extend(ctx: Context, claim_id: int) -> Claim:
    """Begin one's own lease anew."""
    claim = held(ctx, claim_id, ctx.require(Role.CHECKER))
    audit.append(ctx, "claim.extend", "claim", claim.id, until=claim.lease_until)
    return claim


def release(ctx: Context, claim_id: int) -> Claim:
    """Give a claim back: to the queue, or as a draft that the next person goes on with."""
    claim = held(ctx, claim_id, ctx.require(Role.CHECKER))
    if claim.state is ClaimState.CLAIMED:
        move(claim, ClaimStep.RELEASE)
    let_go(claim)
    audit.append(ctx, "claim.release", "claim", claim.id, state=claim.state)
    return claim


def _heir(ctx: Context, name: str, user_id: int) -> User:
    """Find the checker to whom a claim is handed; raise ``NotAColleagueError`` where it is nobody else."""
    heir = people.user_by_name(ctx.session, name.strip().lower().removeprefix("@"))
    if heir is None or not heir.active or heir.id == user_id or Role.CHECKER.value not in heir.roles:
        raise NotAColleagueError(name.strip()[:64])
    return heir


def hand_over(ctx: Context, claim_id: int, name: str, note: str = "") -> Claim:
    """Hand a claim that one holds to a colleague by their sign-in name, who finds it among their mentions.

    Raises:
        NotAColleagueError: nobody else who checks claims has this name.
        NotHolderError, HeldByAnotherError: the claim is not, or no longer, held by this person.
    """
    user_id = ctx.require(Role.CHECKER)
    claim = held(ctx, claim_id, user_id)
    heir = _heir(ctx, name, user_id)
    golden.check_taker(ctx, claim_id, heir.id)
    move(claim, ClaimStep.HAND_OVER)
    grant(ctx, claim, heir.id)
    said = ClaimNote(claim_id=claim.id, step=ClaimStep.HAND_OVER, text=note.strip(), noted_by_id=user_id, at=ctx.now)
    notes.add(ctx.session, said, [heir.id])
    audit.append(ctx, "claim.hand_over", "claim", claim.id, to=heir.id, until=claim.lease_until)
    return claim


def expire_leases(ctx: Context) -> int:
    """End every lease that has run out; give how many."""
    over = review.leases_over(ctx.session, ctx.now)
    for claim in over:
        _expire(ctx, claim)
    return len(over)


def mark_seen(ctx: Context, claim_id: int) -> bool:
    """Note that a checker has looked at a claim for the first time; tell whether this was the first."""
    ctx.require(*DESK)
    claim = existing(ctx, claim_id)
    if claim.seen_at is not None:
        return False
    claim.seen_at = ctx.now
    audit.append(ctx, "claim.see", "claim", claim.id)
    return True


def note_look(ctx: Context, claim_id: int, begin: Begin) -> None:
    """Note the first look of the desk at a claim, in a transaction of its own: the one that shows it only reads."""
    if ctx.actor.may(*DESK) and not was_seen(ctx, claim_id):
        with begin() as own:
            mark_seen(own, claim_id)


def was_seen(ctx: Context, claim_id: int) -> bool:
    """Tell whether somebody of the desk has looked at a claim."""
    claim = review.claim(ctx.session, claim_id)
    return claim is not None and claim.seen_at is not None


def _said(ctx: Context, claim: Claim, step: ClaimStep, user_id: int, reason: str) -> None:
    """Keep what somebody said beside a step; the audit row tells only that it was taken."""
    if reason.strip():
        ctx.session.add(ClaimNote(claim_id=claim.id, step=step, text=reason.strip(), noted_by_id=user_id, at=ctx.now))


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInputError(mark("Tuliskan alasannya."))


def _aside(ctx: Context, claim_id: int, step: ClaimStep, reason: str, *roles: Role) -> Claim:
    user_id = ctx.require(*roles)
    claim = existing(ctx, claim_id)
    refuse_if_held(ctx, claim, user_id)
    before = claim.state
    move(claim, step)
    let_go(claim)
    _said(ctx, claim, step, user_id, reason)
    audit.append(ctx, f"claim.{step}", "claim", claim.id, before=before)
    return claim


def _may_settle(claim: Claim) -> tuple[Role, ...]:
    return (Role.APPROVER,) if claim.state is ClaimState.ESCALATED else DESK


def hold(ctx: Context, claim_id: int, reason: str) -> Claim:
    """Put a claim aside until something is known; the draft stays."""
    _needs_reason(reason)
    return _aside(ctx, claim_id, ClaimStep.HOLD, reason, *DESK)


def escalate(ctx: Context, claim_id: int, reason: str) -> Claim:
    """Hand a claim up to the approvers; the draft stays."""
    _needs_reason(reason)
    return _aside(ctx, claim_id, ClaimStep.ESCALATE, reason, *DESK)


def resume(ctx: Context, claim_id: int, reason: str = "") -> Claim:
    """Put a held claim back into the queue; an escalated one only by an approver."""
    ctx.require(*DESK)
    return _aside(ctx, claim_id, ClaimStep.RESUME, reason, *_may_settle(existing(ctx, claim_id)))


def dismiss(ctx: Context, claim_id: int, reason: DismissReason, note: str = "") -> Claim:
    """Close a claim without a label; an escalated one only by an approver."""
    ctx.require(*DESK)
    claim = existing(ctx, claim_id)
    user_id = ctx.require(*_may_settle(claim))
    refuse_if_held(ctx, claim, user_id)
    if golden.is_one(ctx, claim_id):
        return answer_golden(ctx, claim, reason)
    claim.dismiss_reason = reason
    move(claim, ClaimStep.DISMISS)
    let_go(claim)
    claim.decided_at = ctx.now
    _said(ctx, claim, ClaimStep.DISMISS, user_id, note)
    # The record does not say whether it was drawn: whoever reads along should not know before the second look.
    sampling.note_dismissal(ctx, claim, user_id)
    audit.append(ctx, "claim.dismiss", "claim", claim.id, reason=reason)
    return claim


def answer_golden(ctx: Context, claim: Claim, answer: VerdictLabel | DismissReason | None) -> Claim:
    """End a golden item with the acting person's answer, where another claim would be submitted or dismissed."""
    golden.check_taker(ctx, claim.id, ctx.actor.user_id or 0)
    move(claim, ClaimStep.ANSWER)
    let_go(claim)
    golden.note_answer(ctx, claim.id, answer)
    return claim


def reopen(ctx: Context, claim_id: int, reason: str) -> Claim:
    """Put a closed or dismissed claim back into the queue, to be decided anew by two humans.

    The words of the old draft stay, and with them who wrote them, so that none of these may approve them; its six
    answers do not, because they are why it is opened again. One yes to the question of politics stays: it keeps the
    claim from civil servants for good, and could otherwise be asked away. A clarification that stands goes on standing
    until another is published or somebody retracts it.
    """
    _needs_reason(reason)
    if golden.is_one(ctx, claim_id):
        raise NotFoundError(mark("Butir uji tidak dibuka lagi; jawabannya sudah tercatat."))
    claim = _aside(ctx, claim_id, ClaimStep.REOPEN, reason, *DESK)
    sampling.note_reopening(ctx, claim)
    claim.author_id = claim.approver_id = claim.decided_at = None
    claim.reopened_at = ctx.now
    claim.verdict = claim.dismiss_reason = None
    claim.political = claim.political or None
    if draft := review.draft(ctx.session, claim_id):
        draft.gates, draft.political = {}, None
        draft.version += 1
    return claim


def reword(ctx: Context, claim_id: int, text: str) -> Claim:
    """Give the claim a better neutral wording; the earlier ones are kept."""
    user_id = ctx.require(Role.CHECKER)
    wording = " ".join(text.split())
    if not 1 <= len(wording) <= WORDING_MAX_CHARS:
        raise InvalidInputError(mark("Rumusan klaim antara 1 dan {n} huruf."), n=WORDING_MAX_CHARS)
    claim = held(ctx, claim_id, user_id)
    if wording != claim.wording:
        claim.wording = wording
        claim.version += 1
        ctx.session.add(Wording(claim_id=claim.id, text=wording, author_id=user_id, at=ctx.now))
        audit.append(ctx, "claim.reword", "claim", claim.id)
    return claim
