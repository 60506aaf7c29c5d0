"""Why this person was asked by a campaign, or why not: one sentence, from the same rules that choose.

It says nothing of what somebody answered: who has an offer was chosen, whatever became of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from serving.db import influencers as people
from serving.db import routing as rows
from serving.db.tables import Campaign
from serving.desk.context import Context
from serving.desk.outreach import campaigns, routing
from serving.desk.people import influencers
from serving.desk.people.eligibility import OWN_CHOICE, Reason, may_carry
from serving.i18n import mark
from serving.vocabulary import LABELS, CampaignState, Role, Topic


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether somebody was chosen, and the sentence (with its places) that says why."""

    chosen: bool
    message: str
    params: dict[str, Any] = field(default_factory=dict)


def explain(ctx: Context, campaign_id: int, influencer_id: int) -> Explanation:
    """Say why a campaign asked a person, or the first thing that kept it from asking.

    Raises:
        ForbiddenError: the reader is no manager.
        NotFoundError: there is no such campaign or person.
    """
    ctx.require(Role.MANAGER)
    campaign, person = campaigns.get(ctx, campaign_id), influencers.get(ctx, influencer_id)
    return next(_found(ctx, campaign, person))


def explain_running(ctx: Context, influencer_id: int, limit: int = 5) -> list[tuple[Campaign, Explanation]]:
    """Explain one person for each of the newest live campaigns."""
    running = campaigns.listed(ctx, states=(CampaignState.LIVE,), limit=limit)
    return [(campaign, explain(ctx, campaign.id, influencer_id)) for campaign in running]


def _found(ctx: Context, campaign: Campaign, person: influencers.Profile) -> Iterator[Explanation]:
    wanted = routing.audience_of(ctx, campaign)
    carrying = rows.carrying(ctx.session, campaign.id)
    kept = people.kept(ctx.session, person.row.id)
    topic = LABELS[Topic(campaign.topic)]
    if any(each.id == person.row.id for each in carrying):
        yield Explanation(
            chosen=True,
            message=mark("Dipilih: memilih topik {topic}, memenuhi syarat, dan termasuk yang paling jarang diminta."),
            params={"topic": topic},
        )
    for reason in _missing(campaign, person, wanted):
        yield Explanation(chosen=False, message=reason.message, params=dict(reason.params))
    if campaign.topic not in person.row.topics:
        yield Explanation(chosen=False, message=mark("Tidak memilih topik {topic}."), params={"topic": topic})
    if wanted.ministries and person.ministry.code not in wanted.ministries:
        yield Explanation(chosen=False, message=mark("Kementeriannya bukan sasaran kampanye ini."))
    if person.row.region not in wanted.regions:
        yield Explanation(chosen=False, message=mark("Provinsinya bukan sasaran kampanye ini."))
    if rows.asked_about(ctx.session, wanted, person.row.id):
        yield Explanation(chosen=False, message=mark("Sudah mendapat tawaran tentang hal yang sama."))
    if kept is not None and kept.n_waiting >= ctx.settings.offers_per_day:
        yield Explanation(
            chosen=False, message=mark("Masih ada {n} tawaran yang menunggu baginya."), params={"n": kept.n_waiting}
        )
    n = routing.n_wordings_of(ctx, campaign.id)
    unit = f"{person.row.ministry_id}/{person.row.unit}" if person.row.unit else None
    in_unit = sum(each.unit == unit for each in carrying)
    in_district = sum(each.district == person.row.district != "" for each in carrying)
    if max(in_unit, in_district) >= n:
        yield Explanation(
            chosen=False,
            message=mark("Semua takarir ({n}) sudah dibawa orang lain dari unit atau kabupaten/kotanya."),
            params={"n": n},
        )
    if campaign.target_reach <= rows.planned_reach(ctx.session, wanted):
        yield Explanation(
            chosen=False, message=mark("Jangkauan sudah cukup lewat orang lain dengan beban yang lebih ringan.")
        )
    yield Explanation(chosen=False, message=mark("Belum dipilih; masih dapat dipilih pada perencanaan berikutnya."))


def _missing(campaign: Campaign, person: influencers.Profile, wanted: rows.Audience) -> Sequence[Reason]:
    """Give what a manager may read of why somebody cannot be asked, for a campaign of this purpose and platforms."""
    agreed = may_carry(person.standing, campaign.kind, wanted.platforms)
    return person.reasons if agreed or OWN_CHOICE in person.reasons else (*person.reasons, OWN_CHOICE)
