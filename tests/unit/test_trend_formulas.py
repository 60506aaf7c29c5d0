"""The formulas of trends: tails, seasons, bursts with their false alarms, forecasts with their coverage, lives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models import trends
from models.trends import PER_HOUR, WINDOWS, Streams, Typical
from models.trends_tails import beta_share, log_gamma, quantile, tail

WEEK = 96 * 7
TYPICAL = Typical(0.05)
counts = arrays(np.float64, (2, 96), elements=st.integers(0, 10**4).map(float))
some = st.floats(0.01, 1e4)


def daily(n_quarters, swing=0.8):
    """A day with a busy and a quiet half, mean 1."""
    return 1 + swing * np.sin(2 * np.pi * (np.arange(n_quarters) // PER_HOUR) / 24)


def streams(counts, season=None, born=None):
    """Claims that were there all along, on a day without hours, unless told otherwise."""
    array = np.asarray(counts, dtype=np.float64)
    return Streams(
        array,
        np.ones(array.shape[1]) if season is None else season,
        np.full(len(array), -1) if born is None else np.asarray(born),
    )


# ---- tails -------------------------------------------------------------------------------------------------------


def test_tails_agree_with_scipy():
    """The textbook forms are SciPy's numbers, over eight orders of magnitude."""
    special = pytest.importorskip("scipy.special")
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(4)
    x, a, b = rng.random(500), 10 ** rng.uniform(-2, 4, 500), 10 ** rng.uniform(-2, 4, 500)
    assert np.abs(beta_share(x, a, b) - special.betainc(a, b, x)).max() < 1e-9
    assert np.abs(log_gamma(a) - special.gammaln(a)).max() < 1e-9
    shape, share = 10 ** rng.uniform(-1, 3, 200), rng.random(200) * 0.9
    assert (quantile(0.9, shape, share) == stats.nbinom.ppf(0.9, shape, 1 - share)).all()


@given(some, st.floats(0.001, 0.999), st.integers(0, 10_000))
@settings(deadline=None)
def test_more_posts_are_never_likelier(shape, share, count):
    """A tail is a chance, 1 from nothing on, and falls."""
    here, next_one = tail([count, count + 1], shape, share)
    assert 0 <= next_one <= here <= 1
    assert tail(0, shape, share) == 1


@given(some, st.floats(0.001, 0.99), st.floats(0.01, 0.99))
@settings(deadline=None)
def test_a_quantile_is_the_first_that_holds_enough(shape, share, p):
    """P(Y ≤ k) reaches p at k and not before."""
    k = int(quantile(p, shape, share))
    assert 1 - tail(k + 1, shape, share) >= p - 1e-9
    assert k == 0 or 1 - tail(k, shape, share) < p + 1e-9


# ---- what is usual -----------------------------------------------------------------------------------------------


def test_a_desk_that_knows_nothing_has_no_season():
    """Without a post every hour is like every other; with a few they barely differ."""
    assert trends.season([], 0).tolist() == [1.0] * 168
    assert trends.season([0] * 24, 5).tolist() == [1.0] * 168
    assert np.ptp(trends.season([3, 0, 1] * 8, 0)) < 0.2


def test_a_season_is_found_in_what_was_posted():
    """Four weeks with a busy hour give that hour its factor, wherever the weeks begin."""
    truth = daily(4 * 168 * PER_HOUR)[::PER_HOUR]
    posts = np.random.default_rng(1).poisson(400 * truth)
    found = trends.season(np.roll(posts, -7)[: 4 * 168], 7)
    assert np.abs(found / truth[:168] - 1).max() < 0.15


@given(st.lists(st.integers(0, 10**9), max_size=400), st.integers(0, 10**6))
def test_a_season_is_bounded_and_averages_one(posts, first):
    """No history, however wild, makes an hour count for nothing or for everything."""
    found = trends.season(posts, first)
    assert found.mean() == pytest.approx(1)
    assert found.min() > 0
    assert found.max() < 30


# ---- bursts ------------------------------------------------------------------------------------------------------


def false_alarms(counts, season, a_day, days):
    """Alarms a day over all claims, looked for at the end of each quarter of the last ``days``; the first 1 week warm."""
    below, n = trends.alpha(len(counts), a_day), 0
    for end in range(counts.shape[1] - 96 * days, counts.shape[1]):
        first = end - WEEK + 1
        seen = Streams(counts[:, first : end + 1], season[first : end + 1], np.full(len(counts), -1))
        n += int(trends.bursts(seen, TYPICAL, below).alarm.sum())
    return n / days


@pytest.mark.parametrize(
    "kind",
    ["steady claims of the typical kind", "steady claims fast and slow", "claims whose rate swings"],
)
def test_no_more_false_alarms_than_the_budget(kind):
    """Streams in which nothing happens raise at most the stated number of alarms a day, day and night."""
    rng = np.random.default_rng(7)
    n, days, budget = 150, 1, 40.0
    season = daily(WEEK + 96 * days)
    typical = kind == "steady claims of the typical kind"
    rates = rng.gamma(TYPICAL.shape, 1 / 4, n) if typical else np.exp(rng.normal(-2, 1.5, n))
    means = rates[:, None] * season
    if kind == "claims whose rate swings":
        means = means * rng.gamma(1.0, 1.0, means.shape)
    found = false_alarms(rng.poisson(means).astype(float), season, budget, days)
    # 40 are allowed; by chance a day of 40 has more than 60 once in 800.
    assert found <= budget + 3 * budget**0.5
    assert found > 0, "a test that nothing can fail shows nothing"


def test_at_the_desks_budget_quiet_streams_stay_quiet():
    """One alarm a day is allowed for all claims together, however many are watched."""
    assert trends.alpha(1_000) == pytest.approx(1 / (1_000 * 96 * len(WINDOWS)))
    assert trends.alpha(0) == trends.alpha(1)


def test_a_real_burst_is_seen_within_a_quarter():
    """A claim with a post every two hours that gets fifteen in a quarter of an hour bursts; one more does not."""
    quiet = np.zeros((1, WEEK))
    quiet[0, ::8] = 1
    below = trends.alpha(1_000)
    for added, alarm in ((15, True), (1, False)):
        seen = quiet.copy()
        seen[0, -1] += added
        assert bool(trends.bursts(streams(seen), TYPICAL, below).alarm[0]) is alarm


def test_a_new_claim_bursts_by_what_is_typical():
    """The post that made it is no evidence; twelve more within the quarter are."""
    seen = np.zeros((2, WEEK))
    seen[:, -1] = (1, 13)
    found = trends.bursts(streams(seen, born=[WEEK - 1, WEEK - 1]), TYPICAL, trends.alpha(1_000))
    assert found.alarm.tolist() == [False, True]
    assert found.came[0].tolist() == [0, 0, 0]


# Per cent of steady claims that burst at an age in hours, by their posts an hour; the table of docs/trends.md.
YOUNG = {
    3: {4: 0, 6: 0, 8: 0, 12: 0, 16: 0, 24: 0},
    30: {4: 100, 6: 7, 8: 1, 12: 0, 16: 0, 24: 0},
    300: {4: 100, 6: 100, 8: 92, 12: 21, 16: 4, 24: 0},
}


@pytest.mark.parametrize("per_hour", YOUNG)
def test_how_long_a_claim_that_was_born_fast_keeps_bursting(per_hour):
    """Nothing changes in these claims; what they are measured against is the typical claim until they have a past."""
    rng, n = np.random.default_rng(7), 1_000
    for age_h, share in YOUNG[per_hour].items():
        seen, born = np.zeros((n, WEEK)), WEEK - age_h * PER_HOUR
        seen[:, born:] = rng.poisson(per_hour / PER_HOUR, (n, age_h * PER_HOUR))
        seen[:, born] += 1
        found = trends.bursts(streams(seen, born=[born] * n), TYPICAL, trends.alpha(150))
        # The share of a thousand varies by 1.6 of a hundred at most (one standard error).
        assert 100 * found.alarm.mean() == pytest.approx(share, abs=4)


def test_a_burst_names_the_window_that_shows_it():
    """A wave that ended an hour ago shows in four hours, a sudden quarter in a quarter; what is quiet has none."""
    seen = np.ones((3, WEEK))
    seen[0, -16:-4] = 12
    seen[1, -1] = 30
    found = trends.bursts(streams(seen), TYPICAL, trends.alpha(150))
    wave, sudden, quiet = (found.surge(row) for row in range(3))
    assert (wave.quarters, wave.n_posts) == (16, 12 * 12 + 4)
    assert wave.expected == pytest.approx(16, rel=0.1)
    assert (sudden.quarters, sudden.n_posts) == (1, 30)
    assert quiet is None


def test_the_busy_hour_is_no_burst():
    """What everybody writes at noon is expected at noon, and unusual at night."""
    season = daily(WEEK, swing=0.9)
    steady = np.round(20 * season)[None, :]
    at_noon, at_night = steady.copy(), steady.copy()
    assert trends.bursts(streams(at_noon, season), TYPICAL, 1e-3).alarm.tolist() == [False]
    at_night[0, -4:] = 40 * season.max()
    assert trends.bursts(streams(at_night, season), TYPICAL, 1e-3).alarm.tolist() == [True]


@given(counts, st.integers(1, 1_000))
@settings(deadline=None, max_examples=25)
def test_another_post_never_makes_a_window_less_remarkable(seen, more):
    """With more posts now, the chance of so many is never larger."""
    raised = seen.copy()
    raised[:, -1] += more
    before, after = (trends.bursts(streams(each), TYPICAL, 1e-6).chance for each in (seen, raised))
    assert (after <= before + 1e-9).all()


@given(counts)
@settings(deadline=None, max_examples=15)
def test_figures_are_finite_for_any_counts(seen):
    """However wild the counts, chances are chances, and speed, acceleration and forecast are numbers."""
    found = trends.bursts(streams(seen), TYPICAL, 1e-6)
    assert ((found.chance >= 0) & (found.chance <= 1)).all()
    assert np.isfinite(trends.times_usual(found.came, found.expected)).all()
    assert np.isfinite(trends.acceleration(streams(seen))).all()
    told = trends.forecast(streams(seen), TYPICAL, np.full(3, 4.0))
    assert np.isfinite(told.mean).all()
    assert (told.low <= told.high).all()
    assert (told.total_low <= told.total_high).all()


# ---- speed -------------------------------------------------------------------------------------------------------


def test_acceleration_is_in_doublings_and_takes_the_hour_out():
    """Twice as fast is about 1, steady about 0, also while the day itself quickens."""
    season = daily(96)
    flat = np.full((1, 96), 50.0)
    twice = flat.copy()
    twice[0, -4:] *= 2
    assert trends.acceleration(streams(flat))[0] == pytest.approx(0, abs=0.02)
    assert trends.acceleration(streams(twice))[0] == pytest.approx(1, abs=0.02)
    assert trends.acceleration(streams(50 * season[None, :], season))[0] == pytest.approx(0, abs=0.05)


def test_windows_hold_what_came():
    """The sums are those of the last quarter, hour and four hours."""
    seen = np.arange(32)[None, :]
    assert trends.window_sums(seen).tolist() == [[31, 28 + 29 + 30 + 31, sum(range(16, 32))]]


# ---- forecast ----------------------------------------------------------------------------------------------------


def stream_of(kind, n=200, past=96 * 3, ahead=24):
    """Simulated claims of one kind, with the hours that came after."""
    rng = np.random.default_rng(11)
    season = daily(past + ahead)
    at = np.arange(past + ahead)
    rate = np.exp(rng.normal(-1.5, 1.2, n))[:, None]
    if kind == "a burst that fades":
        age = at - rng.integers(past - 120, past - 2, n)[:, None]
        rate = np.where(
            age >= 0, np.exp(rng.normal(2, 1, n))[:, None] * 0.5 ** (age / rng.uniform(6, 48, n)[:, None]), 0
        )
        rate = rate + 0.01
    if kind == "a wandering rate":
        rate = rate * np.exp(np.cumsum(rng.normal(0, 0.08, (n, past + ahead)), axis=1))
    seen = rng.poisson(rate * season).astype(float)
    seen = seen[seen[:, : past - ahead].any(axis=1)]
    return seen, season, np.array([np.flatnonzero(row)[0] for row in seen])


@pytest.mark.parametrize("kind", ["a steady rate", "a burst that fades", "a wandering rate"])
def test_forecasts_hold_what_comes_about_as_often_as_they_say(kind):
    """Of simulated claims the 80 % interval of six hours holds 70 to 95 %, and scores better than 'as before'."""
    past, ahead = 96 * 3, 24
    seen, season, born = stream_of(kind)
    known = Streams(seen[:, :past], season[:past], born)
    told = trends.forecast(known, TYPICAL, season[past:].reshape(6, PER_HOUR).sum(axis=1))
    came, before = seen[:, past:].sum(axis=1), seen[:, past - ahead : past].sum(axis=1)
    inside = ((told.total_low <= came) & (came <= told.total_high)).mean()
    assert 0.7 <= inside <= 0.95
    naive = 1.2816 * np.sqrt(before)
    ours = trends.interval_score(told.total_low, told.total_high, came).mean()
    assert ours < 0.7 * trends.interval_score(np.maximum(before - naive, 0), before + naive, came).mean()


def test_a_quiet_claim_is_told_to_stay_quiet():
    """After a burst long ago nothing much is expected."""
    seen = np.zeros((1, WEEK))
    seen[0, :4] = 500
    told = trends.forecast(streams(seen), TYPICAL, np.full(6, 4.0))
    assert told.total_high[0] <= 1


def test_looking_back_counts_what_the_forecast_held():
    """A steady stream is held; a claim younger than the span is not asked."""
    steady = np.full((3, WEEK), 5.0)
    assert trends.look_back(streams(steady, born=[-1, -1, WEEK - 2]), TYPICAL, 6) == trends.Scored(2, 2)
    steady[:, -20:] = 500
    assert trends.look_back(streams(steady), TYPICAL, 6) == trends.Scored(3, 0)


def test_an_interval_pays_for_its_width_and_for_what_it_missed():
    """Winkler's score: width, and ten times the distance at 80 %."""
    assert trends.interval_score([1, 1], [3, 3], [2, 5]).tolist() == pytest.approx([2, 2 + 10 * 2])


# ---- a life ------------------------------------------------------------------------------------------------------


def test_a_life_has_its_height_and_its_half_life():
    """A claim that halves each two hours is told so; one at its height has not slowed."""
    ages = np.arange(48)
    fading = np.concatenate([np.zeros(16), np.full(4, 1_024.0), 1_024 * 0.5 ** ((ages // 4 + 1) / 2)])[None, :]
    found = trends.lives(fading)
    assert found.peak[0] == 19
    assert found.peak_posts[0] == 4_096
    assert found.half_life_h[0] == pytest.approx(2, rel=0.01)
    rising = trends.lives(np.arange(20, dtype=float)[None, :])
    assert rising.peak[0] == 19
    assert np.isnan(rising.half_life_h[0])
