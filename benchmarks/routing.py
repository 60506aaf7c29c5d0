"""What it takes to choose 3,000 people with every rule, beside a loop over people.

The choice is ``routing.rehearse``, as a preview and every planning call it: the audience, the statement that cuts
everybody down to some for each district, the choice among those, and their wordings. ``routing.plan``, the manager's
button, writes the rows of their offers too; its time stands beside. The loop asks the same of each person with one
look-up each for profile and offers; it runs over a sample, and its time is multiplied.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text
from tqdm import trange

from benchmarks.kept import keep
from benchmarks.people import TOPICS, Spent, World
from serving.db.tables import Campaign, Influencer, Offer
from serving.desk.outreach import routing
from serving.desk.people import influencers

N_CHOSEN = 3_000
ROUNDS = 7
N_LOOPED = 300


@dataclass(frozen=True, slots=True)
class Choices:
    """Rounds of choosing: how many people in each, what each took, and what planning took, which writes offers too."""

    n_chosen: Sequence[int]
    spent: Sequence[Spent]
    planned: Sequence[Spent]

    @property
    def ms(self) -> list[float]:
        """Milliseconds of the clock, round by round."""
        return [1_000 * each.wall_s for each in self.spent]

    @property
    def raw(self) -> dict[str, object]:
        """What stands beside the figures."""
        return {
            "chosen": list(self.n_chosen),
            "processor ms": [1_000 * each.processor_s for each in self.spent],
            "ms with their offers written": [1_000 * each.wall_s for each in self.planned],
        }


def reach_of_one(world: World) -> float:
    """Give what one chosen person reaches on average, from a choice that is taken back."""
    with world.database.read() as session:
        everybody = session.scalar(text("SELECT avg(reach) FROM standings WHERE ready"))
    target = int(float(everybody or 0) * N_CHOSEN)
    n, _, _ = _chosen(world, TOPICS[0], target)
    return target / n


def choose(world: World) -> Choices:
    """Plan campaigns for about 3,000 people, each on another topic, and take every one back."""
    target = int(reach_of_one(world) * N_CHOSEN)
    found = [_chosen(world, TOPICS[n], target) for n in trange(ROUNDS, desc="choices", leave=False)]
    return Choices(*zip(*found, strict=True))


def _chosen(world: World, topic: str, target: int) -> tuple[int, Spent, Spent]:
    with world.acting() as ctx:
        campaign = ctx.session.get_one(Campaign, world.campaign(ctx.session, topic, target))
        with world.watch.timed():
            chosen = routing.rehearse(ctx, routing.audience_of(ctx, campaign), target)
        with world.watch.timed():
            n = routing.plan(ctx, campaign.id)
        written = ctx.session.scalar(select(func.count()).where(Offer.campaign_id == campaign.id))
        assert written == n == len(chosen)
        ctx.session.rollback()
    return n, *world.watch.spent[-2:]


def loop(world: World) -> Spent:
    """Ask the rules of one person after another; give what that takes for everybody, from a sample."""
    with world.acting() as ctx:
        step = max(1, world.n_people // N_LOOPED)
        people = ctx.session.scalars(select(Influencer).where(Influencer.id % step == 0)).all()
        with world.watch.timed():
            for person in people:
                profile = influencers.profile_of(ctx, person)
                if not profile.reasons and TOPICS[0] in person.topics:
                    ctx.session.scalars(select(Offer.offered_at).where(Offer.influencer_id == person.id)).all()
    sample, times = world.watch.spent[-1], world.n_people / len(people)
    return Spent(sample.wall_s * times, sample.processor_s * times)


def measure(world: World, row: str, few: Choices | None = None) -> None:
    """Keep the milliseconds of a choice, how many times quicker than the loop it is, and the growth since ``few``."""
    many, looped = choose(world), loop(world)
    raw = {"people": world.n_people} | many.raw
    times = [looped.wall_s / each.wall_s for each in many.spent]
    keep(row, "times a loop over people", times, **{"s of the loop": looped.wall_s} | raw)
    keep(row, "ms", many.ms, **raw)
    if few is not None:
        grown = [more / less for more, less in zip(many.ms, few.ms, strict=True)]
        raw |= {"ms of a tenth": few.ms, "chosen of a tenth": list(few.n_chosen)}
        keep(f"{row}_growth", "times the time", grown, **raw)
