"""Rows of the files that other people publish: CSV and TSV in several encodings, and the first sheet of an XLSX.

Only the two parts of an XLSX file that hold its words are read, so that one file of one source asks for no library.
"""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import IO, Final, Literal
from xml.etree import ElementTree as ET

from data.schema import DataError

_LONGEST_FIELD: Final = 10_000_000  # characters; a fact-check's narrative exceeds the library's 131,072
_MOST_UNPACKED_BYTES: Final = 64_000_000  # of one part of an XLSX file
_SHEET: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written. Without `columns` the first row names them."""

    separator: str = ","
    encoding: str = "utf-8-sig"
    quoted: bool = True
    columns: tuple[str, ...] = ()


COMMA: Final = Form()
TAB_WITHOUT_HEADER: Final = Form(separator="\t", quoted=False, columns=("text", "label"))


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row by column, and where it stands, for an error or an id."""

    cells: dict[str, str]
    number: int  # from 1; the header is not counted
    where: str

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def delimited_rows(path: Path, wanted: Sequence[str], form: Form = COMMA) -> Iterator[Row]:
    """Yield each row of `path`; DataError where it is missing, lacks a column, or is not in that form."""
    csv.field_size_limit(_LONGEST_FIELD)
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if form.quoted else csv.QUOTE_NONE
    try:
        with path.open(encoding=form.encoding, newline="") as stream:
            yield from _named(csv.reader(stream, delimiter=form.separator, quoting=quoting), path, wanted, form.columns)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing; `suluh data pull` fetches it.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not readable as {form.encoding} text: {error}.") from error


def sheet_rows(path: Path, wanted: Sequence[str]) -> Iterator[Row]:
    """Yield each row of the first sheet of an XLSX file, whose first row names the columns."""
    try:
        with zipfile.ZipFile(path) as parts:
            words = [_text_of(entry) for entry in _elements(parts, "xl/sharedStrings.xml", "si")]
            cells = [_cells(row, words) for row in _elements(parts, "xl/worksheets/sheet1.xml", "row")]
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing; `suluh data pull` fetches it.") from error
    except (zipfile.BadZipFile, ET.ParseError, KeyError, IndexError, ValueError) as error:
        raise DataError(f"{path} is not a readable XLSX file: {error}.") from error
    yield from _named(iter(cells), path, wanted, ())


def _named(rows: Iterator[list[str]], path: Path, wanted: Sequence[str], columns: tuple[str, ...]) -> Iterator[Row]:
    names = columns or tuple(next(rows, []))
    missing = sorted(set(wanted) - set(names))
    if missing:
        raise DataError(f"{path} lacks the column(s) {', '.join(missing)}.")
    for number, cells in enumerate(rows, start=1):
        if len(cells) > len(names) and any(cells[len(names) :]):
            raise DataError(f"{path}, row {number}: {len(cells)} cells for {len(names)} columns.")
        named = dict(zip_longest(names, cells[: len(names)], fillvalue=""))
        yield Row({column: named[column] for column in wanted}, number, f"{path}, row {number}")


def _elements(parts: zipfile.ZipFile, name: str, tag: str) -> Iterator[ET.Element]:
    if parts.getinfo(name).file_size > _MOST_UNPACKED_BYTES:
        raise ValueError(f"{name} unpacks to more than {_MOST_UNPACKED_BYTES:,} bytes")
    with parts.open(name) as stream:
        yield from _parsed(stream, f"{_SHEET}{tag}")


def _parsed(stream: IO[bytes], tag: str) -> Iterator[ET.Element]:
    # The parser refuses external entities, and expat 2.4 and later refuse an entity that grows without measure.
    for _, element in ET.iterparse(stream):  # noqa: S314 - bounded above; a pulled file has a known checksum
        if element.tag == tag:
            yield element
            element.clear()


def _text_of(entry: ET.Element) -> str:
    return "".join(part.text or "" for part in entry.iter(f"{_SHEET}t"))


def _cells(row: ET.Element, words: Sequence[str]) -> list[str]:
    """The cells of a row in the order of their columns; an empty cell between two others keeps its place."""
    cells: list[str] = []
    for cell in row.iter(f"{_SHEET}c"):
        column = _column_of(cell.get("r", ""))
        cells.extend([""] * (column - len(cells)))
        value = cell.findtext(f"{_SHEET}v") or ""
        cells.append(words[int(value)] if cell.get("t") == "s" and value else value)
    return cells


def _column_of(reference: str) -> int:
    """The column of a cell, from 0: the 1 of "B7"."""
    column = 0
    for letter in reference:
        if letter.isalpha():
            column = column * 26 + ord(letter.upper()) - ord("A") + 1
    return column - 1
