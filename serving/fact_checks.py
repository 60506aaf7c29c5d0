"""Clarifications from other fact-checkers: schema.org ClaimReview, or a table as CSV, read as rows of the library.

They are material to match with and are never published by being imported. Where a review names a person as its author,
the name is left where it is, and the publisher or the site stands for it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from serving.errors import SuluhError
from serving.i18n import mark
from serving.rows import UnreadableError, lines, read_json
from serving.vocabulary import EvidenceKind, VerdictLabel

# What a table's first line may name; each but the first three may be left out.
COLUMNS: Final = ("id", "title", "text", "issuer", "url", "verdict", "category", "published_at")
TEXT_MAX_CHARS: Final = 1_000_000
_BAD_CSV: Final = mark("CSV tidak dapat dibaca: {why}")
# How fact-checkers word their ratings, in lower case.
_RATINGS: Final[Mapping[str, VerdictLabel]] = MappingProxyType(
    {
        **dict.fromkeys(("benar", "true", "fakta", "correct"), VerdictLabel.TRUE),
        **dict.fromkeys(("salah", "false", "hoaks", "hoax", "disinformasi", "pants on fire"), VerdictLabel.FALSE),
        **dict.fromkeys(("menyesatkan", "misleading", "sebagian salah", "half true"), VerdictLabel.MISLEADING),
        **dict.fromkeys(("kurang konteks", "missing context", "tanpa konteks"), VerdictLabel.MISSING_CONTEXT),
        **dict.fromkeys(("satire", "satir"), VerdictLabel.SATIRE),
        **dict.fromkeys(("belum terbukti", "unproven", "tidak terbukti"), VerdictLabel.UNPROVEN),
    }
)
# 1 (worst) to 5 (best); what lies between says too little to be a verdict.
_VALUES: Final[Mapping[int, VerdictLabel]] = MappingProxyType({1: VerdictLabel.FALSE, 5: VerdictLabel.TRUE})


def rows(text: str) -> Iterator[tuple[int, Any]]:
    """Give each row with its line or place, from 1: of JSON lines, JSON-LD, or CSV whose first line names its columns.

    A row that cannot be read is given as its error.

    Raises:
        UnreadableError: none of the three.
    """
    start = text.lstrip()[:1]
    if start == "[" or (start == "{" and not _is_lines(text)):
        found: Iterator[tuple[int, Any]] = enumerate(_flat(read_json(text)), 1)
    elif start == "{":
        found = _from_lines(text)
    else:
        found = _table(text)
    for line, raw in found:
        yield line, raw if isinstance(raw, SuluhError) else row_of(raw)


def row_of(raw: object) -> object:
    """Give a ClaimReview as a row of the library; anything else is given back."""
    if not isinstance(raw, dict) or not _is_a(raw, "ClaimReview"):
        return raw
    url, rating = _text(raw.get("url")) or _text(raw.get("@id")), raw.get("reviewRating")
    claim, issuer = _text(raw.get("claimReviewed")), _issuer(raw, url)
    title = _text(raw.get("headline")) or _text(raw.get("name")) or claim
    word = _text(rating.get("alternateName")) if isinstance(rating, dict) else ""
    body = _text(raw.get("reviewBody")) or ". ".join(part for part in (claim, word) if part)
    verdict = _verdict(rating)
    return {
        "id": url,
        "title": _line(title),
        "text": body,
        "issuer": _line(issuer)[:200],
        "sources": [_source(url, title, issuer)] if url else [],
        "verdict": verdict.value if verdict else None,
        "published_at": _day(_text(raw.get("datePublished"))),
    }


def _from_lines(text: str) -> Iterator[tuple[int, Any]]:
    for line, raw in lines(text):
        # Only JSON-LD holds others: a row of our own may have a field of any name.
        is_linked = isinstance(raw, dict) and any(name.startswith("@") for name in raw)
        for each in _flat(raw) if is_linked else (raw,):
            yield line, each


def _is_lines(text: str) -> bool:
    try:
        return isinstance(read_json(next(line for line in text.split("\n") if line.strip())), dict)
    except UnreadableError:
        return False


def _flat(document: object) -> Iterator[object]:
    """Give the reviews of a document: a list, a graph, a feed with its items, or one alone."""
    if isinstance(document, list):
        for each in document:
            yield from _flat(each)
    elif isinstance(document, dict) and (inner := _inside(document)) is not None:
        yield from _flat(inner)
    else:
        yield document


def _inside(document: Mapping[str, Any]) -> object | None:
    for name in ("@graph", "dataFeedElement", "item"):
        found: object = document.get(name)
        if isinstance(found, list | dict):
            return found
    return None


def _is_a(raw: Mapping[str, Any], kind: str) -> bool:
    named = raw.get("@type")
    return kind in named if isinstance(named, list) else named == kind


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _line(text: str) -> str:
    return " ".join(text.split())[:500]


def _issuer(raw: Mapping[str, Any], url: str) -> str:
    for name in ("author", "publisher", "sdPublisher"):
        who = raw.get(name)
        if isinstance(who, dict) and not _is_a(who, "Person") and _text(who.get("name")):
            return _text(who["name"])
    return _host(url)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _verdict(rating: object) -> VerdictLabel | None:
    """Read a rating by its word; else by its number where it is the worst or best of one to five."""
    if not isinstance(rating, dict):
        return None
    if found := _RATINGS.get(_text(rating.get("alternateName")).lower()):
        return found
    given = [rating.get(name, usual) for name, usual in (("ratingValue", None), ("worstRating", 1), ("bestRating", 5))]
    try:
        value, worst, best = (int(str(number)) for number in given)
    except ValueError:
        return None
    return _VALUES.get(value) if (worst, best) == (1, 5) else None


def _source(url: str, title: str, issuer: str) -> dict[str, str]:
    return {
        "url": url,
        "title": _line(title),
        "publisher": _line(issuer)[:200],
        "kind": EvidenceKind.INDEPENDENT.value,
    }


def _day(text: str) -> str | None:
    """Give a day as its first moment, as a field of time needs one."""
    return f"{text}T00:00:00+00:00" if len(text) == len("2026-03-02") else text or None


# ---- tables --------------------------------------------------------------------------------------------------------


def _table(text: str) -> Iterator[tuple[int, Any]]:
    """Read CSV (RFC 4180); where the first line has semicolons and no comma, these part the fields."""
    first = text.lstrip().partition("\n")[0]
    delimiter = ";" if ";" in first and "," not in first else ","
    reader = csv.DictReader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter, strict=True)
    try:
        names = {name.strip().lower() for name in reader.fieldnames or ()}
    except csv.Error as error:
        raise UnreadableError(_BAD_CSV, why=str(error)) from None
    if not {"id", "title", "text"} <= names:
        raise UnreadableError(
            mark("Bukan JSON, dan baris pertama bukan nama kolom CSV: {columns}."), columns=", ".join(COLUMNS)
        )
    try:
        for raw in reader:
            yield reader.line_num, _row(raw)
    except csv.Error as error:
        yield reader.line_num, UnreadableError(_BAD_CSV, why=str(error))


def _row(raw: Mapping[str | None, Any]) -> object:
    if None in raw:
        return UnreadableError(mark("Baris ini punya lebih banyak kolom daripada baris pertama."))
    cells = {name.strip().lower(): (value or "").strip() for name, value in raw.items() if name}
    url = cells.pop("url", "")
    row: dict[str, Any] = {name: value for name, value in cells.items() if name in COLUMNS and value}
    row.setdefault("issuer", _host(url))
    if verdict := _RATINGS.get(row.get("verdict", "").lower()):
        row["verdict"] = verdict.value
    if "published_at" in row:
        row["published_at"] = _day(row["published_at"])
    if url:
        row["sources"] = [_source(url, row.get("title", ""), row["issuer"])]
    return row
