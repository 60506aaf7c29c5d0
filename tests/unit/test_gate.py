"""What never reaches `look` by its form: questions, and texts that say of themselves that they are satire."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.artifact import released
from models.gate import asks, is_kept_below, jests, kept_below
from models.score import Band, ReasonCode, Thresholds

RUMOUR = "Bank Contoh Nusantara bagi-bagi hadiah 50 juta bagi yang klik tautan ini dan sebarkan ke sepuluh grup"


@pytest.mark.parametrize(
    "text",
    [
        "Apa benar bendungan Contoh Hulu jebol tadi malam?",
        "apa benar bendungan contoh hulu jebol tadi malam",
        "Halo admin, apakah kabar bendungan jebol ini hoaks",
        "Benarkah vaksin contoh membuat orang lumpuh",
        "Bener gak sih PLN Contoh mau bagi token gratis, dapat dari grup keluarga",
        "Mohon maaf, ada yang tahu kabar gempa besar nanti malam",
        "Min, mau tanya soal undian kapal pesiar yang ramai itu",
        "Minta klarifikasi soal video penculikan di Kota Contoh",
        "Emang bener ya bansos dihapus bulan depan",
        "Siapa yang menghapus bansos? Kenapa diam-diam?",
        "Kok bisa harga beras naik terus? Ngeri.",
        "“Mengapa jalan desa kami belum diperbaiki?” 🤔",
        "Kenapa listrik padam terus ??? 😡😡",
        "Kapan bantuan turun？",
    ],
)
def test_who_asks_is_kept_below(text):
    """Asking whether something is true, or asking and nothing else, is told by its form."""
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        RUMOUR,
        "Mau dapat bantuan lima juta? Daftar sekarang lewat tautan ini.",
        "Tahukah Anda? Air garam menyembuhkan semua virus dalam dua hari.",
        "Bendungan jebol! Lihat https://contoh.example/v?id=7",
        "Harga beras naik. Siapa yang untung? Para mafia pangan.",
        "",
        "?",
        "Mohon konfirmasi rekening Anda, klik tautan berikut sebelum diblokir",
    ],
)
def test_what_claims_is_not_taken_for_a_question(text):
    """A question that opens a claim, or a question mark in an address, hides nothing."""
    assert not asks(text)


@pytest.mark.parametrize(
    ("text", "is_marked"),
    [
        ("Satire: presiden antariksa meresmikan jembatan ke bulan", True),
        ("Presiden antariksa meresmikan jembatan ke bulan (parodi)", True),
        ("Jembatan ke bulan resmi dibuka #satir", True),
        ("[HUMOR] Jembatan ke bulan resmi dibuka", True),
        ("Ini bukan satire, jembatan ke bulan resmi dibuka", False),
        ("Penulis parodi itu ditangkap polisi", False),
    ],
)
def test_marked_satire(text, is_marked):
    """Only a mark counts: a word in brackets, a hashtag, or a word before a colon."""
    assert jests(text) is is_marked


@pytest.mark.parametrize("name", ["linear", "encoder"])
def test_no_model_lifts_a_question_or_marked_satire_to_look(name):
    """The same rumour is at `look` as it is, and below in each form, with the reason."""
    scorer = released(name)
    forms = [f"Apa benar {RUMOUR}?", f"Satire: {RUMOUR}", f"{RUMOUR} (parodi)"]
    plain, *kept = scorer.score_many([RUMOUR, *forms])
    assert plain.band is Band.LOOK
    for answer in kept:
        assert answer.band is Band.ABSTAIN
        assert ReasonCode.OPINION in {reason.code for reason in answer.reasons}
    for text, answer in zip([RUMOUR, *forms], [plain, *kept], strict=True):
        assert scorer.probabilities([text])[0] == pytest.approx(answer.p_hoax, abs=1e-6)
    assert (scorer.probabilities(forms) < scorer.thresholds.look).all()


@given(st.text(max_size=200), st.floats(0, 1))
def test_a_form_only_ever_lowers(text, p):
    """What stands below `look` stays as it is, and nothing is lifted."""
    thresholds = Thresholds(look=0.5, clear=0.1)
    (found,) = kept_below([text], np.array([p]), thresholds)
    assert found == p or (found < 0.5 <= p and is_kept_below(text))


@pytest.mark.parametrize("piece", ["a", " ", "?", "\n", "( ", "www.", "apa ", "halo ", ". ", "#"])
def test_a_hostile_text_costs_no_more_than_its_length(piece):
    """Of a text twenty times as long as any that is read, the form is told in no time that a person would notice."""
    begun = time.process_time()
    is_kept_below(piece * 20_000)
    assert time.process_time() - begun < 1
