"""The moderator's kernel answers as scikit-learn's arithmetic does, and any text is an input."""

from __future__ import annotations

import numpy as np
import pytest

from models.calibration import Platt
from models.hashing import NGrams
from models.linear_moderator import LinearModerator, ModerationWeights, Reading, read
from models.moderation import LABELS, LabelBand, ModerationLabel, Moderator
from models.signals import SIGNALS, signals_of
from training.fit_linear import normalised, presence

NGRAMS = NGrams(bits=10, char_min=2, char_max=5)
BANDS = {label: LabelBand(Platt(1.5, -0.5), 0.5) for label in LABELS}
TEXTS = ["Klik contoh88, bonus 10 juta!", "Perpustakaan keliling buka hari Sabtu", "dasar goblok kalian semua", "a"]


@pytest.fixture(scope="module")
def weights():
    """Random weights: what a text means does not matter here."""
    rng = np.random.default_rng(7)
    return ModerationWeights(
        reading=Reading(NGRAMS, 200),
        signals=SIGNALS,
        weights=rng.normal(size=(len(LABELS), NGRAMS.n_buckets)).astype(np.float16),
        idf=rng.integers(16, 160, NGRAMS.n_buckets, dtype=np.uint8),
        signal_weights=rng.normal(size=(len(LABELS), len(SIGNALS))).astype(np.float32),
        bias=rng.normal(size=len(LABELS)).astype(np.float32),
    )


@pytest.fixture(scope="module")
def moderator(weights):
    """Their moderator."""
    return LinearModerator(weights, BANDS, "moderation-test")


def test_the_kernel_agrees_with_plain_arithmetic(weights, moderator):
    """Logits equal tf-idf times weights plus signals times theirs, to 1e-5."""
    readings = [read(text, 200) for text in TEXTS]
    terms = normalised(presence([one.words for one in readings], NGRAMS), weights.idf)
    signals = signals_of(TEXTS, [one.standard for one in readings])
    expected = terms @ weights.weights.T.astype(np.float64) + signals @ weights.signal_weights.T + weights.bias
    found, n_words = moderator.raw_logits(TEXTS)
    assert np.abs(found - expected).max() < 1e-5
    assert (n_words > 0).all()


def test_it_moderates_through_the_protocol(moderator):
    """The linear moderator is a Moderator, and answers all five labels in their order."""
    assert isinstance(moderator, Moderator)
    answers = moderator.moderate_many(TEXTS)
    assert [list(answer.labels) for answer in answers] == [list(LABELS)] * len(TEXTS)
    assert {answer.model for answer in answers} == {"moderation-test"}


def test_a_flag_is_a_label_at_its_own_threshold(weights):
    """Each label is held against its own threshold, and no other."""
    bands = {
        **BANDS,
        ModerationLabel.SCAM: LabelBand(Platt(1.0, 50.0), 0.9),
        ModerationLabel.HATE: LabelBand(Platt(1.0, -50.0), 0.1),
    }
    for answer in LinearModerator(weights, bands, "moderation-test").moderate_many(TEXTS):
        assert ModerationLabel.SCAM in answer.flags
        assert ModerationLabel.HATE not in answer.flags


def test_a_text_alone_has_the_answer_that_it_has_among_others(moderator):
    """No answer depends on its neighbours."""
    together = moderator.probabilities(TEXTS)
    alone = np.vstack([moderator.probabilities([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-12


@pytest.mark.parametrize("text", ["", "   ", "😭😭😭", "\ud800", "@budi 2024"])
def test_a_text_without_a_word_carries_nothing(moderator, text):
    """There is nothing to judge, so every probability is 0 and nothing is flagged."""
    (answer,) = moderator.moderate_many([text])
    assert set(answer.labels.values()) == {0.0}
    assert answer.flags == ()


def test_ten_megabytes_are_read_up_to_the_limit(moderator):
    """What stands behind the limit changes nothing."""
    short = TEXTS[0].ljust(200)
    assert moderator.probabilities([short])[0] == pytest.approx(
        moderator.probabilities([short + "slot " * 2_000_000])[0]
    )


def test_case_quotes_and_styled_letters_say_nothing(moderator):
    """The same words in capitals, typographic quotes or mathematical letters have the same answer."""
    plain = "dasar goblok kalian semua"
    styled = "".join(chr(ord("𝗮") + ord(one) - ord("a")) if one.isalpha() else one for one in plain)
    same = moderator.probabilities([plain, plain.upper(), f"“{plain}”", styled])
    assert np.abs(same - same[0]).max() < 1e-12


def test_no_text_is_no_answer(moderator):
    """Nothing in, nothing out."""
    assert moderator.moderate_many([]) == []


def test_weights_of_other_signals_are_refused(weights):
    """Signals that this program does not count would be multiplied with the wrong weights."""
    with pytest.raises(ValueError, match="signals"):
        ModerationWeights(
            weights.reading, SIGNALS[1:], weights.weights, weights.idf, weights.signal_weights, weights.bias
        )


@pytest.mark.parametrize("flag", [0.0, -0.1, 1.1])
def test_a_threshold_that_flags_all_or_nothing_by_mistake_is_refused(flag):
    """A threshold of 0 would flag every text."""
    with pytest.raises(ValueError, match="threshold"):
        LabelBand(Platt(1.0, 0.0), flag)
