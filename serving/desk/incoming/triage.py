"""Which claim a human should look at first, and why, in words: pure, without database or clock.

A claim's urgency is the harm that is expected of it: how much it reads like debunked hoaxes, times how fast and how far
it spreads, times what harm its category does, and a little more where the library seems to answer it already. The
product is kept as a sum of logarithms (base 2), its factors by name, and each sentence that a reader is told is one of
them. Every claim gains the same amount for each hour that it waits. So the order of two claims never changes by waiting
alone, and one stored number orders the queue at any moment without being worked out again; and because urgency is
bounded, no claim waits for ever. The model orders; it never removes: a claim that resembles nothing ranks low, and
stays in the queue.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from serving.desk.incoming.trends import MANKIND
from serving.i18n import Language, mark, number, translate
from serving.vocabulary import LABELS, Category, ClaimState

EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
MOST_PER_HOUR: Final = 1e6

_HARM: Final = MappingProxyType(
    {
        Category.DISASTER: 2.0,  # people act on it within minutes
        Category.HEALTH: 1.6,
        Category.SECURITY: 1.6,
        Category.FRAUD: 1.5,  # money and accounts are lost each hour that the link works
        Category.RELIGION: 1.2,
        Category.ECONOMY: 1.1,
        Category.POLITICS: 1.0,
        Category.GOVERNMENT: 1.0,
        Category.OTHER: 0.8,
    }
)


@dataclass(frozen=True, slots=True)
class Weights:
    """What orders the queue, in one place that the desk, the screens and the method page read.

    Attributes:
        look: factor of the band *perlu dilihat*.
        abstain: factor of *ragu*.
        clear: factor of *tidak mirip*.
        within_band: how many doublings the probability adds, from 0 to 1, so that a band is not a cliff.
        per_doubling_of_speed: doublings of urgency for each doubling of posts per hour.
        per_doubling_of_reach: the same for reach.
        harm: factor of each category.
        answered: factor where the library seems to hold the answer: a quick, well-founded decision.
        maybe_answered: the same for a weaker likeness.
        hours_per_doubling: this many hours of waiting weigh as much as one doubling of urgency.
    """

    look: float = 8.0
    abstain: float = 2.0
    clear: float = 0.5
    within_band: float = 2.0
    per_doubling_of_speed: float = 0.6
    per_doubling_of_reach: float = 0.2
    harm: Mapping[Category, float] = field(default_factory=lambda: _HARM)
    answered: float = 2.0
    maybe_answered: float = 1.25
    hours_per_doubling: float = 6.0

    def band(self, name: str) -> float:
        """Give a band's factor; a name that is none counts as *ragu*."""
        return {"look": self.look, "clear": self.clear}.get(name, self.abstain)


WEIGHTS: Final = Weights()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a claim when it is ordered.

    Attributes:
        band: ``look``, ``abstain`` or ``clear``; anything else counts as ``abstain``.
        p_hoax: 0 to 1; not a number counts as 0.
        posts_per_hour: how fast it spreads now.
        reach: how many people may have seen it.
        category: as answered, else as suggested.
        match: ``confirmed``, ``suggested`` or nothing: the machine's strongest likeness in the library.
        waiting_since: aware; when it came.
        rising: whether it spreads clearly faster than in the last hours.
        state: where it stands.
        n_posts: how many posts assert it.
    """

    band: str
    p_hoax: float
    posts_per_hour: float
    reach: int
    category: Category
    match: str | None
    waiting_since: datetime
    rising: bool = False
    state: ClaimState = ClaimState.QUEUED
    n_posts: int = 1


@dataclass(frozen=True, slots=True)
class Because:
    """One reason in words: an Indonesian sentence with named places, and what goes into them."""

    sentence: str
    params: Mapping[str, int | str] = field(default_factory=dict)

    def in_words(self, language: Language) -> str:
        """Write it for a reader, numbers and words as their language has them."""
        params = {
            name: number(language, value) if isinstance(value, int) else translate(language, value)
            for name, value in self.params.items()
        }
        return translate(language, self.sentence, **params)


def _bounded(value: float, most: float) -> float:
    return 0.0 if math.isnan(value) else min(max(value, 0.0), most)


@dataclass(frozen=True, slots=True)
class Factors:
    """What an urgency is made of, each in doublings; their sum is the urgency.

    Attributes:
        likeness: how much it resembles debunked hoaxes: band and probability.
        speed: how fast it spreads.
        reach: how far.
        harm: what its category does.
        answered: whether the library seems to hold the answer.
    """

    likeness: float
    speed: float
    reach: float
    harm: float
    answered: float

    @property
    def total(self) -> float:
        """Their sum."""
        return self.likeness + self.speed + self.reach + self.harm + self.answered


def factors(facts: Facts, weights: Weights = WEIGHTS) -> Factors:
    """Take an urgency apart; every factor is finite, and none is less for faster or wider spread."""
    match_factor = {"confirmed": weights.answered, "suggested": weights.maybe_answered}.get(facts.match or "", 1.0)
    return Factors(
        likeness=math.log2(weights.band(facts.band)) + weights.within_band * _bounded(facts.p_hoax, 1.0),
        speed=weights.per_doubling_of_speed * math.log2(1 + _bounded(facts.posts_per_hour, MOST_PER_HOUR)),
        reach=weights.per_doubling_of_reach * math.log2(1 + _bounded(facts.reach, MANKIND * 1e6)),
        harm=math.log2(weights.harm.get(facts.category, 1.0)),
        answered=math.log2(match_factor),
    )


def urgency(facts: Facts, weights: Weights = WEIGHTS) -> float:
    """Give the doublings of urgency, without waiting: finite, and never less for faster or wider spread."""
    return factors(facts, weights).total


def priority(facts: Facts, weights: Weights = WEIGHTS) -> float:
    """Give the number that orders the queue, largest first; equal ones go by the claim's number, oldest first.

    It is urgency at the moment ``EPOCH``, so to speak: urgency less what waiting since then would have added before
    the claim came. Differences between claims mean the same at any moment.
    """
    came_h = (facts.waiting_since - EPOCH).total_seconds() / 3_600
    return urgency(facts, weights) - came_h / weights.hours_per_doubling


def urgency_now(facts: Facts, now: datetime, weights: Weights = WEIGHTS) -> float:
    """Give urgency with the waiting until ``now`` in it, in doublings."""
    waited_h = max(0.0, (now - facts.waiting_since).total_seconds() / 3_600)
    return urgency(facts, weights) + waited_h / weights.hours_per_doubling


_BAND_WORDS: Final = MappingProxyType(
    {
        "look": mark("Sangat mirip hoaks yang pernah dibantah"),
        "abstain": mark("Model ragu"),
        "clear": mark("Tidak mirip hoaks yang pernah dibantah"),
    }
)
_DORMANT: Final = frozenset({ClaimState.PUBLISHED, ClaimState.CLOSED, ClaimState.DISMISSED, ClaimState.RETRACTED})
_NOTABLE_PER_HOUR: Final = 1.0
_NOTABLE_REACH: Final = 1_000
_LONG_WAIT_H: Final = 1.0


def reasons(facts: Facts, now: datetime, weights: Weights = WEIGHTS) -> tuple[Because, ...]:
    """Say why a claim stands where it stands, the strongest first; each sentence is one factor of ``urgency``."""
    made_of = factors(facts, weights)
    said: list[tuple[float, Because]] = [
        (abs(made_of.likeness), Because(_BAND_WORDS.get(facts.band, _BAND_WORDS["abstain"])))
    ]
    if facts.posts_per_hour >= _NOTABLE_PER_HOUR:
        sentence = (
            mark("menyebar makin cepat, {n} kiriman per jam") if facts.rising else mark("menyebar, {n} kiriman per jam")
        )
        said.append((made_of.speed, Because(sentence, {"n": round(facts.posts_per_hour)})))
    if facts.reach >= _NOTABLE_REACH:
        said.append((made_of.reach, Because(mark("jangkauan perkiraan {n} orang"), {"n": facts.reach})))
    if made_of.harm > 0:
        category = LABELS[facts.category]
        said.append((made_of.harm, Because(mark("kategori {category} didahulukan"), {"category": category})))
    if facts.match == "confirmed":
        said.append((made_of.answered, Because(mark("pustaka tampaknya sudah punya jawabannya"))))
    elif facts.match == "suggested":
        said.append((made_of.answered, Because(mark("ada klarifikasi yang mungkin cocok di pustaka"))))
    waited_h = (now - facts.waiting_since).total_seconds() / 3_600
    if waited_h >= _LONG_WAIT_H and facts.state not in _DORMANT:
        said.append(
            (
                waited_h / weights.hours_per_doubling,
                Because(mark("sudah menunggu {n} jam"), {"n": int(waited_h)}),
            )
        )
    said.sort(key=lambda pair: -pair[0])
    ordered = tuple(because for _, because in said)
    if facts.state in _DORMANT and facts.posts_per_hour >= _NOTABLE_PER_HOUR:
        still = Because(mark("masih menyebar sesudah diputus; pertimbangkan membukanya kembali"))
        return (still, *ordered)
    return ordered
