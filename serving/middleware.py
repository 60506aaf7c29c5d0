"""What every request passes: a number, a size limit, and the headers that keep a browser safe.

Plain ASGI, because Starlette's convenience class copies each body and costs a task a request.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator

import structlog
from fastapi import FastAPI
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.problems import problem
from serving.console.failure import failure_page
from serving.deps import Service, get_language
from serving.errors import TooLargeError
from serving.i18n import mark

REQUESTS = Counter("suluh_requests_total", "Requests answered.", ("method", "status"))
SECONDS = Histogram("suluh_request_seconds", "Seconds until an answer began.", ("method",))
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

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


class Envelope:
    """Numbers, limits, guards and logs each request."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 500

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                out = MutableHeaders(scope=message)
                out["x-request-id"] = request_id
                for name, value in SAFE_HEADERS.items():
                    out.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    out.setdefault("cache-control", "no-store")
                SECONDS.labels(scope["method"]).observe(time.perf_counter() - started)
            await send(message)

        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                await self._limited(scope, headers, receive, guarded)
        finally:
            REQUESTS.labels(scope["method"], str(status)).inc()

    async def _limited(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        limit = self.service.settings.max_body_bytes
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > limit:
            await self._too_large(scope, receive, send, limit)
            return
        if "transfer-encoding" not in headers:
            await self.app(scope, receive, send)
            return
        # A body of unknown length is read here, so that the refusal is ours and not a broken connection.
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > limit:
                await self._too_large(scope, receive, send, limit)
                return
        rest: Iterator[Message] = iter([{"type": "http.request", "body": bytes(body), "more_body": False}])

        async def replay() -> Message:
            return next(rest, None) or await receive()

        await self.app(scope, replay, send)

    async def _too_large(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        request = Request(scope, receive)
        error = TooLargeError(mark("Kiriman terlalu besar; batasnya {n} bita."), n=limit)
        if scope["path"].startswith("/v1/"):
            response: Response = problem(error, get_language(request), scope["state"]["request_id"])
        else:
            response = failure_page(request, error)
        await response(scope, receive, send)


def install(app: FastAPI, service: Service) -> None:
    """Put the envelope around the application."""
    app.add_middleware(Envelope, service=service)
