"""How a claim spreads, in figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.desk.incoming import trends
from serving.desk.incoming.trends import MANKIND, Engagement, quarter_of, reach_of, series, trend

NOW = datetime(2026, 3, 2, 3, 14, 59, tzinfo=UTC)
counts = st.integers(min_value=0, max_value=10**12)
spreads = st.dictionaries(
    st.integers(min_value=quarter_of(NOW) - 400, max_value=quarter_of(NOW) + 2), st.integers(0, 10**9), max_size=30
)


def _steady(per_quarter, hours):
    return {quarter_of(NOW) - i: per_quarter for i in range(hours * 4)}


def test_a_steady_stream_reads_its_own_rate():
    """Five posts each quarter of an hour for two days are twenty an hour on both scales."""
    found = trend(_steady(5, 48), NOW)
    assert found.posts_per_hour == pytest.approx(20, rel=0.1)
    assert found.steady_per_hour == pytest.approx(20, rel=0.1)
    assert abs(found.acceleration) < 0.05


def test_a_burst_is_rising_and_then_fades():
    """What has just begun is rising; hours later nothing but a remainder is left."""
    burst = {quarter_of(NOW): 30}
    assert trend(burst, NOW).is_rising
    later = trend(burst, NOW + timedelta(hours=12))
    assert later.posts_per_hour < 0.01
    assert not later.is_rising


def test_what_is_older_than_the_window_does_not_count():
    """Posts of last year leave a claim still."""
    assert trend({quarter_of(NOW - timedelta(days=365)): 10_000}, NOW) == trends.STILL


def test_a_post_of_a_fast_clock_counts_as_now():
    """A post a few minutes ahead counts like one of this moment, not more."""
    ahead = trend({quarter_of(NOW + timedelta(minutes=15)): 1}, NOW)
    assert ahead.posts_per_hour == pytest.approx(1.0)


@given(spreads)
def test_rates_are_finite_and_never_negative(spread):
    """Any counts give finite rates from 0 and an acceleration from -1 to 1."""
    found = trend(spread, NOW)
    assert 0 <= found.posts_per_hour < float("inf")
    assert -1 <= found.acceleration <= 1


@given(spreads, st.integers(quarter_of(NOW) - 100, quarter_of(NOW)))
def test_another_post_never_lowers_the_rate(spread, quarter):
    """One post more is at least as fast."""
    more = spread | {quarter: spread.get(quarter, 0) + 1}
    assert trend(more, NOW).posts_per_hour >= trend(spread, NOW).posts_per_hour


@given(counts, counts, counts, counts)
def test_reach_is_at_least_one_and_at_most_mankind(likes, shares, comments, views):
    """No counts, however wild, give an impossible reach."""
    assert 1 <= reach_of(Engagement(likes, shares, comments, views)) <= MANKIND


def test_known_views_are_reach_and_reactions_stand_in():
    """Views count as they are; without them reactions are multiplied; fewer views than reactions are not believed."""
    assert reach_of(Engagement(likes=5, views=2_000)) == 2_000
    assert reach_of(Engagement(likes=5, shares=5)) == 10 * trends.VIEWS_PER_REACTION
    assert reach_of(Engagement(likes=50, views=3)) == 50


@given(spreads)
def test_a_sparkline_holds_every_post_of_its_span(spread):
    """The points of a sparkline sum to the posts between its ends."""
    first, last = quarter_of(NOW) - 95, quarter_of(NOW)
    assert sum(series(spread, first, last)) == sum(n for q, n in spread.items() if first <= q <= last)


@given(st.dictionaries(st.integers(1, 9), spreads, max_size=6))
def test_many_claims_are_measured_as_each_by_itself(by_claim):
    """Rates of a whole batch, from rows in any order, are those of one claim after another; no row gives no answer."""
    rows = [(claim, *pair) for claim, spread in by_claim.items() for pair in spread.items()]
    counted = np.array(rows[::-1], np.int64).reshape(-1, 3)
    found = trends.trends_of(counted, NOW)
    assert found.keys() == {claim for claim, spread in by_claim.items() if spread}
    for claim, measured in found.items():
        alone = trend(by_claim[claim], NOW)
        assert measured.posts_per_hour == pytest.approx(alone.posts_per_hour)
        assert measured.steady_per_hour == pytest.approx(alone.steady_per_hour)
