"""A running service and a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from serving.deps import Service
from serving.settings import Settings
from tests.conftest import PASSWORD, SetClock, app_for

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
# The closed network refuses what a browser fetches for itself; these keep it from trying.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def chromium_path() -> str:
    """Give the browser's program; raise where there is none."""
    found = os.environ.get("SULUH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise RuntimeError("the browser tests need Chromium: apt-get install chromium, or set SULUH_CHROMIUM")
    return found


@dataclass(frozen=True)
class Site:
    """A service that answers on a port of its own."""

    url: str
    service: Service


def _wait_until_open(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the service did not start within ten seconds")


@pytest.fixture
def site(settings: Settings, clock: SetClock) -> Iterator[Site]:
    """The whole service on loopback, served by uvicorn in a thread."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    app = app_for(settings.model_copy(update={"base_url": url}), clock)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    _wait_until_open(port)
    yield Site(url, app.state.service)
    server.should_exit = True
    thread.join(timeout=10)
    app.state.service.database.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this folder; while it runs, no other event loop can run in this thread."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium_path(), args=[*QUIET, *(["--no-sandbox"] if os.getuid() == 0 else [])]
        )
        yield launched
        launched.close()


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open a fresh browser for one person: ``visitor("pemeriksa")`` signs in, ``visitor()`` does not."""
    opened: list[BrowserContext] = []

    def open_page(name: str | None = None, viewport: ViewportSize = DESKTOP, **options: Any) -> Page:
        usual: dict[str, Any] = {"base_url": site.url, "viewport": viewport, "locale": "id-ID"}
        context = browser.new_context(**usual | options)
        context.set_default_timeout(10_000)
        opened.append(context)
        page = context.new_page()
        if name is not None:
            page.goto("/masuk")
            page.fill("input[name=name]", name)
            page.fill("input[name=password]", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url(lambda url: "/masuk" not in url)
        return page

    yield open_page
    for context in opened:
        context.close()
