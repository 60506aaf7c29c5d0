"""Chats: linking one's own, and what Telegram and WhatsApp send here when somebody writes or presses a button."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated, Any, Literal

import structlog
from fastapi import BackgroundTasks, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, Field, ValidationError

from serving.api.problems import problems
from serving.channels.chat import WhatsApp
from serving.deps import ApiContext, PublicContext
from serving.desk.context import Context
from serving.desk.outreach import chat, other
from serving.desk.outreach.chat import Came
from serving.desk.outreach.deliveries import SendError
from serving.errors import ForbiddenError, InvalidInputError, NotFoundError
from serving.handles import HANDLE_MAX_CHARS, Handle
from serving.i18n import mark
from serving.inputs import Input
from serving.parts import Router
from serving.settings import Settings
from serving.vocabulary import Channel

log = structlog.get_logger()
router = Router(tags=["chat"])

ChatChannel = Annotated[Literal[Channel.TELEGRAM, Channel.WHATSAPP], Path()]
ALERT_CHARS = 200


# ---- one's own chats ---------------------------------------------------------------------------------------------


class ChatOut(BaseModel):
    """One chat that can be linked."""

    channel: Channel
    linked: bool
    chosen: bool = Field(description="Whether offers come there.")


class CodeOut(BaseModel):
    """What to send from the chat within the hour."""

    text: str
    url: str = Field(description="Opens the chat with the text in it; empty where the service has no such address.")


@router.get("/me/chats", responses=problems(403, 404))
def my_chats(ctx: ApiContext) -> list[ChatOut]:
    """Give the chats that one can link, or has linked."""
    return [ChatOut.model_validate(each, from_attributes=True) for each in chat.own_chats(ctx)]


@router.post("/me/chats/{channel}", status_code=201, responses=problems(403, 404))
def link_chat(ctx: ApiContext, channel: ChatChannel) -> CodeOut:
    """Make a code; the chat that it is sent from becomes one's own."""
    first = chat.first_message(ctx.settings, channel, chat.new_code(ctx, channel))
    return CodeOut(text=first.text, url=first.url)


@router.delete("/me/chats/{channel}", status_code=204, responses=problems(403, 404))
def unlink_chat(ctx: ApiContext, channel: ChatChannel) -> None:
    """Forget one's chat; offers come by e-mail from now on."""
    chat.unlink(ctx, channel)


# ---- other services ----------------------------------------------------------------------------------------------


class ServiceOut(BaseModel):
    """One service that can be chosen, and what it asks for."""

    name: str
    asks: Handle = Field(description="A phone number with its country code, an e-mail address, or a name there.")


class OtherOut(BaseModel):
    """The other services and which one was chosen; ``service`` and ``address`` are null where none was."""

    services: list[ServiceOut]
    service: str | None
    address: str | None = Field(description="One's own handle there.")
    chosen: bool = Field(description="Whether offers come there.")
    works: bool = Field(description="False where the service was taken away: messages go by e-mail.")


class OtherChoice(Input):
    """A service by its name and one's own handle there."""

    service: str = Field(max_length=40)
    address: str = Field(max_length=HANDLE_MAX_CHARS, description="One's own handle there.")


def _other(ctx: Context) -> OtherOut:
    found = other.own(ctx)
    return OtherOut(
        services=[ServiceOut(name=form.name, asks=form.kind) for form in found.services],
        service=found.there.service if found.there else None,
        address=found.there.handle if found.there else None,
        chosen=found.chosen,
        works=found.works,
    )


@router.get("/me/other-channel", responses=problems(403, 404))
def my_other_channel(ctx: ApiContext) -> OtherOut:
    """Give the services beside the chats that one can hear by, and one's own choice."""
    return _other(ctx)


@router.put("/me/other-channel", responses=problems(403, 404, 409))
def choose_other_channel(ctx: ApiContext, body: OtherChoice) -> OtherOut:
    """Hear by a service from now on, under one's own handle there."""
    other.choose(ctx, body.service, body.address)
    return _other(ctx)


@router.delete("/me/other-channel", status_code=204, responses=problems(403, 404))
def leave_other_channel(ctx: ApiContext) -> None:
    """Forget one's handle; offers come by e-mail from now on."""
    chat.unlink(ctx, Channel.OTHER)


# ---- Telegram ----------------------------------------------------------------------------------------------------


class TelegramChat(BaseModel):
    """Where something was written; answers are taken from private chats alone."""

    id: int
    type: str = ""


class TelegramMessage(BaseModel):
    """What somebody wrote, or the message under which they pressed."""

    chat: TelegramChat
    text: str = ""


class TelegramCallback(BaseModel):
    """A button that somebody pressed."""

    id: str
    data: str = ""
    message: TelegramMessage | None = None


class TelegramUpdate(BaseModel):
    """One update by the Bot API; what else it may hold is left unread."""

    update_id: int
    message: TelegramMessage | None = None
    callback_query: TelegramCallback | None = None


@router.post("/chat/telegram", responses=problems(403, 404))
def telegram(
    ctx: PublicContext,
    update: TelegramUpdate,
    secret: Annotated[str, Header(alias="x-telegram-bot-api-secret-token", max_length=256)] = "",
) -> dict[str, Any]:
    """Take one update; the answer is the method that the Bot API is to call, or nothing."""
    _configured(ctx.settings, Channel.TELEGRAM)
    if not _same(secret, ctx.settings.telegram_secret.get_secret_value()):
        raise ForbiddenError(mark("Tanda tangan pesan ini tidak cocok."))
    pressed = update.callback_query
    message = pressed.message if pressed else update.message
    if message is None or message.chat.type != "private":
        return {}
    text = pressed.data if pressed else message.text
    said = chat.take(ctx, Came(Channel.TELEGRAM, str(update.update_id), str(message.chat.id), text))
    if said is None:
        return {}
    if pressed:
        return {
            "method": "answerCallbackQuery",
            "callback_query_id": pressed.id,
            "text": said[:ALERT_CHARS],
            "show_alert": True,
        }
    return {"method": "sendMessage", "chat_id": message.chat.id, "text": said}


def _configured(settings: Settings, channel: Channel) -> None:
    if channel not in chat.configured(settings):
        raise NotFoundError(mark("Obrolan itu tidak dipakai di sini."))


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


# ---- WhatsApp ----------------------------------------------------------------------------------------------------


class _Said(BaseModel):
    body: str = ""


class _Pressed(BaseModel):
    payload: str = ""


class _Reply(BaseModel):
    id: str = ""


class _Interactive(BaseModel):
    button_reply: _Reply = _Reply()


class WhatsAppMessage(BaseModel):
    """What somebody wrote, or a button that they pressed."""

    id: str = Field(max_length=200)
    sender: str = Field(alias="from", max_length=40)
    text: _Said = _Said()
    button: _Pressed = _Pressed()
    interactive: _Interactive = _Interactive()

    @property
    def words(self) -> str:
        """Give what it asks for."""
        return self.button.payload or self.interactive.button_reply.id or self.text.body


class WhatsAppStatus(BaseModel):
    """What became of a message of ours."""

    status: str = ""
    biz_opaque_callback_data: str = Field(default="", max_length=200)


class _Value(BaseModel):
    messages: list[WhatsAppMessage] = Field(default=[], max_length=100)
    statuses: list[WhatsAppStatus] = Field(default=[], max_length=100)


class _Change(BaseModel):
    value: _Value = _Value()


class _Entry(BaseModel):
    changes: list[_Change] = Field(default=[], max_length=100)


class WhatsAppUpdate(BaseModel):
    """One notification by the Cloud API; what else it may hold is left unread."""

    entry: list[_Entry] = Field(default=[], max_length=100)

    def values(self) -> list[_Value]:
        """Give what it tells, in order."""
        return [change.value for entry in self.entry for change in entry.changes]


ARRIVED = frozenset({"sent", "delivered", "read"})


@router.get("/chat/whatsapp", response_class=Response, responses=problems(403, 404))
def verify_whatsapp(
    ctx: PublicContext,
    mode: Annotated[str, Query(alias="hub.mode", max_length=40)] = "",
    verify: Annotated[str, Query(alias="hub.verify_token", max_length=256)] = "",
    challenge: Annotated[str, Query(alias="hub.challenge", max_length=256)] = "",
) -> Response:
    """Prove to the Cloud API that this address is ours, by giving back its challenge."""
    _configured(ctx.settings, Channel.WHATSAPP)
    known = ctx.settings.whatsapp_verify.get_secret_value()
    if mode != "subscribe" or not known or not _same(verify, known):
        raise ForbiddenError(mark("Tanda tangan pesan ini tidak cocok."))
    return Response(challenge, media_type="text/plain")


async def raw_body(request: Request) -> bytes:
    """Give the body as it came, because its signature is over these very bytes."""
    return await request.body()


@router.post("/chat/whatsapp", responses=problems(403, 404))
def whatsapp(
    ctx: PublicContext,
    tasks: BackgroundTasks,
    body: Annotated[bytes, Depends(raw_body)],
    signature: Annotated[str, Header(alias="x-hub-signature-256", max_length=100)] = "",
) -> dict[str, str]:
    """Take one notification: answers of people, and receipts for messages of ours."""
    settings = ctx.settings
    _configured(settings, Channel.WHATSAPP)
    expected = hmac.digest(settings.whatsapp_secret.get_secret_value().encode(), body, hashlib.sha256).hex()
    if not _same(signature, f"sha256={expected}"):
        raise ForbiddenError(mark("Tanda tangan pesan ini tidak cocok."))
    try:
        update = WhatsAppUpdate.model_validate_json(body)
    except ValidationError:
        raise InvalidInputError(mark("Pesan itu tidak terbaca.")) from None
    for value in update.values():
        for message in value.messages:
            _answer(ctx, tasks, message)
        for status in value.statuses:
            if status.status in ARRIVED and status.biz_opaque_callback_data:
                chat.arrived(ctx, status.biz_opaque_callback_data)
    return {}


def _answer(ctx: Context, tasks: BackgroundTasks, message: WhatsAppMessage) -> None:
    said = chat.take(ctx, Came(Channel.WHATSAPP, message.id, message.sender, message.words))
    if said is not None:
        tasks.add_task(_say, ctx.settings, message.sender, said)


def _say(settings: Settings, to: str, text: str) -> None:
    """Say what became of an answer; where that is lost, the inbox says the same."""
    try:
        WhatsApp.of(settings).say(to, text)
    except SendError as error:
        log.warning("chat not answered", why=str(error))
