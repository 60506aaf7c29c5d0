"""Rows of the registry of models: proposals, history, what a challenger said, and who could not open a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, delete, func, or_, select, union_all
from sqlalchemy.orm import Session

from serving.db import audit
from serving.db.dialect import insert_into
from serving.db.posts import first_posts
from serving.db.tables import Claim, ModelFault, ModelHistory, ModelProposal, Post, ShadowScore
from serving.vocabulary import ModelAction, ModelRole

CHANGES = (ModelAction.PROMOTE, ModelAction.ROLLBACK)
TRIALS = (ModelAction.CHALLENGE, ModelAction.WITHDRAW)


@dataclass(frozen=True, slots=True)
class Named:
    """A model as a process must find it: the history's row that asks for it, and the folder with its checksum."""

    history_id: int
    artefact: str
    version: str
    manifest_sha256: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Who should answer, and who is tried beside; none where nobody was ever promoted or nobody is tried."""

    champion: Named | None = None
    challenger: Named | None = None


@dataclass(frozen=True, slots=True)
class Unshadowed:
    """A claim that the challenger has not read yet, and the text of the post that founded it."""

    claim_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many claims a challenger has read, and on how many it disagrees with the champion."""

    n_claims: int = 0
    n_band: int = 0
    n_apart: int = 0


def lock(session: Session) -> None:
    """Hold the registry until the transaction ends: every step of it appends to the audit, whose head is one row."""
    audit.lock_head(session)


def may_write(session: Session) -> bool:
    """Tell whether what is added in this session will be kept (``Database.write``) or not (``Database.read``)."""
    return bool(session.get_bind().get_execution_options().get("writes", False))


# ---- proposals and history -------------------------------------------------------------------------------------


def open_proposal(session: Session) -> ModelProposal | None:
    """Give the newest proposal that nobody has answered."""
    answered = select(ModelHistory.proposal_id).where(ModelHistory.proposal_id.is_not(None))
    query = select(ModelProposal).where(ModelProposal.id.not_in(answered)).order_by(ModelProposal.id.desc()).limit(1)
    return session.scalars(query).one_or_none()


def proposal(session: Session, proposal_id: int) -> ModelProposal | None:
    """Find one proposal."""
    return session.get(ModelProposal, proposal_id)


def is_answered(session: Session, proposal_id: int) -> bool:
    """Tell whether the history holds an answer to this proposal."""
    query = select(ModelHistory.id).where(ModelHistory.proposal_id == proposal_id)
    return session.scalars(query).one_or_none() is not None


def standing(session: Session) -> Standing:
    """Give who should answer and who is tried; one query, because every process asks every few seconds."""
    newest = (
        select(func.max(ModelHistory.id).label("id")).where(ModelHistory.action.in_(actions))
        for actions in (CHANGES, TRIALS)
    )
    rows = session.scalars(
        select(ModelHistory).where(ModelHistory.id.in_(select(union_all(*newest).subquery().c.id)))
    ).all()
    champion = next((row for row in rows if row.role is ModelRole.CHAMPION), None)
    trial = next((row for row in rows if row.action is ModelAction.CHALLENGE), None)
    if trial is not None and champion is not None and champion.artefact == trial.artefact:
        trial = None  # it was promoted, so there is nothing left to compare
    return Standing(_named(champion), _named(trial))


def _named(row: ModelHistory | None) -> Named | None:
    return None if row is None else Named(row.id, row.artefact, row.version, row.manifest_sha256, row.at)


def past(session: Session, history_id: int) -> ModelHistory:
    """Give one row of the history that is known to be there."""
    return session.execute(select(ModelHistory).where(ModelHistory.id == history_id)).scalar_one()


def changes(session: Session) -> Sequence[ModelHistory]:
    """Give every change of champion, oldest first."""
    query = select(ModelHistory).where(ModelHistory.action.in_(CHANGES)).order_by(ModelHistory.id)
    return session.scalars(query).all()


def history(session: Session, *, before: int | None = None, limit: int = 50) -> Sequence[ModelHistory]:
    """Give the history, newest first, from the one before ``before`` on."""
    query = select(ModelHistory).order_by(ModelHistory.id.desc()).limit(limit)
    return session.scalars(query if before is None else query.where(ModelHistory.id < before)).all()


# ---- the challenger in shadow ----------------------------------------------------------------------------------


def unshadowed(session: Session, challenge_id: int, since: datetime, limit: int) -> Sequence[Unshadowed]:
    """Give claims made since the challenge began that it has not read, oldest first, each with its own first post."""
    read = select(ShadowScore.claim_id).where(
        ShadowScore.challenge_id == challenge_id, ShadowScore.claim_id == Claim.id
    )
    has_posts = select(Post.id).where(Post.claim_id == Claim.id, Post.cluster_id.is_(None)).exists()
    waiting = (
        select(Claim.id)
        .where(Claim.created_at >= since, ~read.exists(), has_posts)
        .order_by(Claim.id)
        .limit(limit)
        .subquery()
    )
    first = first_posts(select(waiting.c.id))
    query = select(first.c.claim_id, Post.text).join(Post, Post.id == first.c.post_id).order_by(first.c.claim_id)
    return [Unshadowed(claim_id, text) for claim_id, text in session.execute(query)]


def add_shadow_scores(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what a challenger said; what it said of a claim before stays."""
    if rows:
        session.execute(insert_into(session, ShadowScore).on_conflict_do_nothing(), list(rows))


def counts(session: Session, challenge_id: int, delta: float) -> Counts:
    """Count claims read, claims with another band, and claims at least ``delta`` apart."""
    other_band = ShadowScore.band != ShadowScore.champion_band
    apart = func.abs(ShadowScore.p_hoax - ShadowScore.champion_p_hoax) >= delta
    query = select(
        func.count(), func.coalesce(func.sum(_one(other_band)), 0), func.coalesce(func.sum(_one(apart)), 0)
    ).where(ShadowScore.challenge_id == challenge_id)
    n_claims, n_band, n_apart = session.execute(query).one()
    return Counts(int(n_claims), int(n_band), int(n_apart))


def _one(condition: Any) -> Any:
    return case((condition, 1), else_=0)


def disagreements(
    session: Session, challenge_id: int, delta: float, *, before: int | None = None, limit: int = 50
) -> Sequence[tuple[ShadowScore, str]]:
    """Give the claims, newest first, with another band or at least ``delta`` apart, each with its wording."""
    query = (
        select(ShadowScore, Claim.wording)
        .join(Claim, Claim.id == ShadowScore.claim_id)
        .where(
            and_(
                ShadowScore.challenge_id == challenge_id,
                or_(
                    ShadowScore.band != ShadowScore.champion_band,
                    func.abs(ShadowScore.p_hoax - ShadowScore.champion_p_hoax) >= delta,
                ),
            )
        )
        .order_by(ShadowScore.claim_id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(ShadowScore.claim_id < before)
    return [(score, wording) for score, wording in session.execute(query)]


# ---- who could not open a model --------------------------------------------------------------------------------


def tell_fault(session: Session, process: str, history_id: int, error: str, at: datetime) -> None:
    """Note that a process could not open the model that a row of the history asks for, or that it still cannot."""
    new = insert_into(session, ModelFault).values(process=process, history_id=history_id, error=error, at=at)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["process", "history_id"], set_={"error": new.excluded.error, "at": new.excluded.at}
        )
    )


def forget_faults(session: Session, process: str) -> None:
    """Note that a process has what it was asked for."""
    session.execute(delete(ModelFault).where(ModelFault.process == process))


def faults(session: Session, history_ids: Iterable[int], since: datetime) -> Sequence[ModelFault]:
    """Give who said since then that they could not open the models that these rows ask for."""
    query = select(ModelFault).where(ModelFault.history_id.in_(list(history_ids)), ModelFault.at >= since)
    return session.scalars(query.order_by(ModelFault.process)).all()
