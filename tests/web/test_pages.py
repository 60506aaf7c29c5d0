"""Every page, for every role: it answers, it is labelled, and it shows where one is."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from serving.app import create_app
from serving.console.places import home_of, places_for
from serving.deps import context_for
from serving.desk.context import SERVICE, Actor
from serving.desk.people import accounts
from serving.settings import Settings
from serving.vocabulary import Role
from tests import factories
from tests.conftest import PASSWORD, SECRET
from tests.web.browsing import sign_in, soup


@pytest.fixture(scope="module")
def app(tmp_path_factory, sqlite_template):
    """One service with an account for each role and one thing of each kind."""
    folder = tmp_path_factory.mktemp("pages")
    address = f"sqlite:///{folder / 'suluh.db'}"
    (folder / "suluh.db").write_bytes(sqlite_template.read_bytes())
    made = create_app(Settings(var_dir=folder, database_url=address, secret_key=SECRET))
    service = made.state.service
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        ids = [accounts.create_user(ctx, role.value, PASSWORD, [role]).id for role in Role]
        claim = factories.claim(ctx)
        factories.clarification(ctx, ids[0], ids[1], claim_id=claim.id)
        factories.influencer(ctx, factories.ministry(ctx).id, user_id=ids[3])
    yield made
    service.database.close()


@pytest.fixture(scope="module")
def browsers(app) -> dict[str, TestClient]:
    """A signed-in browser for each role, and one of nobody."""
    made = {"": TestClient(app, raise_server_exceptions=False, headers={"accept-language": "id"})}
    for role in Role:
        made[role.value] = TestClient(app, raise_server_exceptions=False, headers={"accept-language": "id"})
        assert sign_in(made[role.value], role.value).status_code == 303
    return made


def _pages(app) -> list[str]:
    """Give the address of every page, with the first thing of its kind filled in."""
    app.state.doors.open_all()
    found = {
        route.path
        for route in app.routes
        if isinstance(route, APIRoute)
        and "GET" in route.methods
        and not route.path.startswith("/v1/")
        and route.path not in NO_PAGES
    }
    return sorted(path for path in found if "{slug}" not in path)


# Not pages: what a program or a script reads, the last of them for as long as the page is open.
NO_PAGES = {"/sehat", "/metrics", "/tren/aliran"}
WHO = ["", *(role.value for role in Role)]


@pytest.mark.parametrize("who", WHO, ids=lambda who: who or "nobody")
def test_every_page_answers_every_role_with_a_page(app, browsers, who):
    """No role meets a fault anywhere: a page, a way to sign in, or one sentence that says why not."""
    pages = _pages(app)
    assert len(pages) > 12
    for path in pages:
        filled = path
        while "{" in filled:
            start, end = filled.index("{"), filled.index("}")
            filled = f"{filled[:start]}1{filled[end + 1 :]}"
        answer = browsers[who].get(filled, follow_redirects=False)
        assert answer.status_code in {200, 303, 403, 404, 409}, (path, answer.status_code)
        if answer.headers.get("content-type", "").startswith("text/html"):
            _check_page(filled, answer)


def _check_page(path, answer):
    page = soup(answer)
    if page.html is None:
        return  # a part of a page, for htmx
    assert page.html["lang"] == "id", path
    assert page.title.get_text(strip=True), path
    assert len(page.select("h1")) == 1, (path, [str(h) for h in page.select("h1")])
    assert page.select_one('a.skip[href="#main"]'), path
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids)), (path, sorted(one for one in ids if ids.count(one) > 1))
    for control in page.select("input:not([type=hidden]), select, textarea"):
        named = control.find_parent("label") or page.select_one(f'label[for="{control.get("id")}"]')
        assert named or control.get("aria-label") or control.get("aria-labelledby"), (path, str(control))
    for pressed in page.select("button, a"):
        assert pressed.get_text(strip=True) or pressed.get("aria-label"), (path, str(pressed))
    for picture in page.select("img"):
        assert picture.has_attr("alt"), (path, str(picture))


@pytest.mark.parametrize("role", list(Role))
def test_each_role_has_a_first_page_that_answers(browsers, role):
    """The first place of a role is where signing in leads, and it is marked as the current page."""
    home = home_of(Actor(1, "x", frozenset({role})))
    page = soup(browsers[role.value].get(home))
    assert [tag["href"] for tag in page.select('nav.places a[aria-current="page"]')] == [home]


@pytest.mark.parametrize("role", list(Role))
def test_the_navigation_leads_nowhere_in_vain(browsers, role):
    """Every place that a role is shown answers 200 to that role."""
    for place in places_for(Actor(1, "x", frozenset({role})), "/"):
        assert browsers[role.value].get(place.href).status_code == 200, place.href


@pytest.mark.parametrize("who", WHO, ids=lambda who: who or "nobody")
def test_no_link_leads_to_a_page_that_refuses_its_reader(browsers, who):
    """Whoever follows every link from their first page on meets no page that is not theirs, and none that is gone."""
    known = waiting = {"/"}
    dead = []
    while waiting:
        answers = {path: browsers[who].get(path) for path in sorted(waiting)}
        dead += [path for path, answer in answers.items() if answer.status_code >= 400]
        pages = [answer for answer in answers.values() if answer.headers["content-type"].startswith("text/html")]
        links = {link["href"].split("#")[0] for page in pages for link in soup(page).select("a[href]")}
        waiting = {link for link in links if re.match("/(?!v1/|s/)", link)} - known
        known = known | waiting
    assert len(known) > 5
    assert dead == []


def test_a_place_is_marked_also_below_it():
    """Inside /kampanye/7 the reader is still in the campaigns, though on another page."""
    places = places_for(Actor(1, "x", frozenset({Role.MANAGER})), "/kampanye/7")
    assert {place.href: place.here for place in places if place.here} == {"/kampanye": "true"}


def test_a_failure_says_what_was_kept_and_what_to_do_next(browsers):
    """One sentence, that nothing changed, a way back to where the reader was, and a code for the engineer."""
    came = {"referer": "http://testserver/akun"}
    page = soup(browsers["admin"].post("/akun/keluar-semua", data={"csrf": "x"}, headers=came))
    assert "Tidak ada yang diubah." in page.main.get_text()
    assert page.select_one('main a[href="/akun"]')
    assert "403 forbidden" in page.code.get_text()


def test_the_sign_in_page_keeps_the_name(browsers):
    """After a wrong password the name still stands in its field, and the password does not."""
    page = soup(sign_in(browsers[""], "checker", "bukan-ini-kok"))
    assert page.select_one("#name")["value"] == "checker"
    assert not page.select_one("#password").get("value")


def test_the_record_is_shown_and_checked(browsers):
    """The newest step first, each with who and what; checking the chain says that it is whole."""
    page = soup(browsers["admin"].get("/admin/jejak?periksa=ya&jenis=user&nomor="))
    assert page.select_one(".notice.ok")
    numbers = [int(row.td.get_text()) for row in page.select("table.data tbody tr")]
    assert numbers == sorted(numbers, reverse=True)


def test_the_reference_lists_every_operation(app, browsers):
    """The page and the OpenAPI document name the same operations."""
    document = app.openapi()
    described = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    page = soup(browsers[""].get("/v1/docs"))
    shown = {tag.get_text(strip=True) for tag in page.select("main section:not(#shapes) summary code")}
    assert shown == described
