"""Campaigns: a clarification or programme news, from one manager's draft to a live offer and its end.

Two different people stand behind everything that goes out; the database holds the same rule. What stops a campaign
(freeze, end, retraction) is one step by one person; what starts it again needs somebody else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from serving.db import campaigns as rows
from serving.db import influencers as people
from serving.db import routing as routing_rows
from serving.db.tables import Campaign, Clarification
from serving.desk import audit, kits, offers, routing
from serving.desk.context import Context
from serving.desk.regions import regions
from serving.desk.states import CampaignStep, next_campaign_state
from serving.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import (
    CampaignKind,
    CampaignState,
    Category,
    ClarificationState,
    Platform,
    Role,
    Topic,
)

MAX_VARIANTS = 8
SLUG_CHARS = 80
READERS = (Role.MANAGER, Role.APPROVER)


class SameHumanError(ForbiddenError):
    """The second step needs a second person."""

    code = "same-human"


class PoliticalError(ConflictError):
    """Political items are not routed to civil servants."""

    code = "political"


class BelowFloorError(ConflictError):
    """The claim spreads too slowly: the clarification is published, but not pushed."""

    code = "below-floor"


class NotStandingError(ConflictError):
    """The clarification behind the campaign is not published, or no longer valid."""

    code = "clarification-not-standing"


class WindowOverError(ConflictError):
    """The campaign's window is over."""

    code = "window-over"


class WaveNotLiveError(ConflictError):
    """The programme has not begun in a ministry that the campaign addresses."""

    code = "wave-not-live"


class NotEditableError(ConflictError):
    """Only a draft can be changed: what was submitted is what the second person sees."""

    code = "not-editable"


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


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign to draft: either ``clarification_id`` or ``news``, never both."""

    window: Window
    clarification_id: int | None = None
    news: ProgrammeNews | None = None
    official_posts: Mapping[Platform, str] = field(default_factory=dict)


# ---- reading ---------------------------------------------------------------------------------------------------


def get(ctx: Context, campaign_id: int) -> Campaign:
    """Give one campaign to a manager or approver; raise where there is none."""
    ctx.require(*READERS)
    row = rows.by_id(ctx.session, campaign_id)
    if row is None:
        raise NotFoundError(mark("Kampanye itu tidak ada."))
    return row


def listed(
    ctx: Context, *, states: Sequence[CampaignState] = (), before: int | None = None, limit: int = 50
) -> Sequence[Campaign]:
    """Give campaigns, newest first."""
    ctx.require(*READERS)
    return rows.page(ctx.session, states=states, before=before, limit=limit)


def captions(ctx: Context, campaign_id: int) -> dict[Platform, list[str]]:
    """Give the caption variants of a campaign."""
    get(ctx, campaign_id)
    return rows.captions(ctx.session, campaign_id)


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


def preview(ctx: Context, campaign_id: int) -> routing.Preview:
    """Count whom a campaign would reach, with small groups hidden."""
    return routing.preview(ctx, get(ctx, campaign_id))


@dataclass(frozen=True, slots=True)
class Figures:
    """How far offers came, for all and by ministry; ``None`` where the group is too small to be shown."""

    total: routing_rows.Funnel | None
    by_ministry: Mapping[str, routing_rows.Funnel | None]
    n_any: bool


def figures(ctx: Context, campaign_id: int) -> Figures:
    """Give what came of a campaign, for groups of at least ``min_group`` people only.

    A group is everybody who has an offer in a ministry. Declines are not among the figures.
    """
    get(ctx, campaign_id)
    found = {each.ministry: each for each in routing_rows.funnel(ctx.session, campaign_id)}
    smallest = ctx.settings.min_group
    shown = routing.suppress({name: each.planned for name, each in found.items()}, smallest)
    total = routing_rows.Funnel(
        "",
        *(
            sum(getattr(each, name) for each in found.values())
            for name in ("planned", "offered", "accepted", "posted", "verified")
        ),
    )
    return Figures(
        total if total.planned >= smallest else None,
        {name: None if shown[name] is None else each for name, each in found.items()},
        bool(found),
    )


# ---- drafting --------------------------------------------------------------------------------------------------


def create(ctx: Context, new: NewCampaign) -> Campaign:
    """Draft a campaign with drafted captions; raise where its source or its audience cannot carry one."""
    author_id = ctx.require(Role.MANAGER)
    _check_window(ctx, new.window)
    _check_official_posts(new.official_posts)
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
        row.issuer, row.link = new.news.issuer, new.news.link
    row.slug = _free_slug(ctx, row.title)
    _wrote(ctx, row)
    ctx.session.add(row)
    ctx.session.flush()
    rows.replace_captions(ctx.session, row.id, kits.draft_captions(row.kind, row.title, row.body, row.link))
    audit.append(ctx, "campaign.create", "campaign", row.id, kind=row.kind, clarification=row.clarification_id)
    return row


def _fill_from_clarification(ctx: Context, row: Campaign, clarification_id: int) -> None:
    source = _standing(ctx, clarification_id)
    if source.political:
        raise _political()
    words = rows.words_of(ctx.session, source)
    row.kind = CampaignKind.CLARIFICATION
    row.clarification_id, row.clarification_version = source.id, source.current_version
    row.title, row.body, row.issuer = words.title, words.body, source.issuer
    row.link = f"{ctx.settings.base_url.rstrip('/')}/klarifikasi/{source.slug}"


def _standing(ctx: Context, clarification_id: int) -> Clarification:
    row = rows.clarification(ctx.session, clarification_id)
    if row is None:
        raise NotFoundError(mark("Klarifikasi itu tidak ada."))
    if row.state is not ClarificationState.PUBLISHED or (row.valid_until and row.valid_until <= ctx.now):
        raise NotStandingError(mark("Klarifikasi itu belum terbit, sudah ditarik, atau tidak berlaku lagi."))
    return row


def _political() -> PoliticalError:
    return PoliticalError(mark("Isi politik tidak disalurkan lewat ASN."))


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


def _check_official_posts(posts: Mapping[Platform, str]) -> None:
    for platform, url in posts.items():
        if urlsplit(url).scheme not in {"http", "https"}:
            raise InvalidInputError(
                mark("Tautan unggahan resmi {platform} harus alamat http atau https."), platform=platform.value
            )


def _free_slug(ctx: Context, title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain)[:SLUG_CHARS].strip("-") or "kampanye"
    slug, number = stem, 1
    while rows.slug_taken(ctx.session, slug):
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _locked(ctx: Context, campaign_id: int) -> Campaign:
    row = rows.locked(ctx.session, campaign_id)
    if row is None:
        raise NotFoundError(mark("Kampanye itu tidak ada."))
    return row


def _editable(ctx: Context, campaign_id: int) -> Campaign:
    ctx.require(Role.MANAGER)
    row = _locked(ctx, campaign_id)
    if row.state is not CampaignState.DRAFT:
        raise NotEditableError(mark("Hanya rancangan yang dapat diubah; yang diajukan dilihat orang kedua apa adanya."))
    return row


def _wrote(ctx: Context, row: Campaign) -> None:
    """Note who writes; none of the writers may approve, whoever submits."""
    writer = ctx.actor.user_id
    row.author_id = writer
    if writer not in (row.writers or []):
        row.writers = [*(row.writers or []), writer]


def change(ctx: Context, campaign_id: int, window: Window, official_posts: Mapping[Platform, str]) -> Campaign:
    """Change a draft's audience, window and official posts; whoever changes it becomes its author."""
    row = _editable(ctx, campaign_id)
    _check_window(ctx, window)
    _check_official_posts(official_posts)
    row.topic = window.topic.value
    row.ministries, row.regions = list(window.ministries), list(window.regions)
    row.target_reach, row.starts_at, row.ends_at = window.target_reach, window.starts_at, window.ends_at
    row.official_posts = {platform.value: url for platform, url in official_posts.items()}
    _wrote(ctx, row)
    audit.append(ctx, "campaign.change", "campaign", row.id)
    return row


def set_captions(ctx: Context, campaign_id: int, texts: Mapping[Platform, Sequence[str]]) -> None:
    """Put these caption variants in the place of a draft's; raise where one says what its source does not."""
    row = _editable(ctx, campaign_id)
    kept = {platform: [text.strip() for text in texts.get(platform, ()) if text.strip()] for platform in Platform}
    for platform, variants in kept.items():
        if len(variants) > MAX_VARIANTS:
            raise InvalidInputError(mark("Paling banyak {n} takarir untuk satu platform."), n=MAX_VARIANTS)
        for text in variants:
            kits.check_caption(text, f"{row.title}\n{row.body}", platform, row.link)
        if kits.near_copies(variants).n_pairs_too_close:
            raise InvalidInputError(
                mark("Dua takarir untuk {platform} hampir sama; ubah salah satunya."), platform=platform.value
            )
    rows.replace_captions(ctx.session, row.id, kept)
    _wrote(ctx, row)
    audit.append(ctx, "campaign.captions", "campaign", row.id, n=sum(len(each) for each in kept.values()))


# ---- two people ------------------------------------------------------------------------------------------------


def submit(ctx: Context, campaign_id: int, *, political: bool) -> Campaign:
    """Hand a draft to a second person, with the author's answer whether it is political.

    A yes is kept for good and the campaign will never go live: were it refused instead, the same person could simply
    answer again.
    """
    ctx.require(Role.MANAGER)
    row = _locked(ctx, campaign_id)
    to = next_campaign_state(row.state, CampaignStep.SUBMIT)
    if rows.n_variants(ctx.session, row.id) < 1:
        raise ConflictError(mark("Setiap platform perlu sedikitnya satu takarir sebelum diajukan."))
    _check_still_open(ctx, row)
    _wrote(ctx, row)
    row.state, row.submitted_at = to, ctx.now
    row.political_author = political or bool(row.political_author)
    row.approver_id = None
    row.returned_reason = ""
    audit.append(ctx, "campaign.submit", "campaign", row.id, political=political)
    return row


def _second_person(ctx: Context, row: Campaign) -> int:
    person = ctx.require(*READERS)
    if person == row.author_id or person in row.writers:
        raise SameHumanError(mark("Kampanye ini Anda tulis atau ajukan sendiri; orang lain yang memutuskannya."))
    return person


def return_draft(ctx: Context, campaign_id: int, reason: str) -> Campaign:
    """Give a submitted campaign back to its author with a reason."""
    row = _locked(ctx, campaign_id)
    _second_person(ctx, row)
    to = next_campaign_state(row.state, CampaignStep.RETURN)
    row.returned_reason, row.state = _reason(reason), to
    audit.append(ctx, "campaign.return", "campaign", row.id)
    return row


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidInputError(mark("Tulis alasannya."))
    return text.strip()


def approve(ctx: Context, campaign_id: int, *, political: bool) -> Campaign:
    """Approve as the second person, who answers anew whether it is political.

    A yes is recorded with the approval and keeps the campaign from ever going live: were it refused instead, the
    same person could simply answer again.
    """
    row = _locked(ctx, campaign_id)
    person = _second_person(ctx, row)
    approved = next_campaign_state(row.state, CampaignStep.APPROVE)
    _check_still_open(ctx, row)
    row.approver_id, row.approved_at = person, ctx.now
    row.political_approver = political or bool(row.political_approver)
    row.state = approved
    audit.append(ctx, "campaign.approve", "campaign", row.id, political=political)
    return row


# ---- live ------------------------------------------------------------------------------------------------------


def _check_still_open(ctx: Context, row: Campaign) -> None:
    """Raise where the window is over or what the campaign stands on no longer does."""
    if row.ends_at <= ctx.now:
        raise WindowOverError(mark("Waktu kampanye ini sudah lewat."))
    if row.clarification_id is not None:
        source = _standing(ctx, row.clarification_id)
        if rows.reworded_since(ctx.session, source.id, row.clarification_version or 0):
            raise NotStandingError(
                mark("Isi klarifikasi ini sudah berubah makna; buat kampanye baru dari versi yang berlaku.")
            )
        if source.political or (source.category is Category.POLITICS and _in_election(ctx)):
            raise _political()


def _in_election(ctx: Context) -> bool:
    return ctx.settings.in_election(routing.local_day(ctx.now))


def _check_launch(ctx: Context, row: Campaign) -> None:
    if row.political_author is not False or row.political_approver is not False:
        raise _political()
    _check_still_open(ctx, row)
    waiting = [
        ministry.name
        for ministry in people.ministries(ctx.session)
        if ministry.code in row.ministries and (ministry.live_at is None or ministry.live_at > ctx.now)
    ]
    if waiting:
        raise WaveNotLiveError(mark("Program belum dibuka di: {names}."), names=", ".join(waiting))
    if row.clarification_id is not None:
        _check_speed(ctx, _standing(ctx, row.clarification_id))


def _check_speed(ctx: Context, source: Clarification) -> None:
    claim = rows.claim_of(ctx.session, source)
    speed = claim.posts_per_hour if claim else 0.0
    floor = ctx.settings.velocity_floor_posts_per_hour
    if speed < floor:
        raise BelowFloorError(
            mark(
                "Klarifikasi ini terbit tetapi tidak disalurkan: klaimnya menyebar {speed} kiriman per jam, "
                "di bawah ambang {floor}. Menyalurkannya justru menyebarkan hoaksnya."
            ),
            speed=f"{speed:g}",
            floor=f"{floor:g}",
        )


def launch(ctx: Context, campaign_id: int) -> int:
    """Take an approved campaign live and plan its offers; give how many were planned.

    Raises:
        PoliticalError: somebody answered yes, or an election period holds a political clarification back.
        NotStandingError: the clarification was retracted, replaced or has expired.
        BelowFloorError: the claim spreads too slowly to be pushed.
        WindowOverError: the window is over.
        WaveNotLiveError: an addressed ministry's wave has not begun.
        EmptyAudienceError: nobody fits.
    """
    ctx.require(Role.MANAGER)
    row = _locked(ctx, campaign_id)
    to = next_campaign_state(row.state, CampaignStep.LAUNCH)
    _check_launch(ctx, row)
    row.state, row.live_at = to, ctx.now
    ctx.session.flush()
    audit.append(ctx, "campaign.launch", "campaign", row.id)
    return routing.plan(ctx, row.id)


def plan_more(ctx: Context, campaign_id: int) -> int:
    """Plan what is still missing of a live campaign's reach; give how many offers were added."""
    ctx.require(Role.MANAGER)
    row = _locked(ctx, campaign_id)
    if row.state is not CampaignState.LIVE:
        raise ConflictError(mark("Hanya kampanye yang berjalan yang dapat ditambah sasarannya."))
    return routing.plan(ctx, row.id)


def freeze(ctx: Context, campaign_id: int, reason: str) -> Campaign:
    """Stop offering at once; open offers cannot be accepted meanwhile."""
    person = ctx.require(*READERS)
    row = _locked(ctx, campaign_id)
    to = next_campaign_state(row.state, CampaignStep.FREEZE)
    row.freeze_reason, row.frozen_by_id, row.state = _reason(reason), person, to
    audit.append(ctx, "campaign.freeze", "campaign", row.id)
    return row


def thaw(ctx: Context, campaign_id: int) -> Campaign:
    """Let a frozen campaign go on; never by whoever froze it, and only where it could still be launched."""
    person = ctx.require(*READERS)
    row = _locked(ctx, campaign_id)
    if row.state is CampaignState.FROZEN and person == row.frozen_by_id:
        raise SameHumanError(mark("Kampanye ini Anda bekukan sendiri; orang lain yang mencairkannya."))
    to = next_campaign_state(row.state, CampaignStep.THAW)
    _check_still_open(ctx, row)
    row.state, row.freeze_reason, row.frozen_by_id = to, "", None
    audit.append(ctx, "campaign.thaw", "campaign", row.id)
    return row


def end(ctx: Context, campaign_id: int, reason: str) -> int:
    """End a campaign for good and recall its open offers; give how many were recalled."""
    ctx.require(*READERS)
    return _end(ctx, _locked(ctx, campaign_id), _reason(reason))


def _end(ctx: Context, row: Campaign, reason: str) -> int:
    _close(ctx, row, reason)
    return offers.recall_open(ctx, row.id)


def _close(ctx: Context, row: Campaign, reason: str) -> None:
    row.state = next_campaign_state(row.state, CampaignStep.END)
    row.ended_at = ctx.now
    ctx.session.flush()
    audit.append(ctx, "campaign.end", "campaign", row.id, reason=reason)


ENDABLE = (CampaignState.APPROVED, CampaignState.LIVE, CampaignState.FROZEN)


def stop_for(ctx: Context, clarification_id: int, reason: str) -> int:
    """End every campaign of a clarification that no longer stands, recalling open offers; give how many ended.

    Part of a retraction, whose own roles were checked. Drafts stay: they can be neither submitted nor approved.
    """
    running = [row for row in rows.unfinished_of(ctx.session, clarification_id) if row.state in ENDABLE]
    for row in running:
        _end(ctx, row, reason)
    return len(running)


def end_over(ctx: Context) -> int:
    """End every campaign whose window is over; give how many. The worker's sweep of offers lets theirs lapse."""
    finished = rows.over(ctx.session, ctx.now, ENDABLE)
    for row in finished:
        _close(ctx, row, "window over")
    return len(finished)
