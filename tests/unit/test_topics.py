"""Topics by published lists: what each catches, on texts written here."""

import pytest

from data.schema import Example, Kind, Label
from eval.slices import TOPIC_WORDS, Topic, by_topic, topics_of

LONG = "pagi ini di kampung contoh banyak orang berkumpul untuk bercerita tentang hal itu"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        (f"surat suara sudah dicoblos, {LONG}", Topic.POLITICS),
        (f"Pemerintah menaikkan pajak, {LONG}", Topic.GOVERNMENT),
        (f"ini hanya parodi, {LONG}", Topic.SATIRE),
        (f"air rebusan daun menyembuhkan kanker, {LONG}", Topic.HEALTH),
        (f"Klik tautan pendaftaran, hadiah menanti, {LONG}", Topic.FRAUD),
        ("air laut manis", Topic.SHORT),
        (f"gk tau knp yg itu, {LONG}", Topic.SLANG),
    ],
)
def test_a_topic_catches_its_words(text, topic):
    """One text, one topic of the seven."""
    assert topics_of(text) == {topic}


def test_words_are_met_whole_and_cleaned():
    """Leetspeak and capitals are met, a word inside another is not."""
    assert Topic.HEALTH in topics_of(f"V1RUS baru, {LONG}")
    assert Topic.FRAUD not in topics_of(f"kapinan itu, {LONG}")  # holds "pin"
    assert topics_of(LONG) == frozenset()


def test_every_list_is_in_the_form_that_it_is_compared_with():
    """A listed word that cleaning changes could never be met."""
    unmet = {
        word: topic
        for topic, words in TOPIC_WORDS.items()
        for word in words.split("|")
        if topic not in topics_of(f"{LONG} {word} {LONG}")
    }
    assert unmet == {}


def test_rows_are_found_by_place():
    """Each topic names the places of its rows on both sides."""

    def row(text):
        return Example("a", text, Label.HOAX, Kind.SOCIAL_POST, "tbh", "contoh", "a")

    places = by_topic([row(LONG), row("vaksin")], [row("hadiah")])
    assert places[Topic.HEALTH].hoaxes == (1,)
    assert places[Topic.FRAUD].others == (0,)
    assert places[Topic.SATIRE].hoaxes == ()
