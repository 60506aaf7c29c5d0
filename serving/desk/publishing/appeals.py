"""Appeals: anybody contests a label, somebody who had no hand in it answers, and routing waits meanwhile.

No identity is asked for. Whoever appeals gets a receipt code, of which only a keyed hash is kept, and may leave a
contact; it is sealed, opened by whoever has taken the appeal in a step that is on the record, and forgotten with the
answer. What that costs: a lost code cannot be given again.

While an appeal is open every campaign of its clarification is frozen, whoever launched it. If the label stands they go
on; if it does not, it is retracted, which ends them and tells everybody who passed it on.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from data.normalise import mask_identities
from serving.db import appeals as rows
from serving.db import campaigns as campaign_rows
from serving.db import library as library_rows
from serving.db import review
from serving.db.appeals import Contested
from serving.db.tables import Appeal, Clarification, Complaint
from serving.desk import audit
from serving.desk.checking import leases
from serving.desk.context import Context
from serving.desk.outreach import campaigns
from serving.desk.publishing import library
from serving.desk.states import AppealStep, next_appeal_state
from serving.errors import ConflictError, InvalidInputError, NotFoundError, SameHumanError
from serving.i18n import mark
from serving.vocabulary import AppealState, ClarificationState, ComplaintReason, Role

# Without letters and digits that are read as one another: 20 of these 31 hold 99 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_CHARS = 20
CODE_GROUP = 4
READERS = (Role.APPROVER,)


class NothingToContestError(ConflictError):
    """The clarification was withdrawn or replaced already."""

    code = "nothing-to-contest"


class NotTakenError(ConflictError):
    """Only whoever has taken an appeal may answer it."""

    code = "appeal-not-taken"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What somebody gets for an appeal; the code is shown once and cannot be given again."""

    appeal_id: int
    code: str


@dataclass(frozen=True, slots=True)
class Status:
    """An appeal as whoever holds its code, or the public after the answer, reads it."""

    state: AppealState
    filed_at: datetime
    answered_at: datetime | None
    answer: str
    slug: str
    title: str
    clarification_state: ClarificationState


@dataclass(frozen=True, slots=True)
class Case:
    """An appeal as a reviewer reads it."""

    contested: Contested
    taken_by: str
    mine: bool
    may_answer: bool
    has_contact: bool


# ---- anybody ---------------------------------------------------------------------------------------------------


def _new_code() -> str:
    letters = [secrets.choice(ALPHABET) for _ in range(CODE_CHARS)]
    return "-".join("".join(letters[at : at + CODE_GROUP]) for at in range(0, CODE_CHARS, CODE_GROUP))


def _hash(ctx: Context, code: str) -> str:
    return ctx.vault.pseudonym("appeal", "".join(code.upper().replace("-", " ").split()))


def _standing(ctx: Context, clarification_id: int) -> Clarification:
    """Give a published clarification under its lock; raise where there is nothing that could be contested."""
    library.public_entry(ctx, clarification_id)
    head = library_rows.locked(ctx.session, clarification_id)
    if head is None or head.state is not ClarificationState.PUBLISHED:
        raise NothingToContestError(mark("Klarifikasi ini sudah ditarik atau diganti, jadi tidak ada yang digugat."))
    return head


def file(ctx: Context, clarification_id: int, statement: str, contact: str = "") -> Receipt:
    """Contest a label, without saying who one is; freezes what carries it.

    Args:
        ctx: the step's surroundings; nobody needs to be signed in.
        clarification_id: a published clarification.
        statement: why the label is wrong; handles, numbers and addresses of people in it are masked.
        contact: where a question may be asked, if anywhere; sealed, and forgotten with the answer.
    """
    if not statement.strip():
        raise InvalidInputError(mark("Tuliskan apa yang keliru dan dari mana Anda mengetahuinya."))
    head = _standing(ctx, clarification_id)
    code = _new_code()
    row = Appeal(
        clarification_id=head.id,
        code_hash=_hash(ctx, code),
        state=AppealState.OPEN,
        statement=mask_identities(statement.strip()),
        sealed_contact=ctx.vault.seal(contact.strip()) if contact.strip() else None,
        filed_at=ctx.now,
    )
    ctx.session.add(row)
    frozen = campaigns.freeze_contested(ctx, head.id)
    ctx.session.flush()
    audit.append(ctx, "appeal.file", "appeal", row.id, clarification=head.id, campaigns=frozen)
    return Receipt(row.id, code)


def complain(ctx: Context, clarification_id: int, reason: ComplaintReason) -> Complaint:
    """Mind how a clarification is spread: one word of a list, counted by the circuit breaker."""
    entry = library.public_entry(ctx, clarification_id)
    row = Complaint(clarification_id=entry.head.id, reason=reason, at=ctx.now)
    ctx.session.add(row)
    ctx.session.flush()
    audit.append(ctx, "complaint.file", "clarification", entry.head.id, reason=reason)
    return row


def _status(found: Contested) -> Status:
    appeal, head = found.appeal, found.head
    return Status(
        state=appeal.state,
        filed_at=appeal.filed_at,
        answered_at=appeal.answered_at,
        answer=appeal.answer,
        slug=head.slug,
        title=found.words.title,
        clarification_state=head.state,
    )


def status(ctx: Context, code: str) -> Status:
    """Say where an appeal stands, to whoever holds its receipt code."""
    found = rows.by_code(ctx.session, _hash(ctx, code))
    if found is None:
        raise NotFoundError(mark("Kode itu tidak dikenal. Periksa lagi huruf dan angkanya."))
    return _status(found)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Answers, the newest appeal first, and the number below which the next page begins."""

    rows: Sequence[Status]
    after: int | None


def outcomes(ctx: Context, *, after: int | None = None, limit: int = 20) -> Outcomes:
    """Give what became of appeals, as everybody may read it."""
    found = rows.answered(ctx.session, after=after, limit=limit + 1)
    more = found[limit - 1].appeal.id if len(found) > limit else None
    return Outcomes([_status(each) for each in found[:limit]], more)


# ---- reviewers -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Queue:
    """Appeals that wait, the oldest first, and the number above which the next page begins."""

    cases: Sequence[Case]
    after: int | None


def waiting(ctx: Context, *, after: int | None = None, limit: int = 50) -> Queue:
    """Give the appeals that nobody has answered."""
    ctx.require(*READERS)
    found = rows.waiting(ctx.session, after=after, limit=limit + 1)
    more = found[limit - 1].appeal.id if len(found) > limit else None
    return Queue(_cases(ctx, found[:limit]), more)


def _cases(ctx: Context, found: Sequence[Contested]) -> list[Case]:
    names = leases.names(ctx, [each.appeal.taken_by_id for each in found])
    hands = rows.hands(ctx.session, [each.head for each in found])
    return [
        Case(
            contested=each,
            taken_by=names.get(each.appeal.taken_by_id or 0, ""),
            mine=each.appeal.taken_by_id is not None and each.appeal.taken_by_id == ctx.actor.user_id,
            may_answer=ctx.actor.user_id not in hands[each.head.id],
            has_contact=each.appeal.sealed_contact is not None,
        )
        for each in found
    ]


def one(ctx: Context, appeal_id: int) -> Case:
    """Give one appeal to a reviewer."""
    ctx.require(*READERS)
    found = rows.one(ctx.session, appeal_id)
    if found is None:
        raise NotFoundError(mark("Keberatan itu tidak ada."))
    return _cases(ctx, [found])[0]


def _third_person(ctx: Context, appeal_id: int) -> tuple[Appeal, Clarification, int]:
    """Give an appeal under its lock, and what it contests, to somebody who had no hand in the label."""
    user_id = ctx.require(*READERS)
    row = rows.locked(ctx.session, appeal_id)
    found = rows.one(ctx.session, appeal_id)
    if row is None or found is None:
        raise NotFoundError(mark("Keberatan itu tidak ada."))
    if user_id in rows.hands(ctx.session, [found.head])[found.head.id]:
        raise SameHumanError(mark("Anda ikut menyiapkan atau memutuskan label ini; orang lain yang menjawabnya."))
    return row, found.head, user_id


def take(ctx: Context, appeal_id: int) -> Appeal:
    """Become the one who answers an appeal."""
    row, _, user_id = _third_person(ctx, appeal_id)
    row.state = next_appeal_state(row.state, AppealStep.TAKE)
    row.taken_by_id, row.taken_at = user_id, ctx.now
    audit.append(ctx, "appeal.take", "appeal", row.id)
    return row


def release(ctx: Context, appeal_id: int) -> Appeal:
    """Put an appeal back, one's own or that of somebody who is away; it stays open."""
    row, _, _ = _third_person(ctx, appeal_id)
    row.state = next_appeal_state(row.state, AppealStep.RELEASE)
    before, row.taken_by_id, row.taken_at = row.taken_by_id, None, None
    audit.append(ctx, "appeal.release", "appeal", row.id, holder=before)
    return row


def _check_holder(row: Appeal, user_id: int) -> None:
    if row.state is AppealState.TAKEN and row.taken_by_id != user_id:
        raise NotTakenError(mark("Ambil keberatan ini dahulu; hanya yang memegangnya dapat menjawabnya."))


def contact(ctx: Context, appeal_id: int) -> str:
    """Open the contact that somebody left, for whoever has taken the appeal; on the record."""
    row, _, user_id = _third_person(ctx, appeal_id)
    _check_holder(row, user_id)
    if row.state is not AppealState.TAKEN or row.sealed_contact is None:
        raise NotFoundError(mark("Tidak ada kontak yang dapat dibuka."))
    audit.append(ctx, "appeal.contact", "appeal", row.id)
    return ctx.vault.unseal(row.sealed_contact)


def answer(ctx: Context, appeal_id: int, outcome: AppealState, reason: str) -> Appeal:
    """Answer an appeal in public, as somebody who had no hand in the label.

    Args:
        ctx: the step's surroundings; its person has taken the appeal.
        appeal_id: which appeal.
        outcome: ``upheld``, where the label stands, or ``overturned``, which retracts it.
        reason: what the public reads.

    Raises:
        SameHumanError: this person wrote, worded, decided or revised the label.
        NotTakenError: somebody else has taken the appeal.
        NothingToContestError: it would be upheld, but the label does not stand any more.
    """
    row, head, user_id = _third_person(ctx, appeal_id)
    if outcome not in rows.ANSWERED:
        raise InvalidInputError(mark("Pilih: putusan dipertahankan atau dibatalkan."))
    if not reason.strip():
        raise InvalidInputError(mark("Tuliskan alasannya; alasan ini tampil untuk umum."))
    overturned = outcome is AppealState.OVERTURNED
    to = next_appeal_state(row.state, AppealStep.OVERTURN if overturned else AppealStep.UPHOLD)
    _check_holder(row, user_id)
    # Claim, clarification, campaigns, record: in the order in which everybody else locks them.
    if head.claim_id is not None:
        review.locked_claim(ctx.session, head.claim_id)
    library_rows.locked(ctx.session, head.id)
    campaign_rows.unfinished_of(ctx.session, head.id)
    if not overturned and head.state is not ClarificationState.PUBLISHED:
        raise NothingToContestError(mark("Label ini sudah ditarik dan tidak dapat dipertahankan; batalkan putusannya."))
    row.state, row.answer = to, reason.strip()
    row.answered_by_id, row.answered_at, row.sealed_contact = user_id, ctx.now, None
    ctx.session.flush()
    if overturned and head.state is ClarificationState.PUBLISHED:
        library.retract(ctx, head.id, row.answer)
    thawed = campaigns.thaw_contested(ctx, head.id)
    audit.append(ctx, "appeal.answer", "appeal", row.id, outcome=outcome, clarification=head.id, thawed=thawed)
    return row
