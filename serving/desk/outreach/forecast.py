"""A campaign before it is sent: who would be asked, how often it would be seen, and what each of them would find.

How often it would be seen is followers times a share. The share of a campaign that is over is

    (followers of those who posted / followers of those who were asked) x (views reported / followers of those who
    reported them),

the second factor that of all campaigns together where fewer than ten people reported. The middle of these shares gives
the expectation. Were the next campaign one more like them, its share would stand at each place among theirs equally
often; so the shares at a rank from either end bound it (a prediction interval by order statistics: Wilks 1941, David
and Nagaraja 2003, section 7.3). No distribution is assumed. The cost is width, and that nothing is said before
``PAST_MIN`` campaigns are over. Views are not people, and are what people reported themselves.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from serving.db import forecasts as rows
from serving.db import offers as offer_rows
from serving.db.forecasts import Past
from serving.db.offers import Carried, Reader, Trial
from serving.db.routing import planned_reach, rule_of
from serving.db.tables import Campaign
from serving.desk.context import Context
from serving.desk.outreach import campaigns, kits, routing
from serving.desk.people import influencers
from serving.desk.regions import regions
from serving.errors import NotFoundError
from serving.i18n import ZONES, mark
from serving.vocabulary import OfferState, Role

# Of nine others the lowest and the highest bound the tenth in 8 of 10 cases.
LEVEL: Final = 0.8
PAST_MIN: Final = 9
LOOKED_AT: Final = 100
TOO_FEW_PAST = mark(
    "Baru {n} kampanye selesai yang cukup besar untuk dibandingkan; perkiraan dengan rentang butuh {least}. "
    "Yang diketahui hanya batas atasnya: jumlah pengikut."
)
NOBODY_REPORTED = mark(
    "Belum cukup orang melaporkan berapa kali unggahannya dilihat. Yang diketahui hanya batas atasnya: jumlah pengikut."
)
TOO_FEW_PEOPLE = mark("Kurang dari {n} orang; angkanya tidak ditampilkan agar tidak ada yang dikenali.")


@dataclass(frozen=True, slots=True)
class Expected:
    """How often a campaign would be seen: the middle, and an interval that holds it in ``LEVEL`` of cases.

    The numbers are rounded to two figures: more would claim what is not known.
    """

    views: int
    low: int
    high: int
    n_past: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """Who would be asked now; ``None`` stands for a figure about too few people to be shown.

    Attributes:
        n_people: people whom planning would choose for what the target still lacks.
        followers: the sum of their proven followers on all platforms, an upper bound.
        expected: how often it would be seen; none where ``why_not`` (with its places) says why.
    """

    campaign: Campaign
    n_people: int | None
    followers: int | None
    by_ministry: Mapping[str, int | None]
    by_region: Mapping[str, int | None]
    expected: Expected | None
    why_not: str
    params: Mapping[str, int]


def shares(past: Sequence[Past], smallest: int) -> list[float]:
    """Give the share of views by followers asked of each campaign that asked at least ``smallest`` people.

    Empty where fewer than ``smallest`` people reported anything in all of them together.
    """
    large = [each for each in past if each.n_asked >= smallest and each.asked > 0]
    reported = sum(each.reported for each in large)
    if sum(each.n_reported for each in large) < smallest or reported == 0:
        return []
    together = sum(each.views for each in large) / reported

    def seen(each: Past) -> float:
        return each.views / each.reported if each.n_reported >= smallest and each.reported else together

    return [each.posted / each.asked * seen(each) for each in large]


def expected_of(followers: int, found: Sequence[float]) -> Expected | None:
    """Bound how often so many followers would see it; nothing where there are fewer than ``PAST_MIN`` shares."""
    if len(found) < PAST_MIN:
        return None
    ordered = sorted(found)
    # The rank from either end that leaves out (1 - LEVEL) / 2 of n + 1 equally likely places.
    rank = math.floor((len(ordered) + 1) * (1 - LEVEL) / 2 + 1e-9)
    low, middle, high = ordered[rank - 1], median(ordered), ordered[-rank]
    views, lowest, highest = (_two_figures(followers * share) for share in (middle, low, high))
    return Expected(views, lowest, highest, len(found))


def _two_figures(value: float) -> int:
    """Round to two figures: 12,345 gives 12,000."""
    zeros = max(0, math.floor(math.log10(value)) - 1) if value >= 1 else 0
    return int(round(value, -zeros))


def forecast(ctx: Context, campaign_id: int) -> Forecast:
    """Say whom planning would choose now for what a campaign still lacks, and how often that would be seen.

    Nothing is written and nobody is told; planning itself asks anew, so a day later others may be chosen.

    Raises:
        ForbiddenError: the reader is neither manager nor approver.
        NotFoundError: there is no such campaign.
    """
    campaign = campaigns.get(ctx, campaign_id)
    chosen = _chosen(ctx, campaign)
    found = rows.cells(ctx.session, list(chosen))
    ministries, provinces = Counter[str](), Counter[str]()
    for cell in found:
        ministries[cell.ministry] += cell.n_people
        provinces[cell.region] += cell.n_people
    smallest = ctx.settings.min_group
    n, followers = ministries.total(), sum(cell.reach for cell in found)
    is_shown = n == 0 or n >= smallest
    past = shares(rows.past(ctx.session, LOOKED_AT), smallest)
    expected = expected_of(followers, past) if is_shown else None
    why_not, params = _why_not(past)
    if not is_shown:
        why_not, params = TOO_FEW_PEOPLE, {"n": smallest}
    return Forecast(
        campaign=campaign,
        n_people=n if is_shown else None,
        followers=followers if is_shown else None,
        by_ministry=routing.suppress(ministries, smallest),
        by_region=routing.suppress(provinces, smallest),
        expected=expected,
        why_not=why_not,
        params=params,
    )


def _chosen(ctx: Context, campaign: Campaign) -> dict[int, int]:
    """Give the wording of everybody whom planning would choose now."""
    wanted = routing.audience_of(ctx, campaign)
    missing = campaign.target_reach - planned_reach(ctx.session, wanted)
    return routing.rehearse(ctx, wanted, missing) if missing > 0 else {}


def _why_not(past: Sequence[float]) -> tuple[str, dict[str, int]]:
    """Say why the past does not tell how often a campaign would be seen, or nothing where it does."""
    if not past:
        return NOBODY_REPORTED, {}
    return ("", {}) if len(past) >= PAST_MIN else (TOO_FEW_PAST, {"n": len(past), "least": PAST_MIN})


# ---- what somebody would find ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sight:
    """What one reader would find: the offer as it would wait for them, and the kit once they took it."""

    reader: Reader
    offer: Carried
    taken: Carried
    kit: kits.Kit


def sight(ctx: Context, campaign_id: int, influencer_id: int | None = None) -> Sight:
    """Show what a person would find in their inbox, or a reader who is made up.

    The made-up one works where the campaign is meant to go. Of a person nothing is told but what the offer itself
    shows them; whether they would be asked at all is ``explaining``'s to say.

    Raises:
        ForbiddenError: the reader is neither manager nor approver, or asks for a person and is no manager.
        NotFoundError: there is no such campaign or person.
    """
    campaign = campaigns.get(ctx, campaign_id)
    wanted = routing.audience_of(ctx, campaign)
    if influencer_id is None:
        reader, variant = _made_up(ctx, campaign), 0
    else:
        reader = _person(ctx, influencer_id)
        variant = _chosen(ctx, campaign).get(influencer_id, 0)
    why = {
        "topic": campaign.topic,
        "ministry": reader.employer_code,
        "region": reader.region,
        "rule": rule_of(wanted),
    }
    expires_at = min(ctx.now + ctx.settings.offer_lifetime, campaign.ends_at)

    def as_it_would_be(state: OfferState) -> Carried:
        trial = Trial(reader, state, ctx.now, expires_at, variant, why)
        return offer_rows.carried_on_trial(ctx.session, campaign.id, trial)

    taken = as_it_would_be(OfferState.ACCEPTED)
    return Sight(reader, as_it_would_be(OfferState.OFFERED), taken, kits.kit_of(ctx, taken))


def _person(ctx: Context, influencer_id: int) -> Reader:
    ctx.require(Role.MANAGER)
    found = offer_rows.reader(ctx.session, influencer_id)
    if found is None:
        raise NotFoundError(mark("Orang itu tidak ada dalam daftar."))
    return found


def _made_up(ctx: Context, campaign: Campaign) -> Reader:
    """Make up a reader in the first ministry and province that the campaign addresses."""
    names = {row.code: row.name for row in influencers.ministries(ctx)}
    code = next(iter(campaign.ministries), next(iter(names), "contoh"))
    region = next(iter(campaign.regions), "ID-JK")
    place = regions().get(region)
    return Reader(0, place.timezone if place else ZONES["WIB"], names.get(code, "Kementerian Contoh"), code, region)
