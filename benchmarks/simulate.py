"""A thousand made-up advocates over thirty days, through the real rules: how evenly they are asked, in what words.

People, campaigns and answers are drawn from a seed; everything between them is the service's own code on SQLite:
planning, caps, gaps and quiet hours at each release, answers, pauses, leaving, evidence that runs out and is renewed.
Only how people answer is invented: how often they look, how long they take, how often they say yes. Approval of the
campaigns by two people is not simulated; they begin live. One day in the middle has a surge.

    python -m benchmarks.simulate                  # 1,000 people, 30 days; writes docs/programme.md and its picture
    python -m benchmarks.simulate --people 60 --days 5 --out DIR
"""

import argparse
import heapq
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import select
from tqdm import tqdm

from benchmarks.people import NOW, World
from benchmarks.simulate_figures import Baseline, Figures, figures_of
from benchmarks.simulate_page import write
from serving.db import routing as rows
from serving.db.tables import Campaign, FollowerEvidence, Influencer, KeptStanding, Offer, User
from serving.deps import context_for
from serving.desk.context import Actor, Context
from serving.desk.outreach import campaigns, offers, routing
from serving.desk.people import influencers
from serving.desk.regions import regions
from serving.errors import ConflictError
from serving.vocabulary import (
    SCOPE_VERSIONS,
    DeclineReason,
    EvidenceMethod,
    OfferState,
    Platform,
    Role,
    Topic,
)

DAY = timedelta(days=1)
# 00.00 in western Indonesia, so that days count as most people's do.
START = NOW.replace(hour=17)
N_MINISTRIES, DISTRICTS_PER_PROVINCE, OFFICES = 5, 3, 3
RENEW_AFTER = timedelta(days=75)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is drawn.

    Attributes:
        people_a_campaign: how many people of average reach a campaign needs.
        n_surge: campaigns more on the day in the middle.
        tick: how often people and worker do something; the real worker comes twice a minute.
    """

    seed: int = 2026
    n_people: int = 1_000
    n_days: int = 30
    campaigns_a_day: float = 3.0
    people_a_campaign: int = 60
    n_surge: int = 8
    tick: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Habits:
    """How one invented person answers: probabilities, and mean hours."""

    p_looks: float
    p_takes: float
    p_posts: float
    hours: float


@dataclass(order=True, slots=True)
class _Due:
    """Something that a person does at a moment; what is due at the same moment is done in the order of its number."""

    at: datetime
    number: int
    does: Callable[[], None] = field(compare=False)


class Simulation:
    """One run: a database, its people with their habits, and what they have yet to do."""

    def __init__(self, address: str, scenario: Scenario) -> None:
        self.scenario = scenario
        self.world = World(address, scenario.n_people)
        self.dice = np.random.default_rng(scenario.seed)
        self.actors: dict[int, Actor] = {}
        self.habits: dict[int, Habits] = {}
        self.baselines = {name: Baseline() for name in ("largest first", "drawn by lot")}
        self.world.clock.moment = START
        with self.world.acting() as ctx:
            self.manager = Actor(self.world.authors[0], "manajer", frozenset({Role.MANAGER}))
            for number in range(scenario.n_people):
                self._join(ctx, number)
            reach = np.array(ctx.session.scalars(select(KeptStanding.reach)).all())
        self.target = int(np.median(reach)) * scenario.people_a_campaign
        self._due: list[_Due] = []
        self._n_due = 0

    def run(self) -> Figures:
        """Live through the days, and give what came of them."""
        with self._bar() as bar:
            for day in range(self.scenario.n_days):
                self._begin_day(day)
                while self.now < START + (day + 1) * DAY:
                    self._tick()
                    bar.update()
        with self.world.database.read() as session:
            return figures_of(session, START, self.scenario.n_days, self.baselines)

    @property
    def now(self) -> datetime:
        """Give the simulated moment."""
        return self.world.clock.moment

    def as_person(self, number: int) -> AbstractContextManager[Context]:
        """Let one of the people act in a transaction of their own."""
        return self._as(self.actors[number])

    @contextmanager
    def _as(self, actor: Actor) -> Iterator[Context]:
        with self.world.database.write() as session:
            yield context_for(self.world.service, session, actor)

    def _bar(self) -> "tqdm[int]":
        return tqdm(
            total=int(self.scenario.n_days * DAY / self.scenario.tick), desc="simulated", unit="tick", leave=False
        )

    # ---- people ------------------------------------------------------------------------------------------------

    def _join(self, ctx: Context, number: int) -> None:
        """Write one person who agreed to everything, with an account and evidence of some age."""
        dice, places = self.dice, list(regions().values())
        # A few provinces have most of the people, as in the country.
        province = min(int(dice.exponential(len(places) / 4)), len(places) - 1)
        district = f"{province:02d}.{dice.integers(DISTRICTS_PER_PROVINCE)}"
        user = User(
            name=f"asn{number}", display_name="Contoh", password_hash="-", roles=[Role.INFLUENCER], created_at=ctx.now
        )
        ctx.session.add(user)
        ctx.session.flush()
        person = Influencer(
            user_id=user.id,
            staff_hash=ctx.vault.pseudonym("staff", str(number)),
            name=f"Contoh {number}",
            ministry_id=1 + int(dice.integers(N_MINISTRIES)),
            unit=f"Kantor {district} {dice.integers(OFFICES)}",
            region=places[province].code,
            district=district,
            timezone=places[province].timezone,
            topics=[str(topic) for topic in dice.choice(list(Topic), 3, replace=False)],
            sealed_email=ctx.vault.seal(f"asn{number}@contoh.example"),
            consent_version="1",
            consent_at=ctx.now,
            **{f"{scope.value}_consent": version for scope, version in SCOPE_VERSIONS.items()},
            created_at=ctx.now,
        )
        ctx.session.add(person)
        ctx.session.flush()
        measured_at = ctx.now - float(dice.uniform(0, 85)) * DAY
        ctx.session.add_all(
            FollowerEvidence(
                influencer_id=person.id,
                platform=platform,
                count=510 + int(dice.lognormal(6.5, 1.0)),
                method=EvidenceMethod.API,
                measured_at=measured_at,
            )
            for platform in Platform
        )
        ctx.session.flush()
        self.actors[person.id] = Actor(user.id, user.name, frozenset({Role.INFLUENCER}))
        self.habits[person.id] = Habits(
            float(dice.beta(4, 2)), float(dice.beta(3, 2)), float(dice.beta(6, 1)), float(dice.uniform(1, 8))
        )

    # ---- days --------------------------------------------------------------------------------------------------

    def _begin_day(self, day: int) -> None:
        """Draw the day's campaigns, and who renews, pauses or leaves in it."""
        surge = self.scenario.n_surge if day == self.scenario.n_days // 2 else 0
        for _ in range(int(self.dice.poisson(self.scenario.campaigns_a_day)) + surge):
            self._at(self._moment(), self._campaign)
        for number in self.actors:
            luck = self.dice.random(3)
            if luck[0] < 0.005:
                self._at(self._moment(), self._step_of(number, influencers.pause))
                self._at(self._moment() + 5 * DAY, self._step_of(number, influencers.resume))
            if luck[1] < 0.0005:
                self._at(self._moment(), self._step_of(number, influencers.leave))
            if luck[2] < 0.2:
                self._at(self._moment(), self._renewal_of(number))

    def _moment(self) -> datetime:
        """Draw a moment of the working day that begins now."""
        return self.now + timedelta(hours=float(self.dice.uniform(8, 18)))

    def _tick(self) -> None:
        """Let the people do what they meant to, then the worker what it does."""
        self.world.clock.moment += self.scenario.tick
        while self._due and self._due[0].at <= self.now:
            heapq.heappop(self._due).does()
        for step in (campaigns.end_over, offers.expire_due, offers.wake_due, routing.top_up):
            with self.world.acting() as ctx:
                step(ctx)
        with self.world.acting() as ctx:
            n = routing.release_due(ctx)
            asked = ctx.session.execute(
                select(Offer.id, Offer.influencer_id)
                .where(Offer.offered_at == ctx.now, Offer.state == OfferState.OFFERED)
                .order_by(Offer.id)
            ).all()
        assert len(asked) == n
        for offer_id, number in asked:
            self._at(self.now + self._delay(number), self._answer_of(number, offer_id))

    def _at(self, moment: datetime, does: Callable[[], None]) -> None:
        self._n_due += 1
        heapq.heappush(self._due, _Due(moment, self._n_due, does))

    def _delay(self, number: int) -> timedelta:
        return timedelta(hours=float(self.dice.exponential(self.habits[number].hours)))

    # ---- steps -------------------------------------------------------------------------------------------------

    def _campaign(self) -> None:
        """Let a campaign begin, most for the whole country and some for a few provinces, and plan it."""
        dice, places = self.dice, list(regions())
        some = [str(code) for code in dice.choice(places, 6, replace=False)] if dice.random() < 0.3 else []
        with self.world.acting() as ctx:
            campaign_id = self.world.campaign(
                ctx.session,
                str(dice.choice(list(Topic))),
                int(self.target * dice.uniform(0.5, 1.5)) // (3 if some else 1),
                regions=some,
                starts_at=ctx.now,
                ends_at=ctx.now + 2 * DAY,
                created_at=ctx.now,
            )
            self._ask_as_others_would(ctx, campaign_id)
            # Among few people a campaign can begin for nobody; its manager would be told so.
            with suppress(routing.EmptyAudienceError):
                routing.plan(ctx, campaign_id)

    def _ask_as_others_would(self, ctx: Context, campaign_id: int) -> None:
        """Note whom simpler rules would ask for the same reach among the same people, without any cap."""
        campaign = ctx.session.get(Campaign, campaign_id)
        assert campaign is not None
        audience = rows.audience(routing.line_of(ctx), routing.audience_of(ctx, campaign))
        people = sorted((int(number), int(reach)) for number, reach in ctx.session.execute(audience))
        by_lot = [people[each] for each in np.random.default_rng(campaign_id).permutation(len(people))]
        largest = sorted(people, key=lambda each: -each[1])
        self.baselines["largest first"].ask(largest, campaign.target_reach)
        self.baselines["drawn by lot"].ask(by_lot, campaign.target_reach)

    def _step_of(self, number: int, step: Callable[[Context], object]) -> Callable[[], None]:
        def do() -> None:
            with self.as_person(number) as ctx:
                step(ctx)

        return do

    def _answer_of(self, number: int, offer_id: int) -> Callable[[], None]:
        """Draw what somebody does with an offer, now that they come to it: nothing, put off, decline, or take."""
        habits, luck = self.habits[number], self.dice.random(3)

        def do() -> None:
            if luck[0] > habits.p_looks:
                return
            try:
                with self.as_person(number) as ctx:
                    if luck[1] < habits.p_takes:
                        offers.accept(ctx, offer_id)
                    elif luck[2] < 0.2:
                        offers.snooze(ctx, offer_id)
                    else:
                        offers.decline(ctx, offer_id, DeclineReason.NOT_NOW)
                        return
            except ConflictError:
                # Too late: the offer lapsed, or was taken back, before its person came to it.
                return
            if luck[1] >= habits.p_takes:
                self._at(self.now + 2 * self._delay(number) + timedelta(hours=4), self._answer_of(number, offer_id))
            elif luck[2] < habits.p_posts:
                self._at(self.now + self._delay(number), self._post_of(number, offer_id))

        return do

    def _post_of(self, number: int, offer_id: int) -> Callable[[], None]:
        def do() -> None:
            with self.as_person(number) as ctx:
                offers.post(ctx, offer_id, Platform.X, f"https://x.com/contoh{number}/status/{offer_id}")

        return do

    def _renewal_of(self, number: int) -> Callable[[], None]:
        """Renew somebody's evidence where it grows old, with a few followers more."""

        def do() -> None:
            with self._as(self.manager) as ctx:
                person = ctx.session.get(KeptStanding, number)
                assert person is not None
                if person.oldest_at is None or ctx.now - person.oldest_at < RENEW_AFTER or not person.willing:
                    return
                for platform in Platform:
                    count = int(getattr(person, platform.value) * 1.02) + 1
                    measured = influencers.Measurement(platform, count, EvidenceMethod.API, ctx.now)
                    influencers.record_evidence(ctx, number, measured)

        return do


def main() -> None:
    """Run the simulation, and write its page and picture."""
    scenario = Scenario()
    parser = argparse.ArgumentParser(description="Simulated advocates through the real rules.")
    parser.add_argument("--seed", type=int, default=scenario.seed)
    parser.add_argument("--people", type=int, default=scenario.n_people)
    parser.add_argument("--days", type=int, default=scenario.n_days)
    parser.add_argument("--out", type=Path, default=Path("docs"), help="where programme.md stands or is written")
    asked = parser.parse_args()
    each = max(3, asked.people * scenario.people_a_campaign // scenario.n_people)
    scenario = Scenario(asked.seed, asked.people, asked.days, people_a_campaign=each)
    with tempfile.TemporaryDirectory() as folder:
        found = Simulation(f"sqlite:///{folder}/simulated.db", scenario).run()
    write(asked.out, scenario.seed, found)
    for line in found.told():
        print(line)


if __name__ == "__main__":
    main()
