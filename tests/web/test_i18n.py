"""Both languages say everything; numbers and times are as their reader writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scripts import catalogue
from serving import i18n
from serving.i18n import Language
from tests.web.browsing import soup

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def test_every_sentence_has_its_english():
    """Nothing is missing, stale, or has other places."""
    assert list(catalogue.faults(catalogue.english(), catalogue.sentences())) == []


def test_the_catalogue_is_sorted():
    """So that two changes rarely touch the same line."""
    ids = [str(message.id) for message in catalogue.english() if message.id]
    assert ids == sorted(ids)


def test_the_check_finds_what_is_wrong():
    """A missing, a stale, an empty and a misplaced sentence are each named."""
    made = catalogue.Catalog(locale="en", fuzzy=False)
    made.add("tetap {n}", "kept {m}")
    made.add("kosong", "")
    made.add("hilang", "gone")
    found = "\n".join(catalogue.faults(made, {"tetap {n}", "kosong", "baru"}))
    for expected in ("not in en.po: 'baru'", "no longer said: 'hilang'", "has no English: 'kosong'", "other places"):
        assert expected in found


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("id", "id"),
        ("en-GB,en;q=0.9", "en"),
        ("id;q=0.8, en;q=0.9", "en"),
        ("fr, de", "id"),
        ("", "id"),
        (None, "id"),
        ("en;q=0", "id"),
        ("en;q=nan, ;;;, q=", "id"),
        ("x" * 10_000, "id"),
    ],
)
def test_the_browser_asks_for_a_language(header, language):
    """English where it is preferred, Indonesian otherwise, whatever stands in the header."""
    assert i18n.language_of(header) == language


def test_numbers_and_times_are_written_as_their_reader_writes_them():
    """12.345,5 and 12,345.5; the hour with a point and the zone by its name."""
    assert i18n.number(Language.ID, 12345.5) == "12.345,5"
    assert i18n.number(Language.EN, 12345.5) == "12,345.5"
    assert i18n.clock_time(Language.ID, NOON) == "2 Mar 2026 12.00 WIB"
    assert i18n.clock_time(Language.ID, NOON, "Asia/Jayapura") == "2 Mar 2026 14.00 WIT"
    assert i18n.clock_time(Language.EN, NOON, "Asia/Makassar") == "2 Mar 2026 13:00 WITA"


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=30), "baru saja"),
        (timedelta(minutes=12), "12 menit lalu"),
        (timedelta(hours=-3), "dalam 3 jam"),
        (timedelta(days=2, hours=5), "2 hari lalu"),
    ],
)
def test_times_are_relative(ago, said):
    """How long ago, or how long until, in words."""
    assert i18n.relative(Language.ID, NOON - ago, NOON) == said


def test_a_reader_who_chose_english_keeps_it(client):
    """The choice outlives the page and wins over the browser's header."""
    answer = client.post("/bahasa", data={"bahasa": "en", "ke": "/masuk"}, follow_redirects=True)
    assert soup(answer).html["lang"] == "en"
    assert soup(client.get("/masuk")).h1.get_text(strip=True) == "Sign in to Suluh"


def test_a_theme_is_kept_and_given_up(client):
    """Light and dark are attributes of the page; `auto` leaves it to the device again."""
    for chosen, expected in (("dark", "dark"), ("light", "light"), ("auto", None), ("merah", None)):
        client.post("/bahasa", data={"tema": chosen, "ke": "/masuk"})
        assert soup(client.get("/masuk")).html.get("data-theme") == expected


def test_errors_of_the_api_speak_the_language_asked_for(client):
    """The detail follows Accept-Language; the title never changes."""
    indonesian = client.get("/v1/me").json()
    english = client.get("/v1/me", headers={"accept-language": "en"}).json()
    assert indonesian["title"] == english["title"] == "not-signed-in"
    assert indonesian["detail"] != english["detail"]
