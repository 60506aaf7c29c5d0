"""Forms of addresses at other services: an Apprise address in which the person's own handle has one stated place.

The administrator writes the form, with whatever secret it needs; a person gives nothing but the handle. It stands in
the path or the query, whole and percent-encoded, so it never decides which server is asked. Only services that take a
message with a single request are allowed: what became of that one request is what became of the message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from serving.errors import SettingsError


class Handle(StrEnum):
    """What a person gives; the value is how a form names its place."""

    PHONE = "phone"
    EMAIL = "email"
    NAME = "handle"


# None begins with what stands for a group or for everybody (@, #), and none parts into two.
SHAPES: Final[Mapping[Handle, re.Pattern[str]]] = {
    Handle.PHONE: re.compile(r"\+?[1-9][0-9]{6,14}"),
    Handle.EMAIL: re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    Handle.NAME: re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"),
}
_PHONE: Final = frozenset({Handle.PHONE})
# Which services are allowed, and what each may be given; a name at Zulip would be a stream that many read.
SCHEMES: Final[Mapping[str, frozenset[Handle]]] = {
    "json": frozenset(Handle),
    "jsons": frozenset(Handle),
    "line": frozenset({Handle.NAME}),
    "signal": _PHONE,
    "signals": _PHONE,
    "sinch": _PHONE,
    "twilio": _PHONE,
    "vonage": _PHONE,
    "zulip": frozenset({Handle.EMAIL}),
}
HANDLE_MAX_CHARS: Final = 200
# Marks the message, the same at each attempt, so that a receiver which can may drop a second copy.
KEY: Final = "{key}"
_NAME: Final = re.compile(r"[^\W_][\w .-]{0,39}")
_PLACES: Final[Mapping[str, Handle]] = {f"{{{kind}}}": kind for kind in Handle}


@dataclass(frozen=True, slots=True)
class Form:
    """One service: its name as people see it, what they give, and the form, which may hold a secret."""

    name: str
    kind: Handle
    scheme: str
    _template: str = field(repr=False)

    @classmethod
    def parse(cls, name: str, template: str) -> Form:
        """Read a form; raise ``SettingsError`` that names the service and never shows the form."""
        what = f"SULUH_OTHER_CHANNELS, {name!r}"
        if not _NAME.fullmatch(name):
            raise SettingsError(f"{what}: a name has letters, digits, spaces, dots and hyphens, forty at most")
        try:
            parts = urlsplit(template)
            values = [value for _, value in parse_qsl(parts.query, strict_parsing=bool(parts.query))]
        except ValueError:
            raise SettingsError(f"{what}: the address cannot be read") from None
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise SettingsError(f"{what}: the address needs a host after one of {', '.join(SCHEMES)}")
        wanted = [*parts.path.split("/"), *values]
        kinds = [_PLACES[piece] for piece in wanted if piece in _PLACES]
        allowed = SCHEMES[parts.scheme]
        if len(kinds) != 1 or kinds[0] not in allowed:
            places = " or ".join(sorted(f"{{{kind}}}" for kind in allowed))
            raise SettingsError(f"{what}: {places} must stand once, as a whole part of the path or of the query")
        if template.count("{") != 1 + values.count(KEY) or template.count("}") != template.count("{"):
            raise SettingsError(f"{what}: braces stand around the handle's place and {KEY} in the query only")
        return cls(name, kinds[0], parts.scheme, template)

    def takes(self, handle: str) -> bool:
        """Tell whether this is a handle of the kind that the form asks for."""
        return len(handle) <= HANDLE_MAX_CHARS and SHAPES[self.kind].fullmatch(handle) is not None

    def address(self, handle: str, key: str) -> str:
        """Give the whole address for one person and one message; it holds the form's secret."""
        return self._template.replace(f"{{{self.kind}}}", quote(handle, safe="")).replace(KEY, quote(key, safe=""))
