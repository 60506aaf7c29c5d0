"""The list of ASN influencers: coverage, search, the ministries' lists, and one person's evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Form, Request, Response, UploadFile
from fastapi import Path as PathParameter
from pydantic import TypeAdapter, ValidationError

from serving.console.door import Reading, reading
from serving.console.forms import attempt
from serving.console.pages import redirect, render
from serving.db.influencers import Search
from serving.db.tables import Campaign, FollowerEvidence, Influencer, Ministry
from serving.deps import LanguageDep, PageContext, ServiceDep, Visit, VisitDep, writing_as
from serving.desk.context import Context
from serving.desk.outreach import explaining
from serving.desk.people import influencers as desk
from serving.desk.people import invitations, roster, screenshots, workbook
from serving.desk.regions import Region, regions
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import Language, mark, translate
from serving.inputs import Count, Id, Line, OptionalLine, aware
from serving.parts import Router
from serving.vocabulary import EvidenceMethod, Platform, Topic

router = Router(prefix="/influencer")
PersonId = Annotated[Id, PathParameter()]
PAGE = 50
# How much of a refused list comes back into the form for mending; a longer one is mended where it came from.
KEPT_CHARS = 200_000
FATES_SHOWN = 5_000
TILE_PX = 44
CODE = r"[a-z0-9][a-z0-9_-]{0,39}"
_optional: TypeAdapter[str] = TypeAdapter(OptionalLine)
_line: TypeAdapter[str] = TypeAdapter(Line)
_count: TypeAdapter[int] = TypeAdapter(Count)


# ---- the list --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tile:
    """One province on the tile map, in pixels from the north-west; ``level`` 0 to 4 says how many are eligible."""

    region: Region
    group: desk.Group
    x: int
    y: int
    level: int


@dataclass(frozen=True, slots=True)
class FateLine:
    """What became of one row, in the reader's words."""

    line: int
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list, or of the form that sent it."""

    typed: str = ""
    outcome: desk.ImportOutcome | None = None
    lines: tuple[FateLine, ...] = ()
    n_lines: int = 0
    problem: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class InfluencersPage:
    """Coverage, the search and its finds, what is held, and the form for lists."""

    coverage: desk.Coverage
    tiles: tuple[Tile, ...]
    tile_px: int
    width: int
    height: int
    ministries: Sequence[Ministry]
    ministry_choices: Sequence[tuple[str, str]]
    region_choices: Sequence[tuple[str, str]]
    found: Sequence[desk.Found]
    next_href: str
    asked: Asked
    held: Sequence[tuple[FollowerEvidence, Influencer]]
    imported: Imported
    n_screenshots: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the search form asked for."""

    words: str
    ministry: str
    region: str
    after: int


FATES = {
    "new": mark("baru"),
    "changed": mark("berubah"),
    "unchanged": mark("sudah ada"),
    "refused": mark("ditolak"),
}


def _asked(request: Request) -> Asked:
    """Read the search from the address; what cannot be read is left out."""
    given = request.query_params

    def line(name: str) -> str:
        try:
            return _optional.validate_python(given.get(name, ""))
        except ValidationError:
            return ""

    after = given.get("setelah", "")
    readable = after.isascii() and after.isdigit() and len(after) <= len(str(2**53))
    region = line("wilayah")
    return Asked(line("q"), line("kementerian"), region if region in regions() else "", int(after) if readable else 0)


def _tiles(coverage: desk.Coverage) -> tuple[Tile, ...]:
    groups = {group.code: group for group in coverage.by_region}
    most = max((group.n_eligible or 0 for group in coverage.by_region), default=0)
    return tuple(
        Tile(place, groups[code], place.tile_x * TILE_PX, place.tile_y * TILE_PX, _level(groups[code], most))
        for code, place in regions().items()
    )


def _level(group: desk.Group, most: int) -> int:
    n = group.n_eligible or 0
    return -(-4 * n // most) if n else 0


def _list_page(request: Request, ctx: Context, visit: Visit | None, imported: Imported = Imported()) -> Response:
    asked = _asked(request)
    coverage = desk.coverage(ctx)
    ministries = desk.ministries(ctx)
    ministry_id = next((row.id for row in ministries if row.code == asked.ministry), None)
    found = desk.search(ctx, Search(asked.words, ministry_id, asked.region or None), after=asked.after, limit=PAGE)
    query = {"q": asked.words, "kementerian": asked.ministry, "wilayah": asked.region}
    tiles = _tiles(coverage)
    page = InfluencersPage(
        coverage=coverage,
        tiles=tiles,
        tile_px=TILE_PX,
        width=max(tile.x for tile in tiles) + TILE_PX,
        height=max(tile.y for tile in tiles) + TILE_PX,
        ministries=ministries,
        ministry_choices=[(row.code, row.name) for row in ministries],
        region_choices=[(code, place.name) for code, place in regions().items()],
        found=found,
        next_href=f"/influencer?{urlencode(query | {'setelah': found[-1].row.id})}" if len(found) == PAGE else "",
        asked=asked,
        held=desk.held_evidence(ctx),
        imported=imported,
        n_screenshots=screenshots.count_waiting(ctx),
    )
    return render(request, "influencers.html", page, visit=visit, status=imported.status)


@router.get("")
def read_list(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show coverage, held evidence, the search, and the form for a ministry's list."""
    return _list_page(request, ctx, visit)


@dataclass(frozen=True, slots=True)
class ListForm:
    """A ministry's list, typed or as a file, and whether it is only to be tried."""

    content: bytes
    dry_run: bool

    @property
    def kept(self) -> str:
        """Give what goes back into the form for mending: text, and nothing of a workbook."""
        return "" if workbook.is_workbook(self.content) else self.content.decode("utf-8-sig", "replace")[:KEPT_CHARS]


def list_form(
    teks: Annotated[str, Form()] = "",
    berkas: UploadFile | None = None,
    coba: Annotated[str, Form()] = "",
) -> ListForm:
    """Read the form; a file goes before what was typed."""
    given = teks.encode("utf-8", "replace") if berkas is None or not berkas.filename else berkas.file.read()
    return ListForm(given, coba == "ya")


@router.post("/impor")
def import_list(
    request: Request,
    service: ServiceDep,
    at: Annotated[Reading, Depends(reading, scope="function")],
    language: LanguageDep,
    form: Annotated[ListForm, Depends(list_form)],
) -> Response:
    """Take in a list, or try it; refused rows and what was typed come back together."""
    at.ctx.require(*desk.READERS)
    try:
        # Read to its end first: while it is, nobody waits for the transaction that writes.
        listed = list(roster.read_file(form.content))
        with writing_as(service, at.ctx.actor)() as ctx:
            outcome = desk.import_people(ctx, listed, dry_run=form.dry_run)
    except InvalidInputError as error:
        refusal = translate(language, error.message, **error.params)
        return _list_page(request, at.ctx, at.visit, Imported(form.kept, problem=refusal, status=error.status))
    if not form.dry_run and not outcome.count("refused"):
        return redirect(
            request,
            "/influencer",
            mark("Daftar diambil: {new} baru, {changed} berubah, {unchanged} sudah ada."),
            new=outcome.count("new"),
            changed=outcome.count("changed"),
            unchanged=outcome.count("unchanged"),
        )
    lines = tuple(_fate_line(language, fate) for fate in outcome.fates if fate.error or form.dry_run)
    at.ctx.session.rollback()  # what was read before stands as it was then; the page shows what was just taken in
    return _list_page(request, at.ctx, at.visit, Imported(form.kept, outcome, lines[:FATES_SHOWN], len(lines)))


def _fate_line(language: Language, fate: desk.Fate) -> FateLine:
    reason = translate(language, fate.error.message, **fate.error.params) if fate.error else ""
    return FateLine(fate.line, FATES[fate.what], reason)


@router.post("/kementerian")
def put_ministry(
    request: Request,
    ctx: PageContext,
    kode: Annotated[str, Form(pattern=rf"^{CODE}$")],
    nama: Annotated[Line, Form(max_length=200)],
) -> Response:
    """Add or rename a ministry."""
    desk.put_ministry(ctx, kode, nama)
    return redirect(request, "/influencer", mark("Kementerian “{name}” dicatat."), name=nama)


@router.post("/kementerian/{code}/gelombang")
def set_wave(
    request: Request,
    ctx: PageContext,
    code: Annotated[str, PathParameter(pattern=rf"^{CODE}$")],
    buka: Annotated[str, Form(pattern="^(ya|tidak)$")],
) -> Response:
    """Begin or stop the programme in one ministry."""
    row = desk.set_wave(ctx, code, live=buka == "ya")
    if row.live_at:
        return redirect(request, "/influencer", mark("Program dibuka di {name}."), name=row.name)
    return redirect(request, "/influencer", mark("Program dihentikan di {name}."), name=row.name)


# ---- one person ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Typed:
    """The evidence form as it was sent."""

    platform: str = ""
    count: str = ""
    method: str = ""
    day: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class InfluencerPage:
    """One person: what is missing, and every count with its date and method."""

    profile: desk.Profile
    region: Region | None
    why: tuple[str, ...]
    campaigns: tuple[tuple[Campaign, str], ...]
    topics: tuple[Topic, ...]
    platforms: tuple[Platform, ...]
    methods: tuple[EvidenceMethod, ...]
    typed: Typed
    problem: str
    invited: invitations.Invited | None
    invited_until: datetime | None


@dataclass(frozen=True, slots=True)
class _Door:
    """What every step on one person's page needs to answer."""

    request: Request
    ctx: Context
    visit: Visit | None
    language: Language
    influencer_id: int

    def page(
        self, typed: Typed = Typed(), error: SuluhError | None = None, invited: invitations.Invited | None = None
    ) -> Response:
        profile = desk.get(self.ctx, self.influencer_id)
        page = InfluencerPage(
            profile=profile,
            region=regions().get(profile.row.region),
            why=tuple(translate(self.language, reason.message, **reason.params) for reason in profile.reasons),
            campaigns=tuple(
                (campaign, translate(self.language, found.message, **found.params))
                for campaign, found in explaining.explain_running(self.ctx, self.influencer_id)
            ),
            topics=tuple(Topic(topic) for topic in profile.row.topics),
            platforms=tuple(Platform),
            methods=tuple(EvidenceMethod),
            typed=typed,
            problem=translate(self.language, error.message, **error.params) if error else "",
            invited=invited,
            invited_until=invitations.open_until(self.ctx, self.influencer_id),
        )
        status = error.status if error else 201 if invited else 200
        return render(self.request, "influencer.html", page, visit=self.visit, status=status)

    def step(self, work: Callable[[], object], typed: Typed, done: str) -> Response:
        """Take one step whole or not at all; a refusal comes back with what was typed."""
        try:
            with self.ctx.session.begin_nested():
                work()
        except SuluhError as error:
            return self.page(typed, error)
        return redirect(self.request, f"/influencer/{self.influencer_id}", done)


def door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep, influencer_id: PersonId) -> _Door:
    """Put together what a step on one person's page needs."""
    return _Door(request, ctx, visit, language, influencer_id)


@router.get("/{influencer_id}")
def read_person(at: Annotated[_Door, Depends(door)]) -> Response:
    """Show one person."""
    return at.page()


def measured_form(
    platform: Annotated[str, Form()] = "",
    jumlah: Annotated[str, Form()] = "",
    cara: Annotated[str, Form()] = "",
    tanggal: Annotated[str, Form()] = "",
) -> Typed:
    """Read the evidence form as it was typed."""
    return Typed(platform[:40], jumlah[:40], cara[:40], tanggal[:40])


def _measurement(ctx: Context, typed: Typed) -> desk.Measurement:
    try:
        return desk.Measurement(
            platform=Platform(typed.platform),
            count=_count.validate_python(typed.count.replace(".", "").strip()),
            method=EvidenceMethod(typed.method),
            measured_at=_moment(ctx, typed.day),
        )
    except ValueError:
        raise InvalidInputError(mark("Lengkapi platform, jumlah, cara, dan tanggal.")) from None


def _moment(ctx: Context, day: str) -> datetime:
    """Give 00.00 UTC of a day (07.00 WIB) of this century; today means now."""
    moment = aware(datetime.combine(datetime.fromisoformat(day).date(), time(), tzinfo=UTC))
    return ctx.now if moment.date() == ctx.now.date() else moment


@router.post("/{influencer_id}/bukti")
def record_evidence(at: Annotated[_Door, Depends(door)], typed: Annotated[Typed, Depends(measured_form)]) -> Response:
    """Record one count of followers."""

    def work() -> None:
        desk.record_evidence(at.ctx, at.influencer_id, _measurement(at.ctx, typed))

    return at.step(work, typed, mark("Bukti dicatat."))


@router.post("/{influencer_id}/bukti/{evidence_id}/terima")
def release_evidence(at: Annotated[_Door, Depends(door)], evidence_id: Annotated[Id, PathParameter()]) -> Response:
    """Let a held count stand."""
    return at.step(
        lambda: desk.release_evidence(at.ctx, evidence_id), Typed(), mark("Bukti diterima setelah diperiksa.")
    )


@router.post("/{influencer_id}/bukti/{evidence_id}/tolak")
def refuse_evidence(
    at: Annotated[_Door, Depends(door)],
    evidence_id: Annotated[Id, PathParameter()],
    alasan: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Let a held count never stand."""

    def work() -> None:
        desk.refuse_evidence(at.ctx, evidence_id, alasan)

    return at.step(work, Typed(), mark("Bukti ditolak; alasannya tampil bagi orangnya."))


@router.post("/{influencer_id}/akun")
def link_account(at: Annotated[_Door, Depends(door)], akun: Annotated[str, Form(max_length=64)] = "") -> Response:
    """Give a person the account with which they sign in."""

    def work() -> None:
        try:
            name = _line.validate_python(akun)
        except ValidationError:
            raise InvalidInputError(mark("Tulis nama akunnya.")) from None
        desk.link_account(at.ctx, at.influencer_id, name)

    return at.step(work, Typed(account=akun), mark("Akun dihubungkan."))


@router.post("/{influencer_id}/undangan")
def invite(at: Annotated[_Door, Depends(door)], surel: Annotated[str, Form()] = "") -> Response:
    """Invite this person; the address stands in this one answer and is kept nowhere, so there is no page to go to."""
    made: list[invitations.Invited] = []

    def work() -> None:
        made.append(invitations.invite(at.ctx, at.influencer_id, mail=surel == "ya"))

    error = attempt(at.ctx, work)
    return at.page(error=error) if error else at.page(invited=made[0])


@router.post("/{influencer_id}/undangan/tarik")
def take_back(at: Annotated[_Door, Depends(door)]) -> Response:
    """Let this person's open invitation work no longer."""
    return at.step(
        lambda: invitations.take_back(at.ctx, at.influencer_id),
        Typed(),
        mark("Undangan ditarik dan tidak berlaku lagi."),
    )
