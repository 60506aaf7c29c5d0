"""``POST /v1/moderate``, and what the desk does with flags: it blurs and it keeps captions clean."""

from __future__ import annotations

import pytest

from models.moderation import LABELS, ModerationLabel
from serving.desk.learning import moderation
from serving.vocabulary import Role

PROMOTION = "Gacor banget main di CONTOHTOTO88, baru depo receh langsung maxwin, wd cair terus!"
ABUSE = "dasar goblok kalian semua, bangsat, anjing"
PLAIN = "Perpustakaan keliling buka hari Sabtu"


@pytest.fixture
def ask(client, key_for):
    """Ask for moderation with a key that has no other right."""
    headers = key_for("mesin", Role.INFLUENCER)

    def do(body, **more):
        return client.post("/v1/moderate", headers=headers | more, **body)

    return do


def test_answers_come_in_the_order_of_the_texts(ask):
    """Five probabilities, flags and model a text; the same as the moderator's own."""
    answer = ask({"json": {"texts": [PROMOTION, "", PLAIN]}})
    assert answer.status_code == 200
    found = answer.json()["moderations"]
    expected = moderation.moderator().moderate_many([PROMOTION, "", PLAIN])
    assert [one["labels"] for one in found] == [
        pytest.approx({label.value: p for label, p in other.labels.items()}) for other in expected
    ]
    assert [one["flags"] for one in found] == [["gambling"], [], []]
    assert list(found[0]["labels"]) == [label.value for label in LABELS]


def test_one_text_is_enough(ask):
    """``text`` alone gives one answer."""
    assert len(ask({"json": {"text": PLAIN}}).json()["moderations"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"json": {}}, 422),
        ({"json": {"text": "a", "texts": []}}, 422),
        ({"json": {"texts": ["a"] * 257}}, 413),
        ({"json": {"text": "a" * 20_001}}, 422),
        ({"json": {"text": "a", "author": "b"}}, 422),
        ({"content": b"{"}, 422),
    ],
)
def test_unfit_requests_are_refused(ask, body, status):
    """A clear 4xx for what does not fit."""
    answer = ask(body, **{"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_key_is_needed(client):
    """Answers are for those who have a key."""
    assert client.post("/v1/moderate", json={"text": "a"}).status_code == 401


def test_flags_say_what_to_blur():
    """A post that promotes gambling is blurred, an ordinary one is not."""
    assert moderation.flags_of([PROMOTION, PLAIN]) == [(ModerationLabel.GAMBLING,), ()]


@pytest.mark.parametrize(("caption", "words"), [(PROMOTION, "promosi judi"), (ABUSE, "kebencian|kasar")])
def test_a_flagged_caption_is_refused_and_quoted(caption, words):
    """Nobody is handed words like these to post under their own name."""
    with pytest.raises(moderation.FlaggedCaptionError, match=words) as refusal:
        moderation.refuse_flagged([PLAIN, caption])
    assert refusal.value.params["caption"] == caption


def test_a_clarification_of_a_fraud_may_repeat_its_words():
    """What is flagged as scam alone stays in a kit, or no clarification of a fraud could be shared."""
    caption = (
        "Pesan “selamat, Anda pemenang undian, hadiah Rp 17 juta, klik tautan” mengatasnamakan Bank Contoh: penipuan."
    )
    moderation.refuse_flagged([caption, PLAIN])


def test_every_label_has_a_name_for_the_reader():
    """Screens name what they blur."""
    assert set(moderation.NAMES) == set(LABELS)
