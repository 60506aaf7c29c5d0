"""Eligibility, planning and release as sets: one statement each, whatever the number of people.

The rules are those of ``desk.eligibility`` and ``desk.routing``; property tests hold the two together. Nothing here
reads what became of an offer: burden and caps look at *when* somebody was last offered something, and no statement
names the column in which a reason for declining is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    String,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from serving.db.tables import (
    Campaign,
    Clarification,
    Delivery,
    FollowerEvidence,
    Influencer,
    InfluencerTopic,
    Ministry,
    Offer,
)
from serving.db.types import Json, UtcTime
from serving.vocabulary import (
    CampaignKind,
    CampaignState,
    Category,
    ClarificationState,
    DeliveryState,
    OfferState,
    Platform,
)

# The draw that breaks ties: x -> x^5 modulo a prime, which is a permutation because 5 does not divide MODULUS - 1, and
# which 64-bit integers of both databases can compute.
MODULUS = 2**31 - 1
STRIDE = 1_000_003


@dataclass(frozen=True, slots=True)
class Line:
    """The line to reach, as moments and numbers: evidence must be newer than ``measured_after``."""

    now: datetime
    min_followers: int
    measured_after: datetime
    consent_version: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a campaign is for; an empty list means everybody."""

    campaign_id: int
    topic: str
    ministries: tuple[str, ...]
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many to choose: until ``reach`` followers are addressed, leaving out whoever has enough waiting.

    Burden counts offers since ``recent_since``.
    """

    reach: int
    max_waiting: int
    recent_since: datetime
    n_variants: int


@dataclass(frozen=True, slots=True)
class Zone:
    """One time zone outside its quiet hours, and when its present day began (UTC)."""

    timezone: str
    day_began: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """What may leave now: zones that are awake, offers a day, and the last moment before which the gap is kept.

    In an election period the whole category of politics stays where it is, whatever two humans answered.
    """

    zones: tuple[Zone, ...]
    per_day: int
    last_before: datetime
    lifetime: timedelta
    in_election: bool
    limit: int


class _Object(FunctionElement[Any]):
    """A JSON object made by the database from names and values."""

    type = Json
    inherit_cache = True


@compiles(_Object)
def _object_sqlite(element: _Object, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_object({compiler.process(element.clauses, **kw)})"


@compiles(_Object, "postgresql")
def _object_postgresql(element: _Object, compiler: SQLCompiler, **kw: Any) -> str:
    return f"jsonb_build_object({compiler.process(element.clauses, **kw)})"


def _text(value: str) -> ColumnElement[str]:
    return cast(literal(value, String), Text)


def _newest(platform: Platform) -> ScalarSelect[int]:
    """Give the number of the latest evidence of the outer query's person on one platform."""
    return (
        select(FollowerEvidence.id)
        .where(FollowerEvidence.influencer_id == Influencer.id, FollowerEvidence.platform == platform)
        .order_by(FollowerEvidence.measured_at.desc(), FollowerEvidence.id.desc())
        .limit(1)
        .correlate(Influencer)
        .scalar_subquery()
    )


def eligible(line: Line) -> Select[int, int]:
    """Select id and reach of everybody with nothing missing; more conditions can be added to it."""
    latest = {platform: aliased(FollowerEvidence, name=platform.value) for platform in Platform}
    reach: ColumnElement[int] = literal_column("0", Integer)
    for row in latest.values():
        reach = reach + row.count
    query = select(Influencer.id.label("id"), reach.label("reach")).join(
        Ministry, Ministry.id == Influencer.ministry_id
    )
    for platform, row in latest.items():
        query = query.join(row, row.id == _newest(platform)).where(
            row.held.is_(False), row.count >= line.min_followers, row.measured_at > line.measured_after
        )
    return query.where(
        Influencer.active.is_(True),
        Influencer.consent_version == line.consent_version,
        Influencer.paused_at.is_(None),
        Influencer.left_at.is_(None),
        Ministry.live_at <= line.now,
    )


def audience(line: Line, wanted: Audience) -> Select[int, int]:
    """Select id and reach of the eligible people whom a campaign is for."""
    query = eligible(line).where(
        exists().where(InfluencerTopic.influencer_id == Influencer.id, InfluencerTopic.topic == wanted.topic)
    )
    if wanted.ministries:
        query = query.where(Ministry.code.in_(wanted.ministries))
    if wanted.regions:
        query = query.where(Influencer.region.in_(wanted.regions))
    return query


def _not_yet(campaign_id: int) -> ColumnElement[bool]:
    return ~exists().where(Offer.campaign_id == campaign_id, Offer.influencer_id == Influencer.id)


def _draw(campaign_id: int, person: SQLColumnExpression[int]) -> ColumnElement[int]:
    """Give a person's place in this campaign's draw; ``desk.routing.draw`` is the same in Python."""
    x = (cast(person, BigInteger) + campaign_id * STRIDE) % MODULUS
    square = x * x % MODULUS
    return square * square % MODULUS * x % MODULUS


def _ranked(line: Line, wanted: Audience, plan: Plan) -> FromClause:
    """Order the audience by burden: fewest recent offers, then longest ago, then the draw."""
    waiting = (
        select(func.count())
        .where(Offer.influencer_id == Influencer.id, Offer.state == OfferState.PLANNED)
        .correlate(Influencer)
        .scalar_subquery()
    )
    n_recent = (
        select(func.count())
        .where(Offer.influencer_id == Influencer.id, Offer.offered_at >= plan.recent_since)
        .correlate(Influencer)
        .scalar_subquery()
    )
    last = (
        select(func.max(Offer.offered_at))
        .where(Offer.influencer_id == Influencer.id)
        .correlate(Influencer)
        .scalar_subquery()
    )
    people = (
        audience(line, wanted)
        .add_columns(
            Ministry.code.label("ministry"),
            Influencer.region.label("region"),
            (n_recent + waiting).label("n_recent"),
            last.label("last_at"),
            _draw(wanted.campaign_id, Influencer.id).label("draw"),
        )
        .where(_not_yet(wanted.campaign_id), waiting < plan.max_waiting)
        .subquery("people")
    )
    order = (people.c.n_recent, people.c.last_at.asc().nulls_first(), people.c.draw, people.c.id)
    return select(
        people,
        func.sum(people.c.reach).over(order_by=order, rows=(None, 0)).label("so_far"),
        func.row_number().over(order_by=order).label("place"),
    ).subquery("ranked")


def plan_offers(session: Session, line: Line, wanted: Audience, plan: Plan) -> int:
    """Write planned offers for the least burdened people until the reach is met; give how many."""
    ranked = _ranked(line, wanted, plan)
    variant = cast((ranked.c.place - 1) % plan.n_variants + 1, Integer)
    why = _Object(
        _text("topic"),
        _text(wanted.topic),
        _text("ministry"),
        ranked.c.ministry,
        _text("region"),
        ranked.c.region,
        _text("rule"),
        _text(_rule(wanted)),
    )
    rows = select(
        literal(wanted.campaign_id, BigInteger),
        ranked.c.id,
        cast(literal(OfferState.PLANNED.value), String),
        variant,
        why,
        literal(line.now, UtcTime),
    ).where(ranked.c.so_far - ranked.c.reach < plan.reach)
    statement = insert(Offer).from_select(
        ["campaign_id", "influencer_id", "state", "variant", "why", "planned_at"], rows, include_defaults=False
    )
    return _count(session.execute(statement.execution_options(preserve_rowcount=True)))


def _rule(wanted: Audience) -> str:
    """Name which parts of the audience chose somebody, such as ``topic+region``."""
    parts = ["topic"]
    if wanted.ministries:
        parts.append("ministry")
    if wanted.regions:
        parts.append("region")
    return "+".join(parts)


def _count(result: Any) -> int:
    assert isinstance(result, CursorResult)  # noqa: S101 - of a changing statement
    return result.rowcount


@dataclass(frozen=True, slots=True)
class Cell:
    """People and reach in one ministry and province."""

    ministry: str
    region: str
    n_people: int
    reach: int


def audience_cells(session: Session, line: Line, wanted: Audience) -> list[Cell]:
    """Count the audience by ministry and province."""
    people = (
        audience(line, wanted)
        .add_columns(Ministry.code.label("ministry"), Influencer.region.label("region"))
        .subquery()
    )
    query = select(people.c.ministry, people.c.region, func.count(), func.sum(people.c.reach)).group_by(
        people.c.ministry, people.c.region
    )
    return [Cell(ministry, region, int(n), int(reach)) for ministry, region, n, reach in session.execute(query)]


def planned_reach(session: Session, campaign_id: int) -> int:
    """Sum the latest counts of everybody who has an offer of this campaign that was not recalled."""
    total: ColumnElement[int] = sum(
        (func.coalesce(_newest_count(platform), 0) for platform in Platform), start=literal_column("0")
    )
    query = (
        select(func.coalesce(func.sum(total), 0))
        .select_from(Offer)
        .join(Influencer, Influencer.id == Offer.influencer_id)
        .where(Offer.campaign_id == campaign_id, Offer.state != OfferState.RECALLED)
    )
    return int(session.execute(query).scalar_one())


def _newest_count(platform: Platform) -> ScalarSelect[int]:
    row = aliased(FollowerEvidence)
    return select(row.count).where(row.id == _newest(platform)).correlate(Influencer).scalar_subquery()


# ---- release ---------------------------------------------------------------------------------------------------


def lock_live(session: Session) -> list[int]:
    """Lock every live campaign in order of number: releases, freezes and ends then happen one after another."""
    query = select(Campaign.id).where(Campaign.state == CampaignState.LIVE).order_by(Campaign.id).with_for_update()
    return list(session.scalars(query))


def _routable(now: datetime, *, in_election: bool) -> ColumnElement[bool]:
    """Say of a campaign that it is live, in its window, not political, and still says what was approved."""
    news = and_(
        Campaign.kind == CampaignKind.PROGRAMME, *([Campaign.category != Category.POLITICS] if in_election else [])
    )
    stands = exists().where(
        *([Clarification.category != Category.POLITICS] if in_election else []),
        Clarification.id == Campaign.clarification_id,
        Clarification.state == ClarificationState.PUBLISHED,
        Clarification.political.is_(False),
        or_(Clarification.valid_until.is_(None), Clarification.valid_until > now),
    )
    return and_(
        Campaign.state == CampaignState.LIVE,
        Campaign.approver_id.is_not(None),
        Campaign.starts_at <= now,
        Campaign.ends_at > now,
        Campaign.political_author.is_(False),
        Campaign.political_approver.is_(False),
        or_(news, stands),
    )


def _awake_and_free(release: Release) -> ColumnElement[bool]:
    """Say of a person that it is not night where they are, and that neither day's cap nor gap is used up."""
    offered = aliased(Offer)
    since = case(*((Influencer.timezone == zone.timezone, literal(zone.day_began, UtcTime)) for zone in release.zones))
    n_today = (
        select(func.count())
        .where(offered.influencer_id == Influencer.id, offered.offered_at >= since)
        .correlate(Influencer)
        .scalar_subquery()
    )
    too_soon = (
        exists()
        .where(offered.influencer_id == Influencer.id, offered.offered_at > release.last_before)
        .correlate(Influencer)
    )
    return and_(
        Influencer.timezone.in_([zone.timezone for zone in release.zones]), n_today < release.per_day, ~too_soon
    )


def release_offers(session: Session, line: Line, release: Release) -> int:
    """Turn planned offers into open ones, at most one a person at a time, and write their deliveries.

    Campaigns that end soonest go first. The caller holds the locks of ``lock_live``.
    """
    if not release.zones:
        return 0
    people = eligible(line).where(_awake_and_free(release)).with_only_columns(Influencer.id)
    candidates = (
        select(
            Offer.id.label("id"),
            Campaign.ends_at.label("ends_at"),
            func.row_number()
            .over(partition_by=Offer.influencer_id, order_by=(Campaign.ends_at, Offer.id))
            .label("nth"),
        )
        .join(Campaign, Campaign.id == Offer.campaign_id)
        .where(
            Offer.state == OfferState.PLANNED,
            _routable(line.now, in_election=release.in_election),
            Offer.influencer_id.in_(people),
        )
        .subquery("candidates")
    )
    chosen = (
        select(candidates.c.id)
        .where(candidates.c.nth == 1)
        .order_by(candidates.c.ends_at, candidates.c.id)
        .limit(release.limit)
    )
    campaign_end = select(Campaign.ends_at).where(Campaign.id == Offer.campaign_id).correlate(Offer).scalar_subquery()
    latest_end = literal(line.now + release.lifetime, UtcTime)
    statement = (
        update(Offer)
        .where(Offer.id.in_(chosen), Offer.state == OfferState.PLANNED)
        .values(
            state=OfferState.OFFERED,
            offered_at=line.now,
            expires_at=case((campaign_end < latest_end, campaign_end), else_=latest_end),
        )
        .execution_options(synchronize_session=False)
    )
    n = _count(session.execute(statement))
    if n:
        _write_deliveries(session, line.now)
    return n


def _write_deliveries(session: Session, now: datetime) -> None:
    """Write one delivery for each offer released at this moment to somebody with an address."""
    key = _text("offer:") + cast(Offer.id, String)
    rows = (
        select(
            key,
            _text("email"),
            Offer.influencer_id,
            Offer.id,
            _text(DeliveryState.PENDING.value),
            literal(0, Integer),
            literal(now, UtcTime),
            _text(""),
        )
        .join(Influencer, Influencer.id == Offer.influencer_id)
        .where(
            Offer.offered_at == now,
            Offer.state == OfferState.OFFERED,
            Influencer.sealed_email.is_not(None),
            ~exists().where(Delivery.offer_id == Offer.id),
        )
    )
    session.execute(
        insert(Delivery).from_select(
            ["key", "channel", "influencer_id", "offer_id", "state", "attempts", "not_before", "last_error"],
            rows,
            include_defaults=False,
        )
    )


# ---- figures ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Funnel:
    """What came of one campaign in one ministry: each number counts the people who came at least that far."""

    ministry: str
    planned: int
    offered: int
    accepted: int
    posted: int
    verified: int


def funnel(session: Session, campaign_id: int) -> list[Funnel]:
    """Count by ministry how far offers of one campaign came; a decline is not told apart from no answer."""
    accepted = (OfferState.ACCEPTED, OfferState.POSTED, OfferState.VERIFIED)

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = (
        select(
            Ministry.code,
            func.count(),
            count(Offer.offered_at.is_not(None)),
            count(Offer.state.in_(accepted)),
            count(Offer.state.in_(accepted[1:])),
            count(Offer.state == OfferState.VERIFIED),
        )
        .select_from(Offer)
        .join(Influencer, Influencer.id == Offer.influencer_id)
        .join(Ministry, Ministry.id == Influencer.ministry_id)
        .where(Offer.campaign_id == campaign_id)
        .group_by(Ministry.code)
        .order_by(Ministry.code)
    )
    return [Funnel(row[0], *(int(value) for value in row[1:])) for row in session.execute(query)]


def coverage(session: Session, line: Line) -> list[tuple[Cell, int]]:
    """Count by ministry and province the eligible (with their reach) and, beside them, everybody who has not left."""
    good = eligible(line).subquery()
    query = (
        select(
            Ministry.code,
            Influencer.region,
            func.count(good.c.id),
            func.coalesce(func.sum(good.c.reach), 0),
            func.count(),
        )
        .select_from(Influencer)
        .join(Ministry, Ministry.id == Influencer.ministry_id)
        .join(good, good.c.id == Influencer.id, isouter=True)
        .where(Influencer.left_at.is_(None))
        .group_by(Ministry.code, Influencer.region)
    )
    return [
        (Cell(ministry, region, int(n), int(reach)), int(everybody))
        for ministry, region, n, reach, everybody in session.execute(query)
    ]
