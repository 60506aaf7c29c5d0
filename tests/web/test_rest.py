"""The break reminder, on virtual time: asked for after a stretch of work, counted in the browser alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.learning import moderation
from serving.desk.people import accounts, rest
from serving.vocabulary import Role
from tests import factories
from tests.conftest import PASSWORD
from tests.web.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("address", ["sqlite"], indirect=True)]

START = datetime(2026, 3, 2, 3, tzinfo=UTC)
HURTING = "Dasar goblok tolol bangsat, otaknya di dengkul semua, anjing kalian!"


class Worker:
    """Somebody whose hands move every four minutes, on a clock that only this test moves."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.words = page.locator(".rest").get_by_text("Istirahat sebentar?")
        page.clock.install(time=START)

    def opens(self, path: str) -> None:
        self.page.goto(path)

    def works(self, minutes: int) -> None:
        for step in [4] * (minutes // 4) + [minutes % 4]:
            self.away(step)

    def away(self, minutes: int) -> None:
        self.page.clock.fast_forward(minutes * 60_000)
        self.page.keyboard.press("Shift")

    def is_asked(self) -> None:
        expect(self.words).to_be_visible()

    def is_left_alone(self) -> None:
        expect(self.words).to_have_count(0)


@pytest.fixture
def claims(site):
    """A checker, an approver of other habits, a claim of hurting words and one of none."""
    with site.service.database.write() as session:
        ctx = context_for(site.service, session, SERVICE)
        for name in ("ani", "budi"):
            accounts.create_user(ctx, name, PASSWORD, [Role.CHECKER])
        accounts.create_user(ctx, "ira", PASSWORD, [Role.INFLUENCER])
        made = [factories.claim(ctx, wording=words).id for words in (HURTING, "Klaim contoh yang tenang.")]
    assert moderation.is_hurting(moderation.veils([HURTING], moderation.HURTING)[0])
    return made


@pytest.fixture
def ani(visitor, claims):
    """A checker who begins to work."""
    worker = Worker(visitor("ani"))
    worker.opens("/antrean")
    return worker


def test_after_fifty_minutes_of_work_on_any_pages_somebody_is_asked_to_rest(ani, claims):
    """Not a minute before, with words that a screen reader hears, and nothing of it reaches the server."""
    ani.works(24)
    ani.opens(f"/klaim/{claims[1]}")
    ani.works(25)
    ani.is_left_alone()
    asked: list[str] = []
    ani.page.on("request", lambda request: asked.append(request.url))
    ani.works(1)
    ani.is_asked()
    assert ani.page.locator(".rest").get_attribute("role") == "status"
    assert [url for url in asked if "antrean/baru" not in url] == []


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
def test_the_reminder_moves_and_covers_nothing_and_leaves_the_focus(visitor, claims, viewport):
    """The header keeps its height, the page its place, the hands what they hold; Tab reaches both answers."""
    worker = Worker(visitor("ani", viewport) if viewport else visitor("ani"))
    worker.opens("/antrean")
    row = worker.page.locator("[data-row]").first
    row.focus()
    header, main = worker.page.locator("header.top"), worker.page.locator("main")
    before = header.bounding_box(), main.bounding_box()
    worker.works(50)
    worker.is_asked()
    assert (header.bounding_box(), main.bounding_box()) == before
    expect(row).to_be_focused()
    place, top = worker.page.locator(".rest").bounding_box(), before[0]
    assert top["y"] <= place["y"]
    assert place["y"] + place["height"] <= top["y"] + top["height"]
    for selector in (".brand", "details.me > summary", ".places", ".find:visible"):
        for other in worker.page.locator(f"header.top {selector}").all():
            assert not _overlap(place, other.bounding_box()), selector
    worker.page.locator(".brand").focus()
    worker.page.keyboard.press("Tab")
    expect(worker.page.get_by_role("button", name="Nanti")).to_be_focused()
    worker.page.keyboard.press("Tab")
    expect(worker.page.get_by_role("button", name="Sudah")).to_be_focused()


def _overlap(a, b):
    apart = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
    return not (apart or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"])


def test_a_pause_of_five_minutes_is_a_rest(ani):
    """Four minutes without a sign are work, five are none."""
    ani.works(46)
    ani.away(5)
    ani.works(48)
    ani.is_left_alone()
    ani.works(2)
    ani.is_asked()
    ani.away(5)
    ani.is_left_alone()


def test_later_asks_again_in_ten_minutes_and_done_begins_anew(ani):
    """Both take the words away at once and give the focus back; on every page of this browser."""
    ani.works(50)
    row = ani.page.locator("[data-row]").first
    row.focus()
    ani.page.get_by_role("button", name="Nanti").press("Enter")
    ani.is_left_alone()
    expect(row).to_be_focused()
    ani.works(9)
    ani.is_left_alone()
    ani.works(1)
    ani.is_asked()
    ani.page.get_by_role("button", name="Sudah").click()
    ani.opens("/papan")
    ani.works(48)
    ani.is_left_alone()
    ani.works(2)
    ani.is_asked()


def test_a_claim_with_veiled_words_counts_five_minutes_more(ani, claims):
    """Once a stretch, however often it is opened; a claim of none counts nothing."""
    for _ in range(2):
        ani.opens(f"/klaim/{claims[0]}")
    ani.opens(f"/klaim/{claims[1]}")
    ani.works(44)
    ani.is_left_alone()
    ani.works(1)
    ani.is_asked()


def test_it_comes_when_somebody_wished_it_to_or_never(visitor, claims, site):
    """The profile changes it or switches it off, for this person alone; in the reader's language."""
    page = visitor("budi")
    page.goto("/akun")
    page.fill("#menit", "20")
    page.locator("form[action='/akun/istirahat'] button").click()
    expect(page.locator("#menit")).to_have_value("20")
    budi = Worker(page)
    page.context.add_cookies([{"name": "suluh_lang", "value": "en", "url": site.url}])
    budi.opens("/antrean")
    budi.works(20)
    expect(page.locator(".rest")).to_contain_text("Time for a short break?")
    page.goto("/akun")
    page.check("input[name=mati]")
    page.locator("form[action='/akun/istirahat'] button").click()
    expect(page.locator(".flash")).to_be_visible()
    expect(page.locator(".rest")).to_have_count(0)
    with site.service.database.read() as session:
        people = [accounts.people.user_by_name(session, name) for name in ("ani", "budi")]
        assert [rest.rest_of(each, site.service.settings).after_min for each in people] == [50, 0]


def test_only_pages_on_which_staff_work_have_it(visitor, claims):
    """Neither the public's pages, read by whom they may be, nor an influencer's own; nothing where no script runs."""
    page = visitor("ani")
    for path in ("/klarifikasi", "/transparansi", "/lapor", "/metode"):
        page.goto(path)
        expect(page.locator(".rest")).to_have_count(0)
    page.goto("/akun")
    expect(page.locator(".rest")).to_have_count(1)
    page = visitor("ira")
    page.goto("/akun")
    expect(page.locator(".rest")).to_have_count(0)
    page = visitor("ani", java_script_enabled=False)
    page.goto("/akun")
    expect(page.locator(".rest")).to_be_empty()
    expect(page.get_by_text("Tanpa JavaScript pengingat ini tidak ada")).to_be_visible()
