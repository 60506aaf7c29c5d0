"""What it takes to make the kept row of everybody anew: latest evidence, eligibility, burden."""

from sqlalchemy import text

from benchmarks.kept import keep
from benchmarks.people import World
from serving.db.dialect import is_postgresql
from serving.desk.people import standings


def made_anew(world: World) -> None:
    """Let the worker look at everybody with every kept row gone, and once more, which finds nothing to mend."""
    with world.database.write() as session:
        # Emptied at once in both: rows deleted one by one would lie among the new ones until they are swept away.
        empty = "TRUNCATE standings" if is_postgresql(session) else "DELETE FROM standings"
        session.execute(text(empty))
    for what, n in (("made anew", world.n_people), ("looked over again", 0)):
        with world.watch.timed(f"kept rows of {world.n_people:,} people {what}"):
            assert standings.look_over(world.acting) == n


def measure(world: World, row: str) -> None:
    """Keep the seconds of both looks."""
    made_anew(world)
    made, looked = world.watch.spent[-2:]
    raw = {"processor s": made.processor_s, "s for a second look": looked.wall_s}
    keep(row, "seconds", [made.wall_s], people=world.n_people, **raw)
