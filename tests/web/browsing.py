"""What a browser without scripts does: open pages, read their forms, send them."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from httpx import Response

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
