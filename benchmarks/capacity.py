"""What 10 million and 1 billion posts a day take: machines, memory, disk and money, and which part breaks first.

    python -m benchmarks.capacity             # print the tables
    python -m benchmarks.capacity --write     # put them into docs/capacity.md

Measures nothing: `capacity.toml` holds each figure with the command that gives it, and each assumption with its reason.
The arithmetic is here and nowhere else; a test compares the page with it.
"""

import argparse
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "capacity.md"
BEGIN, END = "<!-- written by python -m benchmarks.capacity -->", "<!-- end of what was written -->"
DAY_S = 86_400
MONTH_H = 730
MONTH_DAYS = 30
MILLION, BILLION = 1_000_000, 1_000_000_000


@dataclass(frozen=True, slots=True)
class Inputs:
    """The figures of `capacity.toml` by name, and where each is from."""

    values: Mapping[str, float]
    sources: Mapping[str, Mapping[str, Any]]

    def __getitem__(self, name: str) -> float:
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what, the figure in words, and how it was worked out."""

    what: str
    figure: str
    how: str


@dataclass(frozen=True, slots=True)
class Limit:
    """One part that can be outgrown: how much of it is used, 1 for all."""

    part: str
    used: float
    how: str


def inputs() -> Inputs:
    """Read the figures and the assumptions."""
    listed = tomllib.loads((HERE / "capacity.toml").read_text("utf-8"))
    sources = {name: row for kind in ("measured", "assumed") for name, row in listed[kind].items()}
    return Inputs({name: float(row["value"]) for name, row in sources.items()}, sources)


@dataclass(frozen=True, slots=True)
class Service:
    """The live service for so many posts a day."""

    given: Inputs
    posts_a_day: float

    @property
    def posts_a_second(self) -> float:
        """In the busiest hour."""
        return self.posts_a_day / DAY_S * self.given["busiest_hour"]

    @property
    def claims_a_day(self) -> float:
        """New claims."""
        return self.posts_a_day * self.given["claims_a_post"]

    @property
    def worker_cores(self) -> float:
        """The way from `POST /v1/posts` through the inbox to claims and trends, judging and matching, busiest hour."""
        a_post = (self.given["push_us"] + self.given["inbox_us"] + self.given["trends_us"]) / 1e6
        a_claim = (self.given["judge_ms"] + self.given["match_ms"]) / 1e3
        return self.posts_a_second * (a_post + self.given["claims_a_post"] * a_claim)

    @property
    def index_cores(self) -> float:
        """The search index of each machine in the busiest hour: words of all, a second pass of the encoder a claim."""
        a_claim = self.given["claims_a_post"] * self.given["embed_ms"] / 1e3
        return self.posts_a_second * (self.given["index_us"] / 1e6 + a_claim)

    @property
    def items_a_day(self) -> float:
        """What comes into the search index, which forgets no post."""
        return self.posts_a_day + self.claims_a_day

    @property
    def index_gb(self) -> float:
        """The search index of each machine after the days that posts are kept."""
        return self.items_a_day * self.given["kept_days"] * self.given["index_bytes"] / 1e9

    @property
    def database_cores(self) -> float:
        """PostgreSQL's, for intake in the busiest hour."""
        return self.posts_a_second * self.given["postgresql_us"] / 1e6

    @property
    def disk_gb(self) -> float:
        """The database after the days that posts are kept."""
        return self.posts_a_day * self.given["kept_days"] * self.given["row_bytes"] / 1e9

    @property
    def machine_cores(self) -> int:
        """Cores of each of two machines, either of which carries the busiest hour alone."""
        return max(4, ceil((self.worker_cores + self.index_cores) * self.given["headroom"]))

    @property
    def server_cores(self) -> int:
        """Cores of the database's machine."""
        return max(4, ceil(self.database_cores * self.given["headroom"]))

    @property
    def usd_a_month(self) -> float:
        """Two machines for the service, two for the database, and the disk of both twice."""
        cores, disk_gb = 2 * self.machine_cores + 2 * self.server_cores, 2 * (self.disk_gb + self.index_gb)
        return cores * MONTH_H * self.given["usd_core_hour"] + disk_gb * self.given["usd_ssd_gb_month"]

    def rows(self) -> list[Row]:
        """The table."""
        given = self.given
        memory = self.machine_cores * given["process_mb"] / 1e3
        return [
            Row("posts/s, busiest hour", _n(self.posts_a_second), f"{_n(self.posts_a_day)} / 86,400 s × busiest_hour"),
            Row("new claims a day", _n(self.claims_a_day), "posts × claims_a_post"),
            Row(
                "cores at work: intake, trends, encoder, matching",
                _n(self.worker_cores),
                "posts/s × (push_us + inbox_us + trends_us + claims_a_post × (judge_ms + match_ms))",
            ),
            Row(
                "cores at work: search index, on each machine",
                _n(self.index_cores),
                "posts/s × (index_us + claims_a_post × embed_ms)",
            ),
            Row("cores at work: PostgreSQL", _n(self.database_cores), "posts/s × postgresql_us"),
            Row(
                "cores and memory for service and workers",
                f"2 × {self.machine_cores} cores, {_n(memory)} GB",
                "headroom; either carries all; process_mb a core",
            ),
            Row("cores for PostgreSQL", f"2 × {self.server_cores} cores", "headroom; one stands by"),
            Row("disk, a year of posts", f"{_n(self.disk_gb / 1e3)} TB", "posts × kept_days × row_bytes"),
            Row(
                "disk of the search index, a year, on each machine",
                f"{_n(self.index_gb / 1e3)} TB",
                "(posts + claims) × kept_days × index_bytes",
            ),
            Row(
                "the largest index that was timed is passed after",
                f"{_n(self.given['index_items'] / self.items_a_day * 24)} h",
                "index_items / (posts + claims)",
            ),
            Row("USD a month", _n(self.usd_a_month), "cores × 730 h × usd_core_hour + 2 × disks × usd_ssd_gb_month"),
        ]

    def limits(self) -> list[Limit]:
        """What is used of each part that cannot be bought twice."""
        given = self.given
        people = given["checkers"] * given["decided_a_day"]
        alone = 1e6 / given["intake_us"]
        # Amdahl: two workers at 1.3 leave over half that takes turns, so any number of them comes to under two.
        serial = 2 / given["second_worker"] - 1
        return [
            Limit("people: claims a day that are decided", self.claims_a_day / people, "checkers × decided_a_day"),
            Limit(
                "intake's lock: posts/s of any number of workers",
                self.posts_a_second / (alone / serial),
                "1 / intake_us, over the share that takes turns, 2 / second_worker − 1",
            ),
            Limit(
                "one PostgreSQL's volume: a year of posts", self.disk_gb / 1e3 / given["volume_tb"], "disk / volume_tb"
            ),
            Limit(
                "trends: posts/s of the one run that reads them",
                self.posts_a_second * given["trends_every_s"] / given["trends_a_run"],
                "trends_a_run / trends_every_s",
            ),
            Limit(
                "search index: the one process a machine that fills it",
                self.index_cores,
                "posts/s × (index_us + claims_a_post × embed_ms), of one core",
            ),
            Limit(
                "search index: a year of items, of the most that was timed",
                self.items_a_day * given["kept_days"] / given["index_items"],
                "(posts + claims) × kept_days / index_items",
            ),
            Limit(
                "encoder: cores of one machine of 64", self.judge_cores / 64, "claims/s in the busiest hour × judge_ms"
            ),
        ]

    @property
    def judge_cores(self) -> float:
        """The encoder's part of the work."""
        return self.posts_a_second * self.given["claims_a_post"] * self.given["judge_ms"] / 1e3


@dataclass(frozen=True, slots=True)
class Archive:
    """One day of posts scored and clustered by `suluh archive`."""

    given: Inputs
    posts_a_day: float

    @property
    def score_core_h(self) -> float:
        """Core hours of scoring with reasons."""
        return self.posts_a_day * self.given["score_us"] / 1e6 / 3600

    @property
    def sign_core_h(self) -> float:
        """Core hours of cleaning and signing."""
        return self.posts_a_day * self.given["sign_us"] / 1e6 / 3600

    @property
    def join_h(self) -> float:
        """Hours of the one process that joins clusters."""
        return self.posts_a_day * (self.given["cluster_us"] - self.given["sign_us"]) / 1e6 / 3600

    @property
    def join_gb(self) -> float:
        """Memory of that process at the day's end."""
        return self.posts_a_day * self.given["wordings_a_post"] * self.given["wording_bytes"] / 1e9

    @property
    def disk_gb(self) -> float:
        """A day of posts and of both answers."""
        return self.posts_a_day * (self.given["post_bytes"] + self.given["answer_bytes"]) / 1e9

    @property
    def n_cores(self) -> int:
        """Workers that score and sign a day within half a day."""
        return max(2, ceil((self.score_core_h + self.sign_core_h) / 12))

    @property
    def usd_a_month(self) -> float:
        """Core hours, the joining machine's memory while it joins, and a month of days in object storage."""
        hours = self.score_core_h + self.sign_core_h + self.join_h
        a_day = hours * self.given["usd_core_hour"] + self.join_gb * self.join_h * self.given["usd_gb_hour"]
        return a_day * MONTH_DAYS + self.disk_gb * MONTH_DAYS * self.given["usd_store_gb_month"]

    def rows(self) -> list[Row]:
        """The table."""
        return [
            Row("scoring, core hours a day", _n(self.score_core_h), "posts × score_us"),
            Row("cleaning and signing, core hours a day", _n(self.sign_core_h), "posts × sign_us"),
            Row("joining, hours of one core", _n(self.join_h), "posts × (cluster_us − sign_us)"),
            Row("memory of the join", f"{_n(self.join_gb)} GB", "posts × wordings_a_post × wording_bytes"),
            Row("workers to be done in half a day", str(self.n_cores), "core hours / 12, at least 2"),
            Row("disk a day", f"{_n(self.disk_gb)} GB", "posts × (post_bytes + answer_bytes)"),
            Row("USD a month", _n(self.usd_a_month), "core hours, memory while joining, 30 days of disk"),
        ]

    def limits(self) -> list[Limit]:
        """What is used of the one process that joins."""
        return [
            Limit("memory of the joining machine", self.join_gb / self.given["machine_gb"], "memory / machine_gb"),
            Limit("hours of the joining core in a day", self.join_h / 24, "hours / 24"),
        ]


def tables(given: Inputs) -> str:
    """Everything that the page shows, as Markdown."""
    large = Service(given, BILLION)
    passed = Service(given, BILLION * given["taken_in"])
    parts = [
        _section("10 million posts a day", Service(given, 10 * MILLION).rows()),
        _limits(Service(given, 10 * MILLION).limits()),
        _section("1 billion posts a day, the archive's part", Archive(given, BILLION).rows()),
        _limits(Archive(given, BILLION).limits()),
        f"What spreads, taken_in of it, goes into the service: {_n(passed.posts_a_day)} posts a day, the table above.",
        _section("1 billion posts a day, all of it through the service", large.rows()),
        _limits(large.limits()),
        _sources(given),
    ]
    return "\n\n".join(parts)


def _section(title: str, rows: Iterable[Row]) -> str:
    lines = [f"| {row.what} | {row.figure} | {row.how} |" for row in rows]
    return "\n".join([f"## {title}", "| what | figure | worked out |", "| --- | --- | --- |", *lines])


def _limits(limits: Sequence[Limit]) -> str:
    """What breaks first stands first."""
    ordered = sorted(limits, key=lambda limit: -limit.used)
    lines = [f"| {limit.part} | {_used(limit.used)} | {limit.how} |" for limit in ordered]
    return "\n".join(["| what breaks, first to last | used | worked out |", "| --- | --- | --- |", *lines])


def _sources(given: Inputs) -> str:
    lines = [f"| `{name}` | {_n(row['value'])} | {_where(row)} |" for name, row in given.sources.items()]
    return "\n".join(["## Every input", "| name | value | from |", "| --- | --- | --- |", *lines])


def _where(row: Mapping[str, Any]) -> str:
    return f"{row['from']} ({row['when']})" if "from" in row else f"assumed: {row['why']}"


def _used(share: float) -> str:
    return f"{_n(share * 100)} %" if share < 1 else f"**{_n(share)} times**"


def _n(value: float) -> str:
    """A figure with three digits that count."""
    if value >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def written(page: str, given: Inputs) -> str:
    """The page with the tables of now between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables(given)}\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put them into docs/capacity.md")
    if parser.parse_args(arguments).write:
        PAGE.write_text(written(PAGE.read_text("utf-8"), inputs()), "utf-8")
    else:
        print(tables(inputs()))


if __name__ == "__main__":
    main()
