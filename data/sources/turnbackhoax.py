"""Fact-checks of Mafindo's TurnBackHoax as three people collected them: titles, posts of 2024, a thousand with facts.

The verdict that stands before a title is the label and leaves the text. The fact-checker's narrative, conclusion and
references are never read: a model that saw them would recognise the fact-checker.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from data.schema import DataError, Example, Kind, Label
from data.sources.delimited import Row, delimited_rows, sheet_rows
from data.sources.tables import date_of

_MAFINDO: Final = "turnbackhoax.id (Mafindo)"
_POSTS_2024: Final = ("politics_hoax_text.csv", "scam_hoax_text.csv", "others_hoax_text.csv")
_TAG: Final = re.compile(r"\A\W{0,3}([A-Z][^\]\)a-z]{2,60})[\]\)]\s*|\A([A-Z]{4,20}):\s*")
_DEBUNKED: Final = frozenset(
    ("SALAH", "HOAX", "HOAKS", "FALSE", "DISINFORMASI", "MISINFORMASI", "FITNAH", "HASUT", "SCAM", "PENIPUAN")
)
_FOUND_TRUE: Final = frozenset(("BENAR", "FAKTA"))
# A title under one of these tells of an event or teaches; whatever stands beside it, it asserts no claim.
_ABOUT_HOAXES: Final = frozenset(("EDUKASI", "BERITA", "ACARA", "EVENT", "CAMPURAN", "TOP", "INFORMASI", "KILLS"))
_DAY_OF_LINK: Final = re.compile(r"/(20\d\d)/(\d\d)/(\d\d)/")
_DAY_IN_ENGLISH: Final = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2}) (20\d\d)")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def titles(folder: Path) -> Iterator[Example]:
    """Yield the titles of 2015 to April 2021 (`titles.xlsx`: Header, Link)."""
    for row in sheet_rows(folder / "titles.xlsx", ("Header", "Link")):
        label, text = claim_of(row["Header"])
        found = _DAY_OF_LINK.search(row["Link"])
        day = date_of("-".join(found.groups()), row.where) if found else None
        yield from _claim(f"tbhtitles-{row.number}", text, label, day)


def posts_of_2024(folder: Path) -> Iterator[Example]:
    """Yield titles and posts of 2024 (three files: ID, TITLE, DATE, HOAX_TEXT), all debunked."""
    for name in _POSTS_2024:
        for row in delimited_rows(folder / name, ("ID", "TITLE", "DATE", "HOAX_TEXT")):
            yield from _with_post(
                f"tbh2024-{row['ID']}", claim_of(row["TITLE"])[1], row["HOAX_TEXT"], _english_day(row)
            )


def thousand_with_facts(folder: Path) -> Iterator[Example]:
    """Yield titles and posts of 2018 to 2025 (`hoax_1k.csv`: status, title, content, tanggal; facts stay unread)."""
    for row in delimited_rows(folder / "hoax_1k.csv", ("status", "title", "content", "tanggal")):
        if row["status"].upper() not in _DEBUNKED:
            raise DataError(f"{row.where}: status {row['status']!r} is not known.")
        day = date_of(row["tanggal"], row.where)
        yield from _with_post(f"hoax1k-{row.number}", claim_of(row["title"])[1], row["content"], day)


def claim_of(title: str) -> tuple[Label, str]:
    """The label that a title's verdict tag gives, and the title without it; UNKNOWN where there is no verdict."""
    found = _TAG.match(title)
    if not found:
        return Label.UNKNOWN, title.strip()
    words = set(re.findall(r"[A-Z]+", found[1] or found[2]))
    return _label_of(words), title[found.end() :].strip()


def _label_of(words: set[str]) -> Label:
    if words & _ABOUT_HOAXES:
        return Label.UNKNOWN
    if words & _DEBUNKED:
        return Label.HOAX
    return Label.NOT_HOAX if words & _FOUND_TRUE else Label.UNKNOWN


def _with_post(row_id: str, title: str, post: str, day: date | None) -> Iterator[Example]:
    yield from _claim(row_id, title, Label.HOAX, day)
    if post.strip():
        source = row_id.partition("-")[0]
        yield Example(f"{row_id}#post", post.strip(), Label.HOAX, Kind.CIRCULATED_POST, source, _MAFINDO, row_id, day)


def _claim(row_id: str, text: str, label: Label, day: date | None) -> Iterator[Example]:
    if text:
        source = row_id.partition("-")[0]
        yield Example(row_id, text, label, Kind.FACTCHECK_TITLE, source, _MAFINDO, row_id, day)


def _english_day(row: Row) -> date:
    """The day that a row writes as "2 Jan 2024", whatever the machine's language is."""
    found = _DAY_IN_ENGLISH.fullmatch(row["DATE"].strip())
    if not found or found[2] not in _MONTHS:
        raise DataError(f"{row.where}: {row['DATE']!r} is not a date (2 Jan 2024).")
    try:
        return date(int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1]))
    except ValueError as error:
        raise DataError(f"{row.where}: {row['DATE']!r} is not a date ({error}).") from error
