"""Floors under the released encoder on the real tables; the card holds the figures themselves."""

import json

import numpy as np
import pytest

from data.sources.claims import examples
from data.sources.tables import data_folder
from data.split import Part, split
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
def found(recorded):
    """Probabilities of later posts, of other outlets' news and of the tweets of a source that never trained."""
    divided = split(examples(data_folder()))
    slices = slices_of(divided)
    held_out = [row for part in (Part.TRAIN, Part.TUNE, Part.TEST) for row in divided[part] if row.source == "emot"]
    scorer = released("encoder")
    assert "emot" in recorded.recipe["held_out"]
    named = {"posts": slices.hoax_posts, "news": slices.news, "emot": held_out}
    return {name: scorer.probabilities([row.text for row in rows]) for name, rows in named.items()}


def test_the_manifest_holds_the_recipe_that_ships(recorded):
    """The recipe in the repository is the one that made the weights."""
    assert recorded.recipe == json.loads(json.dumps(read_encoder_recipe("encoder").as_dict()))


def test_the_manifest_holds_the_figures_of_the_weights_beside_it(recorded, found):
    """What the card says of posts and of news is what the weights do."""
    look = recorded.thresholds["look"]
    for name in ("posts", "news"):
        assert np.mean(found[name] >= look) == pytest.approx(recorded.metrics[f"{name}.look"], abs=0.005)
    ranked = auc(found["posts"], found["news"])
    assert ranked == pytest.approx(recorded.metrics["posts_vs_news.auc"], abs=0.005)


def test_opinion_of_a_source_that_never_trained_is_rarely_flagged(recorded, found):
    """At most 1 % of the tweets that set the bands reaches `look`, and posts stand above them."""
    assert np.mean(found["emot"] >= recorded.thresholds["look"]) <= 0.01
    assert auc(found["posts"], found["emot"]) >= 0.93


def test_criticism_of_an_unseen_source_is_rarely_flagged(recorded):
    """At most 3 % of criticism that the twin never met reaches its `look`, and at most 1.5 % of other outlets' news."""
    assert recorded.metrics["twin.unseen_criticism.look"] <= 0.03
    assert recorded.metrics["news.look"] <= 0.015
    assert recorded.thresholds["look"] >= recorded.metrics["twin.threshold.look"]


def test_criticism_of_policies_never_met_is_hardly_flagged(recorded):
    """At most 1 % of what citizens wrote of policies that these weights never met reaches `look`; posts stand above."""
    assert recorded.metrics["criticism_of_policies_never_met.look"] <= 0.01
    assert recorded.metrics["posts_vs_criticism_of_policies_never_met.auc"] >= 0.9


def test_the_encoder_earns_its_place(recorded):
    """Posts stand above news and above unseen opinion more often than by the linear twin, by more than its interval."""
    twin = read_manifest(RELEASED / "linear").metrics
    assert recorded.metrics["posts_vs_news.auc"] > twin["posts_vs_news.auc"] + 0.05
    assert recorded.metrics["twin.posts_vs_unseen_opinion.auc"] > twin["twin.posts_vs_unseen_opinion.auc"] + 0.03
