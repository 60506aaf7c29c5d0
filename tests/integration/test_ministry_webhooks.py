"""A ministry's own system: told of offers to its own people who chose so, in numbers, and of nobody else's."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from serving import worker
from serving.db.tables import Delivery, Influencer, Ministry, Offer, WebhookDelivery, WebhookEndpoint, WebhookEvent
from serving.desk import webhooks
from serving.desk.context import SERVICE
from serving.desk.outreach import campaigns, offers, routing
from serving.desk.publishing import announcements
from serving.desk.webhooks import Change, NewEndpoint
from serving.errors import ConflictError, InvalidInputError, NotFoundError
from serving.vocabulary import Channel, DeclineReason, Role, WebhookEventType
from tests import factories
from tests.integration.listening import listening
from tests.integration.test_campaigns import Browser, World, person

OWN = webhooks.OWN_KINDS
MADE, STOPPED, RESUMED = OWN


@pytest.fixture
def settings(settings):
    """The same configuration, with webhooks to this machine allowed."""
    return settings.model_copy(update={"webhooks_allow_private": True})


class Ministries(World):
    """Two ministries: of the first, two people hear through its system, one by e-mail; of the second, one through its own."""

    def __init__(self, service):
        super().__init__(service)
        self.admin = self.run(SERVICE, lambda ctx: person(ctx, "dewi", Role.ADMIN))

        def choose(ctx):
            other = factories.ministry(ctx, "kemenkes")
            ctx.session.execute(Influencer.__table__.update().values(channel=Channel.INBOX))
            first = ctx.session.scalars(select(Influencer).order_by(Influencer.id).limit(3)).all()
            for row, channel in zip(first, (Channel.MINISTRY, Channel.MINISTRY, Channel.EMAIL), strict=True):
                row.channel = channel
            theirs = factories.influencer(ctx, other.id, channel=Channel.MINISTRY)
            return [row.id for row in first], theirs.id

        self.people, self.theirs = self.run(SERVICE, choose)

    def listen(self, ministry="komdigi", url="https://sistem.example/a", events=OWN):
        new = NewEndpoint(url, "sistem contoh", events, ministry)
        return self.run(self.admin, lambda ctx: webhooks.add(ctx, new)).endpoint.id

    def release(self):
        return self.run(SERVICE, routing.release_due)

    def told(self, kind=MADE):
        """Give the data of every event of a kind, with whose people it is about."""

        def read(ctx):
            query = select(WebhookEvent).where(WebhookEvent.type == kind).order_by(WebhookEvent.id)
            return [(row.ministry_id, json.loads(row.body)["data"]) for row in ctx.session.scalars(query)]

        return self.run(SERVICE, read)


@pytest.fixture
def world(service):
    """The people and things of this story."""
    return Ministries(service)


def test_a_ministry_is_told_of_its_own_people_by_number(world):
    """The two who chose so; not the one who reads mail, nor whoever reads the inbox alone, nor another ministry's."""
    world.listen()
    campaign_id = world.live()
    assert world.release() == 13
    ((ministry_id, data),) = world.told()
    assert ministry_id == world.ministry_id
    assert sorted(each["person"] for each in data["offers"]) == world.people[:2]
    assert data["campaign"]["id"] == campaign_id
    assert set(data["offers"][0]) == {"offer", "person", "url", "expires_at"}
    assert data["offers"][0]["url"].endswith(f"/kotak/{data['offers'][0]['offer']}")
    text = json.dumps(data)
    assert "Contoh Orang" not in text
    assert "@contoh.example" not in text


def test_nobody_is_told_twice(world):
    """Whoever hears through the ministry's system gets no mail; where it does not listen, the mail goes out."""
    world.listen()
    world.live()
    world.release()
    mailed = world.run(SERVICE, lambda ctx: ctx.session.scalars(select(Delivery.influencer_id)).all())
    assert sorted(mailed) == sorted([world.people[2], world.theirs])


def test_nobody_is_told_what_somebody_answered(world):
    """Accepting, declining, putting off and lapsing leave no event behind."""
    world.listen()
    world.live()
    world.release()

    def answer(ctx):
        account = person(ctx, "orang", Role.INFLUENCER)
        ctx.session.get(Influencer, world.people[0]).user_id = account.user_id
        offer = ctx.session.scalars(select(Offer).where(Offer.influencer_id == world.people[0])).one()
        return account, offer.id

    account, offer_id = world.run(SERVICE, answer)
    world.run(account, lambda ctx: offers.decline(ctx, offer_id, DeclineReason.NOT_NOW))
    world.run(SERVICE, offers.expire_due)
    kinds = world.run(SERVICE, lambda ctx: ctx.session.scalars(select(WebhookEvent.type)).all())
    assert set(kinds) == {MADE}


def test_a_stop_and_a_start_reach_whoever_was_told(world):
    """A freeze, a thaw and an end each tell the ministry, and no ministry that was told nothing."""
    world.listen()
    world.listen("kemenkes", "https://sistem.example/b", (STOPPED,))
    campaign_id = world.live()
    world.release()
    world.run(world.author, lambda ctx: campaigns.freeze(ctx, campaign_id, "uji"))
    world.run(world.approver, lambda ctx: campaigns.thaw(ctx, campaign_id))
    world.run(world.author, lambda ctx: campaigns.end(ctx, campaign_id, "uji"))
    stopped = [(ministry, data["campaign"]) for ministry, data in world.told(STOPPED)]
    assert stopped == [(world.ministry_id, {"id": campaign_id, "state": state}) for state in ("frozen", "ended")]
    assert [data["campaign"]["state"] for _, data in world.told(RESUMED)] == ["live"]


def test_offers_are_told_to_no_other_system(world):
    """An endpoint that is no ministry's may not ask for offers, not when added and not later."""
    with pytest.raises(InvalidInputError):
        world.listen("", events=(MADE,))
    number = world.listen("", events=webhooks.PUBLIC_KINDS)
    with pytest.raises(InvalidInputError):
        world.run(world.admin, lambda ctx: webhooks.change(ctx, number, Change(events=(MADE,))))
    with pytest.raises(NotFoundError):
        world.listen("tidakada", "https://sistem.example/b")


def test_sending_again_gives_a_ministry_its_own_events_alone(world):
    """A replay of everything leaves another ministry's people out."""
    world.listen()
    other = world.listen("kemenkes", "https://sistem.example/b")
    world.live()
    world.release()
    since = world.run(SERVICE, lambda ctx: ctx.now)
    world.run(world.admin, lambda ctx: webhooks.replay_since(ctx, other, since))

    def received(ctx):
        query = select(WebhookEvent.ministry_id).join(WebhookDelivery).where(WebhookDelivery.endpoint_id == other)
        return set(ctx.session.scalars(query))

    codes = world.run(SERVICE, lambda ctx: {row.id: row.code for row in ctx.session.scalars(select(Ministry))})
    assert {codes[number] for number in world.run(SERVICE, received)} == {"kemenkes"}


def test_a_ministry_has_one_endpoint(world):
    """A second is refused until the first was removed; the database refuses it too."""
    first = world.listen()
    with pytest.raises(ConflictError):
        world.listen(url="https://sistem.example/b")
    with pytest.raises(IntegrityError):

        def copy(ctx):
            row = ctx.session.get(WebhookEndpoint, first)
            values = {"label": "x", "events": [], "created_by_id": row.created_by_id, "created_at": ctx.now}
            ctx.session.add(WebhookEndpoint(url="https://c.example", ministry_id=row.ministry_id, **values))

        world.run(SERVICE, copy)
    world.run(world.admin, lambda ctx: webhooks.remove(ctx, first))
    assert world.listen(url="https://sistem.example/b") > first


def test_many_offers_are_told_in_parts(world, monkeypatch):
    """A message tells of so many at most, and all are told of."""
    monkeypatch.setattr(announcements, "OFFERS_MAX", 1)
    world.listen()
    world.live()
    world.release()
    assert sorted([each["person"] for each in data["offers"]] for _, data in world.told()) == [
        [n] for n in world.people[:2]
    ]


def test_what_arrives_is_the_same_signed_message(world, service):
    """One POST, signed as any other webhook, taken by a server that stalled nowhere and failed once."""
    with listening(500) as there:
        world.listen(url=there.url)
        world.live()
        world.release()
        for _ in range(2):
            for each in worker.claim_hooks(service):
                worker.call_one(service, each)
            service.clock.forward(seconds=5)
        first, second = there.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.headers["webhook-signature"].startswith("v1,")
    assert json.loads(second.body)["type"] == MADE


def test_both_doors_name_the_ministry(client, service, world, key_for):
    """A page and an operation add a ministry's endpoint; the page of one says whose it is."""
    key = key_for("satu", Role.ADMIN)
    body = {"url": "https://sistem.example/a", "label": "sistem", "events": ["offer.made"], "ministry": "komdigi"}
    made = client.post("/v1/webhooks", json=body, headers=key)
    assert (made.status_code, made.json()["webhook"]["ministry_id"]) == (201, world.ministry_id)
    refused = client.post("/v1/webhooks", json=body | {"ministry": "tidakada", "url": "https://b.example"}, headers=key)
    assert (refused.status_code, refused.headers["content-type"]) == (404, "application/problem+json")
    browser = Browser(client, service, world.admin)
    fields = {"url": "https://sistem.example/b", "label": "b", "events": ["offer.made"], "kementerian": "kemenkes"}
    status, _, page = browser.post("/admin/webhook", **fields)
    assert status == 201
    assert "Kementerian kemenkes" in page.find("dl").text
    assert WebhookEventType.OFFER_MADE.value in {box["value"] for box in page.select("[name=events]")}
