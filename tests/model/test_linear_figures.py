"""Floors under the released linear model on the real tables; the card holds the figures themselves.

Those against unseen opinion are its twin's, which the manifest records: the released weights learned it.
"""

import json
import re

import pytest

from data.corpus import dealt
from data.sources.tables import data_folder
from data.split import Part
from eval.run import measure
from eval.slices import UNSEEN_CRITICISM, UNSEEN_OPINION
from models.artifact import RELEASED, read_manifest, released
from tests.model.test_linear_behaviour import faithfulness
from training.recipe import read_recipe
from training.release import TWIN, headline

pytestmark = pytest.mark.data
WITH_COLLECTIONS = re.compile(r".*never_met|topic_|ece\b")  # figures that public collections are part of


@pytest.fixture(scope="module")
def divided():
    """The real tables, by the protocol."""
    return dealt(data_folder())


@pytest.fixture(scope="module")
def report(divided):
    """Every figure of the released model."""
    return measure(RELEASED / "linear", divided, baselines=False)


@pytest.fixture(scope="module")
def recorded():
    """The figures in the released manifest."""
    return read_manifest(RELEASED / "linear").metrics


def test_the_manifest_holds_the_figures_of_the_weights_beside_it(report, recorded, divided):
    """What the card says of these weights is what they do, on the same tables and collections.

    Where the collections were not fetched, what they are part of is not compared.
    """
    own = {name: value for name, value in recorded.items() if not name.startswith(TWIN)}
    if not divided[Part.NEVER_MET]:
        own = {name: value for name, value in own.items() if not WITH_COLLECTIONS.match(name)}
    found = headline(report)
    assert {name: found[name] for name in own} == pytest.approx(own, abs=2e-3)


def test_the_manifest_holds_the_recipe_that_ships():
    """The recipe in the repository is the one that made the weights."""
    recipe = read_manifest(RELEASED / "linear").recipe
    assert recipe == json.loads(json.dumps(read_recipe("linear").as_dict()))


def test_weights_that_learned_the_unseen_opinions_are_not_measured_on_them(report):
    """No slice of the report holds an opinion that the released weights trained on."""
    assert report.learned_unseen == ("hs",)
    assert not {UNSEEN_OPINION, UNSEEN_CRITICISM} & report.flagged.keys()


def test_criticism_of_an_unseen_source_is_rarely_flagged(recorded):
    """At most 5 % of criticism, and 4 % of all opinion, of a source never met reaches the twin's `look`."""
    assert recorded[f"{TWIN}unseen_criticism.look"] <= 0.05
    assert recorded[f"{TWIN}unseen_opinion.look"] <= 0.04


def test_criticism_of_policies_never_met_is_hardly_flagged(recorded):
    """At most 1 % of what citizens wrote of policies that these weights never met reaches `look`."""
    assert recorded["criticism_of_policies_never_met.look"] <= 0.01
    assert recorded["opinion_on_policies_never_met.look"] <= 0.01


def test_news_of_later_months_is_rarely_flagged(report):
    """At most 4 % of later news of other outlets reaches `look`."""
    assert report.flagged["news"].value <= 0.04


def test_a_quarter_of_later_posts_and_a_third_of_titles_are_found(report):
    """Recall at `look` on posts and titles of later months does not fall below its floor."""
    assert report.flagged["posts"].value >= 0.23
    assert report.flagged["titles"].value >= 0.34


def test_few_later_hoaxes_are_cleared(report):
    """At most 15 % of later hoax posts are called clear."""
    assert report.cleared["posts"].value <= 0.15


def test_probabilities_are_honest_on_later_months(report):
    """Calibration error falls under 0.05 on months and opinions that calibration never saw."""
    assert report.ece_after < 0.05 < report.ece_before


def test_reasons_are_faithful_on_later_posts(divided):
    """Removing the named words moves the logit three times as far as removing as many random ones."""
    texts = [row.text for row in divided[Part.TEST] if row.id.endswith("#post")]
    assert faithfulness(released("linear"), texts) >= 3
