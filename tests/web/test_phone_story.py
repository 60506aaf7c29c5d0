"""One person's way through the programme, on a phone: from the invitation to the day on which they leave."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import select

from serving.db.tables import FollowerEvidence, Influencer, Offer, PostedLink, Screenshot, User
from serving.deps import Service, context_for
from serving.desk.context import SERVICE, Actor
from serving.desk.outreach import routing
from serving.desk.people import accounts, influencers, roster
from serving.desk.publishing import library
from serving.vocabulary import OfferState, Role
from tests import factories
from tests.conftest import PASSWORD
from tests.integration import carrying
from tests.web.browsing import Watch
from tests.web.conftest import PHONE
from tests.web.test_story_browser import POSTED_AT, RETRACTED_FOR, press, too_wide

pytestmark = pytest.mark.browser

NAME = "Contoh Pegawai"
ACCOUNT = "contoh.pegawai"
LISTED = {
    "staff_number": "19800101 200501 1 001",
    "name": NAME,
    "ministry": "komdigi",
    "unit": "Biro Contoh",
    "region": "ID-JK",
    "topics": ["kesehatan"],
    "email": "pegawai@contoh.example",
}
COUNTS = {"facebook": "612", "x": "733", "instagram": "1.254"}


@dataclass(frozen=True)
class World:
    """Who else acts, and what the story is about."""

    approver: Actor
    clarification_id: int
    person_id: int


def begin(service: Service) -> World:
    """Write a ministry whose list has one person, and a live campaign that nobody fits yet."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        author, approver, manager = (
            accounts.actor_for(accounts.create_user(ctx, name, PASSWORD, [role]))
            for name, role in (("pemeriksa", Role.CHECKER), ("penyetuju", Role.APPROVER), ("manajer", Role.MANAGER))
        )
        factories.ministry(ctx)
        influencers.import_people(context_for(service, session, manager), roster.read_rows([LISTED]), dry_run=False)
        source = factories.clarification(ctx, author.user_id, approver.user_id)
        carrying.campaign(ctx, source.id, author, approver)
        (person,) = session.scalars(select(Influencer)).all()
        return World(approver, source.id, person.id)


def invite(page: Page, person_id: int) -> str:
    """Invite the person as a manager; give the address that stands in the answer."""
    page.goto(f"/influencer/{person_id}")
    press(page, "Buat undangan")
    return page.locator("code.wrap").inner_text()


def join(page: Page, address: str) -> None:
    """Make an account by the invitation, read what for and where, and agree to each thing by itself."""
    page.goto(address)
    page.fill("#account", ACCOUNT)
    page.fill("#new", PASSWORD)
    page.fill("#again", PASSWORD)
    press(page, "Buat akun")
    page.goto("/profil")
    expect(page.locator("input[name=izin]:checked")).to_have_count(0)
    for box in page.locator("input[name=izin]").all():
        box.check()
    press(page, "Saya setuju dan ikut")
    expect(page.get_by_text("Persetujuan Anda tercatat")).to_be_visible()
    page.locator("input[name=topics][value=keamanan_digital]").check()
    press(page, "Simpan pilihan")


def missing(page: Page) -> list[str]:
    """Give what the person is told that they lack."""
    page.goto("/profil")
    return page.locator("section[aria-labelledby=kelayakan] li").all_inner_texts()


def prove(page: Page) -> None:
    """Send a screenshot of each platform from the phone."""
    picture = io.BytesIO()
    Image.new("RGB", (390, 844), "white").save(picture, "PNG")
    for platform, count in COUNTS.items():
        page.goto("/profil")
        form = page.locator("#kirim-bukti")
        form.locator("select[name=platform]").select_option(platform)
        form.locator("input[name=jumlah]").fill(count)
        file = {"name": "profil.png", "mimeType": "image/png", "buffer": picture.getvalue()}
        form.locator("input[name=gambar]").set_input_files(file)
        press(page, "Kirim bukti")


def look_at_proof(page: Page) -> None:
    """Look at each screenshot as a manager, and let its count stand."""
    for _ in COUNTS:
        page.goto("/influencer/bukti")
        page.get_by_role("button", name="Terima: angkanya cocok").first.click()
        page.wait_for_load_state()
    expect(page.get_by_text("Tidak ada yang menunggu")).to_be_visible()


def offer(service: Service) -> int:
    """Do the worker's part: plan what the campaign's reach lacks, and release what is due; give how many left."""
    with service.database.write() as session:
        routing.top_up(context_for(service, session, SERVICE))
    with service.database.write() as session:
        return routing.release_due(context_for(service, session, SERVICE))


def take_and_share(page: Page) -> None:
    """Take the only offer, find a way to share it on each platform and messenger, copy what has none, and report."""
    page.goto("/kotak")
    expect(page.locator("article.offer")).to_have_count(1)
    press(page, "Ambil")
    for platform, host in (("facebook", "www.facebook.com"), ("x", "x.com")):
        link = page.locator(f"section[aria-labelledby=takarir-{platform}] a[role=button]")
        assert link.get_attribute("href").startswith(f"https://{host}/")
    for messenger in ("WhatsApp", "Telegram"):
        expect(page.get_by_role("link", name=messenger)).to_be_visible()
    instagram = page.locator("section[aria-labelledby=takarir-instagram]")
    instagram.get_by_role("button", name="Salin").click()
    expect(instagram.get_by_role("button", name="Tersalin")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == instagram.locator("textarea").input_value()
    assert page.locator("main img").first.get_attribute("alt")
    page.select_option("#platform", "x")
    page.fill("#url", POSTED_AT)
    press(page, "Simpan tautan")
    expect(page.get_by_role("link", name=POSTED_AT)).to_be_visible()


def read_correction(page: Page) -> None:
    """Find the correction on top of the inbox with its reason, and say that it was read."""
    page.goto("/kotak")
    expect(page.locator("article.correction")).to_contain_text(RETRACTED_FOR)
    press(page, "Sudah saya baca")
    expect(page.locator("article.correction")).to_have_count(0)


def leave_without_trace(page: Page) -> None:
    """Leave at once, take the data along, and have it erased."""
    page.goto("/profil")
    press(page, "Keluar dari program")
    assert NAME in page.request.get("/profil/data.json").text()
    page.locator("summary", has_text="Hapus data saya").click()
    page.fill("input[name=word]", "hapus")
    press(page, "Hapus data saya")


def check_nothing_left(service: Service, person_id: int) -> None:
    """Find no name, address, evidence, picture or link of the person; the empty row and its offer stay."""
    with service.database.read() as session:
        row = session.get_one(Influencer, person_id)
        assert NAME not in row.name
        assert (row.user_id, row.sealed_email, row.topics) == (None, None, [])
        for table in (FollowerEvidence, Screenshot, PostedLink):
            assert session.scalars(select(table)).all() == []
        assert session.scalars(select(User).where(User.name == ACCOUNT)).one_or_none() is None
        assert session.scalars(select(Offer)).one().influencer_id == person_id


def test_a_phone_carries_a_person_from_the_invitation_to_the_last_trace(site, visitor, clock):
    """Join, prove followers, become eligible, receive, take, share, report, get a correction, leave with data erased."""
    service = site.service
    world = begin(service)
    manager = visitor("manajer")
    phone = visitor(None, PHONE, permissions=["clipboard-read", "clipboard-write"], has_touch=True)
    watch = Watch(phone, site.url)
    wide: list[str] = []

    join(phone, invite(manager, world.person_id))
    wide += too_wide(phone, "/profil")
    assert offer(service) == 0
    before = missing(phone)
    prove(phone)
    assert missing(phone) == before
    look_at_proof(manager)
    assert len(before) == len(COUNTS)
    assert missing(phone) == []

    assert offer(service) == 1
    take_and_share(phone)
    wide += too_wide(phone, "kit")
    clock.forward(hours=2)
    with service.database.write() as session:
        library.retract(context_for(service, session, world.approver), world.clarification_id, RETRACTED_FOR)
    phone.goto("/kotak")
    wide += too_wide(phone, "/kotak")
    read_correction(phone)

    with service.database.read() as session:
        assert session.scalars(select(Offer.state)).one() is OfferState.POSTED
    leave_without_trace(phone)
    check_nothing_left(service, world.person_id)
    assert (watch.faults, wide) == ([], [])
    phone.goto("/masuk")
    phone.fill("input[name=name]", ACCOUNT)
    phone.fill("input[name=password]", PASSWORD)
    press(phone, "Masuk")
    expect(phone).to_have_url(f"{site.url}/masuk")
