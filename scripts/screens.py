"""Take the screenshots that the documents show, of the sample, in a database of their own.

    python -m scripts.screens docs/screens

Each is one page as one account sees it, at the width that it is made for.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from serving.app import create_service
from serving.db.engine import migrate
from serving.demo import prepare
from serving.demo.processes import Children
from serving.settings import Settings

PASSWORD = "hanya-untuk-gambar"  # noqa: S105 - of a database that lives for a minute
# The inbox has something to show at whatever hour the pictures are taken.
AWAKE = {"SULUH_QUIET_FROM": "23:59:59", "SULUH_QUIET_UNTIL": "00:00:00"}
DESK = (1280, 900)
PHONE = (390, 844)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Screen:
    """One picture: who looks, at what, how wide.

    ``then`` names a link on the page, by a CSS selector, that is followed before the picture is taken.
    """

    name: str
    account: str
    path: str
    size: tuple[int, int] = DESK
    then: str = ""


SCREENS = (
    Screen("queue", prepare.CHECKER, "/antrean"),
    Screen("claim", prepare.CHECKER, "/antrean", then="main a[href^='/klaim/']:not([href='/klaim/baru'])"),
    Screen("clarification", "", "/klarifikasi", then="main a[href^='/klarifikasi/']"),
    Screen("campaign", prepare.MANAGER, "/kampanye", then="main a[href^='/kampanye/']:not([href='/kampanye/baru'])"),
    Screen("inbox", prepare.INFLUENCER, "/kotak", size=PHONE),
    Screen("profile", prepare.INFLUENCER, "/profil", size=PHONE),
)


@contextmanager
def service() -> Iterator[str]:
    """Serve the sample from a folder that is forgotten; give the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="suluh-screens-") as folder:
        os.environ |= {"SULUH_VAR_DIR": folder, "SULUH_BASE_URL": url, **AWAKE}
        made = create_service(Settings())
        migrate(made.database)
        prepare.prepare(made, PASSWORD, lambda told: print(f"  {told}"))
        with Children(Path(folder) / "log", {"PORT": str(port)}) as children:
            children.start("worker", ["worker", "--once"]).process.wait(timeout=60)
            children.start("service", ["serve"])
            children.wait_for(f"{url}/sehat")
            yield url


def sign_in(page: Page, url: str, account: str) -> None:
    """Sign in as one of the sample's accounts."""
    page.goto(f"{url}/masuk")
    page.fill("input[name=name]", account)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda found: "/masuk" not in found)


def take(browser: Browser, url: str, screen: Screen, folder: Path) -> Path:
    """Take one picture and give its path."""
    width, height = screen.size
    context = browser.new_context(viewport={"width": width, "height": height}, locale="id-ID")
    try:
        page = context.new_page()
        if screen.account:
            sign_in(page, url, screen.account)
        answer = page.goto(url + screen.path)
        if screen.then:
            with page.expect_navigation() as followed:
                page.locator(screen.then).first.click()
            answer = followed.value
        if answer is None or not answer.ok:
            sys.exit(f"suluh: the picture {screen.name!r} would show a failure: {page.url} gave no page")
        path = folder / f"{screen.name}.png"
        page.screenshot(path=path)
        return path
    finally:
        context.close()


def main(folder: Path) -> None:
    """Take every picture."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        sys.exit("suluh: the pictures need Chromium; install: sudo apt-get install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    with service() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for screen in SCREENS:
            print(take(browser, url, screen, folder))
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screens"))
