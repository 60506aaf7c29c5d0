"""Campaigns, from a second person's approval to a live offer and its end; drafting is ``campaign_drafts``.

Two different people stand behind everything that goes out; the database holds the same rule. What stops a campaign
(freeze, end, retraction) is one step by one person; what starts it again needs somebody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from serving.db import campaigns as rows
from serving.db.tables import Campaign
from serving.desk import audit, content
from serving.desk.context import Context
from serving.desk.outreach import breaker, campaign_rules, offers, official, routing
from serving.desk.outreach.campaign_rules import ResubmittedError
from serving.desk.publishing import announcements
from serving.desk.states import CampaignStep, next_campaign_state
from serving.errors import ConflictError, InvalidInputError, NotFoundError, SameHumanError
from serving.i18n import mark
from serving.vocabulary import CampaignState, Category, FreezeCause, Platform, Role

READERS = (Role.MANAGER, Role.APPROVER)


# ---- reading ---------------------------------------------------------------------------------------------------


def get(ctx: Context, campaign_id: int) -> Campaign:
    """Give one campaign to a manager or approver; raise where there is none."""
    ctx.require(*READERS)
    row = rows.by_id(ctx.session, campaign_id)
    if row is None:
        raise NotFoundError(mark("Kampanye itu tidak ada."))
    return row


def listed(
    ctx: Context, *, states: Sequence[CampaignState] = (), before: int | None = None, limit: int = 50
) -> Sequence[Campaign]:
    """Give campaigns, newest first."""
    ctx.require(*READERS)
    return rows.page(ctx.session, states=states, before=before, limit=limit)


def captions(ctx: Context, campaign_id: int) -> dict[Platform, list[str]]:
    """Give the caption variants of a campaign."""
    get(ctx, campaign_id)
    return rows.captions(ctx.session, campaign_id)


def locked(ctx: Context, campaign_id: int) -> Campaign:
    """Give one campaign under its lock, whoever asks; raise where there is none."""
    row = rows.locked(ctx.session, campaign_id)
    if row is None:
        raise NotFoundError(mark("Kampanye itu tidak ada."))
    return row


def wrote(ctx: Context, row: Campaign) -> None:
    """Note who writes; none of the writers may approve, whoever submits."""
    writer = ctx.actor.user_id
    row.author_id = writer
    if writer not in (row.writers or []):
        row.writers = [*(row.writers or []), writer]


# ---- two people ------------------------------------------------------------------------------------------------


def submit(ctx: Context, campaign_id: int, *, political: bool) -> Campaign:
    """Hand a draft to a second person, with the author's answer whether it is political.

    A yes is kept for good and the campaign will never go live: were it refused instead, the same person could simply
    answer again.
    """
    ctx.require(Role.MANAGER)
    row = locked(ctx, campaign_id)
    to = next_campaign_state(row.state, CampaignStep.SUBMIT)
    if rows.n_variants(ctx.session, row.id) < 1:
        raise ConflictError(mark("Setiap platform perlu sedikitnya satu takarir sebelum diajukan."))
    campaign_rules.check_still_open(ctx, row)
    official.check(ctx, _official_posts(row))
    wrote(ctx, row)
    row.state, row.submitted_at = to, ctx.now
    row.political_author = political or bool(row.political_author)
    row.approver_id = None
    row.returned_reason = ""
    audit.append(ctx, "campaign.submit", "campaign", row.id, political=political)
    return row


def _official_posts(row: Campaign) -> dict[Platform, str]:
    return {Platform(name): str(url) for name, url in row.official_posts.items() if url}


def _second_person(ctx: Context, row: Campaign) -> int:
    person = ctx.require(*READERS)
    if person == row.author_id or person in row.writers:
        raise SameHumanError(mark("Kampanye ini Anda tulis atau ajukan sendiri; orang lain yang memutuskannya."))
    return person


def _check_read(row: Campaign, submitted_at: datetime) -> None:
    """Raise where another submission waits than the one that was read; between two nothing of it can change."""
    if row.submitted_at != submitted_at:
        raise ResubmittedError(mark("Kampanye ini diajukan ulang sejak Anda membukanya; baca dahulu isinya sekarang."))


def return_draft(ctx: Context, campaign_id: int, reason: str, *, submitted_at: datetime) -> Campaign:
    """Give a submitted campaign back to its author with a reason.

    Raises:
        ResubmittedError: ``submitted_at``, the submission that was read, is not the one that waits.
    """
    row = locked(ctx, campaign_id)
    _second_person(ctx, row)
    to = next_campaign_state(row.state, CampaignStep.RETURN)
    _check_read(row, submitted_at)
    row.returned_reason, row.state = _reason(reason), to
    audit.append(ctx, "campaign.return", "campaign", row.id)
    return row


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidInputError(mark("Tulis alasannya."))
    return text.strip()


def approve(ctx: Context, campaign_id: int, *, political: bool, submitted_at: datetime) -> Campaign:
    """Approve as the second person, who answers anew whether it is political.

    A yes is recorded with the approval and keeps every campaign on this claim from going live: were it refused
    instead, the same person could simply answer again.

    Raises:
        ResubmittedError: ``submitted_at``, the submission that was read, is not the one that waits.
    """
    row = locked(ctx, campaign_id)
    person = _second_person(ctx, row)
    approved = next_campaign_state(row.state, CampaignStep.APPROVE)
    _check_read(row, submitted_at)
    campaign_rules.check_still_open(ctx, row)
    official.check(ctx, _official_posts(row))
    row.approver_id, row.approved_at = person, ctx.now
    row.political_approver = political or bool(row.political_approver)
    row.state = approved
    digest = content.of_campaign(row, rows.captions(ctx.session, row.id))
    audit.append(ctx, "campaign.approve", "campaign", row.id, political=political, sha256=digest)
    return row


# ---- live ------------------------------------------------------------------------------------------------------


def launch(ctx: Context, campaign_id: int) -> int:
    """Take an approved campaign live and plan its offers; give how many were planned.

    Raises:
        EmptyAudienceError: nobody fits.
        RoutingFrozenError: nothing is offered at present.
        NotOfficialError: an account whose post it shares was taken off the list; for the others see
            ``campaign_rules.check_launch``.
    """
    ctx.require(Role.MANAGER)
    row = locked(ctx, campaign_id)
    to = next_campaign_state(row.state, CampaignStep.LAUNCH)
    breaker.check(ctx)
    campaign_rules.check_launch(ctx, row)
    official.check(ctx, _official_posts(row))
    row.state, row.live_at = to, ctx.now
    ctx.session.flush()
    audit.append(ctx, "campaign.launch", "campaign", row.id)
    return routing.plan(ctx, row.id)


def plan_more(ctx: Context, campaign_id: int) -> int:
    """Plan what is still missing of a live campaign's reach; give how many offers were added."""
    ctx.require(Role.MANAGER)
    row = locked(ctx, campaign_id)
    if row.state is not CampaignState.LIVE:
        raise ConflictError(mark("Hanya kampanye yang berjalan yang dapat ditambah sasarannya."))
    breaker.check(ctx)
    campaign_rules.check_never_political(ctx, row)
    campaign_rules.check_still_open(ctx, row)
    campaign_rules.check_uncontested(ctx, row)
    return routing.plan(ctx, row.id)


def freeze(ctx: Context, campaign_id: int, reason: str) -> Campaign:
    """Stop offering at once; open offers cannot be accepted meanwhile.

    What an appeal froze may be frozen by a person as well: then the answer alone does not let it go on.
    """
    person = ctx.require(*READERS)
    row = locked(ctx, campaign_id)
    to = row.state if waits_for_answer(row) else next_campaign_state(row.state, CampaignStep.FREEZE)
    row.freeze_reason, row.frozen_by_id, row.state = _reason(reason), person, to
    row.freeze_cause = FreezeCause.PERSON
    announcements.offers_stopped(ctx, row)
    audit.append(ctx, "campaign.freeze", "campaign", row.id)
    return row


def thaw(ctx: Context, campaign_id: int) -> Campaign:
    """Let a frozen campaign go on; never by whoever froze it, and only where it could still be launched."""
    person = ctx.require(*READERS)
    row = locked(ctx, campaign_id)
    if row.state is CampaignState.FROZEN and person == row.frozen_by_id:
        raise SameHumanError(mark("Kampanye ini Anda bekukan sendiri; orang lain yang mencairkannya."))
    _thaw(ctx, row)
    audit.append(ctx, "campaign.thaw", "campaign", row.id)
    return row


def _thaw(ctx: Context, row: Campaign) -> None:
    to = next_campaign_state(row.state, CampaignStep.THAW)
    campaign_rules.check_never_political(ctx, row)
    campaign_rules.check_still_open(ctx, row)
    campaign_rules.check_uncontested(ctx, row)
    row.state, row.freeze_reason, row.frozen_by_id, row.freeze_cause = to, "", None, None
    announcements.offers_resumed(ctx, row)


def end(ctx: Context, campaign_id: int, reason: str) -> int:
    """End a campaign for good and recall its open offers; give how many were recalled."""
    ctx.require(*READERS)
    row = locked(ctx, campaign_id)
    offers.hold_open(ctx, [row.id])
    return _end(ctx, row, _reason(reason))


def _end(ctx: Context, row: Campaign, reason: str) -> int:
    _close(ctx, row, reason)
    return offers.recall_open(ctx, row.id)


def _close(ctx: Context, row: Campaign, reason: str) -> None:
    row.state = next_campaign_state(row.state, CampaignStep.END)
    row.ended_at = ctx.now
    ctx.session.flush()
    announcements.offers_stopped(ctx, row)
    audit.append(ctx, "campaign.end", "campaign", row.id, reason=reason)


ENDABLE = (CampaignState.APPROVED, CampaignState.LIVE, CampaignState.FROZEN)


def hold_for(ctx: Context, clarification_id: int) -> None:
    """Lock what ``stop_for`` will end, before anything is put on the record.

    Releasing and answering lock campaigns and offers first and the audit's head last: whoever held the head and then
    waited for a campaign would wait for somebody who waits for the head.
    """
    offers.hold_open(ctx, [row.id for row in rows.unfinished_of(ctx.session, clarification_id)])


def stop_for(ctx: Context, clarification_id: int, reason: str) -> int:
    """End every campaign of a clarification that no longer stands, recalling open offers; give how many ended.

    Part of a retraction, whose own roles were checked. Drafts stay: they can be neither submitted nor approved.
    """
    running = [row for row in rows.unfinished_of(ctx.session, clarification_id) if row.state in ENDABLE]
    for row in running:
        _end(ctx, row, reason)
    return len(running)


def end_over(ctx: Context) -> int:
    """End every campaign whose window is over, after holding politics back; give how many ended.

    The worker's sweep of offers lets theirs lapse.
    """
    hold_politics(ctx)
    finished = rows.over(ctx.session, ctx.now, ENDABLE)
    for row in finished:
        _close(ctx, row, "window over")
    return len(finished)


def hold_politics(ctx: Context) -> int:
    """Freeze, in an election period, every live campaign about politics, news as well as clarifications; give how many.

    It goes on once the period is over and somebody thaws it.
    """
    if not campaign_rules.in_election(ctx):
        return 0
    running = rows.about(ctx.session, Category.POLITICS, (CampaignState.LIVE,))
    for row in running:
        row.state = next_campaign_state(row.state, CampaignStep.FREEZE)
        row.freeze_reason, row.frozen_by_id = mark("Masa pemilu: materi politik tidak disalurkan."), None
        row.freeze_cause = FreezeCause.ELECTION
        announcements.offers_stopped(ctx, row)
        audit.append(ctx, "campaign.freeze", "campaign", row.id, reason="election period")
    ctx.session.flush()
    return len(running)


# ---- contested -------------------------------------------------------------------------------------------------


def waits_for_answer(row: Campaign) -> bool:
    """Tell whether an appeal, and no person, holds a campaign."""
    return row.state is CampaignState.FROZEN and row.freeze_cause is FreezeCause.APPEAL


def freeze_contested(ctx: Context, clarification_id: int) -> int:
    """Freeze every live campaign of a clarification against which somebody appeals; give how many.

    Part of filing an appeal. One that is frozen already stays as it is, and cannot be thawed before the answer either.
    """
    live = [row for row in rows.unfinished_of(ctx.session, clarification_id) if row.state is CampaignState.LIVE]
    for row in live:
        row.state = next_campaign_state(row.state, CampaignStep.FREEZE)
        row.freeze_reason, row.frozen_by_id = mark("Ada keberatan atas klarifikasinya; menunggu jawaban."), None
        row.freeze_cause = FreezeCause.APPEAL
        ctx.session.flush()
        announcements.offers_stopped(ctx, row)
        audit.append(ctx, "campaign.freeze", "campaign", row.id, reason="appeal")
    return len(live)


def thaw_contested(ctx: Context, clarification_id: int) -> int:
    """Let go on what an appeal had frozen, once the last one is answered; give how many.

    What could not be launched any more stays frozen, for a person to look at.
    """
    frozen = [row for row in rows.unfinished_of(ctx.session, clarification_id) if waits_for_answer(row)]
    return sum(_go_on(ctx, row) for row in frozen)


def _go_on(ctx: Context, row: Campaign) -> bool:
    try:
        _thaw(ctx, row)
    except campaign_rules.ContestedError:
        return False
    except ConflictError:
        row.freeze_cause = FreezeCause.PERSON
        row.freeze_reason = mark("Keberatannya sudah dijawab; periksa dahulu sebelum dijalankan lagi.")
        return False
    audit.append(ctx, "campaign.thaw", "campaign", row.id, reason="appeal answered")
    return True
