"""Offers are answered once, by their own person, while they are open."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import inspect, select

from serving.db.tables import Base, Campaign, Influencer, Offer, PostedLink
from serving.desk import audit
from serving.desk.outreach import deliveries, kits, offers
from serving.errors import ForbiddenError, IllegalStepError, InvalidInputError, NotFoundError
from serving.vocabulary import CampaignState, DeclineReason, OfferState, Platform
from tests.integration import carrying


def _offer(service, story):
    with service.database.read() as session:
        return session.get(Offer, story.offer_id)


def test_accepting_opens_the_kit(service, story, acting):
    """Before it is accepted the kit is closed; after, it carries disclosure and link in every caption."""
    with acting(story.person) as ctx, pytest.raises(kits.KitNotTakenError):
        kits.kit_for(ctx, story.offer_id)
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting(story.person) as ctx:
        kit = kits.kit_for(ctx, story.offer_id)
    assert {caption.platform for caption in kit.captions} == set(Platform)
    assert all(caption.text.endswith(kit.disclosure) for caption in kit.captions)
    assert all(caption.n_chars <= caption.limit for caption in kit.captions)
    assert kit.link in kit.disclosure


def test_accepting_twice_is_refused(story, acting):
    """The second accept is an illegal step, told as such."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting(story.person) as ctx, pytest.raises(IllegalStepError):
        offers.accept(ctx, story.offer_id)


def test_of_two_accepts_at_once_one_wins(service, story, acting):
    """Two transactions that race leave one accepted offer, one refusal and one row in the record."""
    gate, outcomes = Barrier(2), []

    def accept():
        gate.wait()
        try:
            with acting(story.person) as ctx:
                offers.accept(ctx, story.offer_id)
            outcomes.append("won")
        except IllegalStepError:
            outcomes.append("refused")

    threads = [Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "won"]
    with service.database.read() as session:
        done = [row.action for row in audit.rows.rows_in_order(session)]
    assert done.count("offer.answer") == 1


@pytest.mark.parametrize("step", ["accept", "decline", "snooze", "post", "kit"])
def test_somebody_elses_offer_does_not_exist(story, acting, step):
    """Another influencer is told that there is no such offer, whatever they try."""
    steps = {
        "accept": lambda ctx: offers.accept(ctx, story.offer_id),
        "decline": lambda ctx: offers.decline(ctx, story.offer_id, DeclineReason.NOT_NOW),
        "snooze": lambda ctx: offers.snooze(ctx, story.offer_id),
        "post": lambda ctx: offers.post(ctx, story.offer_id, Platform.X, "https://x.com/a/status/1"),
        "kit": lambda ctx: kits.kit_for(ctx, story.offer_id),
    }
    with acting(story.other) as ctx, pytest.raises(NotFoundError):
        steps[step](ctx)


def test_a_manager_cannot_answer_for_somebody(story, acting):
    """Only the role of the person themself answers."""
    with acting(story.author) as ctx, pytest.raises(ForbiddenError):
        offers.accept(ctx, story.offer_id)


def test_a_refusal_keeps_its_reason_out_of_the_record(service, story, acting):
    """Answer and reason are on the offer, for groups; the audit row tells neither."""
    with acting(story.person) as ctx:
        offers.decline(ctx, story.offer_id, DeclineReason.NOT_COMFORTABLE)
    offer = _offer(service, story)
    assert (offer.state, offer.decline_reason) == (OfferState.DECLINED, DeclineReason.NOT_COMFORTABLE)
    with service.database.read() as session:
        row = next(row for row in audit.rows.rows_in_order(session) if row.action == "offer.answer")
    assert "comfort" not in row.detail
    assert "declin" not in row.detail


def test_snoozing_hides_and_waking_brings_back(service, story, acting, clock):
    """An offer that is put off comes back after four hours, and not before."""
    with acting(story.person) as ctx:
        until = offers.snooze(ctx, story.offer_id)
    assert until == clock.now() + offers.SNOOZE
    clock.forward(hours=3)
    with acting() as ctx:
        assert offers.wake_due(ctx) == 0
    clock.forward(hours=1)
    with acting() as ctx:
        assert offers.wake_due(ctx) == 1
    assert _offer(service, story).state is OfferState.OFFERED


@pytest.mark.parametrize("hours", [-1, 49, 24 * 30])
def test_a_snooze_ends_before_the_offer(story, acting, clock, hours):
    """Neither the past nor a time after the offer's end can be chosen."""
    with acting(story.person) as ctx, pytest.raises(InvalidInputError):
        offers.snooze(ctx, story.offer_id, clock.now() + timedelta(hours=hours))


def test_a_snoozed_offer_can_be_taken_at_once(service, story, acting):
    """Somebody who has time after all does not wait for the clock."""
    with acting(story.person) as ctx:
        offers.snooze(ctx, story.offer_id)
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    assert _offer(service, story).state is OfferState.ACCEPTED


def test_a_lapsed_offer_is_refused_before_the_sweep(story, acting, clock):
    """Time decides, not whether the worker has come by."""
    clock.forward(hours=49)
    with acting(story.person) as ctx, pytest.raises(offers.OfferLapsedError):
        offers.accept(ctx, story.offer_id)


def test_the_sweep_lets_lapse_what_nobody_answered(service, story, acting, clock):
    """After its time an offer is expired, once."""
    clock.forward(hours=49)
    with acting() as ctx:
        assert (offers.expire_due(ctx), offers.expire_due(ctx)) == (1, 0)
    assert _offer(service, story).state is OfferState.EXPIRED


@pytest.mark.parametrize("state", [CampaignState.FROZEN, CampaignState.ENDED])
def test_a_stopped_campaign_takes_no_answer(service, story, acting, state):
    """A frozen or ended campaign shows no offer and opens no kit."""
    with acting() as ctx:
        ctx.session.get(Campaign, story.campaign_id).state = state
    with acting(story.person) as ctx:
        assert offers.inbox(ctx).open == ()
        with pytest.raises(offers.OfferLapsedError):
            offers.accept(ctx, story.offer_id)


@pytest.mark.parametrize("state", [CampaignState.FROZEN, CampaignState.ENDED])
def test_a_stopped_campaign_closes_kits_that_were_open(story, acting, state):
    """Whoever accepted before the freeze is told to wait; after the end nothing is posted any more."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        ctx.session.get(Campaign, story.campaign_id).state = state
    with acting(story.person) as ctx, pytest.raises(kits.KitWithdrawnError):
        kits.kit_for(ctx, story.offer_id)


def test_links_are_kept_one_a_platform(service, story, acting):
    """Three platforms give three links; a second address for one replaces the first."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    for platform, url in carrying.PLATFORM_URLS.items():
        with acting(story.person) as ctx:
            offers.post(ctx, story.offer_id, platform, url)
    with acting(story.person) as ctx:
        offers.post(ctx, story.offer_id, Platform.X, "https://twitter.com/contoh/status/3")
    with service.database.read() as session:
        kept = dict(session.execute(select(PostedLink.platform, PostedLink.url)).all())
    assert kept == carrying.PLATFORM_URLS | {Platform.X: "https://twitter.com/contoh/status/3"}


@pytest.mark.parametrize(
    "url",
    [
        "https://x.com.evil.example/contoh/status/1",
        "https://notx.com/contoh/status/1",
        "https://facebook.com/a",
        "https://x.com/",
        "https://evil.example/x.com/status/1",
    ],
)
def test_only_an_address_on_the_platform_counts(story, acting, url):
    """A look-alike host, another platform or a home page is refused, and the offer stays as it was."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting(story.person) as ctx, pytest.raises(offers.WrongPlatformError):
        offers.post(ctx, story.offer_id, Platform.X, url)


def test_nobody_posts_before_accepting(story, acting):
    """An open offer has no link."""
    with acting(story.person) as ctx, pytest.raises(IllegalStepError):
        offers.post(ctx, story.offer_id, Platform.X, carrying.PLATFORM_URLS[Platform.X])


def test_a_second_person_verifies(service, story, acting):
    """A manager confirms from a sample without names; the state moves once."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
        offers.post(ctx, story.offer_id, Platform.X, carrying.PLATFORM_URLS[Platform.X])
    with acting(story.author) as ctx:
        assert [link.offer_id for link in offers.to_verify(ctx)] == [story.offer_id]
        offers.verify(ctx, story.offer_id)
    with acting(story.author) as ctx, pytest.raises(IllegalStepError):
        offers.verify(ctx, story.offer_id)
    assert _offer(service, story).state is OfferState.VERIFIED


def test_recalling_spares_what_was_accepted(service, story, acting):
    """Open, planned and put-off offers are taken back; an accepted one stays."""
    with acting(story.person) as ctx:
        offers.accept(ctx, story.offer_id)
    with acting() as ctx:
        home = ctx.session.get(Influencer, story.influencer_id).ministry_id
        campaign = ctx.session.get(Campaign, story.campaign_id)
        for state in (OfferState.PLANNED, OfferState.OFFERED, OfferState.SNOOZED):
            person = carrying.factories.influencer(ctx, home)
            carrying.offer(ctx, campaign, person, state=state)
        assert offers.recall_open(ctx, story.campaign_id) == 3
    assert _offer(service, story).state is OfferState.ACCEPTED


def test_a_recalled_offer_sends_no_message(service, story, acting):
    """The message that waited is withdrawn."""
    with acting() as ctx:
        offers.recall_open(ctx, story.campaign_id)
        assert deliveries.claim_due(ctx) == []
        assert deliveries.withdraw_answered(ctx) == 1


def test_there_is_no_place_for_a_platform_password(client):
    """No table, no request or answer, and no form has a field for somebody's password or token on a platform."""
    suspicious = ("password", "passwd", "secret", "token", "cookie", "credential", "oauth", "otp")
    # What signs people in here, and what signs our own messages to other systems.
    ours = {("users", "password_hash")} | {("webhook_endpoints", f"sealed_{name}") for name in ("secret", "old_secret")}
    columns = {(table.name, column.name) for table in Base.metadata.sorted_tables for column in table.columns}
    found = {pair for pair in columns if any(word in pair[1] for word in suspicious)}
    assert found <= ours
    schemas = client.get("/v1/openapi.json").json()["components"]["schemas"]
    mine = ("Offer", "Posted", "Kit", "Profile", "Influencer", "Evidence", "Campaign", "Correction", "Decline")
    fields = {
        (name, field)
        for name, schema in schemas.items()
        if name.startswith(mine)
        for field in schema.get("properties", {})
    }
    assert fields
    assert not {pair for pair in fields if any(word in pair[1] for word in suspicious)}
    with client.app.state.service.database.engine.connect() as connection:
        assert {column["name"] for column in inspect(connection).get_columns("posted_links")} == {
            "id",
            "offer_id",
            "platform",
            "url",
            "at",
            "views",
            "checked",
            "checked_at",
        }
