"""Messages to the services that the administrator set up, written by Apprise and carried by us.

Apprise knows the form that each service wants, and answers yes or no. That is too little here: whether a message was
surely not taken decides whether it may go again, its time limit holds between two bytes and not for the whole, and it
connects to wherever a name leads. So the one request that it makes is taken at the door of its HTTP library and sent by
the connection that webhooks use: to the number that was checked, never into this network, within one time limit. What
became of that request is what became of the message.

Only the services of ``serving.handles`` are ever loaded. Nothing of Apprise is logged, because its lines name handles.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

from serving.channels.chat import TIMEOUT_S, Pace, handed_over, words
from serving.channels.webhook import Outgoing, exchange
from serving.desk import addresses, webhooks
from serving.desk.outreach import other
from serving.desk.outreach.deliveries import Letter, Sender, SendError
from serving.errors import SuluhError
from serving.settings import Settings

TITLE: Final = "Suluh"
READ_MAX_BYTES: Final = 64_000
# Which part of the library writes for a service.
_WRITERS: Final[Mapping[str, tuple[str, str]]] = {
    "json": ("custom_json", "NotifyJSON"),
    "jsons": ("custom_json", "NotifyJSON"),
    "line": ("line", "NotifyLine"),
    "signal": ("signal_api", "NotifySignalAPI"),
    "signals": ("signal_api", "NotifySignalAPI"),
    "sinch": ("sinch", "NotifySinch"),
    "twilio": ("twilio", "NotifyTwilio"),
    "vonage": ("vonage", "NotifyVonage"),
    "zulip": ("zulip", "NotifyZulip"),
}
# What the connection sets itself.
_OURS: Final = frozenset({"accept-encoding", "connection", "content-length", "host"})


class _Carrier:
    """Carries the one request of one message, and keeps what became of it."""

    def __init__(self, settings: Settings, pace: Pace, timeout_s: float) -> None:
        self.settings, self.pace, self.timeout_s = settings, pace, timeout_s
        self.asked = False
        self.fault: SendError | None = None

    def carry(self, request: Any) -> Any:
        """Send a prepared request of ``requests`` and give its answer in that library's form; else raise its error."""
        library = import_module("requests")
        try:
            answer = self._sent(request)
        except SendError as fault:
            self.fault = fault
            raise library.ConnectionError from None
        given = library.Response()
        given.status_code, given.url, given.request = answer.status_code, request.url, request
        given.headers.update(answer.headers)
        given.raw = None
        vars(given)["_content"] = answer.content
        return given

    def _sent(self, request: Any) -> Any:
        if self.asked:
            raise SendError("the service wants more than one request", unsure=True)
        self.asked, settings = True, self.settings
        try:
            target = addresses.target(
                request.url, allow_private=settings.webhooks_allow_private, schemes=webhooks.schemes(settings)
            )
        except SuluhError as refused:
            raise SendError(refused.code) from None
        body = request.body or b""
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
        outgoing = Outgoing(request.method, request.url, headers, body.encode() if isinstance(body, str) else body)
        return handed_over(self.pace, lambda: exchange(outgoing, target, self.timeout_s, READ_MAX_BYTES))


_CARRIER: ContextVar[_Carrier | None] = ContextVar("carrier", default=None)


@cache
def _library() -> Any:
    """Load Apprise, silence it, and put our door before its HTTP library's, for calls of ours alone."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    adapter = import_module("requests.adapters").HTTPAdapter
    whole = adapter.send

    def send(self: Any, request: Any, **given: Any) -> Any:
        carrier = _CARRIER.get()
        return whole(self, request, **given) if carrier is None else carrier.carry(request)

    adapter.send = send
    return import_module("apprise")


def _writer(scheme: str, url: str) -> Any:
    """Give what writes for one address; nothing where the service cannot be written to there."""
    asset = _library().AppriseAsset(app_id=TITLE, http_redirects=False, secure_logging=True)
    module, name = _WRITERS[scheme]
    kind = getattr(import_module(f"apprise.plugins.{module}"), name)
    try:
        parsed = kind.parse_url(url)
        return kind(asset=asset, **parsed) if parsed else None
    except (TypeError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Other:
    """Sends by whichever service a letter's address names."""

    settings: Settings
    timeout_s: float = TIMEOUT_S

    def send(self, letter: Letter) -> None:
        """Hand one message over; raise ``SendError`` where it was not taken, or where nobody can tell."""
        address = other.Address.parse(letter.to)
        form = self.settings.other_forms.get(address.service)
        writer = _writer(form.scheme, form.address(address.handle, letter.key)) if form else None
        if writer is None:
            raise SendError("the address cannot be written to", permanent=True)
        carrier = _Carrier(self.settings, _pace(address.service), self.timeout_s)
        token = _CARRIER.set(carrier)
        try:
            taken = writer.notify(body=words(letter), title=TITLE)
        finally:
            _CARRIER.reset(token)
        if carrier.fault is not None:
            raise carrier.fault
        if not carrier.asked:
            raise SendError("the address cannot be written to", permanent=True)
        if not taken:
            raise SendError("the service said no in its answer")


@cache
def _pace(service: str) -> Pace:
    """Give the pace that every sender of this process keeps for one service."""
    del service
    return Pace()


def sender_for(settings: Settings) -> Sender | None:
    """Give the sender of the other services; none where none can be used."""
    return Other(settings) if other.offered(settings) else None
