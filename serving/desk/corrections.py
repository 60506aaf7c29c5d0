"""Word to everybody who carried what no longer stands, tracked until they have read it."""

from __future__ import annotations

from serving.db import corrections as rows
from serving.desk import audit, offers
from serving.desk.context import Context
from serving.errors import NotFoundError
from serving.i18n import mark
from serving.vocabulary import ClarificationState, CorrectionState

SUPERSEDED = "Klarifikasi ini diganti oleh yang lebih baru."


def send(ctx: Context, clarification_id: int, reason: str) -> int:
    """Tell everybody who accepted or posted a clarification that it no longer stands; give how many are new.

    Called in the transaction that retracts or supersedes it. The open offers are recalled first: that statement waits
    for answers being given at this moment, so whoever took the kit in between is seen by the next one.

    Called again it adds only who is missing.
    """
    for campaign_id in rows.campaigns_of(ctx.session, clarification_id):
        offers.recall_open(ctx, campaign_id)
    n = rows.add_missing(ctx.session, clarification_id, reason, ctx.now)
    rows.add_deliveries(ctx.session, clarification_id, ctx.now)
    if n:
        audit.append(ctx, "correction.send", "clarification", clarification_id, n=n)
    return n


def send_missing(ctx: Context) -> int:
    """Tell whoever was missed, whatever the cause; the worker asks this on a schedule."""
    return sum(
        send(
            ctx,
            fallen.id,
            SUPERSEDED if fallen.state is ClarificationState.SUPERSEDED else fallen.retract_reason,
        )
        for fallen in rows.fallen(ctx.session)
    )


def mine(ctx: Context, *, limit: int, before: int | None = None) -> list[rows.Told]:
    """Give a page of the asking person's corrections, newest first."""
    return rows.all_for(ctx.session, offers.own(ctx).id, limit=limit, before=before)


def one(ctx: Context, correction_id: int) -> rows.Told:
    """Give one correction to its own person."""
    person = offers.own(ctx)
    told = rows.one(ctx.session, correction_id)
    if told is None or told.influencer_id != person.id:
        raise NotFoundError(mark("Koreksi itu tidak ada."))
    return told


def acknowledge(ctx: Context, correction_id: int) -> None:
    """Confirm having read a correction; confirmed again, nothing changes."""
    person = offers.own(ctx)
    row = rows.locked(ctx.session, correction_id)
    if row is None or row.influencer_id != person.id:
        raise NotFoundError(mark("Koreksi itu tidak ada."))
    if row.state is CorrectionState.ACKNOWLEDGED:
        return
    row.state, row.acknowledged_at = CorrectionState.ACKNOWLEDGED, ctx.now
    audit.append(ctx, "correction.acknowledge", "correction", row.id)
