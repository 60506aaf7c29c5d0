"""The roll-out by ministry, and the page that shows where reach is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Form, Request, Response
from fastapi import Path as PathParameter

from serving.console.influencers import CODE, TILE_PX
from serving.console.pages import redirect, render
from serving.deps import PageContext, VisitDep, get_language
from serving.desk.context import Context
from serving.desk.outreach import coverage, waves
from serving.desk.people import invitations
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import ZONES, mark, translate
from serving.inputs import aware
from serving.parts import Router
from serving.vocabulary import Platform, Topic

router = Router(prefix="/influencer")
Code = Annotated[str, PathParameter(pattern=rf"^{CODE}$")]
WIB = ZoneInfo(ZONES["WIB"])


# ---- where reach is missing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CoverageTile:
    """One province on the map: how many are eligible, for one topic or in all, and how dark its tile is (0 to 4)."""

    province: coverage.Province
    n_people: int | None
    x: int
    y: int
    level: int


@dataclass(frozen=True, slots=True)
class CoveragePage:
    """The map for one topic or for all, and the tables of provinces, topics and platforms."""

    found: coverage.Missing
    topic: Topic | None
    topics: tuple[Topic, ...]
    platforms: tuple[Platform, ...]
    tiles: tuple[CoverageTile, ...]
    tile_px: int
    width: int
    height: int
    without: tuple[str, ...]


def _tiles(found: coverage.Missing, topic: Topic | None) -> tuple[CoverageTile, ...]:
    most = max((each.n_for(topic) or 0 for each in found.provinces), default=0)
    return tuple(
        CoverageTile(
            each,
            each.n_for(topic),
            each.region.tile_x * TILE_PX,
            each.region.tile_y * TILE_PX,
            -(-4 * (each.n_for(topic) or 0) // most) if most else 0,
        )
        for each in found.provinces
    )


@router.get("/cakupan")
def read_missing(request: Request, ctx: PageContext, visit: VisitDep, topik: str = "") -> Response:
    """Show where reach is missing."""
    found = coverage.missing(ctx)
    topic = Topic(topik) if topik in set(Topic) else None
    tiles = _tiles(found, topic)
    page = CoveragePage(
        found=found,
        topic=topic,
        topics=tuple(Topic),
        platforms=tuple(Platform),
        tiles=tiles,
        tile_px=TILE_PX,
        width=max(tile.x for tile in tiles) + TILE_PX,
        height=max(tile.y for tile in tiles) + TILE_PX,
        without=tuple(tile.province.region.name for tile in tiles if tile.n_people == 0),
    )
    return render(request, "coverage.html", page, visit=visit)


# ---- one ministry's wave ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaveForm:
    """A plan as it was typed."""

    day: str
    manager: str
    people: str
    offers: str
    training: bool
    read: str

    def plan(self, standing: waves.Plan) -> waves.Plan:
        """Read the plan; raise where a part of it cannot be read."""
        limits = _number(self.people), _number(self.offers)
        return waves.Plan(self._begins(standing), self.manager.strip(), *limits, self.training)

    def _begins(self, standing: waves.Plan) -> datetime | None:
        """Give 00.00 WIB of the day, or the moment that stands where the day is the same; no day, no wave."""
        if not self.day.strip():
            return None
        try:
            day = date.fromisoformat(self.day.strip())
            begins = aware(datetime.combine(day, time(), WIB))
        except ValueError:
            raise InvalidInputError(mark("Tanggal mulai ditulis seperti 2026-03-01.")) from None
        return standing.live_at if standing.live_at and _day(standing.live_at) == day else begins


def _day(moment: datetime) -> date:
    return moment.astimezone(WIB).date()


def _number(text: str) -> int | None:
    bare = text.replace(".", "").strip()
    if not bare:
        return None
    if not (bare.isascii() and bare.isdigit() and len(bare) <= len(str(waves.PEOPLE_MAX))):
        raise InvalidInputError(mark("Tulis batasnya dengan angka, atau kosongkan."))
    return int(bare)


@dataclass(frozen=True, slots=True)
class WavePage:
    """One ministry's wave, its form as it stands or was typed, why that was refused, and who may yet be invited."""

    wave: waves.Rollout
    typed: WaveForm
    problem: str
    n_invitable: int
    at_once: int


def wave_form(
    mulai: Annotated[str, Form(max_length=20)] = "",
    manajer: Annotated[str, Form(max_length=64)] = "",
    orang: Annotated[str, Form(max_length=20)] = "",
    tawaran: Annotated[str, Form(max_length=20)] = "",
    pelatihan: Annotated[str, Form(max_length=4)] = "",
    semula: Annotated[str, Form(max_length=16)] = "",
) -> WaveForm:
    """Read the form as it was typed, with the mark of the plan that it was filled from."""
    return WaveForm(mulai, manajer, orang, tawaran, pelatihan == "ya", semula)


def _standing(plan: waves.Plan) -> WaveForm:
    day = _day(plan.live_at).isoformat() if plan.live_at else ""
    people, offers = ("" if n is None else str(n) for n in (plan.people_max, plan.offers_per_day))
    return WaveForm(day, plan.manager, people, offers, plan.training_required, plan.mark)


def _page(ctx: Context, wave: waves.Rollout, typed: WaveForm, problem: str = "") -> WavePage:
    n_invitable = invitations.count_invitable(ctx, wave.ministry.code)
    return WavePage(wave, typed, problem, n_invitable, invitations.AT_ONCE)


@router.get("/kementerian/{code}")
def read_wave(request: Request, ctx: PageContext, visit: VisitDep, code: Code) -> Response:
    """Show one ministry's wave."""
    wave = waves.one(ctx, code)
    return render(request, "wave.html", _page(ctx, wave, _standing(wave.plan)), visit=visit)


@router.post("/kementerian/{code}")
def put_wave(
    request: Request, ctx: PageContext, visit: VisitDep, code: Code, form: Annotated[WaveForm, Depends(wave_form)]
) -> Response:
    """Put a plan in the place of the present one; a refused form keeps what was typed."""
    wave = waves.one(ctx, code)
    try:
        with ctx.session.begin_nested():
            waves.put(ctx, code, form.plan(wave.plan), form.read)
    except SuluhError as error:
        page = _page(ctx, wave, form, translate(get_language(request), error.message, **error.params))
        return render(request, "wave.html", page, visit=visit, status=error.status)
    return redirect(request, f"/influencer/kementerian/{code}", mark("Rencana gelombang disimpan."))
