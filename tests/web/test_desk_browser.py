"""The desk in a real browser: by keyboard alone, and with nothing lost whatever dies in the middle of typing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from serving.db.tables import Claim
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.people import accounts
from serving.vocabulary import ClaimState, Role
from tests import factories
from tests.conftest import PASSWORD
from tests.web import story
from tests.web.hands import Hands

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("address", ["sqlite"], indirect=True)]

KEYSTROKES_MAX = 25


@pytest.fixture
def claim_ids(site):
    """Two checkers, and three claims of which the first is the most urgent."""
    with site.service.database.write() as session:
        ctx = context_for(site.service, session, SERVICE)
        for name in ("ani", "budi"):
            accounts.create_user(ctx, name, PASSWORD, [Role.CHECKER])
        return [factories.claim(ctx, priority=float(9 - n), wording=f"Klaim contoh nomor {n}.").id for n in range(3)]


@pytest.fixture
def state_of(site):
    """Tell where a claim stands."""

    def read(number):
        with site.service.database.read() as session:
            return session.get(Claim, number).state

    return read


def test_from_the_queue_to_a_submitted_draft_in_25_keystrokes(visitor, claim_ids, state_of):
    """Take, six answers, two sources, verdict, words, submit: without a mouse, and only text is typed beyond that."""
    page = visitor("ani")
    page.goto("/antrean")
    hands = Hands(page)
    hands.press_on("j", "a")
    hands.is_at("input[name=verifiable][value=ya]")
    hands.press("y", "t", "t", "t", "t", "t")
    hands.press_on("Enter")
    for source in story.SOURCES:
        hands.is_at("#source_url")
        hands.write(source["url"])
        hands.press("Tab")
        hands.write(source["title"])
        hands.press("Tab")
        hands.write(source["publisher"])
        hands.press("Tab", "i" if source["kind"] == "affected_agency" else "s")
        hands.press_on("Enter")
    hands.is_at("input[name=verdict] >> nth=0")
    hands.press("1")
    hands.press_on("Enter")
    hands.is_at("input[name=political] >> nth=0")
    hands.press("t")
    hands.is_at("#title")
    hands.write(story.TITLE)
    hands.press("Tab")
    hands.write(story.BODY)
    hands.press_on("Control+Enter")
    expect(page.locator(".state-awaiting_approval").first).to_be_visible()
    assert state_of(claim_ids[0]) is ClaimState.AWAITING_APPROVAL
    assert hands.strokes <= KEYSTROKES_MAX


def test_rows_are_held_and_escalated_from_the_queue(visitor, claim_ids, state_of):
    """``h`` and ``e`` ask for the reason in a dialog that holds the focus; ``Enter`` opens, ``q`` comes back."""
    page = visitor("ani")
    page.goto("/antrean")
    hands = Hands(page)
    hands.press("j", "j", "k", "h")
    hands.is_at("#alasan-teks")
    hands.write("Menunggu bank, jawaban besok")
    hands.press_on("Control+Enter")
    assert state_of(claim_ids[0]) is ClaimState.ON_HOLD
    hands.press("j", "j", "e")
    hands.write("Perlu penyetuju")
    hands.press_on("Control+Enter")
    assert state_of(claim_ids[1]) is ClaimState.ESCALATED
    hands.press("j", "j", "j")
    hands.press_on("Enter")
    assert page.url.endswith(f"/klaim/{claim_ids[2]}")
    hands.press_on("q")
    assert "/antrean" in page.url


def test_the_sheet_of_keys_holds_the_focus_and_gives_it_back(visitor, claim_ids):
    """``?`` opens it, Tab stays inside, Escape returns; while somebody writes, or once turned off, keys are letters."""
    page = visitor("ani")
    page.goto("/antrean")
    hands = Hands(page)
    sheet = page.locator("#pintasan")
    hands.press("j", "?")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_role("button", name="Tutup")).to_be_focused()
    hands.press("j", "a", "Escape")
    expect(sheet).to_be_hidden()
    expect(page.locator("[data-row]").first).to_be_focused()
    hands.press("/")
    hands.is_at("#find")
    hands.press("j", "?", "a")
    assert page.locator("#find").input_value() == "j?a"
    expect(sheet).to_be_hidden()
    hands.open("main [data-opens=pintasan]")
    hands.reach("#pintasan [data-keys-on]")
    hands.press("Space", "Escape")
    page.goto(f"/klaim/{claim_ids[0]}")
    hands.press("?", "a")
    expect(page.get_by_role("button", name="Ambil klaim ini")).to_be_visible()
    expect(sheet).to_be_hidden()


def test_what_is_typed_survives_the_server_and_the_browser(visitor, claim_ids):
    """Kept while typing; with the server away it waits in the page, and either way it stands there again."""
    page = visitor("ani")
    page.goto(f"/klaim/{claim_ids[0]}")
    hands = Hands(page)
    hands.press_on("a")
    hands.is_at("input[name=verifiable][value=ya]")
    hands.press("y")
    expect(page.locator("#ketikan")).to_contain_text("Ketikan tersimpan")
    another = visitor("ani")
    another.goto(f"/klaim/{claim_ids[0]}")
    expect(another.locator("input[name=verifiable][value=ya]")).to_be_checked()
    page.route("**/ketikan", lambda route: route.abort())
    hands.press("t")
    expect(page.locator("#ketikan")).to_contain_text("Belum tersimpan di server")
    page.reload()
    expect(page.locator("input[name=opinion][value=tidak]")).to_be_checked()
    page.unroute("**/ketikan")
    expect(page.locator("#ketikan")).to_contain_text("Ketikan tersimpan")


def test_of_two_browsers_one_works_and_the_other_is_told(visitor, claim_ids):
    """Both see the button; the second that presses its key reads who and since when, and the words kept are theirs."""
    first, second = visitor("ani"), visitor("budi")
    for page in (first, second):
        page.goto(f"/klaim/{claim_ids[0]}")
    for page in (first, second):
        Hands(page).press_on("a")
    expect(first.locator("#langkah-gates")).to_be_visible()
    expect(second.locator(".notice.stop")).to_contain_text("ani sejak 2 Mar 2026 10.00 WIB")


def test_new_claims_move_no_row(visitor, claim_ids, site):
    """The notice has its place before it comes."""
    page = visitor("ani")
    page.goto("/antrean")
    row = page.locator("li.desk-row").first
    before = row.bounding_box()
    with site.service.database.write() as session:
        ctx = context_for(site.service, session, SERVICE)
        for _ in range(3):
            factories.claim(ctx)
    page.evaluate(
        "() => { const e = document.querySelector('.newer'); htmx.ajax('GET', e.getAttribute('hx-get'), e); }"
    )
    notice = page.locator(".newer")
    expect(notice).to_contain_text("3 klaim baru")
    assert notice.get_attribute("aria-live") == "polite"
    assert row.bounding_box() == before
