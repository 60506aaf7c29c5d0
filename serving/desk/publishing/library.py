"""The library of official clarifications: imported, published by two humans, revised, superseded, retracted.

Words live in versions and no version is ever changed. Whatever is done to something that the public has read enters the
public log, ends the campaigns that carry it, and is told to everybody who passed it on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from functools import partial

from serving.db import appeals as appeal_rows
from serving.db import audit as chain
from serving.db import library as rows
from serving.db import review
from serving.db.library import Entry, Search
from serving.db.tables import (
    Claim,
    Clarification,
    ClarificationVersion,
    Evidence,
    PublicChange,
    Revision,
)
from serving.desk import audit, content
from serving.desk.checking import gates
from serving.desk.checking.claims import READERS
from serving.desk.checking.gates import NotReadyError, Obstacle, PathStep, Prepared, Source
from serving.desk.checking.leases import DESK, move
from serving.desk.context import SERVICE, Context
from serving.desk.incoming import search as finding
from serving.desk.outreach import campaign_rules, campaigns, corrections
from serving.desk.publishing import announcements
from serving.desk.slugs import first_free, hyphened
from serving.desk.states import ClaimStep
from serving.errors import ConflictError, ForbiddenError, IllegalStepError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import (
    LABELS,
    Category,
    ClaimState,
    ClarificationState,
    EvidenceKind,
    Gate,
    ImportFate,
    Role,
    VerdictLabel,
    WebhookEventType,
)

SLUG_MAX_CHARS = 80
REMIND_WITHIN = timedelta(days=14)


class Change(StrEnum):
    """What can happen to something that the public has read."""

    RETRACTED = "retracted"
    SUPERSEDED = "superseded"
    REVISED = "revised"


_TOLD_AS: Mapping[Change, WebhookEventType] = {
    Change.RETRACTED: WebhookEventType.CLARIFICATION_RETRACTED,
    Change.SUPERSEDED: WebhookEventType.CLARIFICATION_SUPERSEDED,
    Change.REVISED: WebhookEventType.CLARIFICATION_REVISED,
}


class Outcome(StrEnum):
    """What became of a proposal for other words."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class SourceWords:
    """A source as the public reads it."""

    url: str
    title: str
    publisher: str
    kind: EvidenceKind

    def as_row(self) -> dict[str, str]:
        """Give it as a version stores it."""
        return {"url": self.url, "title": self.title, "publisher": self.publisher, "kind": self.kind.value}


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A clarification that was published elsewhere; ``external_id`` is its owner's number for it."""

    external_id: str
    title: str
    text: str
    issuer: str
    sources: tuple[SourceWords, ...] = ()
    category: Category = Category.OTHER
    topic: str | None = None
    verdict: VerdictLabel | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do; ``fates`` has one a row, in their order."""

    n_new: int
    n_changed: int
    n_same: int
    fates: tuple[ImportFate, ...] = ()


@dataclass(frozen=True, slots=True)
class NewWords:
    """Other words for a clarification, and why; ``redacted`` confirms that they name no private person."""

    title: str
    body: str
    sources: tuple[SourceWords, ...]
    change_note: str
    meaning_changed: bool
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class DiffPart:
    """A run of words that was ``kept``, ``added`` or ``removed``."""

    kind: str
    text: str


class SameReviserError(ForbiddenError):
    """Whoever proposed other words cannot also put them into force."""

    code = "same-human"

    def __init__(self) -> None:
        super().__init__(mark("Anda yang mengusulkan perubahan ini; orang lain yang harus memutuskannya."))


class StaleRevisionError(ConflictError):
    """The words have changed since they were read, or the proposal is settled."""

    code = "stale-revision"


# ---- reading ---------------------------------------------------------------------------------------------------


def published(ctx: Context, slug: str) -> Entry:
    """Give what the public finds at an address, also where it was withdrawn since; raise where nothing was."""
    found = rows.entry_by_slug(ctx.session, slug)
    if found is None:
        raise NotFoundError(mark("Klarifikasi itu tidak ada."))
    return found


def search(ctx: Context, wanted: Search) -> Sequence[Entry]:
    """List clarifications, newest first: to anybody what was published, anything else to a reader of the desk."""
    if not wanted.states or not set(wanted.states) <= set(rows.PUBLIC):
        ctx.require(*READERS)
    return rows.entries(ctx.session, _asked(ctx, wanted))


def _asked(ctx: Context, wanted: Search) -> Search:
    """Put what the words of a search find in the place of the words."""
    return replace(wanted, text="", ids=tuple(finding.clarification_ids(ctx, wanted.text))) if wanted.text else wanted


def listed(ctx: Context, wanted: Search) -> Sequence[Entry]:
    """List clarifications for a reader of the desk, newest first."""
    ctx.require(*READERS)
    return rows.entries(ctx.session, _asked(ctx, wanted))


def public_entry(ctx: Context, clarification_id: int) -> Entry:
    """Give what was published under a number, also where it was withdrawn since; raise where nothing was."""
    found = rows.entry(ctx.session, clarification_id)
    if found is None or found.head.state not in rows.PUBLIC:
        raise NotFoundError(mark("Klarifikasi itu tidak ada."))
    return found


def entry(ctx: Context, clarification_id: int) -> Entry:
    """Give one clarification with its present words to a reader of the desk."""
    ctx.require(*READERS)
    found = rows.entry(ctx.session, clarification_id)
    if found is None:
        raise NotFoundError(mark("Klarifikasi itu tidak ada."))
    return found


def versions(ctx: Context, clarification_id: int) -> Sequence[ClarificationVersion]:
    """Give every version of the words to a reader of the desk, newest first."""
    ctx.require(*READERS)
    return rows.versions(ctx.session, clarification_id)


def revisions(ctx: Context, clarification_id: int) -> Sequence[Revision]:
    """Give the proposals for other words to a reader of the desk, newest first."""
    ctx.require(*READERS)
    return rows.revisions(ctx.session, clarification_id)


def differences(before: str, after: str) -> tuple[DiffPart, ...]:
    """Give what changed between two texts, word by word."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    parts: list[DiffPart] = []
    for verb, i, j, k, m in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if verb == "equal":
            parts.append(DiffPart("kept", "".join(old[i:j])))
            continue
        if j > i:
            parts.append(DiffPart("removed", "".join(old[i:j])))
        if m > k:
            parts.append(DiffPart("added", "".join(new[k:m])))
    return tuple(parts)


# ---- coming in -------------------------------------------------------------------------------------------------


def slug_for(ctx: Context, title: str, number: int) -> str:
    """Give a readable address that nothing else has: the title's words and a number."""
    words = hyphened(title).strip("-")[:SLUG_MAX_CHARS]
    stem = f"{words.rpartition('-')[0] if len(words) == SLUG_MAX_CHARS else words}-{number}".strip("-")
    return first_free(stem, partial(review.slug_is_taken, ctx.session))


def import_rows(ctx: Context, entries: Sequence[NewEntry]) -> Imported:
    """Take in clarifications from elsewhere, for matching; sent again they are not doubled.

    An entry whose words have changed gets another version; one that is the same is left alone. The audit's head is
    locked first, so two imports of the same file wait for each other.
    """
    if ctx.actor != SERVICE:
        ctx.require(*DESK, Role.ADMIN)
    chain.lock_head(ctx.session)
    done = _imported([_import(ctx, each) for each in entries])
    audit.append(ctx, "library.import", "library", None, new=done.n_new, changed=done.n_changed, same=done.n_same)
    return done


def try_import(ctx: Context, entries: Sequence[NewEntry]) -> Imported:
    """Give what an import would do with each row, and keep nothing of it."""
    ctx.require(*DESK, Role.ADMIN)
    trial = ctx.session.begin_nested()
    try:
        return _imported([_import(ctx, each) for each in entries])
    finally:
        trial.rollback()


def _imported(fates: Sequence[ImportFate]) -> Imported:
    n_new, n_changed, n_same = (fates.count(fate) for fate in (ImportFate.NEW, ImportFate.CHANGED, ImportFate.SAME))
    return Imported(n_new, n_changed, n_same, tuple(fates))


def _import(ctx: Context, new: NewEntry) -> ImportFate:
    sources = [source.as_row() for source in new.sources]
    head = rows.by_external_id(ctx.session, new.external_id)
    if head is None:
        head = Clarification(
            slug=slug_for(ctx, f"pustaka {new.external_id}", 1),
            state=ClarificationState.LIBRARY,
            issuer=new.issuer,
            verdict=new.verdict,
            category=new.category,
            topic=new.topic,
            external_id=new.external_id,
            created_at=ctx.now,
            published_at=new.published_at,
            current_version=0,
        )
        ctx.session.add(head)
        ctx.session.flush()
        _add_version(ctx, head, _Words(new.title, new.text, sources))
        return ImportFate.NEW
    words = rows.version(ctx.session, head.id, head.current_version)
    facts = (new.issuer, new.verdict, new.category, new.topic)
    if (words.title, words.body, words.sources) == (new.title, new.text, sources) and facts == (
        head.issuer,
        head.verdict,
        head.category,
        head.topic,
    ):
        return ImportFate.SAME
    head.issuer, head.verdict, head.category, head.topic = facts
    _add_version(ctx, head, _Words(new.title, new.text, sources))
    return ImportFate.CHANGED


@dataclass(frozen=True, slots=True)
class _Words:
    """What goes into one version, and the two humans behind it where it is public."""

    title: str
    body: str
    sources: Sequence[Mapping[str, str]]
    change_note: str = ""
    author_id: int | None = None
    approver_id: int | None = None


def _add_version(ctx: Context, head: Clarification, words: _Words) -> ClarificationVersion:
    head.current_version += 1
    row = ClarificationVersion(
        clarification_id=head.id,
        number=head.current_version,
        title=words.title,
        body=words.body,
        sources=[dict(source) for source in words.sources],
        change_note=words.change_note,
        author_id=words.author_id,
        approver_id=words.approver_id,
        at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    return row


def publish(ctx: Context, claim: Claim, words: Prepared, sources: Sequence[Evidence]) -> Clarification:
    """Make a decided claim's clarification public; called by ``review.approve`` once two humans agree.

    Where the claim was decided before, the earlier clarification is superseded by this one.

    Raises:
        ContestedError: an appeal against the earlier one waits; its answer comes first.
    """
    earlier = review.standing_clarification(ctx.session, claim.id)
    if earlier is not None:
        campaigns.hold_for(ctx, earlier.id)
    head = Clarification(
        slug=slug_for(ctx, words.title, claim.id),
        state=ClarificationState.PUBLISHED,
        claim_id=claim.id,
        claim_wording=claim.wording,
        issuer=ctx.settings.public_issuer,
        verdict=words.verdict,
        category=claim.category,
        topic=words.topic,
        political=bool(claim.political),
        current_version=0,
        author_id=claim.author_id,
        approver_id=claim.approver_id,
        created_at=ctx.now,
        published_at=ctx.now,
    )
    ctx.session.add(head)
    ctx.session.flush()
    shown = [SourceWords(row.url, row.title, row.publisher, row.kind).as_row() for row in sources]
    version = _add_version(
        ctx,
        head,
        _Words(words.title, words.body, shown, author_id=claim.author_id, approver_id=claim.approver_id),
    )
    digest = content.of_clarification(head, version)
    audit.append(ctx, "clarification.publish", "clarification", head.id, claim=claim.id, sha256=digest)
    announcements.clarification(ctx, WebhookEventType.CLARIFICATION_PUBLISHED, head, version)
    announcements.verdict(ctx, WebhookEventType.VERDICT_PUBLISHED, head)
    if earlier is not None:
        _supersede(ctx, earlier, head, mark("Klaim ini diperiksa ulang dan diputuskan lagi."))
    return head


# ---- taking back -----------------------------------------------------------------------------------------------


def _tell(ctx: Context, head: Clarification, change: Change, reason: str, *, changed: bool = True) -> None:
    """Enter the public log and tell other systems; where the meaning changed, end what carries it and tell people."""
    ctx.session.add(
        PublicChange(
            clarification_id=head.id,
            kind=change,
            version=head.current_version,
            reason=reason,
            at=ctx.now,
        )
    )
    ctx.session.flush()
    words = rows.version(ctx.session, head.id, head.current_version)
    announcements.clarification(ctx, _TOLD_AS[change], head, words, reason)
    if change is Change.RETRACTED:
        announcements.verdict(ctx, WebhookEventType.VERDICT_RETRACTED, head)
    if changed:
        campaigns.stop_for(ctx, head.id, reason)
        corrections.send(ctx, head.id, reason)


def _standing(ctx: Context, clarification_id: int) -> Clarification:
    """Give a published clarification under its lock, its claim locked before it; raise otherwise."""
    found = rows.entry(ctx.session, clarification_id)
    if found is not None and found.head.claim_id is not None:
        review.locked_claim(ctx.session, found.head.claim_id)
    head = rows.locked(ctx.session, clarification_id)
    if head is None:
        raise NotFoundError(mark("Klarifikasi itu tidak ada."))
    if head.state is not ClarificationState.PUBLISHED:
        raise IllegalStepError(
            mark("Ini hanya dapat dilakukan pada klarifikasi yang terbit; yang ini “{state}”."),
            state=LABELS[head.state],
        )
    return head


def retract(ctx: Context, clarification_id: int, reason: str) -> Clarification:
    """Withdraw a published clarification at once: one approver and a public reason are enough.

    Its campaigns end, everybody who accepted or posted it is told, and a published claim becomes retracted. A claim
    that was closed meanwhile stays closed; reopening it is a step of its own.
    """
    ctx.require(Role.APPROVER)
    public_reason = _reason(reason)
    head = _standing(ctx, clarification_id)
    campaigns.hold_for(ctx, head.id)
    head.state, head.retracted_at, head.retract_reason = (
        ClarificationState.RETRACTED,
        ctx.now,
        public_reason,
    )
    claim = review.claim(ctx.session, head.claim_id) if head.claim_id else None
    if claim is not None and claim.state is ClaimState.PUBLISHED:
        move(claim, ClaimStep.RETRACT)
        audit.append(ctx, "claim.retract", "claim", claim.id, clarification=head.id)
    _tell(ctx, head, Change.RETRACTED, public_reason)
    audit.append(ctx, "clarification.retract", "clarification", head.id)
    return head


def supersede(ctx: Context, clarification_id: int, by_id: int, reason: str) -> Clarification:
    """Say that another published clarification answers better; two humans have approved that one already.

    Raises:
        ContestedError: an appeal against it waits; its answer comes first.
    """
    ctx.require(Role.APPROVER)
    public_reason = _reason(reason)
    if clarification_id == by_id:
        raise InvalidInputError(mark("Klarifikasi tidak dapat diganti oleh dirinya sendiri."))
    # Always in the order of their numbers: two people who supersede crosswise wait instead of blocking each other.
    both = {number: _standing(ctx, number) for number in sorted((clarification_id, by_id))}
    head = both[clarification_id]
    campaigns.hold_for(ctx, head.id)
    _supersede(ctx, head, both[by_id], public_reason)
    claim = review.claim(ctx.session, head.claim_id) if head.claim_id else None
    if claim is not None and claim.state is ClaimState.PUBLISHED:
        move(claim, ClaimStep.CLOSE)
        audit.append(ctx, "claim.close", "claim", claim.id, superseded_by=by_id)
    return head


def _supersede(ctx: Context, head: Clarification, by: Clarification, reason: str) -> None:
    # Its successor would be carried while the appeal still asks whether any of it is true.
    if appeal_rows.is_contested(ctx.session, head.id):
        raise campaign_rules.ContestedError(
            mark("Ada keberatan atas klarifikasi ini yang belum dijawab; jawab dahulu, baru ganti.")
        )
    head.state, head.superseded_by_id = ClarificationState.SUPERSEDED, by.id
    _tell(ctx, head, Change.SUPERSEDED, reason)
    audit.append(ctx, "clarification.supersede", "clarification", head.id, by=by.id)


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidInputError(mark("Tuliskan alasannya; alasan ini tampil untuk umum."))
    return text.strip()


# ---- how long it holds -----------------------------------------------------------------------------------------


def set_expiry(ctx: Context, clarification_id: int, until: datetime) -> Clarification:
    """Say until when a published clarification holds; it may be said again, sooner or later.

    Past that moment it stays readable, but no kit carries it and it has no ClaimReview.

    Args:
        ctx: the step's surroundings.
        clarification_id: which clarification.
        until: an aware moment ahead.
    """
    ctx.require(Role.APPROVER)
    if until <= ctx.now:
        raise InvalidInputError(mark("Masa berlaku harus berakhir di masa depan."))
    head = _standing(ctx, clarification_id)
    head.valid_until = until
    ctx.session.flush()
    audit.append(ctx, "clarification.expiry", "clarification", head.id, until=until.isoformat())
    return head


def set_review_by(ctx: Context, clarification_id: int, moment: datetime | None) -> Clarification:
    """Say by when a published clarification should be read again, or that it need not be; nothing else changes."""
    ctx.require(*DESK)
    if moment is not None and moment <= ctx.now:
        raise InvalidInputError(mark("Waktu tinjauan harus di masa depan."))
    head = _standing(ctx, clarification_id)
    head.review_by = moment
    ctx.session.flush()
    until = moment.isoformat() if moment else None
    audit.append(ctx, "clarification.review-by", "clarification", head.id, until=until)
    return head


@dataclass(frozen=True, slots=True)
class Reminder:
    """One published clarification that somebody should look at: to read it again, or because it soon holds no more."""

    entry: Entry
    review_due: bool
    expiry_due: bool


def reminders(ctx: Context, limit: int = 50) -> Sequence[Reminder]:
    """Give what should be read again, or holds no longer, within ``REMIND_WITHIN`` or is overdue; soonest first."""
    ctx.require(*READERS)
    before = ctx.now + REMIND_WITHIN

    def is_due(moment: datetime | None) -> bool:
        return moment is not None and moment < before

    return [
        Reminder(entry, is_due(entry.head.review_by), is_due(entry.head.valid_until))
        for entry in rows.due(ctx.session, before, limit)
    ]


# ---- other words -----------------------------------------------------------------------------------------------


def propose(ctx: Context, clarification_id: int, words: NewWords, base_version: int) -> Revision:
    """Propose other words for a published clarification; the same rules hold for them as for the first ones.

    Args:
        ctx: the step's surroundings.
        clarification_id: which clarification.
        words: the words and why they should change.
        base_version: the version that was read; refused where another stands by now.
    """
    user_id = ctx.require(*DESK)
    _reason(words.change_note)
    head = _standing(ctx, clarification_id)
    if base_version != head.current_version:
        raise StaleRevisionError(mark("Klarifikasi ini sudah berubah sejak Anda membukanya; bandingkan dahulu."))
    _check_words(ctx, head, words)
    row = Revision(
        clarification_id=head.id,
        base_version=base_version,
        title=words.title.strip(),
        body=words.body.strip(),
        sources=[source.as_row() for source in words.sources],
        change_note=words.change_note.strip(),
        meaning_changed=words.meaning_changed,
        author_id=user_id,
        proposed_at=ctx.now,
        outcome=Outcome.OPEN,
    )
    ctx.session.add(row)
    ctx.session.flush()
    audit.append(ctx, "clarification.propose", "clarification", head.id, revision=row.id)
    return row


def _check_words(ctx: Context, head: Clarification, words: NewWords) -> None:
    answers = rows.answers_behind(ctx.session, head)
    prepared = Prepared(verdict=head.verdict)
    sources = tuple(Source(source.url, source.kind) for source in words.sources)
    found: list[Obstacle] = [
        *(
            obstacle
            for obstacle in gates.obstacles(prepared, sources, head.claim_wording)
            if obstacle.step in {PathStep.SOURCES, PathStep.VERDICT}
        ),
        *gates.words_obstacles(
            words.title, words.body, head.verdict, head.claim_wording, criticism=bool(answers.get(Gate.CRITICISM))
        ),
    ]
    if answers.get(Gate.PRIVATE_PERSON) and not words.redacted:
        found.append(
            Obstacle(
                PathStep.CLARIFICATION, mark("Klaim ini menyebut orang pribadi; pastikan namanya sudah disamarkan.")
            )
        )
    if found:
        raise NotReadyError(found[0])


def _open_revision(ctx: Context, revision_id: int) -> tuple[Revision, Clarification]:
    row = rows.locked_revision(ctx.session, revision_id)
    if row is None:
        raise NotFoundError(mark("Usulan itu tidak ada."))
    if row.outcome != Outcome.OPEN:
        raise StaleRevisionError(mark("Usulan ini sudah diputuskan."))
    return row, _standing(ctx, row.clarification_id)


def revise(ctx: Context, revision_id: int) -> ClarificationVersion:
    """Put proposed words into force as the next version; never by whoever proposed them."""
    user_id = ctx.require(Role.APPROVER)
    row, head = _open_revision(ctx, revision_id)
    if row.author_id == user_id:
        raise SameReviserError
    if row.base_version != head.current_version:
        raise StaleRevisionError(mark("Klarifikasi ini sudah berubah sejak usulan ini dibuat."))
    if row.meaning_changed:
        campaigns.hold_for(ctx, head.id)
    row.outcome, row.settled_by_id, row.settled_at = Outcome.ACCEPTED, user_id, ctx.now
    version = _add_version(ctx, head, _Words(row.title, row.body, row.sources, row.change_note, row.author_id, user_id))
    _tell(ctx, head, Change.REVISED, row.change_note, changed=row.meaning_changed)
    detail = {"revision": row.id, "version": version.number, "sha256": content.of_clarification(head, version)}
    audit.append(ctx, "clarification.revise", "clarification", head.id, **detail)
    return version


def decline(ctx: Context, revision_id: int) -> Revision:
    """Leave the words as they are; whoever proposed others may withdraw them so too."""
    user_id = ctx.require(*DESK)
    row, head = _open_revision(ctx, revision_id)
    if row.author_id != user_id:
        ctx.require(Role.APPROVER)
    row.outcome, row.settled_by_id, row.settled_at = Outcome.DECLINED, user_id, ctx.now
    audit.append(ctx, "clarification.decline", "clarification", head.id, revision=row.id)
    return row
