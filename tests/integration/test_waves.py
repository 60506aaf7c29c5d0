"""The roll-out by ministry, and where reach is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from serving.db.tables import AuditRow, Offer
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.outreach import coverage, routing, waves
from serving.desk.people import influencers
from serving.desk.people.eligibility import CONSENT_VERSION, ReasonKind
from serving.errors import ForbiddenError, InvalidInputError, NotFoundError
from serving.vocabulary import OfferState, Platform, Role, Topic
from tests import factories
from tests.integration.test_campaigns import Browser, person
from tests.integration.test_routing import _campaign, _offer


@pytest.fixture
def world(service):
    """A manager, a person with an account, and one ministry; use cases run as whoever is named."""

    class World:
        def run(self, actor, work):
            with service.database.write() as session:
                return work(context_for(service, session, actor))

        def put(self, **plan):
            return self.run(self.manager, lambda ctx: waves.put(ctx, "komdigi", waves.Plan(**plan)))

    made = World()
    made.manager = made.run(SERVICE, lambda ctx: person(ctx, "manajer", Role.MANAGER))
    made.person = made.run(SERVICE, lambda ctx: person(ctx, "asn", Role.INFLUENCER))

    def fill(ctx):
        home = factories.ministry(ctx)
        return home.id, factories.influencer(ctx, home.id, user_id=made.person.user_id, consent_version=None).id

    made.ministry_id, made.influencer_id = made.run(SERVICE, fill)
    return made


def _add(world, n, **over):
    world.run(SERVICE, lambda ctx: [factories.influencer(ctx, world.ministry_id, **over) for _ in range(n)])


# ---- one ministry's wave ---------------------------------------------------------------------------------------


def test_a_wave_begins_on_its_day(world, clock):
    """Before the day nobody of the ministry is eligible, and they are told that its turn will come."""
    begins = clock.now() + timedelta(days=3)
    world.run(world.person, lambda ctx: influencers.consent(ctx, CONSENT_VERSION))
    world.put(live_at=begins)

    def kinds():
        return [reason.kind for reason in world.run(world.person, influencers.own_profile).reasons]

    assert kinds() == [ReasonKind.MINISTRY_NOT_LIVE]
    clock.forward(days=3)
    assert kinds() == []


def test_opening_by_hand_does_not_wait_for_the_day(world, clock):
    """A wave that was planned for later and is opened now runs now."""
    world.put(live_at=clock.now() + timedelta(days=3))
    row = world.run(world.manager, lambda ctx: influencers.set_wave(ctx, "komdigi", live=True))
    assert row.live_at == clock.now()


def test_a_full_wave_takes_nobody_more_and_puts_nobody_out(world, clock):
    """Whoever comes after the last place is refused; lowering the limit changes nothing for those inside."""
    _add(world, 2)
    world.put(live_at=clock.now(), people_max=2)
    with pytest.raises(waves.WaveFullError, match="2 orang"):
        world.run(world.person, lambda ctx: influencers.consent(ctx, CONSENT_VERSION))
    world.put(live_at=clock.now(), people_max=3)
    world.run(world.person, lambda ctx: influencers.consent(ctx, CONSENT_VERSION))
    world.put(live_at=clock.now(), people_max=1)
    world.run(world.person, lambda ctx: influencers.consent(ctx, CONSENT_VERSION))
    assert world.run(world.person, influencers.own_profile).reasons == ()
    world.run(world.person, influencers.leave)
    with pytest.raises(waves.WaveFullError):
        world.run(world.person, lambda ctx: influencers.consent(ctx, CONSENT_VERSION))


def test_a_wave_may_lower_the_daily_cap_of_its_people(service, world, clock):
    """Of two people who were asked once today, only the one of the other ministry is asked again."""

    def fill(ctx):
        other = factories.ministry(ctx, "kemenkes")
        people = [factories.influencer(ctx, number) for number in (world.ministry_id, other.id)]
        earlier, later = _campaign(ctx), _campaign(ctx)
        asked = ctx.now - timedelta(hours=5)
        for each in people:
            _offer(ctx, earlier, each, OfferState.EXPIRED, offered_at=asked)
            _offer(ctx, later, each, OfferState.PLANNED)
        return [each.id for each in people], later.id

    (own, other), campaign_id = world.run(SERVICE, fill)
    clock.forward(hours=6)
    world.put(live_at=clock.now() - timedelta(days=1), offers_per_day=1)
    world.run(SERVICE, routing.release_due)

    def state(influencer_id):
        query = select(Offer.state).where(Offer.influencer_id == influencer_id, Offer.campaign_id == campaign_id)
        return world.run(SERVICE, lambda ctx: ctx.session.scalar(query))

    assert (state(own), state(other)) == (OfferState.PLANNED, OfferState.OFFERED)
    clock.forward(days=1)
    world.run(SERVICE, routing.release_due)
    assert state(own) is OfferState.OFFERED


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        ({"people_max": 0}, InvalidInputError),
        ({"people_max": waves.PEOPLE_MAX + 1}, InvalidInputError),
        ({"offers_per_day": 0}, InvalidInputError),
        ({"offers_per_day": 3}, InvalidInputError),
        ({"manager": "siapa"}, NotFoundError),
        ({"manager": "asn"}, NotFoundError),
    ],
)
def test_a_plan_that_cannot_be_is_refused(world, plan, error):
    """A cap above the service's own, no room at all, or a manager who is none: each is typed, nothing changes."""
    with pytest.raises(error):
        world.put(live_at=None, **plan)
    assert world.run(world.manager, lambda ctx: waves.one(ctx, "komdigi")).plan.live_at is not None


def test_a_plan_is_in_the_chain_and_counts_no_few(world, clock):
    """Every change is recorded; how many joined is shown from ten on."""
    _add(world, 9)
    assert world.put(live_at=clock.now(), manager="manajer").n_joined is None
    _add(world, 1)
    assert world.put(live_at=clock.now(), manager="manajer").n_joined == 10
    last = world.run(SERVICE, lambda ctx: ctx.session.scalars(select(AuditRow).order_by(AuditRow.seq.desc())).first())
    assert (last.action, "manajer" in last.detail) == ("ministry.plan", False)


def test_only_a_manager_plans(world):
    """Nobody else sees or changes a wave or the coverage."""
    for work in (waves.rollouts, coverage.missing, lambda ctx: waves.put(ctx, "komdigi", waves.Plan(None))):
        with pytest.raises(ForbiddenError):
            world.run(world.person, work)


# ---- where reach is missing ------------------------------------------------------------------------------------


def test_gaps_are_named_and_few_are_hidden(world):
    """Nobody is 0, fewer than ten are hidden, and so is a group from which they would follow."""
    health, safety = Topic.HEALTH, Topic.DIGITAL_SAFETY
    _add(world, 12, region="ID-BT")
    _add(world, 11, region="ID-JB", topics=[health.value])
    _add(world, 3, region="ID-PA", topics=[health.value, safety.value])
    found = world.run(world.manager, coverage.missing)
    rows = {each.region.code: each for each in found.provinces}
    assert [rows[code].n_people for code in ("ID-BT", "ID-JB", "ID-PA", "ID-BA")] == [12, None, None, 0]
    assert [rows[code].by_topic[health] for code in ("ID-BT", "ID-JB", "ID-PA")] == [0, None, None]
    assert [rows[code].by_topic[safety] for code in ("ID-BT", "ID-JB", "ID-PA")] == [None, 0, None]
    assert rows["ID-BT"].reach == {Platform.FACEBOOK: 7200, Platform.X: 8400, Platform.INSTAGRAM: 9600}
    assert set(rows["ID-PA"].reach.values()) == {None}
    topics = {each.topic: each for each in found.topics}
    n_provinces = len(found.provinces)
    assert (topics[health].n_people, topics[health].n_without, topics[health].n_small) == (14, n_provinces - 2, 2)
    assert topics[Topic.DISASTER].n_people == 0


def test_followers_on_a_platform_that_nobody_agreed_to_are_no_reach(world):
    """The words of the consent say so; where fewer than ten agreed, their followers are hidden like any small figure."""
    _add(world, 12, region="ID-BT", facebook_consent=None)
    _add(world, 10, region="ID-JB", x_consent=None)
    _add(world, 2, region="ID-JB")
    found = world.run(world.manager, coverage.missing)
    rows = {each.region.code: each for each in found.provinces}
    assert rows["ID-BT"].reach == {Platform.FACEBOOK: 0, Platform.X: None, Platform.INSTAGRAM: 9600}
    assert rows["ID-JB"].reach == {Platform.FACEBOOK: 7200, Platform.X: None, Platform.INSTAGRAM: 9600}
    assert {each.platform: each.reach for each in found.platforms} == {
        Platform.FACEBOOK: 7200,
        Platform.X: 14 * 700,
        Platform.INSTAGRAM: 24 * 800,
    }
    groups = {each.code: each.reach for each in world.run(world.manager, influencers.coverage).by_region}
    assert groups["ID-JB"] == 10 * (600 + 800) + 2 * (600 + 700 + 800)


def test_a_platform_on_which_people_fall_short_is_named(world):
    """Who takes part but lacks followers on one platform counts there, from ten on, as do those whom that leaves."""
    _add(world, 10, followers=(600, 400, 600))
    _add(world, 4, followers=(100, 600, 600))
    found = {each.platform: each for each in world.run(world.manager, coverage.missing).platforms}
    # Of the fourteen who take part, ten who are short on X would tell of four who are not.
    assert [found[each].n_short for each in Platform] == [None, None, 0]
    _add(world, 6, followers=(100, 600, 600))
    found = {each.platform: each for each in world.run(world.manager, coverage.missing).platforms}
    assert [found[each].n_short for each in Platform] == [10, 10, 0]
    assert [found[each].reach for each in Platform] == [0, 0, 0]


# ---- both doors ------------------------------------------------------------------------------------------------


def test_waves_and_coverage_over_http(client, world, key_for):
    """Put, listed in the order of their days, and counted, with every refusal typed."""
    manager = key_for("manajer2", Role.MANAGER)
    body = {"live_at": "2026-04-01T00:00:00+07:00", "manager": "manajer", "people_max": 3000, "offers_per_day": 1}
    put = client.put("/v1/waves/komdigi", json=body, headers=manager)
    assert (put.status_code, put.json()["live_at"], put.json()["joined"]) == (200, "2026-03-31T17:00:00Z", 0)
    assert [each["ministry"] for each in client.get("/v1/waves", headers=manager).json()] == ["komdigi"]
    assert client.put("/v1/waves/tidak-ada", json=body, headers=manager).status_code == 404
    assert client.put("/v1/waves/komdigi", json=body | {"offers_per_day": 9}, headers=manager).status_code == 422
    assert client.put("/v1/waves/komdigi", json=body | {"live_at": "besok"}, headers=manager).status_code == 422
    found = client.get("/v1/coverage", headers=manager).json()
    assert (len(found["topics"]), len(found["platforms"])) == (len(Topic), len(Platform))
    assert client.get("/v1/coverage", headers=key_for("lain", Role.CHECKER)).status_code == 403


def test_a_plan_that_somebody_else_changed_meanwhile_is_not_lost(client, service, world):
    """Of two tabs the second to save is told, and keeps what was typed; opened again, it saves."""
    desk = Browser(client, service, world.manager)
    where = "/influencer/kementerian/komdigi"

    def opened():
        page = desk.get(where)[1]
        return {"mulai": "2026-03-09", "semula": page.select_one("input[name=semula]")["value"]}

    first, second = opened(), opened()
    assert desk.post(where, **first | {"orang": "100"})[0] == 303
    status, _, refused = desk.post(where, **second | {"orang": "3000"})
    assert (status, refused.select_one("#orang")["value"]) == (409, "3000")
    assert world.run(world.manager, lambda ctx: waves.one(ctx, "komdigi")).plan.people_max == 100
    assert desk.post(where, **opened() | {"orang": "3000"})[0] == 303


def test_waves_and_coverage_in_the_console(client, service, world):
    """The form keeps what was typed where it is refused; saving it unchanged changes nothing; the map has its table."""
    desk = Browser(client, service, world.manager)
    where = "/influencer/kementerian/komdigi"
    before = world.run(world.manager, lambda ctx: waves.one(ctx, "komdigi"))
    page = desk.get(where)[1]
    form = {
        field["name"]: field["value"] for field in page.select("main form input[type=text], main form input[type=date]")
    }
    assert desk.post(where, **form)[0] == 303
    assert world.run(world.manager, lambda ctx: waves.one(ctx, "komdigi")).plan == before.plan
    status, _, refused = desk.post(where, **form | {"orang": "banyak"})
    assert (status, refused.select_one("#orang")["value"]) == (422, "banyak")
    assert desk.post(where, **form | {"manajer": "siapa"})[0] == 404
    assert desk.post(where, **form | {"mulai": "2026-13-01"})[0] == 422
    assert desk.post(where, **form | {"mulai": "2026-03-09", "orang": "3.000", "manajer": "manajer"})[0] == 303
    plan = world.run(world.manager, lambda ctx: waves.one(ctx, "komdigi")).plan
    assert (plan.people_max, plan.manager, plan.live_at.isoformat()) == (3000, "manajer", "2026-03-08T17:00:00+00:00")
    assert "akan dibuka" in desk.get("/influencer")[1].get_text()
    for path in ("/influencer/cakupan", "/influencer/cakupan?topik=kesehatan", "/influencer/cakupan?topik=apa"):
        status, page = desk.get(path)
        assert (status, len(page.select("svg.tiles-map g"))) == (200, 38)
