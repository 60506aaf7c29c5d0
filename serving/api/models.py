"""The registry of models: what serves, what is tried beside it, and the two people who change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import File, Path, Query, UploadFile
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.api.scores import ReadingContext
from serving.db.tables import ModelHistory, ModelProposal
from serving.deps import ApiContext, ServiceDep, writing_as
from serving.desk.learning import registry
from serving.desk.learning.models_gate import Measured
from serving.desk.learning.models_store import Stored
from serving.inputs import ID_MAX, Id, Input, Paragraph
from serving.parts import Router
from serving.vocabulary import ModelAction, ModelRole

router = Router(prefix="/models", tags=["models"])

Limit = Annotated[int, Query(ge=1, le=100)]
Artefact = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,119}$", description="Its name in the model store.")]
Reason = Annotated[Paragraph, Field(max_length=2_000, description="Why; kept for good.")]
ProposalId = Annotated[Id, Path(le=ID_MAX)]


class FigureOut(BaseModel):
    """A measured value with its 95 % interval; a value that came without one stands for its own bounds."""

    value: float
    low: float
    high: float


class StoredOut(BaseModel):
    """An artefact of the model store."""

    artefact: str
    version: str
    kind: str
    created: str
    manifest_sha256: str
    data_fingerprint: str


class ModelStepOut(BaseModel):
    """One row of the history; ``decided_by`` is empty where one person's step was enough."""

    id: int
    role: ModelRole
    action: ModelAction
    artefact: str
    version: str
    kind: str
    manifest_sha256: str
    reason: str
    proposed_by: str
    decided_by: str
    at: datetime
    replaces: str = Field(description="What served before; empty where nothing was replaced.")


class ModelHistoryOut(BaseModel):
    """What served when, newest first; ask again with ``before`` for older rows."""

    history: list[ModelStepOut]
    before: int | None


class ProposalOut(BaseModel):
    """A change of champion that waits for a second person."""

    id: int
    action: ModelAction
    artefact: str
    version: str
    kind: str
    reason: str
    proposed_by: str
    at: datetime
    figures: dict[str, FigureOut]


class ServingOut(BaseModel):
    """The model whose scores are shown; ``since`` is nothing for the one that the service is set up with."""

    version: str
    kind: str
    since: ModelStepOut | None
    figures: dict[str, FigureOut]
    fault: str = Field(description="Why the model that the service is set up with cannot be read; else empty.")


class TrialOut(BaseModel):
    """The challenger in shadow: how many claims it read, and on how many it differs."""

    step: ModelStepOut
    n_claims: int
    n_other_band: int
    n_far_apart: int


class AlertOut(BaseModel):
    """A process that goes on with the model before, because it could not open the one that it was asked for."""

    process: str = Field(description="Empty for the process that answers.")
    why: str


class ModelsOut(BaseModel):
    """What serves, what is tried, what waits and what is stored."""

    serving: ServingOut
    trial: TrialOut | None
    proposal: ProposalOut | None
    stored: list[StoredOut]
    alerts: list[AlertOut]


class DisagreementOut(BaseModel):
    """One claim that champion and challenger see differently."""

    claim_id: int
    wording: str
    version: str
    p_hoax: float
    band: str
    champion: str
    champion_p_hoax: float
    champion_band: str
    at: datetime


class DisagreementsOut(BaseModel):
    """Disagreements, newest claim first; ask again with ``before`` for older ones."""

    disagreements: list[DisagreementOut]
    before: int | None


class ArtefactIn(Input):
    """An artefact of the store, and why."""

    artefact: Artefact
    reason: Reason


class ModelReasonIn(Input):
    """Why."""

    reason: Reason


class MadeOut(BaseModel):
    """What was written."""

    id: int
    action: ModelAction
    artefact: str
    version: str


def _made(row: ModelProposal | ModelHistory) -> MadeOut:
    return MadeOut(id=row.id, action=row.action, artefact=row.artefact, version=row.version)


def _stored(stored: Stored) -> StoredOut:
    return StoredOut(
        artefact=stored.name,
        version=stored.version,
        kind=stored.kind,
        created=stored.created,
        manifest_sha256=stored.manifest_sha256,
        data_fingerprint=stored.data_fingerprint,
    )


def _step(past: registry.Past) -> ModelStepOut:
    return ModelStepOut(**{name: getattr(past, name) for name in ModelStepOut.model_fields})


def _trial(trial: registry.Trial | None) -> TrialOut | None:
    if trial is None:
        return None
    counts = trial.counts
    return TrialOut(
        step=_step(trial.past), n_claims=counts.n_claims, n_other_band=counts.n_band, n_far_apart=counts.n_apart
    )


def _figures(figures: Mapping[str, Measured]) -> dict[str, FigureOut]:
    return {
        name: FigureOut(value=found.value, low=found.low, high=found.high) for name, found in sorted(figures.items())
    }


def _proposal(proposal: registry.Proposed | None) -> ProposalOut | None:
    if proposal is None:
        return None
    return ProposalOut(
        id=proposal.id,
        action=proposal.action,
        artefact=proposal.artefact,
        version=proposal.version,
        kind=proposal.kind,
        reason=proposal.reason,
        proposed_by=proposal.proposed_by,
        at=proposal.at,
        figures=_figures(proposal.figures),
    )


@router.get("", responses=problems(403))
def models(ctx: ApiContext) -> ModelsOut:
    """Give what serves, what is tried beside it, what waits for a second person, and what is stored."""
    found = registry.overview(ctx)
    serving = found.serving
    return ModelsOut(
        serving=ServingOut(
            version=serving.version,
            kind=serving.kind,
            since=None if serving.past is None else _step(serving.past),
            figures=_figures(serving.figures),
            fault=serving.fault,
        ),
        trial=_trial(found.trial),
        proposal=_proposal(found.proposal),
        stored=[_stored(each) for each in found.stored],
        alerts=[AlertOut(process=each.process, why=each.why) for each in found.alerts],
    )


@router.post("", status_code=201, responses=problems(403, 413))
def keep(
    ctx: ReadingContext,
    service: ServiceDep,
    files: Annotated[Sequence[UploadFile], File(description="manifest.json and every file that it names.")],
) -> StoredOut:
    """Keep an artefact in the model store; every checksum must agree, and it must load and answer."""
    stored = registry.prepare_files(ctx, {file.filename or "": file.file.read() for file in files})
    with writing_as(service, ctx.actor)() as writing:
        return _stored(registry.keep(writing, stored))


@router.get("/history", responses=problems(403))
def history(ctx: ApiContext, limit: Limit = 50, before: Id | None = None) -> ModelHistoryOut:
    """List what served when, who proposed, who agreed and why, newest first."""
    page = registry.history(ctx, before=before, limit=limit)
    return ModelHistoryOut(history=[_step(row) for row in page.rows], before=page.before)


@router.get("/disagreements", responses=problems(403))
def disagreements(ctx: ApiContext, limit: Limit = 50, before: Id | None = None) -> DisagreementsOut:
    """List the claims on which the challenger has another band than the champion, or stands far from it."""
    page = registry.disagreements(ctx, before=before, limit=limit)
    rows = [DisagreementOut(**{name: getattr(row, name) for name in DisagreementOut.model_fields}) for row in page.rows]
    return DisagreementsOut(disagreements=rows, before=page.before)


@router.post("/proposals", status_code=201, responses=problems(403, 404, 409, 503))
def propose(ctx: ApiContext, body: ArtefactIn) -> MadeOut:
    """Propose a stored artefact as champion; refused where it is worse on a named slice or over the budget."""
    return _made(registry.propose(ctx, body.artefact, body.reason))


@router.post("/proposals/{proposal_id}/agree", responses=problems(403, 404, 409, 503))
def agree(ctx: ReadingContext, service: ServiceDep, proposal_id: ProposalId) -> MadeOut:
    """Agree as the second person: from now on every process serves what was proposed."""
    registry.prepare_agreement(ctx, proposal_id)
    with writing_as(service, ctx.actor)() as writing:
        return _made(registry.agree(writing, proposal_id))


@router.post("/proposals/{proposal_id}/decline", responses=problems(403, 404, 409))
def decline(ctx: ApiContext, proposal_id: ProposalId, body: ModelReasonIn) -> MadeOut:
    """Lay a proposal aside."""
    return _made(registry.decline(ctx, proposal_id, body.reason))


@router.post("/rollback", status_code=201, responses=problems(403, 404, 409))
def rollback(ctx: ApiContext, body: ModelReasonIn) -> MadeOut:
    """Propose that the champion before the present one comes back; a second person agrees."""
    return _made(registry.propose_rollback(ctx, body.reason))


@router.post("/challenger", status_code=201, responses=problems(403, 404, 409, 503))
def challenge(ctx: ApiContext, body: ArtefactIn) -> MadeOut:
    """Try a stored artefact in shadow: its scores are kept beside the champion's and shown on no desk."""
    return _made(registry.challenge(ctx, body.artefact, body.reason))


@router.post("/challenger/withdraw", responses=problems(403, 404))
def withdraw(ctx: ApiContext, body: ModelReasonIn) -> MadeOut:
    """Stop trying the challenger; what it said stays."""
    return _made(registry.withdraw(ctx, body.reason))
