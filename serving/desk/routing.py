"""Who is offered what, and when: the rules as frozen values, a small reference of them, and their use.

The reference (``draw``, ``choose``, ``may_offer_now``) says in Python, for a handful of people, what the service runs
as set-based SQL in ``db.routing``; property tests prove both equal on random populations. Neither reads what became
of earlier offers: burden and caps know only *when* something was offered.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from serving.db import campaigns as campaign_rows
from serving.db import routing as rows
from serving.db.routing import MODULUS, STRIDE, Audience
from serving.db.tables import Campaign
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.eligibility import Bar
from serving.errors import ConflictError
from serving.i18n import ZONES, mark
from serving.settings import Settings
from serving.vocabulary import CampaignState

# Burden looks this far back; older offers no longer weigh on anybody.
RECENT = timedelta(days=30)
RELEASE_LIMIT = 5_000


class EmptyAudienceError(ConflictError):
    """Nobody who may receive offers fits the audience."""

    code = "empty-audience"


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one person is asked, and when never."""

    per_day: int
    gap: timedelta
    quiet_from: time
    quiet_until: time

    @classmethod
    def of(cls, settings: Settings) -> Caps:
        """Read the caps from the configuration."""
        return cls(settings.offers_per_day, settings.offer_gap, settings.quiet_from, settings.quiet_until)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One eligible person of the audience, as the choice sees them.

    Attributes:
        n_recent: offers within ``RECENT``, and planned ones still waiting.
        n_waiting: the planned ones among them.
        last_at: when something was last offered.
    """

    id: int
    reach: int
    n_recent: int
    n_waiting: int
    last_at: datetime | None


def draw(campaign_id: int, influencer_id: int) -> int:
    """Give a person's place in one campaign's draw: the same for the same two numbers, unlike between campaigns."""
    return pow((influencer_id + campaign_id * STRIDE) % MODULUS, 5, MODULUS)


def choose(campaign_id: int, people: Sequence[Candidate], reach: int, max_waiting: int) -> list[int]:
    """Choose the least burdened until ``reach`` is met: fewest recent offers, then longest ago, then the draw.

    Whoever has ``max_waiting`` offers waiting is left out. Give ids in the order of the choice.
    """
    never = datetime.min.replace(tzinfo=UTC)
    ordered = sorted(
        (person for person in people if person.n_waiting < max_waiting),
        key=lambda person: (person.n_recent, person.last_at or never, draw(campaign_id, person.id), person.id),
    )
    chosen: list[int] = []
    so_far = 0
    for person in ordered:
        if so_far >= reach:
            break
        chosen.append(person.id)
        so_far += person.reach
    return chosen


def is_quiet(now: datetime, timezone: str, caps: Caps) -> bool:
    """Tell whether it is night where somebody is; ``quiet_until`` itself is day again."""
    local = now.astimezone(ZoneInfo(timezone)).time()
    if caps.quiet_from <= caps.quiet_until:
        return caps.quiet_from <= local < caps.quiet_until
    return local >= caps.quiet_from or local < caps.quiet_until


def day_began(now: datetime, timezone: str) -> datetime:
    """Give the UTC moment at which the present day began in a zone."""
    zone = ZoneInfo(timezone)
    return datetime.combine(now.astimezone(zone).date(), time(), zone).astimezone(UTC)


def may_offer_now(now: datetime, timezone: str, offered: Sequence[datetime], caps: Caps) -> bool:
    """Tell whether one more offer is within a person's caps: not at night, not too many today, not too soon."""
    if is_quiet(now, timezone, caps):
        return False
    began = day_began(now, timezone)
    if sum(at >= began for at in offered) >= caps.per_day:
        return False
    return all(at <= now - caps.gap for at in offered)


def local_day(now: datetime) -> date:
    """Give the day in Jakarta, by which election periods are configured."""
    return now.astimezone(ZoneInfo(ZONES["WIB"])).date()


# ---- use -------------------------------------------------------------------------------------------------------


def line_of(ctx: Context) -> rows.Line:
    """Give the line to reach at this moment."""
    bar = Bar.of(ctx.settings)
    return rows.Line(ctx.now, bar.min_followers, ctx.now - bar.evidence_lifetime, bar.consent_version)


def audience_of(campaign: Campaign) -> Audience:
    """Give whom a campaign is for."""
    return Audience(campaign.id, campaign.topic, tuple(campaign.ministries), tuple(campaign.regions))


def plan(ctx: Context, campaign_id: int) -> int:
    """Plan offers of a live campaign until its target reach is met; give how many were added.

    Running it again adds only what is missing. Where everybody who fits has enough waiting it gives 0, to be asked
    again later; ``EmptyAudienceError`` says that nobody fits at all.
    """
    campaign = campaign_rows.locked(ctx.session, campaign_id)
    if campaign is None or campaign.state is not CampaignState.LIVE:
        return 0
    planned = rows.planned_reach(ctx.session, campaign_id)
    missing = campaign.target_reach - planned
    n = 0
    if missing > 0:
        n = rows.plan_offers(
            ctx.session,
            line_of(ctx),
            audience_of(campaign),
            rows.Plan(
                reach=missing,
                max_waiting=ctx.settings.offers_per_day,
                recent_since=ctx.now - RECENT,
                n_variants=max(1, campaign_rows.n_variants(ctx.session, campaign_id)),
            ),
        )
    if n == 0 and planned == 0 and not rows.audience_cells(ctx.session, line_of(ctx), audience_of(campaign)):
        raise EmptyAudienceError(
            mark(
                "Tidak ada orang yang memenuhi syarat dan cocok dengan kementerian, wilayah, dan topik kampanye ini; "
                "perluas sasarannya."
            )
        )
    if n:
        audit.append(ctx, "campaign.plan", "campaign", campaign_id, offers=n)
    return n


def top_up(ctx: Context) -> int:
    """Plan for every live campaign what its reach still lacks; give how many offers were added.

    People who joined, or whose waiting offers have left, become free again; the worker calls this now and then.
    """
    n = 0
    for campaign_id in rows.lock_live(ctx.session):
        with contextlib.suppress(EmptyAudienceError):
            n += plan(ctx, campaign_id)
    return n


def release_due(ctx: Context, limit: int = RELEASE_LIMIT) -> int:
    """Offer what is planned and due, within caps, quiet hours and eligibility at this moment; give how many.

    At most one offer a person and at most ``limit`` in all a call; the worker calls again. The delivery of each is
    written in the same transaction.
    """
    caps = Caps.of(ctx.settings)
    zones = tuple(
        rows.Zone(zone, day_began(ctx.now, zone)) for zone in ZONES.values() if not is_quiet(ctx.now, zone, caps)
    )
    if not zones or not rows.lock_live(ctx.session):
        return 0
    release = rows.Release(
        zones=zones,
        per_day=caps.per_day,
        last_before=ctx.now - caps.gap,
        lifetime=ctx.settings.offer_lifetime,
        in_election=ctx.settings.in_election(local_day(ctx.now)),
        limit=limit,
    )
    n = rows.release_offers(ctx.session, line_of(ctx), release)
    if n:
        audit.append(ctx, "offer.release", "offer", None, offers=n)
    return n


@dataclass(frozen=True, slots=True)
class Preview:
    """Whom a campaign would reach; ``None`` stands for a figure about too few people to be shown."""

    n_people: int | None
    reach: int | None
    by_ministry: Mapping[str, int | None]
    by_region: Mapping[str, int | None]


def preview(ctx: Context, campaign: Campaign) -> Preview:
    """Count the audience as it stands, with small groups hidden."""
    cells = rows.audience_cells(ctx.session, line_of(ctx), audience_of(campaign))
    ministries: Counter[str] = Counter()
    regions: Counter[str] = Counter()
    for cell in cells:
        ministries[cell.ministry] += cell.n_people
        regions[cell.region] += cell.n_people
    n = sum(ministries.values())
    smallest = ctx.settings.min_group
    shown = n >= smallest or n == 0
    return Preview(
        n if shown else None,
        sum(cell.reach for cell in cells) if shown else None,
        suppress(ministries, smallest),
        suppress(regions, smallest),
    )


def suppress(groups: Mapping[str, int], smallest: int) -> dict[str, int | None]:
    """Hide every group of fewer than ``smallest`` people, and enough others that none follows by subtraction.

    With the total known, one hidden group is the total less what is shown; so the next smallest are hidden too until
    what is hidden comes to at least ``smallest`` people in two groups. A group of nobody stays 0.
    """
    ordered = sorted((n, name) for name, n in groups.items() if n > 0)
    hidden: set[str] = {name for n, name in ordered if n < smallest}
    if hidden:
        for _, name in ordered:
            if len(hidden) > 1 and sum(groups[each] for each in hidden) >= smallest:
                break
            hidden.add(name)
    return {name: None if name in hidden else n for name, n in groups.items()}
