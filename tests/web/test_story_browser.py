"""The whole story in a real browser: from a queue to a correction that somebody has read."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from serving.db.tables import Claim, Clarification
from serving.deps import Service, context_for
from serving.desk.context import SERVICE
from serving.desk.incoming import intake
from serving.desk.incoming.machine import machine_for
from serving.desk.outreach import routing
from serving.rows import read_post
from tests.conftest import PASSWORD
from tests.web import story
from tests.web.browsing import Watch, too_wide
from tests.web.conftest import PHONE

pytestmark = pytest.mark.browser

RETRACTED_FOR = "Keterangan bank berubah; klarifikasi ini tidak lagi tepat."
POSTED_AT = "https://x.com/contoh/status/1234567890"


def press(page: Page, name: str) -> None:
    """Press the button of this name, and wait for the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=name).click()


def take_in(service: Service) -> int:
    """Bring the sample's posts in; give the number of the fastest claim that is worth a look."""
    with service.database.write() as session:
        rows = [read_post(row) for row in story.as_rows(story.sample_posts(), service)]
        intake.take_in(context_for(service, session, SERVICE), machine_for(service.settings), rows)
    with service.database.read() as session:
        found = session.scalars(select(Claim).where(Claim.band != "clear").order_by(Claim.posts_per_hour.desc()))
        return next(iter(found)).id


def decide(page: Page, claim_id: int) -> None:
    """Walk a checker down the path of the decision, station by station, up to handing it in."""
    page.goto("/antrean")
    page.click(f"a[href='/klaim/{claim_id}']")
    press(page, "Ambil klaim ini")
    expect(page.locator("#langkah-sources")).to_contain_text("Belum terbuka")
    for gate, answer in story.GATES.items():
        page.check(f"input[name={gate}][value={'ya' if answer else 'tidak'}]")
    press(page, "Simpan rancangan")
    for source in story.SOURCES:
        for name, value in source.items():
            field = page.locator(f"#source_{name}")
            if name == "kind":
                field.select_option(value)
            else:
                field.fill(value)
        press(page, "Tambahkan")
    page.check("input[name=verdict][value=salah]")
    press(page, "Simpan rancangan")
    page.fill("#title", story.TITLE)
    page.fill("#body", story.BODY)
    page.select_option("#category", "penipuan")
    page.select_option("#topic", "keamanan_digital")
    page.check("input[name=political][value=tidak]")
    press(page, "Simpan dan ajukan")
    expect(page.locator(".state-awaiting_approval").first).to_be_visible()


def may_not_approve_own(page: Page, claim_id: int) -> None:
    """The author finds no button to approve with, and a forged form is refused."""
    expect(page.get_by_role("button", name="Setujui dan terbitkan")).to_have_count(0)
    csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
    form = {"csrf": csrf, "political": "tidak", "version": "1"}
    assert page.request.post(f"/klaim/{claim_id}/setujui", form=form).status == 403


def approve(page: Page, claim_id: int) -> None:
    """Read what waits, answer the one question, and publish."""
    page.goto(f"/klaim/{claim_id}")
    expect(page.get_by_text(story.TITLE)).to_have_count(0)
    page.select_option("#impression", "salah")
    press(page, "Catat dan buka rancangan")
    expect(page.get_by_text(story.TITLE).first).to_be_visible()
    page.check("input[name=political][value=tidak]")
    press(page, "Setujui dan terbitkan")
    expect(page.locator(".state-published").first).to_be_visible()


def read_in_public(page: Page, service: Service, claim_id: int) -> int:
    """Read the clarification as anybody; give its number."""
    with service.database.read() as session:
        row = session.scalars(select(Clarification).where(Clarification.claim_id == claim_id)).one()
        number, slug = row.id, row.slug
    page.goto(f"/klarifikasi/{slug}")
    expect(page.get_by_role("heading", level=1)).to_have_text(story.TITLE)
    document = json.loads(page.locator("script[type='application/ld+json']").text_content() or "")
    assert document["@type"] == "ClaimReview"
    return number


def make_campaign(page: Page, clarification_id: int) -> str:
    """Make a campaign of the clarification and hand it to the second human; give its address."""
    page.goto("/kampanye/baru")
    page.select_option("#sumber", str(clarification_id))
    page.select_option("#topik", "keamanan_digital")
    page.fill("#jangkauan", "100000")
    page.fill("#mulai", "2026-03-02T10:00")
    page.fill("#selesai", "2026-03-04T10:00")
    page.check("input[name=kementerian][value=komdigi]")
    press(page, "Buat rancangan")
    address = page.url
    page.check("input[name=politis][value=tidak]")
    press(page, "Ajukan kepada orang kedua")
    expect(page.get_by_role("button", name="Setujui")).to_have_count(0)
    return address


def carry(page: Page) -> None:
    """Take the only card, copy its caption, see its picture, and say where it was posted."""
    page.goto("/kotak")
    expect(page.locator("article.offer")).to_have_count(1)
    press(page, "Ambil")
    expect(page.locator("section.caption")).to_have_count(3)
    picture = page.locator("main img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("async image => { await image.decode(); return image.naturalWidth }") == 1080
    caption = page.locator("section.caption", has=page.get_by_role("heading", name="X "))
    caption.get_by_role("button", name="Salin").click()
    expect(caption.get_by_role("button", name="Tersalin")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == caption.locator("textarea").input_value()
    page.select_option("#platform", "x")
    page.fill("#url", POSTED_AT)
    press(page, "Simpan tautan")
    expect(page.get_by_role("link", name=POSTED_AT)).to_be_visible()


def retract(page: Page, claim_id: int) -> None:
    """Take a published clarification back, with the reason that everybody reads."""
    page.goto(f"/klaim/{claim_id}")
    page.get_by_text("Tarik klarifikasi ini").click()
    page.fill("#reason", RETRACTED_FOR)
    press(page, "Tarik sekarang")


def test_the_whole_story(site, visitor):
    """A claim is decided by two people, carried by a third, retracted, and the third learns of it."""
    service = site.service
    story.people(service, PASSWORD)
    claim_id = take_in(service)
    checker, approver, manager, anybody = (visitor(name) for name in ("pemeriksa", "penyetuju", "manajer", None))
    influencer = visitor("asn", PHONE, permissions=["clipboard-read", "clipboard-write"])
    watches = [Watch(page, site.url) for page in (checker, approver, manager, anybody, influencer)]

    decide(checker, claim_id)
    may_not_approve_own(checker, claim_id)
    approve(approver, claim_id)
    clarification_id = read_in_public(anybody, service, claim_id)

    campaign = make_campaign(manager, clarification_id)
    approver.goto(campaign)
    approver.check("input[name=politis][value=tidak]")
    press(approver, "Setujui")
    manager.goto(campaign)
    press(manager, "Luncurkan")
    with service.database.write() as session:
        assert routing.release_due(context_for(service, session, SERVICE)) == 2

    carry(influencer)
    retract(approver, claim_id)
    influencer.goto("/kotak")
    expect(influencer.locator("article.correction")).to_contain_text(RETRACTED_FOR)
    press(influencer, "Sudah saya baca")
    expect(influencer.locator("article.correction")).to_have_count(0)
    anybody.goto("/koreksi")
    expect(anybody.get_by_role("main")).to_contain_text(RETRACTED_FOR)
    influencer.goto("/koreksi")
    assert too_wide(influencer, "/koreksi") == []
    assert [fault for watch in watches for fault in watch.faults] == []


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_without_scripts_the_checker_gets_as_far(site, visitor):
    """A browser that runs no script walks the same path from the queue to handing the draft in."""
    story.people(site.service, PASSWORD)
    decide(visitor("pemeriksa", java_script_enabled=False), take_in(site.service))
