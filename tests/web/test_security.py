"""The doors hold: forms, cookies, headers, and whatever the network sends."""

from __future__ import annotations

import shutil
import time

import pytest
from fastapi.testclient import TestClient
from itsdangerous import TimestampSigner
from sqlalchemy.exc import OperationalError

from serving.app import create_app
from serving.deps import SESSION_COOKIE, context_for
from serving.desk.context import SERVICE
from serving.desk.people import accounts
from serving.settings import Settings
from serving.vocabulary import Role
from tests.conftest import PASSWORD, SECRET
from tests.web.browsing import sign_in, soup, token


@pytest.fixture(scope="module")
def app(tmp_path_factory, sqlite_template):
    """One service for all of these tests: nothing here depends on the database, or on what another test did."""
    folder = tmp_path_factory.mktemp("security")
    shutil.copy(sqlite_template, folder / "suluh.db")
    settings = Settings(
        var_dir=folder,
        database_url=f"sqlite:///{folder / 'suluh.db'}",
        secret_key=SECRET,
        base_url="http://testserver",
        sign_in_attempts_per_minute=1_000,
    )
    app = create_app(settings)
    yield app
    app.state.service.database.close()


@pytest.fixture
def client(app):
    """A browser or program that has never been here."""
    return TestClient(app, raise_server_exceptions=False, headers={"accept-language": "id"})


@pytest.fixture
def sign_up(service):
    """Make an account once; the same name has the same role throughout."""

    def make(name, *roles):
        with service.database.write() as opened:
            user = accounts.people.user_by_name(opened, name) or accounts.create_user(
                context_for(service, opened, SERVICE), name, PASSWORD, roles
            )
            return accounts.actor_for(user)

    return make


@pytest.fixture
def admin(client, sign_up):
    """A signed-in administrator's browser."""
    sign_up("admin", Role.ADMIN)
    assert sign_in(client, "admin").status_code == 303
    return client


# ---- signing in ---------------------------------------------------------------------------------------------------


def test_signing_in_leads_to_ones_own_first_page(client, sign_up):
    """A checker begins at the queue."""
    sign_up("budi", Role.CHECKER)
    assert sign_in(client, "budi").headers["location"] == "/antrean"


def test_signing_in_leads_back_to_the_page_that_asked(client, sign_up):
    """A page that needs somebody signed in sends its reader to sign in and is where they return."""
    sign_up("admin", Role.ADMIN)
    asked = client.get("/admin/jejak?jenis=user", follow_redirects=False)
    assert asked.status_code == 303
    assert asked.headers["location"] == "/masuk?ke=%2Fadmin%2Fjejak%3Fjenis%3Duser"
    hidden = soup(client.get(asked.headers["location"])).select_one('main input[name="ke"]')["value"]
    assert sign_in(client, "admin", back=hidden).headers["location"] == "/admin/jejak?jenis=user"


@pytest.mark.parametrize(
    "away",
    [
        "https://jahat.example/",
        "//jahat.example/",
        "/\\jahat.example/",
        "/\t/jahat.example",
        "javascript:alert(1)",
        "/" + "a" * 5000,
        "masuk",
        "/ jahat",
    ],
)
def test_no_address_of_another_site_is_followed(client, sign_up, away):
    """Whatever the return address claims, signing in stays here."""
    sign_up("budi", Role.CHECKER)
    assert sign_in(client, "budi", back=away).headers["location"] == "/antrean"
    assert client.post("/bahasa", data={"bahasa": "en", "ke": away}, follow_redirects=False).headers["location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"),
    [("budi", "salah-sekali-1"), ("tidak-ada", PASSWORD), ("", ""), ("budi\x00", PASSWORD), ("budi", "x" * 100_000)],
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(client, sign_up, name, password):
    """One sentence for both, with 401, so that neither can be guessed by itself."""
    sign_up("budi", Role.CHECKER)
    answer = sign_in(client, name, password)
    assert answer.status_code == 401
    assert soup(answer).select_one(".notice").get_text(strip=True) == "Nama atau kata sandi tidak cocok."
    assert SESSION_COOKIE not in client.cookies


def test_the_sign_in_form_of_another_site_is_refused(client, sign_up):
    """Without the token that this browser was given, nobody is signed in."""
    sign_up("budi", Role.CHECKER)
    client.get("/masuk")
    answer = client.post("/masuk", data={"name": "budi", "password": PASSWORD, "csrf": "dari-tempat-lain"})
    assert answer.status_code == 403
    assert SESSION_COOKIE not in client.cookies


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(client, sign_up):
    """HttpOnly and SameSite=Lax always."""
    sign_up("budi", Role.CHECKER)
    cookies = [line for line in sign_in(client, "budi").headers.get_list("set-cookie") if SESSION_COOKIE in line]
    assert len(cookies) == 1
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookies[0].split(";")}


def test_a_session_ends_with_its_lifetime(admin, service, monkeypatch):
    """A cookie that is too old no longer signs anybody in."""
    assert admin.get("/akun").status_code == 200
    later = int(time.time() + service.settings.session_lifetime.total_seconds() + 2)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: later)
    assert admin.get("/akun", follow_redirects=False).headers["location"].startswith("/masuk")


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "%00", "e30.aaaa.bbbb", "é" * 50, "A" * 4000])
def test_a_forged_session_cookie_signs_nobody_in(client, cookie):
    """Whatever a cookie holds, it is either ours or nothing."""
    headers = {"cookie": f"{SESSION_COOKIE}={cookie}; suluh_flash={cookie}; suluh_lang={cookie}".encode("latin-1")}
    answer = client.get("/akun", headers=headers, follow_redirects=False)
    assert answer.status_code == 303


# ---- forms --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("csrf", [None, "", "x", "é", "0" * 32])
def test_a_form_without_its_token_changes_nothing(admin, csrf):
    """403 and a sentence, for a missing and for a wrong token."""
    data = {} if csrf is None else {"csrf": csrf}
    answer = admin.post("/akun/keluar-semua", data=data)
    assert answer.status_code == 403
    assert admin.get("/akun", follow_redirects=False).status_code == 200


def test_the_token_of_one_session_does_not_serve_another(client, app, sign_up):
    """A token is derived from the session that it belongs to."""
    for name in ("budi", "citra"):
        sign_up(name, Role.CHECKER)
    assert sign_in(client, "budi").status_code == 303
    other = TestClient(app, raise_server_exceptions=False)
    assert sign_in(other, "citra").status_code == 303
    answer = client.post("/akun/keluar-semua", data={"csrf": token(other, "/akun")})
    assert answer.status_code == 403


def test_every_form_that_changes_something_carries_the_token(admin):
    """No POST form of a page is without one, but for language and theme."""
    for page in ("/akun", "/admin/akun", "/admin/jejak"):
        for form in soup(admin.get(page)).select('form[method="post"]'):
            assert form["action"] == "/bahasa" or form.select_one('input[name="csrf"][value]'), (page, form["action"])


# ---- headers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/masuk", "/tidak-ada", "/v1/me", "/v1/docs", "/v1/openapi.json", "/sehat", "/static/suluh.css"]
)
def test_every_answer_carries_the_safe_headers(client, path):
    """Content policy, no sniffing, no framing, and the request's number; also where the answer is an error."""
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-request-id"]


def test_a_fault_is_answered_with_the_same_headers_and_no_trace(client, service, monkeypatch):
    """A fault that nobody foresaw is 500 with number and headers, and tells nothing of the inside."""
    monkeypatch.setattr(type(service.database), "ping", lambda _self: 1 / 0)
    answer = client.get("/sehat", headers={"x-request-id": "permintaan-1"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "permintaan-1"
    assert "content-security-policy" in answer.headers
    assert "ZeroDivision" not in answer.text
    assert "permintaan-1" in answer.text


def test_health_says_when_the_database_is_away(client, service, monkeypatch):
    """503 and not 500, so that a balancer takes the machine out."""

    def away(_self):
        raise OperationalError("SELECT 1", {}, Exception("away"))

    assert client.get("/sehat").json() == {"status": "ok"}
    monkeypatch.setattr(type(service.database), "ping", away)
    assert client.get("/sehat").status_code == 503


def test_figures_are_not_for_everybody(client):
    """Only this machine, or the token's holder, reads /metrics; a stranger learns not even that it is there."""
    assert client.get("/metrics").status_code == 404


# ---- whatever the network sends -----------------------------------------------------------------------------------

NESTED = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
BODIES = {
    "broken": b'{"name": ',
    "latin-1": '{"label": "caf\u00e9"}'.encode("latin-1"),
    "lone surrogate": b'{"label": "\\ud800"}',
    "surrogate in a name": b'{"label": "a", "\\udfff": 1}',
    "nul": b'{"label": "a\\u0000b"}',
    "huge number": b'{"label": "a", "days": 1' + b"0" * 400 + b"}",
    "endless number": b'{"label": "a", "days": ' + b"9" * 10_000 + b"}",
    "not a number": b'{"label": "a", "days": NaN}',
    "infinite": b'{"label": "a", "days": 1e999}',
    "wrong type": b'{"label": ["a"], "days": {}}',
    "unknown field": b'{"label": "a", "author": "b"}',
    "list": b"[1, 2]",
    "null": b"null",
    "empty": b"",
    "nested": NESTED,
    "ten megabytes": b'{"label": "' + b"a" * 10_000_000 + b'"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_bad_body_is_a_clear_4xx(client, key_for, body):
    """Every one is a problem document with its sentence; nothing is stored."""
    headers = key_for("budi", Role.CHECKER)
    before = client.get("/v1/me/keys", headers=headers).json()
    answer = client.post("/v1/me/keys", content=body, headers=headers | {"content-type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text[:200]
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "request_id"} <= answer.json().keys()
    assert client.get("/v1/me/keys", headers=headers).json() == before


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data", "", "application/json; charset=x"]
)
def test_a_strange_media_type_is_no_fault(client, key_for, kind):
    """A body of another kind is refused or read, never a fault."""
    headers = key_for("budi", Role.CHECKER) | {"content-type": kind}
    assert client.post("/v1/me/keys", content=b"label=a", headers=headers).status_code < 500


def _chunks(n_bytes):
    for _ in range(n_bytes // 100_000):
        yield b"a" * 100_000


def test_a_body_of_unstated_length_is_stopped_at_the_limit(client, key_for):
    """Sent in chunks, ten megabytes are 413 as if their length had been told."""
    headers = key_for("budi", Role.CHECKER) | {"content-type": "application/json"}
    answer = client.post("/v1/me/keys", content=_chunks(10_000_000), headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


def test_a_form_of_ten_megabytes_is_refused(admin):
    """At the HTML door too, with a page."""
    answer = admin.post("/akun/kunci", data={"label": "a" * 10_000_000})
    assert answer.status_code == 413
    assert soup(answer).h1


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "9" * 5000, "\u00b2"])
def test_a_stated_length_that_is_none_is_refused(client, length):
    """400 at both doors, before anything is read."""
    for path in ("/v1/me/keys", "/masuk"):
        answer = client.post(path, content=b"{}", headers={"content-length": length.encode("latin-1")})
        assert answer.status_code in {400, 413}


def test_more_than_the_stated_length_is_not_believed(client, key_for):
    """A body that grows past its stated length is counted as it comes."""
    headers = key_for("budi", Role.CHECKER) | {"content-type": "application/json", "content-length": "10"}
    answer = client.post("/v1/me/keys", content=_chunks(10_000_000), headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/v1/tidak-ada", "/v1", "/v1/users/0/x", "/v1/%2e%2e/x"])
def test_an_unknown_address_of_the_api_is_a_problem_document(client, path):
    """404 for programs, in their own form."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/tidak-ada", "/static/tidak-ada.css", "/static/../settings.py", "/%ff", "/klarifikasi/%ff"]
)
def test_an_unknown_page_is_a_sentence(client, path):
    """404 for people, with a way back."""
    answer = client.get(path)
    assert answer.status_code == 404
    page = soup(answer)
    assert page.h1.get_text(strip=True)
    assert page.select_one('main a[href="/"]')


@pytest.mark.parametrize("path", ["/v1/users/%00", "/masuk?ke=%00", "/v1/audit?entity=%00", "/klarifikasi/a%00b"])
def test_a_nul_in_an_address_is_refused(client, path):
    """400 before any database sees it."""
    assert client.get(path).status_code == 400


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "1.5", "abc", "1e5", "\u0661"])
def test_an_impossible_number_in_an_address_is_refused(client, key_for, number):
    """No such number exists, and the database is not asked."""
    answer = client.get(f"/v1/users/{number}", headers=key_for("admin", Role.ADMIN))
    assert answer.status_code in {404, 422}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"])
def test_a_wrong_method_is_told_so(client, method):
    """405 with what is allowed, at both doors."""
    for path in ("/v1/me", "/masuk"):
        answer = client.request(method, path)
        assert answer.status_code == 405
        assert answer.headers["allow"]


def test_head_is_get_without_a_body(client):
    """Same status and headers, no body."""
    head, get = client.head("/masuk"), client.get("/masuk")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize("host", ["[", "a b", "jahat.example/x", "a" * 300, "x@y"])
def test_a_host_that_is_none_is_refused(client, host):
    """400, and no address is ever made from it."""
    assert client.get("/masuk", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("key", ["", "x", "suluh_", "suluh_" + "a" * 5000, "\u00e9", "Bearer Bearer"])
def test_a_key_that_is_none_is_401(client, key):
    """With the scheme that would be needed."""
    answer = client.get("/v1/me", headers={"authorization": f"Bearer {key}".encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_part_asked_for_by_htmx_leads_to_sign_in_as_a_whole(client):
    """When a session has ended, the page goes to sign in; the sign-in form never appears inside a list."""
    headers = {"hx-request": "true", "hx-current-url": "http://testserver/antrean?q=a"}
    answer = client.get("/akun", headers=headers, follow_redirects=False)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/masuk?ke=%2Fantrean"
