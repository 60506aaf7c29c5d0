"""One's own chats, as a page: link one by a code that it sends, or let it go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response

from serving.console.pages import redirect, render
from serving.deps import PageContext, VisitDep
from serving.desk import chat
from serving.desk.chat import FirstMessage, Linkable
from serving.i18n import mark
from serving.vocabulary import Channel

router = APIRouter(prefix="/profil/obrolan")
ChatChannel = Annotated[Literal[Channel.TELEGRAM, Channel.WHATSAPP], Path()]


@dataclass(frozen=True, slots=True)
class ChatsPage:
    """The chats that can be linked; ``first`` is what the one just chosen is to send, in the answer that made it."""

    chats: tuple[Linkable, ...]
    first: FirstMessage | None


@router.get("")
def read_chats(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show one's own chats."""
    return render(request, "chats.html", ChatsPage(chat.own_chats(ctx), None), visit=visit)


@router.post("/{channel}")
def link(request: Request, ctx: PageContext, visit: VisitDep, channel: ChatChannel) -> Response:
    """Make a code, and show in this one answer what to send."""
    first = chat.first_message(ctx.settings, channel, chat.new_code(ctx, channel))
    return render(request, "chats.html", ChatsPage(chat.own_chats(ctx), first), visit=visit, status=201)


@router.post("/{channel}/lepas")
def unlink(request: Request, ctx: PageContext, channel: ChatChannel) -> Response:
    """Forget a chat."""
    chat.unlink(ctx, channel)
    return redirect(request, "/profil/obrolan", mark("Obrolan dilepas dan alamatnya dilupakan."))
