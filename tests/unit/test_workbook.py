"""A ministry's list as an Excel workbook: what people type there, and what no list should hold."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import openpyxl
import pytest
from openpyxl import Workbook

from serving.desk.people import roster, workbook
from serving.errors import InvalidInputError

HEAD = ("Staff_Number", "name", "ministry", "region", "active", "facebook", "x", "instagram", "measured_on")
GOOD = ("198001012005011001", "Contoh Satu", "komdigi", "ID-BA", True, 700, 600.0, "500", date(2026, 3, 1))


def book(*lists, head=HEAD, sheets=()):
    """A workbook with these rows under the columns' names."""
    made = Workbook()
    made.active.append(head)
    for row in lists:
        made.active.append(row)
    for title in sheets:
        made.create_sheet(title).append(["lain"])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _read(content):
    return list(roster.read_file(content))


def test_cells_are_read_as_a_person_reads_them():
    """Numbers, dates and yes or no come out as the same list in CSV would say them; only the first sheet counts."""
    found = _read(book(GOOD, (), GOOD[:4], sheets=("catatan",)))
    csv = ",".join(HEAD).lower() + "\n198001012005011001,Contoh Satu,komdigi,ID-BA,ya,700,600,500,2026-03-01\n"
    assert found[0].person == next(roster.read(csv)).person
    assert [(row.line, type(row).__name__) for row in found] == [(2, "GoodRow"), (4, "GoodRow")]


def _with(column, value):
    return (*GOOD[:column], value, *GOOD[column + 1 :])


@pytest.mark.parametrize(
    ("row", "part"),
    [
        (_with(5, "=6+494"), "F2 berisi rumus"),
        (_with(1, '=HYPERLINK("https://contoh.example")'), "B2 berisi rumus"),
        (_with(0, 198001012005011001), "A2 menyimpan angka panjang"),
        (_with(5, "#N/A"), "F2 berisi galat"),
        (_with(5, 700.5), "harus bilangan bulat"),
        (_with(3, "Banten"), "Tidak ada wilayah"),
        (_with(8, date(1999, 12, 31)), "di luar abad ini"),
        ((*GOOD, "lebih"), "punya 10 kolom"),
        (_with(1, "a" * (workbook.CELL_MAX_CHARS + 1)), "B2 memuat lebih dari 1000 huruf"),
    ],
    ids=["formula", "link", "long-number", "error", "fraction", "region", "date", "too-wide", "too-long"],
)
def test_a_bad_row_is_named_and_the_good_ones_are_taken(row, part):
    """The row is refused with its number and its cell; the next one is taken."""
    bad, good = _read(book(row, GOOD))
    assert (bad.line, good.line) == (2, 3)
    assert part in str(bad.error)
    assert bad.error.__traceback__ is None, "each refused row would be held in memory"
    assert good.person.name == "Contoh Satu"


def test_a_formula_is_never_worked_out():
    """Also what a program last kept of it is not read: only what a person typed."""
    packed = io.BytesIO(book(_with(5, "=6+494")))
    out = io.BytesIO()
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                content = content.replace(b"<f>6+494</f><v></v>", b"<f>6+494</f><v>500</v>").replace(
                    b"<f>6+494</f><v />", b"<f>6+494</f><v>500</v>"
                )
                assert b"<v>500</v>" in content
            new.writestr(part, content)
    assert [type(row).__name__ for row in _read(out.getvalue())] == ["BadRow"]


def _packed(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        book(head=("name", "ministry")),
        book(head=("=A1", *HEAD[1:])),
        book()[:900],
        _packed(a="b"),
        _packed(**{f"bagian{n}": "" for n in range(workbook.PARTS_MAX + 1)}),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old .xls",
        book([""] * 60 + ["jauh"]),
    ],
    ids=["columns", "formula-head", "cut", "no-sheet", "many-parts", "old-xls", "wide"],
)
def test_a_file_that_is_no_list_is_refused_whole(content):
    """With one sentence for whoever sent it."""
    with pytest.raises(InvalidInputError):
        _read(content)


def test_what_unpacks_to_too_much_is_refused_unread(monkeypatch):
    """The sizes are looked at before anything is unpacked."""
    monkeypatch.setattr(workbook, "UNPACKED_MAX_BYTES", 1_000)
    with pytest.raises(InvalidInputError, match="terlalu besar"):
        _read(book(GOOD))


def _inflated(part, at, element, n):
    """A sound list of one person, with an element written so often behind a place in one of its parts."""
    with zipfile.ZipFile(io.BytesIO(book(GOOD))) as sound:
        parts = {each: sound.read(each) for each in sound.namelist()}
    content = parts.get(part, b"<sst></sst>")
    where = content.index(b">", content.index(at)) + 1
    return _packed(**parts | {part: content[:where] + element * n + content[where:]})


@pytest.mark.parametrize(
    ("part", "at", "element", "most"),
    [
        ("xl/styles.xml", b"<cellXfs", b"<xf/>", "OTHER_ELEMENTS_MAX"),
        ("xl/sharedStrings.xml", b"<sst", b"<si/>", "TEXT_ELEMENTS_MAX"),
        ("xl/worksheets/sheet1.xml", b'<row r="2"', b"<c/>", "ROW_ELEMENTS_MAX"),
        ("xl/worksheets/sheet1.xml", b'<row r="2"', b"<c/><row/>", "ROW_ELEMENTS_MAX"),
        ("xl/worksheets/sheet1.xml", b"<sheetData", b"<cols/>", "OTHER_ELEMENTS_MAX"),
        ("xl/worksheets/sheet1.xml", b"<sheetData", b"<row/>", "ELEMENTS_MAX"),
        ("xl/sharedStrings.xml", b"<sst", b"kata", "TEXT_MAX_CHARS"),
    ],
    ids=["formats", "texts", "cells", "rows-in-a-row", "beside-rows", "rows", "letters"],
)
def test_a_small_file_that_becomes_millions_of_objects_is_refused_before_it_does(monkeypatch, part, at, element, most):
    """A few kilobytes unpack to nothing but elements, each an object, or to one text that every cell would copy."""
    monkeypatch.setattr(workbook, most, n_most := 1_000)
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(InvalidInputError, match="terlalu besar"):
        _read(_inflated(part, at, element, n_most))


def test_rows_are_counted_as_they_come(monkeypatch):
    """A sheet with too many rows is refused, also where they are empty."""
    monkeypatch.setattr(workbook, "ROWS_MAX", 3)
    assert len(_read(book(GOOD, GOOD))) == 2
    with pytest.raises(InvalidInputError, match="lebih dari 3 baris"):
        _read(book(GOOD, (), (), GOOD))
