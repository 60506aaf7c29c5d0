"""What a person sees and settles about themself: standing, wishes, consent one thing at a time, and their own data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import status
from pydantic import BaseModel, Field

from serving.api.influencers import EvidenceOut, ReasonOut, evidence_out, reason_out
from serving.api.problems import problems
from serving.deps import ApiContext, LanguageDep
from serving.desk.context import Context
from serving.desk.people import consents, influencers, profile, training
from serving.i18n import Language, translate
from serving.inputs import Input
from serving.parts import Router
from serving.vocabulary import Channel, ConsentScope, Topic

router = Router(tags=["me"])

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Such as 18:30, local time.")]
Version = Annotated[str, Field(max_length=20)]


# ---- standing and wishes ---------------------------------------------------------------------------------------


class ConsentOut(BaseModel):
    """The terms of taking part."""

    version: str
    paragraphs: list[str]


class ProfileOut(BaseModel):
    """A person's own standing."""

    id: int
    name: str
    ministry: str
    region: str
    timezone: str
    quiet_from: str | None = Field(description="Own quiet hours beside everybody's night; null = none.")
    quiet_until: str | None
    channel: Channel
    language: Language = Field(description="In which messages are written to them.")
    topics: list[Topic]
    eligible: bool
    reasons: list[ReasonOut]
    evidence: list[EvidenceOut]
    consent_version: str | None
    consent: ConsentOut
    agreed: list[ConsentScope] = Field(description="Purposes and platforms agreed to, in the words that stand now.")
    trained_at: datetime | None = Field(description="The badge: when the training was passed; null = not yet.")
    paused_at: datetime | None
    left_at: datetime | None


class ProfileChange(Input):
    """What a person settles; what is not given stays."""

    topics: list[Topic] | None = Field(default=None, max_length=len(Topic))
    region: str | None = Field(default=None, max_length=8)
    timezone: str | None = Field(default=None, max_length=40, description="Asia/Jakarta, Asia/Makassar, Asia/Jayapura.")
    quiet: tuple[Clock, Clock] | None = Field(
        default=None, description="Own quiet hours, from and until; the same time twice = none."
    )
    channel: Channel | None = Field(default=None, description="Where offers and reminders are told of.")
    language: Language | None = Field(default=None, description="In which messages are written: id or en.")

    def wishes(self) -> profile.Wishes:
        """Give them as the desk takes them."""
        quiet = self.quiet and (profile.minute_of(self.quiet[0]), profile.minute_of(self.quiet[1]))
        return profile.Wishes(self.topics, self.region, self.timezone, quiet, self.channel, self.language)


class Join(Input):
    """Which version of the terms is agreed to, and of the words of each purpose and platform."""

    version: Version
    scopes: dict[ConsentScope, Version] = Field(default_factory=dict)


class Agree(Input):
    """Which version of the words is agreed to."""

    version: Version


def _profile(found: influencers.Profile, language: Language) -> ProfileOut:
    words, row = profile.consent_text(), found.row
    quiet = profile.quiet_of(row)
    return ProfileOut(
        id=row.id,
        name=row.name,
        ministry=found.ministry.code,
        region=row.region,
        timezone=row.timezone,
        quiet_from=quiet[0] if quiet else None,
        quiet_until=quiet[1] if quiet else None,
        channel=row.channel,
        language=row.language,
        topics=[Topic(topic) for topic in row.topics],
        eligible=not found.reasons,
        reasons=[reason_out(language, reason) for reason in found.reasons],
        evidence=[evidence_out(each) for each in found.evidence],
        consent_version=row.consent_version,
        consent=ConsentOut(version=words.version, paragraphs=[translate(language, text) for text in words.paragraphs]),
        agreed=sorted(found.standing.scopes),
        trained_at=row.trained_at if training.has_badge(row) else None,
        paused_at=row.paused_at,
        left_at=row.left_at,
    )


def _settled(ctx: Context, language: Language) -> ProfileOut:
    ctx.session.flush()
    return _profile(influencers.own_profile(ctx), language)


@router.get("/me/profile", responses=problems(403, 404))
def my_profile(ctx: ApiContext, language: LanguageDep) -> ProfileOut:
    """Give one's own standing, and everything that keeps one from receiving offers."""
    return _profile(influencers.own_profile(ctx), language)


@router.patch("/me/profile", responses=problems(403, 404))
def change_profile(ctx: ApiContext, language: LanguageDep, body: ProfileChange) -> ProfileOut:
    """Change one's topics, province, time zone, quiet hours or channel."""
    profile.settle(ctx, body.wishes())
    return _settled(ctx, language)


# ---- consent ---------------------------------------------------------------------------------------------------


class AgreementOut(BaseModel):
    """One purpose or platform as it stands for the person who asks."""

    scope: ConsentScope
    words: str
    version: str = Field(description="The version of the words now, which is what a yes names.")
    given: str | None = Field(description="The version that was agreed to; null = not agreed, or withdrawn.")
    stands: bool = Field(description="Whether it brings offers: agreed to, in the words that stand now.")
    since: datetime | None
    carried_over: bool = Field(description="Nobody asked: it was read out of what had been agreed to before.")


class ConsentStepOut(BaseModel):
    """One step of consent: given or withdrawn, in which words, and when."""

    scope: ConsentScope
    version: str
    given: bool
    carried_over: bool
    at: datetime


class ConsentsOut(BaseModel):
    """Every purpose and platform, and every step there was, newest first."""

    items: list[AgreementOut]
    history: list[ConsentStepOut]


def _agreement(each: consents.Agreement, language: Language) -> AgreementOut:
    return AgreementOut(
        scope=each.scope,
        words=translate(language, each.words),
        version=each.version,
        given=each.given,
        stands=each.stands,
        since=each.since,
        carried_over=each.carried_over,
    )


def _consents(ctx: Context, language: Language) -> ConsentsOut:
    ctx.session.flush()
    return ConsentsOut(
        items=[_agreement(each, language) for each in profile.agreements(ctx)],
        history=[
            ConsentStepOut(
                scope=step.scope, version=step.version, given=step.given, carried_over=step.carried_over, at=step.at
            )
            for step in profile.consent_steps(ctx)
        ],
    )


@router.post("/me/consent", responses=problems(403, 404, 409))
def consent(ctx: ApiContext, language: LanguageDep, body: Join) -> ProfileOut:
    """Agree to the terms, and to each purpose and platform that is named; only words that stand now are agreed to."""
    influencers.consent(ctx, body.version, body.scopes)
    return _settled(ctx, language)


@router.get("/me/consents", responses=problems(403, 404))
def my_consents(ctx: ApiContext, language: LanguageDep) -> ConsentsOut:
    """Give every purpose and platform with its words, whether one agreed, and the history."""
    return _consents(ctx, language)


@router.put("/me/consents/{scope}", responses=problems(403, 404, 409))
def agree(ctx: ApiContext, language: LanguageDep, scope: ConsentScope, body: Agree) -> ConsentsOut:
    """Agree to one purpose or platform; it holds at once."""
    profile.agree(ctx, scope, body.version)
    return _consents(ctx, language)


@router.delete("/me/consents/{scope}", responses=problems(403, 404))
def withdraw(ctx: ApiContext, language: LanguageDep, scope: ConsentScope) -> ConsentsOut:
    """Withdraw one purpose or platform at once; unanswered offers that needed it are taken back."""
    profile.withdraw(ctx, scope)
    return _consents(ctx, language)


# ---- pause, leave, take along, erase ---------------------------------------------------------------------------


@router.post("/me/pause", responses=problems(403, 404))
def pause(ctx: ApiContext, language: LanguageDep) -> ProfileOut:
    """Receive nothing from now on, until resumed."""
    influencers.pause(ctx)
    return _settled(ctx, language)


@router.post("/me/resume", responses=problems(403, 404))
def resume(ctx: ApiContext, language: LanguageDep) -> ProfileOut:
    """Be asked again."""
    influencers.resume(ctx)
    return _settled(ctx, language)


@router.post("/me/leave", responses=problems(403, 404))
def leave(ctx: ApiContext, language: LanguageDep) -> ProfileOut:
    """Leave the programme at once; no reason is asked."""
    influencers.leave(ctx)
    return _settled(ctx, language)


@router.get("/me/export", responses=problems(403, 404))
def export(ctx: ApiContext) -> dict[str, Any]:
    """Give everything that is kept about oneself."""
    return influencers.export_own(ctx)


@router.post("/me/erase", status_code=status.HTTP_204_NO_CONTENT, responses=problems(403, 404))
def erase(ctx: ApiContext) -> None:
    """Erase one's own data at once; this cannot be taken back."""
    influencers.erase(ctx)
