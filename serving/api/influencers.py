"""Influencers: the ministries' lists, evidence of followers, and coverage. A person's own things are under ``/me``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path as PathParameter
from fastapi import Query
from pydantic import Base64Bytes, BaseModel, Field, JsonValue, model_validator

from serving.api.problems import problems
from serving.api.scores import ReadingContext
from serving.db.influencers import Search
from serving.db.tables import FollowerEvidence, Ministry
from serving.deps import ApiContext, LanguageDep, ServiceDep, writing_as
from serving.desk.people import influencers as desk
from serving.desk.people import roster
from serving.desk.people.eligibility import Reason
from serving.i18n import Language, mark, translate
from serving.inputs import Count, Id, Input, Line, Moment, OptionalLine, Paragraph
from serving.parts import Router
from serving.vocabulary import EvidenceHold, EvidenceMethod, Platform, Topic

router = Router(tags=["influencers"])

MinistryCode = Annotated[str, PathParameter(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
PathId = Annotated[Id, PathParameter()]


# ---- ministries ------------------------------------------------------------------------------------------------


class MinistryOut(BaseModel):
    """A ministry and whether the programme has begun there."""

    code: str
    name: str
    live_at: datetime | None


class MinistryIn(Input):
    """What a ministry is called."""

    name: Annotated[Line, Field(max_length=200)]


class WaveIn(Input):
    """Whether the programme runs in a ministry."""

    live: bool


def _ministry(row: Ministry) -> MinistryOut:
    return MinistryOut(code=row.code, name=row.name, live_at=row.live_at)


@router.get("/ministries", responses=problems(403))
def get_ministries(ctx: ApiContext) -> list[MinistryOut]:
    """List every ministry."""
    return [_ministry(row) for row in desk.ministries(ctx)]


@router.put("/ministries/{code}", responses=problems(403))
def put_ministry(ctx: ApiContext, code: MinistryCode, body: MinistryIn) -> MinistryOut:
    """Add or rename a ministry."""
    return _ministry(desk.put_ministry(ctx, code, body.name))


@router.post("/ministries/{code}/wave", responses=problems(403, 404))
def set_wave(ctx: ApiContext, code: MinistryCode, body: WaveIn) -> MinistryOut:
    """Begin or stop the programme in one ministry."""
    return _ministry(desk.set_wave(ctx, code, live=body.live))


# ---- people ----------------------------------------------------------------------------------------------------


class ReasonOut(BaseModel):
    """One thing that keeps a person from receiving offers."""

    kind: str
    platform: Platform | None
    sentence: str


class EvidenceOut(BaseModel):
    """How many followers on one platform, when, and how that is known."""

    id: int
    platform: Platform
    count: int
    method: EvidenceMethod
    measured_at: datetime
    held: bool = Field(description="Waits for a look, or was refused; does not count meanwhile.")
    hold: EvidenceHold | None = Field(default=None, description="Why it was held; stays when it is let stand.")
    refused_reason: str = Field(default="", description="A reviewer's reason, where it was refused.")


class InfluencerLine(BaseModel):
    """One person in a list."""

    id: int
    name: str
    ministry: str
    region: str
    eligible: bool


class InfluencerPage(BaseModel):
    """One page of people, by number; ``next`` goes into ``after``."""

    items: list[InfluencerLine]
    next: int | None


class InfluencerOut(BaseModel):
    """One person: never what they accepted, declined or chose."""

    id: int
    name: str
    ministry: str
    unit: str
    region: str
    timezone: str
    topics: list[Topic]
    active: bool
    eligible: bool
    reasons: list[ReasonOut]
    evidence: list[EvidenceOut]


def reason_out(language: Language, reason: Reason) -> ReasonOut:
    """Give a reason with its sentence in the reader's language."""
    return ReasonOut(
        kind=reason.kind,
        platform=reason.platform,
        sentence=translate(language, reason.message, **reason.params),
    )


def evidence_out(row: FollowerEvidence) -> EvidenceOut:
    """Give one piece of evidence."""
    return EvidenceOut(
        id=row.id,
        platform=row.platform,
        count=row.count,
        method=row.method,
        measured_at=row.measured_at,
        held=row.held,
        hold=row.hold,
        refused_reason=row.refused_reason,
    )


def _influencer(language: Language, profile: desk.Profile) -> InfluencerOut:
    row = profile.row
    return InfluencerOut(
        id=row.id,
        name=row.name,
        ministry=profile.ministry.code,
        unit=row.unit,
        region=row.region,
        timezone=row.timezone,
        topics=[Topic(topic) for topic in row.topics],
        active=row.active,
        eligible=not profile.reasons,
        reasons=[reason_out(language, reason) for reason in profile.reasons],
        evidence=[evidence_out(each) for each in profile.evidence],
    )


class SearchIn(BaseModel):
    """Whom to look for."""

    words: OptionalLine = ""
    ministry: OptionalLine = ""
    region: OptionalLine = ""
    after: Annotated[int, Field(ge=0, le=2**53)] = 0
    limit: Annotated[int, Field(ge=1, le=100)] = 50


@router.get("/influencers", responses=problems(403))
def search(ctx: ApiContext, wanted: Annotated[SearchIn, Query()]) -> InfluencerPage:
    """List people by number; there is no order by reach or deed."""
    ministry_id = desk.ministry_id(ctx, wanted.ministry)
    found = desk.search(
        ctx, Search(wanted.words, ministry_id, wanted.region or None), after=wanted.after, limit=wanted.limit
    )
    items = [
        InfluencerLine(
            id=each.row.id,
            name=each.row.name,
            ministry=each.ministry.code,
            region=each.row.region,
            eligible=each.eligible,
        )
        for each in found
    ]
    return InfluencerPage(items=items, next=items[-1].id if len(items) == wanted.limit else None)


class GroupOut(BaseModel):
    """Figures of one group; ``null`` where it is too small to be shown."""

    code: str
    name: str
    people: int | None
    eligible: int | None
    reach: int | None


class CoverageOut(BaseModel):
    """How many are on the list and may receive offers."""

    total: GroupOut
    by_ministry: list[GroupOut]
    by_region: list[GroupOut]


def _group(group: desk.Group) -> GroupOut:
    return GroupOut(
        code=group.code, name=group.name, people=group.n_people, eligible=group.n_eligible, reach=group.reach
    )


@router.get("/influencers/coverage", responses=problems(403))
def get_coverage(ctx: ApiContext) -> CoverageOut:
    """Count people by ministry and province; figures about small groups are hidden."""
    found = desk.coverage(ctx)
    return CoverageOut(
        total=_group(found.total),
        by_ministry=[_group(each) for each in found.by_ministry],
        by_region=[_group(each) for each in found.by_region],
    )


class ImportIn(Input):
    """A ministry's list: rows as objects, a whole file as text, or an Excel workbook; exactly one of them."""

    rows: list[dict[str, JsonValue]] | None = Field(default=None, max_length=5_000)
    text: str | None = Field(default=None, max_length=5_000_000, description="JSON lines or CSV.")
    workbook: Base64Bytes | None = Field(
        default=None, max_length=4_000_000, description="An Excel workbook (.xlsx) in base64; its first sheet is read."
    )
    dry_run: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> ImportIn:
        if sum(given is not None for given in (self.rows, self.text, self.workbook)) != 1:
            raise ValueError(mark("tepat satu dari rows, text, dan workbook"))
        return self

    def listed(self) -> Iterator[roster.GoodRow | roster.BadRow]:
        """Read whichever was given; raise where it cannot be read as a whole."""
        if self.workbook is not None:
            return roster.read_file(self.workbook)
        return roster.read(self.text) if self.text is not None else roster.read_rows(self.rows or [])


class FateOut(BaseModel):
    """What became of one row."""

    line: int
    fate: Literal["new", "changed", "unchanged", "refused"]
    reason: str | None = None


class ImportOut(BaseModel):
    """Counts, and the fate of each row that was refused (of every row in a dry run)."""

    dry_run: bool
    new: int
    changed: int
    unchanged: int
    refused: int
    rows: list[FateOut]


@router.post("/influencers/import", responses=problems(403, 413))
def import_people(reading: ReadingContext, service: ServiceDep, language: LanguageDep, body: ImportIn) -> ImportOut:
    """Take in a ministry's list: bad rows are reported, good ones go in; the same list twice changes nothing."""
    reading.require(*desk.READERS)
    # Read to its end first: while it is, nobody waits for the transaction that writes.
    listed = list(body.listed())
    with writing_as(service, reading.actor)() as ctx:
        outcome = desk.import_people(ctx, listed, dry_run=body.dry_run)
    counts: dict[str, Any] = {what: outcome.count(what) for what in ("new", "changed", "unchanged", "refused")}
    return ImportOut(
        dry_run=outcome.dry_run,
        **counts,
        rows=[
            FateOut.model_validate(
                {
                    "line": fate.line,
                    "fate": fate.what,
                    "reason": translate(language, fate.error.message, **fate.error.params) if fate.error else None,
                }
            )
            for fate in outcome.fates
            if fate.error or outcome.dry_run
        ],
    )


@router.get("/influencers/{influencer_id}", responses=problems(403, 404))
def get_influencer(ctx: ApiContext, language: LanguageDep, influencer_id: PathId) -> InfluencerOut:
    """Give one person with evidence and everything that is missing."""
    return _influencer(language, desk.get(ctx, influencer_id))


class MeasurementIn(Input):
    """A count of followers (friends on Facebook)."""

    platform: Platform
    count: Count
    method: EvidenceMethod
    measured_at: Moment


@router.post("/influencers/{influencer_id}/evidence", status_code=201, responses=problems(403, 404))
def record_evidence(ctx: ApiContext, influencer_id: PathId, body: MeasurementIn) -> EvidenceOut:
    """Record one count; a suspicious jump is held until somebody looked."""
    measured = desk.Measurement(body.platform, body.count, body.method, body.measured_at)
    return evidence_out(desk.record_evidence(ctx, influencer_id, measured))


class AccountIn(Input):
    """The account with which a person signs in."""

    account: Line


@router.post("/influencers/{influencer_id}/account", status_code=204, responses=problems(403, 404, 409))
def link_account(ctx: ApiContext, influencer_id: PathId, body: AccountIn) -> None:
    """Give a person the account with which they sign in."""
    desk.link_account(ctx, influencer_id, body.account)


class HeldOut(EvidenceOut):
    """Evidence that waits for a look, and whose it is."""

    influencer_id: int


@router.get("/evidence/held", responses=problems(403))
def get_held(ctx: ApiContext, limit: Annotated[int, Query(ge=1, le=100)] = 50) -> list[HeldOut]:
    """List evidence held for a look, oldest first."""
    return [
        HeldOut(**evidence_out(row).model_dump(), influencer_id=row.influencer_id)
        for row, _ in desk.held_evidence(ctx, limit)
    ]


@router.post("/evidence/{evidence_id}/release", responses=problems(403, 404, 409))
def release_evidence(ctx: ApiContext, evidence_id: PathId) -> EvidenceOut:
    """Let held evidence stand."""
    return evidence_out(desk.release_evidence(ctx, evidence_id))


class RefusalIn(Input):
    """Why a count is not taken, for its person to read."""

    reason: Paragraph


@router.post("/evidence/{evidence_id}/refuse", responses=problems(403, 404, 409))
def refuse_evidence(ctx: ApiContext, evidence_id: PathId, body: RefusalIn) -> EvidenceOut:
    """Let held evidence never stand; its person reads the reason and sends another."""
    return evidence_out(desk.refuse_evidence(ctx, evidence_id, body.reason))
