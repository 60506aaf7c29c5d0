"""What people do to a claim: take it, prepare, submit, approve, put aside, take back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field, StrictBool

from serving.api.problems import problems
from serving.db.exhibits import Facts
from serving.db.tables import Claim, Draft, Evidence, Match
from serving.deps import ApiContext
from serving.desk.checking import approval, evidence, gates, matching, review
from serving.desk.checking.evidence import NewSource
from serving.desk.checking.gates import PathStep, Prepared
from serving.desk.context import Context
from serving.errors import SuluhError
from serving.inputs import (
    ID_MAX,
    Id,
    Input,
    Line,
    OptionalLine,
    OptionalParagraph,
    Paragraph,
    WebAddress,
)
from serving.parts import Router
from serving.vocabulary import (
    Category,
    ClaimState,
    DismissReason,
    EvidenceKind,
    Gate,
    MatchStatus,
    Topic,
    VerdictLabel,
)

router = Router(tags=["review"])
PathId = Annotated[Id, Path(le=ID_MAX)]
Version = Annotated[int, Field(ge=0, le=ID_MAX)]


class Standing(BaseModel):
    """Where a claim stands after a step."""

    id: int
    state: ClaimState
    version: int
    wording: str
    holder: str | None = Field(description="Who works on it.")
    held_since: datetime | None
    lease_until: datetime | None
    verdict: VerdictLabel | None
    political: bool | None
    dismiss_reason: DismissReason | None


class ReasonIn(Input):
    """Why; kept beside the step."""

    reason: Paragraph


class ResumeIn(Input):
    """Why, where there is something to say."""

    reason: OptionalParagraph = ""


class DismissIn(Input):
    """Why the claim gets no label."""

    reason: DismissReason
    note: OptionalParagraph = ""


class WordingIn(Input):
    """A better neutral sentence."""

    text: Line


class DraftIn(Input):
    """The whole draft; what is left out is empty. ``version`` is the one it was written on, 0 before the first."""

    version: Version
    gates: dict[Gate, StrictBool] = Field(default_factory=dict)
    verdict: VerdictLabel | None = None
    category: Category | None = None
    political: StrictBool | None = None
    redacted: StrictBool = False
    title: OptionalLine = ""
    body: OptionalParagraph = ""
    topic: Topic | None = None


class EvidenceIn(Input):
    """A source. An official's denial alone is never enough, so each says whose word it is."""

    kind: EvidenceKind
    url: WebAddress
    title: Line
    publisher: Annotated[Line, Field(max_length=200)]
    quote: OptionalParagraph = ""
    archived_url: WebAddress | None = None


class FileOut(BaseModel):
    """A file that is kept beside a source; it is at ``/claims/{id}/evidence/{id}/file``."""

    media_type: str
    size_bytes: int
    sha256: str


class EvidenceOut(BaseModel):
    """A source that stands beside a claim."""

    id: int
    kind: EvidenceKind
    url: str
    title: str
    publisher: str
    quote: str
    archived_url: str | None
    added_at: datetime = Field(description="When it was read and added.")
    file: FileOut | None = None


class ObstacleOut(BaseModel):
    """One thing in the way of submitting."""

    step: PathStep
    why: str = Field(description="One sentence, in Indonesian.")
    dismiss_as: DismissReason | None = Field(description="The way out where no label is possible.")


class TwoSourcesOut(BaseModel):
    """How far the rule of two sources is filled: what `salah` and `menyesatkan` need."""

    n_sites: int = Field(description="Different sites.")
    needed: int
    n_independent: int = Field(description="Sources that are not the affected agency; one is needed.")
    holds: bool


class DraftOut(BaseModel):
    """What is being prepared for a claim, and what is still in the way."""

    version: int
    blind: bool = Field(
        description="All but the sources is hidden: the reader may have to decide, and has not opened the draft."
    )
    gates: dict[Gate, bool]
    verdict: VerdictLabel | None
    category: Category | None
    political: bool | None
    redacted: bool
    title: str
    body: str
    topic: Topic | None
    returned_reason: str
    updated_at: datetime | None
    evidence: list[EvidenceOut]
    two_sources: TwoSourcesOut
    obstacles: list[ObstacleOut] = Field(description="In the order of the path; empty means ready.")


class ApproveIn(Input):
    """The second human's answer; ``version`` is the draft that was read, and another is refused."""

    political: StrictBool
    version: Version = Field(description="The draft's `version` as it was read; 409 where it is another by now.")


class RevealIn(Input):
    """What the reader makes of posts and evidence; ``version`` is the draft that is opened."""

    impression: VerdictLabel
    version: Version


class ReturnIn(ReasonIn):
    """Why the draft goes back."""

    version: Version = Field(description="The draft's `version` as it was read; 409 where it is another by now.")


class PublishedOut(BaseModel):
    """What an approval published."""

    clarification_id: int
    slug: str
    claim: Standing


class MatchAnswer(BaseModel):
    """A match after a human's answer; what the machine thought stays."""

    id: int
    claim_id: int
    clarification_id: int
    status: MatchStatus
    score: float
    machine_status: str
    machine_version: str
    decided_at: datetime | None


def standing(ctx: Context, claim: Claim) -> Standing:
    """Give where a claim stands, as every step answers."""
    return Standing(
        id=claim.id,
        state=claim.state,
        version=claim.version,
        wording=claim.wording,
        holder=review.holder_name(ctx, claim),
        held_since=claim.held_since,
        lease_until=claim.lease_until,
        verdict=claim.verdict,
        political=claim.political,
        dismiss_reason=claim.dismiss_reason,
    )


def _source(row: Evidence, facts: Facts | None = None) -> EvidenceOut:
    file = FileOut.model_validate(facts, from_attributes=True) if facts else None
    return EvidenceOut(
        id=row.id,
        kind=row.kind,
        url=row.url,
        title=row.title,
        publisher=row.publisher,
        quote=row.quote,
        archived_url=row.archived_url,
        added_at=row.added_at,
        file=file,
    )


def _draft(ctx: Context, claim_id: int, row: Draft | None) -> DraftOut:
    blind = approval.is_sealed(ctx, review.existing(ctx, claim_id), row)
    words = Prepared() if blind else review.prepared(row)
    sources = evidence.standing(ctx, claim_id)
    wording, files = review.wording_of(ctx, claim_id), evidence.files(ctx, sources)
    found = () if blind else gates.obstacles(words, evidence.as_sources(sources), wording)
    return DraftOut(
        version=row.version if row else 0,
        blind=blind,
        gates=dict(words.gates),
        verdict=words.verdict,
        category=words.category,
        political=words.political,
        redacted=words.redacted,
        title=words.title,
        body=words.body,
        topic=Topic(words.topic) if words.topic else None,
        returned_reason=row.returned_reason if row and not blind else "",
        updated_at=row.updated_at if row else None,
        evidence=[_source(source, files.get(source.id)) for source in sources],
        two_sources=TwoSourcesOut.model_validate(gates.filling(evidence.as_sources(sources)), from_attributes=True),
        obstacles=[
            ObstacleOut(
                step=each.step,
                why=str(SuluhError(each.message, **each.params)),
                dismiss_as=each.dismiss_as,
            )
            for each in found
        ],
    )


# ---- who works on it -------------------------------------------------------------------------------------------


@router.post("/claims/{claim_id}/take", responses=problems(403, 404, 409))
def take(ctx: ApiContext, claim_id: PathId) -> Standing:
    """Become the one who works on a claim; 409 says who holds it and since when."""
    return standing(ctx, review.take(ctx, claim_id))


@router.post("/claims/{claim_id}/extend", responses=problems(403, 404, 409))
def extend(ctx: ApiContext, claim_id: PathId) -> Standing:
    """Begin one's lease anew."""
    return standing(ctx, review.extend(ctx, claim_id))


@router.post("/claims/{claim_id}/release", responses=problems(403, 404, 409))
def release(ctx: ApiContext, claim_id: PathId) -> Standing:
    """Give a claim back; its draft stays."""
    return standing(ctx, review.release(ctx, claim_id))


@router.post("/claims/{claim_id}/hold", responses=problems(403, 404, 409))
def hold(ctx: ApiContext, claim_id: PathId, body: ReasonIn) -> Standing:
    """Put a claim aside until something is known."""
    return standing(ctx, review.hold(ctx, claim_id, body.reason))


@router.post("/claims/{claim_id}/resume", responses=problems(403, 404, 409))
def resume(ctx: ApiContext, claim_id: PathId, body: ResumeIn | None = None) -> Standing:
    """Put a held or escalated claim back into the queue."""
    return standing(ctx, review.resume(ctx, claim_id, body.reason if body else ""))


@router.post("/claims/{claim_id}/escalate", responses=problems(403, 404, 409))
def escalate(ctx: ApiContext, claim_id: PathId, body: ReasonIn) -> Standing:
    """Hand a claim up to the approvers."""
    return standing(ctx, review.escalate(ctx, claim_id, body.reason))


@router.post("/claims/{claim_id}/dismiss", responses=problems(403, 404, 409))
def dismiss(ctx: ApiContext, claim_id: PathId, body: DismissIn) -> Standing:
    """Close a claim without a label."""
    return standing(ctx, review.dismiss(ctx, claim_id, body.reason, body.note))


@router.post("/claims/{claim_id}/reopen", responses=problems(403, 404, 409))
def reopen(ctx: ApiContext, claim_id: PathId, body: ReasonIn) -> Standing:
    """Put a closed or dismissed claim back into the queue."""
    return standing(ctx, review.reopen(ctx, claim_id, body.reason))


@router.post("/claims/{claim_id}/wording", responses=problems(403, 404, 409))
def reword(ctx: ApiContext, claim_id: PathId, body: WordingIn) -> Standing:
    """Give a claim a better neutral wording."""
    return standing(ctx, review.reword(ctx, claim_id, body.text))


# ---- preparing -------------------------------------------------------------------------------------------------


@router.get("/claims/{claim_id}/draft", responses=problems(403, 404))
def read_draft(ctx: ApiContext, claim_id: PathId) -> DraftOut:
    """Read the draft, its sources, and what is still in the way of submitting."""
    return _draft(ctx, claim_id, review.draft(ctx, claim_id))


@router.put("/claims/{claim_id}/draft", responses=problems(403, 404, 409))
def save_draft(ctx: ApiContext, claim_id: PathId, body: DraftIn) -> DraftOut:
    """Keep a draft, complete or not; 409 where another save came in between."""
    words = Prepared(
        gates=body.gates,
        verdict=body.verdict,
        category=body.category,
        political=body.political,
        redacted=body.redacted,
        title=body.title,
        body=body.body,
        topic=body.topic,
    )
    return _draft(ctx, claim_id, review.save_draft(ctx, claim_id, words, body.version))


@router.post("/claims/{claim_id}/evidence", status_code=201, responses=problems(403, 404, 409))
def add_evidence(ctx: ApiContext, claim_id: PathId, body: EvidenceIn) -> EvidenceOut:
    """Put a source beside a claim that one holds."""
    return _source(evidence.add(ctx, claim_id, NewSource(**body.model_dump())))


@router.delete("/claims/{claim_id}/evidence/{evidence_id}", status_code=204, responses=problems(403, 404, 409))
def remove_evidence(ctx: ApiContext, claim_id: PathId, evidence_id: PathId) -> None:
    """Take a source away; it is kept, marked as removed."""
    evidence.remove(ctx, claim_id, evidence_id)


@router.post("/claims/{claim_id}/submit", responses=problems(403, 404, 409))
def submit(ctx: ApiContext, claim_id: PathId) -> Standing:
    """Hand the draft to a second human; 409 names the first thing in the way."""
    return standing(ctx, review.submit(ctx, claim_id))


# ---- deciding --------------------------------------------------------------------------------------------------


@router.post("/claims/{claim_id}/reveal", responses=problems(403, 404, 409))
def reveal(ctx: ApiContext, claim_id: PathId, body: RevealIn) -> DraftOut:
    """Open a draft that one may have to decide on; one's own impression comes first and is kept."""
    review.reveal(ctx, claim_id, body.impression, body.version)
    return _draft(ctx, claim_id, review.draft(ctx, claim_id))


@router.post("/claims/{claim_id}/contest", responses=problems(403, 404, 409))
def contest(ctx: ApiContext, claim_id: PathId, body: ReturnIn) -> Standing:
    """Hand a draft that one does not agree with to a third person, who approves or returns it."""
    return standing(ctx, review.contest(ctx, claim_id, body.reason, body.version))


@router.post("/claims/{claim_id}/return", responses=problems(403, 404, 409))
def return_draft(ctx: ApiContext, claim_id: PathId, body: ReturnIn) -> Standing:
    """Send a draft back with a reason; never one's own."""
    return standing(ctx, review.return_draft(ctx, claim_id, body.reason, body.version))


@router.post("/claims/{claim_id}/approve", responses=problems(403, 404, 409))
def approve(ctx: ApiContext, claim_id: PathId, body: ApproveIn) -> PublishedOut:
    """Publish what another human prepared; 403 where one wrote any part of it."""
    published = review.approve(ctx, claim_id, political=body.political, version=body.version)
    claim = review.existing(ctx, claim_id)
    return PublishedOut(clarification_id=published.id, slug=published.slug, claim=standing(ctx, claim))


@router.post("/claims/{claim_id}/close", responses=problems(403, 404, 409))
def close(ctx: ApiContext, claim_id: PathId) -> Standing:
    """Say that nothing more is to be done about a published claim."""
    return standing(ctx, review.close(ctx, claim_id))


@router.post("/claims/{claim_id}/retract", responses=problems(403, 404, 409))
def retract(ctx: ApiContext, claim_id: PathId, body: ReasonIn) -> Standing:
    """Withdraw the label; whoever accepted or posted it is told."""
    return standing(ctx, review.retract(ctx, claim_id, body.reason))


# ---- matches ---------------------------------------------------------------------------------------------------


def _answer(row: Match) -> MatchAnswer:
    return MatchAnswer.model_validate(row, from_attributes=True)


@router.post("/matches/{match_id}/confirm", responses=problems(403, 404, 409))
def confirm(ctx: ApiContext, match_id: PathId) -> MatchAnswer:
    """Say that the clarification answers the claim."""
    return _answer(matching.confirm(ctx, match_id))


@router.post("/matches/{match_id}/reject", responses=problems(403, 404, 409))
def reject(ctx: ApiContext, match_id: PathId) -> MatchAnswer:
    """Say that it does not."""
    return _answer(matching.reject(ctx, match_id))


@router.post("/matches/{match_id}/relate", responses=problems(403, 404, 409))
def relate(ctx: ApiContext, match_id: PathId) -> MatchAnswer:
    """Say that it is about something near and does not answer the claim."""
    return _answer(matching.relate(ctx, match_id))
