"""The cleaning that training and serving share."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.normalise import mask_identities, normalise, slang

_PIECES = st.sampled_from(
    [
        *"aeghinorst024 .,@/\\-_'\"“’[](): ",
        *(
            "yg",
            "RT ",
            "[SALAH]",
            "https://",
            "x.com/",
            "@akun",
            "aaa",
            "b.com",
            "\u200b",
            "0812",
            "+62",
            "½",
            "ﷺ",
        ),
        *("о", "İ", "ß", "𝗔", "é", "k4mu", "anak2nya", "\\xf0", "&amp;", "cek fakta:", "[nomor]"),
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=30).map("".join))


@given(TEXTS)
@example("admin2nya kirim ke x@ a-b.com")
@example("\xc1 \xc1a\xc12 a-a.")
@example("08123456789a b c d")
@example("kata08123456789yg")
@settings(max_examples=400, deadline=None)
def test_normalise_is_idempotent(text):
    """Cleaning a cleaned text changes nothing."""
    once = normalise(text)
    assert normalise(once) == once


@given(TEXTS)
@example("x@ a-b.com")
@example("x@y.z@w.com")
@settings(max_examples=400, deadline=None)
def test_masking_is_idempotent(text):
    """Masking a masked text changes nothing."""
    once = mask_identities(text)
    assert mask_identities(once) == once


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("TOLOOOONG dibaca!!!", "tolong dibaca"),
        ("V1RUS c0r0na, h0ax", "virus corona hoaks"),
        ("T3w4s Terp4ngg4ng", "tewas terpanggang"),
        ("aku gk tau krn blm liat", "saya tidak tahu karena belum lihat"),
        ("“jum’at” ‘itu’", "jumat itu"),
        ("\"jum'at\" 'itu'", "jumat itu"),
        ("𝗦𝗘𝗕𝗔𝗥𝗞𝗔𝗡 Ｆｕｌｌ ⓗⓞⓐⓧ", "sebarkan full hoaks"),
        ("ОJOL МЕNOLAК", "ojol menolak"),
        ("b\u200bant\u0336uan", "bantuan"),
        ("Bayang² anak2nya", "bayang bayang anak anaknya"),
        ("h o a k s besar", "hoaks besar"),
        ("baris satu\n\n\tbaris  dua", "baris satu baris dua"),
        ("[SALAH] Video “Banjir”", "video banjir"),
        ("[HOAKS] (DISINFORMASI) Cek Fakta: air laut", "air laut"),
        ("RT @budi: USER \\xf0\\x9f\\x98\\x82 setuju URL", "@akun setuju"),
        ("[USERNAME] lihat [URL]", "lihat"),
        ("cek https://contoh.example/a?b=1 atau bit.ly/xyz", "cek @tautan atau @tautan"),
        ("hub 0812-3456-7890 / +62 812 3456 7890", "hub @nomor @nomor"),
        ("surat ke nama.palsu@contoh.co.id", "surat ke @akun"),
        ("A &amp; B 😭🤲", "a b"),
        ("", ""),
        ("!!! ... 😭", ""),
    ],
)
def test_how_it_was_typed_disappears(written, plain):
    """Case, quotes, leetspeak, elongation, styling, tags and artefacts all lead to the same plain words."""
    assert normalise(written) == plain


@pytest.mark.parametrize("written", ["2024", "50 000", "covid19", "4g", "g20", "g30s", "2019gantipresiden", "10rb"])
def test_real_numbers_stay(written):
    """A number, or a word that begins or ends with one, is not read as leetspeak."""
    assert normalise(written) == written


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Kata @budi_fiktif. dan ＠ani", "Kata @akun. dan @akun"),
        ("lihat @ caca", "lihat @akun"),
        ("jual 3 @ 5000", "jual 3 @ 5000"),
        ("di https://www.facebook.com/budi.fiktif?x=1 ya", "di @akun ya"),
        ("x.com/ani/status/1 dan t.me/grup", "@akun dan @akun"),
        ("hub +62 812-3456-7890, (021) 555 1234", "hub [nomor], [nomor]"),
        ("surel a.b@contoh.co.id", "surel [surel]"),
        ("rek 1234567890123 a/n", "rek [nomor] a/n"),
        ("tahun 2019, Rp 50.000.000 dan 1.250 orang", "tahun 2019, Rp 50.000.000 dan 1.250 orang"),
        ("contohflix.com/film “TETAP” Ada!", "contohflix.com/film “TETAP” Ada!"),
    ],
)
def test_identities_are_masked_and_the_rest_stays(written, stored):
    """Storage keeps the human text, less what points to a person."""
    assert mask_identities(written) == stored


def test_slang_leads_to_words_that_stay():
    """No standard form in the table is itself informal, so one look-up is enough."""
    table = slang()
    assert len(table) > 500
    assert [form for form in table.values() if normalise(form) != form] == []


@pytest.mark.parametrize(
    "unit", ["a", "a.", "@", "a@", "1", "08", "[salah", "\\x", "a ", "é", "www.", "-.", "a-b.", "@ "]
)
def test_hostile_input_takes_linear_time(unit):
    """A megabyte of one repeated trap takes seconds, where backtracking would take hours."""
    text = unit * (1_000_000 // len(unit))
    started = time.perf_counter()
    normalise(text)
    mask_identities(text)
    assert time.perf_counter() - started < 10
