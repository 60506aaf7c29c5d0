"""The page of a claim: a path that opens step by step, forms that lose nothing, and two people."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from serving.console.claim_page import bars_of
from serving.db.tables import Claim, Draft, Match, Post, Spread
from serving.deps import SESSION_COOKIE, context_for, csrf_token, session_token
from serving.desk.checking import review
from serving.desk.context import SERVICE
from serving.vocabulary import ClaimState, Gate, Role
from tests import factories

GATES = {gate.value: "ya" if gate is Gate.VERIFIABLE else "tidak" for gate in Gate}
SOURCE = {
    "source_url": "https://media.example/b",
    "source_title": "Penelusuran",
    "source_publisher": "Media",
    "source_kind": "independent",
}
AGENCY = SOURCE | {"source_url": "https://bank.example/a", "source_kind": "affected_agency"}
WORDS = {
    "title": "Bank Contoh tidak mengadakan program kuota; formulir itu mengumpulkan data",
    "body": "Bank Contoh tidak pernah membuka pendaftaran kuota.",
    "category": "penipuan",
    "political": "tidak",
    "wording": "Bank Contoh disebut membagikan kuota gratis.",
}


class Browser:
    """A signed-in browser without a script."""

    def __init__(self, client, service, actor):
        self.client = client
        self.cookie = session_token(service, actor.user_id, 0)
        self.csrf = csrf_token(service, self.cookie)
        self.actor = actor

    def get(self, path):
        self.client.cookies.set(SESSION_COOKIE, self.cookie)
        return self.client.get(path)

    def post(self, path, **fields):
        self.client.cookies.set(SESSION_COOKIE, self.cookie)
        return self.client.post(path, data={"csrf": self.csrf, **fields}, follow_redirects=False)


@pytest.fixture
def browser(client, service, sign_up):
    """Make somebody with a signed-in browser."""

    def make(name, *roles):
        return Browser(client, service, sign_up(name, *roles))

    return make


@pytest.fixture
def claim_id(service):
    """A queued claim."""
    with service.database.write() as session:
        return factories.claim(context_for(service, session, SERVICE)).id


@pytest.fixture
def ani(browser):
    """A checker."""
    return browser("ani", Role.CHECKER)


def _soup(response, status=200):
    assert response.status_code == status, response.text
    return BeautifulSoup(response.text, "html.parser")


def _version(browser, claim_id):
    soup = _soup(browser.get(f"/klaim/{claim_id}"))
    return soup.find("input", attrs={"name": "version"})["value"]


def _save(browser, claim_id, do="save", **fields):
    version = fields.pop("version", None) or _version(browser, claim_id)
    return browser.post(f"/klaim/{claim_id}/rancangan", do=do, version=version, **fields)


def test_the_page_shows_what_goes_round(ani, claim_id):
    """Wording, band with model and its caveat, posts, and one button for whoever may take it."""
    soup = _soup(ani.get(f"/klaim/{claim_id}"))
    assert soup.h1.get_text().startswith("Pesan berantai")
    assert "perlu dilihat" in soup.select_one(".band").get_text()
    assert "bukan ukuran kebenaran" in soup.get_text()
    assert soup.find("form", action=f"/klaim/{claim_id}/ambil")


def test_the_first_look_is_noted(ani, browser, claim_id, read, clock):
    """Opening the page as a checker sets when the claim was seen; a manager's look does not."""
    _soup(browser("mira", Role.MANAGER).get(f"/klaim/{claim_id}"))
    assert read(Claim, claim_id).seen_at is None
    ani.get(f"/klaim/{claim_id}")
    assert read(Claim, claim_id).seen_at == clock.now()


def test_the_path_opens_step_by_step(ani, claim_id):
    """A later step has no field before the one above it holds, and says why."""
    ani.post(f"/klaim/{claim_id}/ambil")
    soup = _soup(ani.get(f"/klaim/{claim_id}"))
    assert soup.find("input", attrs={"name": "verifiable"})
    assert soup.find("input", attrs={"name": "source_url"}) is None
    assert "Belum terbuka" in soup.find(id="langkah-sources").get_text()
    _save(ani, claim_id, shown="gates", **GATES)
    soup = _soup(ani.get(f"/klaim/{claim_id}"))
    assert soup.find("input", attrs={"name": "source_url"})
    assert soup.find("input", attrs={"name": "verdict"}) is None


def test_enter_saves_and_nothing_else(ani, claim_id):
    """The first button of the holder's form, which Enter presses, is the one that saves."""
    ani.post(f"/klaim/{claim_id}/ambil")
    soup = _soup(ani.get(f"/klaim/{claim_id}"))
    buttons = [
        button
        for button in soup.find_all("button")
        if button.get("form") == "rancangan" or button.find_parent("form", id="rancangan")
    ]
    assert (buttons[0]["name"], buttons[0]["value"]) == ("do", "save")


def test_from_queue_to_the_public_page(ani, browser, claim_id, client, read):
    """The whole path with forms only: take, answers, sources, verdict, words, submit; refused to its author; published."""
    citra = browser("citra", Role.APPROVER)
    ani.post(f"/klaim/{claim_id}/ambil")
    _save(ani, claim_id, shown="gates", **GATES)
    _save(ani, claim_id, "add_source", shown="sources", **AGENCY)
    _save(ani, claim_id, "add_source", shown="sources", **SOURCE)
    _save(ani, claim_id, shown="verdict", verdict="salah")
    answer = _save(ani, claim_id, "submit", shown="clarification", **WORDS)
    assert answer.status_code == 303, answer.text
    assert read(Claim, claim_id).state is ClaimState.AWAITING_APPROVAL
    assert read(Claim, claim_id).wording == WORDS["wording"]
    soup = _soup(ani.get(f"/klaim/{claim_id}"))
    assert soup.find("form", action=f"/klaim/{claim_id}/setujui") is None
    version = _version(citra, claim_id)
    assert citra.post(f"/klaim/{claim_id}/kesan", version=version, impression="salah").status_code == 303
    unanswered = citra.post(f"/klaim/{claim_id}/setujui", version=version)
    assert "Jawab dahulu" in _soup(unanswered, 422).get_text()
    assert citra.post(f"/klaim/{claim_id}/setujui", version=version, political="tidak").status_code == 303
    soup = _soup(citra.get(f"/klaim/{claim_id}"))
    href = next(a["href"] for a in soup.find_all("a") if a["href"].startswith("/klarifikasi/"))
    assert WORDS["title"] in client.get(href).text


def test_closed_sections_are_left_alone(ani, claim_id, read):
    """A field that the page did not show is not emptied by saving; an empty field that it showed is."""
    ani.post(f"/klaim/{claim_id}/ambil")
    _save(ani, claim_id, shown=["gates", "clarification"], **GATES, **WORDS)
    _save(ani, claim_id, shown="gates", **GATES | {"opinion": ""})
    draft = read(Draft, claim_id)
    assert draft.title == WORDS["title"]
    assert "opinion" not in draft.gates
    _save(ani, claim_id, shown="clarification", **WORDS | {"title": ""})
    assert read(Draft, claim_id).title == ""


def test_a_stale_form_keeps_what_was_typed(ani, claim_id, read):
    """A form opened on an older draft is refused with 409, shows what was typed, and stores nothing."""
    ani.post(f"/klaim/{claim_id}/ambil")
    old = _version(ani, claim_id)
    _save(ani, claim_id, shown=["gates", "sources", "verdict", "clarification"], **GATES, verdict="benar", **WORDS)
    _save(ani, claim_id, "add_source", **SOURCE)
    typed = WORDS | {"title": "Judul dari jendela kedua"}
    answer = _save(
        ani,
        claim_id,
        version=old,
        shown=["gates", "sources", "verdict", "clarification"],
        **GATES,
        verdict="benar",
        **typed,
    )
    soup = _soup(answer, 409)
    assert soup.find("input", attrs={"name": "title"})["value"] == "Judul dari jendela kedua"
    assert read(Draft, claim_id).title == WORDS["title"]


def test_a_lost_claim_keeps_what_was_typed(ani, browser, claim_id, clock):
    """Whoever lost the claim meanwhile is told who holds it and still sees their words."""
    ani.post(f"/klaim/{claim_id}/ambil")
    clock.forward(hours=1)
    browser("budi", Role.CHECKER).post(f"/klaim/{claim_id}/ambil")
    answer = _save(ani, claim_id, version="0", shown="clarification", **WORDS)
    page = _soup(answer, 409).get_text()
    assert "budi" in page
    assert WORDS["body"] in page


def test_a_refused_source_keeps_the_draft_and_the_source(ani, claim_id, read):
    """A bad address is refused by name; the draft beside it is saved, and the source is still in its fields."""
    ani.post(f"/klaim/{claim_id}/ambil")
    answer = _save(ani, claim_id, "add_source", shown="gates", **GATES, **SOURCE | {"source_url": "bukan alamat"})
    soup = _soup(answer, 422)
    assert soup.find("input", attrs={"name": "source_url"})["value"] == "bukan alamat"
    assert soup.find("input", attrs={"name": "source_title"})["value"] == "Penelusuran"
    assert len(read(Draft, claim_id).gates) == 6


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"title": "a\x00", "shown": "clarification"}, 422),
        ({"title": "a" * 501, "shown": "clarification"}, 422),
        ({"body": "a" * 20_001, "shown": "clarification"}, 422),
        ({"version": "satu"}, 422),
        ({"version": "9" * 40}, 409),
        ({"do": "dismiss"}, 422),
        ({"do": "dismiss", "dismiss_as": "malas"}, 422),
        ({"do": "hold"}, 422),
        ({"do": "confirm:99999999999999999999"}, 404),
        ({"do": "remove_source:x"}, 404),
        ({"do": "submit"}, 409),
        ({"do": "tidak-ada"}, 303),
    ],
    ids=str,
)
def test_unfit_forms_are_refused(ani, claim_id, fields, status):
    """Every unfit form is a 4xx with a page, never a fault."""
    ani.post(f"/klaim/{claim_id}/ambil")
    data = {"version": "0", "do": "save", **fields}
    assert ani.post(f"/klaim/{claim_id}/rancangan", **data).status_code == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/klaim/4040", 404),
        ("/klaim/abc", 422),
        ("/klaim/99999999999999999999", 422),
        ("/klaim/1/terbang", 422),
        ("/klaim/4040/ambil", 404),
        ("/klaim/1/kiriman/4040/tautan", 404),
        ("/klaim/1/kecocokan/4040/pasti", 404),
        ("/klaim/1/kecocokan/4040/mungkin", 422),
        ("/klaim/1/setujui", 422),
        ("/klaim/1/kembalikan", 422),
        ("/klaim/1/buka-lagi", 409),
    ],
)
def test_unknown_steps_and_things(ani, claim_id, path, status):
    """What is not there, or not to be done, is a page with its 4xx."""
    answer = ani.get(path) if path.count("/") == 2 else ani.post(path, reason="x", political="ya")
    assert answer.status_code == status


def test_a_decision_names_the_draft_that_was_read(ani, browser, claim_id):
    """Without the draft's version a decision is refused in words, and a form from before a change meets a conflict."""
    citra = browser("citra", Role.APPROVER)
    for step in ("setujui", "kembalikan"):
        missing = citra.post(f"/klaim/{claim_id}/{step}", political="tidak", reason="x")
        assert "versi rancangan" in _soup(missing, 422).get_text()


def test_every_form_needs_its_token(client, ani, claim_id, read):
    """A form without the session's token changes nothing."""
    ani.csrf = "salah"
    assert ani.post(f"/klaim/{claim_id}/ambil").status_code == 403
    assert read(Claim, claim_id).state is ClaimState.QUEUED


def test_nobody_reads_the_desk_without_signing_in(client, claim_id):
    """A visitor is sent to the sign-in page."""
    answer = client.get(f"/klaim/{claim_id}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/masuk")


def test_matches_are_answered_without_losing_the_draft(ani, service, claim_id, read):
    """For the holder a match's button belongs to the one form: what is typed beside it is saved."""
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        match = Match(
            claim_id=claim_id,
            clarification_id=factories.clarification(ctx).id,
            score=0.8,
            machine_status="suggested",
            machine_version="m",
            created_at=ctx.now,
        )
        session.add(match)
        session.flush()
        match_id = match.id
    assert ani.post(f"/klaim/{claim_id}/kecocokan/{match_id}/tolak").status_code == 303
    ani.post(f"/klaim/{claim_id}/ambil")
    soup = _soup(ani.get(f"/klaim/{claim_id}"))
    assert soup.find("button", value=f"confirm:{match_id}")["form"] == "rancangan"
    _save(ani, claim_id, f"confirm:{match_id}", shown="gates", **GATES)
    assert str(read(Match, match_id).status) == "confirmed"
    assert len(read(Draft, claim_id).gates) == 6


def test_the_original_link_is_on_a_page_of_its_own(ani, browser, service, claim_id):
    """Opening it is a POST whose page holds the address; the claim's page and the API do not."""
    with service.database.write() as session:
        post = session.query(Post).filter_by(claim_id=claim_id).one()
        post.sealed_link = service.vault.seal("https://sosial.example/kiriman/1")
        post_id = post.id
    assert "sosial.example" not in ani.get(f"/klaim/{claim_id}").text
    page = _soup(ani.post(f"/klaim/{claim_id}/kiriman/{post_id}/tautan"))
    assert page.find("a", href="https://sosial.example/kiriman/1")
    citra = browser("citra", Role.APPROVER)
    assert citra.post(f"/klaim/{claim_id}/kiriman/{post_id}/tautan").status_code == 403


@pytest.mark.parametrize("state", list(ClaimState))
def test_every_state_has_a_page(browser, service, claim_id, state):
    """Whatever state a claim is in, its page opens for everybody who works here."""
    approver = browser("citra", Role.CHECKER, Role.APPROVER)
    other = browser("dewi", Role.ENGINEER)
    with service.database.write() as session:
        row = session.get(Claim, claim_id)
        row.author_id, row.approver_id = approver.actor.user_id, other.actor.user_id
        row.merged_into_id = claim_id
        row.dismiss_reason = "press"
        row.state = state
    for reader in (approver, other):
        assert reader.get(f"/klaim/{claim_id}").status_code == 200


def test_history_names_every_step(ani, claim_id):
    """The claim's history tells who did what, in words."""
    ani.post(f"/klaim/{claim_id}/ambil")
    ani.post(f"/klaim/{claim_id}/rancangan", version="0", do="hold", reason="Menunggu bank")
    page = _soup(ani.get(f"/klaim/{claim_id}")).get_text()
    for words in ("diambil", "rancangan disimpan", "ditunda", "Menunggu bank"):
        assert words in page


def test_bars_add_up():
    """However long a claim goes round, the picture has at most 24 bars and loses no post."""
    spread = [
        Spread(claim_id=1, quarter=q, n_posts=n, reach=n * 10, engagement=0) for q, n in ((0, 3), (1, 0), (999, 5))
    ]
    bars = bars_of(spread)
    assert len(bars) <= 24
    assert (sum(bar.n_posts for bar in bars), sum(bar.reach for bar in bars)) == (8, 80)
    assert bars_of([]) == ()


def test_the_library_pages_play_the_whole_change(browser, service, ani):
    """Proposing, refusing one's own, putting into force, retracting: with forms, typed words kept."""
    citra = browser("citra", Role.CHECKER, Role.APPROVER)
    eka = browser("eka", Role.APPROVER)
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        head = factories.clarification(ctx, ani.actor.user_id, eka.actor.user_id)
    at = f"/pustaka/{head.id}"
    assert "Bank Contoh" in ani.get("/pustaka").text
    sources = "https://bank.example/a | Pernyataan | Bank | affected_agency\nhttps://media.example/b | Telusur | Media | independent"
    words = {
        "base_version": "1",
        "title": "Bank Contoh tidak membagikan kuota; laporkan",
        "body": "Tidak ada pembagian kuota.",
        "sources": sources,
        "change_note": "Ditambah cara melapor",
    }
    refused = _soup(citra.post(f"{at}/usulan", **words), 422)
    assert refused.find("input", attrs={"name": "title"})["value"] == words["title"]
    assert citra.post(f"{at}/usulan", **words | {"sources": "x"}, meaning_changed="ya").status_code == 422
    assert citra.post(f"{at}/usulan", **words, meaning_changed="ya").status_code == 303
    assert citra.post(f"{at}/usulan/1/terima").status_code == 403
    assert eka.post(f"{at}/usulan/1/terima").status_code == 303
    page = _soup(eka.get(at))
    assert page.find("ins")
    assert page.find("del")
    assert eka.post(f"{at}/ganti", by_id="x", reason="x").status_code == 422
    assert eka.post(f"{at}/tarik", reason="").status_code == 422
    assert eka.post(f"{at}/tarik", reason="Keliru").status_code == 303
    assert "Keliru" in eka.get(at).text
    assert eka.get("/pustaka/4040").status_code == 404


def test_expired_leases_show_as_free(ani, browser, service, claim_id, clock):
    """After a lease ended the page offers the claim to the next person."""
    ani.post(f"/klaim/{claim_id}/ambil")
    clock.forward(hours=1)
    with service.database.write() as session:
        review.expire_leases(context_for(service, session, SERVICE))
    soup = _soup(browser("budi", Role.CHECKER).get(f"/klaim/{claim_id}"))
    assert soup.find("form", action=f"/klaim/{claim_id}/ambil")
