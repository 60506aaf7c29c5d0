"""The inbox on a phone: it can be installed, is read without a line, says so, and keeps one person's pages alone."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect

from serving.channels.app_icon import icon
from serving.channels.card import PAPER
from serving.console.inbox_app import PICTURES
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.people import accounts
from tests.conftest import PASSWORD
from tests.integration import carrying
from tests.web.browsing import Watch, sign_in, soup
from tests.web.conftest import PHONE
from tests.web.line import Line


@pytest.fixture
def story(service, sign_up):
    """A campaign that runs, and one open offer to the account ``asn``."""
    return carrying.begin(service, sign_up)


# ---- what a phone asks for ---------------------------------------------------------------------------------------


def test_the_manifest_names_pages_and_pictures_that_are_there(client):
    """It starts at the inbox, stands alone, and every picture has the size that it says."""
    answer = client.get("/aplikasi.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    told = answer.json()
    assert (told["start_url"], told["display"], told["lang"]) == ("/kotak", "standalone", "id")
    assert {each["purpose"] for each in told["icons"]} == {"any", "maskable"}
    for each in told["icons"]:
        picture = Image.open(BytesIO(client.get(each["src"]).content))
        assert "x".join(map(str, picture.size)) == each["sizes"]
    assert client.get("/ikon.png?gambar=any-7").status_code == 404


def test_a_maskable_picture_may_be_cut_round():
    """Outside the middle circle of 80 % there is nothing but paper."""
    side = 192
    picture = Image.open(BytesIO(icon(side, maskable=True)))
    middle, safe = side / 2, 0.4 * side
    outside = [
        picture.getpixel((x, y))
        for x in range(side)
        for y in range(side)
        if (x + 0.5 - middle) ** 2 + (y + 0.5 - middle) ** 2 > safe**2
    ]
    assert set(outside) == {PAPER}
    assert len(PICTURES) == 4


def test_the_worker_may_watch_the_inbox(client):
    """It is a script from the root, looked for anew each time, under the same content policy."""
    answer = client.get("/pekerja.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["content-security-policy"]


def test_the_page_without_a_line_says_nothing_of_anybody(client, story):
    """Whoever is signed in, the same page comes: it is kept for everybody."""
    before = soup(client.get("/luring"))
    sign_in(client, "asn")
    assert soup(client.get("/luring")).main == before.main
    assert before.h1.text == "Tidak ada sambungan"


def test_pages_of_one_person_carry_that_persons_number(client, story):
    """The same number on inbox, offer and card; another for another person; none on a page of all."""
    paths = ["/kotak", f"/kotak/{story.offer_id}", f"/kotak/{story.offer_id}/kartu.png"]
    sign_in(client, "asn")
    first = {client.get(path).headers["x-suluh-reader"] for path in paths}
    assert len(first) == 1
    assert str(story.person.user_id) not in first
    client.cookies.clear()
    sign_in(client, "asn2")
    assert client.get("/kotak").headers["x-suluh-reader"] not in first
    assert "x-suluh-reader" not in client.get("/klarifikasi").headers


# ---- in a real browser -------------------------------------------------------------------------------------------


@pytest.fixture
def told(site):
    """The same story on a service that a browser can reach."""

    def sign_up(name, *roles):
        with site.service.database.write() as session:
            user = accounts.create_user(context_for(site.service, session, SERVICE), name, PASSWORD, roles)
            return accounts.actor_for(user)

    return carrying.begin(site.service, sign_up)


def _kept_of_persons(page):
    return page.evaluate("caches.keys().then(all => all.filter(name => name.startsWith('suluh-inbox-')).length)")


@pytest.fixture
def line(site):
    """A line to that service."""
    made = Line(urlsplit(site.url).port)
    yield made
    made.cut()


@pytest.mark.browser
def test_what_was_opened_is_read_without_a_line_and_by_nobody_else(line, told, visitor):
    """Kept, shown with a notice, never sent twice, gone at sign-out; the policy of the page is never broken."""
    page = visitor("asn", PHONE, base_url=line.url)
    watch = Watch(page, line.url)
    page.goto("/kotak")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.goto("/kotak")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto(f"/kotak/{told.offer_id}")
    page.goto("/kotak")
    expect(page.locator("#luring")).to_be_hidden()
    assert watch.faults == []

    line.cut()
    page.goto(f"/kotak/{told.offer_id}")
    expect(page.locator("#luring")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(carrying.TITLE)
    assert page.evaluate("document.querySelector('main img').naturalWidth") > 0
    page.get_by_role("button", name="Ambil").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tidak ada sambungan")
    page.goto("/kotak/999")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tidak ada sambungan")

    line.mend()
    page.goto("/kotak")
    expect(page.get_by_role("button", name="Ambil")).to_be_visible()
    assert _kept_of_persons(page) == 1
    page.locator("details.me > summary").click()
    page.get_by_role("button", name="Keluar").click()
    page.wait_for_url(lambda url: "/kotak" not in url)
    page.wait_for_function(
        "caches.keys().then(all => all.filter(name => name.startsWith('suluh-inbox-')).length === 0)"
    )


@pytest.mark.browser
def test_another_person_on_the_same_phone_finds_nothing_of_the_first(line, told, visitor):
    """Where nobody signed out, the second person's first page drops what was kept of the first."""
    page = visitor("asn", PHONE, base_url=line.url)
    page.goto("/kotak")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.goto(f"/kotak/{told.offer_id}")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto("/kotak")
    # As if the first cookie had been replaced without any page of ours.
    other = visitor("asn2", PHONE)
    page.context.clear_cookies()
    page.context.add_cookies(other.context.cookies())
    page.goto("/kotak")
    assert _kept_of_persons(page) == 1
    line.cut()
    page.goto(f"/kotak/{told.offer_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tidak ada sambungan")
