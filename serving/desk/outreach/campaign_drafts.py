"""Drafting a campaign: from a clarification or programme news, with its audience, window, captions and official posts.

Whoever writes any of it becomes its author; what was submitted cannot be changed any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from serving.db import campaigns as rows
from serving.db import influencers as people
from serving.db import library
from serving.db.tables import Campaign
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.learning import moderation
from serving.desk.outreach import captions, official, restating
from serving.desk.outreach.campaign_rules import NotEditableError, check_never_political, political, standing
from serving.desk.outreach.campaigns import READERS, locked, wrote
from serving.desk.outreach.restating import Approved
from serving.desk.regions import regions
from serving.desk.slugs import first_free, hyphened
from serving.errors import InvalidInputError
from serving.i18n import mark
from serving.vocabulary import CampaignKind, CampaignState, Category, Gate, Platform, Role, Topic

MAX_VARIANTS = 8
SLUG_CHARS = 80


@dataclass(frozen=True, slots=True)
class Window:
    """Whom a campaign addresses, when, and how far; empty lists mean everybody.

    ``target_reach`` counts followers of those offered: an upper bound of who may see it.
    """

    topic: Topic
    starts_at: datetime
    ends_at: datetime
    target_reach: int
    ministries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProgrammeNews:
    """What a government programme does or achieved, in its issuer's words."""

    title: str
    body: str
    issuer: str
    link: str
    category: Category


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign to draft: either ``clarification_id`` or ``news``, never both."""

    window: Window
    clarification_id: int | None = None
    news: ProgrammeNews | None = None
    official_posts: Mapping[Platform, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A clarification that a campaign can be made from, and how fast its claim spreads."""

    id: int
    title: str
    topic: Topic | None
    posts_per_hour: float


def sources(ctx: Context) -> list[Source]:
    """Give the clarifications that a campaign can be made from, newest first."""
    ctx.require(*READERS)
    return [
        Source(row.id, title, Topic(row.topic) if row.topic in set(Topic) else None, speed)
        for row, title, speed in rows.usable_clarifications(ctx.session, ctx.now)
    ]


def create(ctx: Context, new: NewCampaign) -> Campaign:
    """Draft a campaign with drafted captions; raise where its source or its audience cannot carry one."""
    author_id = ctx.require(Role.MANAGER)
    _check_window(ctx, new.window)
    official.check(ctx, new.official_posts)
    if (new.clarification_id is None) == (new.news is None):
        raise InvalidInputError(mark("Kampanye berasal dari satu klarifikasi atau satu kabar program."))
    window = new.window
    row = Campaign(
        state=CampaignState.DRAFT,
        official_posts={platform.value: url for platform, url in new.official_posts.items()},
        topic=window.topic.value,
        ministries=list(window.ministries),
        regions=list(window.regions),
        target_reach=window.target_reach,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        author_id=author_id,
        created_at=ctx.now,
    )
    if new.clarification_id is not None:
        _fill_from_clarification(ctx, row, new.clarification_id)
    elif new.news is not None:
        row.kind = CampaignKind.PROGRAMME
        row.title, row.body = new.news.title, new.news.body
        row.issuer, row.link, row.category = new.news.issuer, new.news.link, new.news.category
    row.slug = _free_slug(ctx, row.title)
    wrote(ctx, row)
    ctx.session.add(row)
    ctx.session.flush()
    rows.add_edition(ctx.session, row, _drafted(ctx, row))
    audit.append(ctx, "campaign.create", "campaign", row.id, kind=row.kind, clarification=row.clarification_id)
    return row


def _drafted(ctx: Context, row: Campaign) -> dict[Platform, list[str]]:
    """Draft captions and leave out those that no civil servant should be handed; a platform may be left with none."""
    texts = captions.draft(row.kind, _approved(ctx, row))
    unique = list(dict.fromkeys(text for variants in texts.values() for text in variants))
    answers = moderation.moderator().moderate_many(unique)
    flagged = {
        text
        for text, answer in zip(unique, answers, strict=True)
        if any(label in moderation.REFUSALS for label in answer.flags)
    }
    return {platform: [text for text in variants if text not in flagged] for platform, variants in texts.items()}


def _fill_from_clarification(ctx: Context, row: Campaign, clarification_id: int) -> None:
    source = standing(ctx, clarification_id)
    if source.political:
        raise political()
    words = rows.words_of(ctx.session, source)
    row.kind = CampaignKind.CLARIFICATION
    row.clarification_id, row.clarification_version = source.id, source.current_version
    row.title, row.body, row.issuer, row.category = words.title, words.body, source.issuer, source.category
    check_never_political(ctx, row)
    row.link = f"{ctx.settings.base_url.rstrip('/')}/klarifikasi/{source.slug}"


def _approved(ctx: Context, row: Campaign) -> Approved:
    """Give what a campaign's captions are held against: the clarification at the version it carries, or its news."""
    if row.clarification_id is None:
        return Approved(row.title, row.body, row.link)
    words = rows.words_at(ctx.session, row.clarification_id, row.clarification_version or 0)
    source = rows.clarification(ctx.session, row.clarification_id)
    answers = library.answers_behind(ctx.session, source) if source else {}
    return Approved(words.title, words.body, row.link, criticism=bool(answers.get(Gate.CRITICISM)))


def _check_window(ctx: Context, window: Window) -> None:
    if window.ends_at <= window.starts_at:
        raise InvalidInputError(mark("Kampanye harus berakhir setelah dimulai."))
    if window.ends_at <= ctx.now:
        raise InvalidInputError(mark("Waktu berakhirnya kampanye sudah lewat."))
    if window.target_reach < 1:
        raise InvalidInputError(mark("Sasaran jangkauan sedikitnya 1."))
    for code in window.regions:
        if code not in regions():
            raise InvalidInputError(mark("Tidak ada wilayah dengan kode “{code}”."), code=code)
    known = {ministry.code for ministry in people.ministries(ctx.session)}
    for code in window.ministries:
        if code not in known:
            raise InvalidInputError(mark("Tidak ada kementerian dengan kode “{code}”."), code=code)


def _free_slug(ctx: Context, title: str) -> str:
    stem = hyphened(title)[:SLUG_CHARS].strip("-") or "kampanye"
    return first_free(stem, partial(rows.slug_taken, ctx.session))


def _editable(ctx: Context, campaign_id: int) -> Campaign:
    ctx.require(Role.MANAGER)
    row = locked(ctx, campaign_id)
    if row.state is not CampaignState.DRAFT:
        raise NotEditableError(mark("Hanya rancangan yang dapat diubah; yang diajukan dilihat orang kedua apa adanya."))
    return row


def change(ctx: Context, campaign_id: int, window: Window, official_posts: Mapping[Platform, str]) -> Campaign:
    """Change a draft's audience, window and official posts; whoever changes it becomes its author."""
    row = _editable(ctx, campaign_id)
    _check_window(ctx, window)
    official.check(ctx, official_posts)
    row.topic = window.topic.value
    row.ministries, row.regions = list(window.ministries), list(window.regions)
    row.target_reach, row.starts_at, row.ends_at = window.target_reach, window.starts_at, window.ends_at
    row.official_posts = {platform.value: url for platform, url in official_posts.items()}
    wrote(ctx, row)
    audit.append(ctx, "campaign.change", "campaign", row.id)
    return row


def set_captions(ctx: Context, campaign_id: int, texts: Mapping[Platform, Sequence[str]]) -> None:
    """Put these caption variants in the place of a draft's.

    Raises where one says what its source does not, or reads like hate, abuse, gambling or sexual content.
    """
    row = _editable(ctx, campaign_id)
    kept = {platform: [text.strip() for text in texts.get(platform, ()) if text.strip()] for platform in Platform}
    approved = _approved(ctx, row)
    for platform, variants in kept.items():
        if len(variants) > MAX_VARIANTS:
            raise InvalidInputError(mark("Paling banyak {n} takarir untuk satu platform."), n=MAX_VARIANTS)
        for text in variants:
            restating.check(text, approved, platform)
        if captions.near_copies(variants).n_pairs_too_close:
            raise InvalidInputError(
                mark("Dua takarir untuk {platform} hampir sama; ubah salah satunya."), platform=platform.value
            )
    moderation.refuse_flagged([text for variants in kept.values() for text in variants])
    rows.add_edition(ctx.session, row, kept)
    wrote(ctx, row)
    audit.append(ctx, "campaign.captions", "campaign", row.id, n=sum(len(each) for each in kept.values()))
