"""Which of the people who may be asked are asked: the needed reach at the least burden, spread over the country.

Asking somebody weighs the more the oftener they were asked of late: the next offer weighs (n + 1)² where n offers fell
into the last thirty days, so that it takes four times the reach to be asked a second time before somebody else is asked
once. What is chosen is a set whose weights sum to the least while its reach is enough, with no more people of one unit
or district than there are wordings, and no region carrying far more than its share.

The database has cut millions down to a few for each place; what is here works on arrays of some thousand. The method is
Lagrange's: for a price λ of one follower, whoever has weight - λ · reach below zero is taken, best first, as far as the
limits go; bisection finds the least λ with enough reach; then the dozen people nearest to the margin are settled by
trying every subset of them. So a small case is solved exactly, and a large one to within about one person. The limits
are applied one after another (unit, district, region), which is exact where each unit lies within one district.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from serving.db.routing import Candidate

Numbers: TypeAlias = npt.NDArray[np.int64]
Reals: TypeAlias = npt.NDArray[np.float64]
# Groups by number, as narrow as they go: numpy sorts numbers of 16 bits in one pass.
Codes: TypeAlias = npt.NDArray[np.unsignedinteger[Any]]

# The draw that breaks ties: x -> x^5 modulo a prime, which is a permutation because 5 does not divide MODULUS - 1.
MODULUS = 2**31 - 1
STRIDE = 1_000_003
# How many people at the margin are settled together by trying all their subsets: 2^12 rows of a few numbers.
CORE = 12
# The rest of them is drawn from so many who are nearest, anew in each round.
AROUND = 40
ROUNDS = 12
# Among so few people swaps are looked for at every price; beyond so many chosen one of them is too little to settle.
FEW = 300
MANY = 150
PASSES = 4
BISECTIONS = 30
EPSILON = 1e-9
# With this much reach too many the bisection has come near enough; what is left is settled person by person.
NEAR = 0.002
# A region carries at most this many times its even share, unless the reach needs more.
SPREAD = 2.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How many people may carry one thing side by side.

    Attributes:
        n_wordings: caption variants; no two people of one unit or district get the same.
        in_unit: how many of each unit carry it already.
        in_district: the same by district.
        spreading: posts of the claim by province that they name; its provinces may carry more than others.
    """

    n_wordings: int
    in_unit: Mapping[str, int] = field(default_factory=dict)
    in_district: Mapping[str, int] = field(default_factory=dict)
    spreading: Mapping[str, int] = field(default_factory=dict)


def draw(campaign_id: int, influencer_id: int) -> int:
    """Give a person's place in one campaign's draw: the same for the same two numbers, unlike between campaigns."""
    return int(_draws(campaign_id, np.array([influencer_id], dtype=np.int64))[0])


def _draws(campaign_id: int, ids: Numbers) -> Numbers:
    # Each factor stays below 2^31, and so each product below 2^62.
    start = (ids % MODULUS + campaign_id * STRIDE % MODULUS) % MODULUS
    squared = start * start % MODULUS
    return squared * squared % MODULUS * start % MODULUS


def weight(n_recent: int) -> int:
    """Say how much one more offer weighs on somebody who had ``n_recent`` of late."""
    return (n_recent + 1) ** 2


@dataclass(frozen=True, slots=True)
class _Group:
    """One limit: each person's group (the last one has no limit) and how many of each group are free."""

    of: Codes
    free: Numbers

    def left(self, taken: Numbers) -> Numbers:
        """Give how many of each group are still free beside those taken."""
        return self.free - np.bincount(self.of[taken], minlength=len(self.free))


@dataclass(frozen=True, slots=True)
class _Problem:
    """The people as arrays, in the order in which equals are taken, and the limits on them."""

    ids: Numbers
    reach: Numbers
    weight: Numbers
    need: int
    groups: tuple[_Group, ...]

    def keys(self, price: float) -> Reals:
        """Give what taking each person costs, less what their reach is worth."""
        return self.weight - price * self.reach

    def take(self, price: float) -> Numbers:
        """Give the positions of whoever is worth it at a price, best first, as far as the limits go."""
        keys = self.keys(price)
        worth = np.flatnonzero(keys < 0)
        waiting = worth[np.argsort(keys[worth], kind="stable")]
        taken: Numbers = np.empty(0, dtype=np.int64)
        # One limit after another turns away some whom a later limit would have made room for: they are asked again.
        for _ in range(PASSES):
            more = waiting
            for group in self.groups:
                more = _within(more, group, group.left(taken))
            if not len(more):
                break
            taken = np.concatenate([taken, more])
            waiting = waiting[~np.isin(waiting, more)]
        return taken[np.argsort(keys[taken], kind="stable")]

    def at(self, price: float, *, swap: bool) -> Numbers:
        """Do as ``take``, and where it is worth it let one come in for the worst of each group that is full."""
        taken = self.take(price)
        return _swapped(self, taken, self.keys(price)) if swap else taken


def _swapped(problem: _Problem, taken: Numbers, keys: Reals) -> Numbers:
    inside = np.zeros(len(keys), dtype=bool)
    inside[taken] = True
    for _ in range(len(keys)):
        taken = np.flatnonzero(inside)
        taken = taken[np.argsort(keys[taken], kind="stable")]
        out = _must_leave(problem, taken)
        gain = keys - np.where(out >= 0, keys[out], 0.0).sum(axis=0)
        gain[inside] = 0.0
        best = int(np.argmin(gain))
        if gain[best] > -EPSILON:
            break
        inside[out[:, best][out[:, best] >= 0]] = False
        inside[best] = True
    return taken


def _must_leave(problem: _Problem, taken: Numbers) -> Numbers:
    """Give whom each person would put out, one row a limit: the worst of a group that is full, once; else -1.

    A group that is full with nobody of the present choice in it lets nobody in: there it names the person themself,
    which makes their coming worth nothing.
    """
    rows: list[Numbers] = []
    for group in problem.groups:
        last = np.full(len(group.free), -2)
        last[group.of[taken]] = taken
        worst = np.where((group.left(taken) <= 0)[group.of], last[group.of], -1)
        worst = np.where(worst == -2, np.arange(len(worst)), worst)
        for earlier in rows:
            worst = np.where(worst == earlier, -1, worst)
        rows.append(worst)
    return np.stack(rows)


def _within(order: Numbers, group: _Group, left: Numbers) -> Numbers:
    """Keep of each group as many as are left, in the given order."""
    codes = group.of[order]
    by_group = np.argsort(codes, kind="stable")
    ordered = codes[by_group]
    place = np.empty(len(order), dtype=np.int64)
    place[by_group] = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return order[place < left[codes]]


def choose(campaign_id: int, people: Sequence[Candidate], need: int, limits: Limits) -> list[int]:
    """Choose who is asked; where the limits leave too few, everybody whom they leave.

    Args:
        campaign_id: the seed of the draw, which settles what nothing else does.
        people: whoever may be asked, each with a reach of at least one.
        need: followers still to be addressed.
        limits: what stands already.

    Returns:
        Their numbers, the least costly first. The same for the same people in any order.
    """
    if not people or need <= 0 or limits.n_wordings <= 0:
        return []
    ordered = _in_order(campaign_id, people)
    problem = _Problem(
        ids=np.array([each.id for each in ordered], dtype=np.int64),
        reach=np.array([each.reach for each in ordered], dtype=np.int64),
        weight=np.array([weight(each.n_recent) for each in ordered], dtype=np.int64),
        need=need,
        groups=(
            _group([each.unit for each in ordered], limits.n_wordings, limits.in_unit),
            _group([each.district for each in ordered], limits.n_wordings, limits.in_district),
        ),
    )
    regions = [each.region for each in ordered]
    return [int(each) for each in problem.ids[_spread(problem, regions, shares(regions, limits.spreading))]]


def _in_order(campaign_id: int, people: Sequence[Candidate]) -> list[Candidate]:
    """Give people as equals are taken: whoever was asked longest ago, and then by the draw."""
    ids = np.array([each.id for each in people], dtype=np.int64)
    last_s = np.array([each.last_at.timestamp() for each in people])
    return [people[each] for each in np.lexsort((_draws(campaign_id, ids), last_s))]


def shares(regions: Sequence[str], spreading: Mapping[str, int]) -> dict[str, float]:
    """Give each province's share of what is to be carried, summing to one.

    Even among the provinces that have anybody; where the claim's posts name provinces, half goes by how often.
    """
    present = sorted(set(regions))
    named = sum(spreading.get(region, 0) for region in present)
    even = 1 / len(present)
    if not named:
        return dict.fromkeys(present, even)
    return {region: (even + spreading.get(region, 0) / named) / 2 for region in present}


def _group(names: Sequence[str], limit: int, used: Mapping[str, int]) -> _Group:
    """Number groups by name; whoever has no name stands in the last, which has no limit."""
    known = {name: code for code, name in enumerate(sorted(set(names) - {""}))}
    free = [max(0, limit - used.get(name, 0)) for name in known]
    of = _codes([known.get(name, len(known)) for name in names])
    return _Group(of, np.array([*free, len(names)], dtype=np.int64))


def _codes(numbers: Sequence[int]) -> Codes:
    return np.array(numbers, dtype=np.min_scalar_type(max(numbers)))


def _spread(problem: _Problem, regions: Sequence[str], share: Mapping[str, float]) -> Numbers:
    """Solve with every region held to a few times its share; twice as much each time the reach is not met."""
    n_typical = problem.need / float(np.median(problem.reach))
    codes = {region: code for code, region in enumerate(share)}
    of = _codes([codes[region] for region in regions])
    allowance = SPREAD
    while True:
        free = np.array([max(1, int(np.ceil(allowance * n_typical * part))) for part in share.values()])
        found = _solve(replace(problem, groups=(*problem.groups, _Group(of, free))))
        if problem.reach[found].sum() >= problem.need or free.min() >= len(regions):
            return found
        allowance *= 2


def _solve(problem: _Problem) -> Numbers:
    """Bisect the price; of all that is enough keep the lightest."""
    few = len(problem.ids) <= FEW
    low, high = float(np.min(problem.weight / problem.reach)) / 2, float(problem.weight.max() + 1)
    best = problem.at(high, swap=few)
    if problem.reach[best].sum() < problem.need:
        return _settle(problem, best, high)
    for _ in range(BISECTIONS):
        middle = float(np.sqrt(low * high))
        found = problem.at(middle, swap=few)
        if (got := problem.reach[found].sum()) < problem.need:
            low = middle
            continue
        high = middle
        found = _trimmed(problem, found)
        if problem.weight[found].sum() <= problem.weight[best].sum():
            best = found
        if got - problem.need <= NEAR * problem.need and not few:
            break
    return _settle(problem, best, high)


def _trimmed(problem: _Problem, taken: Numbers) -> Numbers:
    """Leave out, worst first, whoever is not needed."""
    reach = problem.reach[taken].tolist()
    spare = sum(reach) - problem.need
    kept = np.ones(len(taken), dtype=bool)
    for place in range(len(taken) - 1, -1, -1):
        if reach[place] <= spare:
            spare -= reach[place]
            kept[place] = False
    return taken[kept]


def _settle(problem: _Problem, taken: Numbers, price: float) -> Numbers:
    """Mend a choice: first at its margin, then around it; many people even out what one of them costs."""
    keys = problem.keys(price)
    rounds = 1 if len(keys) <= CORE or len(taken) > MANY else ROUNDS
    # Not for secrecy: which people near the margin are tried together must be the same each time.
    dice = np.random.default_rng(0)
    for _ in range(rounds):
        taken = _settled(problem, taken, _core(problem, taken, keys, dice))
    return taken[np.argsort(keys[taken], kind="stable")]


@cache
def _subsets(n: int) -> npt.NDArray[np.float64]:
    """Give every subset of n things, one a row."""
    return ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(np.float64)


def _settled(problem: _Problem, taken: Numbers, core: Numbers) -> Numbers:
    """Try every subset of the core beside the rest; give the lightest with enough reach, else the one that has most."""
    fixed = taken[~np.isin(taken, core)]
    bits = _subsets(len(core))
    allowed = np.ones(len(bits), dtype=bool)
    for group in problem.groups:
        codes = np.unique(group.of[core])
        members = (group.of[core][:, None] == codes).astype(np.float64)
        allowed &= (bits @ members <= group.left(fixed)[codes]).all(axis=1)
    reach = bits @ problem.reach[core].astype(np.float64) + problem.reach[fixed].sum()
    weights = bits @ problem.weight[core].astype(np.float64)
    enough = allowed & (reach >= problem.need)
    if enough.any():
        best = int(np.argmin(np.where(enough, weights, np.inf)))
    else:
        best = int(np.argmax(np.where(allowed, reach, -1.0)))
    return np.concatenate([fixed, core[bits[best] == 1]])


def _core(problem: _Problem, taken: Numbers, keys: Reals, dice: np.random.Generator) -> Numbers:
    """Give the people whose place is least sure, half of them the nearest and half drawn from those around."""
    if len(keys) <= CORE:
        return np.arange(len(keys))
    nearest = np.argsort(_doubt(problem, taken, keys), kind="stable")
    around = nearest[CORE // 2 : AROUND]
    return np.sort(np.concatenate([nearest[: CORE // 2], dice.choice(around, CORE - CORE // 2, replace=False)]))


def _doubt(problem: _Problem, taken: Numbers, keys: Reals) -> Reals:
    """Say of everybody how little it would take to change their place: nothing at the margin itself.

    Somebody whom a full group keeps out stands against the worst of that group, and that one against them.
    """
    inside = np.zeros(len(keys), dtype=bool)
    inside[taken] = True
    order = taken[np.argsort(keys[taken], kind="stable")]
    worst, rival = np.zeros(len(keys)), np.full(len(keys), -1)
    for group in problem.groups:
        last = np.full(len(group.free), -1)
        last[group.of[order]] = order
        standing = last[group.of]
        blocked = ~inside & (group.left(taken) <= 0)[group.of] & (standing >= 0) & (keys[standing] < worst)
        worst, rival = np.where(blocked, keys[standing], worst), np.where(blocked, standing, rival)
    doubt = np.abs(keys - worst)
    held = rival >= 0
    np.minimum.at(doubt, rival[held], doubt[held])
    return doubt


# ---- wordings --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Carrier:
    """Somebody who gets a wording: no two of one unit or one district get the same; empty means not known."""

    id: int
    unit: str
    district: str


def wordings(people: Sequence[Carrier], given: Sequence[tuple[Carrier, int]], n: int) -> dict[int, int]:
    """Give each of ``people`` a wording from 1 to ``n``, so that each wording is used about as often.

    Each person joins one unit to one district, and a wording is a colour of that line. Where nobody has more lines
    than there are colours, n colours are always enough (Kőnig 1916): where no colour is free at both ends, two colours
    change places along the path that begins there. Colours that others hold already do not change; somebody for whom
    that leaves none is left out.
    """
    palette = _Palette(n)
    for carrier, wording in given:
        palette.put(carrier, wording, fixed=True)
    for carrier in people:
        palette.add(carrier)
    return palette.found


class _Palette:
    """Who holds which colour at which unit and district."""

    def __init__(self, n: int) -> None:
        self.at: dict[tuple[str, str], dict[int, Carrier]] = {}
        self.found: dict[int, int] = {}
        self.used: Counter[int] = Counter(dict.fromkeys(range(1, n + 1), 0))
        self.fixed: set[int] = set()

    @staticmethod
    def ends(carrier: Carrier) -> Sequence[tuple[str, str]]:
        return [end for end in (("unit", carrier.unit), ("district", carrier.district)) if end[1]]

    def put(self, carrier: Carrier, colour: int, *, fixed: bool = False) -> None:
        for end in self.ends(carrier):
            self.at.setdefault(end, {})[colour] = carrier
        self.used[colour] += 1
        if fixed:
            self.fixed.add(carrier.id)
        else:
            self.found[carrier.id] = colour

    def free(self, ends: Sequence[tuple[str, str]]) -> int | None:
        """Give the least used of the colours that nobody holds at any of these ends."""
        left = set(self.used)
        for end in ends:
            left.difference_update(self.at.get(end, ()))
        return min(left, key=lambda colour: (self.used[colour], colour), default=None)

    def add(self, carrier: Carrier) -> None:
        ends = self.ends(carrier)
        colour = self.free(ends)
        if colour is None:
            # Each end by itself; where one has no free colour there is nothing to change places.
            wanted, mine = (self.free([end]) for end in (ends[0], ends[-1]))
            if wanted is None or mine is None or not self._swap(ends[-1], mine, wanted):
                return
            colour = wanted
        self.put(carrier, colour)

    def _swap(self, start: tuple[str, str], mine: int, wanted: int) -> bool:
        """Let ``wanted`` become free at ``start``, where ``mine`` is, by changing the two along the path from there."""
        path, end, colour = [], start, wanted
        while (carrier := self.at.get(end, {}).get(colour)) is not None:
            if carrier.id in self.fixed:
                return False
            path.append((carrier, colour))
            end = next((other for other in self.ends(carrier) if other != end), ("", ""))
            colour = mine if colour == wanted else wanted
        for carrier, old in path:
            for each in self.ends(carrier):
                if self.at[each].get(old) is carrier:
                    del self.at[each][old]
        for carrier, old in path:
            self.used[old] -= 1
            self.put(carrier, mine if old == wanted else wanted)
        return True
