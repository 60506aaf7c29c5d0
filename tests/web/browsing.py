"""What a browser does: open pages, read their forms, send them; and walk through all that links lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from httpx import Response
from playwright.sync_api import ConsoleMessage, Page, Request

from scripts.screens import stage
from serving.demo import prepare
from serving.demo.prepare import Act
from serving.deps import Service, context_for
from serving.desk import routing
from serving.desk.context import SERVICE
from tests.conftest import PASSWORD


def soup(response: Response) -> BeautifulSoup:
    """Read a page."""
    return BeautifulSoup(response.text, "html.parser")


def token(client: TestClient, path: str) -> str:
    """Give the form token of a page."""
    field = soup(client.get(path)).select_one('main form[method="post"] input[name="csrf"]')
    assert field is not None, f"{path} has no form with a token"
    return str(field["value"])


def send(client: TestClient, path: str, page: str, **fields: Any) -> Response:
    """Send a form of ``page`` to ``path``, as its reader would."""
    data = {"csrf": token(client, page)} | fields
    return client.post(path, data=data, follow_redirects=False)


def sign_in(client: TestClient, name: str, password: str = PASSWORD, back: str = "") -> Response:
    """Sign in through the page."""
    return send(client, "/masuk", "/masuk", name=name, password=password, ke=back)


# ---- with a real browser -----------------------------------------------------------------------------------------


class Watch:
    """What a page complains of or asks elsewhere for while somebody uses it."""

    def __init__(self, page: Page, origin: str) -> None:
        self.faults: list[str] = []
        self._origin = origin
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(f"{message.location.get('url')}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self._origin}/", "data:")):
            self.faults.append(f"asked elsewhere: {request.url}")


def furnish(service: Service) -> dict[str, int]:
    """Bring the whole sample in: something of every kind on every page; give the numbers of two claims.

    ``held`` is in the hands of ``pemeriksa``, half decided; ``waiting`` lies before ``penyetuju``.
    """
    prepare.prepare(service, PASSWORD, lambda _told: None)
    numbers = stage(Act(service))
    with service.database.write() as session:
        assert routing.release_due(context_for(service, session, SERVICE)) > 0
    return numbers


def _shape(path: str) -> str:
    return re.sub(r"(?<=/klarifikasi/)[^/]+|\d+", "…", path)


def walk(page: Page, *starts: str, seen: set[str]) -> Iterator[str]:
    """Follow the links of every page that can be reached, one page of each kind; give each address with it open.

    ``seen`` holds the kinds that were walked before, and takes in the new ones; ``starts`` are always walked.
    """
    waiting = [*starts]
    while waiting:
        path = waiting.pop(0)
        answer = page.goto(path)
        assert answer is not None, path
        assert answer.status == 200, (path, answer.status)
        yield path
        origin = page.evaluate("location.origin")
        for href in page.eval_on_selector_all("a[href]:not([download])", "links => links.map(link => link.href)"):
            parts = urlsplit(href)
            is_page = not parts.path.startswith("/v1/") or parts.path == "/v1/docs"
            if href.startswith(f"{origin}/") and is_page and _shape(parts.path) not in seen:
                seen.add(_shape(parts.path))
                waiting.append(parts.path)
