"""How a page is made: one template, one context dataclass, and the words every page needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import Field, dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from serving import i18n
from serving.console.places import is_staffed, may_search, places_for
from serving.deps import SAFE_METHODS, Service, Visit, get_language
from serving.desk.people import rest
from serving.i18n import Language
from serving.inputs import URL_MAX_CHARS, local_path
from serving.vocabulary import LABELS, QUESTIONS, Gate, Role

FLASH_COOKIE = "suluh_flash"
FLASH_SECONDS = 60
THEME_COOKIE = "suluh_theme"
THEMES = ("light", "dark")
HERE = Path(__file__).parent.parent


class DataclassPage(Protocol):
    """A frozen dataclass whose fields a template reads by name."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


@dataclass(frozen=True, slots=True)
class Flash:
    """One sentence about what just happened."""

    text: str
    kind: str = "ok"


@cache
def _icons() -> dict[str, str]:
    """Read the pictures that ``scripts/frontend.py`` took from npm; without them the words beside them remain."""
    path = HERE / "static" / "vendor" / "icons.json"
    icons: dict[str, str] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return icons


def icon(name: str) -> Markup:
    """Give one icon as inline SVG; raise ``KeyError`` for a name that is not in the front-end script's list."""
    return Markup(_icons()[name]) if _icons() else Markup()  # noqa: S704 - our own files


def spark_points(values: Sequence[float], width: float, height: float) -> str:
    """Place numbers as the points of a line, oldest at the left, zero at the bottom, one unit of air around."""
    top = max(values, default=0) or 1
    step = (width - 2) / max(len(values) - 1, 1)
    return " ".join(
        f"{1 + i * step:.1f},{height - 1 - (height - 2) * max(value, 0) / top:.1f}" for i, value in enumerate(values)
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.filters["moment"] = datetime.fromisoformat  # the audit keeps times as the text that was hashed
    environment.globals |= {"LABELS": LABELS, "icon": icon, "spark_points": spark_points}
    return environment


ENVIRONMENT = _environment()


def words_for(language: Language) -> dict[str, Callable[..., Any]]:
    """Give the functions with which templates write words, numbers and times in one language."""

    def sentence(message: str, **params: object) -> str | Markup:
        if isinstance(message, Markup):
            return Markup(i18n.translate(language, str(message))).format(**params)  # noqa: S704 - escapes params
        return i18n.translate(language, message, **params)

    def label(word: StrEnum | None) -> str:
        if word is None:
            return ""
        return i18n.translate(language, QUESTIONS[word] if isinstance(word, Gate) else LABELS[word])

    def at(moment: datetime, zone: str = "Asia/Jakarta") -> str:
        return i18n.clock_time(language, moment, zone)

    return {
        "_": sentence,
        "label": label,
        "number": partial(i18n.number, language),
        "at": at,
        "ago": partial(i18n.relative, language),
    }


def chosen_theme(request: Request) -> str:
    """Give the theme that the reader chose, or nothing where the device decides."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def came_from(request: Request) -> str:
    """Give the page of ours that the reader came from, or the home page."""
    try:
        origin = urlsplit(request.headers.get("referer", "")[:URL_MAX_CHARS])
    except ValueError:
        return "/"
    return local_path(origin.path) if origin.netloc == request.headers.get("host") else "/"


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
    flash = _flash(service, request, get_language(request))
    # htmx asks for the fragment that the page includes; the layout then leaves the frame out.
    fragment = request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"
    html = ENVIRONMENT.get_template(template).render(_context(request, page, Frame(visit, flash, fragment)))
    response = HTMLResponse(html, status_code=status)
    if flash:
        response.delete_cookie(FLASH_COOKIE)
    return response


def render_inner(request: Request, template: str, page: DataclassPage, *, visit: Visit | None = None) -> Markup:
    """Fill one template without the frame around it, to be shown within another page."""
    context = _context(request, page, Frame(visit, None, fragment=True))
    return escape(ENVIRONMENT.get_template(template).make_module(context))


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a template: who is signed in, what just happened, and whether to leave the layout out."""

    visit: Visit | None
    flash: Flash | None
    fragment: bool


def _context(request: Request, page: DataclassPage, frame: Frame) -> dict[str, Any]:
    """Give every name that a template may use."""
    service: Service = request.app.state.service
    language, visit = get_language(request), frame.visit
    return dict(
        **{field.name: getattr(page, field.name) for field in fields(page)},
        **words_for(language),
        language=language,
        visit=visit,
        actor=visit.actor if visit else None,
        roles=[role for role in Role if visit and visit.actor.may(role)],
        places=places_for(visit.actor if visit else None, request.scope["path"]),
        may_search=may_search(visit.actor if visit else None),
        break_reminder=_reminder(visit, request.scope["path"]),
        theme=chosen_theme(request),
        csrf=visit.csrf if visit else "",
        # Where a change of language or theme leads back to: a page that answers GET.
        path=request.scope["path"] if request.method in SAFE_METHODS else came_from(request),
        flash=frame.flash,
        now=service.clock.now(),
        settings=service.settings,
        request_id=getattr(request.state, "request_id", ""),
        fragment=frame.fragment,
    )


@dataclass(frozen=True, slots=True)
class BreakReminder:
    """What the browser counts with, in minutes, and for whom: two people of one computer are counted apart."""

    person: int
    after: int
    pause: int = rest.PAUSE_MIN
    heavy: int = rest.HEAVY_MIN
    later: int = rest.LATER_MIN


def _reminder(visit: Visit | None, path: str) -> BreakReminder | None:
    if visit is None or not visit.rest_after_min or not is_staffed(visit.actor, path):
        return None
    return BreakReminder(visit.actor.user_id or 0, visit.rest_after_min)


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
