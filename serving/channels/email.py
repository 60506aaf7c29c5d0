"""E-mail by SMTP: one connection a message, a limit on every wait, and a Message-ID that stays the same.

A connection a message costs a few round trips; in return a server that stalls holds up one message and no other.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache, partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from serving.desk.context import Clock
from serving.desk.outreach.deliveries import INVITATION_TITLE, REMINDER_TITLE, Letter, LetterKind, Sender, SendError
from serving.errors import SettingsError
from serving.i18n import mark, translate
from serving.settings import Settings

TIMEOUT_S = 15.0
SUBJECT_TITLE_CHARS = 90
SUBJECTS: Mapping[LetterKind, str] = {
    LetterKind.OFFER: mark("Materi untuk Anda: {title}"),
    LetterKind.NEWS: mark("Kabar program untuk Anda: {title}"),
    LetterKind.CORRECTION: mark("Koreksi: {title}"),
    LetterKind.CORRECTION_AGAIN: mark("Belum Anda tandai dibaca, koreksi: {title}"),
    LetterKind.REMINDER: REMINDER_TITLE,
    LetterKind.INVITATION: INVITATION_TITLE,
}
# Kinds that share their words but for a sentence.
_WRITTEN_LIKE: Mapping[LetterKind, LetterKind] = {
    LetterKind.NEWS: LetterKind.OFFER,
    LetterKind.CORRECTION_AGAIN: LetterKind.CORRECTION,
}
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
TEMPLATES = Path(__file__).parent.parent / "templates" / "mail"
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?![\w.@-])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server: ``smtp`` in the clear, ``smtp+starttls``, or ``smtps`` for TLS from the first byte."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""

    @classmethod
    def parse(cls, url: str) -> Server:
        """Read ``scheme://user:password@host:port``; raise ``SettingsError`` where it is none."""
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS[parts.scheme]
        except (KeyError, ValueError):
            port = 0
        if not port or not parts.hostname:
            known = ", ".join(PORTS)
            raise SettingsError(f"SULUH_SMTP_URL needs the form scheme://host:port with one of {known}")
        return cls(parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _filled(letter: Letter, ending: str) -> str:
    name = _WRITTEN_LIKE.get(letter.kind, letter.kind)
    return _environment().get_template(f"{name}.{ending}").render(letter=letter, _=partial(translate, letter.language))


def _one_line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SUBJECT_TITLE_CHARS else flat[: SUBJECT_TITLE_CHARS - 1].rstrip() + "\u2026"


def message_id(key: str, mail_from: str) -> str:
    """Give the Message-ID of a delivery: the same at each attempt, so that a receiver can drop the second."""
    domain = parseaddr(mail_from)[1].rpartition("@")[2] or "localhost"
    return f"<suluh.{key.replace(':', '.')}@{domain}>"


def compose(letter: Letter, settings: Settings, clock: Clock) -> EmailMessage:
    """Give the message as it travels: plain text first, HTML beside it, one-click pause (RFC 8058)."""
    message = EmailMessage()
    message["Subject"] = translate(letter.language, SUBJECTS[letter.kind], title=_one_line(letter.title))
    message["From"] = Address("Suluh", addr_spec=parseaddr(settings.mail_from)[1])
    message["To"] = Address(_one_line(letter.name), addr_spec=letter.to)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = message_id(letter.key, settings.mail_from)
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{letter.pause_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_filled(letter, "txt"))
    message.add_alternative(_filled(letter, "html"), subtype="html")
    # Last: whatever sets the content takes headers of this kind away.
    message["Content-Language"] = letter.language.value
    return message


@dataclass(frozen=True, slots=True)
class Smtp:
    """Hands letters to one mail server."""

    server: Server
    settings: Settings
    clock: Clock
    timeout_s: float = TIMEOUT_S

    def send(self, letter: Letter) -> None:
        """Hand one letter over; raise ``SendError`` where the server did not take it in time.

        What the server wrote often repeats the address, so no error keeps its text, nor the exception that held it.
        """
        try:
            message = compose(letter, self.settings, self.clock)
        except (ValueError, IndexError) as error:
            raise SendError(f"the address cannot be written to: {type(error).__name__}", permanent=True) from None
        try:
            with self._connected() as connection:
                connection.send_message(message)
        except smtplib.SMTPResponseException as error:
            raise SendError(_said(error.smtp_code, error.smtp_error), permanent=_is_final(error.smtp_code)) from None
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise SendError(_said(code, text), permanent=_is_final(code)) from None
        except (OSError, smtplib.SMTPException) as error:
            raise SendError(f"{self.server.host}:{self.server.port}: {type(error).__name__}") from None

    def _connected(self) -> smtplib.SMTP:
        server = self.server
        if server.scheme == "smtps":
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self.timeout_s, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self.timeout_s)
        try:
            if server.scheme == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection


def _is_final(code: int) -> bool:
    """Tell a lasting refusal of this message (5xx) from a fault of ours: 530 and 535 mean our own sign-in."""
    return 500 <= code < 600 and code not in {530, 534, 535}


def _said(code: int, text: bytes | str) -> str:
    """Give the reply code and, where there is one, the enhanced status code (RFC 3463); never the words."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    status = _STATUS.match(words)
    return f"{code} {status.group()}" if status else str(code)


def sender_for(settings: Settings, clock: Clock) -> Sender | None:
    """Give the sender that the settings name; without a mail server there is none, and messages wait."""
    return Smtp(Server.parse(settings.smtp_url), settings, clock) if settings.smtp_url else None
