"""Every page, in light and in dark, against the rules of WCAG 2.2 A and AA that a program can check."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.web.browsing import furnish, walk
from tests.web.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("address", ["sqlite"], indirect=True)]

ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# What another light can break.
COLOURS = {"type": "rule", "values": ["color-contrast"]}


def violations(page: Page, path: str) -> list[str]:
    """Give what axe-core finds on the open page, in both lights."""
    found = []
    for light, rules in (("light", ALL), ("dark", COLOURS)):
        page.emulate_media(color_scheme=light)
        for each in Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response["violations"]:
            nodes = [f"{node['html'][:160]} {node['failureSummary']}" for node in each["nodes"][:3]]
            found.append(f"{path} ({light}) {each['id']}: {each['help']}\n" + "\n".join(nodes))
    return found


def test_no_page_breaks_a_rule(site, visitor):
    """Of every kind of page that each account reaches, one has no violation at the width that it is made for."""
    numbers = furnish(site.service)
    claims = tuple(f"/klaim/{number}" for number in numbers.values())
    found: list[str] = []
    seen: set[str] = set()
    for name, viewport, starts in (
        (None, DESKTOP, ("/", "/masuk", "/luring")),
        ("pemeriksa", DESKTOP, ("/antrean", claims[0])),
        ("penyetuju", DESKTOP, ("/antrean", claims[1])),
        ("manajer", DESKTOP, ("/kampanye", "/kampanye/baru")),
        ("asn", PHONE, ("/kotak",)),
        ("insinyur", DESKTOP, ("/antrean",)),
        ("admin", DESKTOP, ("/admin/akun",)),
    ):
        page = visitor(name, viewport)
        for path in walk(page, *starts, seen=seen):
            found += violations(page, f"{name}: {path}")
        if name == "asn":
            page.goto("/kotak")
            page.click("main form[action$='/ambil'] button")
            page.wait_for_url("**/kotak/*")
            found += violations(page, f"{name}: kit")
    assert len(seen) > 20
    assert not found, "\n\n".join(found)
