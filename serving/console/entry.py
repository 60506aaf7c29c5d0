"""Coming in: the sign-in page, and the language and theme that anybody may choose."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from serving.console.pages import THEME_COOKIE, THEMES, render
from serving.console.places import home_of
from serving.deps import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    LanguageDep,
    Service,
    ServiceDep,
    VisitDep,
    context_for,
    session_token,
)
from serving.desk import accounts
from serving.desk.context import SERVICE, Actor
from serving.errors import ForbiddenError, NotSignedInError, SuluhError, TooManyRequestsError
from serving.i18n import Language, mark, translate
from serving.inputs import local_path

ENTRY_COOKIE = "suluh_entry"
ENTRY_SECONDS = 3_600
YEAR_SECONDS = 365 * 86_400

router = APIRouter()


@dataclass(frozen=True, slots=True)
class SignInPage:
    """Name, password, and where to go afterwards."""

    name: str
    back: str
    token: str
    refusal: str


@dataclass(frozen=True, slots=True)
class Crumb:
    """A cookie to be set: no script reads it, and no other site sends it along with a form."""

    name: str
    value: str
    seconds: float
    path: str = "/"

    def set(self, service: Service, response: Response) -> None:
        """Put it on an answer."""
        response.set_cookie(
            self.name,
            self.value,
            max_age=int(self.seconds),
            path=self.path,
            httponly=True,
            samesite="lax",
            secure=service.settings.secure_cookies,
        )


def keep_session(service: Service, response: Response, user_id: int, epoch: int) -> None:
    """Sign a browser in: one cookie that no script can read."""
    token = session_token(service, user_id, epoch)
    seconds = service.settings.session_lifetime.total_seconds()
    Crumb(SESSION_COOKIE, token, seconds).set(service, response)


def _entry_token(request: Request, service: Service) -> str:
    """Give the token that cookie and form must both carry: there is no session yet to derive one from."""
    present = request.cookies.get(ENTRY_COOKIE, "")
    # A token that is about to run out is replaced while the page is being read.
    if service.vault.signed("entry", present, ENTRY_SECONDS / 2) is not None:
        return present
    return service.vault.sign("entry", secrets.token_urlsafe(16))


def _check_entry(request: Request, service: Service, given: str) -> None:
    cookie = request.cookies.get(ENTRY_COOKIE, "")
    same = hmac.compare_digest(given.encode("utf-8", "replace"), cookie.encode("utf-8", "replace"))
    if not same or service.vault.signed("entry", cookie, ENTRY_SECONDS) is None:
        raise ForbiddenError(mark("Halaman masuk ini sudah kedaluwarsa. Coba sekali lagi."))


def _page(request: Request, page: SignInPage, status: int = 200) -> Response:
    service: Service = request.app.state.service
    response = render(request, "sign_in.html", page, status=status)
    Crumb(ENTRY_COOKIE, page.token, ENTRY_SECONDS, "/masuk").set(service, response)
    return response


@router.get("/masuk")
def sign_in_page(request: Request, service: ServiceDep, visit: VisitDep, ke: str = "") -> Response:
    """Ask for name and password; whoever is signed in already goes on."""
    if visit is not None:
        return RedirectResponse(local_path(ke, home_of(visit.actor)), status_code=303)
    return _page(request, SignInPage("", local_path(ke, ""), _entry_token(request, service), ""))


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
        _check_entry(request, service, form.csrf)
        actor, epoch = _admit(request, service, name, form.password)
    except (ForbiddenError, NotSignedInError, TooManyRequestsError) as refusal:
        return _refused(request, SignInPage(name[:64], local_path(form.ke, ""), "", ""), refusal, language)
    response = RedirectResponse(local_path(form.ke, home_of(actor)), status_code=303)
    keep_session(service, response, actor.user_id or 0, epoch)
    response.delete_cookie(ENTRY_COOKIE, path="/masuk")
    return response


def _admit(request: Request, service: Service, name: str, password: str) -> tuple[Actor, int]:
    address = request.client.host if request.client else ""
    service.limits.sign_in(name, address, service.clock.now())
    with service.database.read() as session:
        actor = accounts.identify(context_for(service, session, SERVICE), name, password)
    with service.database.write() as session:
        return actor, accounts.record_sign_in(context_for(service, session, actor)).session_epoch


def _refused(request: Request, page: SignInPage, refusal: SuluhError, language: Language) -> Response:
    service: Service = request.app.state.service
    sentence = translate(language, refusal.message, **refusal.params)
    shown = SignInPage(page.name, page.back, _entry_token(request, service), sentence)
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
