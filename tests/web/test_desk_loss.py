"""Nothing is lost: a server killed in the middle of typing, and a session that ends in the middle of a form."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from itsdangerous import TimestampSigner
from playwright.sync_api import expect

from serving.deps import create_service
from serving.vocabulary import Role
from tests.conftest import PASSWORD, SECRET
from tests.web.conftest import free_port, settings_in, visiting
from tests.web.hands import Crew, Hands

pytestmark = pytest.mark.browser

START_S = 90


@contextmanager
def _serving(settings, port) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``suluh serve`` as a process of its own until the block ends, or until somebody kills it."""
    told = {"VAR_DIR": settings.var_dir, "DATABASE_URL": settings.database_url, "SECRET_KEY": SECRET}
    environment = os.environ | {f"SULUH_{name}": str(value) for name, value in told.items()}
    command = [sys.executable, "-c", "from serving.cli import main; main()", "serve", "--port", str(port)]
    log = settings.var_dir / "serve.log"
    with log.open("ab") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process:
        until = time.monotonic() + START_S
        while True:
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < until, log.read_text()[-2000:]
            try:
                httpx.get(f"http://127.0.0.1:{port}/sehat", timeout=5)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        try:
            yield process
        finally:
            process.kill()


def _begin(page, where) -> Hands:
    """Take the claim of this page; the first question has the focus."""
    page.goto(where)
    hands = Hands(page)
    hands.press_on("a")
    hands.is_at("input[name=verifiable][value=ya]")
    return hands


def test_a_server_killed_in_the_middle_of_typing_loses_nothing(browser, tmp_path, sqlite_template):
    """What was typed before and after the kill stands in the page, reaches the next server, and is read in another tab."""
    settings, port = settings_in(tmp_path, sqlite_template), free_port()
    service = create_service(settings)
    crew = Crew(service, {"ani": (Role.CHECKER,)})
    where = f"/klaim/{crew.claim()}"
    with visiting(browser, f"http://127.0.0.1:{port}") as open_page:
        with _serving(settings, port) as process:
            page = open_page("ani")
            hands = _begin(page, where)
            hands.press("y")
            expect(page.locator("#ketikan")).to_contain_text("Ketikan tersimpan")
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            hands.press("t")
            expect(page.locator("#ketikan")).to_contain_text("Belum tersimpan di server")
        with _serving(settings, port):
            expect(page.locator("#ketikan")).to_contain_text("Ketikan tersimpan", timeout=20_000)
            another = page.context.new_page()  # which has nothing but what the server has
            another.goto(where)
            for gate, answer in (("verifiable", "ya"), ("opinion", "tidak")):
                expect(another.locator(f"input[name={gate}][value={answer}]")).to_be_checked()
    service.database.close()


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(desk, person, monkeypatch):
    """What is typed is kept all the same; sent, the reader is told to sign in again, and then the words stand there."""
    crew = Crew(desk.service, {"ani": (Role.CHECKER,)})
    where = f"/klaim/{crew.claim()}"
    page = person("ani")
    hands = _begin(page, where)
    hands.press("y")
    lifetime_s = int(desk.service.settings.session_lifetime.total_seconds())
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: int(time.time()) + lifetime_s + 1)
    expect(page.locator("#ketikan")).to_contain_text("Ketikan tersimpan")
    hands.press("t")
    hands.press_on("s")
    expect(page.locator("p.flash")).to_contain_text("Yang Anda ketik disimpan")
    for field, text in (("name", "ani"), ("password", PASSWORD)):
        hands.fill(f"input[name={field}]", text)
    hands.press_on("Enter")
    assert page.url.endswith(where)
    for gate, answer in (("verifiable", "ya"), ("opinion", "tidak")):
        expect(page.locator(f"input[name={gate}][value={answer}]")).to_be_checked()
