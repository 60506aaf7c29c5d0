"""Words, numbers and times as their reader writes them: Indonesian first, English second.

The Indonesian sentence in the code is the key; ``locale/en.po`` holds its English twin. Catalogues are read as text
at start, so there is no compiled file that could be out of date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from serving.errors import SuluhError


class Language(StrEnum):
    """The languages of the screens."""

    ID = "id"
    EN = "en"


ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
ZONE_NAMES = {address: name for name, address in ZONES.items()}


@dataclass(frozen=True, slots=True)
class When:
    """A moment in a sentence: written as its reader writes times, in Indonesian where nobody said who reads."""

    moment: datetime

    def __str__(self) -> str:
        """Write it in Indonesian."""
        return clock_time(Language.ID, self.moment)


def mark(message: str) -> str:
    """Mark a sentence for the catalogue where it is written; it is translated where it is shown."""
    return message


@cache
def catalogue(language: Language) -> NullTranslations:
    """Read one language's sentences; Indonesian needs none."""
    if language is Language.ID:
        return NullTranslations()
    with (files("serving") / "locale" / f"{language}.po").open("rb") as file:
        parsed = read_po(file, locale=str(language))
    compiled = BytesIO()
    write_mo(compiled, parsed)
    compiled.seek(0)
    return GNUTranslations(compiled)


def translate(language: Language, message: str, **params: object) -> str:
    """Give the sentence in ``language`` with its ``{places}`` filled; an unknown sentence stays Indonesian."""
    sentence = catalogue(language).gettext(message) if message else ""
    shown = {name: _shown(language, it) for name, it in params.items()}
    return sentence.format(**shown) if shown else sentence


def _shown(language: Language, it: object) -> object:
    """Write what stands in a place: a moment as its reader writes times, a refusal in the reader's language too."""
    if isinstance(it, SuluhError):
        return translate(language, it.message, **it.params)
    return clock_time(language, it.moment) if isinstance(it, When) else it


def language_of(accept: str | None) -> Language:
    """Choose from an ``Accept-Language`` header: English where it is preferred, Indonesian otherwise."""
    best, best_quality = Language.ID, 0.0
    for part in (accept or "")[:200].split(","):
        name, _, rest = part.strip().partition(";")
        try:
            quality = float(rest.strip().removeprefix("q=")) if rest else 1.0
            language = Language(name.strip().lower()[:2])
        except ValueError:
            continue
        if quality > best_quality:
            best, best_quality = language, quality
    return best


def number(language: Language, value: float) -> str:
    """Write a number with the language's separators: 12.345,6 or 12,345.6."""
    return format_decimal(value, locale=str(language))


def clock_time(language: Language, moment: datetime, zone: str = "Asia/Jakarta") -> str:
    """Write an aware time with day, hour and the zone's Indonesian name: ``5 Mar 2026 14.05 WIB``."""
    local = moment.astimezone(ZoneInfo(zone))
    text = format_datetime(local, "d MMM y HH.mm" if language is Language.ID else "d MMM y HH:mm", locale=str(language))
    return f"{text} {ZONE_NAMES.get(zone, zone)}"


def relative(language: Language, moment: datetime, now: datetime | None = None) -> str:
    """Write how long ago, or how long until: ``12 menit lalu``, ``dalam 3 jam``."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    size = abs(seconds)
    if size < 60:
        return translate(language, mark("baru saja")) if seconds >= 0 else translate(language, mark("sebentar lagi"))
    unit, n = next(
        (word, int(size // span))
        for word, span in ((mark("hari"), 86_400), (mark("jam"), 3_600), (mark("menit"), 60))
        if size >= span
    )
    amount = f"{n} {translate(language, unit)}"
    if seconds >= 0:
        return translate(language, mark("{amount} lalu"), amount=amount)
    return translate(language, mark("dalam {amount}"), amount=amount)
