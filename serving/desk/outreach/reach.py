"""What a campaign reached: clicks, what people report, and what became of the claim beside like claims.

Clicks are the public's; but a province's link is carried by its few people, so figures by province stand only where ten
or more carry it. None of this ranks anybody, and no figure is of one person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from serving.db import offers as offer_rows
from serving.db import post_checks as check_rows
from serving.db import reach as rows
from serving.db import wordings
from serving.db.tables import Campaign
from serving.desk.context import Context
from serving.desk.incoming import likeness
from serving.desk.incoming.likeness import Repeated
from serving.desk.outreach import campaigns, routing
from serving.desk.outreach.effect import Effect, Span, alike, effect_of
from serving.desk.outreach.links import HOUR_S
from serving.desk.suppression import is_enough
from serving.i18n import mark
from serving.vocabulary import Platform, PostCheck

QUARTER_S = 900
DAY = timedelta(days=1)
# Like claims are looked for among the newest of the half year before and after.
AROUND = timedelta(days=183)
LOOKED_AT = 1_000
# So many of the newest posts are compared with each other: 0.2 s.
COMPARED = 1_000
CANNOT_SHOW = (
    mark("Kampanye tidak diundi: orang memilih klaim yang sedang naik, dan yang sedang naik sering turun sendiri."),
    mark("Klarifikasi terbit hampir bersamaan; pengaruhnya dan pengaruh kampanye tidak dapat dipisahkan."),
    mark("Yang dihitung hanya kiriman yang dikumpulkan, bukan yang dibaca, dan bukan percakapan tertutup."),
)


@dataclass(frozen=True, slots=True)
class Hour:
    """Clicks in one hour."""

    at: datetime
    n: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The claim beside like claims, or the sentence why that cannot be said (yet)."""

    effect: Effect | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class CampaignReach:
    """What a campaign reached; ``None`` stands for a figure about too few people.

    Attributes:
        n_clicks: clicks on all its links; none where fewer than ten people carry them.
        hours: clicks by hour, from the first to the last; empty where they are hidden or there were none.
        by_region: clicks by the province of whoever carries the link. A province whose link few carry is not named:
            its link is there because somebody took the kit.
        n_posted: how many people posted.
        followers: the sum of their followers, an upper bound of who may have seen it.
        n_reported: how many of them said how often their post was seen; hidden as well where too few did not.
        views: what they reported, added up.
        checks: how the reported links were looked at; hidden where they are those of too few people.
        wording: how alike the posts are; none where those of fewer than ten people were compared.
    """

    campaign: Campaign
    n_clicks: int | None
    hours: tuple[Hour, ...]
    by_region: Mapping[str, int]
    n_posted: int | None
    followers: int | None
    n_reported: int | None
    views: int | None
    checks: Mapping[PostCheck, int | None]
    wording: Repeated | None
    comparison: Comparison


def report(ctx: Context, campaign_id: int) -> CampaignReach:
    """Give what a campaign reached, with small groups hidden; raise ``NotFoundError`` where there is none."""
    campaign = campaigns.get(ctx, campaign_id)
    clicked = rows.clicks_by_region(ctx.session, campaign_id)
    # A link that was followed before anybody posted it was followed by those few who have it.
    carriers = Counter({each.region: max(each.n_carriers, min(each.n_clicks, 1)) for each in clicked})
    smallest = ctx.settings.min_group
    total = carriers.total()
    is_shown = is_enough(total, smallest)
    visible = routing.suppress(carriers, smallest)
    said = rows.posted(ctx.session, campaign_id)
    enough, reported = is_enough(said.n_people, smallest), is_enough(said.n_reported, smallest)
    # Beside how many posted, how many reported tells how many did not.
    both = is_enough(said.n_reported, smallest, said.n_people)
    return CampaignReach(
        campaign=campaign,
        n_clicks=sum(each.n_clicks for each in clicked) if is_shown else None,
        hours=_hours(rows.clicks_by_hour(ctx.session, campaign_id)) if is_shown else (),
        by_region={each.region: each.n_clicks for each in clicked if visible[each.region]},
        n_posted=said.n_people if enough else None,
        followers=said.followers if enough else None,
        n_reported=said.n_reported if both else None,
        views=said.views if reported else None,
        checks=_checks(ctx, campaign_id),
        wording=_wording(ctx, campaign_id),
        comparison=compare(ctx, campaign),
    )


def _checks(ctx: Context, campaign_id: int) -> Mapping[PostCheck, int | None]:
    counted = check_rows.counts(ctx.session, campaign_id)
    people = routing.suppress({each.value: found.n_people for each, found in counted.items()}, ctx.settings.min_group)
    shown = {each: found.n_links for each, found in counted.items() if people[each.value] is not None}
    return {each: shown.get(each) if each in counted else 0 for each in PostCheck}


def _wording(ctx: Context, campaign_id: int) -> Repeated | None:
    """Compare the newest posts with each other: what a page showed or was written here, else the caption of the kit."""
    posts = wordings.posted(ctx.session, campaign_id, COMPARED)
    ready = offer_rows.captions(ctx.session, campaign_id)
    signed = {platform: [likeness.signature(text) for text in texts] for platform, texts in ready.items()}
    compared = [(post.offer_id, each) for post in posts if (each := _signature(post, signed))]
    # One person may post on three platforms: it is people who must be enough.
    if len({offer_id for offer_id, _ in compared}) < ctx.settings.min_group:
        return None
    return likeness.repeated([each for _, each in compared])


def _signature(post: wordings.Posted, ready: Mapping[Platform, Sequence[bytes]]) -> bytes | None:
    variants = ready.get(post.platform, ())
    return post.minhash or (variants[post.variant % len(variants)] if variants else None)


def _hours(clicks: Mapping[int, int]) -> tuple[Hour, ...]:
    """Give every hour from the first click to the last, those without any too."""
    if not clicks:
        return ()
    span = range(min(clicks), max(clicks) + 1)
    return tuple(Hour(datetime.fromtimestamp(hour * HOUR_S, UTC), clicks.get(hour, 0)) for hour in span)


# ---- beside like claims ----------------------------------------------------------------------------------------


def compare(ctx: Context, campaign: Campaign) -> Comparison:
    """Compare a claim's posts in the day before and after its campaign began with those of like claims."""
    claim = rows.behind(ctx.session, campaign.id)
    if claim is None:
        return Comparison(
            None, mark("Kabar program tidak menjawab klaim, jadi tidak ada penyebaran untuk dibandingkan.")
        )
    if campaign.live_at is None:
        return Comparison(None, mark("Kampanye ini belum diluncurkan."))
    if campaign.live_at + DAY > ctx.now:
        return Comparison(None, mark("Perbandingan tersedia sehari setelah kampanye diluncurkan."))
    age = campaign.live_at - claim.first_seen_at
    others = rows.without_campaign(
        ctx.session,
        claim,
        seen_before=min(ctx.now - DAY - age, claim.first_seen_at + AROUND),
        seen_after=claim.first_seen_at - AROUND,
        limit=LOOKED_AT,
    )
    posts = rows.posts_by_quarter(ctx.session, [claim.claim_id, *others])
    one = _span(posts.get(claim.claim_id, {}), campaign.live_at)
    found = effect_of(one, alike(one, [_span(posts.get(each, {}), seen + age) for each, seen in others.items()]))
    if found is None:
        return Comparison(None, mark("Belum cukup klaim serupa tanpa kampanye untuk dibandingkan."))
    return Comparison(found)


def _span(posts: Mapping[int, int], moment: datetime) -> Span:
    """Count posts in the day before a moment and in the day after it, by whole quarters of an hour."""
    middle, day = int(moment.timestamp()) // QUARTER_S, int(DAY.total_seconds()) // QUARTER_S
    return Span(
        before=sum(n for quarter, n in posts.items() if middle - day <= quarter < middle),
        after=sum(n for quarter, n in posts.items() if middle <= quarter < middle + day),
    )
