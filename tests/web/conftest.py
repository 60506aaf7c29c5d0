"""A running service and a real browser: Debian's Chromium, driven by Playwright.

``site`` and ``visitor`` are one test's own; ``desk`` and ``person`` are a whole module's, for tests that each walk a
short way through something of their own.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from models.artifact import QUICK, released_folder
from serving.deps import Service
from serving.settings import Settings
from tests.conftest import PASSWORD, SECRET, SetClock, app_for
from tests.web.browsing import Round, furnish, rounds

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


def free_port() -> int:
    """Give a port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def served(settings: Settings, clock: SetClock) -> Iterator[Site]:
    """The whole service on loopback, served by uvicorn in a thread."""
    port = free_port()
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


@pytest.fixture
def site(settings: Settings, clock: SetClock) -> Iterator[Site]:
    """A service of one test's own."""
    with served(settings, clock) as made:
        yield made


def settings_in(folder: Path, template: Path, **more: Any) -> Settings:
    """Give a configuration whose database is a copy of a migrated SQLite file, in this folder."""
    (folder / "suluh.db").write_bytes(template.read_bytes())
    values: dict[str, Any] = {
        "var_dir": folder,
        "database_url": f"sqlite:///{folder / 'suluh.db'}",
        "secret_key": SECRET,
        "requests_per_minute": 1_000_000,
        "sign_in_attempts_per_minute": 1_000,
    }
    return Settings(**values | more)


@pytest.fixture(scope="module")
def hours() -> SetClock:
    """The clock of ``desk``."""
    return SetClock()


# Another system may live on this machine, and every close without a label is looked at again.
OPEN: dict[str, Any] = {"webhooks_allow_private": True, "second_look_share": 1.0}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, hours: SetClock) -> Iterator[Site]:
    """A service of a whole module's own, on SQLite; what one test leaves in it, the next one finds."""
    folder = tmp_path_factory.mktemp("desk")
    settings = settings_in(folder, sqlite_template, model_dir=released_folder(QUICK), **OPEN)
    with served(settings, hours) as made:
        yield made


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this folder; while it runs, no other event loop can run in this thread."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium_path(), args=[*QUIET, *(["--no-sandbox"] if os.getuid() == 0 else [])]
        )
        yield launched
        launched.close()


@contextmanager
def visiting(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Open fresh browsers, one a person; all of them are closed at the end."""
    opened: list[BrowserContext] = []

    def open_page(name: str | None = None, viewport: ViewportSize = DESKTOP, **options: Any) -> Page:
        usual: dict[str, Any] = {"base_url": url, "viewport": viewport, "locale": "id-ID"}
        context = browser.new_context(**usual | options)
        context.set_default_timeout(30_000)
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


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open a fresh browser for one person: ``visitor("pemeriksa")`` signs in, ``visitor()`` does not."""
    with visiting(browser, site.url) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def stranger(browser: Browser, desk: Site) -> Iterator[Callable[..., Page]]:
    """Open a fresh browser at ``desk``, as ``visitor`` does."""
    with visiting(browser, desk.url) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def person(stranger: Callable[..., Page]) -> Callable[..., Page]:
    """Give the browser of one person at ``desk``, the same one each time: ``person("ani")``, ``person(None)``."""
    return cache(stranger)


@pytest.fixture(scope="module")
def every_round(desk: Site) -> tuple[Round, ...]:
    """Fill ``desk`` with the whole sample; give the walks that see all of it."""
    return rounds(furnish(desk.service))
