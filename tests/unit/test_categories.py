"""The published list of words pre-fills a category."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from data.normalise import normalise
from serving.desk.incoming.categories import keywords, suggest
from serving.vocabulary import Category


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Klik tautan pendaftaran ini, dapat hadiah undian 50 juta", Category.FRAUD),
        ("Surat suara sudah dicoblos sebelum pemilu", Category.POLITICS),
        ("Bansos cair, cukup bawa KTP ke kantor kepala desa", Category.GOVERNMENT),
        ("Air rebusan bawang menyembuhkan kanker", Category.HEALTH),
        ("Malam ini gempa besar disusul tsunami", Category.DISASTER),
        ("Azan dilarang di semua masjid", Category.RELIGION),
        ("Redenominasi rupiah, uang kertas lama tidak laku", Category.ECONOMY),
        ("Awas penculikan anak, organ tubuh dijual", Category.SECURITY),
        ("Kucing saya suka tidur di jendela", Category.OTHER),
        ("", Category.OTHER),
    ],
)
def test_each_category_is_found(text, category):
    """A plain example of each is recognised; what has none of the words is left to the checker."""
    assert suggest(normalise(text)) is category


def test_every_category_but_the_last_has_words():
    """The list knows all categories and no others."""
    assert {category for category, _ in keywords().values()} == set(Category) - {Category.OTHER}


def test_most_sample_claims_get_their_category():
    """On the sample's own claims, of which each has a stated category, at least 7 in 10 are guessed."""
    rows = [json.loads(line) for line in files("data").joinpath("sample/claims.jsonl").read_text("utf-8").splitlines()]
    right = sum(suggest(normalise(row["statement"])).value == row["category"] for row in rows)
    assert right / len(rows) >= 0.7
