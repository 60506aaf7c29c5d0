"""What a page costs: statements that do not grow with what it lists, 150 KB at most, and nothing from elsewhere."""

from __future__ import annotations

import gzip
import re
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from serving.deps import context_for
from serving.desk.checking import golden, review
from serving.desk.checking.golden import NewItem
from serving.desk.context import SERVICE
from serving.desk.people import accounts
from serving.vocabulary import Category, ClaimState, DismissReason, Role, VerdictLabel
from tests import factories
from tests.conftest import PASSWORD, app_for
from tests.integration.counting import statements
from tests.web.browsing import sign_in, soup
from tests.web.conftest import settings_in

WEIGHT_MAX = 150_000
# Of one request, whatever is in the database: signing in, the model's history, and what the page shows.
STATEMENTS_MAX = 26
MORE = 12
PAGES = {
    "": ("/", "/klarifikasi", "/klarifikasi/{slug}", "/koreksi", "/metode", "/transparansi", "/keberatan", "/masuk"),
    "checker": (
        "/antrean",
        "/klaim/{claim}",
        "/klaim/{claim}/gabung",
        "/klaim/{claim}/pindah",
        "/klaim/baru",
        "/sebutan",
        "/pintasan",
        "/tren",
        "/tren/{claim}",
        "/papan",
        "/pustaka",
        "/pustaka/{entry}",
        "/pustaka/pengingat",
        "/periksa/tanpa-label",
        "/uji-mutu/saya",
    ),
    "approver": ("/antrean", "/klaim/{waiting}", "/periksa/keberatan"),
    "engineer": ("/uji-mutu", "/model/pelajaran", "/admin/jejak"),
}


def _fill(service, people, n):
    """Write as much again of everything that a page lists."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        for number in range(n):
            factories.claim(ctx)
            closed = factories.claim(ctx)
            review.dismiss(context_for(service, session, people["checker"]), closed.id, DismissReason.OPINION)
            decided = factories.claim(ctx, author_id=people["checker"].user_id, approver_id=people["approver"].user_id)
            decided.state, decided.verdict, decided.decided_at = ClaimState.PUBLISHED, VerdictLabel.FALSE, ctx.now
            factories.clarification(ctx, people["checker"].user_id, people["approver"].user_id, claim_id=decided.id)
            new = NewItem(f"Klaim uji {number}.", ("Teks uji.",), "desk", VerdictLabel.FALSE, Category.OTHER, "Contoh.")
            golden.enter(context_for(service, session, people["engineer"]), new)


@pytest.fixture(scope="module")
def site(tmp_path_factory, sqlite_template):
    """One service with an account a role, a few things of each kind, and a browser signed in for each."""
    settings = settings_in(tmp_path_factory.mktemp("costs"), sqlite_template, second_look_share=1.0)
    app = app_for(settings)
    service = app.state.service
    people, filled = {}, {}
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        for role in (Role.CHECKER, Role.APPROVER, Role.ENGINEER):
            people[role.value] = accounts.actor_for(accounts.create_user(ctx, role.value, PASSWORD, [role]))
        filled["claim"] = factories.claim(ctx).id
        filled["waiting"] = factories.claim(ctx, state=ClaimState.AWAITING_APPROVAL).id
        entry = factories.clarification(ctx, people["checker"].user_id, people["approver"].user_id)
        filled |= {"slug": entry.slug, "entry": entry.id}
    _fill(service, people, 1)
    browsers = {name: TestClient(app, headers={"accept-language": "id"}) for name in PAGES}
    for name in people:
        assert sign_in(browsers[name], name).status_code == 303
    yield service, people, browsers, filled
    service.database.close()


def _each(site):
    _service, _people, browsers, filled = site
    for who, paths in PAGES.items():
        for path in paths:
            yield browsers[who], path.format(**filled)


def _counted(site) -> dict[str, int]:
    found = {}
    for browser, path in _each(site):
        assert browser.get(path).status_code == 200, path  # what a process reads once is read by now
        with statements(site[0]) as sent:
            browser.get(path)
        # The history of models is read at intervals, by whichever request comes next.
        found[path] = sum("model_history" not in statement for statement in sent)
    return found


def test_no_page_asks_more_of_the_database_for_more_rows(site):
    """As many statements for a dozen times the rows, and never more than a request may send."""
    few = _counted(site)
    _fill(site[0], site[1], MORE)
    many = _counted(site)
    assert {path: n for path, n in many.items() if n != few[path]} == {}
    assert {path: n for path, n in many.items() if n > STATEMENTS_MAX} == {}


def test_every_page_is_light_and_asks_no_other_origin(site):
    """Page, scripts, styles and pictures together, compressed; each of them is the service's own."""
    weights: dict[str, int] = {}
    for browser, path in _each(site):
        page = browser.get(path)
        read = soup(page)
        tags = read.select("script[src], link[rel~=stylesheet], link[rel~=icon], link[rel~=manifest], img[src]")
        named = {str(tag.get("src") or tag.get("href")) for tag in tags}
        assert not [address for address in named if urlsplit(address).netloc], path
        for address in named - weights.keys():
            content = browser.get(address).content
            # A style that names another origin would be asked for it.
            assert not re.search(rb"(url\(|@import )\s*[\"']?(https?:)?//", content), address
            weights[address] = len(gzip.compress(content))
        weight = len(gzip.compress(page.content)) + sum(weights[address] for address in named)
        assert weight <= WEIGHT_MAX, (path, weight)
