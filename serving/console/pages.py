"""How a page is made: one template, one context dataclass, and the words every page needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from serving import i18n
from serving.deps import Service, Visit, get_language
from serving.i18n import Language
from serving.vocabulary import LABELS

FLASH_COOKIE = "suluh_flash"
FLASH_SECONDS = 60
HERE = Path(__file__).parent.parent


class DataclassPage(Protocol):
    """A frozen dataclass whose fields a template reads by name."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


@dataclass(frozen=True, slots=True)
class Flash:
    """One sentence about what just happened."""

    text: str
    kind: str = "ok"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.globals["LABELS"] = LABELS
    return environment


ENVIRONMENT = _environment()


def words_for(language: Language) -> dict[str, Callable[..., Any]]:
    """Give the functions with which templates write words, numbers and times in one language."""

    def sentence(message: str, **params: object) -> str | Markup:
        if isinstance(message, Markup):
            return Markup(i18n.translate(language, str(message))).format(**params)  # noqa: S704 - escapes params
        return i18n.translate(language, message, **params)

    def label(word: StrEnum | None) -> str:
        return "" if word is None else i18n.translate(language, LABELS[word])

    def at(moment: datetime, zone: str = "Asia/Jakarta") -> str:
        return i18n.clock_time(language, moment, zone)

    return {
        "_": sentence,
        "label": label,
        "number": partial(i18n.number, language),
        "at": at,
        "ago": partial(i18n.relative, language),
    }


def render(
    request: Request, template: str, page: DataclassPage, *, visit: Visit | None = None, status: int = 200
) -> HTMLResponse:
    """Fill one template.

    Args:
        request: the request that is answered.
        template: a file below ``templates/``.
        page: the page's own dataclass; each field is a name in the template.
        visit: who is signed in, for navigation and form tokens.
        status: the HTTP status.
    """
    service: Service = request.app.state.service
    language = get_language(request)
    flash = _flash(service, request, language)
    html = ENVIRONMENT.get_template(template).render(
        **{field.name: getattr(page, field.name) for field in fields(page)},
        **words_for(language),
        language=language,
        visit=visit,
        actor=visit.actor if visit else None,
        csrf=visit.csrf if visit else "",
        path=request.url.path,
        flash=flash,
        now=service.clock.now(),
        settings=service.settings,
        request_id=getattr(request.state, "request_id", ""),
        # htmx asks for the fragment that the page includes; the layout then leaves the frame out.
        fragment=request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true",
    )
    response = HTMLResponse(html, status_code=status)
    if flash:
        response.delete_cookie(FLASH_COOKIE)
    return response


def redirect(request: Request, to: str, message: str = "", kind: str = "ok", **params: object) -> RedirectResponse:
    """Answer a form: 303 to a page that then says ``message`` once."""
    service: Service = request.app.state.service
    response = RedirectResponse(to, status_code=303)
    if message:
        token = service.vault.sign("flash", [message, {k: str(v) for k, v in params.items()}, kind])
        response.set_cookie(
            FLASH_COOKIE,
            token,
            max_age=FLASH_SECONDS,
            httponly=True,
            samesite="lax",
            secure=service.settings.secure_cookies,
        )
    return response


def _flash(service: Service, request: Request, language: Language) -> Flash | None:
    payload = service.vault.signed("flash", request.cookies.get(FLASH_COOKIE, ""), FLASH_SECONDS)
    if not isinstance(payload, list):
        return None
    message, params, kind = payload
    return Flash(i18n.translate(language, message, **params), kind)
