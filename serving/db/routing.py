"""Eligibility, planning and release as sets: one statement each, whatever the number of people.

The rules are those of ``desk.people.eligibility`` and ``desk.outreach.routing``; property tests hold the two together.
Nothing here reads what became of an offer: burden and caps look at *when* somebody was last offered something, and no
statement names the column in which a reason for declining is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    String,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from serving.db import chat, webhooks
from serving.db.appeals import campaign_is_contested
from serving.db.changed import n_changed
from serving.db.dialect import is_postgresql
from serving.db.merging import families
from serving.db.tables import (
    Campaign,
    Claim,
    ClaimPlace,
    ClaimSource,
    Clarification,
    Delivery,
    Influencer,
    KeptStanding,
    Ministry,
    Offer,
    Wave,
)
from serving.db.types import Json, UtcTime
from serving.vocabulary import (
    LINKED,
    SCOPE_VERSIONS,
    CampaignKind,
    CampaignState,
    Category,
    Channel,
    ClarificationState,
    ConsentScope,
    DeliveryState,
    OfferState,
    Platform,
)

Kept: TypeAlias = type[KeptStanding]


@dataclass(frozen=True, slots=True)
class Line:
    """The line to reach, as moments and numbers.

    Attributes:
        measured_after: evidence must be newer.
        ministries: where the programme runs at this moment.
        training_in: ministries that ask only those who passed ``training_version`` of the training.
    """

    now: datetime
    min_followers: int
    measured_after: datetime
    consent_version: str
    ministries: tuple[int, ...]
    training_version: str
    training_in: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a campaign is for; an empty list of ministries means everybody.

    Attributes:
        regions: where to look, never empty: the campaign's provinces, or all there are.
        everywhere: whether the campaign names none.
        platforms: whose followers count towards the reach: where the claim spreads, or all three.
        siblings: other campaigns about the same claim; whoever was offered one of them is not asked again.
        purpose: what its people must have agreed to, beside one of ``platforms``.
    """

    campaign_id: int
    topic: str
    ministries: tuple[str, ...]
    regions: tuple[str, ...]
    everywhere: bool
    platforms: tuple[Platform, ...]
    siblings: tuple[int, ...] = ()
    purpose: ConsentScope = ConsentScope.CLARIFICATION


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person who may be asked, as the choice sees them; an empty unit or district is not known.

    Attributes:
        reach: followers that count towards the campaign's reach.
        n_recent: offers that weigh, and those still waiting.
        last_at: when something was last offered; 1970 where nothing ever was.
        unit: with the ministry before it, so that two ministries' units of one name are two.
    """

    id: int
    reach: int
    n_recent: int
    last_at: datetime
    unit: str = ""
    district: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """One time zone outside everybody's quiet hours: when its day began (UTC), and which minute of it this is."""

    timezone: str
    day_began: datetime
    minute: int


@dataclass(frozen=True, slots=True)
class Needs:
    """What a campaign's people must have agreed to: its purpose, and one of its platforms at least."""

    purpose: ConsentScope
    platforms: tuple[Platform, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """What may leave now: zones that are awake, offers a day, and the last moment before which the gap is kept.

    ``lowered`` names ministries with a lower cap of offers a day of their own, at least one; ``needs`` says of each
    campaign what must have been agreed to, and a campaign that it does not name stays where it is. In an election
    period the whole category of politics stays where it is, whatever two humans answered.
    """

    zones: tuple[Zone, ...]
    per_day: int
    last_before: datetime
    lifetime: timedelta
    in_election: bool
    limit: int
    lowered: tuple[tuple[int, int], ...] = ()
    needs: Mapping[int, Needs] = field(default_factory=dict)


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


class _Rows(FunctionElement[Any]):
    """The elements of a JSON list as rows with one column, ``value``."""

    name = "rows"
    inherit_cache = True


@compiles(_Rows)
def _rows_sqlite(element: _Rows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(_Rows, "postgresql")
def _rows_postgresql(element: _Rows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **kw)} AS json))"


class _Item(FunctionElement[Any]):
    """One item of a JSON list, by its place."""

    inherit_cache = True


@compiles(_Item)
def _item_sqlite(element: _Item, compiler: SQLCompiler, **kw: Any) -> str:
    rows, place = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"json_extract({rows}, '$[' || {place} || ']')"


@compiles(_Item, "postgresql")
def _item_postgresql(element: _Item, compiler: SQLCompiler, **kw: Any) -> str:
    rows, place = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({rows} ->> {place})"


def _text(value: str) -> ColumnElement[str]:
    return cast(literal(value, String), Text)


def eligible(line: Line) -> Select[int, int]:
    """Select id and reach of everybody with nothing missing; more conditions can be added to it."""
    return (
        select(KeptStanding.influencer_id.label("id"), KeptStanding.reach.label("reach"))
        .join(Influencer, Influencer.id == KeptStanding.influencer_id)
        .join(Ministry, Ministry.id == KeptStanding.ministry_id)
        .where(_nothing_missing(line))
    )


def _nothing_missing(line: Line) -> ColumnElement[bool]:
    """Say of a kept row that its person may receive offers at this moment."""
    return and_(
        KeptStanding.ready,
        KeptStanding.consent_version == line.consent_version,
        KeptStanding.oldest_at > line.measured_after,
        *(KeptStanding.__table__.c[platform.value] >= line.min_followers for platform in Platform),
        KeptStanding.ministry_id.in_(line.ministries),
        or_(_agreed(KeptStanding, ConsentScope.CLARIFICATION), _agreed(KeptStanding, ConsentScope.PROGRAMME)),
        _on_any(KeptStanding, tuple(Platform)),
        *_trained(line),
    )


def _agreed(kept: Kept, scope: ConsentScope) -> ColumnElement[bool]:
    """Say of a kept row that its person agreed to a purpose or platform, in the words that stand now."""
    given: ColumnElement[bool] = getattr(kept, f"{scope.value}_consent") == SCOPE_VERSIONS[scope]
    return given


def _on_any(kept: Kept, platforms: Sequence[Platform]) -> ColumnElement[bool]:
    """Say of a kept row that its person agreed to one of these platforms at least."""
    return or_(*(agreed_on(kept, platform) for platform in platforms))


def _trained(line: Line) -> list[ColumnElement[bool]]:
    """Ask for the training where the ministry does; nothing is asked where none does."""
    if not line.training_in:
        return []
    passed = KeptStanding.trained_version == line.training_version
    return [or_(passed, KeptStanding.ministry_id.not_in(line.training_in))]


def _addressed(wanted: Audience) -> ColumnElement[bool]:
    """Say of a kept row that the campaign is for its person."""
    conditions = [
        KeptStanding.topics.contains(f'"{wanted.topic}"', autoescape=True),
        _agreed(KeptStanding, wanted.purpose),
        _on_any(KeptStanding, wanted.platforms),
    ]
    if wanted.ministries:
        codes = select(Ministry.id).where(Ministry.code.in_(wanted.ministries))
        conditions.append(KeptStanding.ministry_id.in_(codes))
    if not wanted.everywhere:
        conditions.append(KeptStanding.region.in_(wanted.regions))
    return and_(*conditions)


def audience(line: Line, wanted: Audience) -> Select[int, int]:
    """Select id and counted reach of the eligible people whom a campaign is for."""
    counted = _counted(KeptStanding, wanted).label("reach")
    return eligible(line).with_only_columns(KeptStanding.influencer_id.label("id"), counted).where(_addressed(wanted))


def agreed_on(kept: Kept, platform: Platform) -> ColumnElement[bool]:
    """Say of a kept row that its person agreed to share on a platform, and so to have their followers there counted."""
    return _agreed(kept, ConsentScope(platform.value))


def followers(kept: Kept, platforms: Iterable[Platform] = Platform) -> ColumnElement[int]:
    """Sum the followers on those of these platforms that their person agreed to."""
    total: ColumnElement[int] = literal_column("0", Integer)
    for platform in platforms:
        there = func.coalesce(getattr(kept, platform.value), 0)
        total = total + case((agreed_on(kept, platform), there), else_=0)
    return total


def _counted(kept: Kept, wanted: Audience) -> ColumnElement[int]:
    """Sum the followers that count towards a campaign's reach."""
    return followers(kept, wanted.platforms)


def _unit(kept: Kept) -> ColumnElement[str]:
    """Give a person's unit with its ministry; empty where it is not known."""
    return case((kept.unit == "", ""), else_=cast(kept.ministry_id, String) + "/" + kept.unit)


def _district(kept: Kept) -> ColumnElement[str]:
    """Give a person's district; empty where only the province is known."""
    return case((kept.place == kept.region, ""), else_=kept.place)


def _candidate(kept: Kept, wanted: Audience) -> Sequence[ColumnElement[Any]]:
    """Give the columns of a ``Candidate``, in its order."""
    return (
        kept.influencer_id.label("id"),
        _counted(kept, wanted).label("counted"),
        kept.n_recent.label("n_recent"),
        kept.last_at.label("last_at"),
        _unit(kept).label("unit"),
        _district(kept).label("district"),
        kept.region.label("region"),
    )


def _asked_already(wanted: Audience) -> ColumnElement[bool]:
    """Say of a kept row that its person has an offer of this campaign, or one about the same claim that stands.

    As a list of numbers, which both databases make once and look into: joined, it would be walked for each person.
    """
    of_this = select(Offer.influencer_id).where(Offer.campaign_id == wanted.campaign_id)
    stands = or_(Offer.state != OfferState.RECALLED, Offer.offered_at.is_not(None))
    of_others = select(Offer.influencer_id).where(Offer.campaign_id.in_(wanted.siblings), stands)
    asked = KeptStanding.influencer_id.in_(of_this)
    return or_(asked, KeptStanding.influencer_id.in_(of_others)) if wanted.siblings else asked


def asked_about(session: Session, wanted: Audience, influencer_id: int) -> bool:
    """Tell whether one person has an offer of this campaign, or one about the same claim that stands."""
    query = select(KeptStanding.influencer_id).where(
        KeptStanding.influencer_id == influencer_id, _asked_already(wanted)
    )
    return session.execute(query).first() is not None


def live_ministries(session: Session, now: datetime) -> tuple[int, ...]:
    """Give where the programme runs at a moment."""
    return tuple(session.scalars(select(Ministry.id).where(Ministry.live_at <= now).order_by(Ministry.id)))


def training_in(session: Session) -> tuple[int, ...]:
    """Give the ministries that ask only those who passed the training."""
    query = select(Wave.ministry_id).where(Wave.training_required).order_by(Wave.ministry_id)
    return tuple(session.scalars(query))


def anybody(session: Session, line: Line, wanted: Audience) -> bool:
    """Tell whether anybody fits, asked already or not."""
    return session.execute(audience(line, wanted).limit(1)).first() is not None


def pool(session: Session, line: Line, wanted: Audience, *, max_waiting: int, per_place: int) -> list[Candidate]:
    """Give, of each place, the ``per_place`` people who may be asked and cost least for their reach.

    Each place is read along an index until enough are found, so the time goes with the places and not with the people.
    """
    places = _places(wanted)
    kept = KeptStanding
    here = [kept.region == places.c.region, kept.place == places.c.place]
    if wanted.ministries:
        here.append(kept.ministry_id == places.c.ministry_id)
    cheapest = (
        select(*_candidate(kept, wanted))
        .where(
            *here,
            _nothing_missing(line),
            _addressed(wanted),
            _counted(kept, wanted) > 0,
            kept.n_waiting < max_waiting,
            ~_asked_already(wanted),
        )
        .order_by(kept.price, kept.last_at, kept.influencer_id)
        .limit(per_place)
        .correlate(places)
    )
    query: Select[Any]
    if not is_postgresql(session):
        # SQLite knows no LATERAL; it looks people up by a list of numbers as quickly.
        mine = aliased(KeptStanding, name="mine")
        numbers = cheapest.with_only_columns(kept.influencer_id)
        query = select(*_candidate(mine, wanted)).select_from(places.join(mine, mine.influencer_id.in_(numbers)))
    else:
        each = cheapest.lateral("cheapest")
        query = select(*each.c).select_from(places.join(each, true()))
    with _along_the_index(session):
        return [Candidate(*row) for row in session.execute(query)]


@contextmanager
def _along_the_index(session: Session) -> Iterator[None]:
    """Let PostgreSQL read people in the order of the index and stop, whatever it expects.

    It takes a province and a district for independent, expects a few people where thousands live, and would read and
    sort all of them: ten times the time among four million. To compile the statement would take longer than to run it.
    """
    if not is_postgresql(session):
        yield
        return
    session.execute(text("SELECT set_config('jit', 'off', true), set_config('enable_sort', 'off', true)"))
    yield
    session.execute(text("SELECT set_config('enable_sort', 'on', true)"))


def _places(wanted: Audience) -> CTE:
    """Walk along the index from place to place: one look-up each, however many people live there."""
    code = _rows([[code] for code in wanted.regions])
    region = select(_item(code, 0, String).label("region")).subquery("wanted")
    start = select(region.c.region.label("region"))
    if wanted.ministries:
        ministries = select(Ministry.id).where(Ministry.code.in_(wanted.ministries)).subquery("m")
        start = start.add_columns(ministries.c.id.label("ministry_id")).select_from(region.join(ministries, true()))

    def next_place(row: Any, *after: ColumnElement[bool]) -> ScalarSelect[Any]:
        same = [KeptStanding.ready, KeptStanding.region == row.region, *after]
        if wanted.ministries:
            same.append(KeptStanding.ministry_id == row.ministry_id)
        return select(func.min(KeptStanding.place)).where(*same).scalar_subquery()

    begin = start.subquery("begin")
    walk = select(*begin.c, next_place(begin.c).label("place")).cte("places", recursive=True)
    kept = [column_ for column_ in walk.c if column_.name != "place"]
    further = select(*kept, next_place(walk.c, KeptStanding.place > walk.c.place)).where(walk.c.place.is_not(None))
    return walk.union_all(further)


def _rows(lists: Sequence[Sequence[object]]) -> FromClause:
    """Give lists as rows: one parameter, however many they are."""
    return _Rows(literal(json.dumps(lists), String)).table_valued("value").alias("listed")


def _item(rows: FromClause, place: int, kind: type[String | Integer | BigInteger]) -> ColumnElement[Any]:
    return cast(_Item(rows.c.value, literal_column(str(place))), kind)


def _chosen(choice: Mapping[int, int]) -> FromClause:
    """Give the chosen people and their variants as rows."""
    rows = _rows(list(choice.items()))
    return select(_item(rows, 0, BigInteger).label("id"), _item(rows, 1, Integer).label("variant")).subquery("chosen")


def plan_offers(session: Session, line: Line, wanted: Audience, choice: Mapping[int, int]) -> int:
    """Write a planned offer, with its variant, for each person of ``choice``; give how many."""
    if not choice:
        return 0
    chosen = _chosen(choice)
    why = _Object(
        _text("topic"),
        _text(wanted.topic),
        _text("ministry"),
        Ministry.code,
        _text("region"),
        KeptStanding.region,
        _text("rule"),
        _text(rule_of(wanted)),
    )
    rows = (
        select(
            literal(wanted.campaign_id, BigInteger),
            chosen.c.id,
            cast(literal(OfferState.PLANNED.value), String),
            chosen.c.variant,
            why,
            literal(line.now, UtcTime),
        )
        .select_from(chosen)
        .join(KeptStanding, KeptStanding.influencer_id == chosen.c.id)
        .join(Ministry, Ministry.id == KeptStanding.ministry_id)
    )
    statement = insert(Offer).from_select(
        ["campaign_id", "influencer_id", "state", "variant", "why", "planned_at"], rows, include_defaults=False
    )
    return n_changed(session, statement.execution_options(preserve_rowcount=True))


@dataclass(frozen=True, slots=True)
class Carrying:
    """Somebody who carries a campaign already: which wording, in which unit and district."""

    id: int
    unit: str
    district: str
    variant: int


def carrying(session: Session, campaign_id: int) -> list[Carrying]:
    """Give whoever has an offer of a campaign that was not taken back."""
    query = (
        select(Offer.influencer_id, _unit(KeptStanding), _district(KeptStanding), Offer.variant)
        .join(KeptStanding, KeptStanding.influencer_id == Offer.influencer_id)
        .where(Offer.campaign_id == campaign_id, Offer.state != OfferState.RECALLED)
        .order_by(Offer.id)
    )
    return [Carrying(*row) for row in session.execute(query)]


def rule_of(wanted: Audience) -> str:
    """Name which parts of the audience chose somebody, such as ``topic+region``."""
    parts = ["topic"]
    if wanted.ministries:
        parts.append("ministry")
    if not wanted.everywhere:
        parts.append("region")
    return "+".join(parts)


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


def planned_reach(session: Session, wanted: Audience) -> int:
    """Sum the counted reach of everybody who has an offer of this campaign that was not recalled."""
    query = (
        select(func.coalesce(func.sum(_counted(KeptStanding, wanted)), 0))
        .select_from(Offer)
        .join(KeptStanding, KeptStanding.influencer_id == Offer.influencer_id)
        .where(Offer.campaign_id == wanted.campaign_id, Offer.state != OfferState.RECALLED)
    )
    return int(session.execute(query).scalar_one())


def siblings(session: Session, campaign_id: int) -> list[int]:
    """Give the other campaigns about the same claim, by number."""
    return list(session.scalars(_siblings(), {"campaign": campaign_id}))


@cache
def _siblings() -> Select[int]:
    # Written once: each release asks this of each campaign, and writing it takes longer than the answer.
    one, other = aliased(Campaign), aliased(Campaign)
    source, theirs = aliased(Clarification), aliased(Clarification)
    campaign = bindparam("campaign", type_=BigInteger)
    return (
        select(other.id)
        .select_from(one)
        .join(source, source.id == one.clarification_id)
        .join(theirs, or_(theirs.id == source.id, theirs.claim_id == source.claim_id))
        .join(other, other.clarification_id == theirs.id)
        .where(one.id == campaign, other.id != campaign)
        .order_by(other.id)
    )


def spreading_on(session: Session, campaign_id: int) -> list[str]:
    """Give the sources on which the claim behind a campaign, or one merged into it, was seen; none for news."""
    family = families(Claim.id == _claim_of(campaign_id))
    query = select(ClaimSource.source).join_from(family, ClaimSource, ClaimSource.claim_id == family.c.id).distinct()
    return list(session.scalars(query.order_by(ClaimSource.source)))


def spreading_in(session: Session, campaign_id: int) -> dict[str, int]:
    """Count, by province, the posts that name it of the claim behind a campaign and those merged into it.

    It is empty for programme news.
    """
    family = families(Claim.id == _claim_of(campaign_id))
    query = (
        select(ClaimPlace.region, func.sum(ClaimPlace.n_posts))
        .join_from(family, ClaimPlace, ClaimPlace.claim_id == family.c.id)
        .group_by(ClaimPlace.region)
    )
    return {region: int(n) for region, n in session.execute(query)}


def _claim_of(campaign_id: int) -> ScalarSelect[int | None]:
    return (
        select(Clarification.claim_id)
        .join(Campaign, Campaign.clarification_id == Clarification.id)
        .where(Campaign.id == campaign_id)
        .scalar_subquery()
    )


# ---- release ---------------------------------------------------------------------------------------------------


def lock_live(session: Session) -> list[int]:
    """Lock every live campaign in order of number: releases, freezes and ends then happen one after another."""
    query = select(Campaign.id).where(Campaign.state == CampaignState.LIVE).order_by(Campaign.id).with_for_update()
    return list(session.scalars(query))


def _routable(now: datetime, *, in_election: bool) -> ColumnElement[bool]:
    """Say of a campaign that it is live, in its window, not political or contested, and says what was approved."""
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
        ~campaign_is_contested(),
        or_(news, stands),
    )


@cache
def _another_offer() -> type[Offer]:
    """Give the offers under a second name; once, because to make one takes longer than most answers."""
    return aliased(Offer)


def _awake_and_free(now: datetime, release: Release) -> ColumnElement[bool]:
    """Say of a kept row that it is not night where its person is, and that neither day's cap nor gap is used up."""
    zones = release.zones
    since = case(*((KeptStanding.timezone == zone.timezone, literal(zone.day_began, UtcTime)) for zone in zones))
    offered = _another_offer()
    n_today = (
        select(func.count())
        .where(offered.influencer_id == KeptStanding.influencer_id, offered.offered_at >= since)
        .correlate(KeptStanding)
        .scalar_subquery()
    )
    last = KeptStanding.last_at
    return and_(
        KeptStanding.timezone.in_([zone.timezone for zone in zones]),
        ~quiet_by_own(KeptStanding, zones),
        last <= release.last_before,
        last < now,
        # Counted only for whoever was asked today.
        or_(last < since, n_today < _per_day(release)),
    )


def quiet_by_own(of: Kept | type[Influencer], zones: Sequence[Zone]) -> ColumnElement[bool]:
    """Say that it is within somebody's own quiet hours, which may go over midnight; ``zones`` name the minute."""
    minute = case(*((of.timezone == zone.timezone, zone.minute) for zone in zones), else_=0)
    after, before = minute >= of.quiet_from, minute < of.quiet_until
    return case((of.quiet_from <= of.quiet_until, and_(after, before)), else_=or_(after, before))


def _per_day(release: Release) -> ColumnElement[int]:
    """Give the cap of offers a day that holds for a kept row's person."""
    everywhere = literal(release.per_day, Integer)
    if not release.lowered:
        return everywhere
    return case(*((KeptStanding.ministry_id == number, cap) for number, cap in release.lowered), else_=everywhere)


def running(session: Session, now: datetime, *, in_election: bool) -> list[int]:
    """Give every campaign whose offers may leave, the one that ends soonest first."""
    query = select(Campaign.id).where(_routable(now, in_election=in_election)).order_by(Campaign.ends_at, Campaign.id)
    return list(session.scalars(query))


def release_offers(session: Session, line: Line, release: Release) -> int:
    """Turn planned offers into open ones, at most one a person at a time, and write their deliveries.

    Campaigns that end soonest go first; whoever got something from one is too lately asked for the next. The caller
    holds the locks of ``lock_live``.
    """
    if not release.zones or release.per_day < 1:
        return 0
    n = 0
    for campaign_id in running(session, line.now, in_election=release.in_election):
        if n >= release.limit:
            break
        if campaign_id not in release.needs:
            continue
        n += _release_of(session, line, release, campaign_id, release.limit - n)
    if n:
        _write_deliveries(session, line.now)
    return n


def _due(session: Session, line: Line, release: Release, campaign_id: int) -> Select[int]:
    """Select the planned offers of a campaign that may leave now, by number."""
    due = (
        select(Offer.id)
        .join(KeptStanding, KeptStanding.influencer_id == Offer.influencer_id)
        .where(
            Offer.campaign_id == campaign_id,
            Offer.state == OfferState.PLANNED,
            _nothing_missing(line),
            _agreed(KeptStanding, release.needs[campaign_id].purpose),
            _on_any(KeptStanding, release.needs[campaign_id].platforms),
            _awake_and_free(line.now, release),
        )
        .order_by(Offer.id)
    )
    others = siblings(session, campaign_id)
    if not others:
        return due
    # Once for each claim, also where two campaigns about it were planned side by side.
    told = _another_offer()
    return due.where(
        ~exists().where(
            told.influencer_id == Offer.influencer_id, told.campaign_id.in_(others), told.offered_at.is_not(None)
        )
    )


def _release_of(session: Session, line: Line, release: Release, campaign_id: int, limit: int) -> int:
    # Looked up first: as part of the change, a server that misjudges their number walks them once for each offer.
    leaving = session.scalars(_due(session, line, release, campaign_id).limit(limit)).all()
    if not leaving:
        return 0
    campaign_end = select(Campaign.ends_at).where(Campaign.id == campaign_id).scalar_subquery()
    latest_end = literal(line.now + release.lifetime, UtcTime)
    statement = (
        update(Offer)
        .where(Offer.id.in_(leaving), Offer.state == OfferState.PLANNED)
        .values(
            state=OfferState.OFFERED,
            offered_at=line.now,
            expires_at=case((campaign_end < latest_end, campaign_end), else_=latest_end),
        )
    )
    return n_changed(session, statement)


def _hears_by_message(session: Session) -> ColumnElement[bool]:
    """Say of a person that an offer is told by a message: they chose so, or their ministry's system does not listen."""
    listening = webhooks.listening_ministries(session)
    by_ministry = and_(Influencer.channel == Channel.MINISTRY, Influencer.ministry_id.not_in(listening))
    return or_(Influencer.channel.in_((Channel.EMAIL, *LINKED)), by_ministry)


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
            chat.reachable(),
            _hears_by_message(session),
            # By the key, which has an index: else each release reads every message there ever was.
            ~exists().where(Delivery.key == key),
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
    reach = followers(KeptStanding).label("reach")
    good = eligible(line).with_only_columns(KeptStanding.influencer_id.label("id"), reach).subquery()
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
