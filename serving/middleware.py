"""What every request passes: a number, limits on its form and size, and the headers that keep a browser safe.

Plain ASGI, because Starlette's convenience class copies each body and costs a task a request. A fault is answered
here and not by Starlette's outermost layer, so that its answer carries the same number and headers as any other.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from http import HTTPStatus

import structlog
from fastapi import FastAPI
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.quick_scores import QuickScores
from serving.deps import Service
from serving.errors import SuluhError, TooLargeError
from serving.i18n import mark
from serving.refusals import HttpError, answer, fault

REQUESTS = Counter("suluh_requests_total", "Requests answered.", ("method", "status"))
SECONDS = Histogram("suluh_request_seconds", "Seconds until an answer began.", ("method",))
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
LENGTH = re.compile(rb"[0-9]{1,18}")
NUL = re.compile(rb"%00|\x00")

SAFE_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
KEPT_HEADERS = tuple((name.encode(), value.encode()) for name, value in SAFE_HEADERS.items())
ALL_HEADERS = (*KEPT_HEADERS, (b"cache-control", b"no-store"))


class Envelope:
    """Numbers, limits, guards and counts each request."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service
        self.quick = QuickScores(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        reply = _Reply(scope, send)
        scope.setdefault("state", {})["request_id"] = reply.request_id
        scope["state"]["head_only"] = scope["method"] == "HEAD"
        if scope["state"]["head_only"]:
            # Answered as GET without a body: every page then knows HEAD.
            scope["method"] = "GET"
        try:
            await self._answered(scope, receive, reply)
        finally:
            _counter(reply.method, reply.status).inc()

    async def _answered(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        try:
            self._check_head(scope, reply.asked)
            unanswered = await self.quick(scope, reply.asked, receive, reply)
            if unanswered is not None:
                with structlog.contextvars.bound_contextvars(request_id=reply.request_id):
                    await self.app(scope, self._measured(unanswered), reply)
        except SuluhError as refusal:
            await answer(Request(scope, receive), refusal)(scope, receive, reply)
        except Exception as error:
            if reply.begun:
                raise
            with structlog.contextvars.bound_contextvars(request_id=reply.request_id):
                response = await fault(Request(scope, receive), error)
            await response(scope, receive, reply)

    def _check_head(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Refuse a request whose head cannot be right, before anything reads it."""
        raw = scope.get("raw_path") or b""
        host = headers.get(b"host")
        length = headers.get(b"content-length", b"0")
        if "\x00" in scope["path"] or NUL.search(raw) or NUL.search(scope["query_string"]):
            raise HttpError(400)
        if (host is not None and not HOST.fullmatch(host)) or not LENGTH.fullmatch(length):
            raise HttpError(400)
        limit = self.service.settings.max_body_bytes
        if int(length) > limit:
            raise TooLargeError(mark("Kiriman terlalu besar; batasnya {n} bita."), n=limit)

    def _measured(self, receive: Receive) -> Receive:
        """Count a body as it comes: its stated length may be missing or untrue."""
        n_bytes = 0

        async def counted() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > self.service.settings.max_body_bytes:
                # FastAPI lets only this type through while it reads a body.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        return counted


class _Reply:
    """Sends an answer with the headers that every answer carries; to HEAD, without its body."""

    def __init__(self, scope: Scope, send: Send) -> None:
        # Of a header that comes twice the first counts.
        self.asked: Mapping[bytes, bytes] = dict(reversed(scope["headers"]))
        given = self.asked.get(b"x-request-id", b"").decode("latin-1")
        self.request_id = given if GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
        self.method = scope["method"] if scope["method"] in METHODS else "other"
        self.status = 500
        self.begun = False
        self._head_only = scope["method"] == "HEAD"
        self._kept = scope["path"].startswith("/static/")
        self._send = send
        self._started = time.perf_counter()

    async def __call__(self, message: Message) -> None:
        """Pass one message of the answer on."""
        if message["type"] == "http.response.start":
            self.begun, self.status = True, message["status"]
            message["headers"] = [*message["headers"], *self._own_headers(message["headers"])]
            _seconds(self.method).observe(time.perf_counter() - self._started)
        elif message["type"] == "http.response.body" and self._head_only:
            message = {**message, "body": b""}
        await self._send(message)

    def _own_headers(self, given: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
        """Give the number, and each header that the answer does not set itself."""
        names = {name.lower() for name, _ in given}
        yield b"x-request-id", self.request_id.encode()
        for name, value in KEPT_HEADERS if self._kept else ALL_HEADERS:
            if name not in names:
                yield name, value


@cache
def _counter(method: str, status: int) -> Counter:
    return REQUESTS.labels(method, str(status))


@cache
def _seconds(method: str) -> Histogram:
    return SECONDS.labels(method)


def install(app: FastAPI, service: Service) -> None:
    """Put the envelope around the application."""
    app.add_middleware(Envelope, service=service)
