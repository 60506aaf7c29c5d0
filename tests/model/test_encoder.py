"""The released encoder: what its score must not depend on, what it must leave alone, and what moves it."""

import numpy as np
import onnx
import pytest

from data.reading import plain_words
from eval.behaviour import Change, behaviour, swaps
from models.artifact import NETWORK, RELEASED, released
from models.score import Band, ReasonCode
from tests.model.test_linear_invented import CRITICISM, HOAXES
from training.spoken import Speech, speech

ANOTHER_SEED = 4  # the released weights learned sentences of another one


@pytest.fixture(scope="module")
def scorer():
    """The encoder that ships."""
    return released("encoder")


def test_whom_a_text_names_hardly_moves_the_score(scorer):
    """Over 640 swaps of listed parties, religions, places and persons, few logits move and few bands flip."""
    every = swaps(scorer)
    assert every.n >= 500
    assert every.p95 <= 0.25
    assert every.flips <= 0.01


def test_how_a_text_is_typed_moves_nothing(scorer):
    """Capitals, typographic quotes, list marks and elongation leave every logit where it was."""
    moved = {found.change: found.p95 for found in behaviour(scorer)}
    for change in (Change.CAPITALS, Change.QUOTES, Change.ELONGATION):
        assert moved[change] == 0.0, change


def test_criticism_of_an_invented_policy_is_left_alone(scorer):
    """Of 32 grievances, questions, demands and jokes at most one reaches `look`."""
    flagged = [text for text, answer in zip(CRITICISM, scorer.score_many(CRITICISM), strict=True) if _looked(answer)]
    assert len(flagged) <= 1, flagged


def test_classic_hoaxes_stand_above_criticism(scorer):
    """The chance that an invented hoax scores above an invented criticism is at least 0.95."""
    hoaxes, others = scorer.probabilities(HOAXES), scorer.probabilities(CRITICISM)
    assert np.mean(hoaxes[:, None] > others[None, :]) >= 0.95


def test_satire_and_questions_stay_out_of_look(scorer):
    """Hardly any sentence that mocks or asks is put to the front."""
    said = [one.text for one in speech(ANOTHER_SEED, 2000) if one.kind in {Speech.SATIRE, Speech.QUESTION}]
    looked = np.mean([_looked(answer) for answer in scorer.score_many(said[:200])])
    assert looked <= 0.01


def test_named_words_move_the_logit_most(scorer):
    """Taking out the words of the reasons moves a logit at least three times as far as taking out as many others."""
    rng = np.random.default_rng(7)
    named, others = [], []
    for text in (*HOAXES, *CRITICISM):
        weights = scorer.word_weights(text)
        top = sorted(weights, key=lambda word: -abs(weights[word]))[:3]
        rest = sorted({word for word in plain_words(text).split() if word not in top})
        if len(rest) < 3:
            continue
        random = list(rng.choice(rest, 3, replace=False))
        before = _logit(scorer, text)
        named.append(abs(before - _logit(scorer, _without(text, top))))
        others.append(abs(before - _logit(scorer, _without(text, random))))
    assert np.mean(named) >= 3 * np.mean(others)


def test_a_reason_is_a_word_of_the_text(scorer):
    """Words are read from the text at hand, and stand-ins for names are never given as a reason."""
    text = HOAXES[0]
    words = [reason.text for reason in scorer.score_many([text])[0].reasons if reason.code is ReasonCode.WORDS]
    assert words
    assert all(word in text.casefold() for word in words)


@pytest.mark.parametrize("text", ["", " ", "😀", "🙏" * 4000, "a" * 100_000, "\x00\x01", "ٱلسَّلَام", "?!?"])
def test_any_text_is_an_input(scorer, text):
    """Nothing is refused, and what holds no word abstains."""
    answer = scorer.score_many([text])[0]
    assert 0.0 <= answer.p_hoax <= 1.0
    if not any(letter.isalpha() and letter.isascii() for letter in text):
        assert answer.band is Band.ABSTAIN


def test_answers_come_in_the_order_asked_and_alone_as_in_company(scorer):
    """A text's score does not depend on its neighbours beyond rounding."""
    together = scorer.probabilities([*HOAXES, *CRITICISM])
    alone = np.array([scorer.probabilities([text])[0] for text in (*HOAXES, *CRITICISM)])
    assert np.abs(together - alone).max() < 1e-3


def _looked(answer):
    return answer.band is Band.LOOK


def _logit(scorer, text):
    p = float(np.clip(scorer.probabilities([text])[0], 1e-6, 1 - 1e-6))
    return np.log(p / (1 - p))


def _without(text, gone):
    return " ".join(word for word in text.split() if not any(one in word.casefold() for one in gone))


def test_the_network_tells_nothing_of_the_machine_that_made_it():
    """No node or value keeps a path, a line of source or a note of tracing: equal weights are equal bytes."""
    network = onnx.load(RELEASED / "encoder" / NETWORK)
    graph = network.graph
    parts = (network, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer)
    assert not [part for part in parts if part.metadata_props or part.doc_string]
    assert not network.functions
