"""Who is offered what, and when: the rules as frozen values, their small reference, and their use.

The database cuts millions of people down to a few for each place, all of whom may be asked; ``choice`` takes the needed
reach from them at the least burden. The reference (``eligibility.is_eligible``, ``may_offer_now``) says in Python what
the service runs as set-based SQL in ``db.routing``; property tests prove both equal on random populations. Neither
reads what became of earlier offers: burden and caps know only *when* something was offered.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from serving.db import breaker as breaker_rows
from serving.db import campaigns as campaign_rows
from serving.db import routing as rows
from serving.db import standings
from serving.db import waves as wave_rows
from serving.db.routing import Audience, Candidate
from serving.db.tables import Campaign, Influencer
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.outreach.choice import Carrier, Limits, choose, wordings
from serving.desk.people.eligibility import TRAINING_VERSION, Bar, scope_of
from serving.desk.publishing import announcements
from serving.desk.regions import regions
from serving.errors import ConflictError
from serving.i18n import ZONES, mark
from serving.settings import Settings
from serving.vocabulary import CampaignState, Platform

# Burden looks this far back; older offers no longer weigh on anybody.
RECENT = timedelta(days=30)
RELEASE_LIMIT = 5_000
# How many people of each place are looked at first, and how many times more where they are not enough. Twice as many as
# there usually are wordings: among 40,000 made-up people the burden with 12, 16 and 24 was that with 80, to the offer.
PER_PLACE = 16
WIDER = 4
# With so many looked at, what is still missing waits for the next planning.
POOL_MAX = 50_000


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
class OwnQuiet:
    """Hours in which one person wants to hear nothing, beside everybody's night; minutes of their local day.

    They may go over midnight. The same minute twice means that there are none.
    """

    minute_from: int = 0
    minute_until: int = 0

    @property
    def ends(self) -> time:
        """Give the local time at which they end."""
        return time(self.minute_until // 60, self.minute_until % 60)

    def covers(self, minute: int) -> bool:
        """Tell whether a minute of the day is within them; the last one is not."""
        if self.minute_from <= self.minute_until:
            return self.minute_from <= minute < self.minute_until
        return minute >= self.minute_from or minute < self.minute_until


NO_QUIET = OwnQuiet()


def own_quiet(person: Influencer) -> OwnQuiet:
    """Give somebody's own quiet hours."""
    return OwnQuiet(person.quiet_from, person.quiet_until)


def is_quiet(now: datetime, timezone: str, caps: Caps, own: OwnQuiet = NO_QUIET) -> bool:
    """Tell whether it is night where somebody is, or their own quiet time; ``quiet_until`` itself is day again."""
    if own.covers(local_minute(now, timezone)):
        return True
    local = now.astimezone(ZoneInfo(timezone)).time()
    if caps.quiet_from <= caps.quiet_until:
        return caps.quiet_from <= local < caps.quiet_until
    return local >= caps.quiet_from or local < caps.quiet_until


def local_minute(now: datetime, timezone: str) -> int:
    """Give the minute of the day in a zone, 0 to 1439."""
    local = now.astimezone(ZoneInfo(timezone))
    return local.hour * 60 + local.minute


def awake(now: datetime, caps: Caps) -> tuple[rows.Zone, ...]:
    """Give the zones where it is not everybody's night."""
    return tuple(
        rows.Zone(zone, day_began(now, zone), local_minute(now, zone))
        for zone in ZONES.values()
        if not is_quiet(now, zone, caps)
    )


def day_began(now: datetime, timezone: str) -> datetime:
    """Give the UTC moment at which the present day began in a zone."""
    zone = ZoneInfo(timezone)
    return datetime.combine(now.astimezone(zone).date(), time(), zone).astimezone(UTC)


def may_offer_now(
    now: datetime, timezone: str, offered: Sequence[datetime], caps: Caps, own: OwnQuiet = NO_QUIET
) -> bool:
    """Tell whether one more offer is within a person's caps: not at night, not too many today, not too soon."""
    if is_quiet(now, timezone, caps, own):
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
    live = rows.live_ministries(ctx.session, ctx.now)
    return rows.Line(
        ctx.now,
        bar.min_followers,
        ctx.now - bar.evidence_lifetime,
        bar.consent_version,
        live,
        TRAINING_VERSION,
        rows.training_in(ctx.session),
    )


def audience_of(ctx: Context, campaign: Campaign) -> Audience:
    """Give whom a campaign is for, and which followers count: those on the platforms where its claim spreads."""
    return Audience(
        campaign_id=campaign.id,
        topic=campaign.topic,
        ministries=tuple(campaign.ministries),
        regions=tuple(campaign.regions) or tuple(regions()),
        everywhere=not campaign.regions,
        platforms=platforms_of(ctx, campaign),
        siblings=tuple(rows.siblings(ctx.session, campaign.id)),
        purpose=scope_of(campaign.kind),
    )


def platforms_of(ctx: Context, campaign: Campaign) -> tuple[Platform, ...]:
    """Give the platforms that count for a campaign: those on which its claim spreads, all three where none is known."""
    seen = rows.spreading_on(ctx.session, campaign.id)
    return tuple(each for each in Platform if any(_is_on(each, source) for source in seen)) or tuple(Platform)


def _is_on(platform: Platform, source: str) -> bool:
    """Tell whether a source of posts stands for a platform: ``x``, or ``x`` with something behind a mark."""
    return re.split(r"[^a-z0-9]", source.lower(), maxsplit=1)[0] == platform.value


def plan(ctx: Context, campaign_id: int) -> int:
    """Plan offers of a live campaign until its target reach is met; give how many were added.

    Running it again adds only what is missing. Where everybody who fits has enough waiting it gives 0, to be asked
    again later; ``EmptyAudienceError`` says that nobody fits at all.
    """
    campaign = campaign_rows.locked(ctx.session, campaign_id)
    if campaign is None or campaign.state is not CampaignState.LIVE:
        return 0
    wanted = audience_of(ctx, campaign)
    missing = campaign.target_reach - rows.planned_reach(ctx.session, wanted)
    n = rows.plan_offers(ctx.session, line_of(ctx), wanted, _choice(ctx, wanted, missing)) if missing > 0 else 0
    if n == 0 and missing == campaign.target_reach and not rows.anybody(ctx.session, line_of(ctx), wanted):
        raise EmptyAudienceError(
            mark(
                "Tidak ada orang yang memenuhi syarat dan cocok dengan kementerian, wilayah, dan topik kampanye ini; "
                "perluas sasarannya."
            )
        )
    if n:
        audit.append(ctx, "campaign.plan", "campaign", campaign_id, offers=n)
    return n


def _choice(ctx: Context, wanted: Audience, missing: int) -> dict[int, int]:
    """Choose people and give each a wording, after the window in which offers weigh was moved to now."""
    standings.advance(ctx.session, ctx.now - RECENT)
    return rehearse(ctx, wanted, missing)


def rehearse(ctx: Context, wanted: Audience, missing: int) -> dict[int, int]:
    """Choose as planning would, without writing anything: a wording for each person's number.

    Offers that left the window since the last planning still weigh, so planning itself may choose others.
    """
    n_wordings = n_wordings_of(ctx, wanted.campaign_id)
    given = [(Carrier(each.id, each.unit, each.district), each.variant) for each in _carrying(ctx, wanted)]
    limits = Limits(
        n_wordings,
        Counter(carrier.unit for carrier, _ in given if carrier.unit),
        Counter(carrier.district for carrier, _ in given if carrier.district),
        rows.spreading_in(ctx.session, wanted.campaign_id),
    )
    people, chosen = _widened(ctx, wanted, missing, limits)
    carriers = [Carrier(each, people[each].unit, people[each].district) for each in chosen]
    return wordings(carriers, given, n_wordings)


def _carrying(ctx: Context, wanted: Audience) -> list[rows.Carrying]:
    return rows.carrying(ctx.session, wanted.campaign_id)


def n_wordings_of(ctx: Context, campaign_id: int) -> int:
    """Count the wordings of a campaign: those of the platform that has fewest, at least one."""
    return max(1, min((len(texts) for texts in campaign_rows.captions(ctx.session, campaign_id).values()), default=1))


def _widened(ctx: Context, wanted: Audience, missing: int, limits: Limits) -> tuple[dict[int, Candidate], list[int]]:
    """Choose from a few people for each place; look at more of each while those are not enough and there are more."""
    per_place = PER_PLACE
    while True:
        pool = rows.pool(
            ctx.session, line_of(ctx), wanted, max_waiting=ctx.settings.offers_per_day, per_place=per_place
        )
        chosen = choose(wanted.campaign_id, pool, missing, limits)
        people = {each.id: each for each in pool}
        enough = sum(people[each].reach for each in chosen) >= missing
        places = Counter((each.region, each.district) for each in pool)
        if enough or max(places.values(), default=0) < per_place or len(pool) > POOL_MAX:
            return people, chosen
        per_place *= WIDER


def top_up(ctx: Context) -> int:
    """Plan for every live campaign what its reach still lacks; give how many offers were added.

    People who joined, or whose waiting offers have left, become free again; the worker calls this now and then.
    """
    if breaker_rows.is_frozen(ctx.session):
        return 0
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
    zones = awake(ctx.now, caps)
    # The breaker first: it stays as it is until these offers have left.
    if not zones or not breaker_rows.lock_for_release(ctx.session):
        return 0
    live = rows.lock_live(ctx.session)
    if not live:
        return 0
    release = rows.Release(
        zones=zones,
        per_day=caps.per_day,
        last_before=ctx.now - caps.gap,
        lifetime=ctx.settings.offer_lifetime,
        in_election=ctx.settings.in_election(local_day(ctx.now)),
        limit=limit,
        lowered=tuple(wave_rows.lowered_caps(ctx.session, caps.per_day)),
        needs=_needs(ctx, live),
    )
    # The window after the campaigns, in the order in which planning locks them.
    standings.since(ctx.session)
    n = rows.release_offers(ctx.session, line_of(ctx), release)
    if n:
        announcements.offers_made(ctx)
        audit.append(ctx, "offer.release", "offer", None, offers=n)
    return n


def _needs(ctx: Context, campaign_ids: Sequence[int]) -> dict[int, rows.Needs]:
    """Say of each campaign what its people must have agreed to."""
    found = (campaign_rows.by_id(ctx.session, each) for each in campaign_ids)
    return {row.id: rows.Needs(scope_of(row.kind), platforms_of(ctx, row)) for row in found if row is not None}


@dataclass(frozen=True, slots=True)
class Preview:
    """Whom a campaign would reach; ``None`` stands for a figure about too few people to be shown."""

    n_people: int | None
    reach: int | None
    by_ministry: Mapping[str, int | None]
    by_region: Mapping[str, int | None]


def preview(ctx: Context, campaign: Campaign) -> Preview:
    """Count the audience as it stands, with small groups hidden."""
    cells = rows.audience_cells(ctx.session, line_of(ctx), audience_of(ctx, campaign))
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
