"""Clarifications from other fact-checkers: ClaimReview and CSV, tried first, suggested only."""

from __future__ import annotations

import csv
import json

import pytest
from sqlalchemy import func, select

from serving import fact_checks
from serving.db.tables import AuditRow, Clarification, ClarificationVersion
from serving.rows import UnreadableError, read_entries
from serving.vocabulary import Category, ClarificationState, ImportFate, Role, VerdictLabel
from tests.conftest import PASSWORD
from tests.web.browsing import send, sign_in, soup

REVIEW = {
    "@context": "https://schema.org",
    "@type": "ClaimReview",
    "url": "https://cek.example/bendungan",
    "headline": "Bendungan Contoh Hulu tidak jebol",
    "claimReviewed": "Bendungan Contoh Hulu jebol tadi malam",
    "datePublished": "2026-02-27",
    "author": {"@type": "Person", "name": "Sampel Wartawan"},
    "publisher": {"@type": "Organization", "name": "Cek Contoh"},
    "reviewRating": {"@type": "Rating", "alternateName": "Salah", "ratingValue": 1},
}
CSV = (
    "id,title,text,url,verdict,category,published_at\n"
    'a-1,"Pasar Contoh, tetap buka",Pasar tidak pindah.,https://cek.example/pasar,hoaks,ekonomi,2026-02-01\n'
    "a-2,Tanpa isi,,,,,\n"
    "a-3,Kategori lain,Isi.,https://cek.example/lain,salah,gosip,\n"
)


def _read(text):
    return read_entries(fact_checks.rows(text))


def test_a_claim_review_becomes_a_row_of_the_library():
    """Its address is its number, its rating a verdict, its site a source; a person's name stays where it is."""
    (entry,) = _read(json.dumps(REVIEW)).good
    assert (entry.external_id, entry.title) == (REVIEW["url"], REVIEW["headline"])
    assert entry.text == "Bendungan Contoh Hulu jebol tadi malam. Salah"
    assert (entry.issuer, entry.verdict) == ("Cek Contoh", VerdictLabel.FALSE)
    assert entry.published_at.isoformat() == "2026-02-27T00:00:00+00:00"
    assert [source.kind.value for source in entry.sources] == ["independent"]
    alone = {name: value for name, value in REVIEW.items() if name != "publisher"}
    assert _read(json.dumps(alone)).good[0].issuer == "cek.example"


@pytest.mark.parametrize(
    "document",
    [
        [REVIEW, REVIEW | {"url": "https://cek.example/2"}],
        {"@graph": [REVIEW, REVIEW | {"url": "https://cek.example/2"}]},
        {
            "@type": "DataFeed",
            "dataFeedElement": [
                {"@type": "DataFeedItem", "item": [REVIEW]},
                {"item": REVIEW | {"@type": ["ClaimReview"]}},
            ],
        },
    ],
)
def test_a_list_a_graph_and_a_feed_are_read(document):
    """Also where they are written over many lines."""
    for indent in (None, 2):
        assert len(_read(json.dumps(document, indent=indent)).good) == 2


@pytest.mark.parametrize(
    ("rating", "verdict"),
    [
        ({"alternateName": "MENYESATKAN"}, VerdictLabel.MISLEADING),
        ({"alternateName": "Four Pinocchios", "ratingValue": "1"}, VerdictLabel.FALSE),
        ({"ratingValue": 5, "bestRating": 5, "worstRating": 1}, VerdictLabel.TRUE),
        ({"ratingValue": 3}, None),
        ({"ratingValue": 1, "bestRating": 10}, None),
        ({"ratingValue": "?"}, None),
        (None, None),
    ],
)
def test_a_rating_is_a_verdict_only_where_it_says_one(rating, verdict):
    """By its word, else by the ends of one to five; whatever lies between is left open."""
    assert _read(json.dumps(REVIEW | {"reviewRating": rating})).good[0].verdict is verdict


@pytest.mark.parametrize("text", [CSV, CSV.replace(",", ";").replace("Contoh;", "Contoh,")])
def test_a_table_is_read_row_by_row(text):
    """Commas or semicolons; what does not fit is named with its line and the rest goes in."""
    read = _read(text)
    (entry,) = read.good
    assert (entry.title, entry.verdict, entry.category) == (
        "Pasar Contoh, tetap buka",
        VerdictLabel.FALSE,
        Category.ECONOMY,
    )
    assert (entry.issuer, read.at) == ("cek.example", [2])
    assert [bad.line for bad in read.bad] == [3, 4]


@pytest.fixture
def short_fields():
    """Let Python's reader of CSV have the limit that it begins with, whatever other tests of this process left."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


BAD_HEAD = '"id"x,title,text\n1,2,3\n'
LONG_HEAD = '"' + "a" * 140_000 + '",id,title,text\n1,2,3,4\n'


@pytest.mark.parametrize("text", ["", "halo", "nomor,judul\n1,2\n", "{tidak", "[1,", BAD_HEAD, LONG_HEAD])
@pytest.mark.usefixtures("short_fields")
def test_what_is_none_of_them_is_one_sentence(text):
    """Nothing is guessed."""
    with pytest.raises(UnreadableError):
        list(fact_checks.rows(text))


def test_a_heading_that_is_no_csv_is_a_refusal_over_http(client, key_for):
    """With one sentence, not as a fault."""
    sent = {"text": BAD_HEAD, "dry_run": True}
    answer = client.post("/v1/clarifications/import", json=sent, headers=key_for("ani", Role.CHECKER))
    assert (answer.status_code, answer.json()["title"]) == (400, "unreadable")


def _n(service, table):
    with service.database.read() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_dry_run_tells_every_row_and_keeps_nothing(client, service, key_for):
    """New, changed, same and refused; then the import does just that, and nothing of it is published."""
    headers = key_for("ani", Role.CHECKER)
    assert client.post("/v1/clarifications/import", headers=headers, json={"rows": [REVIEW]}).json()["new"] == 1
    before = (_n(service, Clarification), _n(service, ClarificationVersion), _n(service, AuditRow))
    other = REVIEW | {"url": "https://cek.example/baru"}
    body = {"rows": [REVIEW, REVIEW | {"reviewBody": "Waduk aman."}, other, {"id": "x"}], "dry_run": True}
    tried = client.post("/v1/clarifications/import", headers=headers, json=body)
    assert tried.status_code == 200
    assert [(row["line"], row["fate"]) for row in tried.json()["rows"]] == [
        (1, ImportFate.SAME),
        (2, ImportFate.CHANGED),
        (3, ImportFate.NEW),
    ]
    assert [row["line"] for row in tried.json()["rejected"]] == [4]
    assert (_n(service, Clarification), _n(service, ClarificationVersion), _n(service, AuditRow)) == before
    done = client.post("/v1/clarifications/import", headers=headers, json=body | {"dry_run": False}).json()
    assert (done["rows"], done["dry_run"]) == (tried.json()["rows"], False)
    with service.database.read() as session:
        assert set(session.scalars(select(Clarification.state))) == {ClarificationState.LIBRARY}
        assert not [row for row in session.scalars(select(AuditRow)) if row.action == "clarification.publish"]
    table = client.post("/v1/clarifications/import", headers=headers, json={"text": CSV, "dry_run": True})
    assert [row["id"] for row in table.json()["rows"]] == ["a-1"]


def test_the_page_tries_first_and_keeps_what_was_pasted(client, service, sign_up):
    """A table of fates, the rows still in the form; then the import."""
    sign_up("ani", Role.CHECKER)
    assert sign_in(client, "ani", PASSWORD).status_code == 303
    tried = send(client, "/pustaka/impor", "/pustaka/impor", text=CSV, do="coba")
    page = soup(tried)
    assert "belum ada yang disimpan" in page.main.get_text()
    assert [row.get_text() for row in page.select("table.data td")].count("baru") == 1
    assert page.select_one("textarea").get_text().strip() == CSV.strip()
    assert _n(service, Clarification) == 0
    assert send(client, "/pustaka/impor", "/pustaka/impor", text=CSV).status_code == 200
    assert _n(service, Clarification) == 1
