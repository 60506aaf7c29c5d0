"""Floors under the released moderator, by the figures that its training recorded and on the real tables."""

from __future__ import annotations

import json

import pytest

from data.sources.tables import data_folder
from eval.moderation import FLAGGED, RECORDED, UNMARKED, measure
from models.artifact import RELEASED, read_manifest, released_moderator
from models.moderation import LABELS, ModerationLabel
from training.moderation_recipe import read_moderation_recipe

FOLDER = RELEASED / "moderation"
CRITICISM = [
    "Menurut saya kebijakan contoh ini kurang tepat dan membebani warga kecil.",
    "Kenapa jalan di desa kami belum juga diperbaiki, padahal anggarannya sudah ada?",
    "Pemerintah daerah sebaiknya mendengar keluhan pedagang pasar sebelum menggusur.",
    "Saya kecewa dengan pelayanan kantor ini, antre tiga jam dan tidak dilayani.",
    "Janji menurunkan harga beras sampai hari ini tidak ditepati, kami menunggu penjelasan.",
    "DPR harus lebih terbuka soal anggaran, rakyat berhak tahu.",
    "Tarif baru ini tidak adil bagi pengemudi, tolong ditinjau ulang.",
    "Polisi lambat menangani laporan kami, sudah dua bulan tidak ada kabar.",
]


@pytest.fixture(scope="module")
def recorded():
    """The figures in the released manifest."""
    return read_manifest(FOLDER).metrics


def test_the_manifest_holds_the_recipe_that_ships():
    """The recipe in the repository is the one that made the weights."""
    made_by = read_manifest(FOLDER).recipe
    assert made_by == json.loads(json.dumps(read_moderation_recipe("moderation").as_dict()))


@pytest.mark.parametrize(
    ("label", "left_out", "floor"),
    [
        ("gambling", "yt_promo_b", 0.98),
        ("gambling", "yt_promo_a", 0.95),
        ("scam", "wa_sms_b", 0.95),
        ("scam", "sms_a", 0.94),
        ("hate", "tw_multilabel", 0.90),
        ("abusive", "tw_multilabel", 0.96),
        ("sexual", "chat_weak", 0.96),
    ],
)
def test_average_precision_on_rows_never_met(recorded, label, left_out, floor):
    """A label ranks rows that the fit did not meet above a floor."""
    (figure,) = (row for row in recorded[RECORDED] if (row["label"], row["left_out"]) == (label, left_out))
    assert figure["ap"]["value"] >= floor


@pytest.mark.parametrize("label", [label for label in LABELS if label is not ModerationLabel.ABUSIVE])
def test_unmarked_opinion_is_rarely_flagged(recorded, label):
    """At most 1.5 % of unseen opinion that its own collection left unmarked is flagged."""
    (figure,) = (row for row in recorded[FLAGGED] if (row["label"], row["slice"]) == (label.value, UNMARKED))
    assert figure["flagged"]["value"] <= 0.015


def test_criticism_without_abuse_is_not_flagged():
    """Invented criticism and grievance carry no flag at all."""
    answers = released_moderator("moderation").moderate_many(CRITICISM)
    assert [text for text, answer in zip(CRITICISM, answers, strict=True) if answer.flags] == []


@pytest.mark.data
def test_evaluation_repeats_what_the_card_says(recorded):
    """Flags on the real unseen opinions are those that the manifest keeps."""
    report = measure(FOLDER, data_folder())
    kept = {(row["label"], row["slice"]): row["flagged"]["value"] for row in recorded[FLAGGED]}
    found = {(row.label.value, row.slice): row.flagged.value for row in report.flagged}
    assert found == pytest.approx(kept, abs=2e-3)
