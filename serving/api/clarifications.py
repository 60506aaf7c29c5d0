"""The library of clarifications: search, versions, other words, import, ClaimReview."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, StrictBool

from serving import fact_checks
from serving.api.problems import problems
from serving.db.library import Entry, Search
from serving.db.tables import Revision
from serving.deps import ApiContext, PublicContext
from serving.desk.publishing import claimreview, library
from serving.desk.publishing.library import NewWords, Outcome
from serving.inputs import (
    ID_MAX,
    Id,
    Input,
    Line,
    Moment,
    OptionalLine,
    Paragraph,
)
from serving.parts import Router
from serving.rows import LIBRARY_ROWS_MAX, SOURCES_MAX, SourceIn, read_entries
from serving.vocabulary import Category, ClarificationState, EvidenceKind, ImportFate, VerdictLabel

router = Router(tags=["clarifications"])
PathId = Annotated[Id, Path(le=ID_MAX)]


class SourceOut(BaseModel):
    """A source as the public reads it."""

    url: str
    title: str
    publisher: str
    kind: EvidenceKind


class VersionOut(BaseModel):
    """The words as they stood from one moment on."""

    number: int
    title: str
    body: str
    sources: list[SourceOut]
    change_note: str
    at: datetime


class ClarificationOut(BaseModel):
    """A clarification with its present words."""

    id: int
    slug: str
    state: ClarificationState
    issuer: str
    claim_id: int | None
    claim_wording: str
    verdict: VerdictLabel | None
    category: Category
    topic: str | None
    political: bool
    title: str
    body: str
    sources: list[SourceOut]
    version: int
    published_at: datetime | None
    valid_until: datetime | None
    review_by: datetime | None = Field(description="By when it should be read again.")
    retracted_at: datetime | None
    retract_reason: str
    superseded_by_id: int | None


class RevisionOut(BaseModel):
    """A proposal for other words."""

    id: int
    clarification_id: int
    base_version: int
    title: str
    body: str
    sources: list[SourceOut]
    change_note: str
    meaning_changed: bool
    proposed_at: datetime
    outcome: Outcome
    settled_at: datetime | None


class ClarificationDetailOut(ClarificationOut):
    """A clarification with every version of its words."""

    versions: list[VersionOut] = Field(description="Newest first.")
    revisions: list[RevisionOut] = Field(description="Proposals, newest first.")


class Wanted(Input):
    """What to list."""

    state: ClarificationState | None = None
    verdict: VerdictLabel | None = None
    q: Annotated[OptionalLine, Field(max_length=200)] = ""
    after: Id | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class ClarificationPage(BaseModel):
    """A page of the library."""

    clarifications: list[ClarificationOut]
    next_after: int | None = Field(description="Give it as `after` for the next page; none at the end.")


class RevisionIn(Input):
    """Other words, why, and whether the meaning changed; if so, everybody who passed them on is told."""

    base_version: Annotated[int, Field(ge=1, le=ID_MAX)]
    title: Line
    body: Paragraph
    sources: Annotated[list[SourceIn], Field(min_length=1, max_length=SOURCES_MAX)]
    change_note: Paragraph
    meaning_changed: StrictBool
    redacted: StrictBool = Field(
        default=False, description="That the words name no private person; needed where the claim names one."
    )


class ReasonIn(Input):
    """Why; the public reads it."""

    reason: Paragraph


class SupersedeIn(ReasonIn):
    """Which published clarification answers better, and why."""

    by_id: Id


class ExpiryIn(Input):
    """Until when a clarification holds; a moment ahead, with its zone."""

    until: Moment


class ReviewByIn(Input):
    """By when a clarification should be read again; none where it need not be."""

    until: Moment | None


class ReminderOut(BaseModel):
    """A published clarification that somebody should look at."""

    clarification: ClarificationOut
    review_due: bool
    expiry_due: bool


class RemindersOut(BaseModel):
    """What should be looked at within two weeks, or should have been; the soonest first."""

    items: list[ReminderOut]


class ImportIn(Input):
    """Rows, or the text of a file; checked one by one."""

    rows: Annotated[list[dict[str, Any]], Field(max_length=LIBRARY_ROWS_MAX)] = Field(
        default=[], description="As in the library's file, or ClaimReview objects."
    )
    text: Annotated[str, Field(max_length=fact_checks.TEXT_MAX_CHARS)] = Field(
        default="", description="JSON lines, ClaimReview as JSON-LD, or CSV; read where there are no rows."
    )
    dry_run: StrictBool = Field(default=False, description="Say what would become of each row and keep nothing.")


class RejectedRow(BaseModel):
    """A row that was not taken, and why."""

    line: int = Field(description="Its place in the request, from 1.")
    reason: str


class ImportedRow(BaseModel):
    """A row that was taken, or would be."""

    line: int = Field(description="Its line, or its place from 1.")
    id: str
    fate: ImportFate


class ImportOut(BaseModel):
    """What an import did, or would do."""

    dry_run: bool
    rows: list[ImportedRow]
    new: int
    changed: int
    same: int
    rejected: list[RejectedRow]


def _fields(entry: Entry) -> dict[str, Any]:
    head, words = entry.head, entry.words
    return {
        "id": head.id,
        "slug": head.slug,
        "state": head.state,
        "issuer": head.issuer,
        "claim_id": head.claim_id,
        "claim_wording": head.claim_wording,
        "verdict": head.verdict,
        "category": head.category,
        "topic": head.topic,
        "political": head.political,
        "title": words.title,
        "body": words.body,
        "sources": words.sources,
        "version": words.number,
        "published_at": head.published_at,
        "valid_until": head.valid_until,
        "review_by": head.review_by,
        "retracted_at": head.retracted_at,
        "retract_reason": head.retract_reason,
        "superseded_by_id": head.superseded_by_id,
    }


def _revision(row: Revision) -> RevisionOut:
    return RevisionOut.model_validate(row, from_attributes=True)


@router.get("/clarifications", responses=problems())
def search(ctx: ApiContext, wanted: Annotated[Wanted, Query()]) -> ClarificationPage:
    """List clarifications, newest first."""
    states = (wanted.state,) if wanted.state else ()
    found = library.listed(ctx, Search(states, wanted.verdict, wanted.q, wanted.after, wanted.limit + 1))
    shown = found[: wanted.limit]
    more = shown[-1].head.id if len(found) > wanted.limit else None
    return ClarificationPage(clarifications=[ClarificationOut(**_fields(each)) for each in shown], next_after=more)


@router.post("/clarifications/import", responses=problems(400, 403))
def import_rows(ctx: ApiContext, body: ImportIn) -> ImportOut:
    """Take in clarifications from elsewhere, for matching; sent again they are not doubled.

    Good rows go in and bad ones are named; where every row is bad, nothing is stored and the answer is 422.
    """
    given = (
        enumerate(map(fact_checks.row_of, body.rows), 1) if body.rows or not body.text else fact_checks.rows(body.text)
    )
    read = read_entries(given)
    done = (library.try_import if body.dry_run else library.import_rows)(ctx, read.good)
    rejected = [RejectedRow(line=bad.line, reason=bad.why) for bad in read.bad]
    taken = [
        ImportedRow(line=line, id=entry.external_id, fate=fate)
        for line, entry, fate in zip(read.at, read.good, done.fates, strict=True)
    ]
    return ImportOut(
        dry_run=body.dry_run,
        rows=taken,
        new=done.n_new,
        changed=done.n_changed,
        same=done.n_same,
        rejected=rejected,
    )


# Before what takes a number in the same place.
@router.get("/clarifications/reminders", responses=problems(403))
def reminders(ctx: ApiContext, limit: Annotated[int, Query(ge=1, le=100)] = 50) -> RemindersOut:
    """List what should be read again, or holds no longer, within two weeks."""
    return RemindersOut(
        items=[
            ReminderOut(
                clarification=ClarificationOut(**_fields(each.entry)),
                review_due=each.review_due,
                expiry_due=each.expiry_due,
            )
            for each in library.reminders(ctx, limit)
        ]
    )


@router.get("/clarifications/{clarification_id}", responses=problems(403, 404))
def read(ctx: ApiContext, clarification_id: PathId) -> ClarificationDetailOut:
    """Read one clarification with every version of its words."""
    entry = library.entry(ctx, clarification_id)
    return ClarificationDetailOut(
        **_fields(entry),
        versions=[
            VersionOut.model_validate(each, from_attributes=True) for each in library.versions(ctx, clarification_id)
        ],
        revisions=[_revision(each) for each in library.revisions(ctx, clarification_id)],
    )


@router.get(
    "/clarifications/{clarification_id}/claimreview",
    responses=problems(404) | {200: {"content": {"application/ld+json": {}}}},
    response_class=Response,
)
def claimreview_document(ctx: PublicContext, clarification_id: PathId) -> Response:
    """Export a published clarification as schema.org ClaimReview; no key is needed."""
    document = claimreview.claim_review(ctx, library.public_entry(ctx, clarification_id))
    return JSONResponse(document, media_type="application/ld+json")


@router.post("/clarifications/{clarification_id}/retract", responses=problems(403, 404, 409))
def retract(ctx: ApiContext, clarification_id: PathId, body: ReasonIn) -> ClarificationOut:
    """Withdraw a published clarification; whoever accepted or posted it is told."""
    library.retract(ctx, clarification_id, body.reason)
    return ClarificationOut(**_fields(library.entry(ctx, clarification_id)))


@router.post("/clarifications/{clarification_id}/supersede", responses=problems(403, 404, 409))
def supersede(ctx: ApiContext, clarification_id: PathId, body: SupersedeIn) -> ClarificationOut:
    """Say that another published clarification answers better."""
    library.supersede(ctx, clarification_id, body.by_id, body.reason)
    return ClarificationOut(**_fields(library.entry(ctx, clarification_id)))


@router.post("/clarifications/{clarification_id}/expiry", responses=problems(403, 404, 409))
def set_expiry(ctx: ApiContext, clarification_id: PathId, body: ExpiryIn) -> ClarificationOut:
    """Say until when a published clarification holds."""
    library.set_expiry(ctx, clarification_id, body.until)
    return ClarificationOut(**_fields(library.entry(ctx, clarification_id)))


@router.post("/clarifications/{clarification_id}/review-by", responses=problems(403, 404, 409))
def set_review_by(ctx: ApiContext, clarification_id: PathId, body: ReviewByIn) -> ClarificationOut:
    """Say by when a published clarification should be read again."""
    library.set_review_by(ctx, clarification_id, body.until)
    return ClarificationOut(**_fields(library.entry(ctx, clarification_id)))


@router.post("/clarifications/{clarification_id}/revisions", status_code=201, responses=problems(403, 404, 409))
def propose(ctx: ApiContext, clarification_id: PathId, body: RevisionIn) -> RevisionOut:
    """Propose other words; they stand only once a second human has put them into force."""
    sources = tuple(source.words() for source in body.sources)
    words = NewWords(body.title, body.body, sources, body.change_note, body.meaning_changed, body.redacted)
    return _revision(library.propose(ctx, clarification_id, words, body.base_version))


@router.post("/revisions/{revision_id}/accept", responses=problems(403, 404, 409))
def accept(ctx: ApiContext, revision_id: PathId) -> ClarificationOut:
    """Put proposed words into force; never one's own."""
    version = library.revise(ctx, revision_id)
    return ClarificationOut(**_fields(library.entry(ctx, version.clarification_id)))


@router.post("/revisions/{revision_id}/decline", responses=problems(403, 404, 409))
def decline(ctx: ApiContext, revision_id: PathId) -> RevisionOut:
    """Leave the words as they are."""
    return _revision(library.decline(ctx, revision_id))
