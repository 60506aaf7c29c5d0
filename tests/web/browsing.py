"""What a browser does: open pages, read their forms, send them; and walk through all that links lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from httpx import Response
from playwright.sync_api import ConsoleMessage, Page, Request
from sqlalchemy import select

from scripts.screens import stage
from serving.db import people
from serving.db.tables import Clarification, Correction, Influencer, User
from serving.demo import prepare
from serving.demo.prepare import Act
from serving.deps import Service, context_for
from serving.desk import webhooks
from serving.desk.context import SERVICE, Context
from serving.desk.incoming import pushing
from serving.desk.outreach import routing
from serving.desk.people import accounts
from serving.desk.publishing import appeals, library
from serving.desk.webhooks import NewEndpoint
from serving.rows import read_post
from serving.vocabulary import ClarificationState, OfferState
from tests import factories
from tests.conftest import PASSWORD
from tests.integration import carrying


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


POST = {
    "source": "contoh",
    "external_id": "1",
    "text": "Jadwal kapal contoh berubah mulai besok pagi.",
    "posted_at": "2026-03-02T09:00:00+07:00",
}


def furnish(service: Service) -> dict[str, int | str]:
    """Bring the whole sample in: something of every kind on every page; give the numbers of what is looked at.

    The claim ``held`` is in the hands of ``pemeriksa``, half decided; the claim ``waiting`` lies before ``penyetuju``;
    the ``correction`` waits for ``asn``, the posts of ``batch`` for the worker, and the clarification ``contested`` for
    an answer.
    """
    prepare.prepare(service, PASSWORD, lambda _told: None)
    act = Act(service)
    numbers = stage(act)
    act.by(prepare.ADMIN, _subscribe)
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        contested = _contest(ctx)
        assert routing.release_due(ctx) > 0
        carried = _carry(ctx)
    act.by(prepare.APPROVER, lambda ctx: library.retract(ctx, carried, "Dinas contoh memperbarui datanya.").slug)
    batch = act.by(prepare.CHECKER, lambda ctx: pushing.push(ctx, [(1, read_post(POST))]).batch)
    with service.database.read() as session:
        told = session.scalars(select(Correction.id)).one()
    return {**numbers, "batch": batch, "contested": contested, "correction": told}


def _subscribe(ctx: Context) -> str:
    """Let another system be told of something."""
    issued = webhooks.add(ctx, NewEndpoint("https://penerima.example/a", "Sistem contoh", webhooks.PUBLIC_KINDS))
    webhooks.try_out(ctx, issued.endpoint.id)
    return "a system is told"


def _contest(ctx: Context) -> str:
    """Contest a label of the sample; give its clarification's slug."""
    published = select(Clarification).where(Clarification.state == ClarificationState.PUBLISHED)
    found = ctx.session.scalars(published.order_by(Clarification.id)).first()
    assert found is not None
    appeals.file(ctx, found.id, "Pengumuman dinas contoh menyebut sebaliknya.")
    return found.slug


def _carry(ctx: Context) -> int:
    """Let ``asn`` carry a clarification; give its number."""
    author, approver = (
        accounts.actor_for(people.user_by_name(ctx.session, name)) for name in (prepare.CHECKER, prepare.APPROVER)
    )
    found = factories.clarification(ctx, author.user_id, approver.user_id)
    running = carrying.campaign(ctx, found.id, author, approver)
    asked = select(Influencer).join(User, User.id == Influencer.user_id).where(User.name == prepare.INFLUENCER)
    carrying.offer(ctx, running, ctx.session.scalars(asked).one(), mail=False, state=OfferState.ACCEPTED)
    return found.id


@dataclass(frozen=True, slots=True)
class Round:
    """From where an account walks, nobody's where it has no name; and whether it carries what it is offered."""

    account: str | None
    starts: tuple[str, ...]
    carries: bool = False


def rounds(numbers: Mapping[str, int | str]) -> tuple[Round, ...]:
    """Give the walks that together see every kind of page, once ``furnish`` has filled them.

    The starts are what no link leads to: a search, a page after a step, another account's view of the same page.
    """
    return (
        Round(None, ("/", "/masuk", "/luring", "/lapor/terkirim", f"/klarifikasi/{numbers['contested']}")),
        Round(
            "pemeriksa",
            ("/antrean", f"/klaim/{numbers['held']}", "/cari?q=bank", "/uji-mutu/saya", f"/kiriman/{numbers['batch']}"),
        ),
        Round("penyetuju", ("/antrean", f"/klaim/{numbers['waiting']}")),
        Round("manajer", ("/kampanye", "/kampanye/baru")),
        Round("asn", ("/kotak", f"/kotak/koreksi/{numbers['correction']}"), carries=True),
        Round("insinyur", ("/antrean", "/model/beda")),
        Round("admin", ("/admin/akun",)),
    )


def _shape(path: str) -> str:
    return re.sub(r"(?<=/klarifikasi/)[^/]+|(?<=/influencer/kementerian/)[^/]+|(?<=/)\d+", "…", path)


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
        for href in page.eval_on_selector_all(
            "a[href]:not([download], [type])", "links => links.map(link => link.href)"
        ):
            parts = urlsplit(href)
            is_page = not parts.path.startswith("/v1/") or parts.path == "/v1/docs"
            if href.startswith(f"{origin}/") and is_page and _shape(parts.path) not in seen:
                seen.add(_shape(parts.path))
                waiting.append(parts.path)


def go_round(page: Page, each: Round, seen: set[str]) -> Iterator[str]:
    """Walk one round, and through what was offered once it is taken; give each address with it open."""
    yield from walk(page, *each.starts, seen=seen)
    if each.carries:
        page.goto("/kotak")
        with page.expect_navigation():
            page.locator("main form[action$='/ambil'] button, main section[aria-labelledby=diambil] a").first.click()
        yield from walk(page, urlsplit(page.url).path, seen=seen)


def too_wide(page: Page, path: str) -> list[str]:
    """Give the page's width where it is more than the screen's, with what stands out to the right."""
    width, screen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width <= screen:
        return []
    out = page.evaluate(
        "width => [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > width)"
        ".slice(0, 3).map(e => e.outerHTML.slice(0, 120))",
        screen,
    )
    return [f"{path} is {width} px wide: {out}"]
