"""The quick way through ``POST /v1/score``: the same answers, the same refusals, and a withdrawn key stops in time."""

from __future__ import annotations

import itertools
import json

import pytest

from serving.api import quick_scores
from serving.db import people
from serving.deps import KEY_ASKED_AGAIN_S, KEY_GOOD_S, KnownKeys
from serving.desk.incoming import scoring
from serving.desk.learning import models_holder
from serving.desk.people import accounts
from serving.limits import Limits
from serving.vocabulary import Role

TEXTS = [
    "Bank contoh bagi-bagi hadiah lima puluh juta rupiah, khusus hari ini 🔥",
    "Perpustakaan keliling (baru) buka hari Sabtu, daftar di https://contoh.example",
    "",
    "\x00 sebarkan \u202e segera",
]


START_S = 100.0


class SetSeconds:
    """Seconds that a test sets."""

    def __init__(self):
        self.now = START_S

    def __call__(self):
        return self.now


@pytest.fixture
def seconds(service, monkeypatch):
    """The clock of the keys that this service knows; on a slow machine the history of models would come due."""
    monkeypatch.setattr(models_holder, "FOLLOW_EVERY_S", 3600.0)
    clock = SetSeconds()
    object.__setattr__(service, "keys", KnownKeys(clock))
    return clock


@pytest.fixture
def budi(key_for, seconds):
    """A key that has no other right."""
    return key_for("budi", Role.INFLUENCER)


@pytest.fixture
def n_ordinary(monkeypatch):
    """Count the requests that were scored the ordinary way."""
    counter = itertools.count()
    seen = []
    real = scoring.score

    def counted(ctx, texts):
        seen.append(next(counter))
        return real(ctx, texts)

    monkeypatch.setattr(scoring, "score", counted)
    return lambda: len(seen)


def test_both_ways_answer_alike(client, budi, n_ordinary):
    """The first request goes the ordinary way and warms the key; the same again is answered at once, word for word."""
    bodies = [{"text": TEXTS[0]}, {"text": ""}, {"texts": TEXTS}, {"texts": []}]
    client.get("/v1/me", headers=budi)
    quick = [client.post("/v1/score", json=body, headers=budi) for body in bodies]
    n_quick = n_ordinary()
    ordinary = [
        client.post("/v1/score", json=body, headers=budi | {"content-type": "application/a+json"}) for body in bodies
    ]
    assert [answer.status_code for answer in quick] == [200] * 4
    assert [answer.json() for answer in quick] == [answer.json() for answer in ordinary]
    assert n_quick < n_ordinary()
    names = {"x-request-id", "content-security-policy", "cache-control", "x-frame-options", "content-type"}
    assert all(names <= answer.headers.keys() for answer in quick)


def test_a_request_with_a_known_key_asks_no_database(client, budi, n_ordinary):
    """After the first one, requests are answered without the ordinary way."""
    for _ in range(5):
        assert client.post("/v1/score", json={"text": TEXTS[0]}, headers=budi).status_code == 200
    assert n_ordinary() == 1


def test_a_withdrawn_key_is_refused_within_a_second(client, service, budi, seconds, n_ordinary):
    """However often it was used: the second is counted from when the database was asked, not from its last use."""
    assert client.post("/v1/score", json={"text": "a"}, headers=budi).status_code == 200
    with service.database.write() as session:
        user = people.user_by_name(session, "budi")
        for key in people.keys_of(session, user.id):
            key.revoked_at = service.clock.now()
    statuses = []
    for age_s in (0.1, KEY_ASKED_AGAIN_S - 0.1, KEY_ASKED_AGAIN_S, KEY_GOOD_S - 0.1, KEY_GOOD_S):
        seconds.now = START_S + age_s
        statuses.append(client.post("/v1/score", json={"text": "a"}, headers=budi).status_code)
    assert statuses == [200, 200, 401, 401, 401]
    assert n_ordinary() == 1


def test_an_account_that_was_shut_is_refused_within_a_second(client, service, budi, seconds):
    """As a key that was withdrawn."""
    assert client.post("/v1/score", json={"text": "a"}, headers=budi).status_code == 200
    with service.database.write() as session:
        people.user_by_name(session, "budi").active = False
    seconds.now += KEY_GOOD_S
    assert client.post("/v1/score", json={"text": "a"}, headers=budi).status_code == 401


def test_one_request_asks_again_while_the_others_go_on():
    """From half a second on exactly one is sent to the database, and from a second on all are."""
    clock = SetSeconds()
    keys = KnownKeys(clock)
    keys.keep("suluh_a", 7, clock.now)
    clock.now += KEY_ASKED_AGAIN_S
    assert [keys.holder("suluh_a") for _ in range(4)] == [None, 7, 7, 7]
    keys.keep("suluh_a", 7, clock.now)
    assert keys.holder("suluh_a") == 7
    clock.now += KEY_GOOD_S
    assert keys.holder("suluh_a") is None
    assert keys.holder("suluh_b") is None


def test_the_limit_holds_on_the_quick_way(client, service, clock, budi):
    """The request above it is a 429 with the time to wait, as a problem document; after that it goes on."""
    tight = service.settings.model_copy(update={"requests_per_minute": 3})
    object.__setattr__(service, "limits", Limits.of(tight))
    answers = [client.post("/v1/score", json={"text": TEXTS[0]}, headers=budi) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["request_id"] == refused.headers["x-request-id"]
    clock.forward(seconds=int(refused.headers["retry-after"]))
    assert client.post("/v1/score", json={"text": TEXTS[0]}, headers=budi).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"text": "a", "author": "b"}', 422),
        (b"{", 422),
        (b'{"text": "a\\ud800b"}', 422),
        (json.dumps({"texts": ["a"] * (quick_scores.TEXTS_MAX + 1)}).encode(), 200),
        (json.dumps({"text": "a" * quick_scores.BODY_BYTES_MAX}).encode(), 200),
        (json.dumps({"texts": ["a"] * 257}).encode(), 413),
    ],
)
def test_what_is_not_sure_goes_the_ordinary_way_unharmed(client, budi, body, status):
    """Its body arrives whole, and it is answered as if there were no other way."""
    headers = budi | {"content-type": "application/json"}
    client.post("/v1/score", json={"text": "a"}, headers=budi)
    assert client.post("/v1/score", content=body, headers=headers).status_code == status


def test_a_body_in_pieces_goes_the_ordinary_way(client, budi):
    """Nothing of it is lost."""
    client.post("/v1/score", json={"text": "a"}, headers=budi)
    pieces = iter([b'{"text": ', b'"sebarkan segera kabar ini"}'])
    answer = client.post("/v1/score", content=pieces, headers=budi | {"content-type": "application/json"})
    assert answer.status_code == 200


def test_the_quick_way_changes_no_key_of_another(client, key_for, budi, seconds):
    """A known key opens nothing for an unknown one."""
    client.post("/v1/score", json={"text": "a"}, headers=budi)
    wrong = {"authorization": budi.get("authorization", budi.get("Authorization")) + "x"}
    assert client.post("/v1/score", json={"text": "a"}, headers=wrong).status_code == 401


def test_accounts_know_the_same_key(ctx):
    """The hash under which a key is remembered is the one that the database keeps."""
    user = accounts.create_user(ctx, "siti", "obor-percobaan-1", [Role.INFLUENCER])
    key = accounts.create_key(ctx, user, "uji").key
    assert accounts.user_of_key(ctx, key).id == user.id
