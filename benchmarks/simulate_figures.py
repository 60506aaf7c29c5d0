"""What a simulated month came to: burden, fairness, coverage, and how many said the same words."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean, median
from zoneinfo import ZoneInfo

from sqlalchemy import select

from benchmarks.people import N_VARIANTS
from serving.db import Session
from serving.db.tables import Campaign, Influencer, KeptStanding, Offer
from serving.vocabulary import OfferState

TAKEN = (OfferState.ACCEPTED, OfferState.POSTED, OfferState.VERIFIED)
POSTED = (OfferState.POSTED, OfferState.VERIFIED)


@dataclass(slots=True)
class Baseline:
    """Whom a simpler rule would have asked, and how often."""

    asked: Counter[int] = field(default_factory=Counter)

    def ask(self, people: Sequence[tuple[int, int]], target: int) -> None:
        """Ask people, each with a reach, in this order until the target is met."""
        got = 0
        for number, reach in people:
            if got >= target:
                return
            self.asked[number] += 1
            got += reach


@dataclass(frozen=True, slots=True)
class Asked:
    """One offer that left, with what the rules say of its person."""

    offer_id: int
    influencer_id: int
    campaign_id: int
    variant: int
    state: OfferState
    offered_at: datetime
    timezone: str
    unit: str
    district: str
    region: str
    reach: int

    @property
    def local(self) -> datetime:
        """Give when it left by its person's clock."""
        return self.offered_at.astimezone(ZoneInfo(self.timezone))


def asked_in(session: Session, since: datetime) -> list[Asked]:
    """Give every offer that left since a moment, in order."""
    query = (
        select(
            Offer.id,
            Offer.influencer_id,
            Offer.campaign_id,
            Offer.variant,
            Offer.state,
            Offer.offered_at,
            Influencer.timezone,
            Influencer.unit,
            Influencer.district,
            Influencer.region,
            KeptStanding.reach,
        )
        .join(Influencer, Influencer.id == Offer.influencer_id)
        .join(KeptStanding, KeptStanding.influencer_id == Offer.influencer_id)
        .where(Offer.offered_at >= since)
        .order_by(Offer.offered_at, Offer.id)
    )
    return [Asked(*row) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of one run.

    Attributes:
        offers: offers a person, one number a person, in ascending order.
        baselines: the same had a simpler rule chosen.
        max_a_day: the most offers that anybody had on one day of their own calendar.
        people_by_day: share of the people who were asked at least once by the end of each day.
        provinces_by_day: share of the provinces with people of whom somebody was asked by then.
        met: share of its target reach that each campaign was offered to, at most 1.
        identical: of the posts about each campaign, the probability that two at random have the same words.
        clashes: pairs of one unit or district who were given the same words for one campaign.
        states: what became of the offers.
    """

    n_days: int
    offers: Sequence[int]
    baselines: Mapping[str, Sequence[int]]
    max_a_day: int
    people_by_day: Sequence[float]
    provinces_by_day: Sequence[float]
    met: Sequence[float]
    identical: Sequence[float]
    clashes: int
    states: Mapping[str, int]

    def told(self) -> list[str]:
        """Say it in lines."""
        n = len(self.offers)
        months = self.n_days / 30
        others = "; ".join(f"{name} {gini(each):.2f}, at most {max(each)}" for name, each in self.baselines.items())
        answers = ", ".join(f"{count:,} {state}" for state, count in sorted(self.states.items()))
        burden = f"{fmean(self.offers) / months:.1f} offers a person and thirty days"
        most = f"at most {max(self.offers)} in all and {self.max_a_day} on one day"
        provinces = f"{self.provinces_by_day[-1]:.0%} of their provinces"
        same = f"{median(self.identical or [0]):.1%}"
        least = f"{1 / N_VARIANTS:.1%} is what {N_VARIANTS} wordings come to among many"
        return [
            f"{n:,} people, {self.n_days} days, {len(self.met)} campaigns, {sum(self.offers):,} offers: {answers}",
            f"burden: {burden}, 95th percentile {percentile(self.offers, 0.95)}, {most}",
            f"fairness: Gini {gini(self.offers):.2f} over everybody; without our rules: {others}",
            f"coverage: {self.people_by_day[-1]:.0%} of the people asked at least once, {provinces}",
            f"target: half of the campaigns were offered to {median(self.met):.0%} of their reach or more",
            f"words: two posts about one campaign are the same in {same} of pairs (median of campaigns; {least})",
            f"words: {self.clashes} pairs within a unit or district were given the same",
        ]


def gini(values: Iterable[float]) -> float:
    """Give Gini's coefficient: 0 where all have the same, near 1 where one has all (Gini 1912, mean difference)."""
    ordered = sorted(values)
    n, total = len(ordered), sum(ordered)
    if not total:
        return 0.0
    return sum((2 * rank - n - 1) * value for rank, value in enumerate(ordered, start=1)) / (n * total)


def percentile(ordered: Sequence[int], p: float) -> int:
    """Give the value at or below which a share of an ascending list lies."""
    return ordered[min(len(ordered) - 1, int(p * len(ordered)))]


def figures_of(session: Session, start: datetime, n_days: int, baselines: Mapping[str, Baseline]) -> Figures:
    """Read the figures from what the rules wrote."""
    asked = asked_in(session, start)
    people = {person.id: person.region for person in session.execute(select(Influencer.id, Influencer.region))}
    counted = Counter(each.influencer_id for each in asked)
    return Figures(
        n_days=n_days,
        offers=sorted(counted[number] for number in people),
        baselines={name: sorted(each.asked[number] for number in people) for name, each in baselines.items()},
        max_a_day=max(Counter((each.influencer_id, each.local.date()) for each in asked).values(), default=0),
        people_by_day=_by_day({number: number for number in people}, asked, start, n_days),
        provinces_by_day=_by_day(people, asked, start, n_days),
        met=_met(session, asked, start),
        identical=_identical(asked),
        clashes=clashes(asked),
        states=Counter(each.state.value for each in asked),
    )


def _by_day(groups: Mapping[int, object], asked: Sequence[Asked], start: datetime, n_days: int) -> list[float]:
    """Give the share of groups, each known by its people, of which anybody was asked by the end of each day."""
    ends = [start + timedelta(days=day + 1) for day in range(n_days)]
    n = len(set(groups.values()))
    return [len({groups[each.influencer_id] for each in asked if each.offered_at <= end}) / n for end in ends]


def _met(session: Session, asked: Sequence[Asked], start: datetime) -> list[float]:
    reach: Counter[int] = Counter()
    for each in asked:
        reach[each.campaign_id] += each.reach
    targets = session.execute(select(Campaign.id, Campaign.target_reach).where(Campaign.created_at >= start))
    return [min(1.0, reach[number] / target) for number, target in targets]


def _identical(asked: Sequence[Asked]) -> list[float]:
    """Give, for each campaign with two posts at least, the share of pairs with the same words."""
    words: dict[int, list[int]] = defaultdict(list)
    for each in asked:
        if each.state in POSTED:
            words[each.campaign_id].append(each.variant)
    return sorted(_same(each) for each in words.values() if len(each) > 1)


def _same(variants: Sequence[int]) -> float:
    n = len(variants)
    return sum(count * (count - 1) for count in Counter(variants).values()) / (n * (n - 1))


def clashes(asked: Sequence[Asked]) -> int:
    """Count pairs of one unit or one district who were given the same words for one campaign."""
    groups = Counter(
        (each.campaign_id, each.variant, kind, group)
        for each in asked
        for kind, group in (("unit", each.unit), ("district", each.district))
    )
    return sum(count * (count - 1) // 2 for count in groups.values())
