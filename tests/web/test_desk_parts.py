"""Parts 7 to 12 of the desk in a real browser: library, deadlines, the open, webhooks, care, languages and zones."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from serving import worker
from serving.db.tables import Campaign, Influencer, Post
from serving.desk.checking import review
from serving.desk.people import invitations
from serving.desk.publishing import library
from serving.vocabulary import CampaignState, DismissReason, Role
from tests import factories
from tests.integration import carrying
from tests.integration.listening import listening
from tests.web.conftest import PHONE
from tests.web.hands import FAMILY, Crew

pytestmark = pytest.mark.browser

CLAIM = "Kartu parkir lama di kota contoh hangus dan dompet parkirnya disita pada akhir pekan."
TABLE = f"id,title,text,issuer,url,verdict\nparkir-1,Kartu parkir lama tetap berlaku,{CLAIM},Media Contoh,https://media.example/parkir,salah\n"
HURTING = "Dasar anjing goblok tolol kau bangsat"


@pytest.fixture(scope="module")
def crew(desk):
    """An administrator, and an approver who had no part in anything."""
    return Crew(desk.service, {"dewi": [Role.ADMIN], "eka": [Role.APPROVER]})


@pytest.fixture(scope="module")
def story(crew):
    """A published clarification, its live campaign, and somebody who was asked to carry it."""
    return carrying.begin(crew.service, crew.sign_up)


@pytest.fixture(params=[pytest.param(True, marks=pytest.mark.soak), False], ids=["scripts", "no-scripts"])
def reader(request, person):
    """Give somebody's browser, once with scripts and once without."""
    return partial(person, java_script_enabled=request.param)


@pytest.fixture
def without_scripts(person):
    """Give somebody's browser that runs no script."""
    return partial(person, java_script_enabled=False)


def _press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).click()


def _open(page: Page, words: str) -> None:
    page.locator("main summary", has_text=words).first.click()


def _published(crew, story, **over):
    people = (story.author.user_id, story.approver.user_id)
    return crew.act("", lambda ctx: (row := factories.clarification(ctx, *people, **over)) and (row.id, row.slug))


# ---- 7: the library ------------------------------------------------------------------------------------------------


def test_other_words_are_proposed_compared_and_put_into_force(reader, crew, story):
    """The author proposes; the approver sees what is struck out and what is new, and the page shows version 2."""
    number, _slug = _published(crew, story)
    page = reader("pemeriksa")
    page.goto(f"/pustaka/{number}")
    _open(page, "Usulkan kata-kata lain")
    page.fill("#body", carrying.BODY.replace("Abaikan", "Laporkan"))
    page.fill("#change_note", "Bank meminta laporan")
    page.check("input[name=meaning_changed][value=tidak]")
    _press(page, "Usulkan")
    expect(page.locator("main")).to_contain_text("Orang lain yang harus memberlakukannya")
    page = reader("penyetuju")
    page.goto(f"/pustaka/{number}")
    expect(page.locator("article del")).to_have_text("Abaikan")
    expect(page.locator("article ins")).to_have_text("Laporkan")
    _press(page, "Berlakukan")
    _open(page, "Perbedaan dengan versi sebelumnya")
    expect(page.locator("article ins:visible")).to_have_text("Laporkan")


def test_one_clarification_takes_the_place_of_another(person, crew, story):
    """Whoever has the old address reads that it was replaced, and by what."""
    old, slug = _published(crew, story)
    new, better = _published(crew, story)
    page = person("penyetuju")
    page.goto(f"/pustaka/{old}")
    _open(page, "Tarik atau ganti")
    page.fill("#reason", "Ada keterangan yang lebih lengkap")
    page.fill("#by_id", str(new))
    _press(page, "Tandai diganti")
    expect(page.locator(f"main a[href='/pustaka/{new}']")).to_be_visible()
    page = person(None)
    page.goto(f"/klarifikasi/{slug}")
    expect(page.locator(f"main a[href='/klarifikasi/{better}']")).to_be_visible()


def test_what_is_imported_answers_the_claim_when_it_comes_back(person, crew, story):
    """A table is tried first, then taken in; the claim, pasted again, finds it, suggested and not confirmed."""
    page = person("pemeriksa")
    page.goto("/pustaka/impor")
    page.fill("#text", TABLE)
    _press(page, "Coba dahulu")
    expect(page.locator("main")).to_contain_text("belum ada yang disimpan")
    _press(page, "Impor")
    expect(page.locator("main")).to_contain_text("1 baru")
    page.goto("/klaim/baru")
    page.fill("main textarea", f"Teman-teman, hati-hati! {CLAIM}")
    # The first claim that a process reads loads its models.
    with page.expect_navigation(timeout=60_000):
        page.locator("main form button.next").click(no_wait_after=True)
    found = page.locator("article[data-match]")
    expect(found).to_contain_text("Kartu parkir lama tetap berlaku")
    expect(found.locator(".state-suggested")).to_be_visible()


# ---- without scripts, where a form is the point ----------------------------------------------------------------------


def test_a_closed_claim_is_looked_at_again_without_scripts(without_scripts, crew, story):
    """The second person agrees with one close without a label, and opens another claim again with a reason."""
    numbers = [crew.claim(wording=f"Klaim contoh untuk dilihat lagi, nomor {n}.") for n in range(2)]
    for number in numbers:
        crew.act("pemeriksa", review.dismiss, number, DismissReason.OPINION)
    page = without_scripts("eka")
    page.goto("/periksa/tanpa-label")
    first, second = (page.locator("section.card", has_text=f"nomor {n}.") for n in range(2))
    with page.expect_navigation():
        first.get_by_role("button", name="Penutupan ini tepat").click()
    second.locator("summary").click()
    second.locator("textarea").fill("Ini dapat diperiksa pada jadwal resmi")
    with page.expect_navigation():
        second.get_by_role("button", name="Buka lagi").click()
    assert [crew.state_of(number) for number in numbers] == ["dismissed", "queued"]


def test_an_invited_person_joins_without_scripts(without_scripts, crew, story):
    """The code from the letter and a password of one's own make an account, which reads its profile at once."""
    bare = {"consent_version": None, "consent_at": None}
    invited = crew.act("", lambda ctx: factories.influencer(ctx, story.ministry_id, **bare).id)
    link = urlsplit(crew.act("pemeriksa", invitations.invite, invited).address)
    page = without_scripts(None)
    page.goto(f"{link.path}?{link.query}")
    page.fill("#account", "baru.contoh")
    for field in ("#new", "#again"):
        page.fill(field, "sandi-contoh-yang-panjang")
    _press(page, "Buat akun")
    assert page.request.get("/profil").url.endswith("/profil")


# ---- 8: deadlines --------------------------------------------------------------------------------------------------


def test_the_board_warns_before_a_claim_is_late(person, crew, story, hours):
    """At four of five minutes a claim stands under *almost late*, a minute on it is late, there and in the queue."""
    closed = crew.claim(wording="Klaim contoh yang sudah ditutup.")
    crew.act("pemeriksa", review.dismiss, closed, DismissReason.OPINION)
    number = crew.claim(wording="Klaim contoh yang belum dilihat.")
    page = person("pemeriksa")
    near = page.locator("section.sheet", has_text="Hampir lewat").first.locator(f"a[href='/klaim/{number}']")
    hours.forward(minutes=4, seconds=1)
    page.goto("/papan")
    expect(near).to_have_count(1)
    decided = page.locator("tr", has_text="diputus").first
    assert int(decided.locator("td").nth(1).text_content()) > 0
    hours.forward(minutes=1)
    page.goto("/antrean")
    row = page.locator(f"#klaim-{number}")
    expect(row).to_contain_text("terlewat:")
    assert row.locator(".error").evaluate("element => getComputedStyle(element).color") != row.evaluate(
        "element => getComputedStyle(element).color"
    )


# ---- 9: out in the open --------------------------------------------------------------------------------------------


def test_a_clarification_is_read_printed_and_told_to_machines(person, crew, story):
    """The page carries a ClaimReview of itself and the feed; on paper only the article is left, with its addresses."""
    _number, slug = _published(crew, story, claim_wording="Bank Contoh membagikan kuota.")
    page = person(None)
    page.goto(f"/klarifikasi/{slug}")
    said = json.loads(page.locator("script[type='application/ld+json']").text_content())
    address = page.locator("link[rel=canonical]").get_attribute("href")
    assert (said["@type"], said["url"]) == ("ClaimReview", address)
    feed = page.locator("head link[rel=alternate][type='application/atom+xml']").get_attribute("href")
    assert address in (text := page.request.get(feed).text())
    assert FAMILY not in text + page.content()
    page.emulate_media(media="print")
    for selector in ("header.top", "footer nav", ".no-print"):
        for each in page.locator(selector).all():
            expect(each).to_be_hidden()
    expect(page.locator("article h1")).to_be_visible()
    source = page.locator("article ol a").first
    assert "https://bank.example/a" in source.evaluate("link => getComputedStyle(link, '::after').content")
    page.emulate_media(media="screen")


def test_an_appeal_is_filed_followed_and_answered_by_somebody_else(reader, crew, story):
    """The receipt's code leads to the status; the campaign rests meanwhile; whoever decided finds no button."""
    number, slug = _published(crew, story)
    running = crew.act("", lambda ctx: carrying.campaign(ctx, number, story.author, story.approver).id)
    page = reader(None)
    page.goto(f"/klarifikasi/{slug}")
    page.get_by_role("link", name="Ajukan keberatan atau keluhan").click()
    page.fill("#keterangan", "Pengumuman bank hari ini menyebut sebaliknya.")
    _press(page, "Kirim keberatan")
    code = page.locator("main dl code").text_content()
    with crew.service.database.read() as session:
        assert session.get_one(Campaign, running).state is CampaignState.FROZEN
    approver = reader("penyetuju")
    approver.goto("/periksa/keberatan")
    approver.locator("main table a").first.click()
    expect(approver.locator("main")).to_contain_text("orang lain yang menjawabnya")
    expect(approver.get_by_role("button", name="Ambil keberatan ini")).to_have_count(0)
    other = reader("eka")
    other.goto("/periksa/keberatan")
    other.locator("main table a").first.click()
    _press(other, "Ambil keberatan ini")
    other.fill("#alasan", "Pengumuman itu tentang produk lain.")
    _press(other, "Putusan dipertahankan")
    page.goto("/keberatan")
    page.fill("#kode", code)
    _press(page, "Lihat keadaannya")
    expect(page.locator("main")).to_contain_text("Pengumuman itu tentang produk lain.")
    assert FAMILY not in page.content()


def test_the_report_of_a_month_says_the_same_on_the_page_and_in_its_file(person, crew, story):
    """Every figure of the page has its row in the file, and neither names anybody."""
    page = person(None)
    page.goto("/transparansi")
    shown = page.locator("main tbody tr")
    address = page.locator("main a[href$='.csv']").get_attribute("href")
    text = page.request.get(address).text()
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) - 1 == shown.count() > 0
    assert FAMILY not in text + page.content()


# ---- 10: webhooks --------------------------------------------------------------------------------------------------


def _round(service):
    """Send what is due as a worker does: beside this thread, which the browser has to itself."""
    with ThreadPoolExecutor(1) as beside:
        for claimed in worker.claim_hooks(service):
            beside.submit(worker.call_one, service, claimed).result()


def test_another_system_is_told_what_failed_is_seen_and_sent_again(person, crew, hours):
    """A real server refuses once, then takes it: the log says both, and a replay arrives under the same number."""
    page = person("dewi")
    with listening(500) as there:
        page.goto("/admin/webhook")
        page.fill("#url", there.url)
        page.fill("#label", "Sistem contoh")
        for box in page.locator("main input[name=events][value^=clarification]").all():
            box.check()
        _press(page, "Tambahkan")
        expect(page.locator("code.secret")).to_contain_text("whsec_")
        _press(page, "Kirim percobaan")
        _round(crew.service)
        page.reload()
        expect(page.locator("main tbody tr")).to_contain_text("500")
        hours.forward(minutes=10)
        _round(crew.service)
        page.locator("main tbody a").first.click()
        answers = page.locator("main tbody tr td:nth-of-type(2)")
        expect(answers).to_have_text(["500", "200"])
        _press(page, "Kirim ulang")
        _round(crew.service)
        page.reload()
        expect(answers).to_have_text(["500", "200", "200"])
    assert len({came.headers["webhook-id"] for came in there.received}) == 1


# ---- 11: care ------------------------------------------------------------------------------------------------------


def _hurt(ctx, claim_id):
    post = ctx.session.scalars(select(Post).where(Post.claim_id == claim_id)).one()
    post.media = [{"kind": "image", "phash": None, "transcript": HURTING}]


def test_what_hurts_is_read_by_whoever_asks(person, crew, story):
    """In the queue and on the claim's page words that hurt are folded away, and of a picture nothing is shown."""
    number = crew.claim(wording=HURTING, priority=99.0)
    crew.act("", _hurt, number)
    page = person("pemeriksa")
    page.goto("/antrean")
    row = page.locator(f"#klaim-{number}")
    words = row.get_by_text(HURTING)
    expect(words).to_be_hidden()
    row.locator("summary").click()
    expect(words).to_be_visible()
    row.locator("[data-row]").click()
    expect(page.locator("main h1")).to_have_text(f"Klaim {number}, rumusannya disamarkan")
    for each in page.get_by_text(HURTING).all():
        expect(each).to_be_hidden()
    expect(page.locator("main img, main video")).to_have_count(0)


# ---- 12: languages and zones ---------------------------------------------------------------------------------------


def test_a_reader_changes_the_language_and_keeps_it(person):
    """The menu of the page: English there and on the next page, Indonesian again."""
    page = person(None)
    page.goto("/klarifikasi")
    for name, language, heading in (
        ("English", "en", "Official clarification"),
        ("Bahasa Indonesia", "id", "Klarifikasi resmi"),
    ):
        page.locator("details.me summary").click()
        with page.expect_navigation():
            page.get_by_role("button", name=name).click()
        expect(page.locator("h1")).to_have_text(heading)
        page.goto("/keberatan")
        assert page.locator("html").get_attribute("lang") == language
        page.goto("/klarifikasi")


def test_everybody_reads_the_hours_of_their_own_zone(person, crew, story):
    """One offer ends at the same moment everywhere, and is written in WIB, WITA or WIT as its reader lives."""
    page = person("asn")
    page.set_viewport_size(PHONE)
    ends = []
    for zone in ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"):
        moved = update(Influencer).where(Influencer.id == story.influencer_id).values(timezone=zone)
        crew.act("", lambda ctx, step=moved: ctx.session.execute(step) and None)
        page.goto("/kotak")
        ends.append(page.locator("article.offer time").text_content())
    assert ends == ["4 Mar 2026 10.00 WIB", "4 Mar 2026 11.00 WITA", "4 Mar 2026 12.00 WIT"]


# ---- 7 again, at the end: it ends the story's campaign ------------------------------------------------------------------


def test_what_is_withdrawn_reaches_whoever_carried_it(person, without_scripts, crew, story):
    """The reason stands in the inbox of who took it, in the public log and on the page; read once, it is gone."""
    carrier = without_scripts("asn")
    carrier.goto("/kotak")
    _press(carrier, "Ambil")
    slug = crew.act("penyetuju", library.entry, story.clarification_id).head.slug
    page = person("penyetuju")
    page.goto(f"/pustaka/{story.clarification_id}")
    _open(page, "Tarik atau ganti")
    page.fill("#reason", "Bank memperbarui keterangannya")
    _press(page, "Tarik sekarang")
    carrier.goto("/kotak")
    expect(carrier.locator("article.correction")).to_contain_text("Bank memperbarui keterangannya")
    _press(carrier, "Sudah saya baca")
    expect(carrier.locator("article.correction")).to_have_count(0)
    page = person(None)
    for path in ("/koreksi", f"/klarifikasi/{slug}"):
        page.goto(path)
        expect(page.locator("main")).to_contain_text("Bank memperbarui keterangannya")
