"""Place names are found in texts, and everyday words are not taken for places."""

from __future__ import annotations

from importlib.resources import files
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.places import provinces
from serving.desk.regions import regions


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Banjir di BANDUNG dan Cimahi, warga mengungsi", ("ID-JB",)),
        ("Gempa terasa di Kab. Bantul sampai Surakarta", ("ID-JT", "ID-YO")),
        ("Papua Barat Daya, bukan yang lain", ("ID-PD",)),
        ("jabar, jateng, jatim", ("ID-JB", "ID-JI", "ID-JT")),
        ("Wali Kota Padang menjawab", ("ID-SB",)),
        ("ke Malang naik kereta", ("ID-JI",)),
        ("nasib malang menimpa kami", ()),
        ("mereka diserang, kata saksi", ()),
        ("kota Serang ramai", ("ID-BT",)),
        ("kembali ke rumah di atas batu besar", ()),
        ("", ()),
        ("prajurit gugur di medan perang", ()),
        ("mobil itu diuji di medan yang berat", ()),
        ("Papua Nugini menutup perbatasan", ()),
        ("warga Papua Nugini masuk Papua", ("ID-PA",)),
        ("dari Sabang sampai Merauke", ()),
        ("tersesat di padang pasir lalu ke Padang", ("ID-SB",)),
        ("banjir DKI surut, kata Pemprov DKI", ("ID-JK",)),
        ("demo di Medan Merdeka Barat", ("ID-JK",)),
    ],
)
def test_a_text_names_its_provinces(text, codes):
    """Short names, cities and regencies; a word of every day only behind what makes it a place."""
    assert provinces(text) == codes


def test_every_listed_name_is_of_a_province_and_stands_once():
    """The list and the provinces agree, no name has two owners, and every province has its own name."""
    lines = (files("data") / "places.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert {code for code, _ in rows} == set(regions()) | {"-"}
    names = [name.rstrip("*!") for _, name in rows]
    assert len(names) == len(set(names))
    assert all(name == name.casefold().strip() for name in names)
    for region in regions().values():
        assert provinces(f"warga {region.name} bertanya") == (region.code,)


@given(st.text(max_size=300))
def test_any_text_gives_known_codes_in_order(text):
    """Whatever is written, the answer is sorted, without doubles, and known."""
    found = provinces(text)
    assert list(found) == sorted(set(found))
    assert set(found) <= set(regions())


def test_a_long_text_takes_linear_time():
    """Forty thousand first words of names are read in well under a second."""
    start = perf_counter()
    provinces("papua kota tanjung " * 13_000)
    assert perf_counter() - start < 2.0
