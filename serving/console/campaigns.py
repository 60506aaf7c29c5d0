"""Campaigns, from draft to live: the list, a new one, and one campaign's path."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Form, Request, Response
from fastapi import Path as PathParameter
from pydantic import TypeAdapter, ValidationError

from serving.console.pages import redirect, render
from serving.db.tables import Campaign, Ministry
from serving.deps import LanguageDep, PageContext, Visit, VisitDep
from serving.desk.context import Context
from serving.desk.outreach import breaker, official, outcome, routing
from serving.desk.outreach import campaign_drafts as drafts
from serving.desk.outreach import campaigns as desk
from serving.desk.outreach import captions as wording
from serving.desk.people import influencers as people
from serving.desk.regions import regions
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import ZONES, Language, mark, translate
from serving.inputs import Id, Line, OptionalParagraph, Paragraph, WebAddress, aware
from serving.parts import Router
from serving.vocabulary import BreakerState, CampaignState, Category, Platform, Role, Topic

router = Router(prefix="/kampanye")
CampaignId = Annotated[Id, PathParameter()]
PAGE = 50
WIB = ZoneInfo(ZONES["WIB"])
BETWEEN_VARIANTS = "\n---\n"
REACH_MAX = 10**10
_line: TypeAdapter[str] = TypeAdapter(Line)
_paragraph: TypeAdapter[str] = TypeAdapter(Paragraph)
_address: TypeAdapter[str] = TypeAdapter(WebAddress)
_text: TypeAdapter[str] = TypeAdapter(OptionalParagraph)


# ---- the list --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CampaignsPage:
    """Campaigns, newest first."""

    campaigns: Sequence[tuple[Campaign, Topic]]
    states: tuple[CampaignState, ...]
    state: str
    next_href: str
    may_create: bool
    breaker: BreakerState


@router.get("")
def read_list(request: Request, ctx: PageContext, visit: VisitDep, keadaan: str = "", sebelum: str = "") -> Response:
    """List campaigns; a state that does not exist asks for all."""
    states = (CampaignState(keadaan),) if keadaan in set(CampaignState) else ()
    readable = sebelum.isascii() and sebelum.isdigit() and len(sebelum) <= len(str(2**53))
    found = desk.listed(ctx, states=states, before=int(sebelum) if readable else None, limit=PAGE)
    asked = f"keadaan={keadaan}&" if states else ""
    page = CampaignsPage(
        campaigns=[(row, Topic(row.topic)) for row in found],
        states=tuple(CampaignState),
        state=keadaan if states else "",
        next_href=f"/kampanye?{asked}sebelum={found[-1].id}" if len(found) == PAGE else "",
        may_create=ctx.actor.may(Role.MANAGER),
        breaker=breaker.state(ctx),
    )
    return render(request, "campaigns.html", page, visit=visit)


# ---- a new one -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Typed:
    """The form of a new campaign, or of a draft's audience, exactly as it was sent."""

    source: str = ""
    title: str = ""
    body: str = ""
    issuer: str = ""
    link: str = ""
    topic: str = ""
    ministries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    reach: str = "50000"
    starts: str = ""
    ends: str = ""
    official: Mapping[str, str] = field(default_factory=dict)


def audience_form(
    topik: Annotated[str, Form()] = "",
    kementerian: Annotated[list[str] | None, Form()] = None,
    wilayah: Annotated[list[str] | None, Form()] = None,
    jangkauan: Annotated[str, Form()] = "",
    mulai: Annotated[str, Form()] = "",
    selesai: Annotated[str, Form()] = "",
    resmi_facebook: Annotated[str, Form()] = "",
    resmi_x: Annotated[str, Form()] = "",
    resmi_instagram: Annotated[str, Form()] = "",
) -> Typed:
    """Read audience, window and official posts as they were typed."""
    return Typed(
        topic=topik,
        ministries=tuple(kementerian or ()),
        regions=tuple(wilayah or ()),
        reach=jangkauan,
        starts=mulai,
        ends=selesai,
        official={
            Platform.FACEBOOK.value: resmi_facebook,
            Platform.X.value: resmi_x,
            Platform.INSTAGRAM.value: resmi_instagram,
        },
    )


@dataclass(frozen=True, slots=True)
class Content:
    """Where a new campaign comes from, as it was typed."""

    source: str
    title: str
    body: str
    issuer: str
    link: str
    category: str = ""


def content_form(
    sumber: Annotated[str, Form()] = "",
    judul: Annotated[str, Form()] = "",
    isi: Annotated[str, Form()] = "",
    penerbit: Annotated[str, Form()] = "",
    tautan: Annotated[str, Form()] = "",
    kategori: Annotated[str, Form()] = "",
) -> Content:
    """Read the source as it was typed."""
    return Content(sumber, judul, isi, penerbit, tautan, kategori)


def _fits(adapter: TypeAdapter[str], value: str, name: str) -> str:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        raise InvalidInputError(mark("Isian “{name}” kosong atau tidak terbaca."), name=name) from None


def _window(typed: Typed) -> drafts.Window:
    if typed.topic not in set(Topic):
        raise InvalidInputError(mark("Pilih satu topik."))
    reach = typed.reach.replace(".", "").strip()
    if not (reach.isascii() and reach.isdigit()) or len(reach) > len(str(REACH_MAX)) or int(reach) > REACH_MAX:
        raise InvalidInputError(mark("Sasaran jangkauan harus bilangan bulat."))
    return drafts.Window(
        topic=Topic(typed.topic),
        starts_at=_moment(typed.starts),
        ends_at=_moment(typed.ends),
        target_reach=int(reach),
        ministries=tuple(_fits(_line, code, "kementerian") for code in dict.fromkeys(typed.ministries)),
        regions=tuple(_fits(_line, code, "wilayah") for code in dict.fromkeys(typed.regions)),
    )


def _moment(text: str) -> datetime:
    """Read what a browser's date and time field sends; it is meant in WIB."""
    try:
        moment = datetime.fromisoformat(text)
        good = moment.tzinfo is None and 2000 <= moment.year < 2100
    except ValueError:
        good = False
    if not good:
        raise InvalidInputError(mark("Isi waktu mulai dan selesai (WIB)."))
    return moment.replace(tzinfo=WIB)


def _official(typed: Typed) -> dict[Platform, str]:
    return {Platform(name): _fits(_address, url.strip(), name) for name, url in typed.official.items() if url.strip()}


def _new(typed: Typed, content: Content) -> drafts.NewCampaign:
    if content.source.isascii() and content.source.isdigit() and len(content.source) <= len(str(2**53)):
        return drafts.NewCampaign(_window(typed), int(content.source), None, _official(typed))
    if content.source != "program":
        raise InvalidInputError(mark("Pilih klarifikasi, atau kabar program."))
    if content.category not in set(Category):
        raise InvalidInputError(mark("Pilih kategori kabar program."))
    news = drafts.ProgrammeNews(
        title=_fits(_line, content.title, "judul"),
        body=_fits(_paragraph, content.body, "isi"),
        issuer=_fits(_line, content.issuer, "penerbit")[:200],
        link=_fits(_address, content.link, "tautan"),
        category=Category(content.category),
    )
    return drafts.NewCampaign(_window(typed), None, news, _official(typed))


@dataclass(frozen=True, slots=True)
class CampaignNewPage:
    """The form of a new campaign, with whatever was typed."""

    sources: Sequence[drafts.Source]
    topics: tuple[Topic, ...]
    ministry_choices: Sequence[tuple[str, str]]
    region_choices: Sequence[tuple[str, str]]
    platforms: tuple[Platform, ...]
    typed: Typed
    content: Content
    categories: tuple[Category, ...]
    official_places: Mapping[str, str]
    floor: float
    problem: str


def _local(moment: datetime) -> str:
    return moment.astimezone(WIB).strftime("%Y-%m-%dT%H:%M")


def _official_places(ctx: Context) -> dict[str, str]:
    """Give where official posts of each platform may stand, in one line a platform."""
    listed = official.listed(ctx)
    return {
        platform.value: ", ".join(str(official.place_of_row(row)) for row in listed if row.platform is platform)
        for platform in Platform
    }


def _choices(ministries: Sequence[Ministry]) -> list[tuple[str, str]]:
    return [(row.code, row.name) for row in ministries]


def _region_choices() -> list[tuple[str, str]]:
    return [(code, place.name) for code, place in regions().items()]


@dataclass(frozen=True, slots=True)
class _NewDoor:
    request: Request
    ctx: Context
    visit: Visit | None
    language: Language

    def page(self, typed: Typed, content: Content, error: SuluhError | None = None) -> Response:
        page = CampaignNewPage(
            sources=drafts.sources(self.ctx),
            topics=tuple(Topic),
            ministry_choices=_choices(people.ministries(self.ctx)),
            region_choices=_region_choices(),
            platforms=tuple(Platform),
            typed=typed,
            content=content,
            categories=tuple(Category),
            official_places=_official_places(self.ctx),
            floor=self.ctx.settings.velocity_floor_posts_per_hour,
            problem=translate(self.language, error.message, **error.params) if error else "",
        )
        status = error.status if error else 200
        return render(self.request, "campaign_new.html", page, visit=self.visit, status=status)


def new_door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> _NewDoor:
    """Put together what the form of a new campaign needs."""
    ctx.require(Role.MANAGER)
    return _NewDoor(request, ctx, visit, language)


@router.get("/baru")
def read_new(at: Annotated[_NewDoor, Depends(new_door)], klarifikasi: str = "") -> Response:
    """Show the form; ``?klarifikasi=`` chooses the clarification."""
    typed = Typed(starts=_local(at.ctx.now), ends=_local(at.ctx.now + timedelta(days=3)))
    return at.page(typed, Content(klarifikasi[:16], "", "", at.ctx.settings.public_issuer, ""))


@router.post("/baru")
def create(
    at: Annotated[_NewDoor, Depends(new_door)],
    typed: Annotated[Typed, Depends(audience_form)],
    content: Annotated[Content, Depends(content_form)],
) -> Response:
    """Draft a campaign; a refusal comes back with everything that was typed."""
    try:
        with at.ctx.session.begin_nested():
            row = drafts.create(at.ctx, _new(typed, content))
    except SuluhError as error:
        return at.page(typed, content, error)
    return redirect(at.request, f"/kampanye/{row.id}", mark("Rancangan dibuat; periksa takarirnya sebelum diajukan."))


# ---- one campaign ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """One campaign: its path, words, captions, audience, the steps open to the reader, and what came of it."""

    row: Campaign
    topic: Topic
    stations: tuple[tuple[str, str, str], ...]
    captions: Mapping[str, str]
    alike: Mapping[str, float]
    preview: routing.Preview
    figures: outcome.Figures
    category: Category
    official_places: Mapping[str, str]
    names: Mapping[str, str]
    region_names: Mapping[str, str]
    topics: tuple[Topic, ...]
    ministry_choices: Sequence[tuple[str, str]]
    region_choices: Sequence[tuple[str, str]]
    platforms: tuple[Platform, ...]
    typed: Typed
    reason: str
    problem: str
    may_edit: bool
    may_decide: bool
    may_launch: bool
    may_freeze: bool
    may_thaw: bool
    may_end: bool


_ORDER = (
    CampaignState.DRAFT,
    CampaignState.AWAITING_APPROVAL,
    CampaignState.APPROVED,
    CampaignState.LIVE,
    CampaignState.ENDED,
)
_STATION_WORDS = {
    CampaignState.DRAFT: mark("Rancangan"),
    CampaignState.AWAITING_APPROVAL: mark("Menunggu orang kedua"),
    CampaignState.APPROVED: mark("Disetujui"),
    CampaignState.LIVE: mark("Berjalan"),
    CampaignState.ENDED: mark("Berakhir"),
}


def _stations(row: Campaign, language: Language) -> tuple[tuple[str, str, str], ...]:
    """Give the path with where the campaign stands; a frozen one stands at *live* and says so."""
    at = _ORDER.index(CampaignState.LIVE if row.state is CampaignState.FROZEN else row.state)
    found = []
    for number, state in enumerate(_ORDER):
        how = "done" if number < at else "now" if number == at else "later"
        frozen = how == "now" and row.state is CampaignState.FROZEN
        why = translate(language, mark("dibekukan: {reason}"), reason=row.freeze_reason) if frozen else ""
        found.append((translate(language, _STATION_WORDS[state]), how, why))
    return tuple(found)


def _typed_of(row: Campaign) -> Typed:
    return Typed(
        topic=row.topic,
        ministries=tuple(row.ministries),
        regions=tuple(row.regions),
        reach=str(row.target_reach),
        starts=_local(row.starts_at),
        ends=_local(row.ends_at),
        official={platform.value: str(row.official_posts.get(platform.value, "")) for platform in Platform},
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """What was typed into a form that was refused."""

    typed: Typed | None = None
    captions: Mapping[str, str] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Door:
    """What every step on one campaign's page needs to answer."""

    request: Request
    ctx: Context
    visit: Visit | None
    language: Language
    campaign_id: int

    def page(self, kept: Kept = Kept(), error: SuluhError | None = None) -> Response:
        row = desk.get(self.ctx, self.campaign_id)
        captions = desk.captions(self.ctx, row.id)
        ministries = people.ministries(self.ctx)
        actor = self.ctx.actor
        manager, reader = actor.may(Role.MANAGER), actor.may(Role.MANAGER, Role.APPROVER)
        state = row.state
        page = CampaignPage(
            row=row,
            topic=Topic(row.topic),
            stations=_stations(row, self.language),
            captions=kept.captions
            or {platform.value: BETWEEN_VARIANTS.join(texts) for platform, texts in captions.items()},
            alike={platform.value: wording.near_copies(texts).closest for platform, texts in captions.items()},
            preview=outcome.preview(self.ctx, row.id),
            figures=outcome.figures(self.ctx, row.id),
            category=row.category,
            official_places=_official_places(self.ctx),
            names={ministry.code: ministry.name for ministry in ministries},
            region_names={code: place.name for code, place in regions().items()},
            topics=tuple(Topic),
            ministry_choices=_choices(ministries),
            region_choices=_region_choices(),
            platforms=tuple(Platform),
            typed=kept.typed or _typed_of(row),
            reason=kept.reason,
            problem=translate(self.language, error.message, **error.params) if error else "",
            may_edit=manager and state is CampaignState.DRAFT,
            may_decide=reader and state is CampaignState.AWAITING_APPROVAL and actor.user_id != row.author_id,
            may_launch=manager and state is CampaignState.APPROVED,
            may_freeze=reader and (state is CampaignState.LIVE or desk.waits_for_answer(row)),
            may_thaw=reader and state is CampaignState.FROZEN and actor.user_id != row.frozen_by_id,
            may_end=reader and state in desk.ENDABLE,
        )
        status = error.status if error else 200
        return render(self.request, "campaign.html", page, visit=self.visit, status=status)

    def step(self, work: Callable[[], object], done: str, kept: Kept = Kept()) -> Response:
        """Take one step whole or not at all; a refusal comes back with what was typed."""
        try:
            with self.ctx.session.begin_nested():
                work()
        except SuluhError as error:
            return self.page(kept, error)
        return redirect(self.request, f"/kampanye/{self.campaign_id}", done)


def door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep, campaign_id: CampaignId) -> _Door:
    """Put together what a step on one campaign's page needs."""
    return _Door(request, ctx, visit, language, campaign_id)


@router.get("/{campaign_id}")
def read_campaign(at: Annotated[_Door, Depends(door)]) -> Response:
    """Show one campaign."""
    return at.page()


@router.post("/{campaign_id}/ubah")
def change(at: Annotated[_Door, Depends(door)], typed: Annotated[Typed, Depends(audience_form)]) -> Response:
    """Change a draft's audience, window and official posts."""

    def work() -> None:
        drafts.change(at.ctx, at.campaign_id, _window(typed), _official(typed))

    return at.step(work, mark("Sasaran disimpan."), Kept(typed=typed))


def captions_form(
    facebook: Annotated[str, Form()] = "",
    x: Annotated[str, Form()] = "",
    instagram: Annotated[str, Form()] = "",
) -> dict[str, str]:
    """Read the three caption fields as they were typed."""
    return {"facebook": facebook, "x": x, "instagram": instagram}


@router.post("/{campaign_id}/takarir")
def put_captions(
    at: Annotated[_Door, Depends(door)], typed: Annotated[dict[str, str], Depends(captions_form)]
) -> Response:
    """Replace a draft's captions; variants stand between lines of three dashes."""

    def work() -> None:
        texts = {
            Platform(name): _fits(_text, text, name).replace("\r\n", "\n").split(BETWEEN_VARIANTS)
            for name, text in typed.items()
        }
        drafts.set_captions(at.ctx, at.campaign_id, texts)

    return at.step(work, mark("Takarir disimpan."), Kept(captions=typed))


def _yes(answer: str) -> bool:
    if answer not in {"ya", "tidak"}:
        raise InvalidInputError(mark("Jawab dahulu: apakah ini politis?"))
    return answer == "ya"


@router.post("/{campaign_id}/ajukan")
def submit(at: Annotated[_Door, Depends(door)], politis: Annotated[str, Form()] = "") -> Response:
    """Hand a draft to a second person."""
    return at.step(
        lambda: desk.submit(at.ctx, at.campaign_id, political=_yes(politis)),
        mark("Diajukan; orang lain yang memutuskan."),
    )


def _read(submission: str) -> datetime:
    """Read which submission the page showed; it stands in the form, so a form without it was made by hand."""
    try:
        return aware(datetime.fromisoformat(submission))
    except ValueError:
        raise InvalidInputError(
            mark("Formulir tidak menyebut ajuan mana yang Anda baca; muat ulang halaman.")
        ) from None


@router.post("/{campaign_id}/setujui")
def approve(
    at: Annotated[_Door, Depends(door)],
    politis: Annotated[str, Form()] = "",
    diajukan: Annotated[str, Form()] = "",
) -> Response:
    """Approve, as the second person, the submission that was read."""

    def work() -> None:
        desk.approve(at.ctx, at.campaign_id, political=_yes(politis), submitted_at=_read(diajukan))

    return at.step(work, mark("Kampanye disetujui."))


@router.post("/{campaign_id}/kembalikan")
def return_draft(
    at: Annotated[_Door, Depends(door)],
    alasan: Annotated[str, Form()] = "",
    diajukan: Annotated[str, Form()] = "",
) -> Response:
    """Give the submission that was read back with a reason."""

    def work() -> None:
        reason = _fits(_paragraph, alasan, "alasan")
        desk.return_draft(at.ctx, at.campaign_id, reason, submitted_at=_read(diajukan))

    return at.step(work, mark("Dikembalikan kepada penyusunnya."), Kept(reason=alasan))


@router.post("/{campaign_id}/luncurkan")
def launch(at: Annotated[_Door, Depends(door)]) -> Response:
    """Take an approved campaign live."""
    return at.step(lambda: desk.launch(at.ctx, at.campaign_id), mark("Kampanye berjalan; tawaran direncanakan."))


@router.post("/{campaign_id}/tambah")
def plan_more(at: Annotated[_Door, Depends(door)]) -> Response:
    """Plan what a live campaign's reach still lacks."""
    return at.step(lambda: desk.plan_more(at.ctx, at.campaign_id), mark("Tawaran tambahan direncanakan."))


@router.post("/{campaign_id}/bekukan")
def freeze(at: Annotated[_Door, Depends(door)], alasan: Annotated[str, Form()] = "") -> Response:
    """Stop offering at once."""

    def work() -> None:
        desk.freeze(at.ctx, at.campaign_id, _fits(_paragraph, alasan, "alasan"))

    return at.step(work, mark("Kampanye dibekukan."), Kept(reason=alasan))


@router.post("/{campaign_id}/cairkan")
def thaw(at: Annotated[_Door, Depends(door)]) -> Response:
    """Go on after a freeze."""
    return at.step(lambda: desk.thaw(at.ctx, at.campaign_id), mark("Kampanye berjalan lagi."))


@router.post("/{campaign_id}/akhiri")
def end(at: Annotated[_Door, Depends(door)], alasan: Annotated[str, Form()] = "") -> Response:
    """End a campaign for good."""

    def work() -> None:
        desk.end(at.ctx, at.campaign_id, _fits(_paragraph, alasan, "alasan"))

    return at.step(work, mark("Kampanye diakhiri; tawaran yang terbuka ditarik."), Kept(reason=alasan))
