"""Figures that agree with their definitions."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from eval.metrics import recall_at, share, with_interval
from models.measures import auc


def drawn():
    """Scores of positives and negatives, with ties."""
    rng = np.random.default_rng(3)
    return rng.normal(1, 1, 300).round(1), rng.normal(0, 1, 500).round(1)


def test_auc_agrees_with_scikit_learn_ties_included():
    """The area is the one that scikit-learn computes."""
    positives, negatives = drawn()
    truth = np.r_[np.ones(positives.size), np.zeros(negatives.size)]
    assert auc(positives, negatives) == pytest.approx(roc_auc_score(truth, np.r_[positives, negatives]))


def test_recall_is_read_where_the_rate_is_kept():
    """At 5 % no more than 5 % of the negatives lie above the threshold."""
    positives, negatives = np.linspace(0, 1, 101), np.linspace(0, 0.9, 100)
    recall = recall_at(0.05)(positives, negatives)
    assert 0.1 < recall < 0.16


def test_an_interval_holds_its_value_and_counts_its_rows():
    """The bootstrap interval lies around the figure."""
    positives, negatives = drawn()
    figure = with_interval(auc, positives, negatives)
    assert figure.low < figure.value < figure.high
    assert figure.n == 300


def test_a_share_of_none_has_an_interval_above_zero():
    """Wilson's interval does not claim certainty from 0 of 50."""
    figure = share(np.zeros(50, dtype=bool))
    assert (figure.value, figure.low) == (0.0, 0.0)
    assert 0.05 < figure.high < 0.1
