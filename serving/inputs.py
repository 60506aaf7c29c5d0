"""The shapes that both doors take in: bounded, readable by both databases, and never half-right.

A NUL or a lone surrogate cannot be kept by PostgreSQL, and a number past 63 bits by neither database; they are refused
here, where the sender can still be told: pydantic finds what does not fit, and ``misfit`` says it in our words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from serving.errors import InvalidInputError
from serving.i18n import mark

URL_MAX_CHARS = 2_000
ID_MAX = 2**53  # what JavaScript can still count
COUNT_MAX = 10**12
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def readable(text: str) -> str:
    """Give the text back, or say what in it cannot be kept."""
    if _CONTROL.search(text):
        raise ValueError(mark("tidak boleh berisi karakter kendali"))
    return encodable(text)


def encodable(text: str) -> str:
    """Give text that UTF-8 can hold, or say that it cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(mark("bukan Unicode yang sah (surogat tanpa pasangan)")) from None
    return text


def one_line(text: str) -> str:
    """Give readable text without line breaks."""
    if "\n" in text or "\r" in text:
        raise ValueError(mark("hanya satu baris"))
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
        raise ValueError(mark("harus alamat yang berawal http:// atau https://"))
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
        raise ValueError(mark("waktu harus berzona, seperti 2026-03-02T10:00:00+07:00"))
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(mark("harus waktu antara tahun 2000 dan 2100"))
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


# ---- what does not fit -------------------------------------------------------------------------------------------

_INTEGER: Final = mark("harus bilangan bulat")
_NUMBER: Final = mark("harus bilangan")
_YES_NO: Final = mark("harus true atau false")
_LIST: Final = mark("harus sebuah daftar")
_OBJECT: Final = mark("harus sebuah objek")
_TIME: Final = mark("harus waktu seperti 2026-03-02T10:00:00+07:00")
_DATE: Final = mark("harus tanggal seperti 2026-03-02")
_HOUR: Final = mark("harus jam seperti 07:00")
_CHOICE: Final = mark("harus salah satu dari {expected}")
_OTHER: Final = mark("bentuknya tidak cocok")

# By pydantic's name of the error; the places are those of its context.
_MISFITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": mark("wajib ada"),
        "extra_forbidden": mark("tidak dikenal di sini"),
        "none_required": mark("harus kosong"),
        "string_type": mark("harus berupa teks"),
        "string_unicode": mark("bukan Unicode yang sah"),
        "string_too_short": mark("paling sedikit {min_length} huruf"),
        "string_too_long": mark("paling banyak {max_length} huruf"),
        "string_pattern_mismatch": mark("harus berbentuk {pattern}"),
        "too_short": mark("paling sedikit {min_length} butir"),
        "too_long": mark("paling banyak {max_length} butir"),
        "greater_than": mark("harus lebih dari {gt}"),
        "greater_than_equal": mark("paling kecil {ge}"),
        "less_than": mark("harus kurang dari {lt}"),
        "less_than_equal": mark("paling besar {le}"),
        "json_invalid": mark("bukan JSON yang sah"),
        "enum": _CHOICE,
        "literal_error": _CHOICE,
        **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), _INTEGER),
        **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
        **dict.fromkeys(("bool_type", "bool_parsing"), _YES_NO),
        **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"), _LIST),
        **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), _OBJECT),
    }
)
# Of these there are a dozen each, and their reader needs one sentence.
_FAMILIES: Final = (("datetime_", _TIME), ("timezone_", _TIME), ("date_", _DATE), ("time_", _HOUR))


def misfit(found: Mapping[str, Any]) -> InvalidInputError:
    """Say in our words what pydantic found: a clause to stand behind the field's name.

    Args:
        found: one of the errors of a ``ValidationError``, with its context.
    """
    kind, context = str(found["type"]), dict(found.get("ctx", {}))
    if kind == "value_error":
        return InvalidInputError(str(found["msg"]).removeprefix("Value error, "))
    if "expected" in context:
        context["expected"] = str(context["expected"]).replace(" or ", ", ")
    family = next((clause for start, clause in _FAMILIES if kind.startswith(start)), _OTHER)
    return InvalidInputError(_MISFITS.get(kind, family), **context)


class Input(BaseModel):
    """A body: unknown fields are refused, so that a misspelt one is not silently lost."""

    model_config = ConfigDict(extra="forbid", str_max_length=100_000)
