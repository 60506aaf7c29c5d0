"""The registry that remembers: who proposed a model, who agreed, what served when, and what the challenger would say.

A champion changes by two different people: one proposes a candidate that passes the gate (or asks for the one before
to come back), another agrees. The history is appended in the same transaction and is the truth; every process finds it
there (``serving.desk.learning.models_holder``). Trying a challenger in shadow is one person's step, because no screen
of the desk shows its scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from models import artifact
from serving.db import people
from serving.db import registry as rows
from serving.db.registry import Counts, Named
from serving.db.tables import ModelHistory, ModelProposal, ShadowScore
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.incoming.machine import holder_for
from serving.desk.learning.models_gate import LIMITS, Measured, figures_of, shortfalls
from serving.desk.learning.models_store import ModelStore, Stored, described, said
from serving.errors import ConflictError, ForbiddenError, NotFoundError, SuluhError, UnavailableError
from serving.i18n import mark
from serving.vocabulary import ModelAction, ModelRole, Role

PROPOSERS: Final = (Role.ENGINEER,)
READERS: Final = (Role.ENGINEER, Role.ADMIN)
DECIDERS: Final = READERS
# A process that cannot open a model says so every few seconds; what was said longer ago is over.
FAULT_LIFETIME: Final = timedelta(minutes=10)


class SamePersonError(ForbiddenError):
    """Whoever proposed a change of champion cannot be the one who agrees."""

    code = "same-person"


class GateRefusedError(ConflictError):
    """The candidate is worse on a named slice, or flags more criticism than the budget allows."""

    code = "gate-refused"


class OpenProposalError(ConflictError):
    """One proposal at a time, so that two people always speak of the same change."""

    code = "open-proposal"


@dataclass(frozen=True, slots=True)
class Past:
    """One row of the history with the names of its people."""

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
    replaces: str
    metrics: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PastPage:
    """History, newest first, and the number before which the next page begins."""

    rows: Sequence[Past]
    before: int | None


@dataclass(frozen=True, slots=True)
class Proposed:
    """The change that waits for a second person."""

    id: int
    action: ModelAction
    artefact: str
    version: str
    kind: str
    reason: str
    proposed_by: str
    proposed_by_id: int
    at: datetime
    figures: Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class Alert:
    """A process that goes on with the model before, because it could not open the one that it was asked for."""

    process: str
    why: str


@dataclass(frozen=True, slots=True)
class Serving:
    """The champion: its row of the history (none for the model that the service is set up with) and its figures.

    ``fault`` says why the model that the service is set up with cannot be read; the rest is then empty.
    """

    version: str
    kind: str
    past: Past | None
    figures: Mapping[str, Measured]
    card: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """The challenger in shadow and how often it disagrees."""

    past: Past
    counts: Counts


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the engineer's page begins with."""

    serving: Serving
    trial: Trial | None
    proposal: Proposed | None
    stored: Sequence[Stored]
    alerts: Sequence[Alert]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One claim that the two models see differently, in its neutral wording."""

    claim_id: int
    wording: str
    version: str
    p_hoax: float
    band: str
    champion: str
    champion_p_hoax: float
    champion_band: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Disagreements:
    """Disagreements, newest claim first, and the claim before which the next page begins."""

    trial: Trial | None
    rows: Sequence[Disagreement]
    before: int | None


# ---- the store ---------------------------------------------------------------------------------------------------


def store_of(ctx: Context) -> ModelStore:
    """Give the folder of artefacts that every process shares."""
    return ModelStore(ctx.settings.models)


# Proving that a model answers takes seconds. Whoever opens the transaction does that in one that only reads, because a
# writing one would hold up every other writer meanwhile, and then writes down what came of it in a second one.


def prepare_files(ctx: Context, files: Mapping[str, bytes]) -> Stored:
    """Put an uploaded artefact into the store; raise where a file is missing, changed or does not load."""
    ctx.require(*PROPOSERS)
    return store_of(ctx).keep_files(files)


def prepare_folder(ctx: Context, folder: Path) -> Stored:
    """Put an artefact from a folder of this machine into the store; only commands may name one."""
    ctx.require(*PROPOSERS)
    return store_of(ctx).keep(folder)


def keep(ctx: Context, stored: Stored) -> Stored:
    """Write down who brought an artefact that was put into the store."""
    ctx.require(*PROPOSERS)
    audit.append(ctx, "model.keep", "model", artefact=stored.name, manifest=stored.manifest_sha256)
    return stored


# ---- two people change the champion ------------------------------------------------------------------------------


def propose(ctx: Context, artefact: str, reason: str) -> ModelProposal:
    """Propose a stored artefact as champion.

    Raises:
        GateRefusedError: it is worse on a named slice or over the budget; the sentence names slice and figures.
        OpenProposalError: another proposal waits.
        UnavailableError: the model that it is compared with cannot be read.
    """
    proposer = ctx.require(*PROPOSERS)
    rows.lock(ctx.session)
    _refuse_second(ctx)
    candidate = store_of(ctx).found(artefact)
    _refuse_serving(ctx, rows.standing(ctx.session).champion, artefact)
    _pass_gate(ctx, candidate.metrics)
    return _proposed(ctx, ModelAction.PROMOTE, candidate, reason, proposer)


def propose_rollback(ctx: Context, reason: str) -> ModelProposal:
    """Ask for the champion before the present one to come back, exactly as it was; the gate does not hold it up."""
    proposer = ctx.require(*PROPOSERS)
    rows.lock(ctx.session)
    _refuse_second(ctx)
    return _proposed(ctx, ModelAction.ROLLBACK, store_of(ctx).found(_previous(ctx)), reason, proposer)


def prepare_agreement(ctx: Context, proposal_id: int) -> None:
    """Put into the store what ``agree`` will replace, so that it can come back; raises as ``agree`` does."""
    decider = ctx.require(*DECIDERS)
    _open_to(ctx, proposal_id, decider)
    _serving_artefact(ctx)


def agree(ctx: Context, proposal_id: int) -> ModelHistory:
    """Agree to a proposal as the second person: what it asks for serves from now on, in every process.

    ``prepare_agreement`` comes first, so that no model is opened while this transaction is.

    Raises:
        SamePersonError: by whoever proposed it.
        GateRefusedError, BadArtefactError: it no longer passes, or its files were changed since.
        UnavailableError: the model that it would replace cannot be read.
    """
    decider = ctx.require(*DECIDERS)
    rows.lock(ctx.session)
    proposal = _open_to(ctx, proposal_id, decider)
    stored = store_of(ctx).found(proposal.artefact)
    if stored.manifest_sha256 != proposal.manifest_sha256:
        raise ConflictError(mark("Model di penyimpanan berubah sejak diusulkan. Usulkan lagi."))
    if proposal.action is ModelAction.PROMOTE:
        _pass_gate(ctx, proposal.metrics)
    row = _answered(ctx, proposal, proposal.action, proposal.reason, replaces=_serving_artefact(ctx))
    holder_for(ctx.settings).follow_soon()
    return row


def decline(ctx: Context, proposal_id: int, reason: str) -> ModelHistory:
    """Lay a proposal aside with a reason; whoever proposed it may do so too."""
    ctx.require(*DECIDERS)
    rows.lock(ctx.session)
    return _answered(ctx, _open(ctx, proposal_id), ModelAction.DECLINE, reason, replaces=None)


def waiting(ctx: Context) -> ModelProposal:
    """Give the proposal that waits for a second person; raise where there is none."""
    ctx.require(*READERS)
    proposal = rows.open_proposal(ctx.session)
    if proposal is None:
        raise NotFoundError(mark("Tidak ada usulan yang menunggu."))
    return proposal


def _refuse_serving(ctx: Context, champion: Named | None, artefact: str) -> None:
    if artefact == (champion.artefact if champion else base_model(ctx).name):
        raise ConflictError(mark("Model itu sudah melayani."))


def _refuse_second(ctx: Context) -> None:
    if rows.open_proposal(ctx.session) is not None:
        raise OpenProposalError(mark("Masih ada usulan yang menunggu orang kedua. Setujui atau tolak dahulu."))


def _open(ctx: Context, proposal_id: int) -> ModelProposal:
    proposal = rows.proposal(ctx.session, proposal_id)
    if proposal is None:
        raise NotFoundError(mark("Usulan itu tidak ada."))
    if rows.is_answered(ctx.session, proposal_id):
        raise ConflictError(mark("Usulan itu sudah dijawab."))
    return proposal


def _open_to(ctx: Context, proposal_id: int, decider: int) -> ModelProposal:
    proposal = _open(ctx, proposal_id)
    if proposal.proposed_by_id == decider:
        raise SamePersonError(mark("Yang mengusulkan tidak dapat menyetujui usulannya sendiri; perlu orang kedua."))
    return proposal


def _pass_gate(ctx: Context, metrics: Mapping[str, Any]) -> None:
    found = shortfalls(metrics, _champion_metrics(ctx))
    if found:
        raise GateRefusedError(
            mark("Gerbang menolak model ini (angka calon ↔ batasnya): {why}"), why="; ".join(map(str, found))
        )


def _champion_metrics(ctx: Context) -> Mapping[str, Any]:
    changes = rows.changes(ctx.session)
    return changes[-1].metrics if changes else base_model(ctx).metrics


def trained_at(ctx: Context) -> datetime | None:
    """Give when the model that serves was trained; none where nothing readable says so."""
    champion = rows.standing(ctx.session).champion
    try:
        stored = base_model(ctx) if champion is None else store_of(ctx).found(champion.artefact)
        trained = datetime.fromisoformat(stored.created)
    except (SuluhError, ValueError):
        return None
    return trained if trained.tzinfo else None


def _base_folder(ctx: Context) -> Path:
    return ctx.settings.model_dir or artifact.released_folder(artifact.JUDGE)


def base_model(ctx: Context) -> Stored:
    """Describe the model that the service is set up with; raise ``UnavailableError`` where it cannot be read."""
    try:
        return described(_base_folder(ctx))
    except Exception as error:  # whatever is wrong with it, it is no fault of who asks
        raise UnavailableError(mark("Model bawaan pemasangan tidak dapat dibuka: {why}"), why=said(error)) from error


def _serving_artefact(ctx: Context) -> str:
    """Name what serves now; the model that the service is set up with is kept first, so that it can come back."""
    champion = rows.standing(ctx.session).champion
    if champion is not None:
        return champion.artefact
    base_model(ctx)  # what cannot be read is told as such, and not as a bad upload
    return store_of(ctx).keep(_base_folder(ctx)).name


def _previous(ctx: Context) -> str:
    """Name what served before: each rollback takes one promotion back, the latest that still stands."""
    standing: list[ModelHistory] = []
    for row in rows.changes(ctx.session):
        if row.action is ModelAction.PROMOTE:
            standing.append(row)
        elif standing:
            standing.pop()
    if not standing or standing[-1].replaces is None:
        raise ConflictError(mark("Belum ada model sebelumnya untuk dikembalikan."))
    return standing[-1].replaces


def _columns_of(model: Stored | ModelProposal | ModelHistory) -> dict[str, Any]:
    """Give what every row about a model repeats, so that the row still tells it when the artefact is gone."""
    return {
        "artefact": model.name if isinstance(model, Stored) else model.artefact,
        "version": model.version,
        "kind": model.kind,
        "manifest_sha256": model.manifest_sha256,
        "metrics": dict(model.metrics),
    }


def _proposed(ctx: Context, action: ModelAction, stored: Stored, reason: str, proposer: int) -> ModelProposal:
    proposal = ModelProposal(
        action=action,
        **_columns_of(stored),
        reason=reason,
        proposed_by_id=proposer,
        proposed_at=ctx.now,
    )
    ctx.session.add(proposal)
    ctx.session.flush()
    audit.append(
        ctx, "model.propose", "model", proposal.id, what=action, artefact=stored.name, manifest=stored.manifest_sha256
    )
    return proposal


def _answered(
    ctx: Context, proposal: ModelProposal, action: ModelAction, reason: str, *, replaces: str | None
) -> ModelHistory:
    row = ModelHistory(
        proposal_id=proposal.id,
        role=ModelRole.CHAMPION,
        action=action,
        **_columns_of(proposal),
        reason=reason,
        proposed_by_id=proposal.proposed_by_id,
        proposed_at=proposal.proposed_at,
        replaces=replaces,
        decided_by_id=ctx.actor.user_id,
        at=ctx.now,
    )
    return _appended(ctx, row)


def _appended(ctx: Context, row: ModelHistory) -> ModelHistory:
    ctx.session.add(row)
    ctx.session.flush()
    audit.append(ctx, f"model.{row.action.value}", "model", row.id, artefact=row.artefact, manifest=row.manifest_sha256)
    return row


# ---- one person tries a challenger -------------------------------------------------------------------------------


def challenge(ctx: Context, artefact: str, reason: str) -> ModelHistory:
    """Try a stored artefact in shadow beside the champion; the one tried before stops."""
    engineer = ctx.require(*PROPOSERS)
    rows.lock(ctx.session)
    stored = store_of(ctx).found(artefact)
    standing = rows.standing(ctx.session)
    _refuse_serving(ctx, standing.champion, artefact)
    if standing.challenger is not None and standing.challenger.artefact == artefact:
        raise ConflictError(mark("Model itu sedang diuji."))
    return _tried(ctx, ModelAction.CHALLENGE, stored, reason, engineer)


def withdraw(ctx: Context, reason: str) -> ModelHistory:
    """Stop trying the challenger; what it said stays."""
    engineer = ctx.require(*PROPOSERS)
    rows.lock(ctx.session)
    tried = _challenge(ctx)
    if tried is None:
        raise NotFoundError(mark("Tidak ada model yang sedang diuji."))
    return _tried(ctx, ModelAction.WITHDRAW, tried, reason, engineer)


def _tried(ctx: Context, action: ModelAction, model: Stored | ModelHistory, reason: str, engineer: int) -> ModelHistory:
    row = ModelHistory(
        proposal_id=None,
        role=ModelRole.CHALLENGER,
        action=action,
        **_columns_of(model),
        reason=reason,
        proposed_by_id=engineer,
        proposed_at=ctx.now,
        at=ctx.now,
    )
    holder_for(ctx.settings).follow_soon()
    return _appended(ctx, row)


def _challenge(ctx: Context) -> ModelHistory | None:
    named = rows.standing(ctx.session).challenger
    return None if named is None else rows.past(ctx.session, named.history_id)


# ---- reading -----------------------------------------------------------------------------------------------------


def overview(ctx: Context) -> Overview:
    """Give what serves, what is tried, what waits, what is stored, and which process cannot keep up."""
    ctx.require(*READERS)
    standing = rows.standing(ctx.session)
    proposal = rows.open_proposal(ctx.session)
    return Overview(
        serving=_serving(ctx, standing.champion),
        trial=_trial(ctx),
        proposal=None if proposal is None else _shown_proposal(ctx, proposal),
        stored=store_of(ctx).listed(),
        alerts=_alerts(ctx, [named for named in (standing.champion, standing.challenger) if named is not None]),
    )


def history(ctx: Context, *, before: int | None = None, limit: int = 50) -> PastPage:
    """Give a page of the history, newest first."""
    ctx.require(*READERS)
    found = rows.history(ctx.session, before=before, limit=limit + 1)
    page = found[:limit]
    return PastPage(past_rows(ctx, page), page[-1].id if len(found) > limit else None)


def disagreements(ctx: Context, *, before: int | None = None, limit: int = 50) -> Disagreements:
    """Give the claims on which the challenger has another band than the champion, or stands far from it."""
    ctx.require(*READERS)
    trial = _trial(ctx)
    if trial is None:
        return Disagreements(None, (), None)
    found = rows.disagreements(ctx.session, trial.past.id, LIMITS.apart, before=before, limit=limit + 1)
    page = [_disagreement(score, wording) for score, wording in found[:limit]]
    return Disagreements(trial, page, page[-1].claim_id if len(found) > limit else None)


def _disagreement(score: ShadowScore, wording: str) -> Disagreement:
    return Disagreement(
        claim_id=score.claim_id,
        wording=wording,
        version=score.version,
        p_hoax=score.p_hoax,
        band=score.band,
        champion=score.champion,
        champion_p_hoax=score.champion_p_hoax,
        champion_band=score.champion_band,
        at=score.at,
    )


def _serving(ctx: Context, champion: Named | None) -> Serving:
    if champion is None:
        try:
            base = base_model(ctx)
        except UnavailableError as error:
            return Serving("", "", None, {}, "", fault=str(error.params["why"]))
        return Serving(base.version, base.kind, None, figures_of(base.metrics), base.card)
    row = rows.past(ctx.session, champion.history_id)
    try:
        card = store_of(ctx).found(champion.artefact).card
    except SuluhError:
        card = ""  # the page that says what is wrong must not fail for it
    return Serving(row.version, row.kind, past_rows(ctx, [row])[0], figures_of(row.metrics), card)


def _trial(ctx: Context) -> Trial | None:
    tried = _challenge(ctx)
    return (
        None if tried is None else Trial(past_rows(ctx, [tried])[0], rows.counts(ctx.session, tried.id, LIMITS.apart))
    )


def _alerts(ctx: Context, standing: Iterable[Named]) -> list[Alert]:
    """Give what other processes said, and what this one has not had a transaction to say yet."""
    wanted = {named.history_id for named in standing}
    told = [Alert(row.process, row.error) for row in rows.faults(ctx.session, wanted, since=ctx.now - FAULT_LIFETIME)]
    said = {alert.why for alert in told}
    own = [
        Alert("", fault.error)
        for fault in holder_for(ctx.settings).faults
        if fault.wanted.history_id in wanted and fault.error not in said
    ]
    return [*told, *own]


def _shown_proposal(ctx: Context, row: ModelProposal) -> Proposed:
    names = people.names(ctx.session, [row.proposed_by_id])
    return Proposed(
        id=row.id,
        action=row.action,
        artefact=row.artefact,
        version=row.version,
        kind=row.kind,
        reason=row.reason,
        proposed_by=names[row.proposed_by_id],
        proposed_by_id=row.proposed_by_id,
        at=row.proposed_at,
        figures=figures_of(row.metrics),
    )


def past_rows(ctx: Context, found: Sequence[ModelHistory]) -> list[Past]:
    """Give rows of the history with the names of their people, in the same order."""
    ids = {person for row in found for person in (row.proposed_by_id, row.decided_by_id) if person is not None}
    names = people.names(ctx.session, ids)
    return [
        Past(
            id=row.id,
            role=row.role,
            action=row.action,
            artefact=row.artefact,
            version=row.version,
            kind=row.kind,
            manifest_sha256=row.manifest_sha256,
            reason=row.reason,
            proposed_by=names[row.proposed_by_id],
            decided_by="" if row.decided_by_id is None else names[row.decided_by_id],
            at=row.at,
            replaces=row.replaces or "",
            metrics=row.metrics,
        )
        for row in found
    ]
