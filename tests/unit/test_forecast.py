"""How often a campaign would be seen: honest without a past, and an interval that holds as often as it says."""

from __future__ import annotations

import random

import pytest

from serving.db.forecasts import Past
from serving.desk.outreach.forecast import LEVEL, PAST_MIN, expected_of, shares


def past(posted=500, views=100, n_reported=10, n_asked=20):
    """One campaign of 1,000 followers asked, whose reporters have as many followers as those who posted."""
    return Past(n_asked, 1_000, posted, n_reported, posted, views)


def test_a_share_is_what_was_posted_times_what_was_seen_of_it():
    """Half of the followers, of whose posts a fifth was seen: a tenth."""
    assert shares([past()], 10) == [pytest.approx(0.1)]


def test_a_campaign_of_which_nobody_posted_counts_as_none():
    """Leaving it out would make the expectation too high."""
    assert shares([past(), past(posted=0, views=0, n_reported=0)], 10) == [pytest.approx(0.1), 0.0]


def test_where_few_reported_all_campaigns_together_say_how_much_was_seen():
    """Nobody's own report stands alone in a figure."""
    loud = past(views=500, n_reported=3)
    assert shares([past(), loud], 10) == [pytest.approx(0.1), pytest.approx(0.5 * 600 / 1_000)]


@pytest.mark.parametrize("found", [[], [past(n_asked=9)], [past(n_reported=9)]], ids=["none", "small", "unreported"])
def test_without_a_past_nothing_is_said(found):
    """No campaign, none large enough, or too few reports: no share."""
    assert shares(found, 10) == []
    assert expected_of(10_000, shares(found, 10)) is None


def test_eight_campaigns_bound_nothing_and_nine_do():
    """Nine is the least at which the lowest and the highest leave out one case in ten on either side."""
    eight = [0.01 * n for n in range(1, PAST_MIN)]
    assert expected_of(10_000, eight) is None
    found = expected_of(10_000, [*eight, 0.09])
    assert (found.views, found.low, found.high, found.n_past) == (500, 100, 900, 9)


def test_a_figure_has_two_digits():
    """More would claim what is not known."""
    assert expected_of(123_456, [0.0999] * 9).views == 12_000
    assert expected_of(3, [0.5] * 9).high == 2


@pytest.mark.parametrize("n_past", [9, 14, 30])
def test_the_interval_holds_as_often_as_it_says(n_past):
    """Of 3,000 draws the next campaign falls inside at least as often as the level says, less what chance explains."""
    draw = random.Random(20261123)
    held = 0
    for _ in range(3_000):
        *seen, following = (draw.lognormvariate(-3, 0.8) for _ in range(n_past + 1))
        found = expected_of(10**9, seen)
        held += found.low * 0.95 <= following * 10**9 <= found.high * 1.05
    assert held / 3_000 >= LEVEL - 0.02
