"""How much changed: nothing where nothing did, much where much did, and an interval that holds the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.drift import Drift, DriftLimits, Effect, apart, compare, population_stability, precision, stability
from models.measures import auc

SCORES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60).map(np.array)
OLD = ["bantuan", "kuota", "bank", "hadiah", "tautan", "daftar", "pulsa", "undian"]
NEW = ["gempa", "tsunami", "banjir", "gunung", "letusan", "awan", "hujan", "petir"]


def texts(rng, words, n):
    """Messages of six words each."""
    return [" ".join(rng.choice(words, 6)) for _ in range(n)]


# ---- scores --------------------------------------------------------------------------------------------------------


@given(SCORES)
def test_a_sample_is_as_stable_as_can_be_against_itself(scores):
    """The same scores again: zero."""
    assert population_stability(scores, scores) == 0.0


@given(SCORES, SCORES)
def test_the_index_is_never_negative(reference, recent):
    """Every bin adds (a − e) ln(a / e), which has one sign."""
    assert population_stability(reference, recent) >= 0.0


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_the_index_asks_only_for_the_order_of_scores(reference, recent):
    """Any change of scale that keeps the order keeps the index, such as from a probability to its logit."""
    plain = population_stability(np.array(reference, dtype=float), np.array(recent, dtype=float))
    squeezed = population_stability(np.exp(np.array(reference) / 7.0), np.exp(np.array(recent) / 7.0))
    assert squeezed == pytest.approx(plain)


def test_the_index_of_a_known_shift():
    """One tenth moved from the lowest bin to the highest: worked out by hand with Jeffreys' half count."""
    reference = np.arange(100) / 100
    recent = np.where(reference < 0.1, 0.999, reference)
    # The edge of a bin belongs to the bin below it, so the lowest holds eleven and the highest nine.
    low, high, emptied, filled = np.array([11.5, 9.5, 1.5, 19.5]) / 105
    by_hand = (emptied - low) * np.log(emptied / low) + (filled - high) * np.log(filled / high)
    assert population_stability(reference, recent) == pytest.approx(by_hand)


def test_the_interval_tells_chance_from_change():
    """Two samples of one source reach down to zero; a shift of one deviation stands above the limit."""
    rng = np.random.default_rng(7)
    same = stability(rng.normal(size=400), rng.normal(size=200))
    moved = stability(rng.normal(size=400), rng.normal(1.0, size=200))
    assert same.low == 0.0
    assert same.high < 0.25 < moved.low <= moved.value <= moved.high


def test_no_scores_are_no_sample():
    """Nothing can be compared with nothing."""
    with pytest.raises(ValueError, match="at least one"):
        population_stability(np.empty(0), np.ones(3))


# ---- texts ---------------------------------------------------------------------------------------------------------


def test_two_halves_of_one_source_cannot_be_told_apart():
    """The interval holds one half."""
    rng = np.random.default_rng(3)
    found = apart(texts(rng, OLD, 120), texts(rng, OLD, 80))
    assert found.low < 0.5 < found.high


def test_another_topic_is_told_apart():
    """Other words altogether: near one, and repeatable to the last digit."""
    rng = np.random.default_rng(3)
    reference, recent = texts(rng, OLD, 80), texts(rng, NEW, 60)
    assert apart(reference, recent).low > 0.95
    assert apart(reference, recent) == apart(reference, recent)


@given(SCORES, SCORES)
def test_the_area_is_symmetric(positives, negatives):
    """What one side loses the other wins, ties half."""
    assert auc(positives, negatives) + auc(negatives, positives) == pytest.approx(1.0)


# ---- decisions -----------------------------------------------------------------------------------------------------


@given(st.lists(st.booleans(), min_size=1, max_size=200))
def test_a_share_lies_in_its_interval(found):
    """Also at none and all, where the interval keeps a width."""
    effect = precision(found)
    assert 0.0 <= effect.low <= effect.value <= effect.high <= 1.0
    assert effect.low < effect.high


# ---- together ------------------------------------------------------------------------------------------------------


def never(_texts):
    """A model that must not be asked."""
    raise AssertionError("too few texts to score")


@settings(deadline=None)
@given(n=st.integers(0, 4))
def test_too_few_say_nothing(n):
    """Below the least number no effect is given and no model is asked."""
    few = ["contoh"] * n
    assert compare(few, few, [True] * n, never, DriftLimits(fewest=5)) == Drift(None, None, None)


def test_the_near_end_of_the_interval_decides():
    """A point beyond the limit is no alarm while its interval reaches back."""
    limits = DriftLimits(stability=0.2, apart=0.7, precision=0.5)
    alarmed = Drift(Effect(0.5, 0.21, 0.9), Effect(0.8, 0.71, 0.9), Effect(0.3, 0.2, 0.49))
    calm = Drift(Effect(0.5, 0.19, 0.9), Effect(0.8, 0.69, 0.9), Effect(0.3, 0.2, 0.51))
    assert alarmed.beyond(limits) == ("stability", "apart", "precision")
    assert calm.beyond(limits) == ()


def test_a_week_of_something_else_is_named():
    """Other words and other scores: both are beyond, and the decisions, which are good, are not."""
    rng = np.random.default_rng(11)
    reference, recent = texts(rng, OLD, 100), texts(rng, NEW, 60)

    def score(given_texts):
        return np.array([0.9 if text.split()[0] in NEW else 0.1 for text in given_texts]) + rng.normal(
            0, 0.01, len(given_texts)
        )

    drift = compare(reference, recent, [True] * 60, score)
    assert drift.beyond() == ("stability", "apart")
