"""Own words about an approved text: what is a matter of fact stops them, what is a matter of style does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random

import pytest

from serving.desk.outreach import captions, naming, restating
from serving.desk.outreach.restating import Approved, Departure
from serving.vocabulary import CampaignKind, Platform

LINK = "https://suluh.example/s/bcdfgh234"
N_MUTATED = 500


@dataclass(frozen=True)
class Text:
    """An approved text, and how people who read it say the same."""

    approved: Approved
    said: tuple[str, ...]


TEXTS = (
    Text(
        Approved(
            "Bank Contoh tidak membagikan kuota 50 GB",
            "Bank Contoh menyatakan tidak ada pembagian kuota 50 GB. Abaikan tautan dan jangan isi data pribadi. "
            "Laporkan pesan itu ke nomor 1500 123 setiap Senin sampai Jumat, pukul 08.00 sampai 16.00. "
            "Penjelasan lengkap ada di https://bankcontoh.example/penjelasan.",
            LINK,
        ),
        (
            "Teman-teman, Bank Contoh tidak membagikan kuota 50 GB ya. Jangan isi data pribadi.",
            "Dapat pesan kuota 50 GB? Abaikan tautannya, Bank Contoh menyatakan tidak ada pembagian kuota.",
            "Jangan isi data pribadi! Laporkan pesannya ke 1500 123, Senin sampai Jumat.",
            "Bank Contoh sudah menyatakan: tidak ada pembagian kuota 50 GB. Laporkan mulai pukul 08.00.",
            "penjelasan lengkapnya ada di bankcontoh.example/penjelasan, abaikan tautan kuota itu",
        ),
    ),
    Text(
        Approved(
            "Vaksin Anak Rekaan gratis di 12 puskesmas Kota Contoh",
            "Dinas Kesehatan Kota Contoh memastikan vaksin anak gratis di 12 puskesmas mulai 3 Maret 2026. "
            "Orang tua cukup membawa kartu keluarga. Setiap anak mendapat dua dosis dengan jarak 28 hari.",
            LINK,
        ),
        (
            "Vaksin anak gratis di 12 puskesmas Kota Contoh mulai 3 Maret 2026.",
            "Ayah bunda, cukup membawa kartu keluarga. Vaksin anak gratis di puskesmas.",
            "Setiap anak mendapat dua dosis, jaraknya 28 hari, kata Dinas Kesehatan Kota Contoh.",
            "Dinas Kesehatan Kota Contoh memastikan vaksin anak gratis. Mulai Maret 2026 ya!",
        ),
    ),
    Text(
        Approved(
            "Jembatan Rekaan dibuka kembali 14 Mei 2026",
            "Kementerian Contoh membuka kembali Jembatan Rekaan pada 14 Mei 2026 pukul 06.00. Truk di atas 20 ton tetap "
            "lewat jalur lama sampai 30 Juni 2026. Perbaikan memakan biaya 7,5 miliar rupiah.",
            LINK,
        ),
        (
            "Jembatan Rekaan sudah dibuka kembali sejak 14 Mei 2026 pukul 06.00.",
            "Sopir truk di atas 20 ton: tetap lewat jalur lama sampai 30 Juni 2026.",
            "Kabar baik, Jembatan Rekaan dibuka kembali. Perbaikan memakan biaya 7,5 miliar rupiah.",
            "Kementerian Contoh membuka kembali jembatan itu 14 Mei. Truk besar lewat jalur lama.",
        ),
    ),
    Text(
        Approved(
            "Pendaftaran bantuan pupuk hanya lewat kantor desa",
            "Dinas Pertanian Kabupaten Umpama menegaskan pendaftaran bantuan pupuk hanya lewat kantor desa. "
            "Tidak ada pendaftaran lewat pesan berantai dan tidak ada biaya. Ada 3.400 petani penerima di sembilan "
            "kecamatan. Daftar penerima diumumkan setiap Rabu. Tanyakan kepada Ibu Rekawati di kantor desa.",
            LINK,
        ),
        (
            "Pendaftaran bantuan pupuk hanya lewat kantor desa, tidak ada biaya.",
            "Petani Kabupaten Umpama, jangan daftar lewat pesan berantai. Tidak ada pendaftaran lewat pesan.",
            "Daftar penerima bantuan pupuk diumumkan setiap Rabu. Tanyakan kepada Ibu Rekawati.",
            "Ada 3.400 petani penerima bantuan pupuk di sembilan kecamatan.",
            "Tidak ada biaya pendaftaran bantuan pupuk, tegas Dinas Pertanian Kabupaten Umpama.",
        ),
    ),
)
NAMES = ("Budi Rekaan", "Badan Umpama", "Rekasari", "Dinas Lain", "BUPR", "Polri", "Sumatera Barat", "Tokoh Umpama")
LINKS = ("https://palsu.example/daftar", "bit.ly/umpama", "www.lain.example/x", "umpama.site")
MONTHS = ("Januari", "Februari", "April", "Juli", "Agustus", "September", "Oktober", "November", "Desember")
NUMBER_WORDS = ("tiga", "empat", "lima", "tujuh", "sebelas", "ratusan", "ribuan")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_DAY_OR_MONTH = re.compile(r"\b(?:Senin|Jumat|Rabu|Maret|Mei|Juni)\b")
_SPELLED = re.compile(r"\b(?:dua|sembilan|miliar)\b")
_LINK = re.compile(r"\S+\.example\S*")


@cache
def _captions(text: Text) -> list[str]:
    drafts = captions.draft(CampaignKind.CLARIFICATION, text.approved)
    return [*text.said, *(one for platform in Platform for one in drafts[platform])]


def _another(random: Random, number: str, source: str) -> str:
    """Give a number that the source does not have: one digit of it is another."""
    known = set(_NUMBER.findall(source))
    while True:
        at = random.choice([i for i, letter in enumerate(number) if letter.isdigit()])
        changed = number[:at] + random.choice("123456789") + number[at + 1 :]
        if changed not in known:
            return changed


def _replaced(random: Random, pattern: re.Pattern[str], text: str, others: tuple[str, ...]) -> str | None:
    found = list(pattern.finditer(text))
    if not found:
        return None
    one = random.choice(found)
    return text[: one.start()] + random.choice(others) + text[one.end() :]


def _with_another_number(random: Random, text: str, approved: Approved) -> str | None:
    bare = _LINK.sub(lambda link: " " * len(link[0]), text)
    found = list(_NUMBER.finditer(bare))
    if not found:
        return None
    one = random.choice(found)
    return text[: one.start()] + _another(random, one[0], approved.text) + text[one.end() :]


def _with_another_name(random: Random, text: str, approved: Approved) -> str | None:
    del approved
    runs = [" ".join(run if not opens else run[1:]) for run, opens in naming.capital_runs(text)]
    names = [run for run in runs if run and not _DAY_OR_MONTH.search(run)]
    if not names:
        return None
    return text.replace(random.choice(names), random.choice(NAMES), 1)


def _with_a_name_more(random: Random, text: str, approved: Approved) -> str:
    del approved
    name, sentence = random.choice(NAMES), text[:1].lower() + text[1:]
    return random.choice((f"{name} menyatakan {sentence}", f"Menurut {name}, {sentence}", f"{text} Tanyakan {name}."))


def _with_another_link(random: Random, text: str, approved: Approved) -> str:
    del approved
    return _replaced(random, _LINK, text, LINKS) or f"{text.rstrip('.')}, baca {random.choice(LINKS)}"


def mutated(seed: int, n: int) -> Iterator[tuple[str, str, Approved]]:
    """Give n captions in which one number, name, date or link was changed: what was changed, the caption, its source."""
    random = Random(seed)
    kinds = {
        "number": _with_another_number,
        "number word": lambda random, text, approved: _replaced(random, _SPELLED, text, NUMBER_WORDS),
        "date": lambda random, text, approved: _replaced(random, _DAY_OR_MONTH, text, (*MONTHS, "Selasa", "Sabtu")),
        "name": _with_another_name,
        "name more": _with_a_name_more,
        "link": _with_another_link,
    }
    for made in range(n):
        kind = list(kinds)[made % len(kinds)]
        changed = None
        while changed is None:
            text = random.choice(TEXTS)
            changed = kinds[kind](random, random.choice(_captions(text)), text.approved)
        yield kind, changed, text.approved


def _blocking(text: str, approved: Approved) -> list[str]:
    return [str(found.params) for found in restating.findings(text, approved) if found.blocks(approved)]


def test_of_500_mutated_captions_none_passes():
    """One number, number word, date, name or link that the text does not have stops the caption, every time."""
    cases = list(mutated(20191127, N_MUTATED))
    assert min(Counter(kind for kind, _, _ in cases).values()) == N_MUTATED // 6
    passed = [(kind, text) for kind, text, approved in cases if not _blocking(text, approved)]
    assert passed == []


@pytest.mark.parametrize(("said", "approved"), [(said, text.approved) for text in TEXTS for said in text.said])
def test_genuine_restatements_pass(said, approved):
    """Whoever says the same in their own words is neither stopped nor refused."""
    assert _blocking(said, approved) == []


@pytest.mark.parametrize(
    ("of", "text", "what"),
    [
        (1, "Vaksin anak gratis di 28 puskesmas.", "28 puskesmas"),
        (2, "Jembatan Rekaan dibuka kembali 30 Mei 2026.", "30 mei"),
        (2, "Truk lewat jalur lama sampai 14 Juni 2026.", "14 juni"),
        (2, "Jembatan Rekaan dibuka pukul 20.", "20 pukul"),
    ],
)
def test_a_number_of_something_else_is_refused(of, text, what):
    """A number that the text has, set beside a word that it counts otherwise there, is another fact."""
    found = [each for each in restating.findings(text, TEXTS[of].approved) if each.kind is Departure.NUMBER]
    assert [each.params["what"] for each in found] == [what]


@pytest.mark.parametrize(
    "word",
    [
        "duapuluh",
        "limaratus",
        "duabelas",
        "tigaperempat",
        "sepertiga",
        "seperempat",
        "sepuluhan",
        "keduabelas",
        "selusin",
    ],
)
def test_a_number_that_is_written_as_one_word_is_refused(word):
    """Joined or not, a number that the text does not have is another fact; a team of football players is none."""
    text = f"Bank Contoh tidak membagikan {word} kuota, kata kesebelasan itu di perempatan."
    found = [each for each in restating.findings(text, TEXTS[0].approved) if each.kind is Departure.NUMBER]
    assert [each.params["what"] for each in found] == [word]


@pytest.mark.parametrize("word", ["minggu", "ahad"])
def test_a_day_that_the_text_does_not_have_is_refused(word):
    """Sunday has two names, and the one that also means a week says when all the same."""
    kinds = {each.kind for each in restating.findings(f"tidak ada pembagian kuota {word} ini", TEXTS[0].approved)}
    assert Departure.DATE in kinds


@pytest.mark.parametrize(
    "text",
    ["kata muhammadiyah tidak ada pembagian kuota", "tidak ada pembagian kuota di bandung", "khusus umat katolik ya"],
)
def test_a_name_that_is_known_is_seen_without_a_capital(text):
    """Many write without capitals; listed names are found all the same."""
    kinds = {each.kind for each in restating.findings(text, TEXTS[0].approved)}
    assert Departure.NAME in kinds


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Bank Contoh membagikan kuota 50 GB.", Departure.DENIAL),
        ("Itu hoaks, Bank Contoh tidak membagikan kuota.", Departure.ACCUSATION),
        ("Beredar pesan kuota, Bank Contoh menyatakan tidak ada pembagian.", Departure.RETELLING),
        ("Kopi pagi paling enak diminum sambil bersantai.", Departure.FAR),
        ("Bank Contoh tidak membagikan kuota. #WaspadaTautan", Departure.HASHTAG),
    ],
)
def test_other_departures_warn(text, kind):
    """What is no number, name, date or link is said to whoever writes, and stops nobody."""
    approved = TEXTS[0].approved
    found = list(restating.findings(text, approved))
    assert kind in {each.kind for each in found}
    assert not any(each.blocks(approved) for each in found)


def test_about_criticism_an_accusation_stops_own_words_too():
    """Where the claim is criticism of government nobody is handed, and nobody writes, an accusing word."""
    approved = replace(TEXTS[0].approved, criticism=True)
    found = restating.findings("Itu hoaks, Bank Contoh tidak membagikan kuota.", approved)
    assert [each.kind for each in found if each.blocks(approved)] == [Departure.ACCUSATION]


@pytest.mark.parametrize(
    "text",
    [
        "@penulis_asli Bank Contoh tidak membagikan kuota.",
        "Untuk akun penulis.asli: Bank Contoh tidak membagikan kuota.",
        "Bank Contoh tidak membagikan kuota, balasan untuk https://x.com/contoh/status/1",
        "Lihat facebook.com/penulis.asli, Bank Contoh tidak membagikan kuota.",
        "IG: penulis.asli, Bank Contoh tidak membagikan kuota.",
        "t.me/penulis_asli: Bank Contoh tidak membagikan kuota.",
    ],
)
def test_nobody_who_spread_the_claim_is_tagged_answered_or_linked(text):
    """A mention, an account or the address of a post stops own words, with the reason."""
    found = [each for each in restating.findings(text, TEXTS[0].approved) if each.kind is Departure.ACCOUNT]
    assert found
    assert all(each.blocks(TEXTS[0].approved) for each in found)
    assert all("akun" in each.sentence for each in found)


def test_the_link_that_stands_in_the_post_anyway_may_be_named():
    """Whoever writes the kit's own link into their words is not stopped."""
    assert _blocking(f"Bank Contoh tidak membagikan kuota, baca {LINK}", TEXTS[0].approved) == []
