"""The shapes that both doors take in: bounded, readable by both databases, and never half-right.

A NUL or a lone surrogate cannot be kept by PostgreSQL, and a number past 63 bits by neither database; they are refused
here, where the sender can still be told.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

URL_MAX_CHARS = 2_000
ID_MAX = 2**53  # what JavaScript can still count
COUNT_MAX = 10**12
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def readable(text: str) -> str:
    """Give the text back, or say what in it cannot be kept."""
    if _CONTROL.search(text):
        raise ValueError("control characters are not allowed")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("the text is not valid Unicode (a lone surrogate)") from None
    return text


def one_line(text: str) -> str:
    """Give readable text without line breaks."""
    if "\n" in text or "\r" in text:
        raise ValueError("one line only")
    return readable(text)


def web_address(text: str) -> str:
    """Give an http or https address, or say what is wrong with it."""
    try:
        parts = urlsplit(one_line(text))
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
        _ = parts.port  # raises where it is no port
    except ValueError:
        good = False
    if not good or any(character.isspace() for character in text):
        raise ValueError("an address that starts with http:// or https:// is needed")
    return text


def local_path(text: str, otherwise: str = "/") -> str:
    """Give an address of our own pages back; anything that could lead elsewhere becomes ``otherwise``.

    Browsers read two slashes of either kind as another site, and drop tabs and line breaks while reading.
    """
    elsewhere = not text.startswith("/") or text[1:2] in {"/", "\\"} or len(text) > URL_MAX_CHARS
    if elsewhere or not text.isascii() or not text.isprintable() or " " in text:
        return otherwise
    return text


def aware(moment: datetime) -> datetime:
    """Give the moment in UTC; refuse one without a zone or far outside this century."""
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone, such as 2026-03-02T10:00:00+07:00")
    if not EARLIEST <= moment <= LATEST:
        raise ValueError("a time between 2000 and 2100 is needed")
    return moment.astimezone(UTC)


Id = Annotated[int, Field(ge=1, le=ID_MAX)]
Count = Annotated[int, Field(ge=0, le=COUNT_MAX)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(one_line)]
OptionalLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(one_line)]
Paragraph = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), AfterValidator(readable)
]
OptionalParagraph = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=20_000), AfterValidator(readable)
]
WebAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=URL_MAX_CHARS), AfterValidator(web_address)
]
Moment = Annotated[datetime, AfterValidator(aware)]


class Input(BaseModel):
    """A body: unknown fields are refused, so that a misspelt one is not silently lost."""

    model_config = ConfigDict(extra="forbid", str_max_length=100_000)
