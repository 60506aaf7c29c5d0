"""Every page, in light and in dark, against the rules of WCAG 2.2 A and AA that a program can check."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.web.browsing import go_round
from tests.web.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.browser

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


@pytest.mark.parametrize(
    ("viewport", "locale"),
    [
        (None, "id-ID"),
        *(
            pytest.param(viewport, locale, marks=pytest.mark.soak)
            for viewport in (DESKTOP, PHONE)
            for locale in ("id-ID", "en-US")
        ),
    ],
    ids=["made-for", "desktop-id", "desktop-en", "phone-id", "phone-en"],
)
def test_no_page_breaks_a_rule(every_round, stranger, viewport, locale):
    """Of every kind of page that each account reaches, one has no violation at the width that it is made for."""
    found: list[str] = []
    seen: set[str] = set()
    for each in every_round:
        page = stranger(each.account, viewport or (PHONE if each.carries else DESKTOP), locale=locale)
        for path in go_round(page, each, seen):
            found += violations(page, f"{each.account}: {path}")
        page.context.close()
    assert len(seen) > 20
    assert not found, "\n\n".join(found)
