"""The readers of the public originals and of the desk's claims, on small files written here."""

import csv
import json
import zipfile
from dataclasses import replace
from datetime import date

import pytest

from data.corpus import corpus
from data.schema import DataError, Example, Kind, Label
from data.sources.desk import LABELS, decided_claims, row_of
from data.sources.originals import READERS, folder_of, grouped, joined, originals, present
from data.sources.turnbackhoax import claim_of
from serving.vocabulary import VerdictLabel

DECIDED = {
    "id": "17",
    "statement": "Air laut Kota Contoh menjadi manis.",
    "posts": ["Air laut di Kota Contoh manis, tanya @sampel_satu atau 0812-0000-0001"],
    "verdict": "salah",
    "n_people": 2,
    "decided_at": "2026-03-02T03:00:00Z",
}


def write_csv(path, *rows, encoding="utf-8", **form):
    """Write rows to a file, folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, **form).writerows(rows)


def write_decided(data, *rows):
    """Write decided claims where the desk's reader looks for them."""
    folder = folder_of(data, "desk")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "decided.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_sheet(path, *rows):
    """Write an XLSX file as Excel does, with the words apart and the last cell of a row left out when empty."""
    words = list(dict.fromkeys(cell for row in rows for cell in row if cell))
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    cells = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{letter}{number}" t="s"><v>{words.index(cell)}</v></c>'
            for letter, cell in zip("AB", row, strict=False)
            if cell
        )
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as parts:
        shared = "".join(f"<si><t>{word}</t></si>" for word in words)
        parts.writestr("xl/sharedStrings.xml", f"<sst {space}>{shared}</sst>")
        parts.writestr("xl/worksheets/sheet1.xml", f"<worksheet {space}><sheetData>{cells}</sheetData></worksheet>")


def read(data, name):
    """What the reader of a source yields."""
    return list(READERS[name](folder_of(data, name)))


def test_headlines_are_news_without_a_day(tmp_path):
    """CLICK-ID is read as news; its labels, which are about clickbait, are not taken for anything else."""
    path = folder_of(tmp_path, "clickid") / "clickid-main.csv"
    write_csv(path, ["title", "label", "label_score"], ["Wali Kota  Contoh Resmikan Taman", "non-clickbait", "0"])
    (row,) = read(tmp_path, "clickid")
    assert (row.text, row.label, row.kind, row.date) == (
        "Wali Kota Contoh Resmikan Taman",
        Label.NOT_HOAX,
        Kind.NEWS_HEADLINE,
        None,
    )


def test_a_blank_headline_is_passed_over(tmp_path):
    """An empty row of the scraper gives no example."""
    path = folder_of(tmp_path, "detik1520") / "scrapedDetikNEWS2015-2020.csv"
    write_csv(path, ["name"], ["\n      "], ["Pasar Contoh Dibuka"])
    assert [row.text for row in read(tmp_path, "detik1520")] == ["Pasar Contoh Dibuka"]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("RT USER: USER jalan di kampung contoh rusak lagi'", "jalan di kampung contoh rusak lagi"),
        (r"kapan diperbaiki? \xf0\x9f\x98\x84 URL", "kapan diperbaiki?"),
        (r"satu\n dua", "satu dua"),
    ],
)
def test_what_the_collector_left_leaves_a_tweet(tmp_path, raw, text):
    """Stand-ins, retweet marks, byte escapes and the closing quote mark the source, and go."""
    write_csv(folder_of(tmp_path, "hs") / "re_dataset.csv", ["Tweet", "HS"], [raw, "0"])
    (row,) = read(tmp_path, "hs")
    assert (row.text, row.label, row.source) == (text, Label.OPINION, "hs")


def test_tweets_that_are_not_utf8_are_read(tmp_path):
    """Bytes that were cut in collecting do not stop the reader."""
    path = folder_of(tmp_path, "hs") / "re_dataset.csv"
    write_csv(path, ["Tweet", "HS"], ["ais kepal contoh ð", "0"], encoding="latin-1")
    assert [row.text for row in read(tmp_path, "hs")] == ["ais kepal contoh ð"]


def test_the_three_files_of_emot_share_no_id_and_no_group(tmp_path):
    """Row 1 of each file is another row."""
    for part in ("train", "valid", "test"):
        write_csv(folder_of(tmp_path, "emot") / f"{part}.csv", ["label", "tweet"], ["happy", f"senang {part}"])
    rows = read(tmp_path, "emot")
    assert len({row.id for row in rows}) == len({row.group for row in rows}) == 3


def test_reviews_have_tabs_and_quotes_as_they_come(tmp_path):
    """SmSA has no header, and a quote in it is a quote."""
    for part in ("train", "valid", "test"):
        path = folder_of(tmp_path, "smsa") / f"{part}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"enak sekali di warung {part}\tpositive\n', encoding="utf-8")
    assert read(tmp_path, "smsa")[0].text == '"enak sekali di warung train'


@pytest.mark.parametrize(
    ("title", "label", "text"),
    [
        ("[SALAH] Air laut menjadi manis", Label.HOAX, "Air laut menjadi manis"),
        ("SALAH] Air laut menjadi manis", Label.HOAX, "Air laut menjadi manis"),
        ("(DISINFORMASI + HASUT) Air laut", Label.HOAX, "Air laut"),
        ("HOAX: Air laut menjadi manis", Label.HOAX, "Air laut menjadi manis"),
        ("[BENAR] Taman dibuka", Label.NOT_HOAX, "Taman dibuka"),
        ("[KLARIFIKASI] Dinas menjawab", Label.UNKNOWN, "Dinas menjawab"),
        ("[EDUKASI, HOAX] Cara memeriksa", Label.UNKNOWN, "Cara memeriksa"),
        ("“Lawan Berita Palsu!”", Label.UNKNOWN, "“Lawan Berita Palsu!”"),
    ],
)
def test_the_verdict_before_a_title_is_the_label_and_leaves_the_text(title, label, text):
    """A tag gives the label; lessons, events and clarifications assert no claim."""
    assert claim_of(title) == (label, text)


def test_titles_come_from_a_sheet_with_the_day_of_their_link(tmp_path):
    """The spreadsheet is read without a library; a missing link leaves the day open."""
    write_sheet(
        folder_of(tmp_path, "tbhtitles") / "titles.xlsx",
        ("Header", "Link"),
        ("[SALAH] Air laut menjadi manis", "https://contoh.example/2020/03/04/salah-air/"),
        ("[BENAR] Taman dibuka", ""),
    )
    assert [(row.text, row.label, row.date) for row in read(tmp_path, "tbhtitles")] == [
        ("Air laut menjadi manis", Label.HOAX, date(2020, 3, 4)),
        ("Taman dibuka", Label.NOT_HOAX, None),
    ]


def test_a_sheet_that_is_no_zip_is_named(tmp_path):
    """A web page in place of the file is a clear error."""
    path = folder_of(tmp_path, "tbhtitles") / "titles.xlsx"
    path.parent.mkdir(parents=True)
    path.write_text("<html>")
    with pytest.raises(DataError, match="not a readable XLSX file"):
        read(tmp_path, "tbhtitles")


def test_posts_of_2024_stand_beside_their_titles(tmp_path):
    """Title and post are one group, and an English month is read on any machine."""
    for name in ("politics", "scam", "others"):
        path = folder_of(tmp_path, "tbh2024") / f"{name}_hoax_text.csv"
        head = ["ID", "TITLE", "DATE", "HOAX_TEXT", "LLM_CATEGORY"]
        write_csv(path, head, [name, "Air laut manis", "2 Oct 2024", "Sebarkan! Air laut manis", name])
    title, post = read(tmp_path, "tbh2024")[:2]
    assert (title.kind, post.kind) == (Kind.FACTCHECK_TITLE, Kind.CIRCULATED_POST)
    assert (title.group, title.date) == (post.group, date(2024, 10, 2))


def test_facts_and_conclusions_are_never_read(tmp_path):
    """Of the thousand with facts only title and post become examples."""
    head = ["status", "title", "content", "fact", "references", "tanggal", "conclusion"]
    row = [
        "Salah",
        "Air laut manis",
        "Air laut manis!",
        "Faktanya asin",
        "https://contoh.example",
        "2024-01-05",
        "Asin",
    ]
    write_csv(folder_of(tmp_path, "hoax1k") / "hoax_1k.csv", head, row)
    assert [one.text for one in read(tmp_path, "hoax1k")] == ["Air laut manis", "Air laut manis!"]


def test_a_status_that_is_not_known_is_named(tmp_path):
    """A new verdict is not guessed at."""
    head = ["status", "title", "content", "tanggal"]
    write_csv(folder_of(tmp_path, "hoax1k") / "hoax_1k.csv", head, ["Mungkin", "a", "b", "2024-01-05"])
    with pytest.raises(DataError, match="row 1: status 'Mungkin'"):
        read(tmp_path, "hoax1k")


def test_brin_gives_titles_of_every_file_in_the_folder(tmp_path):
    """Both labels are read, with the tag gone; content and fact are passed over."""
    head = ["Label_id", "Label", "Title", "Content", "Fact"]
    rows = [["1", "HOAX", "[SALAH] Air laut manis", "x", "y"], ["0", "NON-HOAX", "Taman dibuka", "x", "y"]]
    write_csv(folder_of(tmp_path, "brin") / "merge.csv", head, *rows)
    found = read(tmp_path, "brin")
    assert [(row.text, row.label) for row in found] == [
        ("Air laut manis", Label.HOAX),
        ("Taman dibuka", Label.NOT_HOAX),
    ]


def test_a_missing_column_and_a_missing_file_are_named(tmp_path):
    """Both errors say which, and the second says what fetches it."""
    path = folder_of(tmp_path, "clickid") / "clickid-main.csv"
    write_csv(path, ["headline"], ["a"])
    with pytest.raises(DataError, match=r"lacks the column\(s\) title"):
        read(tmp_path, "clickid")
    path.unlink()
    with pytest.raises(DataError, match="suluh data pull"):
        read(tmp_path, "clickid")


def test_a_decided_claim_gives_statement_and_posts_without_personal_data(tmp_path):
    """Handles and numbers are masked whatever the exporter did; the day of the decision is kept."""
    write_decided(tmp_path, DECIDED)
    statement, post = read(tmp_path, "desk")
    assert (statement.label, statement.date, statement.group) == (Label.HOAX, date(2026, 3, 2), post.group)
    assert post.text == "Air laut di Kota Contoh manis, tanya @akun atau [nomor]"
    assert post.kind is Kind.CIRCULATED_POST


def test_every_verdict_of_the_desk_has_a_meaning_for_learning():
    """The two lists of verdicts, here and in the service, are one."""
    assert set(LABELS) == {str(label) for label in VerdictLabel}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_people": 1}, "a label needs two"),
        ({"verdict": "bohong"}, "verdict 'bohong'"),
        ({"decided_at": ""}, "decided_at is empty"),
        ({"posts": "satu"}, "posts is a list"),
        ({"n_people": 0}, "whole number from 1"),
    ],
)
def test_a_decided_claim_that_cannot_be_is_refused(tmp_path, change, message):
    """The row is named; what one person alone called false never becomes a label."""
    write_decided(tmp_path, DECIDED, DECIDED | change)
    with pytest.raises(DataError, match=message) as stopped:
        read(tmp_path, "desk")
    assert "row 2" in str(stopped.value)


def test_one_person_may_dismiss_as_satire(tmp_path):
    """A dismissal needs one human, and is learned as opinion."""
    write_decided(tmp_path, DECIDED | {"verdict": "satire", "n_people": 1})
    assert {row.label for row in decided_claims(folder_of(tmp_path, "desk"))} == {Label.OPINION}


def test_an_exported_row_is_read_back(tmp_path):
    """What writes a row and what reads it are held together."""
    write_decided(tmp_path, json.loads(row_of(DECIDED)))
    assert len(read(tmp_path, "desk")) == 2


def test_copies_in_two_sources_become_one_group(tmp_path):
    """A post of 2024 that the thousand hold again cannot train and test."""
    post = "Sebarkan! Air laut di Pantai Contoh berubah menjadi manis sejak kemarin malam kata warga"
    head = ["status", "title", "content", "tanggal"]
    write_csv(folder_of(tmp_path, "hoax1k") / "hoax_1k.csv", head, ["Salah", "Judul satu", post, "2024-01-05"])
    write_decided(tmp_path, DECIDED | {"posts": [post.upper() + "!!"]})
    rows = grouped(originals(tmp_path))
    assert len({row.group for row in rows}) == 1


def test_an_unknown_source_is_named(tmp_path):
    """A name without a reader lists those that have one."""
    with pytest.raises(DataError, match="No reader for 'antah'"):
        list(originals(tmp_path, ["antah"]))


def test_a_file_that_is_still_arriving_is_not_present(tmp_path):
    """A part alone does not make a source readable."""
    folder = folder_of(tmp_path, "hs")
    folder.mkdir(parents=True)
    (folder / "re_dataset.csv.part").write_bytes(b"x")
    assert present(tmp_path) == []


def test_the_desk_joins_the_tables_and_their_groups(tmp_path):
    """Where there are tables, originals are not read twice; the desk's copy of an older row joins its group."""
    text = "Air laut di Pantai Contoh berubah menjadi manis sejak kemarin malam kata warga setempat"
    claim = {"id": "tbh-1", "text": text, "post_text": "", "label": "hoax", "publisher": "contoh", "date": "2024-05-06"}
    line = json.dumps(claim | {"kind": "factcheck_claim_title", "dup_cluster": 7})
    (tmp_path / "claims.jsonl").write_text(line + "\n", encoding="utf-8")
    write_csv(folder_of(tmp_path, "clickid") / "clickid-main.csv", ["title"], ["Pasar Contoh Dibuka"])
    write_decided(tmp_path, DECIDED | {"statement": text, "posts": []})
    assert [(row.source, row.group) for row in corpus(tmp_path)] == [("tbh", "c7"), ("desk", "c7")]


def test_a_new_claim_never_joins_two_older_groups():
    """Rows that were known keep their groups, so the desk's claims move none of them to another part."""
    sentence = "warga melihat cahaya {} di atas pantai contoh sejak kemarin malam menjelang subuh tadi"
    known = [
        Example(f"tbh-{i}", sentence.format(colour), Label.HOAX, Kind.FACTCHECK_TITLE, "tbh", "contoh", f"c{i}")
        for i, colour in enumerate(["merah jambu terang", "biru tua berputar"])
    ]
    claim = [replace(row, id=f"desk-1#{row.id}", source="desk", group="desk-1") for row in known]
    rows = joined(known, claim)
    assert [row.group for row in rows] == ["c0", "c1", "c0", "c0"]


def test_an_empty_folder_says_what_fetches(tmp_path):
    """Neither tables nor originals: the message names the command."""
    with pytest.raises(DataError, match="suluh data pull"):
        corpus(tmp_path)
