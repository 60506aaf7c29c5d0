"""Puts the service together: parts, doors, and what stands between them and the network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from serving import api, console, middleware
from serving.api.problems import Problem, problem, problems
from serving.console.failure import failure_page
from serving.db import Database
from serving.deps import Service, check_csrf, get_language
from serving.desk.context import Clock, SystemClock
from serving.errors import InvalidInputError, NotFoundError, NotSignedInError, SuluhError
from serving.i18n import mark
from serving.security import Vault
from serving.settings import Settings

log = structlog.get_logger()
STATIC = Path(__file__).parent / "static"


def create_service(settings: Settings, clock: Clock | None = None) -> Service:
    """Make the parts of one process; nothing is opened before it is used."""
    return Service(settings, Database(settings.database), Vault(settings.secret), clock or SystemClock())


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> FastAPI:
    """Make the whole web application.

    Args:
        settings: the configuration; read from the environment where none is given.
        clock: where the time comes from; the machine where none is given.
    """
    service = create_service(settings or Settings(), clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        service.database.close()

    app = FastAPI(
        title="Suluh",
        version="1",
        description="Score a text, push posts, work the desk, receive verdicts. A score says how much a text "
        "resembles debunked hoaxes; it is never a measure of truth.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    app.state.service = service
    v1 = APIRouter(prefix="/v1", responses=problems())
    for part in api.routers():
        v1.include_router(part)
    app.include_router(v1)
    pages = APIRouter(include_in_schema=False, dependencies=[Depends(check_csrf)])
    for part in console.routers():
        pages.include_router(part)
    app.include_router(pages)
    app.include_router(console.open_router(), include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(SuluhError, _refused)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)
    middleware.install(app, service)
    _declare_problem(app)
    return app


def _declare_problem(app: FastAPI) -> None:
    """Put the error schema into OpenAPI: it is answered by handlers, which FastAPI does not see."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        document = original()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI documents this way of extending it


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/v1/") or request.url.path == "/v1"


def _answer(request: Request, error: SuluhError, errors: list[dict[str, Any]] | None = None) -> Response:
    if _is_api(request):
        return problem(error, get_language(request), request.state.request_id, errors)
    if isinstance(error, NotSignedInError) and request.method == "GET":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/masuk?ke={quote(back, safe='')}", status_code=303)
    return failure_page(request, error)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, SuluhError)  # noqa: S101 - registered for this type only
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("refused", code=error.code, status=error.status)
    return _answer(request, error)


async def _unfit(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    errors = [{"where": "/".join(str(part) for part in item["loc"]), "why": item["msg"]} for item in error.errors()]
    return _answer(request, InvalidInputError(mark("Isian tidak cocok: {first}"), first=_first(errors)), errors)


def _first(errors: list[dict[str, Any]]) -> str:
    return f"{errors[0]['where']}: {errors[0]['why']}" if errors else "?"


class _HttpError(SuluhError):
    def __init__(self, status: int) -> None:
        super().__init__(_SENTENCES.get(status, mark("Permintaan ini tidak dapat dilayani.")))
        self.status = status
        self.code = HTTPStatus(status).phrase.lower().replace(" ", "-")


_SENTENCES = {
    400: mark("Permintaan ini tidak dapat dibaca."),
    405: mark("Alamat ini tidak menerima cara itu."),
    413: mark("Kiriman terlalu besar."),
    415: mark("Jenis isi itu tidak diterima."),
}


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    if error.status_code == HTTPStatus.NOT_FOUND:
        response = _answer(request, NotFoundError(mark("Halaman itu tidak ada.")))
    else:
        response = _answer(request, _HttpError(error.status_code))
    for name, value in (error.headers or {}).items():
        response.headers.setdefault(name, value)
    return response


async def _fault(request: Request, error: Exception) -> Response:
    log.error("fault", request_id=request.state.request_id, exc_info=error)
    return _answer(request, SuluhError(mark("Ada kesalahan di pihak kami. Isian Anda tidak diubah; coba lagi.")))
