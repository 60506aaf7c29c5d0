"""Whether the service lives, and its figures for whoever watches it."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from serving.deps import ServiceDep
from serving.errors import NotFoundError
from serving.i18n import mark
from serving.parts import Router

router = Router()


@router.get("/sehat")
def health(service: ServiceDep) -> Response:
    """Answer 200 where the database answers, 503 otherwise."""
    service.database.ping()
    return JSONResponse({"status": "ok"})


@router.get("/metrics")
def metrics(request: Request, service: ServiceDep) -> Response:
    """Give the figures in Prometheus' text form, to whoever holds the token or sits on this machine."""
    if not _may_watch(request, service.settings.metrics_token.get_secret_value()):
        raise NotFoundError(mark("Halaman itu tidak ada."))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _may_watch(request: Request, token: str) -> bool:
    if token:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    # A proxy on this machine speaks for somebody elsewhere, and says so.
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False
