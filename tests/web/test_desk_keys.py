"""Parts 1 to 6 of the desk in a real browser, by keyboard alone: queue, lease, claim, evidence, gates, second person.

The timed task, the races and what is kept of broken typing stand in ``test_desk_browser``.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from serving.db.tables import AuditRow, Claim, Match, Post
from serving.desk.checking import review
from serving.vocabulary import ClaimState, DismissReason, Role, VerdictLabel
from tests import factories
from tests.integration.test_review import READY
from tests.web.hands import Crew, Hands, button

pytestmark = pytest.mark.browser

HURTING = "Dasar anjing goblok tolol kau bangsat"


@pytest.fixture(scope="module")
def crew(desk):
    """Two checkers and three approvers."""
    checkers, approvers = ("ani", "budi"), ("citra", "dewi", "eka")
    return Crew(desk.service, dict.fromkeys(checkers, (Role.CHECKER,)) | dict.fromkeys(approvers, (Role.APPROVER,)))


@pytest.fixture
def at(crew, person):
    """Set somebody in front of a page."""

    def sit(name, path):
        page = person(name)
        page.goto(path)
        return Hands(page), page

    return sit


def _take(hands, answers):
    """Take the open claim, where the first question has the focus, and answer as many as there are letters."""
    hands.press_on("a")
    hands.is_at("input[name=verifiable][value=ya]")
    hands.press(*answers)


def _says(page, *sentences):
    for sentence in sentences:
        expect(page.locator("main")).to_contain_text(sentence)


# ---- 1: the queue --------------------------------------------------------------------------------------------------


def test_rows_are_found_kept_as_a_view_put_aside_together_and_brought_back(at, crew):
    """Filter, saved view, two rows ticked, one step for both, and the same step undone: each row on the record."""
    for n in range(3):
        crew.claim(wording=f"Minyak contoh nomor {n}.")
    hands, page = at("ani", "/antrean")
    hands.fill("#q", "minyak contoh")
    hands.press_on("Enter")
    _says(page, "yang paling cocok dengan kata itu di atas")
    hands.open("summary:has-text('Simpan saringan')")
    hands.fill("#name", "Minyak")
    hands.press_on("Enter")
    page.goto("/antrean")
    hands.send(".views a:text-is('Minyak')")
    rows = page.eval_on_selector_all("li.desk-row", "rows => rows.map(row => Number(row.dataset.claim))")
    hands.press("j", "x", "j", "x")
    expect(page.locator("#sekaligus-jumlah")).to_have_text("(2)")
    hands.fill("#action", "tunda")
    hands.fill("#sekaligus #reason", "Menunggu keterangan dinas")
    hands.send(button("Lakukan untuk yang dipilih"))
    assert [crew.state_of(number) for number in rows] == ["on_hold", "on_hold", "queued"]
    hands.send(button("Batalkan langkah ini"))
    assert {crew.state_of(number) for number in rows} == {"queued"}
    with crew.service.database.read() as session:
        steps = select(AuditRow.entity_id).where(AuditRow.entity == "claim", AuditRow.actor_id == crew.id_of("ani"))
        recorded = session.scalars(steps).all()
    assert [recorded.count(number) for number in rows] == [2, 2, 0]


# ---- 2: one claim, one person --------------------------------------------------------------------------------------


def test_a_lease_is_extended_handed_over_and_given_up_with_keys(at, crew, hours):
    """Taken, extended, handed to a name, escalated by that name, given back by an approver; others read who has it."""
    number = crew.claim()
    mine = f"/klaim/{number}"
    hands, page = at("ani", mine)
    hands.press_on("a")
    hours.forward(minutes=20)
    hands.send(button("Perpanjang"))
    _says(page, "Anda pegang sejak 2 Mar 2026 10.00 WIB, sampai 2 Mar 2026 10.50 WIB")
    _, other = at("budi", mine)
    _says(other, "Sedang dikerjakan oleh ani Contohwati sejak 2 Mar 2026 10.00 WIB")
    hands.open("#langkah-lain summary")
    hands.fill("#to", "budi")
    hands.send(button("Limpahkan"))
    hands, page = at("budi", mine)
    _says(page, "Anda pegang sejak")
    hands.press("e")
    hands.write("Perlu keputusan penyetuju")
    hands.press_on("Control+Enter")
    assert crew.state_of(number) == ClaimState.ESCALATED
    hands, page = at("citra", mine)
    _says(page, "Perlu keputusan penyetuju")
    hands.fill("#reason", "Cukup sumber dinas, lanjutkan")
    hands.send(button("Kembalikan ke antrean"))
    assert crew.state_of(number) == ClaimState.QUEUED


def test_a_lease_that_ran_out_gives_the_claim_back_and_keeps_the_draft(at, crew, hours):
    """Half an hour without a key: nobody holds the claim, and whoever takes it finds the answers."""
    number = crew.claim()
    hands, page = at("ani", f"/klaim/{number}")
    _take(hands, "yt")
    hands.press_on("s")
    hours.forward(minutes=31)
    assert crew.act("", review.expire_leases)
    hands, page = at("budi", f"/klaim/{number}")
    hands.press_on("a")
    expect(page.locator("input[name=verifiable][value=ya]")).to_be_checked()
    expect(page.locator("input[name=opinion][value=tidak]")).to_be_checked()


# ---- 3: the claim's page -------------------------------------------------------------------------------------------


def _suggest(ctx, claim_id):
    for score in (0.9, 0.8, 0.7):
        over = {"score": score, "machine_status": "suggested", "machine_version": "m", "created_at": ctx.now}
        ctx.session.add(Match(claim_id=claim_id, clarification_id=factories.clarification(ctx).id, **over))
        ctx.session.flush()


def _hurt(ctx, claim_id):
    post = ctx.session.scalars(select(Post).where(Post.claim_id == claim_id)).one()
    post.text, post.media = HURTING, [{"kind": "image", "phash": None, "transcript": None}]


def test_what_hurts_is_folded_matches_are_told_apart_and_a_colleague_is_called(at, crew):
    """Words that hurt open when asked, no picture is shown; one key a match; ``n`` writes a note that reaches budi."""
    number = crew.claim()
    crew.act("", _hurt, number)
    crew.act("", _suggest, number)
    hands, page = at("ani", f"/klaim/{number}")
    hurting = page.get_by_text(HURTING)
    expect(hurting).to_be_hidden()
    expect(page.locator("main img")).to_have_count(0)
    hands.open("[id^=kiriman-] summary")
    expect(hurting).to_be_visible()
    for turn, key in enumerate("pbr"):
        hands.reach(f"article[data-match] >> nth={turn} >> [data-row]", "j")
        hands.press_on(key)
    with crew.service.database.read() as session:
        found = select(Match.status).where(Match.claim_id == number).order_by(Match.score.desc())
        assert [status.value for status in session.scalars(found)] == ["confirmed", "rejected", "related"]
    hands.press("n")
    hands.is_at("#note")
    hands.write("@budi lihat foto di kiriman kedua")
    hands.press("Tab")
    hands.press_on("Enter")
    hands, page = at("budi", "/antrean")
    hands.send("a[href='/sebutan']")
    _says(page, "lihat foto di kiriman kedua")


# ---- 4: evidence ---------------------------------------------------------------------------------------------------


def test_a_source_is_kept_with_quote_archive_and_file(at, crew):
    """Address, words, kind, quote, the archived copy and a file of one's own; the rule of two fills before one's eyes."""
    number = crew.claim()
    hands, page = at("ani", f"/klaim/{number}")
    _take(hands, "yttttt")
    hands.press_on("Enter")
    _says(page, "situs berbeda: 0 dari 2")
    for selector, text in (
        ("#source_url", "https://dinas.example/siaran"),
        ("#source_title", "Siaran dinas contoh"),
        ("#source_publisher", "Dinas Contoh"),
        ("#source_kind", "sumber"),
        ("#source_quote", "Tidak ada pembagian minyak."),
        ("#source_archived_url", "https://arsip.example/siaran"),
    ):
        hands.fill(selector, text)
    hands.send(button("Tambahkan"))
    _says(page, "situs berbeda: 1 dari 2", "Tidak ada pembagian minyak.", "salinan arsip")
    with page.expect_file_chooser() as chosen:  # asked for well before the key, which a busy browser may see first
        hands.open("summary:has-text('Simpan berkasnya')")
        hands.reach("input[type=file]")
        hands.press("Enter")
    chosen.value.set_files({"name": "siaran.txt", "mimeType": "text/plain", "buffer": b"Tidak ada pembagian."})
    hands.send(button("Simpan berkas"))
    expect(page.locator(f"a[href^='/klaim/{number}/sumber/'][href$='/berkas']")).to_be_visible()


# ---- 5: gates and verdict ------------------------------------------------------------------------------------------

LEADS_OUT = {
    DismissReason.OPINION: ("tytttt", "Pendapat tidak diberi label"),
    DismissReason.PRESS: ("yttytt", "Gunakan hak jawab kepada redaksi"),
}


@pytest.mark.parametrize("reason", LEADS_OUT)
def test_an_answer_that_rules_a_label_out_leads_to_a_close_without_one(at, crew, reason):
    """An opinion is closed as one; a press product is told of the right of reply, before and after."""
    answers, sentence = LEADS_OUT[reason]
    number = crew.claim()
    hands, page = at("ani", f"/klaim/{number}")
    _take(hands, answers)
    hands.press_on("s")
    _says(page, sentence, "Belum terbuka")
    hands.open("#langkah-lain summary")
    hands.fill("#dismiss_as", page.locator(f"#dismiss_as option[value={reason.value}]").text_content())
    hands.send(button("Tutup tanpa label"))
    page.goto(f"/klaim/{number}")
    _says(page, "Ditutup tanpa label")
    assert crew.state_of(number) == ClaimState.DISMISSED


def test_criticism_gets_no_accusing_verdict_and_true_is_as_near_as_false(at, crew):
    """On criticism ``1`` is refused with the reason; ``5``, *benar*, goes on with one source to the second person."""
    number = crew.claim()
    hands, page = at("ani", f"/klaim/{number}")
    _take(hands, "ytttyt")
    hands.press_on("Enter")
    hands.is_at("#source_url")
    for text in ("https://dinas.example/jadwal", "Jadwal dinas contoh", "Dinas Contoh"):
        hands.write(text)
        hands.press("Tab")
    hands.press("i")
    hands.press_on("Enter")
    hands.reach("input[name=verdict] >> nth=0")
    hands.press("1")
    hands.press_on("Enter")
    _says(page, "Kritik atau keluhan tentang pemerintah tidak diberi putusan “salah”")
    hands.reach("input[name=verdict]:checked")
    hands.press("5")
    hands.press_on("Enter")
    hands.is_at("input[name=political] >> nth=0")
    hands.press("t")
    hands.fill("#wording", "Warga mengeluhkan jadwal air bersih di kota contoh.")
    hands.fill("#title", "Jadwal air bersih kota contoh memang berubah minggu ini")
    hands.fill("#body", "Dinas Contoh membenarkan perubahan jadwal dan mengumumkan jadwal yang baru.")
    hands.press_on("Control+Enter")
    _says(page, "Warga mengeluhkan jadwal air bersih")
    with crew.service.database.read() as session:
        claim = session.get_one(Claim, number)
        assert claim.state is ClaimState.AWAITING_APPROVAL
    assert crew.act("ani", review.draft, number).verdict is VerdictLabel.TRUE


# ---- 6: a second pair of eyes --------------------------------------------------------------------------------------


def _look(hands, page, impression):
    """Say first what one thinks, of a draft that is still closed."""
    expect(page.get_by_text(READY.title)).to_have_count(0)
    hands.fill("#impression", impression)
    hands.send(button("Catat dan buka rancangan"))
    expect(page.get_by_text(READY.title).first).to_be_visible()


def test_a_draft_is_read_blind_returned_contested_and_settled_by_a_third(at, crew):
    """Citra returns it with a reason, ani hands it in again, dewi disagrees, and eka, the third, publishes."""
    number = crew.waiting("ani")
    where = f"/klaim/{number}"
    hands, page = at("citra", where)
    _look(hands, page, "kurang")
    hands.fill("#reason", "Sebutkan tanggal pernyataannya")
    hands.send(button("Kembalikan"))
    hands, page = at("ani", where)
    hands.press_on("a")
    _says(page, "Dikembalikan: Sebutkan tanggal pernyataannya")
    hands.reach("#body")
    hands.press("Control+End")
    hands.write(" Pernyataan itu terbit pada 2 Maret 2026.")
    hands.press_on("Control+Enter")
    assert crew.state_of(number) == ClaimState.AWAITING_APPROVAL
    hands, page = at("dewi", where)
    _look(hands, page, "belum")
    hands.open("summary:has-text('Tidak sepakat')")
    hands.fill("#tidak-sepakat", "Buktinya hanya menunjukkan kurang konteks")
    hands.send(button("Serahkan kepada orang ketiga"))
    _says(page, "Orang ketiga yang memutuskannya")
    expect(page.locator(button("Setujui"))).to_have_count(0)
    hands, page = at("eka", where)
    _look(hands, page, "salah")
    _says(page, "Dua orang tidak sepakat")
    hands.reach("input[name=political][value=ya]")
    hands.press("t")
    hands.send(button("Setujui dan terbitkan"))
    assert crew.state_of(number) == ClaimState.PUBLISHED


def test_an_approver_hands_a_draft_up_with_keys(at, crew):
    """Escalate is there for a draft that waits, as for any other claim."""
    number = crew.waiting("ani", created_at=crew.service.clock.now() - timedelta(minutes=1))
    hands, page = at("citra", f"/klaim/{number}")
    _look(hands, page, "salah")
    hands.press("e")
    hands.write("Menyangkut dua daerah, perlu rapat")
    hands.press_on("Control+Enter")
    assert crew.state_of(number) == ClaimState.ESCALATED
