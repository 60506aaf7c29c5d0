"""Take the screenshots that the documents show, of the sample, in a database of their own.

    python -m scripts.screens docs/screens

Each is one page as one account sees it, at the width and in the light that it is made for. Options:
``--full`` takes whole pages instead of the first screenful, to look a change over.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from serving.db.claims import Filters
from serving.db.tables import Claim
from serving.db.upgrade import migrate
from serving.demo import prepare, sample
from serving.demo.prepare import Act
from serving.demo.processes import Children
from serving.deps import create_service
from serving.desk.checking import claims, evidence, leases, review
from serving.desk.checking.evidence import NewSource
from serving.desk.checking.gates import Prepared
from serving.desk.context import Context
from serving.settings import Settings
from serving.vocabulary import Category, EvidenceKind, Gate, VerdictLabel

PASSWORD = "hanya-untuk-gambar"  # noqa: S105 - of a database that lives for a minute
# The inbox has something to show at whatever hour the pictures are taken.
AWAKE = {"SULUH_QUIET_FROM": "23:59:59", "SULUH_QUIET_UNTIL": "00:00:00"}
DESK = (1440, 900)
PHONE = (390, 844)
COLOURS = 255
BYTES_MAX = 250_000
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

# The claims on which the pictures show work: the sample's claim, and the clarification in its library that answers it.
HELD = ("bantuan sosial", "klar-005")
WAITING = ("gempa", "klar-003")


@dataclass(frozen=True, slots=True)
class Screen:
    """One picture: who looks, at what, how wide, in which light.

    ``path`` may name a claim of ``stage`` in braces. ``press`` names by CSS selectors what is pressed first, each of
    which leads to a page; ``at`` names what the picture begins with.
    """

    name: str
    account: str
    path: str
    size: tuple[int, int] = DESK
    light: Literal["light", "dark"] = "light"
    press: tuple[str, ...] = ()
    at: str = ""


TAKE_OFFER = "main form[action$='/ambil'] button"
FIRST_TAKEN = "main section[aria-labelledby=diambil] a"

SCREENS = (
    Screen("sign-in", "", "/masuk"),
    Screen("queue", prepare.CHECKER, "/antrean"),
    Screen("queue-dark", prepare.CHECKER, "/antrean", light="dark"),
    Screen("queue-phone", prepare.CHECKER, "/antrean", size=PHONE),
    Screen("claim", prepare.CHECKER, "/klaim/{held}"),
    Screen("approve", prepare.APPROVER, "/klaim/{waiting}"),
    Screen("campaign", prepare.MANAGER, "/kampanye", press=("main table a[href^='/kampanye/']",)),
    Screen("influencers", prepare.MANAGER, "/influencer"),
    Screen("clarification", "", "/klarifikasi", press=("main ol a[href^='/klarifikasi/']",)),
    Screen("clarification-phone", "", "/klarifikasi", size=PHONE, press=("main ol a[href^='/klarifikasi/']",)),
    Screen("inbox", prepare.INFLUENCER, "/kotak", size=PHONE),
    Screen("kit", prepare.INFLUENCER, "/kotak", size=PHONE, press=(TAKE_OFFER,)),
    Screen("kit-captions", prepare.INFLUENCER, "/kotak", size=PHONE, press=(FIRST_TAKEN,), at="#takarir"),
    Screen("kit-dark", prepare.INFLUENCER, "/kotak", size=PHONE, light="dark", press=(FIRST_TAKEN,), at="#takarir"),
    Screen("profile", prepare.INFLUENCER, "/profil", size=PHONE),
)


def stage(act: Act) -> dict[str, int]:
    """Put one claim into a checker's hands, half decided, and another before the approver; give their numbers."""
    numbers: dict[str, int] = {}

    def half(ctx: Context) -> str:
        claim = _begin(ctx, HELD)
        numbers["held"] = claim.id
        review.save_draft(ctx, claim.id, _words(HELD, verdict=None), _version(ctx, claim))
        return f"claim {claim.id} half decided"

    def whole(ctx: Context) -> str:
        claim = _begin(ctx, WAITING)
        numbers["waiting"] = claim.id
        review.save_draft(ctx, claim.id, _words(WAITING, verdict=VerdictLabel.FALSE), _version(ctx, claim))
        review.submit(ctx, claim.id)
        return f"claim {claim.id} waits for approval"

    for step in (half, whole):
        print(f"  {act.by(prepare.CHECKER, step)}")
    return numbers


def _answer_to(pair: tuple[str, str]) -> Mapping[str, Any]:
    return next(row for row in sample.clarifications() if row["id"] == pair[1])


def _begin(ctx: Context, pair: tuple[str, str]) -> Claim:
    """Take the most urgent claim with these words and add the library's sources to it."""
    found = claims.queue(ctx, Filters(words=pair[0])).items
    claim = leases.take(ctx, found[0].claim.id)
    for number, source in enumerate(_answer_to(pair)["sources"]):
        url = f"https://sumber{number + 1}-contoh.example/{pair[1]}"
        evidence.add(ctx, claim.id, NewSource(EvidenceKind(source["kind"]), url, source["title"], source["publisher"]))
    return claim


def _version(ctx: Context, claim: Claim) -> int:
    begun = review.draft(ctx, claim.id)
    return begun.version if begun else 0


def _words(pair: tuple[str, str], verdict: VerdictLabel | None) -> Prepared:
    answer = _answer_to(pair)
    return Prepared(
        gates={gate: gate is Gate.VERIFIABLE for gate in Gate},
        verdict=verdict,
        category=Category(answer["category"]),
        political=False,
        title=answer["title"] if verdict else "",
        body=answer["text"] if verdict else "",
        topic=answer["topic"],
    )


@contextmanager
def service() -> Iterator[tuple[str, dict[str, int]]]:
    """Serve the sample from a folder that is forgotten; give the address and the numbers of the staged claims."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="suluh-screens-") as folder:
        os.environ |= {"SULUH_VAR_DIR": folder, "SULUH_BASE_URL": url, **AWAKE}
        made = create_service(Settings())
        migrate(made.database)
        prepare.prepare(made, PASSWORD, lambda told: print(f"  {told}"))
        numbers = stage(Act(made))
        made.database.close()
        with Children(Path(folder) / "log", {"PORT": str(port)}) as children:
            children.start("worker", ["worker", "--once"]).process.wait(timeout=60)
            children.start("service", ["serve"])
            children.wait_for(f"{url}/sehat")
            yield url, numbers


def sign_in(page: Page, url: str, account: str) -> None:
    """Sign in as one of the sample's accounts."""
    page.goto(f"{url}/masuk")
    page.fill("input[name=name]", account)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda found: "/masuk" not in found)


def small(raw: bytes) -> bytes:
    """Give the picture in as few colours as a page of text needs."""
    out = io.BytesIO()
    Image.open(io.BytesIO(raw)).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()


def take(browser: Browser, url: str, screen: Screen, *, full: bool) -> bytes:
    """Take one picture and give its PNG."""
    width, height = screen.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="id-ID",
        timezone_id="Asia/Jakarta",
        color_scheme=screen.light,
    )
    try:
        page = context.new_page()
        if screen.account:
            sign_in(page, url, screen.account)
        answer = page.goto(url + screen.path)
        for selector in screen.press:
            with page.expect_navigation() as followed:
                page.locator(selector).first.click()
            answer = followed.value
        if answer is None or not answer.ok:
            sys.exit(f"suluh: the picture {screen.name!r} would show a failure: {page.url} gave no page")
        page.wait_for_load_state("networkidle")
        if screen.at:
            page.locator(screen.at).evaluate("element => element.scrollIntoView()")
        return small(page.screenshot(full_page=full))
    finally:
        context.close()


def main(folder: Path, *, full: bool) -> None:
    """Take every picture."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        sys.exit("suluh: the pictures need Chromium; install: sudo apt-get install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    with service() as (url, numbers), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for screen in SCREENS:
            picture = take(browser, url, replace(screen, path=screen.path.format_map(numbers)), full=full)
            if len(picture) > BYTES_MAX and not full:
                sys.exit(f"suluh: the picture {screen.name!r} has {len(picture)} bytes; the limit is {BYTES_MAX}")
            path = folder / f"{screen.name}.png"
            path.write_bytes(picture)
            print(path)
        browser.close()


if __name__ == "__main__":
    given = [argument for argument in sys.argv[1:] if argument != "--full"]
    main(Path(given[0] if given else "docs/screens"), full="--full" in sys.argv)
