"""What the runner keeps says plainly whether a goal holds; every goal names a benchmark that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.page import written
from benchmarks.run import HERE, PRINTED, Ran, Row, ran, result, rows

ROW = Row("contoh", "How quick?", "a peer", ("contoh",), ("contoh",), {"times": 10.0}, {"seconds": 2.0})


def kept(figure, *samples, row="contoh"):
    """One figure as a benchmark keeps it."""
    return {"row": row, "figure": figure, "samples": list(samples), "peer": "peer 1.0", "raw": {"ms": [1.0, 2.0]}}


@pytest.mark.parametrize(
    ("times", "seconds", "holds"),
    [((9.0, 11.0, 12.0), 2.0, True), ((9.0, 9.5, 12.0), 1.0, False), ((11.0,), 2.1, False)],
)
def test_a_row_holds_where_every_median_reaches_its_goal(times, seconds, holds):
    """Both kinds of goals count, and the ratio is the first figure's median."""
    found = result(ROW, Ran((kept("times", *times), kept("seconds", seconds)), 1.0, 0), "abc", full=False)
    assert found["holds"] is holds
    assert found["ratio"] == sorted(times)[len(times) // 2]
    assert found["goal"] == 10.0
    assert found["detail"]["peer_version"] == "peer 1.0"
    assert found["detail"]["figures"]["times"]["samples"] == list(times)


def test_what_was_not_measured_does_not_hold():
    """A figure that is missing is a goal that was missed."""
    found = result(ROW, Ran((kept("times", 20.0),), 1.0, 1), "abc", full=False)
    assert (found["holds"], found["ratio"]) == (False, 20.0)
    assert result(ROW, Ran((), 1.0, 1), "abc", full=False)["ratio"] is None


def test_figures_of_another_row_do_not_count():
    """Rows that are answered in one run keep their figures apart."""
    found = result(ROW, Ran((kept("times", 20.0, row="lain"),), 1.0, 0), "abc", full=False)
    assert found["detail"]["figures"] == {}


def test_a_printed_ratio_is_read():
    """What a benchmark prints for people is enough to be kept."""
    hit = PRINTED.search("…\nratio search_lexical: 51.2x (40 to 60)\n")
    assert hit is not None
    assert (hit["figure"], float(hit["value"])) == ("search_lexical", 51.2)


def test_the_page_shows_what_was_missed_and_what_was_not_measured():
    """Neither is left out."""
    found = result(ROW, Ran((kept("times", 5.0), kept("seconds", 1.0)), 1.0, 0), "abc", full=True)
    page = written([found], {"contoh": "", "lain": ""})
    assert "| times | **5** |  | ≥ 10 | **no** |" in page
    assert "| seconds | **1** |  | ≤ 2 | yes |" in page
    assert "| `lain` | | not measured | | | | **no** |" in page


def test_the_page_says_what_bounds_a_missed_goal_and_how_to_repeat_it():
    """A missed goal without its reason helps nobody."""
    missed = result(ROW, Ran((kept("times", 5.0, 4.0), kept("seconds", 1.0)), 1.0, 0), "abc", full=True)
    page = written([missed], {"contoh": "the disk."})
    assert "**What bounds it:** the disk." in page
    assert "Again: `python -m benchmarks.run --full contoh`." in page
    assert "| times | **4.5** | 4–5 |" in page
    held = result(ROW, Ran((kept("times", 50.0), kept("seconds", 1.0)), 1.0, 0), "abc", full=True)
    assert "What bounds it" not in written([held], {"contoh": "the disk."})


def test_a_row_that_was_not_measured_here_keeps_its_place_on_the_page():
    """Who measures one row again loses none of the others, and a page without anything new stays to the byte."""
    other = Row("lain", "How large?", "itself", ("lain",), ("lain",), {"times": 10.0}, {"seconds": 2.0})
    bounds = {"contoh": "the disk.", "lain": ""}
    figures = (kept("times", 50.0), kept("seconds", 1.0))
    both = [
        result(ROW, Ran((kept("times", 5.0, 4.0), kept("seconds", 1.0)), 1.0, 0), "abc", full=True),
        result(other, Ran(tuple({**each, "row": "lain"} for each in figures), 1.0, 0), "abc", full=True),
    ]
    page = written(both, bounds)
    assert written([], bounds, page) == page
    again = written([result(ROW, Ran(figures, 1.0, 0), "def", full=True)], bounds, page)
    assert "| times | **4.5** | 4–5 |" not in again
    assert "How large? [`lain`] | itself | times | **50**" in again
    assert again.count("## `lain`") == again.count("## `contoh`") == 1
    assert "commit `abc`" in again
    assert "commit `def`" in again


def test_a_row_that_stopped_says_so():
    """What failed is told from what is slow."""
    stopped = result(ROW, Ran((), 1.0, 3), "abc", full=False)
    assert "stopped with exit code 3" in written([stopped], {"contoh": ""})


def test_a_benchmark_that_takes_too_long_is_ended():
    """One row that hangs does not keep the others from being measured."""
    run = ran(["cluster"], 0.1)
    assert run.exit_code != 0
    assert run.figures == ()


def test_every_row_names_a_benchmark_and_a_goal():
    """`goals.toml` lists only what can be run."""
    for row in rows():
        assert row.goals, row.name
        assert Path(HERE / f"{row.run[0]}.py").is_file(), row.name
        assert row.run[0] == row.full[0], row.name
