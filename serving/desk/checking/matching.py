"""What people say about the machine's matches: confirm, reject, call related; the machine's own opinion stays."""

from __future__ import annotations

from serving.db import review
from serving.db.tables import Match
from serving.desk import audit
from serving.desk.checking.leases import DESK, existing, refuse_if_held
from serving.desk.context import Context
from serving.desk.incoming.machine import Machine, rematch
from serving.errors import ConflictError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import MatchStatus, Role

_VERBS = {MatchStatus.CONFIRMED: "confirm", MatchStatus.REJECTED: "reject", MatchStatus.RELATED: "relate"}


class AlreadyDecidedError(ConflictError):
    """Somebody else has answered this match, or you have with the same answer."""

    code = "already-decided"


def confirm(ctx: Context, match_id: int) -> Match:
    """Say that the clarification answers the claim."""
    return _decide(ctx, match_id, MatchStatus.CONFIRMED)


def reject(ctx: Context, match_id: int) -> Match:
    """Say that it does not."""
    return _decide(ctx, match_id, MatchStatus.REJECTED)


def relate(ctx: Context, match_id: int) -> Match:
    """Say that the clarification is about something near and does not answer the claim."""
    return _decide(ctx, match_id, MatchStatus.RELATED)


def ask_again(ctx: Context, machine: Machine, claim_id: int) -> int:
    """Ask the library again about a claim; give how many suggestions wait for a human. What one decided stays."""
    ctx.require(Role.CHECKER)
    return rematch(ctx, machine, claim_id)


def _decide(ctx: Context, match_id: int, status: MatchStatus) -> Match:
    """Set the answer; only whoever gave one may change it.

    Raises:
        AlreadyDecidedError: another person answered first, or the answer is the same.
        HeldByAnotherError: somebody else works on the claim.
    """
    user_id = ctx.require(*DESK)
    row = review.locked_match(ctx.session, match_id)
    if row is None:
        raise NotFoundError(mark("Kecocokan itu tidak ada."))
    refuse_if_held(ctx, existing(ctx, row.claim_id), user_id)
    if row.status is status or row.decided_by_id not in {None, user_id}:
        raise AlreadyDecidedError(mark("Kecocokan ini sudah dijawab."))
    row.status, row.decided_by_id, row.decided_at = status, user_id, ctx.now
    about = {"claim": row.claim_id, "clarification": row.clarification_id}
    audit.append(ctx, f"match.{_VERBS[status]}", "match", row.id, **about)
    return row
