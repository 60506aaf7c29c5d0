"""Floors under the released encoder on the real tables; the card holds the figures themselves."""

import json

import numpy as np
import pytest

from data.sources.claims import examples
from data.sources.tables import data_folder
from data.split import split
from eval.slices import slices_of
from models.artifact import RELEASED, read_manifest, released
from models.measures import auc
from training.encoder_recipe import read_encoder_recipe

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def recorded():
    """What the released manifest says."""
    return read_manifest(RELEASED / "encoder")


@pytest.fixture(scope="module")
def found():
    """Probabilities of later posts and of criticism from a source never met."""
    slices = slices_of(split(examples(data_folder())))
    scorer = released("encoder")
    return {
        name: scorer.probabilities([row.text for row in rows])
        for name, rows in (("posts", slices.hoax_posts), ("criticism", slices.unseen_criticism))
    }


def test_the_manifest_holds_the_recipe_that_ships(recorded):
    """The recipe in the repository is the one that made the weights."""
    assert recorded.recipe == json.loads(json.dumps(read_encoder_recipe("encoder").as_dict()))


def test_the_manifest_holds_the_figures_of_the_weights_beside_it(recorded, found):
    """What the card says of posts and of criticism is what the weights do."""
    look = recorded.thresholds["look"]
    assert np.mean(found["posts"] >= look) == pytest.approx(recorded.metrics["posts.look"], abs=0.005)
    assert np.mean(found["criticism"] >= look) == pytest.approx(recorded.metrics["unseen_criticism.look"], abs=0.005)
    ranked = auc(found["posts"], found["criticism"])
    assert ranked == pytest.approx(recorded.metrics["posts_vs_unseen_criticism.auc"], abs=0.005)


def test_criticism_of_an_unseen_source_is_rarely_flagged(recorded):
    """At most 5.5 % of criticism of a source never met reaches `look`, and at most 2.5 % of other outlets' news."""
    assert recorded.metrics["unseen_criticism.look"] <= 0.055
    assert recorded.metrics["news.look"] <= 0.025


def test_the_encoder_earns_its_place(recorded):
    """Posts stand above news and above unseen opinion more often than by the linear twin, by more than its interval."""
    twin = read_manifest(RELEASED / "linear").metrics
    assert recorded.metrics["posts_vs_news.auc"] > twin["posts_vs_news.auc"] + 0.05
    assert recorded.metrics["posts_vs_unseen_opinion.auc"] > twin["twin.posts_vs_unseen_opinion.auc"] + 0.03
