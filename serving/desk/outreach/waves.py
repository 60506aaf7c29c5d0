"""The roll-out by ministry: each with a manager, a day on which it begins, and limits of its own.

A limit on people holds at the door: whoever consents first is in, and nobody who is in is put out when it is lowered.
A limit on offers lowers the service's cap for the people of that ministry and never raises it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from serving.db import influencers as people
from serving.db import people as accounts
from serving.db import waves as rows
from serving.db.tables import Influencer, Ministry, User, Wave
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.suppression import is_enough
from serving.errors import ConflictError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import Role

PEOPLE_MAX = 5_000_000


class WaveFullError(ConflictError):
    """As many people of the ministry take part as its wave has room for."""

    code = "wave-full"


class StalePlanError(ConflictError):
    """Somebody else changed the plan since it was read."""

    code = "stale-plan"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a ministry's wave is to run.

    Attributes:
        live_at: when it begins; none = it stands still.
        manager: the account that looks after it; empty = any manager.
        people_max: how many may consent; none = as many as wish.
        offers_per_day: offers a person and day; none = the service's cap.
        training_required: whether only those who passed the training are asked.
    """

    live_at: datetime | None
    manager: str = ""
    people_max: int | None = None
    offers_per_day: int | None = None
    training_required: bool = False

    @property
    def mark(self) -> str:
        """Give a short text that is another one where anything of the plan is."""
        return hashlib.sha256(repr(replace(self, live_at=None)).encode() + str(self.live_at).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Rollout:
    """One ministry's wave as a manager reads it; ``n_joined`` is none where the group is too small to be shown."""

    ministry: Ministry
    plan: Plan
    n_joined: int | None


def rollouts(ctx: Context) -> list[Rollout]:
    """Give every ministry's wave, those that run first, then those that are to begin, by their day."""
    ctx.require(Role.MANAGER)
    waves, names, joined = rows.by_ministry(ctx.session), rows.managers(ctx.session), rows.joined(ctx.session)
    found = [
        Rollout(ministry, _plan(ministry, waves.get(ministry.id), names), _shown(ctx, joined.get(ministry.id, 0)))
        for ministry in people.ministries(ctx.session)
    ]
    return sorted(found, key=lambda each: (each.plan.live_at is None, each.plan.live_at or ctx.now, each.ministry.code))


def one(ctx: Context, code: str) -> Rollout:
    """Give one ministry's wave; raise ``NotFoundError`` where there is no such ministry."""
    ministry = _ministry(ctx, code)
    return next(each for each in rollouts(ctx) if each.ministry.id == ministry.id)


def _shown(ctx: Context, n: int) -> int | None:
    return n if is_enough(n, ctx.settings.min_group) else None


def _plan(ministry: Ministry, wave: Wave | None, names: dict[int, str]) -> Plan:
    if wave is None:
        return Plan(ministry.live_at)
    manager = names.get(wave.manager_id or 0, "")
    return Plan(ministry.live_at, manager, wave.people_max, wave.offers_per_day, wave.training_required)


def _ministry(ctx: Context, code: str) -> Ministry:
    row = people.ministry(ctx.session, code)
    if row is None:
        raise NotFoundError(mark("Tidak ada kementerian dengan kode “{code}”."), code=code)
    return row


def put(ctx: Context, code: str, plan: Plan, read: str = "") -> Rollout:
    """Put a plan in the place of a ministry's present one.

    Args:
        ctx: a manager's surroundings.
        code: the ministry's.
        plan: the new one, whole.
        read: the ``mark`` of the plan that it is meant to replace; empty = whatever stands.

    Raises:
        NotFoundError: there is no such ministry, or no manager with that account.
        InvalidInputError: a limit is out of range.
        StalePlanError: another plan stands by now.
    """
    ctx.require(Role.MANAGER)
    ministry = _ministry(ctx, code)
    _check_limits(ctx, plan)
    manager = _manager(ctx, plan.manager)
    wave = rows.locked(ctx.session, ministry.id)
    ctx.session.refresh(ministry)
    if read and read != _plan(ministry, wave, rows.managers(ctx.session)).mark:
        raise StalePlanError(mark("Rencana ini sudah diubah orang lain sejak Anda membukanya; muat ulang, lalu isi."))
    if wave is None:
        wave = Wave(ministry_id=ministry.id)
        ctx.session.add(wave)
    ministry.live_at = plan.live_at
    wave.manager_id = manager.id if manager else None
    wave.people_max, wave.offers_per_day = plan.people_max, plan.offers_per_day
    wave.training_required = plan.training_required
    ctx.session.flush()
    audit.append(
        ctx,
        "ministry.plan",
        "ministry",
        ministry.id,
        live_at=plan.live_at.isoformat() if plan.live_at else None,
        manager=wave.manager_id,
        people_max=plan.people_max,
        offers_per_day=plan.offers_per_day,
        training_required=plan.training_required,
    )
    return one(ctx, code)


def _check_limits(ctx: Context, plan: Plan) -> None:
    if plan.people_max is not None and not 1 <= plan.people_max <= PEOPLE_MAX:
        raise InvalidInputError(mark("Batas orang adalah bilangan antara 1 dan {n}."), n=PEOPLE_MAX)
    if plan.offers_per_day is not None and not 1 <= plan.offers_per_day <= max(1, ctx.settings.offers_per_day):
        raise InvalidInputError(
            mark("Batas tawaran sehari antara 1 dan {n}; untuk berhenti, hentikan gelombangnya."),
            n=ctx.settings.offers_per_day,
        )


def _manager(ctx: Context, name: str) -> User | None:
    if not name:
        return None
    user = accounts.user_by_name(ctx.session, name)
    if user is None or not user.active or Role.MANAGER not in user.roles:
        raise NotFoundError(mark("Tidak ada akun manajer bernama “{name}”."), name=name)
    return user


def check_room(ctx: Context, person: Influencer) -> None:
    """Refuse whoever would join a wave that is full; whoever takes part already is not counted twice."""
    if person.consent_version is not None and person.left_at is None:
        return
    wave = rows.locked(ctx.session, person.ministry_id)
    if wave is None or wave.people_max is None:
        return
    if rows.count_joined(ctx.session, person.ministry_id) >= wave.people_max:
        raise WaveFullError(
            mark("Gelombang di instansi Anda sudah penuh ({n} orang). Coba lagi nanti; Anda tidak kehilangan apa pun."),
            n=wave.people_max,
        )
