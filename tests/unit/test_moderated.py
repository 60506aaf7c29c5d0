"""Comments from outside the tables: what each source says is read, what it does not say is not, and nobody is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from data.catalogue import PULLABLE, SOURCES
from data.schema import DataError
from data.sources.moderated import NAMES, masked, moderated, moderated_present
from data.sources_cli import list_sources, stats
from tests.moderated import write_csv, write_election, write_moderated, write_netifier

NONE = ("0", "0", "0", "0")


def read(data: Path, name: str):
    """The comments of one source."""
    return list(moderated(data, [name]))


@pytest.mark.parametrize("name", NAMES)
def test_each_source_is_in_the_catalogue_with_its_checksums(name):
    """What can be read can be pulled, and is known by its bytes."""
    assert name in PULLABLE
    assert all(file.sha256 and file.size_bytes and "/main/" not in file.address for file in SOURCES[name].files)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_source_names_the_command_that_fetches_it(name, tmp_path):
    """Nothing is read from a folder that is not there, and the sentence says what to type."""
    with pytest.raises(DataError, match=f"suluh data pull {name}"):
        read(tmp_path, name)


def test_a_mark_that_nobody_knows_is_no_negative(tmp_path):
    """A cell that is neither of the two words stops the reading, with its row."""
    write_csv(tmp_path, "porn500", "dataset500.csv", [("text", "label"), ("kalimat contoh tanpa tanda", "")])
    with pytest.raises(DataError, match="row 1: label is ''"):
        read(tmp_path, "porn500")


def test_what_has_not_arrived_is_not_there(tmp_path):
    """A file that is still coming does not make its source readable."""
    folder = tmp_path / "originals" / "netifier"
    folder.mkdir(parents=True)
    (folder / "train.csv.part").write_bytes(b"original")
    assert moderated_present(tmp_path) == []


def test_an_unknown_source_is_refused(tmp_path):
    """A name without a reader is said, with those that there are."""
    with pytest.raises(DataError, match="No reader for 'contoh'; there is: netifier"):
        read(tmp_path, "contoh")


@pytest.mark.parametrize("name", NAMES)
def test_every_source_gives_marked_and_unmarked_comments(name, tmp_path):
    """A source marks some texts with what it looks for, and says nothing of the rest."""
    write_moderated(tmp_path)
    rows = read(tmp_path, name)
    marks = {mark: {getattr(row, mark) for row in rows} for mark in ("hate", "abusive", "gambling", "scam", "sexual")}
    looked_for = {mark for mark, values in marks.items() if values != {None}}
    assert looked_for
    assert all(marks[mark] >= {True, False} for mark in looked_for)


def test_a_post_with_another_mark_is_no_negative(tmp_path):
    """Insult or radicalism alone says nothing of hate, and pornography nothing of abuse."""
    write_netifier(
        tmp_path,
        [
            ("tulisan contoh yang pertama sekali", "kaskus", "0", "1", "0", "0"),
            ("kalimat lain mengenai hal berbeda", "kaskus", "0", "0", "1", "0"),
            ("ucapan ketiga soal cuaca mendung", "twitter", "1", "0", "0", "0"),
            ("catatan biasa tanpa tanda apa pun", "instagram", *NONE),
        ],
    )
    marks = [(row.hate, row.abusive, row.sexual) for row in read(tmp_path, "netifier")]
    assert marks == [(True, None, False), (None, None, False), (False, None, True), (False, False, False)]


def test_copies_that_contradict_each_other_are_left_out(tmp_path):
    """A text comes once, and not at all where its copies carry different marks."""
    twice = "kalimat contoh yang ditulis dua kali"
    argued = "kalimat contoh yang diperdebatkan penandanya"
    rows = [(twice, "x", *NONE), (twice.upper(), "x", *NONE), (argued, "x", *NONE), (argued, "x", "0", "1", "0", "0")]
    write_netifier(tmp_path, rows)
    assert [row.text for row in read(tmp_path, "netifier")] == [twice]


def test_near_duplicates_share_a_group(tmp_path):
    """A split by group never parts two wordings of one message."""
    message = "Selamat nomor Anda mendapat hadiah mobil contoh dari undian toko misal silakan ambil di kantor {}"
    rows = [("Penipuan", "0", "0.99", message.format(end), "") for end in ("pusat", "cabang")]
    other = ("Lain-lain", "1", "0.5", "tarif internet contoh turun mulai senin depan", "")
    header = ("type", "type_pred", "proba", "message", "sender")
    write_csv(tmp_path, "smsreport", "dataset-sms-penipuan.csv", [header, *rows, other])
    first, second, third = (row.group for row in read(tmp_path, "smsreport"))
    assert first == second != third


def test_reports_are_read_where_both_opinions_agree(tmp_path):
    """Fraud needs the second opinion and its certainty; loans and gambling are read as neither."""
    header = ("type", "type_pred", "proba", "message", "sender")
    rows = [
        ("Penipuan", "0", "0.95", "hadiah contoh untuk pemilik kartu pertama", ""),
        ("Penipuan", "0", "0.60", "hadiah contoh untuk pemilik kartu kedua kali", ""),
        ("Penipuan", "0", "0.95", "main togel contoh pasti untung besar", ""),
        ("KTA", "2", "0.95", "pinjaman contoh tanpa jaminan cair cepat", ""),
        ("Lain-lain", "3", "0.40", "potongan harga baju anak di toko contoh", ""),
    ]
    write_csv(tmp_path, "smsreport", "dataset-sms-penipuan.csv", [header, *rows])
    assert [row.scam for row in read(tmp_path, "smsreport")] == [True, False]


def test_a_report_without_a_probability_is_refused(tmp_path):
    """A cell that is no number is named with its file and row."""
    rows = [("type", "type_pred", "proba", "message"), ("Penipuan", "0", "tinggi", "hadiah contoh bagi semua")]
    write_csv(tmp_path, "smsreport", "dataset-sms-penipuan.csv", rows)
    with pytest.raises(DataError, match="row 1: 'tinggi' is no probability"):
        read(tmp_path, "smsreport")


def test_no_brand_fills_the_promotions(tmp_path):
    """Fifty promotions of one brand are taken, none of a brand that the tables know, and nothing but ASCII."""
    names = [f"{one} {other}" for one in ("pagi", "siang", "sore", "malam") for other in map(chr, range(97, 117))]
    rows = [(f"main di merekcontoh77 setiap {name} seru", "1") for name in names]
    more = [("main di squad777 setiap hari seru", "1"), ("video bagus sekali, terima kasih é", "0")]
    write_csv(
        tmp_path,
        "judolyt2025nov",
        "labeled_comments.csv",
        [("comment_text", "target"), *rows, *more, ("video bagus sekali kak", "0")],
    )
    found = [row.gambling for row in read(tmp_path, "judolyt2025nov")]
    assert (found.count(True), found.count(False)) == (50, 1)


def test_election_tweets_are_read_with_their_line_ends(tmp_path):
    """The file ends its lines with a carriage return alone."""
    write_election(tmp_path, [("HS", "cuitan contoh yang pertama"), ("Non_HS", "cuitan contoh yang kedua")])
    assert [row.hate for row in read(tmp_path, "idhsd2017")] == [True, False]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("hubungi 0812-3456-7890 segera", "hubungi @nomor segera"),
        ("hubungi +62 812 3456 7890 segera", "hubungi @nomor segera"),
        ("rekening 1234567890123 atas nama contoh", "rekening @nomor atas nama contoh"),
        ("hadiah 500.000.000 rupiah", "hadiah 500.000.000 rupiah"),
        ("kata @contoh_akun.satu benar", "kata @akun benar"),
        ("[QUOTE=contoh]kata orang lain[/QUOTE]jawaban saya", "jawaban saya"),
        ("[QUOTE=a]luar [QUOTE=b]dalam[/QUOTE] lagi[/QUOTE] jawaban saya", "jawaban saya"),
        ("[B]tebal[/B] baris satu\\nbaris dua", "tebal baris satu baris dua"),
    ],
)
def test_people_are_masked_and_quoted_authors_left_out(raw, shown):
    """Numbers and handles are masked, and what is kept is the author's own."""
    assert masked(raw) == shown


def test_the_commands_know_the_sources(tmp_path):
    """`suluh data list` says that they are here, and `stats` counts their marks."""
    write_moderated(tmp_path)
    assert moderated_present(tmp_path) == list(NAMES)
    listed = CliRunner().invoke(list_sources, ["--data", str(tmp_path)])
    assert "netifier             here" in listed.output
    counted = CliRunner().invoke(stats, ["--data", str(tmp_path), "--originals"])
    assert counted.exit_code == 0, counted.output
    assert "       60  netifier" in counted.output
    assert "not gambling" in counted.output
