"""What to label next: near the threshold, where models disagree, and not the same story twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.active import Reading, disagreement, distance, diverse, lesson, most_telling, uncertainty, words_of

PROBABILITIES = st.floats(0.0, 1.0)
WORDS = st.frozensets(st.sampled_from(["kuota", "gratis", "bank", "contoh", "tautan", "gempa", "besok", "hujan"]))


@given(p=PROBABILITIES, look=st.floats(0.01, 0.99))
def test_uncertainty_is_between_none_and_one_and_largest_at_look(p, look):
    """Nothing is less certain than a score at the threshold."""
    assert 0.0 <= uncertainty(p, look) <= uncertainty(look, look) == pytest.approx(1.0)


@given(st.lists(PROBABILITIES, min_size=2, max_size=2, unique=True), st.floats(0.05, 0.95))
def test_the_nearer_score_on_the_same_side_is_less_certain(pair, look):
    """On either side uncertainty only falls with the distance."""
    for side in (sorted(p for p in pair if p <= look), sorted((p for p in pair if p >= look), reverse=True)):
        values = [uncertainty(p, look) for p in side]
        assert values == sorted(values)


@given(st.lists(PROBABILITIES, min_size=1, max_size=4))
def test_disagreement_is_between_none_and_one_bit_whatever_the_order(answers):
    """It asks who answered what of nobody in particular."""
    assert 0.0 <= disagreement(answers) <= 1.0
    assert disagreement(answers) == pytest.approx(disagreement(answers[::-1]))


def test_agreement_teaches_nothing_and_contradiction_one_bit():
    """The ends of the scale; one reader alone disagrees with nobody."""
    assert disagreement([0.3, 0.3, 0.3]) == pytest.approx(0.0)
    assert disagreement([0.0, 1.0]) == 1.0
    assert disagreement([0.7]) == disagreement([]) == 0.0


def test_either_reason_is_enough():
    """A certain score that another model contradicts is worth a label, and so is an uncertain one that all share."""
    sure, contradicted, unsure = (
        lesson(Reading(1, 0.999), 0.5),
        lesson(Reading(2, 0.999, (0.02,)), 0.5),
        lesson(Reading(3, 0.5, (0.5,)), 0.5),
    )
    assert sure.gain < 0.01
    assert contradicted.gain > 0.7
    assert unsure.gain == pytest.approx(1.0)


def test_the_most_telling_come_first_and_equal_ones_by_number():
    """The same readings in another order give the same list."""
    readings = [Reading(5, 0.5), Reading(2, 0.9), Reading(3, 0.5), Reading(9, 0.01)]
    assert [one.id for one in most_telling(readings, 0.5, 3)] == [3, 5, 2]
    assert most_telling(readings[::-1], 0.5, 3) == most_telling(readings, 0.5, 3)


@given(WORDS, WORDS)
def test_the_distance_of_words_is_a_distance(one, other):
    """Zero for the same, the same both ways, at most one."""
    assert distance(one, one) == 0.0
    assert 0.0 <= distance(one, other) == distance(other, one) <= 1.0


def test_a_copy_is_left_out_and_another_story_comes_before_a_near_copy():
    """Of three wordings of one story and a second story, the list holds the second story second."""
    texts = [
        "Bank Contoh bagi kuota gratis 50 GB lewat tautan ini",
        "BANK CONTOH bagi-bagi kuota gratis lewat tautan ini!!",
        "Bank Contoh bagi kuota gratis 50 GB, lewat tautan ini.",
        "Air laut surut di pantai utara, besok tsunami",
    ]
    lessons = most_telling([Reading(number, 0.5) for number in range(4)], 0.5, 4)
    chosen = [one.id for one in diverse(lessons, [words_of(text) for text in texts], 4)]
    assert chosen[:2] == [0, 3]
    assert 2 not in chosen


@given(st.lists(st.tuples(PROBABILITIES, WORDS), max_size=12), st.integers(0, 12))
def test_the_list_holds_no_claim_twice_and_begins_with_the_best(rows, limit):
    """At most ``limit``, each once, the largest gain first."""
    lessons = most_telling([Reading(number, p) for number, (p, _words) in enumerate(rows)], 0.4, len(rows))
    chosen = diverse(lessons, [rows[one.id][1] for one in lessons], limit)
    assert len(chosen) <= limit
    assert len({one.id for one in chosen}) == len(chosen)
    if chosen:
        assert chosen[0] == lessons[0]
