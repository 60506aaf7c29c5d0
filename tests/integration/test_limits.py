"""How often somebody may ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from serving import limits
from serving.cli.serve import behind
from serving.errors import TooManyRequestsError
from serving.limits import Buckets, Limits
from serving.settings import Settings
from serving.vocabulary import Role
from tests.conftest import PASSWORD
from tests.web.browsing import sign_in, soup

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@given(
    per_minute=st.integers(1, 50),
    waits=st.lists(st.floats(-100, 100, allow_nan=False), min_size=1, max_size=80),
)
def test_never_more_than_the_bucket_and_what_flowed_in(per_minute, waits):
    """Whatever the clock does, what passes is at most one full bucket and what was refilled since."""
    buckets, now, passed, flowed = Buckets(per_minute), NOW, 0, 0.0
    for wait in waits:
        now += timedelta(seconds=wait)
        flowed += max(wait, 0)
        try:
            buckets.take("a", now)
        except TooManyRequestsError:
            continue
        passed += 1
    assert passed <= per_minute + flowed * per_minute / 60 + 1e-6


@given(per_minute=st.integers(1, 600))
def test_whoever_waits_as_long_as_told_gets_in(per_minute):
    """``retry_after_s`` is a promise."""
    buckets = Buckets(per_minute)
    for _ in range(per_minute):
        buckets.take("a", NOW)
    with pytest.raises(TooManyRequestsError) as refused:
        buckets.take("a", NOW)
    buckets.take("a", NOW + timedelta(seconds=refused.value.retry_after_s))


def test_one_persons_haste_is_not_anothers():
    """Each key has its own bucket."""
    buckets = Buckets(1)
    buckets.take("a", NOW)
    buckets.take("b", NOW)
    with pytest.raises(TooManyRequestsError):
        buckets.take("a", NOW)


def test_a_flood_of_names_is_forgotten_not_kept(monkeypatch):
    """Memory does not grow with what strangers send."""
    monkeypatch.setattr(limits, "MAX_BUCKETS", 10)
    buckets = Buckets(1)
    for number in range(1_000):
        buckets.take(number, NOW)
    assert len(buckets._buckets) == 10


@pytest.mark.parametrize(("trusted", "n_taken"), [("172.16.0.0/12", 5), ("10.0.0.1", 3), ("", 3)])
def test_citizens_behind_a_named_proxy_have_buckets_of_their_own(client, service, trusted, n_taken):
    """What the proxy says of them counts where it was named; of anybody else nothing is believed."""
    settings = service.settings.model_copy(update={"trusted_proxies": trusted})
    config = uvicorn.Config(client.app, **behind(settings), log_config=None)
    config.load()
    door = TestClient(config.loaded_app, client=("172.18.0.1", 5000))
    sent = [
        door.post("/v1/tips", data={"text": f"kabar {n}"}, headers={"x-forwarded-for": f"36.{n}.1.9"}) for n in range(5)
    ]
    assert [answer.status_code for answer in sent] == [202] * n_taken + [429] * (5 - n_taken)


@pytest.mark.parametrize("value", ["*", "proxy.example", "10.0.0.0/33"])
def test_a_proxy_is_named_by_number(value):
    """Everybody is no proxy, and a name leads elsewhere tomorrow."""
    with pytest.raises(ValidationError):
        Settings(trusted_proxies=value)


@pytest.fixture
def narrow(service):
    """The same service with three requests and two attempts a minute."""
    tight = service.settings.model_copy(update={"requests_per_minute": 3, "sign_in_attempts_per_minute": 2})
    object.__setattr__(service, "limits", Limits.of(tight))


def test_the_api_answers_429_and_says_when_to_come_back(client, clock, key_for, narrow):
    """A problem document with Retry-After; after that long, the same key works again; another person's always did."""
    budi, siti = key_for("budi", Role.CHECKER), key_for("siti", Role.CHECKER)
    statuses = [client.get("/v1/me", headers=budi).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = client.get("/v1/me", headers=budi)
    assert refused.headers["content-type"] == "application/problem+json"
    assert client.get("/v1/me", headers=siti).status_code == 200
    clock.forward(seconds=int(refused.headers["retry-after"]))
    assert client.get("/v1/me", headers=budi).status_code == 200


def test_the_console_answers_429_with_a_sentence(client, sign_up, narrow):
    """A page, with the same header."""
    sign_up("budi", Role.CHECKER)
    sign_in(client, "budi")
    for _ in range(3):
        assert client.get("/akun").status_code == 200
    refused = client.get("/akun")
    assert refused.status_code == 429
    assert refused.headers["retry-after"]
    assert "Terlalu banyak permintaan" in soup(refused).h1.get_text()


def test_guessing_a_password_is_slowed_and_costs_no_hash(client, clock, sign_up, narrow, monkeypatch):
    """After two wrong guesses even the right password waits, and no password is compared meanwhile."""
    sign_up("budi", Role.CHECKER)
    for guess in ("salah-satu-1", "salah-dua-22"):
        assert sign_in(client, "budi", guess).status_code == 401
    refused = sign_in(client, "budi", PASSWORD)
    assert refused.status_code == 429
    assert soup(refused).select_one("#name")["value"] == "budi"
    clock.forward(seconds=int(refused.headers["retry-after"]))
    assert sign_in(client, "budi", PASSWORD).status_code == 303


def test_guessing_many_names_from_one_address_is_slowed_too(client, sign_up, narrow):
    """An address has five times what a name has."""
    statuses = [sign_in(client, f"orang{n}", "salah-satu-1").status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
