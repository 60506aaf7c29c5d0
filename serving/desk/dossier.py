"""Everything that the desk knows about one claim, read once for one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.db import audit as chain
from serving.db import review as rows
from serving.db.tables import (
    AuditRow,
    ClaimNote,
    Clarification,
    ClarificationVersion,
    Decision,
    Evidence,
    Match,
)
from serving.desk import claims, evidence, gates, merging, review
from serving.desk.claims import Detail
from serving.desk.context import Context
from serving.desk.gates import Obstacle, Prepared
from serving.desk.merging import Merged

HISTORY_ROWS = 100


@dataclass(frozen=True, slots=True)
class Matched:
    """A match with the present words of the clarification."""

    match: Match
    head: Clarification
    words: ClarificationVersion


@dataclass(frozen=True, slots=True)
class Dossier:
    """One claim with its posts, matches, draft, sources, decisions and history.

    Attributes:
        detail: what is going round.
        matches: best first.
        prepared: the draft; an empty one where there is none.
        version: the draft's version, 0 where there is none.
        writers: who wrote in the draft; none of them may approve it.
        obstacles: what is in the way of submitting, in the order of the path.
        standing: the clarification that is published for this claim.
        merged: the claims that people merged into this one.
        names: what to call the people of the desk, by number.
    """

    detail: Detail
    matches: Sequence[Matched]
    prepared: Prepared
    version: int
    writers: frozenset[int]
    returned_reason: str
    sources: Sequence[Evidence]
    obstacles: tuple[Obstacle, ...]
    notes: Sequence[ClaimNote]
    decisions: Sequence[Decision]
    standing: Clarification | None
    history: Sequence[AuditRow]
    merged: Sequence[Merged]
    names: Mapping[int, str]


def dossier(ctx: Context, claim_id: int) -> Dossier:
    """Give everything about one claim; raise where there is none or the reader is not of the desk."""
    detail = claims.detail(ctx, claim_id)
    claim = detail.listed.claim
    draft = rows.draft(ctx.session, claim_id)
    sources = evidence.standing(ctx, claim_id)
    prepared = review.prepared(draft)
    notes = rows.notes(ctx.session, claim_id)
    decisions = rows.decisions(ctx.session, claim_id)
    history = chain.recent(ctx.session, entity="claim", entity_id=claim_id, limit=HISTORY_ROWS)
    people = {claim.holder_id, claim.author_id, claim.approver_id, *(row.actor_id for row in history)}
    people |= {note.noted_by_id for note in notes} | {row.approver_id for row in decisions}
    return Dossier(
        detail=detail,
        matches=[Matched(*found) for found in rows.matches(ctx.session, claim_id)],
        prepared=prepared,
        version=draft.version if draft else 0,
        writers=frozenset(draft.writers) if draft else frozenset(),
        returned_reason=draft.returned_reason if draft else "",
        sources=sources,
        obstacles=gates.obstacles(prepared, evidence.as_sources(sources), claim.wording),
        notes=notes,
        decisions=decisions,
        standing=rows.standing_clarification(ctx.session, claim_id),
        history=history,
        merged=merging.merged_into(ctx, claim_id),
        names=rows.display_names(ctx.session, people),
    )
