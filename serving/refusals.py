"""How an error becomes an answer: a problem document at ``/v1``, a page with one sentence elsewhere.

Everything that can go wrong in a request ends here, also what the network sent and no endpoint ever saw.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from serving.api import scores
from serving.api.problems import PARTS_MAX, WORDS_MAX, problem, problems
from serving.console.failure import failure_page
from serving.db import IntegrityError, OperationalError
from serving.deps import get_language
from serving.errors import (
    ConflictError,
    InvalidInputError,
    MediaTypeError,
    NotFoundError,
    NotSignedInError,
    SuluhError,
    UnavailableError,
)
from serving.i18n import mark
from serving.inputs import local_path, misfit

log = structlog.get_logger()

JSON: Final = "application/json"
FAULT: Final = mark("Ada kesalahan di pihak kami. Isian Anda tidak diubah; coba lagi.")
_SENTENCES = {
    400: mark("Permintaan ini tidak dapat dibaca."),
    405: mark("Alamat ini tidak menerima cara itu."),
    413: mark("Kiriman terlalu besar."),
    415: mark("Jenis isi itu tidak diterima."),
}


class HttpError(SuluhError):
    """What HTTP itself has a status for, and none of our rules raised."""

    def __init__(self, status: int) -> None:
        super().__init__(_SENTENCES.get(status, mark("Permintaan ini tidak dapat dilayani.")))
        self.status = status
        self.code = HTTPStatus(status).phrase.lower().replace(" ", "-")


def answer(request: Request, error: SuluhError) -> Response:
    """Answer with one error at the door through which the request came.

    A reader who is not signed in is brought to the sign-in page, and back from there to where they wanted to go.
    """
    # The raw path: ``request.url`` would also read the Host header, which can be anything.
    path = request.scope["path"]
    if path == "/v1" or (path.startswith("/v1/") and path != "/v1/docs"):
        return problem(error, get_language(request), request.state.request_id)
    if not isinstance(error, NotSignedInError) or path == "/masuk":
        return failure_page(request, error)
    if request.headers.get("hx-request"):
        response: Response = failure_page(request, error)
        response.headers["hx-redirect"] = f"/masuk?ke={quote(_shown_page(request), safe='')}"
        return response
    if request.method == "GET":
        query = request.scope["query_string"].decode("latin-1")
        wanted = local_path(quote(path) + (f"?{query}" if query else ""))
        return RedirectResponse(f"/masuk?ke={quote(wanted, safe='')}", status_code=HTTPStatus.SEE_OTHER)
    return failure_page(request, error)


def _shown_page(request: Request) -> str:
    """Give the page in which htmx asked for a part of it."""
    address = request.headers.get("hx-current-url", "")
    return local_path(urlsplit(address.replace("[", "").replace("]", "")).path)


def _words(value: object) -> str:
    """Write what a stranger may have sent so that it can be sent back: valid Unicode, and short."""
    return str(value).encode("utf-8", "replace").decode()[:WORDS_MAX]


def _trace(error: Exception) -> str:
    """Write the trace as plain text: a log's own renderer may add every local value, and so what people sent."""
    return "".join(traceback.format_exception(error))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, SuluhError)  # noqa: S101 - registered for this type only
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("refused", code=error.code, status=error.status)
    return answer(request, error)


async def _unfit(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    found = error.errors()
    if any(item["loc"] == ("body",) and isinstance(item.get("input"), bytes) for item in found):
        # FastAPI hands a body on as bytes where its type is not JSON.
        return answer(request, MediaTypeError(mark("Kirim application/json.")))
    parts = [(_words("/".join(map(str, item["loc"]))), misfit(item)) for item in found[:PARTS_MAX]]
    where, why = parts[0] if parts else ("?", InvalidInputError("?"))
    refused = InvalidInputError(mark("Isian tidak cocok: {where}: {why}"), where=where, why=why)
    return answer(request, refused.of(parts))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    if error.status_code == HTTPStatus.NOT_FOUND:
        response = answer(request, NotFoundError(mark("Halaman itu tidak ada.")))
    else:
        response = answer(request, HttpError(error.status_code))
    for name, value in (error.headers or {}).items():
        response.headers.setdefault(name, value)
    return response


async def _raced(request: Request, error: Exception) -> Response:
    """Answer where the database refused what the rules had allowed: somebody else wrote in between."""
    log.warning("constraint refused", trace=_trace(error))
    sentence = mark("Orang lain mengubah ini pada saat yang sama. Muat ulang halaman, lalu coba lagi.")
    return answer(request, ConflictError(sentence))


async def _database_away(request: Request, error: Exception) -> Response:
    log.error("database", trace=_trace(error))
    sentence = mark("Basis data sedang tidak menjawab. Tidak ada yang diubah; coba lagi sebentar lagi.")
    return answer(request, UnavailableError(sentence))


async def fault(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw, and log it with its trace under the request's number."""
    log.error("fault", trace=_trace(error))
    return answer(request, SuluhError(FAULT))


Handler = Callable[[Request, Exception], Awaitable[Response]]
_HANDLERS: dict[type[Exception], Handler] = {
    SuluhError: _refused,
    RequestValidationError: _unfit,
    HTTPException: _http,
    IntegrityError: _raced,
    OperationalError: _database_away,
}


def install(app: FastAPI) -> None:
    """Register the handlers; what none of them takes reaches ``fault`` through the middleware."""
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)


def declare(app: FastAPI, schema: dict[str, Any], open_all: Callable[[], None]) -> None:
    """Put the error schema into OpenAPI: errors are answered by handlers, which FastAPI does not see.

    ``open_all`` makes the routes that nobody asked for so far. A body of another type than its operation takes is 415.
    """
    original = app.openapi

    def openapi() -> dict[str, Any]:
        open_all()
        document = original()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = schema
        scores.declare_limits(schemas, app.state.service.settings)
        for operation in (each for item in document["paths"].values() for each in item.values()):
            if JSON in operation.get("requestBody", {}).get("content", {}):
                operation["responses"] |= {str(status): reply for status, reply in problems(415).items()}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI documents this way of extending it
