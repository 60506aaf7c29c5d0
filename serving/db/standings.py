"""The kept rows of ``standings``: looked over in bulk, and the window in which offers weigh moved forward.

Triggers keep each row in the transaction that changes what it tells of. The look here computes the same from the
ground, one statement for a range of people, and mends only rows that differ; it finds nothing unless somebody wrote
past the triggers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    Select,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from serving.db.changed import n_changed
from serving.db.dialect import insert_into, is_postgresql
from serving.db.tables import BurdenWindow, FollowerEvidence, Influencer, KeptStanding, Offer
from serving.db.types import UtcTime
from serving.vocabulary import OfferState, Platform

# Stands for never in a kept row, so that whoever was never asked comes first along the index.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

# What a person settled or passed, which the kept row repeats as it is.
OWN = (
    "clarification_consent",
    "programme_consent",
    "facebook_consent",
    "x_consent",
    "instagram_consent",
    "quiet_from",
    "quiet_until",
    "trained_version",
)


def highest(session: Session) -> int:
    """Give the highest number of a person; 0 where there is nobody."""
    return session.scalar(select(func.max(Influencer.id))) or 0


def since(session: Session) -> datetime:
    """Give since when offers weigh, under a lock: only one moves the window at a time."""
    return session.execute(select(BurdenWindow.since).with_for_update()).scalar_one()


def advance(session: Session, to: datetime) -> None:
    """Let offers before ``to`` weigh no longer; nothing happens where the window has come that far."""
    start = since(session)
    if start >= to:
        return
    aged = select(Offer.influencer_id).where(Offer.offered_at >= start, Offer.offered_at < to)
    session.execute(update(BurdenWindow).values(since=to))
    mine = Offer.influencer_id == KeptStanding.influencer_id
    waits = func.count().filter(Offer.state == OfferState.PLANNED)
    waiting = select(waits).where(mine, Offer.offered_at.is_(None))
    recent = select(func.count()).where(mine, Offer.offered_at >= to)
    # In order of number, as the triggers lock them.
    session.execute(
        select(KeptStanding.influencer_id)
        .where(KeptStanding.influencer_id.in_(aged))
        .order_by(KeptStanding.influencer_id)
        .with_for_update()
    )
    session.execute(
        update(KeptStanding)
        .where(KeptStanding.influencer_id.in_(aged))
        .values(
            n_recent=waiting.correlate(KeptStanding).scalar_subquery()
            + recent.correlate(KeptStanding).scalar_subquery()
        )
        .execution_options(synchronize_session=False)
    )


def mend(session: Session, low: int, high: int) -> int:
    """Put right every kept row of the people ``low`` ≤ number < ``high`` that differs; give how many did."""
    if is_postgresql(session):
        # Compiled anew for each range, the statement would gain less than that costs. Where PostgreSQL has not counted
        # the tables yet it expects few rows, and would walk a whole range once for each person of it.
        session.execute(text("SELECT set_config('jit', 'off', true), set_config('enable_nestloop', 'off', true)"))
    return n_changed(session, _mending(session, low, high).execution_options(preserve_rowcount=True))


def _mending(session: Session, low: int, high: int) -> Insert:
    ground = _ground(low, high).subquery("ground")
    names = [column.name for column in ground.columns]
    # Said of this side too: else PostgreSQL reads the kept rows of everybody for each range.
    in_range = KeptStanding.influencer_id.between(low, high - 1)
    differs = or_(
        KeptStanding.influencer_id.is_(None),
        *(KeptStanding.__table__.c[name].is_distinct_from(ground.c[name]) for name in names[1:]),
    )
    rows = (
        select(ground)
        .join(KeptStanding, and_(KeptStanding.influencer_id == ground.c.influencer_id, in_range), isouter=True)
        .where(differs)
        # What is missing goes in by place, as indexes have it; what differs is locked by number, as triggers do.
        .order_by(
            *(case((KeptStanding.influencer_id.is_(None), ground.c[name])) for name in ("region", "place")),
            ground.c.influencer_id,
        )
    )
    adding = insert_into(session, KeptStanding).from_select(names, rows, include_defaults=False)
    return adding.on_conflict_do_update(
        index_elements=[KeptStanding.influencer_id], set_={name: adding.excluded[name] for name in names[1:]}
    )


def _ground(low: int, high: int) -> Select[Any]:
    """Compute the kept facts of a range of people from their own rows, evidence and offers."""
    evidence, burden = _latest(low, high), _burden(low, high)
    willing = and_(
        Influencer.active,
        Influencer.consent_version.is_not(None),
        Influencer.paused_at.is_(None),
        Influencer.left_at.is_(None),
    )
    return (
        select(
            Influencer.id.label("influencer_id"),
            Influencer.ministry_id,
            Influencer.region,
            case((Influencer.district == "", Influencer.region), else_=Influencer.district).label("place"),
            Influencer.unit,
            Influencer.timezone,
            cast(Influencer.topics, Text).label("topics"),
            Influencer.consent_version,
            *(Influencer.__table__.c[name] for name in OWN),
            willing.label("willing"),
            *(evidence.c[platform.value] for platform in Platform),
            evidence.c.oldest_at,
            func.coalesce(evidence.c.held, false()).label("held"),
            func.coalesce(burden.c.n_recent, 0).label("n_recent"),
            func.coalesce(burden.c.n_waiting, 0).label("n_waiting"),
            func.coalesce(burden.c.last_at, literal(NEVER, UtcTime)).label("last_at"),
        )
        .join(evidence, evidence.c.influencer_id == Influencer.id, isouter=True)
        .join(burden, burden.c.influencer_id == Influencer.id, isouter=True)
        .where(Influencer.id >= low, Influencer.id < high)
    )


def _latest(low: int, high: int) -> FromClause:
    """Give each person's latest counts in one row."""
    numbered = (
        select(
            FollowerEvidence.influencer_id,
            FollowerEvidence.platform,
            FollowerEvidence.count,
            FollowerEvidence.measured_at,
            FollowerEvidence.held,
            func.row_number()
            .over(
                partition_by=(FollowerEvidence.influencer_id, FollowerEvidence.platform),
                order_by=(FollowerEvidence.measured_at.desc(), FollowerEvidence.id.desc()),
            )
            .label("nth"),
        )
        .where(FollowerEvidence.influencer_id >= low, FollowerEvidence.influencer_id < high)
        .subquery("numbered")
    )
    all_three = func.count() == len(Platform)
    return (
        select(
            numbered.c.influencer_id,
            *(
                func.max(case((numbered.c.platform == platform, numbered.c["count"]))).label(platform.value)
                for platform in Platform
            ),
            case((all_three, func.min(numbered.c.measured_at))).label("oldest_at"),
            (func.max(case((numbered.c.held, 1), else_=0)) == 1).label("held"),
        )
        .where(numbered.c.nth == 1)
        .group_by(numbered.c.influencer_id)
        .subquery("latest")
    )


def _burden(low: int, high: int) -> FromClause:
    """Count each person's offers: those waiting, those that weigh, and the last."""
    start = select(BurdenWindow.since).scalar_subquery()
    waits = Offer.state == OfferState.PLANNED

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    return (
        select(
            Offer.influencer_id,
            count(waits).label("n_waiting"),
            count(or_(waits, Offer.offered_at >= start)).label("n_recent"),
            func.max(Offer.offered_at).label("last_at"),
        )
        .where(Offer.influencer_id >= low, Offer.influencer_id < high)
        .group_by(Offer.influencer_id)
        .subquery("burden")
    )
