"""Floors under the released moderator, by the figures that its training recorded and on the real tables."""

from __future__ import annotations

import json

import pytest

from data.sources.tables import data_folder
from eval.moderation import FLAGGED, NEVER_MET, POSTED, RECORDED, UNMARKED, measure
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
    "Program makan gratis ini gagal total, mundur saja pak kalau tidak sanggup.",
    "Gagal total! Mundur saja, Pak Menteri, rakyat sudah capek dengan janji.",
    "Bansos telat lagi, kementerian contoh kerjanya apa sih selama ini?",
    "DPR jangan cuma naik gaji, dengarkan juga suara rakyat kecil.",
    "Tarif listrik naik terus, kami makin tercekik, tolong pemerintah punya hati.",
    "Bupati contoh lebih sering foto-foto daripada memperbaiki jalan rusak.",
    "Percuma lapor, petugasnya cuek dan laporan kami hilang entah ke mana.",
    "Kebijakan zonasi ini kacau, anak saya jadi korban sistem yang tidak jelas.",
    "Pajak naik, pelayanan turun. Logikanya di mana, Pak?",
    "Kami buruh menolak undang-undang ini karena merugikan pekerja.",
    "Rezim ini tidak peduli nasib petani, harga pupuk dibiarkan melambung.",
    "Presiden harus bertanggung jawab atas kekacauan distribusi gas elpiji.",
    "Menteri yang satu ini tidak paham lapangan, ganti saja dengan yang kompeten.",
    "Korupsi lagi, korupsi lagi. Kapan negeri ini bersih dari pejabat maling uang rakyat?",
    "Polisi kok malah menyalahkan korban, memalukan sekali.",
    "Proyek kereta itu pemborosan, utangnya ditanggung anak cucu kita.",
    "Pemerintah bohong soal stok beras, di pasar kami kosong sejak minggu lalu.",
    "Tolak kenaikan PPN! Rakyat sedang susah, jangan ditambah beban.",
    "Wakil rakyat tidur saat sidang, digaji mahal dari uang kita.",
    "Gubernur contoh hanya pencitraan, banjir tidak pernah selesai.",
    "Kecewa berat sama layanan BPJS, antre dari subuh tetap tidak dapat dokter.",
    "Guru honorer dibayar murah, ini penghinaan terhadap profesi pendidik.",
    "Ormas contoh seenaknya memalak pedagang, aparat diam saja.",
    "Pemilu kali ini penuh kecurangan, KPU harus menjelaskan kepada publik.",
    "Jangan salahkan rakyat miskin kalau kebijakan kalian yang keliru.",
    "Pendukung dua kubu sama saja, sama-sama lupa mengawasi janji kampanye.",
    "Warga kampung kami dipaksa pindah demi tambang, ini tidak adil.",
    "Toleransi cuma di spanduk, izin rumah ibadah kami dipersulit pemda.",
    "Islam mengajarkan keadilan, jadi pejabat muslim harus adil juga kepada yang lemah.",
    "Sebagai warga keturunan Tionghoa saya ingin dilayani sama di kantor desa.",
    "Umat Kristen di daerah contoh masih kesulitan membangun gereja, mohon perhatian pemerintah.",
    "Orang Papua berhak didengar sebelum hutan adatnya dibuka.",
    "Anggaran rapat di hotel sampai miliaran, sekolah kami atapnya bocor.",
    "Dinas contoh lamban sekali, surat saya tiga minggu tidak ditandatangani.",
    "Kalian pejabat enak, kami yang antre minyak goreng berjam-jam.",
    "Sudah gagal, tidak mau mengaku, malah menyalahkan cuaca. Turun saja dari jabatan!",
    "Satu periode tidak ada hasil, jangan minta dua periode.",
    "Hapus tunjangan rumah DPR, pakai untuk perbaiki puskesmas.",
    "Presiden lama dan presiden baru sama-sama harus dikritik kalau salah, itu namanya demokrasi.",
    "Hukum tajam ke bawah tumpul ke atas, anak pejabat bebas berkeliaran.",
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


@pytest.mark.parametrize(
    ("label", "source", "floor"),
    [
        ("hate", "netifier", 0.50),
        ("abusive", "netifier", 0.70),
        ("sexual", "netifier", 0.88),
        ("sexual", "porn500", 0.91),
        ("scam", "smsreport", 0.95),
    ],
)
def test_average_precision_on_sources_outside_the_tables(recorded, label, source, floor):
    """A label ranks a source that its fit never met above a floor, which is low where sources mean different things."""
    (figure,) = (row for row in recorded[RECORDED] if (row["label"], row["left_out"]) == (label, source))
    assert figure["how"] == NEVER_MET
    assert figure["ap"]["value"] >= floor


@pytest.mark.parametrize("label", [label for label in LABELS if label is not ModerationLabel.ABUSIVE])
def test_citizens_posts_never_met_are_rarely_flagged(recorded, label):
    """At most one in a hundred posts of the collections that only measure is flagged."""
    (figure,) = (row for row in recorded[POSTED] if row["label"] == label.value)
    assert figure["flagged"]["value"] <= 0.01


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
    kept = {(row["label"], row["slice"]): row["flagged"]["value"] for row in (*recorded[FLAGGED], *recorded[POSTED])}
    found = {(row.label.value, row.slice): row.flagged.value for row in report.flagged}
    assert found == pytest.approx(kept, abs=2e-3)
