"""The circuit breaker: the service stops offering anything by itself, and only two people let it go on.

Each signal has two thresholds. It rises at one and counts as high until it has come down to the other, so that a figure
that swings around a threshold trips once. Only a signal that *rises* trips: what was high when two people reopened does
not trip again until it came down, and what is counted over a window is counted from their reopening on, so that what
they knew is not held against them and what happens afterwards is. The cost: a signal that stays high after reopening
is watched by people, not by the service.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from serving.db import Session, people
from serving.db import appeals as appeal_rows
from serving.db import breaker as rows
from serving.db.tables import Breaker, BreakerFreeze
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.states import BreakerStep, next_breaker_state
from serving.errors import ConflictError, InvalidInputError, SameHumanError
from serving.i18n import mark
from serving.vocabulary import BreakerSignal, BreakerState, Role

PEOPLE: Final = (Role.MANAGER, Role.APPROVER)


class RoutingFrozenError(ConflictError):
    """Nothing is offered at present."""

    code = "routing-frozen"


class MovedOnError(ConflictError):
    """Another proposal waits than the one that was read."""

    code = "breaker-moved-on"


# ---- the rule --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """When one signal rises, and when it has come down.

    Attributes:
        trip: it rises at this value.
        clear: it has come down at this one or below.
        least: of so many cases at least; a share of few says nothing.
        window: over how long it is counted; none for what stands at this moment.
    """

    trip: float
    clear: float
    least: int
    window: timedelta | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Every limit, in one object that the rule, the screens and the documents read.

    They are judgements from before the first campaign, not measurements: low enough to be tripped by mistake now and
    then, because a freeze costs hours and a wrong label carried by thousands costs trust.
    """

    reversals: Limit = Limit(trip=0.10, clear=0.05, least=3, window=timedelta(days=7))
    complaints: Limit = Limit(trip=20, clear=5, least=20, window=timedelta(days=1))
    open_appeals: Limit = Limit(trip=10, clear=4, least=10, window=None)
    same_wording: Limit = Limit(trip=0.60, clear=0.45, least=20, window=timedelta(days=7))

    def of(self, signal: BreakerSignal) -> Limit:
        """Give the limit of one signal."""
        limit: Limit = getattr(self, signal.value)
        return limit


LIMITS: Final = Limits()
# Of one clarification no more complaints count: whoever minds a single one freezes its campaign, not everything.
COMPLAINTS_OF_ONE: Final = 10
SHARES: Final = frozenset({BreakerSignal.REVERSALS, BreakerSignal.SAME_WORDING})


@dataclass(frozen=True, slots=True)
class Reading:
    """What one signal stands at: its value, and of how many cases (for a share: how many it speaks of)."""

    value: float
    n: int


def high_after(
    before: frozenset[BreakerSignal], readings: Mapping[BreakerSignal, Reading], limits: Limits = LIMITS
) -> frozenset[BreakerSignal]:
    """Give the signals that are high now; those among them that were not before have risen."""
    high = set()
    for signal, reading in readings.items():
        limit = limits.of(signal)
        rises = reading.value >= limit.trip and reading.n >= limit.least
        stays = signal in before and reading.value > limit.clear
        if rises or stays:
            high.add(signal)
    return frozenset(high)


def share_of_same_wording(counts: Sequence[tuple[int, int]]) -> Reading:
    """Give how likely two people who posted for one campaign used the same wording, over all campaigns.

    Args:
        counts: one row a campaign and wording: the campaign's number, and how many posted it.
    """
    by_campaign: defaultdict[int, list[int]] = defaultdict(list)
    for campaign_id, n in counts:
        by_campaign[campaign_id].append(n)
    same = sum(n * (n - 1) for found in by_campaign.values() for n in found)
    pairs = sum(sum(found) * (sum(found) - 1) for found in by_campaign.values())
    return Reading(same / pairs if pairs else 0.0, sum(n for _, n in counts))


# ---- the service's own watch -----------------------------------------------------------------------------------


def is_frozen(session: Session) -> bool:
    """Tell whether nothing may be offered."""
    return rows.is_frozen(session)


def check(ctx: Context) -> None:
    """Raise ``RoutingFrozenError`` while nothing may be offered."""
    if rows.is_frozen(ctx.session):
        raise RoutingFrozenError(mark("Semua penyaluran sedang dibekukan; dua orang yang berbeda membukanya lagi."))


def _since(ctx: Context, window: timedelta | None) -> datetime:
    """Give where a window begins: never before two people last let it go on."""
    start = ctx.now - (window or timedelta())
    reopened = rows.reopened_at(ctx.session)
    return max(start, reopened) if reopened else start


def measure(ctx: Context, limits: Limits = LIMITS) -> dict[BreakerSignal, Reading]:
    """Give what every signal stands at."""
    labels = rows.reversals(ctx.session, _since(ctx, limits.reversals.window))
    complaints = appeal_rows.complaints(ctx.session, _since(ctx, limits.complaints.window))
    n_complaints = sum(min(n, COMPLAINTS_OF_ONE) for n in complaints)
    n_contested = appeal_rows.n_contested(ctx.session)
    posted = rows.wordings_posted(ctx.session, _since(ctx, limits.same_wording.window))
    return {
        BreakerSignal.REVERSALS: Reading(labels.n_reversed / max(labels.n, 1), labels.n_reversed),
        BreakerSignal.COMPLAINTS: Reading(n_complaints, n_complaints),
        BreakerSignal.OPEN_APPEALS: Reading(n_contested, n_contested),
        BreakerSignal.SAME_WORDING: share_of_same_wording(posted),
    }


def watch(ctx: Context, limits: Limits = LIMITS) -> int:
    """Measure, and freeze everything where a signal has risen; give how many rose. The worker asks every minute."""
    row = rows.locked(ctx.session)
    readings = measure(ctx, limits)
    before = frozenset(BreakerSignal(name) for name in row.high)
    high = high_after(before, readings, limits)
    risen = sorted(high - before)
    row.high = sorted(high)
    row.figures = {signal.value: [reading.value, reading.n] for signal, reading in readings.items()}
    row.measured_at = ctx.now
    if risen and row.state is not BreakerState.FROZEN:
        _trip(ctx, row, BreakerFreeze(signals=risen))
    return len(risen)


def _trip(ctx: Context, row: Breaker, new: BreakerFreeze) -> None:
    """Freeze everything; a proposal to reopen that is waiting was made without knowing of this, and lapses."""
    row.state = next_breaker_state(row.state, BreakerStep.TRIP)
    there = rows.standing(ctx.session)
    if there is not None:
        there.signals = sorted({*there.signals, *new.signals})
        _forget_proposal(there)
    else:
        there = new
        there.at, there.figures = ctx.now, dict(row.figures)
        ctx.session.add(there)
    ctx.session.flush()
    audit.append(ctx, "breaker.trip", "breaker", there.id, signals=new.signals, figures=row.figures)


def _forget_proposal(freeze: BreakerFreeze) -> None:
    freeze.proposed_by_id, freeze.proposed_at, freeze.proposed_reason = None, None, ""


# ---- people ----------------------------------------------------------------------------------------------------


def pull(ctx: Context, reason: str) -> None:
    """Freeze everything at once; one person's step."""
    person = ctx.require(*PEOPLE)
    row = rows.locked(ctx.session)
    if row.state is BreakerState.REOPENING:
        raise ConflictError(mark("Semua penyaluran sudah dibekukan; tolak dahulu usulan yang menunggu."))
    _trip(ctx, row, BreakerFreeze(signals=[], reason=_reason(reason), frozen_by_id=person))


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidInputError(mark("Tulis alasannya."))
    return text.strip()


def _frozen(ctx: Context, step: BreakerStep) -> tuple[Breaker, BreakerFreeze, BreakerState]:
    """Give the breaker and its freeze under their lock, and where the step leads."""
    row = rows.locked(ctx.session)
    to = next_breaker_state(row.state, step)
    freeze = rows.standing(ctx.session)
    if freeze is None:
        raise ConflictError(mark("Tidak ada pembekuan yang dapat dibuka."))
    return row, freeze, to


def propose(ctx: Context, reason: str) -> BreakerFreeze:
    """Propose, as the first of two people, to let everything go on."""
    person = ctx.require(*PEOPLE)
    row, freeze, to = _frozen(ctx, BreakerStep.PROPOSE)
    freeze.proposed_reason = _reason(reason)
    freeze.proposed_by_id, freeze.proposed_at, row.state = person, ctx.now, to
    ctx.session.flush()
    audit.append(ctx, "breaker.propose", "breaker", freeze.id)
    return freeze


def withdraw(ctx: Context) -> BreakerFreeze:
    """Lay the proposal aside, one's own or another's; everything stays frozen."""
    ctx.require(*PEOPLE)
    row, freeze, to = _frozen(ctx, BreakerStep.WITHDRAW)
    _forget_proposal(freeze)
    row.state = to
    ctx.session.flush()
    audit.append(ctx, "breaker.withdraw", "breaker", freeze.id)
    return freeze


def reopen(ctx: Context, proposed_at: datetime) -> BreakerFreeze:
    """Let everything go on, as the second of two different people.

    Raises:
        MovedOnError: ``proposed_at``, the proposal that was read, is not the one that waits.
        SameHumanError: this person proposed it.
    """
    person = ctx.require(*PEOPLE)
    row, freeze, to = _frozen(ctx, BreakerStep.REOPEN)
    if freeze.proposed_at != proposed_at:
        raise MovedOnError(mark("Usulan itu bukan lagi yang menunggu; muat ulang halaman dan baca dahulu."))
    if person == freeze.proposed_by_id:
        raise SameHumanError(mark("Anda yang mengusulkannya; orang lain yang membuka penyaluran."))
    freeze.reopened_by_id, freeze.reopened_at = person, ctx.now
    # The freeze is closed before the breaker runs: the database refuses the other order.
    ctx.session.flush()
    row.state = to
    ctx.session.flush()
    audit.append(ctx, "breaker.reopen", "breaker", freeze.id, proposed_by=freeze.proposed_by_id)
    return freeze


# ---- reading ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One signal on the board: what it stands at, and between which thresholds."""

    signal: BreakerSignal
    reading: Reading | None
    limit: Limit
    is_high: bool
    is_share: bool


@dataclass(frozen=True, slots=True)
class Freeze:
    """One freeze with the names of its people; empty where the service acted, or nobody yet."""

    row: BreakerFreeze
    frozen_by: str
    proposed_by: str
    reopened_by: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The board: whether anything is offered, what is measured, and what froze it before."""

    state: BreakerState
    measured_at: datetime | None
    lines: tuple[Line, ...]
    standing: Freeze | None
    may_agree: bool


@dataclass(frozen=True, slots=True)
class Freezes:
    """Freezes, newest first, and the number below which the next page begins."""

    rows: Sequence[Freeze]
    after: int | None


def _named(ctx: Context, found: Sequence[BreakerFreeze]) -> list[Freeze]:
    ids = {each for row in found for each in (row.frozen_by_id, row.proposed_by_id, row.reopened_by_id) if each}
    names: Mapping[int, str] = MappingProxyType(people.names(ctx.session, ids))
    return [
        Freeze(
            row,
            names.get(row.frozen_by_id or 0, ""),
            names.get(row.proposed_by_id or 0, ""),
            names.get(row.reopened_by_id or 0, ""),
        )
        for row in found
    ]


def _reading(stored: object) -> Reading | None:
    return Reading(float(stored[0]), int(stored[1])) if isinstance(stored, list) else None


def state(ctx: Context) -> BreakerState:
    """Say whether anything is offered, to whoever works with campaigns."""
    ctx.require(*PEOPLE)
    return rows.read(ctx.session).state


def overview(ctx: Context, limits: Limits = LIMITS) -> Overview:
    """Give the board."""
    person = ctx.require(*PEOPLE)
    row = rows.read(ctx.session)
    freeze = rows.standing(ctx.session)
    lines = tuple(
        Line(signal, _reading(row.figures.get(signal.value)), limits.of(signal), signal in row.high, signal in SHARES)
        for signal in BreakerSignal
    )
    return Overview(
        state=row.state,
        measured_at=row.measured_at,
        lines=lines,
        standing=_named(ctx, [freeze])[0] if freeze else None,
        may_agree=row.state is BreakerState.REOPENING and freeze is not None and freeze.proposed_by_id != person,
    )


def freezes(ctx: Context, *, after: int | None = None, limit: int = 20) -> Freezes:
    """Give what froze everything before, and who let it go on."""
    ctx.require(*PEOPLE)
    found = rows.freezes(ctx.session, after=after, limit=limit + 1)
    return Freezes(_named(ctx, found[:limit]), found[limit - 1].id if len(found) > limit else None)
