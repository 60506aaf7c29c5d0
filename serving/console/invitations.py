"""Joining by invitation: the page for whoever was invited, and a ministry's invitations as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Request, Response
from fastapi import Path as PathParameter
from pydantic import BaseModel

from serving.console.entry import keep_session
from serving.console.influencers import CODE
from serving.console.open_forms import OpenForm
from serving.console.pages import redirect, render
from serving.db.tables import User
from serving.deps import LanguageDep, PageContext, PublicContext, Service, ServiceDep, address_of
from serving.desk.people import invitations as desk
from serving.errors import InvalidInputError, SuluhError, TooManyRequestsError
from serving.i18n import mark, translate
from serving.parts import Router
from serving.security import PASSWORD_MIN_CHARS

router = Router(prefix="/influencer")
open_router = Router()

FORM = OpenForm(
    "join", "suluh_join", "/gabung", mark("Halaman ini sudah kedaluwarsa. Muat ulang, lalu kirim sekali lagi.")
)


# ---- a ministry's invitations ----------------------------------------------------------------------------------


@router.post("/kementerian/{code}/undangan")
def invite_all(
    ctx: PageContext,
    code: Annotated[str, PathParameter(pattern=rf"^{CODE}$")],
    surel: Annotated[str, Form()] = "",
) -> Response:
    """Invite whoever has no account yet; the file that answers is the only place where the addresses stand."""
    invited = desk.invite_all(ctx, code, mail=surel == "ya")
    name = f'attachment; filename="undangan-{code}.csv"'
    return Response(desk.as_csv(invited), media_type="text/csv; charset=utf-8", headers={"content-disposition": name})


# ---- whoever was invited ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JoinPage:
    """The form with whatever was typed, and for whom the code is where it opens something."""

    token: str
    code: str
    account: str
    welcome: desk.Welcome | None
    problem: str
    password_min: int


class JoinForm(BaseModel):
    """A code, the account's name, and the password twice."""

    kode: str = ""
    account: str = ""
    new: str = ""
    again: str = ""
    csrf: str = ""


@open_router.get("/gabung")
def read_join(
    request: Request, ctx: PublicContext, service: ServiceDep, language: LanguageDep, kode: str = ""
) -> Response:
    """Ask for the code, or say for whom it is and ask for an account."""
    if not kode:
        return _page(request, service, JoinForm(), None, "")
    try:
        service.limits.sign_in(desk.PACED_AS, address_of(request), ctx.now)
        welcome = desk.look(ctx, kode)
    except SuluhError as error:
        return _refused(request, service, language, JoinForm(kode=kode), error)
    return _page(request, service, JoinForm(kode=kode), welcome, "")


@open_router.post("/gabung")
def join(
    request: Request, ctx: PublicContext, service: ServiceDep, language: LanguageDep, form: Annotated[JoinForm, Form()]
) -> Response:
    """Make the account and sign in; the next page asks for consent."""
    try:
        FORM.check(request, service, form.csrf)
        service.limits.sign_in(desk.PACED_AS, address_of(request), ctx.now)
        with ctx.session.begin_nested():
            user = _joined(ctx, form)
    except SuluhError as error:
        return _refused(request, service, language, form, error)
    response = redirect(request, "/profil#persetujuan", mark("Akun Anda siap. Baca dan pilih izinnya di bawah ini."))
    keep_session(service, response, user.id, user.session_epoch)
    response.delete_cookie(FORM.cookie, path=FORM.path)
    return response


def _joined(ctx: PublicContext, form: JoinForm) -> User:
    if form.new != form.again:
        raise InvalidInputError(mark("Kedua kata sandi baru tidak sama."))
    return desk.join(ctx, form.kode, form.account.strip().lower(), form.new)


def _refused(request: Request, service: Service, language: LanguageDep, form: JoinForm, error: SuluhError) -> Response:
    """Show the form again with what was typed, without the passwords, and why it was refused."""
    response = _page(
        request, service, form, None, translate(language, error.message, **error.params), status=error.status
    )
    if isinstance(error, TooManyRequestsError):
        response.headers["retry-after"] = str(error.retry_after_s)
    return response


def _page(
    request: Request,
    service: Service,
    form: JoinForm,
    welcome: desk.Welcome | None,
    problem: str,
    *,
    status: int = 200,
) -> Response:
    token = FORM.token(request, service)
    page = JoinPage(token, form.kode[:80], form.account[:64], welcome, problem, PASSWORD_MIN_CHARS)
    response = render(request, "join.html", page, status=status)
    # The code stands in the address: neither a page before nor one after is told of it.
    response.headers["referrer-policy"] = "no-referrer"
    response.headers["cache-control"] = "no-store"
    FORM.keep(service, response, token)
    return response
