"""A ministry's list as an Excel workbook: the first sheet as rows of text, bounded, with no formula worked out.

A formula is refused with its row, not computed and not read from what some program last kept of it: what a person
cannot see in the file decides nothing here. So is a number too long for Excel, whose last digits are lost already.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from importlib import import_module
from typing import IO, Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from serving.errors import InvalidInputError
from serving.i18n import mark

MAGIC = b"PK\x03\x04"
# Looked at before anything is unpacked; a list of 20,000 people unpacks to about a quarter of it.
UNPACKED_MAX_BYTES = 40_000_000
PARTS_MAX = 500
# Counted in each part before openpyxl makes objects of them, about 600 bytes each: 5 MB of empty formats, sent as 12
# kB, would take 600 MB. A list of 20,000 people has 700,000 elements in its sheet and 160,000 in its texts.
ELEMENTS_MAX = 1_000_000
ROW_ELEMENTS_MAX = 2_000
TEXT_ELEMENTS_MAX = 250_000
OTHER_ELEMENTS_MAX = 20_000
# As much as Excel lets a cell hold. A text is kept once and cells only name it: 20 MB of one, sent as 25 kB and named
# by 200 cells, would be copied for each of them.
TEXT_MAX_CHARS = 32_767
CHUNK_BYTES = 65_536
ROWS_MAX = 20_000
COLUMNS_MAX = 40
CELLS_MAX = 500
# Several times the longest value that a list may hold.
CELL_MAX_CHARS = 1_000
# Excel keeps fifteen digits of a number and writes zeros for the rest.
DIGITS_MAX = 15
_BROKEN = (
    zipfile.BadZipFile,
    ParseError,
    OSError,
    EOFError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    NotImplementedError,
    RuntimeError,
)


class CellRefusedError(InvalidInputError):
    """One cell cannot be taken, and so its row."""

    code = "row-refused"


def is_workbook(content: bytes) -> bool:
    """Tell whether a file begins as an .xlsx does; an old .xls does not."""
    return content.startswith(MAGIC)


def rows(content: bytes) -> Iterator[tuple[int, list[str] | CellRefusedError]]:
    """Give each row of the first sheet that is not empty, with its number in the sheet; the first is the columns'.

    Raises:
        InvalidInputError: the file is no workbook, or holds more than is taken at once.
    """
    try:
        _check_parts(content)
        book = _reader().load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            # What the file says of its own size may be wrong; the rows are counted as they come.
            sheet.reset_dimensions()
            yield from _read(sheet.iter_rows())
        finally:
            book.close()
    except InvalidInputError:
        raise
    except _BROKEN:
        raise InvalidInputError(mark("Berkas itu bukan buku kerja Excel (.xlsx) yang utuh.")) from None


def _reader() -> Any:
    """Load openpyxl with the first workbook: few processes meet one, and each would start a tenth of a second later."""
    return import_module("openpyxl")


def _check_parts(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = packed.infolist()
        if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX_BYTES:
            raise _too_large()
        for part in parts:
            with packed.open(part) as unpacked:
                _check_elements(unpacked)


def _too_large() -> InvalidInputError:
    return InvalidInputError(mark("Buku kerja itu terlalu besar setelah dibuka; bagi menjadi beberapa berkas."))


def _check_elements(part: IO[bytes]) -> None:
    """Count the elements of a part without keeping any; what is no XML is read by nobody, and so left alone."""
    reader, counted = expat.ParserCreate(), _Counted()
    reader.buffer_text = True
    reader.StartElementHandler, reader.EndElementHandler = counted.begin, counted.end
    reader.CharacterDataHandler = counted.text
    try:
        while chunk := part.read(CHUNK_BYTES):
            reader.Parse(chunk, False)
    except expat.ExpatError:
        return


class _Counted:
    """How many elements a part has had: in all, in the row that is open, and outside rows; and how long a text is.

    A row is one that lies in no other, as openpyxl makes cells of whatever an outer row holds. A text is what stands
    between two beginnings of a cell or of a kept text; parts that hold neither are not read for their words.
    """

    def __init__(self) -> None:
        self.n = self.n_in_row = self.n_outside = self.depth = self.depth_of_row = self.n_chars = 0
        self.outside_max = OTHER_ELEMENTS_MAX
        self.holds_texts = False

    def begin(self, name: str, _attributes: object) -> None:
        """Count one that opens; raise where there are too many."""
        local = name.rpartition(":")[2]
        self.depth += 1
        self.n += 1
        if self.depth == 1:
            self.outside_max = TEXT_ELEMENTS_MAX if local == "sst" else OTHER_ELEMENTS_MAX
            self.holds_texts = local in {"sst", "worksheet"}
        if local in {"si", "c"}:
            self.n_chars = 0
        if self.depth_of_row:
            self.n_in_row += 1
        elif local == "row":
            self.depth_of_row, self.n_in_row = self.depth, 0
        else:
            self.n_outside += 1
        if self.n_in_row > ROW_ELEMENTS_MAX or self.n_outside > self.outside_max or self.n > ELEMENTS_MAX:
            raise _too_large()

    def text(self, words: str) -> None:
        """Count the letters of a text; raise where there are too many."""
        self.n_chars += len(words)
        if self.holds_texts and self.n_chars > TEXT_MAX_CHARS:
            raise _too_large()

    def end(self, _name: str) -> None:
        """Close what is open."""
        if self.depth == self.depth_of_row:
            self.depth_of_row = 0
        self.depth -= 1


def _read(sheet: Iterator[Sequence[Any]]) -> Iterator[tuple[int, list[str] | CellRefusedError]]:
    for number, cells in enumerate(sheet, start=1):
        if number > ROWS_MAX:
            raise InvalidInputError(mark("Lembar itu lebih dari {n} baris; bagi menjadi beberapa berkas."), n=ROWS_MAX)
        # Cells that are only coloured reach further than those with words in them, but not without end.
        if len(cells) > CELLS_MAX:
            raise InvalidInputError(mark("Lembar itu lebih dari {n} kolom."), n=COLUMNS_MAX)
        try:
            texts = [_text(cell) for cell in cells]
        except CellRefusedError as error:
            yield number, error
            continue
        while texts and not texts[-1]:
            texts.pop()
        if len(texts) > COLUMNS_MAX:
            raise InvalidInputError(mark("Lembar itu lebih dari {n} kolom."), n=COLUMNS_MAX)
        if texts:
            yield number, texts


def _text(cell: Any) -> str:
    """Give one cell as a person reads it; raise where that cannot be known."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        raise CellRefusedError(
            mark("Sel {cell} berisi rumus; salin kolomnya sebagai nilai, lalu kirim lagi."), cell=cell.coordinate
        )
    if cell.data_type == "e":
        raise CellRefusedError(mark("Sel {cell} berisi galat {value}."), cell=cell.coordinate, value=str(value))
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(cell, value)
    text = str(value)
    if len(text) > CELL_MAX_CHARS:
        raise CellRefusedError(mark("Sel {cell} memuat lebih dari {n} huruf."), cell=cell.coordinate, n=CELL_MAX_CHARS)
    return text.strip()


def _number(cell: Any, value: float) -> str:
    text = format(value, ".0f") if float(value).is_integer() else str(value)
    if len(text.lstrip("-")) > DIGITS_MAX:
        raise CellRefusedError(
            mark("Sel {cell} menyimpan angka panjang, digit terakhirnya sudah hilang; ubah kolomnya menjadi teks."),
            cell=cell.coordinate,
        )
    return text
