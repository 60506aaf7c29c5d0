"""Coming in: the sign-in page, and the language and theme that anybody may choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from serving.console.open_forms import Crumb, OpenForm
from serving.console.pages import THEME_COOKIE, THEMES, render
from serving.console.places import home_of
from serving.deps import (
    LANGUAGE_COOKIE,
    LATE,
    SESSION_COOKIE,
    LanguageDep,
    Service,
    ServiceDep,
    VisitDep,
    address_of,
    context_for,
    session_token,
)
from serving.desk.context import SERVICE, Actor
from serving.desk.people import accounts
from serving.errors import ForbiddenError, NotSignedInError, SuluhError, TooManyRequestsError
from serving.i18n import Language, mark, translate
from serving.inputs import local_path
from serving.parts import Router

ENTRY = OpenForm("entry", "suluh_entry", "/masuk", mark("Halaman masuk ini sudah kedaluwarsa. Coba sekali lagi."))
YEAR_SECONDS = 365 * 86_400

router = Router()


@dataclass(frozen=True, slots=True)
class SignInPage:
    """Name, password, and where to go afterwards."""

    name: str
    back: str
    token: str
    refusal: str


def keep_session(service: Service, response: Response, user_id: int, epoch: int) -> None:
    """Sign a browser in: one cookie that no script can read."""
    token = session_token(service, user_id, epoch)
    seconds = (service.settings.session_lifetime + LATE).total_seconds()
    Crumb(SESSION_COOKIE, token, seconds).set(service, response)


def _page(request: Request, page: SignInPage, status: int = 200) -> Response:
    service: Service = request.app.state.service
    response = render(request, "sign_in.html", page, status=status)
    ENTRY.keep(service, response, page.token)
    return response


@router.get("/masuk")
def sign_in_page(request: Request, service: ServiceDep, visit: VisitDep, ke: str = "") -> Response:
    """Ask for name and password; whoever is signed in already goes on."""
    if visit is not None:
        return RedirectResponse(local_path(ke, home_of(visit.actor)), status_code=303)
    return _page(request, SignInPage("", local_path(ke, ""), ENTRY.token(request, service), ""))


class SignInForm(BaseModel):
    """What the sign-in page sends; anything missing simply does not match."""

    name: str = ""
    password: str = ""
    ke: str = ""
    csrf: str = ""


@router.post("/masuk")
def sign_in(
    request: Request, service: ServiceDep, language: LanguageDep, form: Annotated[SignInForm, Form()]
) -> Response:
    """Sign in, or say why not with the name still in its field."""
    name = form.name.strip().lower()
    try:
        ENTRY.check(request, service, form.csrf)
        actor, epoch = _admit(request, service, name, form.password)
    except (ForbiddenError, NotSignedInError, TooManyRequestsError) as refusal:
        return _refused(request, SignInPage(name[:64], local_path(form.ke, ""), "", ""), refusal, language)
    response = RedirectResponse(local_path(form.ke, home_of(actor)), status_code=303)
    keep_session(service, response, actor.user_id or 0, epoch)
    response.delete_cookie(ENTRY.cookie, path=ENTRY.path)
    return response


def _admit(request: Request, service: Service, name: str, password: str) -> tuple[Actor, int]:
    service.limits.sign_in(name, address_of(request), service.clock.now())
    with service.database.read() as session:
        actor = accounts.identify(context_for(service, session, SERVICE), name, password)
    with service.database.write() as session:
        return actor, accounts.record_sign_in(context_for(service, session, actor)).session_epoch


def _refused(request: Request, page: SignInPage, refusal: SuluhError, language: Language) -> Response:
    service: Service = request.app.state.service
    sentence = translate(language, refusal.message, **refusal.params)
    shown = SignInPage(page.name, page.back, ENTRY.token(request, service), sentence)
    response = _page(request, shown, refusal.status)
    if isinstance(refusal, TooManyRequestsError):
        response.headers["retry-after"] = str(refusal.retry_after_s)
    return response


@router.post("/bahasa")
def choose(
    service: ServiceDep,
    bahasa: Annotated[str, Form()] = "",
    tema: Annotated[str, Form()] = "",
    ke: Annotated[str, Form()] = "",
) -> Response:
    """Keep the reader's language or theme in a cookie; it changes nothing else, so it carries no form token."""
    response = RedirectResponse(local_path(ke), status_code=303)
    if bahasa in set(Language):
        Crumb(LANGUAGE_COOKIE, bahasa, YEAR_SECONDS).set(service, response)
    if tema in THEMES:
        Crumb(THEME_COOKIE, tema, YEAR_SECONDS).set(service, response)
    elif tema == "auto":
        response.delete_cookie(THEME_COOKIE)
    return response
