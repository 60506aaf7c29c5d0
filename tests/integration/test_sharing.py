"""The ways out of a kit: the official post again, each platform's composer, messengers; and no place for a password."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from serving.console.pages import HERE
from serving.db.tables import Base
from serving.deps import SESSION_COOKIE, session_token
from tests.integration import carrying
from tests.web.browsing import soup

SECRET_WORDS = re.compile(r"passw|sandi|secret|token|cookie|credential|oauth|otp|api.?key", re.IGNORECASE)
# Columns and fields that hold secrets of this service itself: how people sign in here, how our own messages are signed,
# and whose chat is whose; none of them opens an account on a platform.
OWN_COLUMNS = {"users.password_hash", "webhook_endpoints.sealed_secret", "webhook_endpoints.sealed_old_secret"}
OWN_TEMPLATES = {"sign_in.html", "join.html", "account.html", "admin_user.html", "admin_users.html"}


@pytest.fixture
def kit(client, service, sign_up):
    """The page of a kit that was taken."""
    story = carrying.taken(service, sign_up)
    client.cookies.set(SESSION_COOKIE, session_token(service, story.person.user_id, 0))
    return soup(client.get(f"/kotak/{story.offer_id}"))


def test_sharing_the_official_post_again_comes_first(kit):
    """Before card and captions stands the official post, named by its platform."""
    first = kit.select_one("article.offer section")
    assert "bagikan ulang unggahan resmi" in first.h2.text
    (link,) = first.select("a")
    assert (link["href"], link.text) == ("https://x.com/contoh/status/1", "Buka di X")


def test_each_way_carries_the_caption_with_disclosure_and_link(kit):
    """X, Facebook, WhatsApp and Telegram open filled in; whatever is opened holds the disclosure and the link."""
    found = {}
    for link in kit.select("section a[target=_blank]"):
        parts = urlsplit(link["href"])
        asked = parse_qs(parts.query)
        if asked:
            found[parts.hostname] = " ".join(asked.get("text", []) + asked.get("quote", []))
    assert set(found) == {"x.com", "www.facebook.com", "wa.me", "t.me"}
    for text in found.values():
        assert re.search(r"Saya ASN di Kementerian komdigi\. Klarifikasi resmi: http://testserver/s/\w+$", text)


def test_instagram_is_copied(kit):
    """Where a platform has no composer there is a text to copy, and a sentence that says how it goes on."""
    part = kit.select_one("section[aria-labelledby=takarir-instagram]")
    assert part.select_one('button[data-copy="teks-instagram"]')
    assert part.find("a") is None
    assert "unduh kartu" in part.text


def test_no_page_asks_for_a_password_but_where_people_sign_in_here():
    """Of all templates only those of our own accounts have a password field, and no other field is named like one."""
    asking = set()
    for path in sorted((HERE / "templates").rglob("*.html")):
        text = path.read_text("utf-8")
        fields = re.findall(r'<(?:input|textarea|select)[^>]*\bname="([^"{]+)"', text)
        fields += re.findall(r'ui\.(?:field|area|choose|tick)\("([^"]+)"', text)
        if re.search(r'"password"', text) or any(SECRET_WORDS.search(name) for name in fields):
            asking.add(path.name)
    assert asking <= OWN_TEMPLATES


def test_no_body_and_no_column_has_room_for_a_platforms_secret(client):
    """What people send about offers and posts has no such field, and no column that is not this service's own."""
    schemas = client.get("/v1/openapi.json").json()["components"]["schemas"]
    sent = ("Posted", "OwnWords", "Decline", "Snooze", "ProfileChange", "Agree")
    fields = {f"{name}.{field}" for name in sent for field in schemas[name]["properties"]}
    assert len(fields) > len(sent)
    assert not {each for each in fields if SECRET_WORDS.search(each)}
    about = ("offer", "post", "short_links", "link_", "influencer", "screenshot", "correction", "follower", "deliver")
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        if table.name.startswith(about)
        for column in table.columns
    }
    assert len(columns) > len(about)
    assert not {each for each in columns if SECRET_WORDS.search(each)} - OWN_COLUMNS
