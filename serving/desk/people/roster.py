"""A ministry's list of people as a file: read row by row, each good row a value, each bad one a reason.

JSON lines, CSV (comma or semicolon, as spreadsheets write it here) and Excel workbooks carry the same columns. A list
says who works where; it cannot give consent for anybody, so a column that claims so is refused.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from serving.desk.people import workbook
from serving.desk.regions import regions
from serving.errors import InvalidInputError
from serving.i18n import ZONES, mark
from serving.vocabulary import EvidenceMethod, Platform, Topic

STAFF_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./-]{2,39}")
EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
DISTRICT = re.compile(r"[0-9]{2}\.[0-9]{2}")
NAME_MAX = 120
# Of a column or topic that is not known, so much is said back.
NAMED_CHARS = 40
COUNT_MAX = 10**10
MAX_CHARS = 50_000_000
COLUMNS = frozenset(
    {"staff_number", "name", "ministry", "unit", "region", "timezone", "topics", "email", "active", "measured_on"}
    | {"district"}
    | {platform.value for platform in Platform}
)
REQUIRED = ("staff_number", "name", "ministry", "region")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_YES = frozenset({"1", "true", "ya", "yes", "aktif"})
_NO = frozenset({"0", "false", "tidak", "no", "nonaktif"})


class RowRefusedError(InvalidInputError):
    """One row cannot be taken; the others can."""

    code = "row-refused"


@dataclass(frozen=True, slots=True)
class Person:
    """One row of a list.

    Attributes:
        staff_number: as the employer writes it, without spaces; kept only as a keyed hash.
        ministry: its code.
        region: ISO 3166-2:ID code.
        district: the Interior Ministry's number of the regency or city, such as 31.71; empty where it is not known.
        timezone: IANA name; that of the region where the list does not say.
        topics: empty where the list does not say, which leaves a person's own choice alone.
        followers: count per platform, all measured at ``measured_at``.
        measured_at: 00.00 UTC of the day, which is the morning in Indonesia; none where the row has no counts.
    """

    staff_number: str
    name: str
    ministry: str
    region: str
    timezone: str
    unit: str = ""
    district: str = ""
    topics: tuple[Topic, ...] = ()
    email: str | None = None
    active: bool = True
    followers: tuple[tuple[Platform, int], ...] = ()
    measured_at: datetime | None = None
    method: EvidenceMethod = EvidenceMethod.HR


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken, with its line in the file (the first is 1) and the reason."""

    line: int
    error: RowRefusedError


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A row that can be taken, with its line."""

    line: int
    person: Person


def read(text: str) -> Iterator[GoodRow | BadRow]:
    """Read a whole file, JSON lines where its first character is ``{`` and CSV otherwise.

    Raises:
        InvalidInputError: the file as a whole cannot be read: too long, empty, or CSV without the needed columns.
    """
    if len(text) > MAX_CHARS:
        raise InvalidInputError(mark("Daftar terlalu besar; bagi menjadi beberapa berkas."))
    text = text.lstrip("\ufeff")
    if not text.strip():
        raise InvalidInputError(mark("Daftar itu kosong."))
    numbered = _json_lines(text) if text.lstrip().startswith("{") else _csv_rows(text)
    return _checked(numbered)


def read_file(content: bytes) -> Iterator[GoodRow | BadRow]:
    """Read a file as it was sent: an Excel workbook, or text in UTF-8 as ``read`` takes it.

    Raises:
        InvalidInputError: the file as a whole cannot be read.
    """
    if workbook.is_workbook(content):
        return _checked(_sheet_rows(content))
    try:
        return read(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            mark("Berkas itu bukan UTF-8 (bita ke-{byte}); simpan ulang sebagai UTF-8 atau Excel."), byte=error.start
        ) from None


def read_rows(rows: Iterable[object]) -> Iterator[GoodRow | BadRow]:
    """Read rows that are objects already."""
    return _checked(enumerate(rows, start=1))


def _checked(numbered: Iterable[tuple[int, object]]) -> Iterator[GoodRow | BadRow]:
    for line, row in numbered:
        try:
            yield GoodRow(line, person_of(_object(row)))
        except RowRefusedError as error:
            # Its trace would keep the whole row, and a list may hold twenty thousand.
            yield BadRow(line, error.with_traceback(None))


def _object(row: object) -> Mapping[Any, Any]:
    if isinstance(row, RowRefusedError):
        raise row
    if not isinstance(row, Mapping):
        raise RowRefusedError(mark("Baris ini bukan objek dengan kolom."))
    return row


def _json_lines(text: str) -> Iterator[tuple[int, object]]:
    # Only line feeds end a row: other separators may stand inside a JSON string.
    for line, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            yield line, json.loads(raw)
        except (ValueError, RecursionError):
            yield line, RowRefusedError(mark("Baris ini bukan JSON yang utuh."))


def _sheet_rows(content: bytes) -> Iterator[tuple[int, object]]:
    body = workbook.rows(content)
    head = next(body, None)
    if head is None:
        raise InvalidInputError(mark("Daftar itu kosong."))
    if isinstance(head[1], InvalidInputError):
        raise head[1]
    columns = _columns(head[1])
    return (
        (line, RowRefusedError(cells.message, **cells.params))
        if isinstance(cells, InvalidInputError)
        else _row_of(line, columns, cells + [""] * (len(columns) - len(cells)))
        for line, cells in body
    )


def _columns(names: list[str]) -> list[str]:
    """Give the names of the columns; raise where one that is needed is missing."""
    columns = [name.strip().lower() for name in names]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise InvalidInputError(mark("Daftar itu tidak punya kolom: {names}."), names=", ".join(missing))
    return columns


def _row_of(line: int, columns: list[str], cells: list[str]) -> tuple[int, object]:
    """Give a row by the names of its columns, or why that cannot be."""
    if len(cells) != len(columns):
        return line, RowRefusedError(
            mark("Baris ini punya {n} kolom, seharusnya {needed}."), n=len(cells), needed=len(columns)
        )
    return line, dict(zip(columns, cells, strict=True))


def _csv_rows(text: str) -> Iterator[tuple[int, object]]:
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        names = next(reader)
    except csv.Error:
        raise InvalidInputError(mark("Baris pertama CSV tidak dapat dibaca.")) from None
    return _csv_body(reader, _columns(names))


def _csv_body(reader: Any, columns: list[str]) -> Iterator[tuple[int, object]]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield reader.line_num, RowRefusedError(mark("Baris ini tidak dapat dibaca sebagai CSV."))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        yield _row_of(reader.line_num, columns, cells)


# ---- one row ---------------------------------------------------------------------------------------------------


def person_of(row: Mapping[Any, Any]) -> Person:
    """Check one row; raise ``RowRefusedError`` with the first thing that does not fit."""
    unknown = sorted(_told(name) for name in row if name not in COLUMNS)
    if unknown:
        raise RowRefusedError(mark("Kolom yang tidak dikenal: {names}."), names=", ".join(unknown[:5]))
    region = _region(_line(row, "region"))
    followers = _followers(row)
    return Person(
        staff_number=_staff_number(row),
        name=_line(row, "name", needed=True),
        ministry=_line(row, "ministry", needed=True, longest=40),
        region=region,
        timezone=_timezone(_line(row, "timezone"), region),
        unit=_line(row, "unit"),
        district=_district(_line(row, "district")),
        topics=_topics(row.get("topics")),
        email=_email(_line(row, "email", longest=254)),
        active=_yes_no(row.get("active")),
        followers=followers,
        measured_at=_measured_at(_line(row, "measured_on")) if followers else None,
    )


def _told(value: object) -> str:
    """Write what a list holds so that it can be sent back: short, and valid Unicode."""
    return str(value)[:NAMED_CHARS].encode("utf-8", "replace").decode()


def _line(row: Mapping[Any, Any], name: str, *, needed: bool = False, longest: int = NAME_MAX) -> str:
    value = row.get(name)
    if value is None:
        value = ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RowRefusedError(mark("Kolom {name} harus teks."), name=name)
    text = str(value).strip()
    if _CONTROL.search(text):
        raise RowRefusedError(mark("Kolom {name} memuat huruf yang tidak dapat disimpan."), name=name)
    if len(text) > longest:
        raise RowRefusedError(mark("Kolom {name} lebih dari {n} huruf."), name=name, n=longest)
    if needed and not text:
        raise RowRefusedError(mark("Kolom {name} kosong."), name=name)
    return text


def _staff_number(row: Mapping[Any, Any]) -> str:
    text = _line(row, "staff_number", needed=True)
    if not STAFF_NUMBER.fullmatch(text):
        raise RowRefusedError(mark("Nomor pegawai tidak terbaca."))
    return re.sub(r"[ ./-]", "", text).upper()


def _region(code: str) -> str:
    if code not in regions():
        raise RowRefusedError(mark("Tidak ada wilayah dengan kode “{code}”."), code=code)
    return code


def _district(code: str) -> str:
    if code and not DISTRICT.fullmatch(code):
        raise RowRefusedError(mark("Kode kabupaten/kota ditulis seperti 31.71."))
    return code


def _timezone(name: str, region: str) -> str:
    if not name:
        return regions()[region].timezone
    if name.upper() not in ZONES:
        raise RowRefusedError(mark("Zona waktu adalah WIB, WITA, atau WIT."))
    return ZONES[name.upper()]


def _topics(value: object) -> tuple[Topic, ...]:
    words = value.split("|") if isinstance(value, str) else value
    if words is None:
        return ()
    if not isinstance(words, list):
        raise RowRefusedError(mark("Kolom {name} harus daftar."), name="topics")
    chosen = [str(word).strip() for word in words if str(word).strip()]
    for word in chosen:
        if word not in set(Topic):
            raise RowRefusedError(mark("Tidak ada topik “{topic}”."), topic=_told(word))
    return tuple(Topic(word) for word in dict.fromkeys(chosen))


def _email(text: str) -> str | None:
    if text and not EMAIL.fullmatch(text):
        raise RowRefusedError(mark("Alamat surel tidak terbaca."))
    return text or None


def _yes_no(value: object) -> bool:
    word = str(value).strip().lower() if value is not None else ""
    if word not in _YES | _NO | {""}:
        raise RowRefusedError(mark("Kolom {name} dijawab ya atau tidak."), name="active")
    return word not in _NO


def _followers(row: Mapping[Any, Any]) -> tuple[tuple[Platform, int], ...]:
    found = []
    for platform in Platform:
        text = _line(row, platform.value)
        if not text:
            continue
        # int() reads digits of other scripts too; a list holds ASCII digits only.
        if not (text.isascii() and text.isdigit()) or int(text[:20]) > COUNT_MAX or len(text) > len(str(COUNT_MAX)):
            raise RowRefusedError(mark("Jumlah pengikut {platform} harus bilangan bulat."), platform=platform.value)
        found.append((platform, int(text)))
    return tuple(found)


def _measured_at(text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
        moment = datetime.combine(day, time(), tzinfo=UTC)
    except ValueError:
        raise RowRefusedError(mark("Jumlah pengikut perlu tanggal ukur (measured_on), seperti 2026-03-01.")) from None
    if not datetime(2000, 1, 1, tzinfo=UTC) <= moment < datetime(2100, 1, 1, tzinfo=UTC):
        raise RowRefusedError(mark("Tanggal ukur di luar abad ini."))
    return moment
