"""The page on capacity: its tables are the arithmetic's, its inputs come from commands that exist, its sums are right."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.capacity import BILLION, PAGE, Archive, Inputs, Service, inputs, tables, written
from benchmarks.run import rows
from serving import worker
from serving.desk.incoming import trending

ROOT = Path(__file__).parents[2]
COMMANDS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["suluh.commands"]
GIVEN = inputs()
ROUND = Inputs(
    {
        **GIVEN.values,
        "intake_us": 1000,
        "push_us": 300,
        "inbox_us": 500,
        "trends_us": 200,
        "index_us": 100,
        "embed_ms": 2,
        "index_bytes": 200,
        "index_items": 10**6,
        "trends_a_run": 40_000,
        "trends_every_s": 10,
        "postgresql_us": 100,
        "judge_ms": 9,
        "match_ms": 1,
        "claims_a_post": 0.5,
        "busiest_hour": 2,
        "row_bytes": 1000,
        "kept_days": 100,
        "second_worker": 1.6,
    },
    GIVEN.sources,
)


def test_the_page_shows_what_the_arithmetic_gives() -> None:
    """`python -m benchmarks.capacity --write` would change nothing."""
    page = PAGE.read_text("utf-8")
    assert tables(GIVEN) in page
    assert written(page, GIVEN) == page


def test_another_input_is_another_page() -> None:
    """The comparison can fail: a price that changed changes the tables."""
    dearer = replace(GIVEN, values={**GIVEN.values, "usd_core_hour": 0.08})
    assert written(PAGE.read_text("utf-8"), dearer) != PAGE.read_text("utf-8")


@pytest.mark.parametrize("name", [name for name, row in GIVEN.sources.items() if "from" in row])
def test_each_figure_names_a_command_that_exists(name: str) -> None:
    """A measured figure says a benchmark, a command of `suluh`, or a module that is there."""
    told = str(GIVEN.sources[name]["from"])
    benchmarks = {row.name for row in rows()}
    modules = re.findall(r"python -m benchmarks\.(\w+)(?: (\w+))?", told)
    called = re.findall(r"suluh (\w+)", told)
    assert modules or called or "python -m timeit" in told
    assert set(called) <= COMMANDS.keys()
    for module, question in modules:
        assert (ROOT / "benchmarks" / f"{module}.py").is_file()
        assert module != "run" or question in benchmarks


def test_assumptions_give_their_reason() -> None:
    """What was not measured says why it is so."""
    assert [name for name, row in GIVEN.sources.items() if not (row.get("from") or row.get("why"))] == []


def test_a_service_worked_by_hand() -> None:
    """86.4 million a day are 2,000 a second in a busiest hour of twice the average."""
    service = Service(ROUND, 86_400_000)
    assert service.posts_a_second == pytest.approx(2000)
    assert service.worker_cores == pytest.approx(2000 * (0.001 + 0.5 * 0.010))
    assert service.database_cores == pytest.approx(0.2)
    assert service.disk_gb == pytest.approx(8640)
    used = {limit.part.partition(":")[0]: limit.used for limit in service.limits() if "year of items" not in limit.part}
    # A quarter takes turns: 1,000 posts a second alone, 4,000 for any number.
    assert used["intake's lock"] == pytest.approx(0.5)
    # One run reads 4,000 posts a second; one process a machine indexes 2,000 posts and 1,000 claims a second.
    assert used["trends"] == pytest.approx(0.5)
    assert used["search index"] == service.index_cores == pytest.approx(2000 * (0.0001 + 0.5 * 0.002))
    assert service.index_gb == pytest.approx(86.4e6 * 1.5 * 100 * 200 / 1e9)


def test_the_sums_know_the_limits_that_the_code_sets() -> None:
    """How much the reader of trends takes, and how often, is what the service does."""
    part = next(part for part in (*worker.EVERY_PART, *worker.OWN_PARTS) if part.name == "trends")
    assert GIVEN["trends_every_s"] == part.every.total_seconds()
    assert GIVEN["trends_a_run"] == trending.READ_PAGE * trending.READ_PAGES


def test_twice_the_posts_are_twice_the_work() -> None:
    """Cost grows in proportion to the work."""
    one, two = Archive(GIVEN, BILLION), Archive(GIVEN, 2 * BILLION)
    assert two.join_gb == pytest.approx(2 * one.join_gb)
    assert two.usd_a_month > 2 * one.usd_a_month
