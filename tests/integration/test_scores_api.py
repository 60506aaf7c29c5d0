"""``POST /v1/score``: in order, bounded, and never called truth."""

from __future__ import annotations

import pytest

from serving.desk.incoming.machine import scorer_for
from serving.vocabulary import Role

TEXTS = [
    "Klik tautan ini, bank contoh bagi-bagi hadiah lima puluh juta rupiah khusus hari ini",
    "",
    "Perpustakaan keliling buka hari Sabtu",
]


@pytest.fixture
def ask(client, key_for):
    """Ask for scores with a key that has no other right."""
    headers = key_for("mesin", Role.INFLUENCER)

    def do(body, **more):
        return client.post("/v1/score", headers=headers | more, **body)

    return do


def test_scores_come_in_the_order_of_the_texts(ask, service):
    """Each with probability, band, reasons, model and what it means; the same as the model's own."""
    answer = ask({"json": {"texts": TEXTS}})
    assert answer.status_code == 200
    scores = answer.json()["scores"]
    expected = scorer_for(service.settings).score_many(TEXTS)
    assert [score["p_hoax"] for score in scores] == pytest.approx([found.p_hoax for found in expected])
    assert [score["band"] for score in scores] == [found.band.value for found in expected]
    assert all("bukan ukuran kebenaran" in score["meaning"] for score in scores)
    assert scores[1]["reasons"][0]["code"] == "too_short"
    assert scores[0]["model"] == expected[0].model


def test_one_text_is_enough(ask):
    """``text`` alone gives one score."""
    assert len(ask({"json": {"text": TEXTS[0]}}).json()["scores"]) == 1


UNFIT = [
    ({"json": {}}, 422),
    ({"json": {"text": "a", "texts": []}}, 422),
    ({"json": {"texts": "a"}}, 422),
    ({"json": {"texts": [1]}}, 422),
    ({"json": {"texts": ["a"] * 257}}, 413),
    ({"json": {"text": "a" * 20_001}}, 422),
    ({"json": {"text": "a", "author": "b"}}, 422),
    ({"content": b"{"}, 422),
    ({"content": rb'{"text": "a\ud800b"}'}, 422),
]


def test_unfit_requests_are_refused(ask):
    """A clear 4xx for what does not fit."""
    answers = [ask(body, **{"content-type": "application/json"}) for body, _ in UNFIT]
    assert [answer.status_code for answer in answers] == [status for _, status in UNFIT]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


def test_any_text_gets_a_score(ask):
    """Control characters, only emoji, right-to-left marks: a score each, never a fault."""
    assert len(ask({"json": {"texts": ["\x00", "🔥" * 50, "\u202e" * 30]}}).json()["scores"]) == 3


def test_a_key_is_needed(client):
    """Scores are for those who have a key."""
    assert client.post("/v1/score", json={"text": "a"}).status_code == 401


def test_a_score_does_not_wait_for_a_writer(ask, service):
    """Scoring only reads, so a long write elsewhere does not hold it up."""
    with service.database.write() as session:
        session.connection()
        assert ask({"json": {"text": TEXTS[0]}}).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_body_of_another_type_is_told_so(ask, kind):
    """415 that names the type to send, not a word about dictionaries."""
    answer = ask({"content": b'{"text": "a"}'}, **{"content-type": kind})
    assert (answer.status_code, answer.json()["title"]) == (415, "media-type")
    assert "application/json" in answer.json()["detail"]


def test_the_contract_states_the_limits_that_hold(client, service):
    """OpenAPI's bounds are the settings that refuse, and its words name no module of ours."""
    document = client.get("/v1/openapi.json").json()
    text, texts = (
        document["components"]["schemas"]["TextsIn"]["properties"][name]["anyOf"][0] for name in ("text", "texts")
    )
    settings = service.settings
    assert text["maxLength"] == texts["items"]["maxLength"] == settings.max_text_chars
    assert texts["maxItems"] == settings.max_texts_per_score
    operation = document["paths"]["/v1/score"]["post"]
    assert "quick_scores" not in operation["description"]
    assert "415" in operation["responses"]
