"""A campaign before it is sent: who, how many, how often seen, and what each would find, at both doors."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from serving.db.tables import AuditRow, Campaign, Influencer, Offer, PostedLink
from serving.desk.context import SERVICE
from serving.desk.outreach import campaigns, forecast, offers, routing
from serving.errors import ForbiddenError, NotFoundError
from serving.vocabulary import OfferState, Platform, Role
from tests.integration.test_campaigns import NEWS, Browser, World, person


@pytest.fixture
def world(service):
    """Twelve eligible people of 2,100 followers each, and a clarification."""
    return World(service)


def _forecast(world, campaign_id, actor=None):
    return world.run(actor or world.author, lambda ctx: forecast.forecast(ctx, campaign_id))


def _sight(world, campaign_id, person=None, actor=None):
    return world.run(actor or world.author, lambda ctx: forecast.sight(ctx, campaign_id, person))


def _ended(world, n):
    """Let so many campaigns run to their end: twelve asked, ten posted and saw 210 views each."""

    def answer(ctx):
        for number, offer in enumerate(ctx.session.scalars(select(Offer).where(Offer.offered_at.is_(None)))):
            offer.offered_at = ctx.now
            offer.state = OfferState.POSTED if number < 10 else OfferState.EXPIRED
            if number < 10:
                link = f"https://x.com/contoh/status/{offer.id}"
                ctx.session.add(PostedLink(offer_id=offer.id, platform=Platform.X, url=link, at=ctx.now, views=210))

    for _ in range(n):
        campaign_id = world.live(news=NEWS)
        world.run(SERVICE, answer)
        world.run(world.author, lambda ctx, at=campaign_id: campaigns.end(ctx, at, "selesai"))


def test_without_a_past_only_the_upper_bound_is_said(world):
    """Twelve people with 25,200 followers; the page says that nobody reported yet, and no figure is made up."""
    found = _forecast(world, world.draft())
    assert (found.n_people, found.followers) == (12, 12 * 2_100)
    assert (found.by_ministry, found.by_region) == ({"komdigi": 12}, {"ID-JK": 12})
    assert found.expected is None
    assert found.why_not == forecast.NOBODY_REPORTED


def test_a_forecast_leaves_no_trace(world):
    """Asking plans nothing, locks nothing in and writes no audit row, and planning then chooses the same."""
    campaign_id = world.approved(target_reach=2_100 * 5)

    def counts(ctx):
        return [ctx.session.scalar(select(func.count()).select_from(table)) for table in (Offer, AuditRow)]

    before = world.run(SERVICE, counts)

    def rehearsed(ctx):
        campaign = ctx.session.get(Campaign, campaign_id)
        return routing.rehearse(ctx, routing.audience_of(ctx, campaign), campaign.target_reach)

    chosen = world.run(SERVICE, rehearsed)
    assert _forecast(world, campaign_id).n_people is None
    assert world.run(SERVICE, counts) == before
    world.launch(campaign_id)
    planned = world.run(
        SERVICE, lambda ctx: dict(ctx.session.execute(select(Offer.influencer_id, Offer.variant)).all())
    )
    assert planned == chosen
    assert len(planned) == 5


def test_few_people_are_hidden(world):
    """Where fewer than ten would be asked, neither their number nor their followers are told."""
    found = _forecast(world, world.draft(target_reach=2_100 * 9))
    assert (found.n_people, found.followers, found.expected) == (None, None, None)
    assert (found.why_not, found.params) == (forecast.TOO_FEW_PEOPLE, {"n": 10})
    assert set(found.by_region.values()) == {None}


def test_nine_campaigns_that_are_over_give_an_interval(world):
    """Ten of twelve posted, and a tenth of their followers saw it; with eight campaigns it was still too early."""
    _ended(world, 8)
    campaign_id = world.draft()
    found = _forecast(world, campaign_id)
    assert (found.why_not, found.params) == (forecast.TOO_FEW_PAST, {"n": 8, "least": 9})
    _ended(world, 1)
    found = _forecast(world, campaign_id)
    assert found.why_not == ""
    assert (found.expected.views, found.expected.low, found.expected.high, found.expected.n_past) == (
        2100,
        2100,
        2100,
        9,
    )


def test_what_was_reached_already_is_not_forecast_again(world):
    """A live campaign whose target is met would ask nobody more."""
    campaign_id = world.live(target_reach=2_100 * 12)
    found = _forecast(world, campaign_id)
    assert (found.n_people, found.followers, dict(found.by_region)) == (0, 0, {})


def test_a_made_up_reader_works_where_the_campaign_goes(world):
    """The first province and ministry of the audience; the kit carries the same disclosure as any other."""
    seen = _sight(world, world.draft(ministries=("komdigi",), regions=("ID-PA",)))
    assert (seen.reader.employer_code, seen.reader.region) == ("komdigi", "ID-PA")
    assert seen.offer.timezone == "Asia/Jayapura"
    assert seen.kit.offer_id == 0
    assert seen.kit.captions
    assert all(each.text.endswith(seen.kit.disclosure) for each in seen.kit.captions)


def test_somebody_sees_later_what_the_preview_showed(world):
    """The kit of the preview and the kit that the person then takes hold the same words."""
    campaign_id = world.approved()

    def somebody(ctx):
        row = ctx.session.scalars(select(Influencer).order_by(Influencer.id).limit(1)).one()
        account = person(ctx, "orang", Role.INFLUENCER)
        row.user_id = account.user_id
        return row.id, account

    person_id, account = world.run(SERVICE, somebody)
    seen = _sight(world, campaign_id, person_id)
    world.launch(campaign_id)

    def take(ctx):
        offer = ctx.session.scalars(select(Offer).where(Offer.influencer_id == person_id)).one()
        offer.state, offer.offered_at = OfferState.OFFERED, ctx.now
        offer.expires_at = ctx.now + timedelta(hours=48)
        return offer.id

    offer_id = world.run(SERVICE, take)
    found = world.run(account, offers.inbox).open[0]
    assert (found.title, found.why, found.variant) == (seen.offer.title, seen.offer.why, seen.offer.variant)
    assert found.offer_id == offer_id


def test_an_approver_sees_the_made_up_reader_and_no_person(world):
    """Whose inbox it is is a manager's business; a checker has none here."""
    campaign_id = world.draft()
    assert _sight(world, campaign_id, actor=world.approver).reader.influencer_id == 0
    with pytest.raises(ForbiddenError):
        _sight(world, campaign_id, 1, world.approver)
    with pytest.raises(ForbiddenError):
        _forecast(world, campaign_id, world.checker)
    with pytest.raises(NotFoundError):
        _sight(world, campaign_id, 10**9)
    with pytest.raises(NotFoundError):
        _forecast(world, 10**9)


def test_the_page_shows_the_inbox_itself_with_nothing_to_press(client, service, world):
    """The card, the reason and the buttons of the inbox stand there; every button is disabled, every picture loads."""
    campaign_id = world.draft()
    browser = Browser(client, service, world.author)
    status, page = browser.get(f"/kampanye/{campaign_id}/pratinjau")
    assert status == 200
    frames = page.select("fieldset.as-on-phone")
    assert len(frames) == 2
    assert all(frame.has_attr("disabled") for frame in frames)
    assert "Bank Contoh" in frames[0].find("h2").text
    assert {form["action"].rsplit("/", 1)[1] for form in frames[0].find_all("form")} == {"ambil", "nanti", "lewati"}
    assert not page.select('[href^="/kotak/0"], [src^="/kotak/0"], [action^="/kotak/0"]')
    pictures = {image["src"] for image in page.select(".as-on-phone img")}
    assert pictures
    for source in pictures:
        assert client.get(source, headers=browser.cookies).headers["content-type"] == "image/png"
    ids = [element["id"] for element in page.select("[id]")]
    assert len(ids) == len(set(ids))


def test_the_json_door_tells_the_same(client, world, key_for):
    """Who, how many and the kit of a reader; a person who is not there is a problem document."""
    campaign_id = world.draft()
    manager, checker = key_for("satu", Role.MANAGER), key_for("dua", Role.CHECKER)
    at = f"/v1/campaigns/{campaign_id}"
    told = client.get(f"{at}/forecast", headers=manager).json()
    assert (told["people"], told["followers"], told["expected"]) == (12, 25_200, None)
    assert told["why_no_expectation"].startswith("Belum cukup orang melaporkan")
    kit = client.get(f"{at}/sight", headers=manager).json()
    assert (kit["offer_id"], kit["state"]) == (0, "accepted")
    picture = client.get(f"{at}/sight/card.png", headers=manager)
    assert picture.headers["content-type"] == "image/png"
    missing = client.get(f"{at}/sight", params={"influencer_id": 10**9}, headers=manager)
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert client.get(f"{at}/forecast", headers=checker).status_code == 403
