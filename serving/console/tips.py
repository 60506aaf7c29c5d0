"""Tips on a page: one form for everybody, on a phone first; what was sent is read before a transaction is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, File, Form, Query, Request, Response, UploadFile

from serving.console.forms import ADDRESS, OPTIONAL_PARAGRAPH, attempt, fit
from serving.console.open_forms import OpenForm
from serving.console.pages import redirect, render
from serving.db.library import Entry
from serving.deps import LanguageDep, PublicContext, ServiceDep, VisitDep, address_of
from serving.desk import pictures
from serving.desk.incoming import tips
from serving.desk.incoming.tips import Tip
from serving.desk.incoming.tips_picture import fingerprint
from serving.desk.publishing import library
from serving.errors import SuluhError, TooManyRequestsError
from serving.i18n import mark, translate
from serving.inputs import URL_MAX_CHARS
from serving.parts import Router

open_router = Router()
FORM = OpenForm(
    "tip",
    "suluh_tip",
    "/lapor",
    mark("Formulir ini sudah kedaluwarsa. Muat ulang halaman, lalu kirim lagi."),
)


@dataclass(frozen=True, slots=True)
class TipPage:
    """The form, with whatever was typed; a picture has to be chosen again."""

    token: str
    text: str
    link: str
    problem: str
    text_max: int
    link_max: int
    picture_max_mb: int


@dataclass(frozen=True, slots=True)
class TipSentPage:
    """What happens next, and the clarification that answers it where there is one."""

    sentence: str
    answer: Entry | None


@dataclass(frozen=True, slots=True)
class _Sent:
    """A form as it came: what was typed, and the tip in it or why it is none."""

    text: str
    link: str
    tip: Tip | SuluhError


def read_form(
    request: Request,
    service: ServiceDep,
    csrf: Annotated[str, Form()] = "",
    isi: Annotated[str, Form()] = "",
    tautan: Annotated[str, Form()] = "",
    gambar: Annotated[UploadFile | None, File()] = None,
) -> _Sent:
    """Read a form before any transaction is open: a picture takes a while."""
    try:
        FORM.check(request, service, csrf)
        tips.refuse_blank(isi, tautan.strip(), has_picture=gambar is not None and bool(gambar.size))
        service.limits.tip(address_of(request), service.clock.now())
        text = fit(OPTIONAL_PARAGRAPH, isi, "isi")
        link = fit(ADDRESS, tautan, "tautan") if tautan.strip() else None
        sent = gambar.file.read(pictures.SIZE_MAX_BYTES + 1) if gambar is not None else b""
        return _Sent(isi, tautan, Tip(text, link, fingerprint(sent) if sent else None))
    except SuluhError as error:
        return _Sent(isi, tautan, error)


@open_router.get("/lapor")
def ask(request: Request, service: ServiceDep, visit: VisitDep) -> Response:
    """Show the form with which anybody sends what goes round."""
    page = _page(FORM.token(request, service))
    response = render(request, "tip.html", page, visit=visit)
    FORM.keep(service, response, page.token)
    return response


def _page(token: str, text: str = "", link: str = "", problem: str = "") -> TipPage:
    return TipPage(
        token=token,
        text=text[: tips.TEXT_MAX_CHARS],
        link=link[:URL_MAX_CHARS],
        problem=problem,
        text_max=tips.TEXT_MAX_CHARS,
        link_max=URL_MAX_CHARS,
        picture_max_mb=pictures.SIZE_MAX_BYTES // 1_000_000,
    )


@open_router.post("/lapor")
def send(
    request: Request,
    sent: Annotated[_Sent, Depends(read_form)],
    ctx: PublicContext,
    service: ServiceDep,
    visit: VisitDep,
    language: LanguageDep,
) -> Response:
    """Send a tip; the answer leads to what happens next."""
    receipts: list[tips.Receipt] = []

    def work() -> None:
        if isinstance(sent.tip, SuluhError):
            raise sent.tip
        receipts.append(tips.send(ctx, sent.tip))

    if error := attempt(ctx, work):
        problem = translate(language, error.message, **error.params)
        page = _page(FORM.token(request, service), sent.text, sent.link, problem)
        response = render(request, "tip.html", page, visit=visit, status=error.status)
        FORM.keep(service, response, page.token)
        if isinstance(error, TooManyRequestsError):
            response.headers["retry-after"] = str(error.retry_after_s)
        return response
    answer = receipts[0].answer
    return redirect(request, f"/lapor/terkirim?jawaban={answer.head.slug}" if answer else "/lapor/terkirim")


@open_router.get("/lapor/terkirim")
def sent_page(
    request: Request, ctx: PublicContext, visit: VisitDep, jawaban: Annotated[str, Query(max_length=120)] = ""
) -> Response:
    """Say what happens next, and show the published clarification that answers it."""
    receipt = tips.Receipt(library.published(ctx, jawaban) if jawaban else None)
    return render(request, "tip_sent.html", TipSentPage(receipt.sentence, receipt.answer), visit=visit)
