"""What does it cost to keep, choose, ask and show, for hundreds of thousands of people and for millions?

A database is filled with made-up people (`benchmarks.people`). Then, with the service's own code: every kept row is
made anew (`benchmarks.eligibility`), 3,000 people are chosen (`benchmarks.routing`), 100,000 offers are planned,
released and queued (`benchmarks.offers`), and inboxes are opened (`benchmarks.inbox`). In PostgreSQL the choice is also
made among a tenth of the people.

    python -m benchmarks.programme                      # 400,000 people in PostgreSQL
    python -m benchmarks.programme --people 4000000     # the size of the goals; about 12 GiB of disk
    python -m benchmarks.programme --sqlite             # 100,000 people in SQLite
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import eligibility, inbox, offers, routing
from benchmarks.people import World
from tests.postgres import Postgres, running

# A quarter of the memory for PostgreSQL's own pages, as its documentation advises for a machine that serves a database.
SERVER = {"shared_buffers": "6GB", "work_mem": "64MB", "maintenance_work_mem": "512MB", "max_wal_size": "8GB"}
PEOPLE, PEOPLE_SQLITE = 400_000, 100_000
TENTH = 10


@contextmanager
def filled(address: str, n_people: int) -> Iterator[World]:
    """Give a database with its people."""
    world = World(address, n_people)
    world.fill()
    yield world
    world.database.close()


@contextmanager
def on_server(server: Postgres, n_people: int) -> Iterator[World]:
    """Give a PostgreSQL database with its people, and drop it."""
    name = f"people_{n_people}"
    server.run("CREATE DATABASE {}", name)
    with filled(server.address(name), n_people) as world:
        yield world
    server.run("DROP DATABASE {} WITH (FORCE)", name)


def in_postgresql(n_people: int) -> None:
    """Measure everything in PostgreSQL, with the choice among a tenth of the people beside it."""
    with running(**SERVER) as server:
        with on_server(server, n_people // TENTH) as tenth:
            eligibility.made_anew(tenth)
            tenth.analyse()
            few = routing.choose(tenth)
        with on_server(server, n_people) as world:
            eligibility.measure(world, "eligibility")
            world.analyse()
            routing.measure(world, "routing", few)
            offers.measure(world, "offers")
            inbox.measure(world, "inbox")


def in_sqlite(n_people: int) -> None:
    """Measure everything in SQLite."""
    with tempfile.TemporaryDirectory() as folder, filled(f"sqlite:///{folder}/people.db", n_people) as world:
        eligibility.measure(world, "eligibility_sqlite")
        world.analyse()
        routing.measure(world, "routing_sqlite")
        offers.measure(world, "offers_sqlite")
        inbox.measure(world, "inbox_sqlite")


def main() -> None:
    """Measure in one of the two databases, and keep the figures."""
    parser = argparse.ArgumentParser(description="Eligibility, choice, offers and inboxes at size.")
    parser.add_argument("--people", type=int, default=0, help="how many people")
    parser.add_argument("--sqlite", action="store_true", help="in SQLite, without the tenth")
    asked = parser.parse_args()
    if asked.sqlite:
        in_sqlite(asked.people or PEOPLE_SQLITE)
    else:
        in_postgresql(asked.people or PEOPLE)


if __name__ == "__main__":
    main()
