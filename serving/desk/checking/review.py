"""How a claim gets its label: one human prepares and submits, another approves or returns.

The author is whoever submits. Nobody who wrote any part of the draft can be its second pair of eyes, whatever roles
they hold, and what an approver answers is appended to the decisions, never changed. The cost of the rule is that a
desk of one person publishes nothing; that is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from serving.db import review as rows
from serving.db.tables import Claim, Clarification, Decision, Draft
from serving.desk import audit
from serving.desk.checking import approval, evidence, gates, golden
from serving.desk.checking.evidence import draft_of
from serving.desk.checking.gates import Prepared
from serving.desk.checking.leases import (
    DESK,
    HeldByAnotherError,
    NotHolderError,
    answer_golden,
    dismiss,
    escalate,
    existing,
    expire_leases,
    extend,
    hand_over,
    held,
    hold,
    holder_name,
    let_go,
    mark_seen,
    move,
    note_look,
    release,
    reopen,
    resume,
    reword,
    take,
    was_seen,
)
from serving.desk.context import Context
from serving.desk.publishing import library
from serving.desk.states import ClaimStep, next_claim_state
from serving.errors import ConflictError, InvalidInputError, NotFoundError, SameHumanError
from serving.i18n import mark
from serving.vocabulary import ClaimState, DisputeOutcome, Gate, Role, VerdictLabel

__all__ = [
    "DraftMovedOnError",
    "HeldByAnotherError",
    "NotHolderError",
    "approve",
    "close",
    "contest",
    "dismiss",
    "draft",
    "escalate",
    "existing",
    "expire_leases",
    "extend",
    "hand_over",
    "hold",
    "holder_name",
    "mark_seen",
    "note_look",
    "prepared",
    "release",
    "reopen",
    "resume",
    "retract",
    "return_draft",
    "reveal",
    "reword",
    "save_draft",
    "submit",
    "take",
    "was_seen",
    "wording_of",
]


class DraftMovedOnError(ConflictError):
    """The draft was changed after it was read; what was sent is not stored."""

    code = "draft-moved-on"

    def __init__(self) -> None:
        super().__init__(
            mark("Rancangan ini sudah berubah sejak Anda membukanya. Isian Anda belum disimpan; bandingkan dahulu.")
        )


def gates_of(stored: Mapping[str, object]) -> dict[Gate, bool]:
    """Give stored answers as the rules read them."""
    return {Gate(name): bool(answer) for name, answer in stored.items()}


def prepared(row: Draft | None) -> Prepared:
    """Give a draft as the rules read it; nothing prepared yet is an empty one."""
    if row is None:
        return Prepared()
    return Prepared(
        gates=gates_of(row.gates),
        verdict=row.verdict,
        category=row.category,
        political=row.political,
        redacted=row.redacted,
        title=row.title,
        body=row.body,
        topic=row.topic,
    )


def draft(ctx: Context, claim_id: int) -> Draft | None:
    """Give what is being prepared for a claim, to the people of the desk."""
    ctx.require(*DESK)
    if rows.claim(ctx.session, claim_id) is None:
        raise NotFoundError(mark("Klaim itu tidak ada."))
    golden.check_reader(ctx, claim_id)
    return rows.draft(ctx.session, claim_id)


def wording_of(ctx: Context, claim_id: int) -> str:
    """Give a claim's present wording."""
    claim = rows.claim(ctx.session, claim_id)
    if claim is None:
        raise NotFoundError(mark("Klaim itu tidak ada."))
    return claim.wording


def save_draft(ctx: Context, claim_id: int, words: Prepared, version: int) -> Draft:
    """Keep a draft, complete or not.

    Args:
        ctx: the step's surroundings; its person must hold the claim.
        claim_id: which claim.
        words: the whole draft as it should stand.
        version: the version on which it was written; 0 before the first.

    Raises:
        DraftMovedOnError: another save came in between.
        NotHolderError, HeldByAnotherError: the claim is not, or no longer, held by this person.
    """
    user_id = ctx.require(Role.CHECKER)
    claim = held(ctx, claim_id, user_id)
    there = rows.draft(ctx.session, claim_id)
    if version != (there.version if there else 0):
        raise DraftMovedOnError
    row = draft_of(ctx, claim, user_id)
    row.gates = {gate.value: answer for gate, answer in words.gates.items()}
    row.verdict, row.category, row.topic = words.verdict, words.category, words.topic
    row.political, row.redacted = words.political, words.redacted
    row.title, row.body = words.title, words.body
    row.version += 1
    ctx.session.flush()
    audit.append(ctx, "claim.draft", "claim", claim_id, version=row.version)
    return row


def submit(ctx: Context, claim_id: int) -> Claim:
    """Hand the draft to a second human; the submitter becomes its author.

    A golden item ends here: nobody approves it, and its checker alone is told what is known.

    Raises:
        NotReadyError: a gate, a source, the verdict or the words are not as they must be.
    """
    user_id = ctx.require(Role.CHECKER)
    claim = held(ctx, claim_id, user_id)
    row = rows.draft(ctx.session, claim_id)
    sources = evidence.as_sources(evidence.standing(ctx, claim_id))
    words = prepared(row)
    gates.check(words, sources, claim.wording)
    if golden.is_one(ctx, claim_id):
        return answer_golden(ctx, claim, words.verdict)
    row = draft_of(ctx, claim, user_id)
    move(claim, ClaimStep.SUBMIT)
    let_go(claim)
    claim.author_id, claim.approver_id = user_id, None
    row.returned_reason = ""
    row.version += 1
    audit.append(ctx, "claim.submit", "claim", claim_id, version=row.version, verdict=row.verdict)
    return claim


def _to_decide(ctx: Context, claim_id: int, step: ClaimStep, version: int) -> tuple[Claim, Draft, int]:
    """Give claim, draft and author to an approver who wrote none of it, where the step may be taken."""
    user_id = ctx.require(Role.APPROVER)
    claim = existing(ctx, claim_id)
    next_claim_state(claim.state, step)
    row = rows.draft(ctx.session, claim_id)
    author_id = claim.author_id
    if row is None or author_id is None:
        raise NotFoundError(mark("Klaim ini belum punya rancangan."))
    if user_id == author_id or user_id in row.writers or rows.has_worded(ctx.session, claim_id, user_id):
        raise SameHumanError(mark("Anda ikut menulis rancangan ini; orang lain yang harus memutuskannya."))
    if version != row.version:
        raise DraftMovedOnError
    return claim, row, author_id


def reveal(ctx: Context, claim_id: int, impression: VerdictLabel, version: int) -> Claim:
    """Open the draft to a second human who first says what they make of posts and evidence.

    Raises:
        LookedAlreadyError: they have said so already.
        SameHumanError: they wrote part of it.
    """
    claim, row, _ = _to_decide(ctx, claim_id, ClaimStep.APPROVE, version)
    approval.note_look(ctx, claim, row, impression)
    audit.append(ctx, "claim.reveal", "claim", claim_id, version=row.version, impression=impression)
    return claim


def contest(ctx: Context, claim_id: int, reason: str, version: int) -> Claim:
    """Hand a draft whose verdict one does not agree with to a third person, who approves or returns it.

    Raises:
        LookFirstError: the draft was not opened yet.
        ConflictError: it waits for a third person already.
    """
    ctx.require(Role.APPROVER)
    if not reason.strip():
        raise InvalidInputError(mark("Tuliskan alasannya."))
    claim, row, author_id = _to_decide(ctx, claim_id, ClaimStep.APPROVE, version)
    look = approval.require_look(ctx, claim, row)
    approval.contest(ctx, claim, look, author_id, reason.strip())
    _record(ctx, row, author_id, _Answer("contested", reason=reason.strip()))
    audit.append(ctx, "claim.contest", "claim", claim_id, version=row.version)
    return claim


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a second human said about a draft."""

    outcome: str
    political: bool | None = None
    reason: str = ""


def _record(ctx: Context, row: Draft, author_id: int, answer: _Answer) -> None:
    ctx.session.add(
        Decision(
            claim_id=row.claim_id,
            author_id=author_id,
            approver_id=ctx.actor.user_id,
            outcome=answer.outcome,
            verdict=row.verdict,
            category=row.category,
            political_author=bool(row.political),
            political_approver=answer.political,
            gates=row.gates,
            reason=answer.reason,
            at=ctx.now,
        )
    )


def return_draft(ctx: Context, claim_id: int, reason: str, version: int) -> Claim:
    """Send a draft back with a reason; whoever takes the claim next goes on with it.

    Nobody holds it then: its author may be off shift, and half an hour of an empty lease helps nobody.

    Raises:
        DraftMovedOnError: ``version``, the draft that was read, is not the one that stands.
        LookFirstError: the draft was not opened yet.
    """
    ctx.require(Role.APPROVER)
    if not reason.strip():
        raise InvalidInputError(mark("Tuliskan alasannya."))
    claim, row, author_id = _to_decide(ctx, claim_id, ClaimStep.RETURN, version)
    approval.require_look(ctx, claim, row)
    dispute = approval.refuse_first(ctx, claim_id)
    move(claim, ClaimStep.RETURN)
    row.returned_reason = reason.strip()
    row.version += 1
    _record(ctx, row, author_id, _Answer("returned", reason=reason.strip()))
    approval.settle(ctx, dispute, DisputeOutcome.APPROVER)
    audit.append(ctx, "claim.return", "claim", claim_id, version=row.version)
    return claim


def approve(ctx: Context, claim_id: int, *, political: bool, version: int) -> Clarification:
    """Publish what another human prepared.

    Args:
        ctx: the step's surroundings; its person is an approver and wrote none of the draft.
        claim_id: which claim.
        political: the second answer to the question; one yes of the two keeps the item from ASN.
        version: the draft that was read.

    Returns:
        The published clarification.

    Raises:
        DraftMovedOnError: the draft is another by now.
        LookFirstError: the draft was not opened yet.
        SameHumanError: this person wrote part of it, or did not agree with it before.
    """
    claim, row, author_id = _to_decide(ctx, claim_id, ClaimStep.APPROVE, version)
    approval.require_look(ctx, claim, row)
    dispute = approval.refuse_first(ctx, claim_id)
    sources = evidence.standing(ctx, claim_id)
    words = prepared(row)
    gates.check(words, evidence.as_sources(sources), claim.wording)
    claim.approver_id = ctx.actor.user_id
    move(claim, ClaimStep.APPROVE)
    claim.verdict, claim.category = words.verdict, words.category or claim.category
    # A yes from before it was reopened counts on.
    claim.political = bool(claim.political) or bool(words.political) or political
    claim.decided_at = ctx.now
    _record(ctx, row, author_id, _Answer("approved", political))
    ctx.session.flush()
    approval.settle(ctx, dispute, DisputeOutcome.AUTHOR)
    published = library.publish(ctx, claim, words, sources)
    audit.append(
        ctx,
        "claim.approve",
        "claim",
        claim_id,
        clarification=published.id,
        verdict=claim.verdict,
        political=claim.political,
    )
    return published


def close(ctx: Context, claim_id: int) -> Claim:
    """Say that nothing more is to be done about a published claim."""
    ctx.require(*DESK)
    claim = existing(ctx, claim_id)
    move(claim, ClaimStep.CLOSE)
    audit.append(ctx, "claim.close", "claim", claim_id)
    return claim


def retract(ctx: Context, claim_id: int, reason: str) -> Claim:
    """Withdraw the label of a published claim; see ``library.retract`` for what follows."""
    ctx.require(Role.APPROVER)
    claim = existing(ctx, claim_id)
    standing = rows.standing_clarification(ctx.session, claim_id)
    if standing is None or claim.state is not ClaimState.PUBLISHED:
        move(claim, ClaimStep.RETRACT)  # raises with what would be possible
        raise NotFoundError(mark("Klaim ini tidak punya klarifikasi yang terbit."))
    library.retract(ctx, standing.id, reason)
    return claim
