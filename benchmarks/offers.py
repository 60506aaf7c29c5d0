"""What it takes to make 100,000 offers and to queue their messages: campaigns of 3,000 people each, then releases."""

from datetime import timedelta

from sqlalchemy import func, select
from tqdm import tqdm

from benchmarks.kept import keep
from benchmarks.people import NOW, TOPICS, World
from benchmarks.routing import N_CHOSEN, reach_of_one
from serving.db.tables import Delivery
from serving.desk.outreach import routing

N_OFFERS = 100_000
# Of fewer people fewer are asked: everybody at most this often in the days that the release may take.
PER_PERSON = 0.25
# The worker comes twice a minute, and again after the gap that each person is left in peace.
TICK = timedelta(seconds=30)
GAP = timedelta(hours=4)
DAYS = timedelta(days=2)


def measure(world: World, row: str) -> None:
    """Keep the seconds for 100,000, from as many as there are people for."""
    wanted = min(N_OFFERS, int(world.n_people * PER_PERSON))
    target = int(reach_of_one(world) * N_CHOSEN)
    with world.watch.timed("planned"):
        planned = _planned(world, target, wanted)
    with world.watch.timed("released and queued"):
        released = _released(world, wanted)
    with world.database.read() as session:
        queued = session.scalar(select(func.count()).select_from(Delivery))
    assert queued == released
    plans, releases = world.watch.spent[-2:]
    keep(
        row,
        "seconds",
        [plans.wall_s * N_OFFERS / planned + releases.wall_s * N_OFFERS / released],
        people=world.n_people,
        planned=planned,
        released=released,
        **{
            "s to plan": plans.wall_s,
            "s to release": releases.wall_s,
            "processor s": plans.processor_s + releases.processor_s,
        },
    )


def _planned(world: World, target: int, wanted: int) -> int:
    planned = n = 0
    with tqdm(total=wanted, desc="planned", unit="offer", leave=False) as bar:
        while planned < wanted:
            with world.acting() as ctx:
                more = routing.plan(ctx, world.campaign(ctx.session, TOPICS[n % len(TOPICS)], target))
            planned, n = planned + more, n + 1
            bar.update(more)
    return planned


def _released(world: World, wanted: int) -> int:
    released, world.clock.moment = 0, NOW
    with tqdm(total=wanted, desc="released", unit="offer", leave=False) as bar:
        while released < wanted and world.clock.moment < NOW + DAYS:
            with world.acting() as ctx:
                more = routing.release_due(ctx)
            world.clock.moment += TICK if more else GAP
            released += more
            bar.update(more)
    return released
