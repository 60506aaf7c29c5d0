"""Only posts of official accounts are offered to be shared again; an administrator keeps the list at both doors."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from serving.db.tables import OfficialAccount
from serving.deps import context_for
from serving.desk import audit
from serving.desk.context import SERVICE
from serving.desk.outreach import campaign_drafts, campaigns, kits, offers, official
from serving.errors import ForbiddenError
from serving.vocabulary import Category, Platform, Role
from tests.integration import carrying
from tests.integration.test_campaigns import NEW_FORM, NEWS, Browser, World, approve

OFFICIAL = "https://x.com/contoh_resmi/status/1"
BODY = {
    "topic": "keamanan_digital",
    "target_reach": 100_000,
    "starts_at": "2026-03-02T10:00:00+07:00",
    "ends_at": "2026-03-05T10:00:00+07:00",
    "official_posts": {"x": OFFICIAL},
    "news": {
        "title": NEWS.title,
        "body": NEWS.body,
        "issuer": NEWS.issuer,
        "link": NEWS.link,
        "category": Category.HEALTH.value,
    },
}


@pytest.fixture
def world(service):
    """The people and things of a campaign."""
    return World(service)


def test_the_list_is_kept_over_http(client, key_for):
    """An administrator adds and removes; a manager reads; nothing is added twice."""
    admin, manager = key_for("kepala", Role.ADMIN), key_for("pengelola", Role.MANAGER)
    new = {"platform": "x", "host": "www.X.com", "path": "/Contoh_Resmi/"}
    assert client.post("/v1/official-accounts", json=new, headers=manager).status_code == 403
    made = client.post("/v1/official-accounts", json=new, headers=admin)
    assert made.status_code == 201
    assert (made.json()["host"], made.json()["path"]) == ("x.com", "contoh_resmi")
    again = client.post("/v1/official-accounts", json=new, headers=admin)
    assert (again.status_code, again.json()["title"]) == (409, "known-account")
    assert client.post("/v1/official-accounts", json=new | {"path": ""}, headers=admin).status_code == 422
    listed = client.get("/v1/official-accounts", headers=manager).json()["accounts"]
    assert [row["id"] for row in listed] == [made.json()["id"]]
    at = f"/v1/official-accounts/{made.json()['id']}"
    assert client.delete(at, headers=manager).status_code == 403
    assert client.delete(at, headers=admin).status_code == 204
    assert client.delete(at, headers=admin).status_code == 404


def test_an_address_outside_the_list_is_refused_by_name(client, world, key_for):
    """The refusal names what is allowed; with the address on the list the same campaign is drafted."""
    admin, manager = key_for("kepala", Role.ADMIN), key_for("pengelola", Role.MANAGER)
    first = client.post("/v1/campaigns", json=BODY, headers=manager)
    assert (first.status_code, first.json()["title"]) == (422, "not-official")
    assert "minta admin" in first.json()["detail"]
    for path in ("contoh_resmi", "contoh_lain"):
        client.post("/v1/official-accounts", json={"platform": "x", "host": "x.com", "path": path}, headers=admin)
    outside = BODY | {"official_posts": {"x": "https://x.com/orang/status/1"}}
    told = client.post("/v1/campaigns", json=outside, headers=manager).json()["detail"]
    assert "x.com/contoh_resmi" in told
    assert "x.com/contoh_lain" in told
    made = client.post("/v1/campaigns", json=BODY, headers=manager)
    assert made.json()["official_posts"] == {"x": OFFICIAL}
    at = f"/v1/campaigns/{made.json()['id']}"
    changed = {key: value for key, value in outside.items() if key != "news"}
    assert client.put(at, json=changed, headers=manager).status_code == 422
    assert client.get(at, headers=manager).json()["official_posts"] == {"x": OFFICIAL}


def test_an_account_that_was_removed_stops_what_was_drafted(world, sign_up):
    """A draft that shares the posts of an account no longer on the list is neither submitted nor approved."""
    admin = sign_up("kepala", Role.ADMIN)
    account = world.run(admin, lambda ctx: official.add(ctx, Platform.X, "x.com", "contoh_resmi")).id
    drafted, submitted = world.draft(), world.draft()
    for campaign_id in (drafted, submitted):
        world.set(campaigns.Campaign, campaign_id, official_posts={"x": OFFICIAL})
    world.submit(submitted)
    world.run(admin, lambda ctx: official.remove(ctx, account))
    with pytest.raises(official.NotOfficialError):
        world.submit(drafted)
    with pytest.raises(official.NotOfficialError):
        world.run(world.approver, lambda ctx: approve(ctx, submitted, political=False))


def test_an_account_that_was_removed_stops_a_launch(world, sign_up):
    """What was approved with the posts of an account no longer on the list does not go live."""
    admin = sign_up("kepala", Role.ADMIN)
    account = world.run(admin, lambda ctx: official.add(ctx, Platform.X, "x.com", "contoh_resmi")).id
    campaign_id = world.approved()
    world.set(campaigns.Campaign, campaign_id, official_posts={"x": OFFICIAL})
    world.run(admin, lambda ctx: official.remove(ctx, account))
    with pytest.raises(official.NotOfficialError):
        world.launch(campaign_id)


def test_a_kit_offers_only_posts_of_accounts_on_the_list(service, sign_up):
    """From the moment an account is removed, kits that are out leave its posts out."""
    story, admin = carrying.begin(service, sign_up), sign_up("kepala", Role.ADMIN)

    def act(actor, work):
        with service.database.write() as session:
            return work(context_for(service, session, actor))

    account = act(admin, lambda ctx: ctx.session.scalars(select(OfficialAccount.id)).one())
    act(story.person, lambda ctx: offers.accept(ctx, story.offer_id))
    before = act(story.person, lambda ctx: kits.kit_for(ctx, story.offer_id)).official_posts
    act(admin, lambda ctx: official.remove(ctx, account))
    after = act(story.person, lambda ctx: kits.kit_for(ctx, story.offer_id)).official_posts
    assert (before, after) == ({"x": "https://x.com/contoh/status/1"}, {})


def test_a_post_without_its_account_is_explained(world, sign_up):
    """Instagram's short addresses name nobody: the refusal says how to write one that does, and that one passes."""
    admin = sign_up("kepala", Role.ADMIN)
    world.run(admin, lambda ctx: official.add(ctx, Platform.INSTAGRAM, "instagram.com", "contoh"))
    short, named = "https://www.instagram.com/p/abc/", "https://www.instagram.com/contoh/p/abc/"
    with pytest.raises(official.NotOfficialError) as refused:
        world.run(SERVICE, lambda ctx: official.check(ctx, {Platform.INSTAGRAM: short}))
    assert refused.value.params["account"] == "instagram.com/contoh"
    assert world.run(SERVICE, lambda ctx: official.check(ctx, {Platform.INSTAGRAM: named})) is None


def test_each_change_of_the_list_is_in_the_chain(service, sign_up):
    """Who added or removed which account is recorded with it."""
    admin = sign_up("kepala", Role.ADMIN)
    with service.database.write() as session:
        ctx = context_for(service, session, admin)
        official.remove(ctx, official.add(ctx, Platform.X, "x.com", "contoh_resmi").id)
    with service.database.read() as session:
        steps = audit.rows.recent(session, entity="official_account")
    assert [(row.action, row.actor_id) for row in steps] == [
        ("official.remove", admin.user_id),
        ("official.add", admin.user_id),
    ]
    assert all("x.com/contoh_resmi" in row.detail for row in steps)


def test_only_an_administrator_changes_the_list(world):
    """A manager who may read the list cannot widen it."""
    with pytest.raises(ForbiddenError):
        world.run(world.author, lambda ctx: official.add(ctx, Platform.X, "x.com", "contoh_resmi"))


def test_the_list_is_kept_in_the_console(client, service, world, sign_up):
    """A refused form keeps what was typed; an account on the list opens the manager's form to its posts."""
    admin = Browser(client, service, sign_up("kepala", Role.ADMIN))
    manager = Browser(client, service, world.author)
    typed = {"platform": "x", "situs": "x.com", "awalan": ""}
    status, _, page = admin.post("/admin/akun-resmi", **typed)
    assert (status, page.find("input", id="situs")["value"]) == (422, "x.com")
    assert page.find(class_="notice").text.strip()
    assert admin.post("/admin/akun-resmi", **typed | {"awalan": "contoh_resmi"})[0] == 303
    assert admin.post("/admin/akun-resmi", **typed | {"awalan": "contoh_resmi"})[0] == 409
    assert admin.get("/admin/akun-resmi")[1].find("table").find("th", scope="row").text == "x.com/contoh_resmi"
    assert manager.get("/admin/akun-resmi")[0] == 403
    assert manager.post("/admin/akun-resmi", **typed)[0] == 403
    assert "x.com/contoh_resmi" in manager.get("/kampanye/baru")[1].find(id="resmi_x-help").text
    new = {"sumber": str(world.source_id)} | NEW_FORM
    status, _, page = manager.post("/kampanye/baru", resmi_x="https://x.com/orang/status/1", **new)
    assert status == 422
    assert "x.com/contoh_resmi" in page.find(class_="notice").text
    assert manager.post("/kampanye/baru", resmi_x=OFFICIAL, **new)[0] == 303
    with service.database.read() as session:
        number = session.query(OfficialAccount).one().id
    assert admin.post(f"/admin/akun-resmi/{number}/hapus")[0] == 303
    assert admin.get("/admin/akun-resmi")[1].find("table") is None


def test_no_campaign_needs_an_official_post(world):
    """Without any post to share again the list does not matter."""
    new = campaign_drafts.NewCampaign(world.window(), None, NEWS)
    assert world.run(world.author, lambda ctx: campaign_drafts.create(ctx, new)).official_posts == {}
    assert world.run(SERVICE, lambda ctx: official.check(ctx, {})) is None
