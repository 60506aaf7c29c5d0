"""Captions and cards restate the approved text, fit where they go, and are not all the same words."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.desk.checking import gates
from serving.desk.outreach import captions, posting, restating
from serving.desk.outreach.restating import Approved, CaptionError
from serving.vocabulary import CampaignKind, Platform

TITLE = "Bank Contoh tidak membagikan kuota; tautan itu mencuri data"
BODY = (
    "Beredar pesan bahwa Bank Contoh membagikan kuota 50 GB. Bank Contoh menyatakan tidak ada pembagian kuota. "
    "Abaikan tautan dan jangan isi data. Laporkan lewat nomor 1500 123 setiap Senin."
)
LINK = "https://suluh.example/klarifikasi/bank-contoh"
APPROVED = Approved(TITLE, BODY, LINK)


def test_every_draft_passes_its_own_check():
    """What is drafted from a text is found in that text, on each platform."""
    drafts = captions.draft(CampaignKind.CLARIFICATION, APPROVED)
    for platform, texts in drafts.items():
        for text in texts:
            restating.check(text, APPROVED, platform)


def test_variants_are_not_the_same_words():
    """Six people get six texts of which no two are near-copies."""
    for texts in captions.draft(CampaignKind.CLARIFICATION, APPROVED).values():
        measured = captions.near_copies(texts)
        assert measured.n == captions.N_VARIANTS
        assert measured.n_pairs_too_close == 0


def test_the_fact_leads_and_the_hoax_is_not_retold():
    """A title that shouts the hoax and a sentence that retells it are left out."""
    drafts = captions.draft(
        CampaignKind.CLARIFICATION, Approved("[SALAH] Bank Contoh bagi-bagi kuota 50 GB", BODY, LINK)
    )
    for texts in drafts.values():
        for text in texts:
            assert "SALAH" not in text
            assert "Beredar" not in text
            assert "50 GB" not in text


def test_salah_satu_is_no_verdict():
    """A title that begins with "salah satu" (one of) is a fact like any other."""
    title = "Salah satu layanan kini gratis"
    drafts = captions.draft(CampaignKind.PROGRAMME, Approved(title, "Layanan dibuka di semua kota.", LINK))
    assert drafts[Platform.FACEBOOK][0].startswith(title)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=900))
def test_no_draft_is_too_long_for_its_platform(body):
    """However long the text, each variant with the longest disclosure fits X, Instagram and Facebook."""
    closing = posting.disclosure(CampaignKind.CLARIFICATION, "K" * posting.EMPLOYER_MAX_CHARS, "", LINK)
    for platform, texts in captions.draft(CampaignKind.CLARIFICATION, Approved(TITLE, body, LINK)).items():
        assert texts
        for text in texts:
            assert posting.length_on(platform, f"{text}\n\n{closing}") <= posting.LIMITS[platform]


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
    with pytest.raises(CaptionError) as refused:
        restating.check(text, APPROVED)
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
    restating.check(text, APPROVED, Platform.X)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Jangan isi data. Beredar pesan Bank Contoh membagikan kuota.", "Beredar"),
        ("Faktanya: Beredar pesan Bank Contoh membagikan kuota.", "Beredar"),
        ("Jangan isi data. lawan penguasa rakus sekarang.", "lawan penguasa"),
        ("Jangan isi data; lawan penguasa rakus sekarang", "lawan penguasa"),
        ("Baca di facebook.com/bank.contoh saja.", "facebook.com"),
        ("Tanya ke IG: bankcontoh saja.", "bankcontoh"),
        ("Tanya bank_contoh saja.", "bank_contoh"),
    ],
)
def test_retelling_inventing_and_pointing_are_refused(text, what):
    """The hoax again, free lower-case words and social pages are refused even where approved."""
    body = f"{BODY} Lihat facebook.com/bank.contoh, IG: bankcontoh, bank_contoh."
    with pytest.raises(CaptionError) as refused:
        restating.check(text, Approved(TITLE, body, LINK))
    assert what in str(refused.value)


PADI = Approved(
    "Warga Contoh menanam padi",
    "Warga Contoh menerima pelatihan budidaya padi. Daftar di https://bit.ly/contoh123, tagar #SalamPadi. "
    "Beredar kabar bahwa padi Contoh menyebabkan sakit. Padi Contoh tidak terbukti menyebabkan sakit. "
    "Pupuk dibagikan gratis, dan petani tidak dipungut biaya.",
    LINK,
)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Daftar pelatihan padi di https://bit.ly/contoh", "https://bit.ly/contoh"),
        ("Daftar pelatihan padi di https://bit.ly/Contoh123", "https://bit.ly/Contoh123"),
        ("Warga menerima pelatihan dari Budi.", "Budi"),
        ("Warga menerima pelatihan dari Padi Warga Contoh.", "Padi Warga Contoh"),
        ("Warga menerima pelatihan padi #Salam", "#Salam"),
    ],
)
def test_a_part_of_what_is_approved_is_not_approved(text, what):
    """Links, names and tags are compared as wholes: the beginning of one is another one."""
    with pytest.raises(CaptionError) as refused:
        restating.check(text, PADI)
    assert f"\u201c{what}\u201d" in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "Padi Contoh menyebabkan sakit.",
        "Ternyata padi Contoh terbukti menyebabkan sakit.",
        "Warga Contoh tidak menanam padi.",
        "Pupuk tidak dibagikan gratis.",
        "Petani dipungut biaya.",
    ],
)
def test_a_sentence_is_not_turned_into_its_opposite(text):
    """What restates a sentence denies as often as that does; a hoax that the text retells is no source for it."""
    with pytest.raises(CaptionError, match="Kata sangkal"):
        restating.check(text, PADI)


@pytest.mark.parametrize(
    "text",
    [
        "Padi Contoh tidak terbukti menyebabkan sakit.",
        "Pupuk dibagikan gratis.",
        "Petani tidak dipungut biaya, pupuk gratis.",
        "Daftar pelatihan budidaya di bit.ly/contoh123. #SalamPadi",
        "Warga sudah dilatih: padi Contoh tidak menyebabkan sakit!",
    ],
)
def test_parts_of_sentences_may_be_restated(text):
    """A half of a sentence, a link without its scheme and other words for the same are let through."""
    restating.check(text, PADI)


@pytest.mark.parametrize(
    "body",
    [
        "a." * 10_000,
        "a_." * 6_000,
        "a-." * 6_000,
        "a.com." * 3_000,
        "Ab. " * 4_999,
        "ab, " * 4_999,
        "tidak ab " * 2_000,
        " ".join(f"Kementerian Contoh membagikan {n} paket buku di Kota Contoh nomor {n}." for n in range(260)),
    ],
    ids=lambda body: body[:14],
)
def test_the_longest_text_is_drafted_from_in_a_moment(body):
    """No text of 20,000 characters makes drafting, or the card, take a time that grows with its square."""
    approved = Approved(TITLE, body, LINK)
    began = process_time()
    captions.draft(CampaignKind.PROGRAMME, approved)
    with suppress(CaptionError):  # of some nothing may be said
        captions.draft(CampaignKind.PROGRAMME, replace(approved, title=""))
    assert process_time() - began < 3


COUNTERFEIT = Approved(
    "Uang palsu dapat dikenali dengan dilihat, diraba, diterawang",
    "Bank Contoh menjelaskan cara mengenali uang palsu. Uang itu tidak dipalsukan oleh bank. Simpan lalu laporkan.",
    LINK,
)


def test_an_accusing_word_that_the_approved_text_has_may_be_said():
    """A clarification about counterfeit money says so in its captions, and drafts as many as any other."""
    restating.check("Uang palsu dapat dikenali, lalu laporkan.", COUNTERFEIT)
    for platform, texts in captions.draft(CampaignKind.CLARIFICATION, COUNTERFEIT).items():
        assert len(texts) == captions.N_VARIANTS
        for text in texts:
            restating.check(text, COUNTERFEIT, platform)
    assert any("uang palsu" in text.casefold() for text in texts)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Tautan itu hoaks.", "hoaks"),
        ("Uang palsu, itu bohong.", "bohong"),
        ("Simpan lalu laporkan, semua kepalsuan uang.", "kepalsuan"),
        ("Uang pal\u00adsukan saja.", "tak terlihat"),
    ],
)
def test_an_accusing_word_that_the_approved_text_lacks_is_refused(text, what):
    """Another accusing word, or another form of one that stands there, accuses of something else."""
    with pytest.raises(CaptionError) as refused:
        restating.check(text, COUNTERFEIT)
    assert what in str(refused.value)


def test_captions_about_criticism_accuse_nobody():
    """Where the claim is criticism of government, no accusing word is drafted or let through, whatever the source has."""
    criticism = replace(COUNTERFEIT, criticism=True)
    with pytest.raises(CaptionError, match="palsu"):
        restating.check("Uang palsu dapat dikenali.", criticism)
    for texts in captions.draft(CampaignKind.CLARIFICATION, criticism).values():
        assert texts
        assert not any(gates.accusing_words(text) for text in texts)


@pytest.mark.parametrize(
    "sentence",
    [
        "Tanyakan kepada @bankcontoh.",
        "Lihat https://www.instagram.com/bankcontoh untuk penjelasan.",
        "Lihat x.com/bankcontoh untuk penjelasan.",
        "Lihat t.me/bankcontoh untuk penjelasan.",
        "Ikuti IG: bankcontoh untuk penjelasan.",
        "Ikuti bank_contoh untuk penjelasan.",
    ],
)
def test_sentences_that_point_at_accounts_are_never_drafted(sentence):
    """An approved sentence with a mention, handle or social page stays out; all that is drafted passes."""
    body = f"{sentence} {BODY}"
    for platform, texts in captions.draft(CampaignKind.PROGRAMME, Approved(TITLE, body, LINK)).items():
        assert texts
        for text in texts:
            assert sentence not in text
            restating.check(text, Approved(TITLE, body, LINK), platform)
    with pytest.raises(CaptionError):
        captions.draft(CampaignKind.PROGRAMME, Approved("", sentence, LINK))


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
    for platform, texts in captions.draft(kind, Approved(title, body, LINK)).items():
        for text in texts:
            restating.check(text, Approved(title, body, LINK), platform)


def test_a_caption_that_leaves_no_room_for_the_disclosure_is_refused():
    """On X the disclosure and the link are counted against the caption."""
    with pytest.raises(CaptionError, match="terlalu panjang"):
        restating.check("jangan isi data " * 14, APPROVED, Platform.X)


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("abc", 3),
        ("https://suluh.example/klarifikasi/" + "a" * 100, 23),
        ("lihat https://a.example/x dan https://b.example/y", 6 + 23 + 5 + 23),
        ("日本", 4),
        ("a.example", 23),
        ("lihat\u2026a.b.c.d.e.f.g.h.i.example/x, ya", 7 + 23 + 3),
        ("sini..a.example", 6 + 23),
        ("a.contoh", 8),
        ("👍🏽", 2),
        ("👩‍👩‍👧", 2),
        ("e\u0301", 1),
    ],
)
def test_x_is_counted_as_x_counts(text, n):
    """Links count 23, an emoji with its modifiers 2, scripts outside Latin 2 a letter, composed accents 1."""
    assert posting.x_length(text) == n


def test_a_ministry_with_a_very_long_name_is_named_by_its_code():
    """The employer is always named, by its code where the name would not fit."""
    text = posting.disclosure(CampaignKind.PROGRAMME, "Kementerian " + "Panjang " * 20, "panjang", LINK)
    assert text == f"Saya ASN di PANJANG. Info resmi: {LINK}"


def test_similarity_is_one_for_the_same_and_none_for_strangers():
    """The meter's ends."""
    assert captions.similarity("satu dua tiga empat", "Satu, dua tiga empat!") == 1
    assert captions.similarity("satu dua tiga empat", "lima enam tujuh delapan") == 0


def test_share_links_carry_text_and_address():
    """Each composer is opened with what it takes; Instagram has no such address."""
    assert "intent/post?text=Halo+dunia" in (posting.share_url(Platform.X, "Halo dunia", LINK) or "")
    assert "sharer.php?u=https%3A%2F%2Fsuluh.example" in (posting.share_url(Platform.FACEBOOK, "Halo", LINK) or "")
    assert posting.share_url(Platform.INSTAGRAM, "Halo", LINK) is None
