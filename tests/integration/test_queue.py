"""The queue's page, the form for pasting, and the feeds' page, as a browser meets them."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from serving.deps import SESSION_COOKIE, context_for, csrf_token, session_token
from serving.desk.context import SERVICE
from serving.vocabulary import Role
from tests import factories


@pytest.fixture
def browse(client, service, sign_up):
    """Sign somebody in; give the token that their forms carry."""

    def do(*roles):
        actor = sign_up("budi", *roles)
        cookie = session_token(service, actor.user_id, 0)
        client.cookies.set(SESSION_COOKIE, cookie)
        return csrf_token(service, cookie)

    return do


@pytest.fixture
def make(service):
    """Make claims with the given figures."""

    def do(*rows):
        with service.database.write() as session:
            return [factories.claim(context_for(service, session, SERVICE), **row).id for row in rows]

    return do


def _page(answer):
    assert answer.status_code == 200, answer.text[:500]
    return BeautifulSoup(answer.text, "html.parser")


def _words(node):
    return re.sub(r"\s+", " ", node.get_text(" "))


def test_a_row_says_what_a_checker_needs(client, browse, make):
    """Wording, likeness with model, posts and reach, deadline, owner and the reasons; never called truth."""
    browse(Role.CHECKER)
    make({"n_posts": 12_345, "reach": 67_890, "posts_per_hour": 0.0})
    page = _page(client.get("/antrean"))
    row = page.select_one("li.desk-row")
    words = _words(row)
    for expected in (
        "perlu dilihat",
        "90 %",
        "linear-test",
        "12.345",
        "67.890",
        "belum ada yang memegang",
        "jangkauan",
    ):
        assert expected in words
    assert row.select_one("svg.spark title")
    assert row.select_one("time")
    assert "bukan ukuran kebenaran" in _words(page)


def test_rows_stand_by_urgency_and_the_next_page_goes_on(client, browse, make):
    """25 a page; the link at the end leads to the rest."""
    browse(Role.CHECKER)
    made = make(*({"priority": float(p)} for p in range(30)))
    first = _page(client.get("/antrean"))
    rows = [row["id"] for row in first.select("li.desk-row")]
    assert rows == [f"klaim-{n}" for n in reversed(made)][:25]
    rest = _page(client.get(first.select_one("nav.more a")["href"]))
    assert [row["id"] for row in rest.select("li.desk-row")] == [f"klaim-{n}" for n in reversed(made)][25:]


def test_filters_are_part_of_the_address_and_stay_in_the_form(client, browse, make):
    """What was asked for is shown as asked; what finds nothing says so."""
    browse(Role.APPROVER)
    make({"wording": "Bendungan jebol."}, {"wording": "Pasar pindah."})
    page = _page(client.get("/antrean", params={"q": "pasar", "state": "queued"}))
    assert len(page.select("li.desk-row")) == 1
    assert page.select_one("#q")["value"] == "pasar"
    assert page.select_one("#state option[selected]")["value"] == "queued"
    assert "Tidak ada klaim yang cocok" in _words(_page(client.get("/antrean", params={"band": "clear"})))


def test_an_empty_queue_says_what_will_appear(client, browse):
    """And how to make it."""
    browse(Role.CHECKER)
    assert "Antrean kosong" in _words(_page(client.get("/antrean")))


def test_new_claims_are_announced_without_moving_rows(client, browse, make):
    """The page carries the address that tells how many came since; none is silence."""
    browse(Role.CHECKER)
    make({})
    address = _page(client.get("/antrean")).select_one("[hx-get]")["hx-get"]
    assert client.get(address).text.strip() == ""
    make({}, {})
    assert "2 klaim baru" in client.get(address).text


def test_strangers_are_sent_to_sign_in_and_influencers_refused(client, browse):
    """The desk is for the desk."""
    answer = client.get("/antrean", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/masuk?ke=%2Fantrean")
    browse(Role.INFLUENCER)
    assert client.get("/antrean").status_code == 403
    assert client.get("/klaim/baru").status_code == 403


def test_bad_questions_are_answered_calmly(client, browse, make):
    """Unknown words ask for everything; a broken mark is a sentence, not a fault."""
    browse(Role.CHECKER)
    make({})
    assert len(_page(client.get("/antrean?state=x&category=y&band=z")).select("li.desk-row")) == 1
    assert len(_page(client.get("/antrean?q=%E2%80%AE")).select("li.desk-row")) == 1
    assert client.get("/antrean?q=%00").status_code == 400
    assert client.get("/antrean?after=x").status_code == 422
    assert client.get("/antrean/baru?sejak=-1").status_code == 422


def test_pasting_opens_the_claim(client, browse):
    """303 to the claim, new or joined."""
    csrf = browse(Role.CHECKER)
    text = "Bendungan Contoh Hulu jebol sore ini, air menuju kota"
    first = client.post("/klaim/baru", data={"csrf": csrf, "text": text}, follow_redirects=False)
    again = client.post("/klaim/baru", data={"csrf": csrf, "text": text}, follow_redirects=False)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    assert re.fullmatch(r"/klaim/\d+", first.headers["location"])


def test_a_refused_paste_keeps_what_was_typed(client, browse):
    """The sentence, the status, and the text still in the form; without the token nothing at all."""
    csrf = browse(Role.CHECKER)
    sent = {"csrf": csrf, "text": "Bendungan jebol <b>", "url": "bukan alamat"}
    answer = client.post("/klaim/baru", data=sent)
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 422
    assert page.select_one("textarea").text.strip() == "Bendungan jebol <b>"
    assert page.select_one("#url")["value"] == "bukan alamat"
    assert client.post("/klaim/baru", data={"text": "a"}).status_code == 403


def test_feeds_are_added_stopped_and_let_go(client, browse):
    """The whole of a feed's life in the browser; a refused address stays in the form."""
    csrf = browse(Role.CHECKER)
    good = {"csrf": csrf, "url": "https://berita.contoh.example/rss", "source": "rss", "minutes": "15"}
    assert client.post("/umpan", data=good, follow_redirects=False).status_code == 303
    assert "berita.contoh.example" in _words(_page(client.get("/umpan")))
    refused = client.post("/umpan", data=good | {"url": "http://127.0.0.1/rss"})
    assert refused.status_code == 422
    assert BeautifulSoup(refused.text, "html.parser").select_one("#url")["value"] == "http://127.0.0.1/rss"
    for change in ({"minutes": "1"}, {"minutes": "²"}, {"source": "Dua Kata"}):
        assert client.post("/umpan", data=good | {"url": "https://lain.contoh.example/"} | change).status_code == 422
    assert client.post("/umpan", data=good).status_code == 409
    client.post("/umpan/1/ubah", data={"csrf": csrf, "aktif": "tidak"})
    assert "dihentikan" in _words(_page(client.get("/umpan")))
    client.post("/umpan/1/lepas", data={"csrf": csrf})
    assert "Belum ada umpan" in _words(_page(client.get("/umpan")))
    assert client.post("/umpan/1/lepas", data={"csrf": csrf}).status_code == 404
