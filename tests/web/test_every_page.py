"""Every page on a phone, and without scripts: nothing sideways, nothing from elsewhere, nothing that only scripts show."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.web.browsing import Watch, go_round, too_wide
from tests.web.conftest import DESKTOP, PHONE
from tests.web.test_parity import _console_routes

pytestmark = pytest.mark.browser

ENGLISH = "en-US"
INDONESIAN = "id-ID"
# What is no page: files, pictures, parts of a page, and addresses that lead elsewhere.
NO_PAGE = re.compile(
    r"\.(csv|json|jsonl|png|jpg|js|webmanifest|atom)$|/berkas$|^/(metrics|sehat|antrean/baru|tren/aliran)$|^/s/"
)
# What only a script brings to life, and nobody misses without one: a control of its own, a dialog that has a page or a
# form as its twin, and the sentence in a copy that a script kept.
OF_SCRIPTS = "dialog, template, button[type=button], #luring, #satu-klaim"
# A fold is opened by its reader. Of a filter no field is required, so that none of them has to say so.
UNREADABLE = """ofScripts => {
  document.querySelectorAll("details").forEach((fold) => (fold.open = true));
  const isSeen = (part) => part.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const main = document.querySelector("main");
  const found = [];
  const heading = main.querySelector("h1");
  if (!heading || !isSeen(heading)) found.push("no heading");
  for (const part of main.querySelectorAll("*")) {
    const words = [...part.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!words || isSeen(part) || part.closest(`${ofScripts}, option, svg, form[method=get] label > .quiet`)) continue;
    found.push(`hidden: ${part.outerHTML.slice(0, 120)}`);
  }
  for (const form of document.querySelectorAll("form")) {
    if (form.closest(ofScripts)) continue;
    const buttons = [...form.elements].filter((part) => part.matches("button, input") && part.type === "submit");
    if (!buttons.some((part) => isSeen(part) && part.tabIndex >= 0)) found.push(`no button: ${form.action}`);
  }
  for (const part of document.querySelectorAll("button[type=button], a[href^='#']:not(.skip)")) {
    const target = part.hash && document.getElementById(part.hash.slice(1));
    if (isSeen(part) && !target) found.push(`leads nowhere: ${part.outerHTML.slice(0, 120)}`);
  }
  return found;
}"""


def _unreadable(page: Page, path: str) -> list[str]:
    return [f"{path}: {each}" for each in page.evaluate(UNREADABLE, OF_SCRIPTS)]


def _is_of(route: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", route), path) is not None


@pytest.mark.parametrize(
    ("viewport", "locale"),
    [
        (PHONE, INDONESIAN),
        pytest.param(DESKTOP, INDONESIAN, marks=pytest.mark.soak),
        pytest.param(PHONE, ENGLISH, marks=pytest.mark.soak),
        pytest.param(DESKTOP, ENGLISH, marks=pytest.mark.soak),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value["width"]),
)
def test_every_page_is_whole_without_scripts(every_round, stranger, viewport, locale):
    """What is to be read can be read, and each form has its button; the walks see every page that there is."""
    found: list[str] = []
    seen: set[str] = set()
    for each in every_round:
        page = stranger(each.account, viewport, locale=locale, java_script_enabled=False)
        for path in go_round(page, each, seen):
            found += _unreadable(page, f"{each.account}: {path}")
        page.context.close()
    assert not found, "\n".join(found)
    walked = {*seen, *(path.partition("?")[0] for each in every_round for path in each.starts)}
    routes = {route.removeprefix("GET ") for route in _console_routes() if route.startswith("GET ")}
    pages = {route for route in routes if not NO_PAGE.search(route)}
    assert {route for route in pages if not any(_is_of(route, path) for path in walked)} == set()


def test_every_page_fits_a_phone_and_stays_at_home(every_round, stranger, desk):
    """At 390 px nothing scrolls sideways; no page complains in the console or asks another origin for anything."""
    faults: list[str] = []
    seen: set[str] = set()
    for each in every_round:
        page = stranger(each.account, PHONE)
        watch = Watch(page, desk.url)
        for path in go_round(page, each, seen):
            faults += too_wide(page, f"{each.account}: {path}")
        faults += watch.faults
        page.context.close()
    assert not faults, "\n".join(faults)
