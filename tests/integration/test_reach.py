"""Short links, reported views, and the claim beside like claims, at both doors and on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from serving.db.tables import (
    Campaign,
    Clarification,
    GoldenClaim,
    GoldenItem,
    LinkClick,
    PostedLink,
    ShortLink,
    Spread,
)
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.outreach import kits, links, offers, reach
from serving.desk.people import accounts
from serving.errors import ForbiddenError, NotFoundError
from serving.vocabulary import Category, OfferState, Platform, PostCheck, Role, VerdictLabel
from tests import factories
from tests.integration import carrying
from tests.integration.test_campaigns import Browser

BROWSER = {"user-agent": "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile"}
POST = "https://www.facebook.com/contoh/posts/1"


def _take(acting, story):
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting(story.person) as ctx:
        return kits.kit_for(ctx, story.offer_id)


def _report(acting, story):
    with acting(story.approver) as ctx:
        return reach.report(ctx, story.campaign_id)


def _carriers(acting, story, n, region="ID-JK", clicks=0):
    """Let so many people of a province carry the campaign, and their link be followed so often."""
    with acting() as ctx:
        links.open_for(ctx, story.campaign_id, region)
        for _ in range(n):
            links.carry(ctx, story.campaign_id, region)
        link = ctx.session.scalars(select(ShortLink).where(ShortLink.region == region)).one()
        for _ in range(clicks):
            links.count(ctx, link.id)


# ---- links -----------------------------------------------------------------------------------------------------


def test_a_taken_kit_carries_a_short_link_of_ours(client, acting, story):
    """Captions, disclosure and share addresses carry it, and it leads to the official page."""
    kit = _take(acting, story)
    assert kit.link.startswith("http://testserver/s/")
    assert all(kit.link in caption.text for caption in kit.captions)
    assert kit.link in kit.disclosure
    with acting() as ctx:
        slug = ctx.session.get(Clarification, story.clarification_id).slug
    answer = client.get(kit.link, headers=BROWSER, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, f"http://testserver/klarifikasi/{slug}")
    assert client.get(f"/v1/links/{kit.link.rsplit('/', 1)[1]}").json() == {"url": answer.headers["location"]}


def test_a_click_leaves_nothing_but_a_number(client, acting, story, clock):
    """No cookie is set, and of three clicks in two hours two numbers stay."""
    kit = _take(acting, story)
    for _ in range(2):
        answer = client.get(kit.link, headers=BROWSER, follow_redirects=False)
    clock.forward(hours=1)
    client.get(kit.link, headers=BROWSER, follow_redirects=False)
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    with acting() as ctx:
        rows = ctx.session.scalars(select(LinkClick).order_by(LinkClick.hour)).all()
    assert [row.n for row in rows] == [2, 1]
    assert {column.name for column in LinkClick.__table__.columns} == {"link_id", "hour", "n"}


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {"user-agent": "facebookexternalhit/1.1"}),
        ("HEAD", BROWSER),
        ("GET", {"user-agent": "TelegramBot (like TwitterBot)"}),
        ("GET", BROWSER | {"sec-purpose": "prefetch"}),
    ],
)
def test_a_preview_leads_on_and_does_not_count(client, acting, story, method, headers):
    """Chats that fetch the page for its preview are led there all the same."""
    kit = _take(acting, story)
    assert client.request(method, kit.link, headers=headers, follow_redirects=False).status_code == 302
    with acting() as ctx:
        assert ctx.session.scalars(select(LinkClick)).all() == []


@pytest.mark.parametrize("code", ["tidakada", "bcdfghjkm", "../../etc", "a" * 40])
def test_an_unknown_code_is_not_found(client, code):
    """Nothing else lies behind the address: it cannot be bent to lead elsewhere."""
    assert client.get(f"/s/{code}", headers=BROWSER).status_code == 404
    assert client.get(f"/v1/links/{code}").status_code == 404


def test_people_of_one_province_share_a_link(acting, story):
    """The link says the province of those who carry it and never who; another province has another."""
    _carriers(acting, story, 2)
    _carriers(acting, story, 1, "ID-PA")
    with acting() as ctx:
        rows = ctx.session.scalars(select(ShortLink).order_by(ShortLink.region)).all()
    assert [(row.region, row.n_carriers) for row in rows] == [("ID-JK", 2), ("ID-PA", 1)]
    assert rows[0].code != rows[1].code


def _posters(acting, story, n, platforms=(Platform.FACEBOOK,), views=50, **over):
    """Let so many people post the campaign on these platforms and say how often it was seen."""
    with acting() as ctx:
        campaign = ctx.session.get(Campaign, story.campaign_id)
        for _ in range(n):
            row = factories.influencer(ctx, story.ministry_id, **over)
            asked = carrying.offer(ctx, campaign, row, state=OfferState.POSTED, offered_at=ctx.now)
            ctx.session.add_all(
                PostedLink(offer_id=asked.id, platform=platform, url=POST, at=ctx.now, views=views)
                for platform in platforms
            )


# ---- figures ---------------------------------------------------------------------------------------------------


def test_clicks_on_the_links_of_few_are_hidden(acting, story):
    """Under ten carriers in all nothing is shown; a province's few are not even named, and neither is their company."""
    _carriers(acting, story, 9, clicks=5)
    found = _report(acting, story)
    assert (found.n_clicks, found.hours, found.by_region) == (None, (), {})
    _carriers(acting, story, 12, "ID-JB", clicks=4)
    _carriers(acting, story, 30, "ID-JT", clicks=7)
    found = _report(acting, story)
    assert (found.n_clicks, sum(hour.n for hour in found.hours)) == (16, 16)
    assert found.by_region == {"ID-JT": 7}


def test_who_said_yes_and_did_not_post_carries_nothing(acting, story):
    """Ten who took the kit and one who posted are one: the province stays hidden, also before anybody clicked."""
    _take(acting, story)
    assert _report(acting, story).by_region == {}
    _carriers(acting, story, 0, clicks=3)
    found = _report(acting, story)
    assert (found.n_clicks, found.by_region) == (None, {})
    with acting(story.person) as ctx:
        offers.post(ctx, story.offer_id, Platform.X, "https://x.com/contoh/status/1")
    with acting() as ctx:
        assert ctx.session.scalars(select(ShortLink.n_carriers)).all() == [1]


def test_every_hour_between_the_first_and_the_last_click_is_there(acting, story, clock):
    """Hours without a click are 0 and not missing."""
    _carriers(acting, story, 10, clicks=1)
    clock.forward(hours=3)
    _carriers(acting, story, 0, clicks=2)
    assert [hour.n for hour in _report(acting, story).hours] == [1, 0, 0, 2]


def test_reported_views_are_added_for_ten_or_more(acting, story):
    """What nine people say is hidden; with the tenth the sum is shown, beside an upper bound from followers."""
    _posters(acting, story, 9)
    found = _report(acting, story)
    assert (found.n_posted, found.followers, found.views) == (None, None, None)
    _posters(acting, story, 1)
    found = _report(acting, story)
    assert (found.n_posted, found.followers, found.n_reported, found.views) == (10, 21_000, 10, 500)


def test_the_one_who_did_not_report_is_not_told_by_subtraction(acting, story):
    """Beside twelve who posted, the eleven who reported are no figure; what they add up to is one of eleven people."""
    _posters(acting, story, 11)
    _posters(acting, story, 1, views=None)
    found = _report(acting, story)
    assert (found.n_posted, found.n_reported, found.views) == (12, None, 550)


def test_posts_of_few_people_on_three_platforms_are_figures_of_few(acting, story):
    """Four people with twelve posts are four: neither how these were looked at nor how alike they are is shown."""
    _posters(acting, story, 4, list(Platform))
    found = _report(acting, story)
    assert (found.checks[PostCheck.SAMPLE], found.wording) == (None, None)
    _posters(acting, story, 6)
    found = _report(acting, story)
    assert (found.checks[PostCheck.SAMPLE], found.wording.n) == (18, 18)


def test_followers_count_where_their_person_agreed_to_the_platform(acting, story):
    """Of ten who posted and agreed to Facebook alone, the friends there are the reach and nobody else's followers."""
    _posters(acting, story, 10, x_consent=None, instagram_consent=None)
    assert _report(acting, story).followers == 10 * 600


def test_a_person_says_how_often_their_post_was_seen(client, service, acting, story):
    """With the address or later, over either door; another address forgets what was said of the first."""
    _take(acting, story)
    phone = Browser(client, service, story.person)
    where = f"/kotak/{story.offer_id}/unggahan"

    def views():
        with acting() as ctx:
            return ctx.session.scalars(select(PostedLink)).one().views

    assert phone.post(where, platform="facebook", url=POST)[0] == 303
    assert views() is None
    assert phone.post(where, platform="facebook", url=POST, dilihat="banyak")[0] == 422
    assert phone.post(where, platform="facebook", url=POST, dilihat="1.250")[0] == 303
    assert views() == 1250
    assert phone.post(where, platform="facebook", url=POST)[0] == 303
    assert views() == 1250
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        user = accounts.people.user(session, story.person.user_id)
        key = {"Authorization": f"Bearer {accounts.create_key(ctx, user, 'test').key}"}
    body = {"platform": "facebook", "url": f"{POST}2", "views": 7}
    assert client.post(f"/v1/offers/{story.offer_id}/posted", headers=key, json=body).status_code == 200
    assert views() == 7


# ---- beside like claims ----------------------------------------------------------------------------------------

QUARTER = 900


def _spread(ctx, claim_id, moment, before, after):
    """Put a claim's posts into the quarters next to a moment."""
    middle = int(moment.timestamp()) // QUARTER
    ctx.session.add_all(
        [
            Spread(claim_id=claim_id, quarter=middle - 4, n_posts=before),
            Spread(claim_id=claim_id, quarter=middle + 4, n_posts=after),
        ]
    )


def _compared(acting, story, n_others, *, after):
    """Let the campaign's claim have 100 posts before and so many after, beside others that halved."""
    with acting() as ctx:
        own = factories.claim(ctx, first_seen_at=ctx.now - timedelta(hours=30))
        ctx.session.get(Clarification, story.clarification_id).claim_id = own.id
        campaign = ctx.session.get(Campaign, story.campaign_id)
        campaign.live_at = ctx.now
        _spread(ctx, own.id, ctx.now, 100, after)
        for n in range(n_others):
            other = factories.claim(ctx, first_seen_at=ctx.now - timedelta(days=20 + n, hours=30))
            _spread(ctx, other.id, ctx.now - timedelta(days=20 + n), 90 + n, 45 + n)


def test_a_claim_is_compared_at_the_same_age(acting, story, clock):
    """Posts after the campaign beside those of like claims at that age, with an interval; not before a day is over."""
    _compared(acting, story, 20, after=5)
    found = _report(acting, story).comparison
    assert (found.effect, found.why_not) == (None, "Perbandingan tersedia sehari setelah kampanye diluncurkan.")
    clock.forward(days=1)
    effect = _report(acting, story).comparison.effect
    assert (effect.span.before, effect.span.after, effect.n_others) == (100, 5, 20)
    assert effect.is_clear
    assert 0.05 < effect.low < effect.share < effect.high < 0.15


@pytest.mark.parametrize("what", ["too few", "category", "carried", "size", "golden"])
def test_only_like_claims_without_a_campaign_compare(acting, story, clock, what):
    """One of another category or size, carried by a campaign, or golden, is none of them; nineteen are needed."""
    _compared(acting, story, 18, after=5)
    with acting() as ctx:
        over = {"category": Category.HEALTH} if what == "category" else {}
        odd = factories.claim(ctx, first_seen_at=ctx.now - timedelta(days=60, hours=30), **over)
        _spread(ctx, odd.id, ctx.now - timedelta(days=60), 500 if what == "size" else 100, 50)
        if what == "carried":
            other = factories.clarification(ctx, story.author.user_id, story.approver.user_id, claim_id=odd.id)
            carrying.campaign(ctx, other.id, story.author, story.approver)
        if what == "golden":
            keeper = story.author.user_id
            known = {"wording": odd.wording, "posts": [], "verdict": VerdictLabel.FALSE, "category": odd.category}
            item = GoldenItem(**known, why="Contoh.", added_by_id=keeper, added_at=ctx.now)
            ctx.session.add(item)
            ctx.session.flush()
            ctx.session.add(GoldenClaim(claim_id=odd.id, item_id=item.id, served_by_id=keeper, served_at=ctx.now))
        if what == "too few":
            ctx.session.execute(update(Spread).where(Spread.claim_id == odd.id).values(n_posts=0))
    clock.forward(days=1)
    found = _report(acting, story).comparison
    assert (found.effect, found.why_not) == (
        None,
        "Belum cukup klaim serupa tanpa kampanye untuk dibandingkan.",
    )


def test_news_has_nothing_to_compare(acting, story):
    """Programme news answers no claim."""
    with acting() as ctx:
        ctx.session.get(Clarification, story.clarification_id).claim_id = None
    assert "tidak menjawab klaim" in _report(acting, story).comparison.why_not


# ---- both doors ------------------------------------------------------------------------------------------------


def test_both_doors_show_the_same_and_what_it_cannot_show(client, service, acting, story, clock, key_for):
    """The page and /v1 give the figures, the interval, and three sentences of what they do not show."""
    _compared(acting, story, 20, after=5)
    _carriers(acting, story, 10, clicks=3)
    clock.forward(days=1)
    key = key_for("manajer2", Role.MANAGER)
    found = client.get(f"/v1/campaigns/{story.campaign_id}/reach", headers=key).json()
    assert (found["clicks"], found["effect"]["like_claims"], len(found["cannot_show"])) == (3, 20, 3)
    assert found["effect"]["low"] < found["effect"]["share"] < found["effect"]["high"]
    status, page = Browser(client, service, story.author).get(f"/kampanye/{story.campaign_id}/jangkauan")
    assert status == 200
    text = page.get_text()
    assert "menyebar lebih sedikit" in text
    assert "tidak diundi" in text
    assert client.get("/v1/campaigns/999/reach", headers=key).status_code == 404


def test_reach_is_not_for_everybody(acting, story):
    """Whoever carries the campaign, and whoever checks claims alone, sees no figures."""
    with acting(story.person) as ctx, pytest.raises(ForbiddenError):
        reach.report(ctx, story.campaign_id)
    with acting(story.approver) as ctx, pytest.raises(NotFoundError):
        reach.report(ctx, 999)
