"""What everybody may read: words, sources, history and reasons, and no name of anybody."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup

from serving.console.public import in_script
from serving.db.tables import Clarification, ClarificationVersion
from serving.deps import SESSION_COOKIE, session_token
from serving.desk.context import SERVICE
from serving.desk.publishing import library
from serving.desk.publishing.library import NewWords, SourceWords
from serving.vocabulary import EvidenceKind, Role
from tests import factories
from tests.conftest import START


@pytest.fixture
def people(sign_up):
    """An author of the desk, and an approver."""
    return sign_up("ani-penulis", Role.CHECKER), sign_up("citra-penyetuju", Role.APPROVER)


@pytest.fixture
def published(act, people):
    """A published clarification."""
    ani, citra = people
    return act(
        SERVICE,
        factories.clarification,
        ani.user_id,
        citra.user_id,
        claim_wording="Bank Contoh membagikan kuota gratis.",
    )


def _soup(response):
    assert response.status_code == 200, response.text
    return BeautifulSoup(response.text, "html.parser")


def test_the_page_of_a_clarification(client, published):
    """Fact first as the heading, then words, claim, verdict as a word, and every source."""
    soup = _soup(client.get(f"/klarifikasi/{published.slug}"))
    assert soup.h1.get_text() == "Bank Contoh tidak membagikan kuota; tautan itu mencuri data"
    assert "Bank Contoh membagikan kuota gratis." in soup.blockquote.get_text()
    assert soup.select_one(".verdict").get_text(strip=True) == "salah"
    assert [link["href"] for link in soup.select("main ol a")] == [
        "https://bank.example/a",
        "https://media.example/b",
    ]


def test_claimreview_on_the_page_and_over_http_are_one(client, published):
    """The JSON-LD in the page is the document that the API exports, and it names an institution as its publisher."""
    soup = _soup(client.get(f"/klarifikasi/{published.slug}"))
    embedded = json.loads(soup.find("script", type="application/ld+json").string)
    answer = client.get(f"/v1/clarifications/{published.id}/claimreview")
    assert answer.headers["content-type"].startswith("application/ld+json")
    assert embedded == answer.json()
    assert embedded["@type"] == "ClaimReview"
    assert embedded["reviewRating"]["alternateName"] == "salah"
    assert embedded["reviewRating"]["ratingValue"] == 1
    assert embedded["author"]["@type"] == "Organization"
    assert embedded["url"] == f"http://testserver/klarifikasi/{published.slug}"


def test_the_feed_holds_what_stands(client, act, people, published):
    """Each entry leads to its page and only the institution is named; what was withdrawn is no longer in it."""
    ani, citra = people
    gone = act(SERVICE, factories.clarification, ani.user_id, citra.user_id)
    act(citra, library.retract, gone.id, "Keterangannya berubah")
    answer = client.get("/klarifikasi.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)
    ids = [each.text for each in feed.iter("{http://www.w3.org/2005/Atom}id")]
    assert ids == ["http://testserver/klarifikasi", f"http://testserver/klarifikasi/{published.slug}"]
    assert not any(name in answer.text for name in ("ani-penulis", "citra-penyetuju"))


def test_json_cannot_leave_its_script():
    """A title that tries to end the script element stays text."""
    hostile = {"a": "</script><script>alert(1)</script>&\u2028"}
    written = in_script(hostile)
    assert "<" not in written
    assert json.loads(written) == hostile


def test_hostile_words_stay_words(client, act, service, published):
    """Markup in words is shown, never run."""
    with service.database.write() as session:
        hostile = {"title": "</script><img src=x onerror=alert(1)>", "body": "<b>tebal</b>"}
        session.add(ClarificationVersion(clarification_id=published.id, number=2, sources=[], at=START, **hostile))
        session.get(Clarification, published.id).current_version = 2
    soup = _soup(client.get(f"/klarifikasi/{published.slug}"))
    assert soup.find("img") is None
    assert soup.find("b") is None
    assert soup.h1.get_text() == "</script><img src=x onerror=alert(1)>"


def test_no_staff_name_is_public(client, act, published, people):
    """No page that everybody reads names whoever wrote, approved, revised or retracted."""
    ani, citra = people
    words = NewWords(
        "Bank Contoh tidak membagikan kuota; laporkan",
        "Tidak ada pembagian kuota.",
        (
            SourceWords("https://bank.example/a", "A", "Bank", EvidenceKind.AFFECTED_AGENCY),
            SourceWords("https://media.example/b", "B", "Media", EvidenceKind.INDEPENDENT),
        ),
        "Ditambah cara melapor",
        meaning_changed=False,
    )
    proposal = act(ani, library.propose, published.id, words, 1)
    act(citra, library.revise, proposal.id)
    act(citra, library.retract, published.id, "Keliru")
    for path in ("/", "/klarifikasi", f"/klarifikasi/{published.slug}", "/koreksi", "/metode"):
        page = client.get(path)
        assert page.status_code == 200
        assert "ani-penulis" not in page.text
        assert "citra-penyetuju" not in page.text


def test_a_retracted_page_says_so_first(client, act, published, people):
    """The notice with day and reason stands before the words; search engines get no ClaimReview any more."""
    act(people[1], library.retract, published.id, "Sumber utama ditarik")
    response = client.get(f"/klarifikasi/{published.slug}")
    soup = _soup(response)
    assert "Sumber utama ditarik" in soup.select_one("main .notice").get_text()
    assert "2 Mar 2026 10.00 WIB" in soup.select_one("main .notice").get_text()
    assert soup.find("script", type="application/ld+json") is None
    assert client.get(f"/v1/clarifications/{published.id}/claimreview").status_code == 404


def test_the_log_tells_what_was_taken_back(client, act, published, people):
    """Each retraction is a line with time, link, kind and reason; few people told are not counted."""
    assert "Belum ada koreksi" in client.get("/koreksi").text
    act(people[1], library.retract, published.id, "Sumber utama ditarik")
    cells = [cell.get_text(strip=True) for cell in _soup(client.get("/koreksi")).select("tbody td")]
    assert cells[0].endswith("WIB")
    assert cells[2:] == ["ditarik", "Sumber utama ditarik", "kurang dari 10 orang"]


def test_the_list_finds_by_word_and_verdict(client, act, published, people):
    """The public list searches words and verdicts, and says where nothing fits."""
    assert published.slug in client.get("/klarifikasi").text
    assert published.slug in client.get("/klarifikasi", params={"q": "KUOTA", "putusan": "salah"}).text
    assert published.slug not in client.get("/klarifikasi", params={"putusan": "benar"}).text
    assert "Tidak ada yang cocok" in client.get("/klarifikasi", params={"q": "gempa"}).text


def test_an_expired_clarification_says_so(client, act, service, published, clock):
    """Past its day a clarification is still readable and marked as no longer valid."""
    with service.database.write() as session:
        session.get(type(published), published.id).valid_until = clock.now()
    clock.forward(seconds=1)
    assert "sudah lewat" in client.get(f"/klarifikasi/{published.slug}").text


@pytest.mark.parametrize(
    "path",
    ["/klarifikasi/tidak-ada", "/klarifikasi/%00", "/klarifikasi/" + "a" * 121, "/klarifikasi/..%2fadmin"],
)
def test_unknown_addresses_are_not_found(client, path):
    """An address that nothing has answers with a page and a 4xx."""
    assert client.get(path).status_code in {400, 404, 422}


@pytest.mark.parametrize(
    "path", ["/klarifikasi?after=0", "/klarifikasi?after=x", "/koreksi?after=99999999999999999999999"]
)
def test_unfit_questions_are_refused(client, path):
    """A mark that no page gave is a 422, not a fault."""
    assert client.get(path).status_code == 422


def test_control_characters_in_a_search_are_passed_over(client):
    """A control character in a search box finds nothing and breaks nothing."""
    assert client.get("/klarifikasi?q=%01kuota").status_code == 200


def test_the_method_explains_the_rules(client):
    """The method page names the six questions, the evidence rule, the two humans and what the score is not."""
    page = client.get("/metode").text
    for words in (
        "pernyataan fakta",
        "karya pers",
        "2 situs",
        "bukan ukuran kebenaran",
        "klarifikasi resmi",
        "Dua orang",
    ):
        assert words in page


def test_whoever_works_here_goes_to_work(client, service, people):
    """The front page welcomes a visitor and sends a signed-in checker to the queue."""
    assert _soup(client.get("/")).h1
    client.cookies.set(SESSION_COOKIE, session_token(service, people[0].user_id, 0))
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/antrean")
