"""The grammar makes many different texts of every kind, and the same ones for the same seed."""

import re
from collections import Counter

import pytest

from data.normalise import normalise
from training.spoken import Speech, Spoken, frames, speech

LEAST_FRAMES = {
    Speech.CRITICISM: 60,
    Speech.GRIEVANCE: 60,
    Speech.QUESTION: 30,
    Speech.SATIRE: 30,
    Speech.SUPPORT: 30,
    Speech.HOPE: 30,
    Speech.PROGRAMME: 30,
    Speech.DAILY: 40,
}


@pytest.fixture(scope="module")
def texts() -> list[Spoken]:
    """Five thousand texts of one seed."""
    return speech(7, 5000)


def test_a_seed_repeats(texts: list[Spoken]) -> None:
    """The same seed gives the same texts, and a shorter list is the beginning of a longer one."""
    assert speech(7, 300) == texts[:300]


def test_another_seed_differs(texts: list[Spoken]) -> None:
    """Another seed gives almost wholly other texts."""
    others = {spoken.text for spoken in speech(8, 1000)}
    assert len(others.intersection(spoken.text for spoken in texts)) < 50


def test_texts_differ_as_a_model_sees_them(texts: list[Spoken]) -> None:
    """At least 98 in 100 texts are distinct after normalising, not only as typed."""
    assert len({spoken.text for spoken in texts}) == len(texts)
    assert len({normalise(spoken.text) for spoken in texts}) >= 0.98 * len(texts)


def test_kinds_are_even(texts: list[Spoken]) -> None:
    """Every kind makes up between 11 and 18 in 100."""
    found = Counter(spoken.kind for spoken in texts)
    assert {kind for kind in Speech if not 0.11 <= found[kind] / len(texts) <= 0.18} == set()


def test_lengths_spread(texts: list[Spoken]) -> None:
    """Short, middling and long texts each make up a tenth at least, and none is endless."""
    lengths = [len(spoken.text.split()) for spoken in texts]
    assert sum(n <= 10 for n in lengths) >= 0.1 * len(lengths)
    assert sum(10 < n < 60 for n in lengths) >= 0.1 * len(lengths)
    assert sum(60 <= n <= 130 for n in lengths) >= 0.1 * len(lengths)
    assert max(lengths) < 250


def test_no_frame_dominates(texts: list[Spoken]) -> None:
    """No frame begins more than 3 in 100 texts."""
    assert Counter(spoken.frame for spoken in texts).most_common(1)[0][1] <= 0.03 * len(texts)


@pytest.mark.parametrize("kind", Speech)
def test_frames_are_many(kind: Speech) -> None:
    """Each kind has its minimum of frames, none twice."""
    assert len(set(frames(kind))) == len(frames(kind)) >= LEAST_FRAMES[kind]


def test_half_of_the_policies_are_invented(texts: list[Spoken]) -> None:
    """A known policy is no likelier than an invented one: the word bansos, say, stays rare."""
    assert sum("bansos" in spoken.text.lower() for spoken in texts) < 0.1 * len(texts)


def test_texts_are_finished(texts: list[Spoken]) -> None:
    """No slot is left open and no link is made."""
    assert [spoken.text for spoken in texts if re.search(r"[{}]|https?:|www\.", spoken.text)] == []


def test_a_negative_count_is_refused() -> None:
    """A count below nothing is a mistake of the caller."""
    with pytest.raises(ValueError, match="must not be negative"):
        speech(1, -1)
