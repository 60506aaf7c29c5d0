"""The gate before a promotion, on figures alone."""

from __future__ import annotations

import pytest

from models.artifact import RELEASED, read_manifest
from serving.desk.learning.models_gate import GateLimits, check_figures, direction, figures_of, shortfalls

CHAMPION = {
    "posts_vs_news.auc": 0.80,
    "posts.look": 0.40,
    "news.look": 0.03,
    "ece": 0.02,
    "unseen_criticism.look": 0.008,
    "threshold.look": 0.5,
    "posts.look.n": 700.0,
}


def _interval(name, value, low, high):
    return {name: value, f"{name}.low": low, f"{name}.high": high}


def _refused(candidate, champion=CHAMPION, **limits):
    return [found.slice for found in shortfalls(CHAMPION | candidate, champion, GateLimits(**limits))]


def test_equal_figures_pass():
    """A candidate that is exactly as good is no worse."""
    assert _refused({}) == []


@pytest.mark.parametrize(
    ("name", "worse", "better"),
    [
        ("posts_vs_news.auc", 0.79, 0.9),
        ("posts.look", 0.39, 0.5),
        ("news.look", 0.031, 0.01),
        ("ece", 0.03, 0.01),
        ("unseen_criticism.look", 0.009, 0.001),
    ],
)
def test_each_slice_has_its_good_side(name, worse, better):
    """Found hoaxes and ranking count upwards; false flags and calibration error downwards."""
    assert _refused({name: worse}) == [name]
    assert _refused({name: better}) == []


def test_worse_within_the_interval_passes_and_beyond_it_does_not():
    """The champion's value inside the candidate's interval is no proof of anything; outside it is."""
    assert _refused(_interval("posts_vs_news.auc", 0.78, 0.75, 0.81)) == []
    assert _refused(_interval("posts_vs_news.auc", 0.76, 0.73, 0.79)) == ["posts_vs_news.auc"]
    assert _refused(_interval("news.look", 0.04, 0.029, 0.05)) == []
    assert _refused(_interval("news.look", 0.05, 0.04, 0.06)) == ["news.look"]


def test_an_interval_that_says_nothing_excuses_nothing():
    """A value of 0.01 "up to 1" is taken as 0.01, on either side."""
    assert _refused(_interval("posts_vs_news.auc", 0.01, 0.01, 1.0)) == ["posts_vs_news.auc"]
    assert _refused(_interval("news.look", 0.9, 0.0, 0.9)) == ["news.look"]


@pytest.mark.parametrize(
    "stated",
    [
        {"posts.look": float("nan")},
        {"posts.look": 1.5},
        {"posts.look": -0.1},
        {"posts.look": "0.4"},
        {"posts.look": True},
        {"posts.look": int("9" * 400)},
        {"posts.look": 0.4, "posts.look.low": "abc", "posts.look.high": 0.5},
        _interval("posts.look", 0.4, 0.45, 0.5),
        _interval("posts.look", 0.4, 0.3, 0.39),
        _interval("twin.unseen_opinion.look", 0.4, 0.3, float("inf")),
        {"posts.look": 0.4, "posts.look.high": 0.5},
    ],
)
def test_a_figure_that_cannot_be_one_is_refused(stated):
    """Figures are shares, and stand inside their own intervals."""
    with pytest.raises(ValueError, match=r"\.look"):
        check_figures(stated)


@pytest.mark.parametrize("name", ["linear", "encoder"])
def test_released_figures_are_figures(name):
    """What ships passes, and so do counts and thresholds, which are no figures."""
    check_figures(read_manifest(RELEASED / name).metrics)
    check_figures(CHAMPION | _interval("posts.look", 0.4, 0.4, 0.4) | {"int8.largest_logit": 1.5})


def test_what_was_not_measured_is_refused():
    """A slice that the champion was measured on and the candidate was not could hide anything."""
    candidate = {name: value for name, value in CHAMPION.items() if name != "news.look"}
    [found] = shortfalls(candidate, CHAMPION)
    assert (found.slice, found.candidate) == ("news.look", None)


def test_criticism_is_held_to_the_budget_by_value():
    """Over one in a hundred is refused whatever the interval says, and so is a candidate never measured on it."""
    wide = _interval("unseen_criticism.look", 0.011, 0.001, 0.03)
    assert _refused(wide) == ["unseen_criticism.look"]
    assert _refused(wide, criticism_budget=0.02) == []
    bare = {"posts.look": 0.4}
    assert [found.slice for found in shortfalls(bare, bare)] == ["unseen_criticism.look"]


def test_criticism_of_new_policies_is_held_to_it_where_it_was_measured():
    """A champion that was never measured on it lets no candidate through that flags too much of it."""
    name = "criticism_of_policies_never_met.look"
    assert _refused({name: 0.009}) == []
    assert _refused({name: 0.011}) == [name]
    measured = CHAMPION | {name: 0.004}
    assert [found.slice for found in shortfalls(CHAMPION, measured)] == [name]


def test_above_the_budget_it_can_only_get_better():
    """A champion that flags more than the budget gives way to one that flags no more than it does."""
    champion = CHAMPION | {"unseen_criticism.look": 0.06}
    assert _refused({"unseen_criticism.look": 0.05}, champion) == []
    assert _refused(_interval("unseen_criticism.look", 0.061, 0.05, 0.07), champion) == ["unseen_criticism.look"]


def test_the_twin_speaks_only_of_what_the_weights_have_met():
    """Its figures on unseen opinions stand for the weights'; its others are its own and are left out."""
    found = figures_of(
        {"posts.look": 0.4, "twin.posts.look": 0.5, "twin.unseen_criticism.look": 0.06}
        | _interval("twin.unseen_opinion.look", 0.04, 0.03, 0.05)
    )
    assert set(found) == {"posts.look", "unseen_criticism.look", "unseen_opinion.look"}
    assert (found["unseen_opinion.look"].low, found["unseen_opinion.look"].high) == (0.03, 0.05)


def test_thresholds_and_counts_are_no_figures():
    """Where a band begins is neither good nor bad."""
    assert direction("threshold.look") == direction("twin.threshold.clear") == 0
    assert set(figures_of(CHAMPION)) == set(CHAMPION) - {"threshold.look", "posts.look.n"}


def test_the_released_model_passes_against_itself():
    """The gate reads the manifest that ships."""
    metrics = read_manifest(RELEASED / "linear").metrics
    assert shortfalls(metrics, metrics) == ()
    assert "unseen_criticism.look" in figures_of(metrics)


def test_a_refusal_reads_as_a_sentence():
    """The slice, the candidate's figure with its interval, and what it is held to."""
    [found] = shortfalls(CHAMPION | _interval("posts_vs_news.auc", 0.76, 0.73, 0.79), CHAMPION)
    assert str(found) == "posts_vs_news.auc: 0.760 [0.730, 0.790] ↔ 0.800 [0.800, 0.800]"
