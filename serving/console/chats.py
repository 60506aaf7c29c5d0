"""One's own chats and other services, as a page: link one by a code or by one's handle there, or let it go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Form, Path, Request, Response
from fastapi.responses import HTMLResponse

from serving.console.pages import redirect, render
from serving.deps import PageContext, Visit, VisitDep, get_language
from serving.desk.context import Context
from serving.desk.outreach import chat, other
from serving.desk.outreach.chat import FirstMessage, Linkable
from serving.errors import SuluhError
from serving.handles import HANDLE_MAX_CHARS
from serving.i18n import mark, translate
from serving.parts import Router
from serving.vocabulary import Channel

router = Router(prefix="/profil/obrolan")
ChatChannel = Annotated[Literal[Channel.TELEGRAM, Channel.WHATSAPP], Path()]


@dataclass(frozen=True, slots=True)
class ChatsPage:
    """The chats and services that can be linked.

    Attributes:
        first: what the chat just chosen is to send, in the answer that made it.
        error: why a handle was refused.
        typed: what was typed then.
    """

    chats: tuple[Linkable, ...]
    other: other.Own
    first: FirstMessage | None = None
    error: str = ""
    typed: str = ""


def _page(ctx: Context, first: FirstMessage | None = None) -> ChatsPage:
    return ChatsPage(chat.own_chats(ctx), other.own(ctx), first)


@router.get("")
def read_chats(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show one's own chats."""
    return render(request, "chats.html", _page(ctx), visit=visit)


@router.post("/lain")
def choose_other(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    layanan: Annotated[str, Form(max_length=40)],
    alamat: Annotated[str, Form(max_length=HANDLE_MAX_CHARS)],
) -> Response:
    """Hear by another service; a handle that was refused says why."""
    try:
        with ctx.session.begin_nested():
            other.choose(ctx, layanan, alamat)
    except SuluhError as refused:
        return _refused(request, ctx, visit, refused, alamat)
    return redirect(request, "/profil/obrolan", mark("Tawaran datang lewat saluran itu mulai sekarang."))


def _refused(request: Request, ctx: Context, visit: Visit | None, refused: SuluhError, typed: str) -> HTMLResponse:
    error = translate(get_language(request), refused.message, **refused.params)
    page = ChatsPage(chat.own_chats(ctx), other.own(ctx), error=error, typed=typed)
    return render(request, "chats.html", page, visit=visit, status=refused.status)


@router.post("/lain/lepas")
def leave_other(request: Request, ctx: PageContext) -> Response:
    """Forget one's handle at another service."""
    chat.unlink(ctx, Channel.OTHER)
    return redirect(request, "/profil/obrolan", mark("Alamat di saluran itu dilupakan."))


@router.post("/{channel}")
def link(request: Request, ctx: PageContext, visit: VisitDep, channel: ChatChannel) -> Response:
    """Make a code, and show in this one answer what to send."""
    first = chat.first_message(ctx.settings, channel, chat.new_code(ctx, channel))
    return render(request, "chats.html", _page(ctx, first), visit=visit, status=201)


@router.post("/{channel}/lepas")
def unlink(request: Request, ctx: PageContext, channel: ChatChannel) -> Response:
    """Forget a chat."""
    chat.unlink(ctx, channel)
    return redirect(request, "/profil/obrolan", mark("Obrolan dilepas dan alamatnya dilupakan."))
