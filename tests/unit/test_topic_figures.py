"""`suluh eval` shows each topic with n, and no figure where rows are too few."""

from datetime import date

import numpy as np
import pytest

from data.schema import Example, Kind, Label
from data.split import split
from eval.report import as_markdown
from eval.run import evaluate
from eval.slices import Topic
from models.score import Thresholds

LATER = date(2025, 7, 1)
PLACES = ("pasar", "taman", "pantai", "sekolah", "jembatan")


class PromisesMoney:
    """A scorer of one rule: a text that promises a prize is alike to hoaxes, all others are not."""

    version = "satu-aturan"
    thresholds = Thresholds(look=0.5, clear=0.2)

    def probabilities(self, texts):
        """0.9 or 0.1."""
        return np.array([0.9 if "hadiah" in text else 0.1 for text in texts])


def rows(n, wording, kind, label, source, *, day=LATER, publisher="contoh"):
    """`n` different invented texts of at least eight words."""
    return [
        Example(
            f"{source}-{kind}{label}{i}",
            wording.format(f"kata warga {PLACES[i % 5]} contoh nomor {i} kepada tetangga"),
            label,
            kind,
            source,
            publisher,
            f"{source}{kind}{label}{i}",
            day,
        )
        for i in range(n)
    ]


@pytest.fixture(scope="module")
def report():
    """Thirty prize hoaxes and five cures, against news and unseen opinions of which three speak of prizes."""
    return evaluate(
        PromisesMoney(),
        split(
            [
                *rows(30, "ada hadiah besar menanti {}", Kind.CIRCULATED_POST, Label.HOAX, "tbh"),
                *rows(5, "ramuan ini menyembuhkan segalanya {}", Kind.FACTCHECK_TITLE, Label.HOAX, "tbh"),
                *rows(
                    40,
                    "lomba berakhir sore ini {}",
                    Kind.NEWS_HEADLINE,
                    Label.NOT_HOAX,
                    "news",
                    publisher="okezone.com",
                ),
                *rows(30, "undian sore ini sepi {}", Kind.SOCIAL_POST, Label.OPINION, "hs", day=None),
            ]
        ),
        baselines=False,
    )


def figures(report, topic):
    """The figures of one topic."""
    (found,) = [row for row in report.topics if row.topic is topic]
    return found


def test_every_topic_has_its_row(report):
    """Seven topics, in their order, whatever n is."""
    assert [row.topic for row in report.topics] == list(Topic)


def test_a_topic_says_what_was_found_and_what_was_flagged(report):
    """Hoaxes that reach `look`, others that do, and how the two are ranked."""
    fraud = figures(report, Topic.FRAUD)
    assert (fraud.n_hoaxes, fraud.n_others) == (30, 30)
    assert (fraud.found.value, fraud.flagged.value, fraud.auc.value) == (1.0, 0.0, 1.0)


def test_too_few_rows_give_no_figure(report):
    """Five hoaxes about health are counted and not measured."""
    health = figures(report, Topic.HEALTH)
    assert (health.n_hoaxes, health.n_others) == (5, 0)
    assert (health.found, health.flagged, health.auc) == (None, None, None)


def test_the_table_shows_n_and_a_dash(report):
    """A reader sees that there is no figure, not a zero."""
    lines = {line.split("|")[1].strip(): line for line in as_markdown(report).splitlines() if line.startswith("| ")}
    assert lines["health"] == "| health | 5 | – | 0 | – | – |"
    assert lines["fraud"].startswith("| fraud | 30 | 100.0% [")
