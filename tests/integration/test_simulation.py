"""A small simulated week through the real rules keeps every limit on how people are asked."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise

import pytest

pytest.importorskip("pyarrow")

from benchmarks.simulate import START, Scenario, Simulation
from benchmarks.simulate_figures import Baseline, asked_in, clashes, gini, percentile
from benchmarks.simulate_page import write
from serving.vocabulary import OfferState

WEEK = Scenario(
    seed=7, n_people=60, n_days=4, campaigns_a_day=1.5, people_a_campaign=15, n_surge=2, tick=timedelta(hours=2)
)
TWO_DAYS = replace(WEEK, n_people=24, n_days=2, people_a_campaign=5, tick=timedelta(hours=3))


def _lived(template, folder, scenario):
    """Run it on a copy of a migrated database; give its figures, and every offer that left."""
    shutil.copy(template, folder / "simulated.db")
    simulation = Simulation(f"sqlite:///{folder / 'simulated.db'}", scenario)
    figures = simulation.run()
    with simulation.world.database.read() as session:
        asked = asked_in(session, START)
    simulation.world.database.close()
    return figures, asked


@pytest.fixture(scope="module")
def week(sqlite_template, tmp_path_factory):
    """Sixty people over four days."""
    return _lived(sqlite_template, tmp_path_factory.mktemp("week"), WEEK)


def test_people_are_asked_and_answer(week):
    """The week has something to say: offers of several campaigns, taken and posted by some and not by others."""
    figures, asked = week
    assert sum(figures.offers) == len(asked) > 60
    assert len({each.campaign_id for each in asked}) > 5
    assert {OfferState.POSTED, OfferState.DECLINED} <= {each.state for each in asked}


def test_nobody_is_asked_too_often_too_soon_or_at_night(week):
    """Two a day by the person's own calendar, four hours between two, and nothing from eight in the evening to seven."""
    figures, asked = week
    days = Counter((each.influencer_id, each.local.date()) for each in asked)
    assert max(days.values()) == figures.max_a_day <= 2
    by_person = defaultdict(list)
    for each in asked:
        by_person[each.influencer_id].append(each.offered_at)
        assert time(7) <= each.local.time() < time(20)
    assert all(later - one >= timedelta(hours=4) for times in by_person.values() for one, later in pairwise(times))


def test_nobody_is_asked_twice_about_one_thing(week):
    """One offer a person and campaign."""
    _, asked = week
    assert len({(each.influencer_id, each.campaign_id) for each in asked}) == len(asked)


def test_no_two_of_one_unit_or_district_get_the_same_words(week):
    """Within a campaign; and the count would see it where they did."""
    figures, asked = week
    assert figures.clashes == clashes(asked) == 0
    assert clashes([replace(each, variant=1, campaign_id=1, unit="", district="") for each in asked[:3]]) == 6


def test_the_same_seed_gives_the_same_offers(sqlite_template, tmp_path_factory):
    """Person by person, to the hour and the wording; another seed gives others."""

    def lived(seed):
        folder = tmp_path_factory.mktemp("days")
        figures, asked = _lived(sqlite_template, folder, replace(TWO_DAYS, seed=seed))
        return figures, [(each.influencer_id, each.campaign_id, each.variant, each.offered_at) for each in asked]

    first = lived(1)
    assert lived(1) == first
    assert lived(2) != first


def test_it_is_fairer_than_asking_whoever_has_most_followers(week):
    """Gini's coefficient is below that of the same campaigns given to the largest accounts first."""
    figures, _ = week
    assert gini(figures.offers) < gini(figures.baselines["largest first"])


def test_the_page_keeps_what_stands_around_the_figures(week, tmp_path):
    """What is between the marks is written anew, once, and the picture is the same for the same figures."""
    figures, _ = week
    (tmp_path / "programme.md").write_text("# Judul\n\nAwal.\n", "utf-8")
    write(tmp_path, WEEK.seed, figures)
    once, drawn = (tmp_path / "programme.md").read_text("utf-8"), (tmp_path / "programme.svg").read_bytes()
    (tmp_path / "programme.md").write_text(once + "Akhir.\n", "utf-8")
    write(tmp_path, WEEK.seed, figures)
    again = (tmp_path / "programme.md").read_text("utf-8")
    assert again == once + "Akhir.\n"
    assert again.startswith("# Judul\n\nAwal.\n")
    assert again.count("fairness: Gini") == 1
    assert (tmp_path / "programme.svg").read_bytes() == drawn


@pytest.mark.parametrize(("values", "expected"), [([3, 3, 3], 0.0), ([0, 0, 0, 8], 0.75), ([], 0.0), ([0, 0], 0.0)])
def test_gini_is_nothing_where_all_have_the_same_and_nearly_one_where_one_has_all(values, expected):
    """Four people of whom one has everything: three quarters."""
    assert gini(values) == pytest.approx(expected)


def test_a_baseline_stops_where_the_target_is_met():
    """In the order given, and no further."""
    baseline = Baseline()
    baseline.ask([(1, 10), (2, 10), (3, 10)], 15)
    assert baseline.asked == {1: 1, 2: 1}
    assert percentile([0, 1, 2, 3], 0.5) == 2
