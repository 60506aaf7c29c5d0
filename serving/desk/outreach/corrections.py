"""Word to everybody who carried what no longer stands, tracked until they have read it.

Whoever has not confirmed it is reminded three times at most, by the way on which they were told, so outside their quiet
hours. Then it stays on top of their inbox, and the public count says how many have not read it.
"""

from __future__ import annotations

from datetime import timedelta

from serving.db import corrections as rows
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.outreach import offers
from serving.errors import NotFoundError
from serving.i18n import mark
from serving.vocabulary import ClarificationState, CorrectionState, OfferState

REMIND_AFTER = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""How long after they were told people are reminded, if they have not confirmed it: as often as there are times."""
REST = timedelta(hours=20)
"""Between two messages about one correction, also where the worker was down and several are due."""
SUPERSEDED = mark("Klarifikasi ini diganti oleh yang lebih baru.")


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


def remind(ctx: Context) -> int:
    """Remind whoever has not confirmed a correction, as the worker asks on a schedule; give how many were reminded."""
    written = {
        n: rows.remind(ctx.session, rows.Reminding(n, ctx.now - wait, ctx.now - REST, ctx.now))
        for n, wait in enumerate(REMIND_AFTER, 1)
    }
    for n, people in written.items():
        if people:
            audit.append(ctx, "correction.remind", "correction", None, n=people, reminder=n)
    return sum(written.values())


def to_do(told: rows.Told) -> str:
    """Say, to be translated, what whoever is told of a correction should do."""
    if told.offer_state is OfferState.ACCEPTED:
        return mark("Jangan unggah materinya. Cukup tandai bahwa Anda sudah membaca ini.")
    return mark("Turunkan unggahan Anda, atau tambahkan koreksi di bawah ini padanya. Lalu tandai sudah dibaca.")


def to_post(ctx: Context, told: rows.Told) -> str:
    """Give the words with which somebody corrects their own post, ready to be copied; like a caption in Indonesian."""
    became = "sudah diganti" if told.superseded_by else "sudah ditarik"
    page = f"{ctx.settings.base_url.rstrip('/')}/klarifikasi/{told.superseded_by or told.slug}"
    return f"Koreksi: keterangan \u201c{told.title}\u201d yang saya bagikan {became} oleh penerbitnya. Bacalah: {page}"


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
