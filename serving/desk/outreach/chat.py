"""Answers from a chat: the same rules as the buttons of the inbox, for whoever linked that chat.

A chat is linked by a code that its person makes while signed in and sends from the chat; only then is its address
known, and it is kept sealed, with a keyed hash to find it by. A message counts once: its number is noted in the
transaction of what it does, so one that comes again does nothing and is not answered again. Words and buttons say the
same; what is not understood is answered with what would be.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from serving.db import chat as rows
from serving.db import deliveries as delivery_rows
from serving.db import people
from serving.db.tables import ChatLink, Influencer
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.outreach import offers
from serving.desk.people import accounts, influencers
from serving.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, SuluhError
from serving.i18n import Language, clock_time, mark, translate
from serving.settings import Settings
from serving.vocabulary import CHATS, Channel, DeclineReason, Role

CODE_CHARS: Final = 10
# Without what looks like something else.
ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LASTS: Final = timedelta(hours=1)
# Both services give up sending a message again after a day or a week.
KEPT: Final = timedelta(days=8)


class Verb(StrEnum):
    """What somebody may ask for in a chat; the word is what a person writes."""

    ACCEPT = "ambil"
    DECLINE = "lewati"
    SNOOZE = "nanti"
    STOP = "berhenti"
    LINK = "mulai"


_WORDS: Final[Mapping[str, Verb]] = {
    "ambil": Verb.ACCEPT,
    "lewati": Verb.DECLINE,
    "tidak": Verb.DECLINE,
    "nanti": Verb.SNOOZE,
    "tunda": Verb.SNOOZE,
    "berhenti": Verb.STOP,
    "jeda": Verb.STOP,
    "stop": Verb.STOP,
}
_REASONS: Final = {str(number): reason for number, reason in enumerate(DeclineReason, 1)} | {
    reason.value: reason for reason in DeclineReason
}
_CODE: Final = re.compile(rf"(?:/start|mulai)\s+([{ALPHABET}]{{{CODE_CHARS}}})", re.IGNORECASE)
_WISH: Final = re.compile(r"/?([a-z]+)(?:[\s:]+([0-9]{1,15}))?(?:[\s:]+([a-z_]+|[0-9]))?", re.IGNORECASE)
_HELP = mark(
    "Balas: ambil, nanti, lewati 1 (tidak sekarang), lewati 2 (bukan topik saya), lewati 3 (kurang nyaman), "
    "atau berhenti. Bila ada beberapa tawaran, sebut nomornya: ambil 12."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a message asks for; without an ``offer_id`` it means the only open one."""

    verb: Verb
    offer_id: int | None = None
    reason: DeclineReason | None = None
    code: str = ""


def read(text: str) -> Wish | None:
    """Read a button's value or what somebody wrote; nothing where it asks for nothing that is known."""
    words = " ".join(text.split())
    if found := _CODE.fullmatch(words):
        return Wish(Verb.LINK, code=found[1].upper())
    found = _WISH.fullmatch(words)
    verb = _WORDS.get(found[1].lower()) if found else None
    if found is None or verb is None:
        return None
    number, last = found[2], (found[3] or "").lower()
    if verb is Verb.DECLINE and number in _REASONS and not last:
        number, last = None, number
    if last and (verb is not Verb.DECLINE or last not in _REASONS):
        return None
    reason = _REASONS.get(last, DeclineReason.NOT_NOW) if verb is Verb.DECLINE else None
    return Wish(verb, int(number) if number else None, reason)


def buttons(offer_id: int) -> tuple[tuple[str, str], ...]:
    """Give the buttons under a message about an offer: what they say, and what they send."""
    declined = tuple((mark("Tidak: {reason}"), f"{Verb.DECLINE}:{offer_id}:{reason}") for reason in DeclineReason)
    return (
        (mark("Ambil"), f"{Verb.ACCEPT}:{offer_id}"),
        (mark("Nanti"), f"{Verb.SNOOZE}:{offer_id}"),
        *declined,
        (mark("Berhenti sementara"), Verb.STOP.value),
    )


# ---- linking -----------------------------------------------------------------------------------------------------


def configured(settings: Settings) -> tuple[Channel, ...]:
    """Give the chats that this service can be reached by."""
    ready = {
        Channel.TELEGRAM: settings.telegram_token and settings.telegram_secret,
        Channel.WHATSAPP: settings.whatsapp_token and settings.whatsapp_secret and settings.whatsapp_number_id,
    }
    return tuple(channel for channel in CHATS if ready[channel])


@dataclass(frozen=True, slots=True)
class Linkable:
    """One chat that can be linked: whether it is, and until when a code that was made counts."""

    channel: Channel
    linked: bool
    chosen: bool


def own_chats(ctx: Context) -> tuple[Linkable, ...]:
    """Give the chats that the signed-in person can link, or has linked."""
    person = influencers.own(ctx, lock=False)
    known = {row.channel for row in rows.links(ctx.session, person.id) if row.sealed_address is not None}
    return tuple(
        Linkable(channel, channel in known, person.channel is channel)
        for channel in CHATS
        if channel in known or channel in configured(ctx.settings)
    )


def new_code(ctx: Context, channel: Channel) -> str:
    """Make a code that links whichever chat it is sent from within the hour; one made before counts no longer.

    Raises:
        NotFoundError: this service cannot be reached by that chat.
    """
    person = influencers.own(ctx)
    if channel not in configured(ctx.settings):
        raise NotFoundError(mark("Obrolan itu tidak dipakai di sini."))
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS))
    row = rows.link(ctx.session, person.id, channel)
    if row is None:
        row = ChatLink(influencer_id=person.id, channel=channel)
        ctx.session.add(row)
    row.code_hash, row.code_until = _hash(ctx, "code", channel, code), ctx.now + CODE_LASTS
    ctx.session.flush()
    audit.append(ctx, "chat.code", "influencer", person.id, channel=channel.value)
    return code


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """What to send from the chat, and the address that opens the chat with it; empty where there is none."""

    text: str
    url: str


def first_message(settings: Settings, channel: Channel, code: str) -> FirstMessage:
    """Give the message that links a chat."""
    text = f"{Verb.LINK} {code}"
    if channel is Channel.TELEGRAM:
        bot = settings.telegram_bot
        return FirstMessage(text, f"https://t.me/{bot}?start={code}" if bot else "")
    number = settings.whatsapp_number
    return FirstMessage(text, f"https://wa.me/{number}?{urlencode({'text': text})}" if number else "")


def unlink(ctx: Context, channel: Channel) -> None:
    """Forget the signed-in person's chat; what was to go there goes by e-mail from now on."""
    person = influencers.own(ctx)
    rows.unlink(ctx.session, person.id, channel)
    if person.channel is channel:
        person.channel = Channel.EMAIL
    audit.append(ctx, "chat.unlink", "influencer", person.id, channel=channel.value)


def _hash(ctx: Context, what: str, channel: Channel, text: str) -> str:
    return ctx.vault.pseudonym("chat", what, channel.value, text)


# ---- what comes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Came:
    """One message as it came: by which channel, its number there, from which chat, and what it says."""

    channel: Channel
    key: str
    address: str
    text: str


def take(ctx: Context, came: Came) -> str | None:
    """Do what a message asks for, once; give the sentence that answers it, nothing where it came before."""
    if not rows.first_time(ctx.session, came.channel, came.key, ctx.now):
        return None
    wish = read(came.text)
    try:
        with ctx.session.begin_nested():
            message, params = _link(ctx, came, wish) if wish and wish.verb is Verb.LINK else _answered(ctx, came, wish)
    except SuluhError as refusal:
        message, params = refusal.message, refusal.params
    return translate(Language.ID, message, **params)


def _link(ctx: Context, came: Came, wish: Wish) -> tuple[str, dict[str, object]]:
    row = rows.by_code(ctx.session, came.channel, _hash(ctx, "code", came.channel, wish.code), ctx.now)
    if row is None:
        raise NotFoundError(mark("Kode itu tidak dikenal atau sudah lewat. Buat yang baru di halaman profil."))
    address_hash = _hash(ctx, "address", came.channel, came.address)
    other = rows.by_address(ctx.session, came.channel, address_hash)
    if other is not None and other.influencer_id != row.influencer_id:
        raise ConflictError(mark("Obrolan ini sudah terhubung dengan akun lain; lepas dahulu di sana."))
    row.sealed_address, row.address_hash = ctx.vault.seal(came.address), address_hash
    row.code_hash, row.code_until, row.linked_at = None, None, ctx.now
    person = delivery_rows.recipient(ctx.session, row.influencer_id)
    if person is not None:
        person.channel = came.channel
    audit.append(ctx, "chat.link", "influencer", row.influencer_id, channel=came.channel.value)
    return mark("Terhubung. Tawaran datang lewat obrolan ini. {help}"), {"help": translate(Language.ID, _HELP)}


def _answered(ctx: Context, came: Came, wish: Wish | None) -> tuple[str, dict[str, object]]:
    link = rows.by_address(ctx.session, came.channel, _hash(ctx, "address", came.channel, came.address))
    if link is None:
        raise NotFoundError(mark("Obrolan ini belum terhubung. Buat kode di halaman profil, lalu kirim dari sini."))
    person = delivery_rows.recipient(ctx.session, link.influencer_id)
    if wish is None or person is None:
        return _HELP, {}
    return _obeyed(as_person(ctx, person), person, wish)


def as_person(ctx: Context, person: Influencer) -> Context:
    """Let the person behind a chat act as if they were signed in; raise where their account is shut."""
    user = people.user(ctx.session, person.user_id) if person.user_id is not None else None
    if user is None or not user.active or Role.INFLUENCER not in user.roles:
        raise ForbiddenError(mark("Akun Anda tidak aktif. Hubungi pengelola program."))
    return replace(ctx, actor=accounts.actor_for(user))


def _obeyed(ctx: Context, person: Influencer, wish: Wish) -> tuple[str, dict[str, object]]:
    if wish.verb is Verb.STOP:
        influencers.pause(ctx)
        return mark("Anda sedang jeda. Tidak ada tawaran yang dikirim. Lanjutkan kapan saja di halaman profil."), {}
    offer_id = wish.offer_id if wish.offer_id is not None else _only_open(ctx, person.id)
    match wish.verb:
        case Verb.ACCEPT:
            offers.accept(ctx, offer_id)
            url = f"{ctx.settings.base_url.rstrip('/')}/kotak/{offer_id}"
            return mark("Terima kasih sudah ikut. Materinya terbuka di {url}"), {"url": url}
        case Verb.SNOOZE:
            until = offers.snooze(ctx, offer_id)
            return offers.PUT_OFF, {"until": clock_time(Language.ID, until, person.timezone)}
        case _:
            offers.decline(ctx, offer_id, wish.reason or DeclineReason.NOT_NOW)
            return mark("Baik, tidak kali ini. Tidak ada akibat apa pun."), {}


def _only_open(ctx: Context, influencer_id: int) -> int:
    found = rows.open_offers(ctx.session, influencer_id)
    if not found:
        raise NotFoundError(mark("Tidak ada tawaran yang menunggu."))
    if len(found) > 1:
        listed = ", ".join(str(number) for number in found)
        raise InvalidInputError(mark("Ada beberapa tawaran; sebut nomornya: {listed}."), listed=listed)
    return found[0]


def arrived(ctx: Context, key: str) -> None:
    """Note that a chat's own service says that a message arrived whose answer was lost: it leaves no second time."""
    if number := rows.arrived(ctx.session, key, ctx.now):
        audit.append(ctx, "delivery.sent", "delivery", number, key=key, by="receipt")


def forget(ctx: Context) -> int:
    """Forget which messages came more than ``KEPT`` ago; give how many."""
    return rows.forget(ctx.session, ctx.now - KEPT)
