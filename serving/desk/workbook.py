"""A ministry's list as an Excel workbook: the first sheet as rows of text, bounded, with no formula worked out.

A formula is refused with its row, not computed and not read from what some program last kept of it: what a person
cannot see in the file decides nothing here. So is a number too long for Excel, whose last digits are lost already.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from serving.errors import InvalidInputError
from serving.i18n import mark

MAGIC = b"PK\x03\x04"
# Looked at before anything is unpacked; a list of 20,000 people unpacks to about a tenth of it.
UNPACKED_MAX_BYTES = 100_000_000
PARTS_MAX = 500
ROWS_MAX = 20_000
COLUMNS_MAX = 40
CELLS_MAX = 500
# Excel keeps fifteen digits of a number and writes zeros for the rest.
DIGITS_MAX = 15
_BROKEN = (
    zipfile.BadZipFile,
    InvalidFileException,
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
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
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


def _check_parts(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = packed.infolist()
    if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX_BYTES:
        raise InvalidInputError(mark("Buku kerja itu terlalu besar setelah dibuka; bagi menjadi beberapa berkas."))


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
    return str(value).strip()


def _number(cell: Any, value: float) -> str:
    text = format(value, ".0f") if float(value).is_integer() else str(value)
    if len(text.lstrip("-")) > DIGITS_MAX:
        raise CellRefusedError(
            mark("Sel {cell} menyimpan angka panjang, digit terakhirnya sudah hilang; ubah kolomnya menjadi teks."),
            cell=cell.coordinate,
        )
    return text
