"""Captions restate the approved text, fit where they go, and are not all the same words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.desk import kits
from serving.vocabulary import CampaignKind, Platform

TITLE = "Bank Contoh tidak membagikan kuota; tautan itu mencuri data"
BODY = (
    "Beredar pesan bahwa Bank Contoh membagikan kuota 50 GB. Bank Contoh menyatakan tidak ada pembagian kuota. "
    "Abaikan tautan dan jangan isi data. Laporkan lewat nomor 1500 123 setiap Senin."
)
LINK = "https://suluh.example/klarifikasi/bank-contoh"


def test_every_draft_passes_its_own_check():
    """What is drafted from a text is found in that text, on each platform."""
    drafts = kits.draft_captions(CampaignKind.CLARIFICATION, TITLE, BODY, LINK)
    for platform, texts in drafts.items():
        for text in texts:
            kits.check_caption(text, f"{TITLE}\n{BODY}", platform, LINK)


def test_variants_are_not_the_same_words():
    """Six people get six texts of which no two are near-copies."""
    for texts in kits.draft_captions(CampaignKind.CLARIFICATION, TITLE, BODY, LINK).values():
        measured = kits.near_copies(texts)
        assert measured.n == kits.N_VARIANTS
        assert measured.n_pairs_too_close == 0


def test_the_fact_leads_and_the_hoax_is_not_retold():
    """A title that shouts the hoax and a sentence that retells it are left out."""
    drafts = kits.draft_captions(CampaignKind.CLARIFICATION, "[SALAH] Bank Contoh bagi-bagi kuota 50 GB", BODY, LINK)
    for texts in drafts.values():
        for text in texts:
            assert "SALAH" not in text
            assert "Beredar" not in text
            assert "50 GB" not in text


def test_salah_satu_is_no_verdict():
    """A title that begins with "salah satu" (one of) is a fact like any other."""
    title = "Salah satu layanan kini gratis"
    drafts = kits.draft_captions(CampaignKind.PROGRAMME, title, "Layanan dibuka di semua kota.", LINK)
    assert drafts[Platform.FACEBOOK][0].startswith(title)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=900))
def test_no_draft_is_too_long_for_its_platform(body):
    """However long the text, each variant with the longest disclosure fits X, Instagram and Facebook."""
    closing = kits.disclosure(CampaignKind.CLARIFICATION, "K" * kits.EMPLOYER_MAX_CHARS, "", LINK)
    for platform, texts in kits.draft_captions(CampaignKind.CLARIFICATION, TITLE, body, LINK).items():
        assert texts
        for text in texts:
            assert kits.length_on(platform, f"{text}\n\n{closing}") <= kits.LIMITS[platform]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Bank Contoh: ada 17 korban.", "17"),
        ("Ini kata Budi Santoso.", "Budi Santoso"),
        ("Menurut Polri, jangan isi data.", "Polri"),
        ("Jangan isi data mulai Jumat.", "jumat"),
        ("Ada dua juta tautan.", "dua"),
        ("Baca di bit.ly/abc saja.", "bit.ly/abc"),
        ("Baca di https://lain.example/x", "lain.example"),
        ("Jangan isi data #AwasTipu", "#AwasTipu"),
        ("Hei @budi, ini salah.", "@"),
        ("Hei \uff20budi, ini salah.", "@"),
        ("Jangan\u200b isi data.", "tak terlihat"),
        ("   ", "kosong"),
    ],
)
def test_additions_are_refused_and_named(text, what):
    """A number, name, date, link, tag, mention or hidden letter that the approved text lacks is refused by name."""
    with pytest.raises(kits.CaptionError) as refused:
        kits.check_caption(text, f"{TITLE}\n{BODY}")
    assert what in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "Jangan isi data, ya. Bank Contoh sudah menjelaskan.",
        "Laporkan ke nomor 1500 123 hari Senin!",
        "Bantu keluarga tahu: tautan itu mencuri data.",
    ],
)
def test_other_words_for_the_same_are_let_through(text):
    """Whoever writes in their own words with only the approved facts is not stopped."""
    kits.check_caption(text, f"{TITLE}\n{BODY}", Platform.X, LINK)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Tautan itu hoaks.", "hoaks"),
        ("Jangan isi data, itu bohong.", "bohong"),
        ("Jangan isi data. Beredar pesan Bank Contoh membagikan kuota.", "Beredar"),
        ("Faktanya: Beredar pesan Bank Contoh membagikan kuota.", "Beredar"),
        ("Jangan isi data. lawan penguasa rakus sekarang.", "lawan penguasa"),
        ("Jangan isi data; lawan penguasa rakus sekarang", "lawan penguasa"),
        ("Baca di facebook.com/bank.contoh saja.", "facebook.com"),
        ("Tanya ke IG: bankcontoh saja.", "bankcontoh"),
        ("Tanya bank_contoh saja.", "bank_contoh"),
    ],
)
def test_accusing_retelling_inventing_and_pointing_are_refused(text, what):
    """Accusing words, the hoax again, free lower-case words and social pages are refused even where approved."""
    approved = f"{TITLE}\n{BODY} Tautan itu hoaks, bohong. Lihat facebook.com/bank.contoh, IG: bankcontoh, bank_contoh."
    with pytest.raises(kits.CaptionError) as refused:
        kits.check_caption(text, approved)
    assert what in str(refused.value)


@pytest.mark.parametrize(
    "sentence",
    [
        "Tanyakan kepada @bankcontoh.",
        "Lihat https://www.instagram.com/bankcontoh untuk penjelasan.",
        "Lihat x.com/bankcontoh untuk penjelasan.",
        "Lihat t.me/bankcontoh untuk penjelasan.",
        "Ikuti IG: bankcontoh untuk penjelasan.",
        "Ikuti bank_contoh untuk penjelasan.",
        "Pesan itu palsu.",
    ],
)
def test_sentences_that_point_at_accounts_or_accuse_are_never_drafted(sentence):
    """An approved sentence with a mention, handle, social page or accusation stays out; all that is drafted passes."""
    body = f"{sentence} {BODY}"
    for platform, texts in kits.draft_captions(CampaignKind.PROGRAMME, TITLE, body, LINK).items():
        assert texts
        for text in texts:
            assert sentence not in text
            kits.check_caption(text, f"{TITLE}\n{body}", platform, LINK)
    with pytest.raises(kits.CaptionError):
        kits.draft_captions(CampaignKind.PROGRAMME, "", sentence, LINK)


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Jembatan Contoh dibuka", "Jembatan dapat dilalui mulai pukul 06.00. Truk lewat jalur lama."),
        ("Vaksin gratis di puskesmas", "Bawa kartu keluarga. Layanan buka setiap Senin; tidak ada biaya."),
        ("Pajak tidak naik tahun ini", "Tarif tetap 11%! Penjelasan ada di kantor pajak: bawa bukti bayar."),
    ],
)
@pytest.mark.parametrize("kind", CampaignKind)
def test_drafts_of_ordinary_texts_all_pass(kind, title, body):
    """What is drafted from an ordinary text passes, whichever kind it is."""
    for platform, texts in kits.draft_captions(kind, title, body, LINK).items():
        for text in texts:
            kits.check_caption(text, f"{title}\n{body}", platform, LINK)


def test_a_caption_that_leaves_no_room_for_the_disclosure_is_refused():
    """On X the disclosure and the link are counted against the caption."""
    with pytest.raises(kits.CaptionError, match="terlalu panjang"):
        kits.check_caption("jangan isi data " * 14, f"{TITLE}\n{BODY}", Platform.X, LINK)


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("abc", 3),
        ("https://suluh.example/klarifikasi/" + "a" * 100, 23),
        ("lihat https://a.example/x dan https://b.example/y", 6 + 23 + 5 + 23),
        ("日本", 4),
        ("👍🏽", 2),
        ("👩‍👩‍👧", 2),
        ("e\u0301", 1),
    ],
)
def test_x_is_counted_as_x_counts(text, n):
    """Links count 23, an emoji with its modifiers 2, scripts outside Latin 2 a letter, composed accents 1."""
    assert kits.x_length(text) == n


def test_a_ministry_with_a_very_long_name_is_named_by_its_code():
    """The employer is always named, by its code where the name would not fit."""
    text = kits.disclosure(CampaignKind.PROGRAMME, "Kementerian " + "Panjang " * 20, "panjang", LINK)
    assert text == f"Saya ASN di PANJANG. Info resmi: {LINK}"


def test_similarity_is_one_for_the_same_and_none_for_strangers():
    """The meter's ends."""
    assert kits.similarity("satu dua tiga empat", "Satu, dua tiga empat!") == 1
    assert kits.similarity("satu dua tiga empat", "lima enam tujuh delapan") == 0


def test_share_links_carry_text_and_address():
    """Each composer is opened with what it takes; Instagram has no such address."""
    assert "intent/post?text=Halo+dunia" in (kits.share_url(Platform.X, "Halo dunia", LINK) or "")
    assert "sharer.php?u=https%3A%2F%2Fsuluh.example" in (kits.share_url(Platform.FACEBOOK, "Halo", LINK) or "")
    assert kits.share_url(Platform.INSTAGRAM, "Halo", LINK) is None
