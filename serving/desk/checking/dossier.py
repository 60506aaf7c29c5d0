"""Everything that the desk knows about one claim, read once for one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.db import audit as chain
from serving.db import exhibits
from serving.db import review as rows
from serving.db.exhibits import Facts
from serving.db.tables import (
    AuditRow,
    ClaimNote,
    Clarification,
    ClarificationVersion,
    Decision,
    Dispute,
    Evidence,
    Match,
    Wording,
)
from serving.desk.checking import approval, claims, evidence, gates, merging, review
from serving.desk.checking.claims import Detail
from serving.desk.checking.gates import Filling, Obstacle, Prepared
from serving.desk.checking.merging import Merged
from serving.desk.context import Context

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
        wordings: every neutral wording that it has had, newest first.
        names: what to call the people of the desk, by number.
        exhibits: the files that are kept beside sources, by the source's number.
        filling: how far the rule of two sources is filled.
        blind: the reader may have to decide on the draft and has not said what they think: nothing tells the verdict.
            Of one that is still being written they read neither its words nor why it was sent back before.
        dispute: the disagreement that waits for a third person; none for a blind reader.
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
    wordings: Sequence[Wording]
    names: Mapping[int, str]
    exhibits: Mapping[int, Facts]
    filling: Filling
    blind: bool
    dispute: Dispute | None


def dossier(ctx: Context, claim_id: int) -> Dossier:
    """Give everything about one claim; raise where there is none or the reader is not of the desk."""
    detail = claims.detail(ctx, claim_id)
    claim, user_id = detail.listed.claim, ctx.actor.user_id
    draft = rows.draft(ctx.session, claim_id)
    sources = evidence.standing(ctx, claim_id)
    blind, sealed = approval.is_blind(ctx, claim, draft), approval.is_sealed(ctx, claim, draft)
    prepared = Prepared() if sealed else review.prepared(draft)
    writers = frozenset(draft.writers) if draft else frozenset()
    # What its writers say among colleagues may say what they wrote.
    notes = [note for note in rows.notes(ctx.session, claim_id) if not (blind and note.noted_by_id in writers)]
    # Why an earlier version was sent back says what its verdict should be; one's own words one knows.
    decided = rows.decisions(ctx.session, claim_id)
    decisions = tuple(row for row in decided if not sealed or row.approver_id == user_id)
    wordings = rows.wordings(ctx.session, claim_id)
    history = chain.recent(ctx.session, entity="claim", entity_id=claim_id, limit=HISTORY_ROWS)
    people = {claim.holder_id, claim.author_id, claim.approver_id, *(row.actor_id for row in history)}
    people |= {note.noted_by_id for note in notes} | {row.approver_id for row in decisions}
    people |= {row.author_id for row in wordings}
    return Dossier(
        detail=detail,
        matches=[Matched(*found) for found in rows.matches(ctx.session, claim_id)],
        prepared=prepared,
        version=draft.version if draft else 0,
        writers=writers,
        returned_reason=draft.returned_reason if draft and not sealed else "",
        sources=sources,
        obstacles=() if sealed else gates.obstacles(prepared, evidence.as_sources(sources), claim.wording),
        notes=notes,
        decisions=decisions,
        standing=rows.standing_clarification(ctx.session, claim_id),
        history=history,
        merged=merging.merged_into(ctx, claim_id),
        wordings=wordings,
        names=rows.display_names(ctx.session, people),
        exhibits=exhibits.facts(ctx.session, [row.id for row in sources]),
        filling=gates.filling(evidence.as_sources(sources)),
        blind=blind,
        dispute=None if blind else approval.open_dispute(ctx, claim_id),
    )
