"""What the audit says of the real tables, and that they build the dataset that the documents name."""

import pytest

from data import dataset
from data.corpus import corpus
from data.sources.tables import data_folder
from data.split import Part, split
from eval.audit import CLEANED_STYLE, STYLE_ONLY, leak_report
from eval.slices import Topic, by_topic, slices_of

pytestmark = [pytest.mark.data, pytest.mark.soak]  # boosted trees for every pair: minutes


@pytest.fixture(scope="module")
def divided():
    """The real tables, by the protocol."""
    return split(corpus(data_folder()))


@pytest.fixture(scope="module")
def report(divided):
    """The audit of the real tables."""
    return leak_report(divided)


def auc(report, system, positives, negatives):
    """One figure of the report."""
    (found,) = [
        one for one in report.traps if (one.system, one.positives, one.negatives) == (system, positives, negatives)
    ]
    return found.auc.value


def test_the_real_tables_pass(report):
    """Nothing found stops training, so a failure later means that the data changed."""
    assert [check.sentence for check in report.audit.failures] == []


def test_typing_gives_later_posts_away_until_it_is_cleaned(report):
    """The trap of the data card is there, and the cleaning takes all but the length of it."""
    assert auc(report, STYLE_ONLY, "posts", "news") > 0.95
    assert auc(report, CLEANED_STYLE, "posts", "unseen criticism") < 0.6
    assert auc(report, "cleaned style without length", "posts", "news") < 0.6


def test_the_source_is_the_label(report):
    """No source but three gives both sides, which every screen must say."""
    assert report.label_from_source > 0.98


def test_the_dataset_holds_the_rows_that_the_documents_name(divided):
    """Parts and fingerprint of the tables as they were audited."""
    record = dataset.record_of(divided)
    assert {name: part["n"] for name, part in record["parts"].items()} == {
        "train": 57_627,
        "tune": 6_879,
        "test": 18_583,
        "unseen_opinion": 12_747,
    }
    assert record["fingerprint"] == "9afaef4dd966f9aea503c62bfe8dda0463f295dd4b1f0a47c6f6905313333b7b"


def test_every_topic_but_satire_has_rows_enough(divided):
    """Satire has too few later hoaxes for a figure, and the report shows n alone."""
    slices = slices_of(divided)
    places = by_topic([*slices.hoax_posts, *slices.hoax_titles], [*slices.news, *slices.unseen_opinions])
    n_hoaxes = {topic: len(rows.hoaxes) for topic, rows in places.items()}
    assert n_hoaxes.pop(Topic.SATIRE) < 20
    assert all(n >= 50 for n in n_hoaxes.values()), n_hoaxes
    assert len(divided[Part.UNSEEN_OPINION]) == 12_747
