"""The same template of something else is no answer: brands, towns and people that were exchanged."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.instances import SmallWords, are_other_instances
from models.matcher import Matcher, MatchStatus
from models.retrieval import Record

TEMPLATES = [
    "Lowongan kerja {} 2026 untuk lulusan SMA lewat tautan pendaftaran",
    "Bantuan tunai dari {} sebesar dua juta rupiah untuk semua nasabah",
    "Undian berhadiah mobil dari {} untuk pelanggan setia",
]
BRANDS = ["PT Contoh Energi", "PLNC", "Bank Nusacontoh", "BCN", "Telkomcontoh"]
TITLE = "Lowongan Kerja PT Contoh Energi 2026 untuk Lulusan SMA lewat Tautan Pendaftaran"
LIBRARY = [
    Record("energi", TITLE, "Perusahaan tidak membuka lowongan kerja lewat tautan pendaftaran untuk lulusan itu."),
    Record("banjir", "Bendungan Contoh Hulu Jebol", "Bendungan itu utuh, kata petugas yang memeriksa pintu air."),
    Record("token", "Token Listrik Gratis", "Tidak ada token gratis untuk pelanggan sebesar dua juta rupiah itu."),
]


@pytest.fixture(scope="module")
def small():
    """What a library writes small."""
    words = SmallWords()
    for record in LIBRARY:
        words.add(record.text)
    return words


@pytest.mark.parametrize("template", TEMPLATES)
def test_an_exchanged_brand_is_another_instance(template, small):
    """Whichever brand stands in the place of whichever."""
    for one, other in permutations(BRANDS, 2):
        assert are_other_instances(template.format(one), template.format(other), set(), small), (one, other)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("typed", [str, str.upper, str.title, lambda text: f"Halaman Contoh | {text}"])
def test_the_same_typed_otherwise_is_the_same(template, typed, small):
    """Capitals, and the name of a page before a post, make no other instance."""
    text = template.format(BRANDS[0])
    assert not are_other_instances(typed(text), text, set(), small)


def test_what_shares_little_is_not_compared(small):
    """A claim of something else altogether is the score's business."""
    assert not are_other_instances("Gempa besar di Kota Contoh malam ini", TITLE, set(), small)


def test_a_brand_swap_is_suggested_and_the_brand_itself_confirmed():
    """The words fit as well, and the match is worth a look and no more."""
    matcher = Matcher.build(LIBRARY)
    own, swapped = (matcher.search(TEMPLATES[0].format(brand))[0] for brand in ("PT Contoh Energi", "Bank Nusacontoh"))
    assert (own.id, own.status) == ("energi", MatchStatus.CONFIRMED)
    assert (swapped.id, swapped.status) == ("energi", MatchStatus.SUGGESTED)
    assert swapped.score >= matcher.thresholds.confirmed


def test_records_that_went_tell_nothing_any_more():
    """What is written small is counted over the records there are."""
    matcher = Matcher.build(LIBRARY)
    matcher.add([Record("x", "Judul", "pt contoh energi bank nusacontoh " * 3)])
    assert matcher.search(TEMPLATES[0].format("Bank Nusacontoh"))[0].status is MatchStatus.CONFIRMED
    matcher.remove(["x"])
    assert matcher.search(TEMPLATES[0].format("Bank Nusacontoh"))[0].status is MatchStatus.SUGGESTED


def test_a_record_worded_anew_keeps_its_place_and_only_its_new_words():
    """Among equals the order is that in which the records came first."""
    matcher = Matcher.build([Record("one", "Bendungan Contoh utuh", ""), Record("two", "Bendungan Contoh utuh", "")])
    matcher.add([Record("one", "Bendungan Contoh utuh", "")])
    assert [match.id for match in matcher.search("bendungan contoh utuh")] == ["one", "two"]


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_compared(query, title):
    """And a text is never another instance of itself."""
    small = SmallWords()
    small.add(title)
    are_other_instances(query, title, set(), small)
    assert not are_other_instances(query, query, set(), small)
