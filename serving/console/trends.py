"""The page of what spreads fastest, its live stream, and the page of one claim's spread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, Field

from models.trends import FALSE_ALARMS_A_DAY, LEVEL
from serving.console.pages import ENVIRONMENT, render, words_for
from serving.console.queue import BANDS, chosen_regions
from serving.console.surges import SURGES
from serving.db.trends import Wanted
from serving.deps import LanguageDep, PageContext, ServiceDep, VisitDep
from serving.desk.checking.claims import READERS
from serving.desk.incoming import trending
from serving.desk.incoming.trending import Board, Coming, Trending
from serving.desk.regions import regions
from serving.i18n import Language, clock_time, mark, number, translate
from serving.inputs import ID_MAX, Id
from serving.parts import Router
from serving.streams import EventStream, Tongue, broadcast_for
from serving.vocabulary import Category

router = Router()

CHART_HOURS: Final = 48
_WIDTH: Final = 648
_HEIGHT: Final = 160
_RARE: Final = 0.001


class TrendsForm(BaseModel):
    """What the address of the page asks for; a word that no list holds asks for everything."""

    category: Annotated[str, Field(max_length=40)] = ""
    band: Annotated[str, Field(max_length=16)] = ""
    region: Annotated[str, Field(max_length=8)] = ""
    source: Annotated[str, Field(max_length=40)] = ""
    q: Annotated[str, Field(max_length=200)] = ""

    def wanted(self) -> Wanted:
        """Give it as the desk takes it."""
        return Wanted(
            category=Category(self.category) if self.category in set(Category) else None,
            band=self.band if self.band in dict(BANDS) else None,
            region=self.region if self.region in regions() else None,
            source=self.source or None,
            words="".join(c for c in self.q if c.isprintable()).strip(),
        )


# ---- one row -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One claim of the board in the reader's words.

    Attributes:
        item: the figures.
        spark_title: what the small line shows, for whoever cannot see it.
        why: how its speed compares.
        ahead: what is expected.
        life: when it was at its height, and how it fades.
        places: names of provinces.
    """

    item: Trending
    spark_title: str
    why: str
    ahead: str
    life: str
    places: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """Writes figures of trends in one language."""

    language: Language

    def say(self, sentence: str, **params: float | str) -> str:
        """Fill a sentence; numbers are written as the language writes them."""
        written = {
            name: value if isinstance(value, str) else number(self.language, value) for name, value in params.items()
        }
        return translate(self.language, sentence, **written)

    def row(self, item: Trending) -> Row:
        """Put one claim's figures into words."""
        return Row(
            item=item,
            spark_title=self.spark(item),
            why=self.speed(item),
            ahead=self.ahead(item.total),
            life=self.life(item),
            places=", ".join(regions()[code].name for code in item.regions if code in regions()),
        )

    def spark(self, item: Trending) -> str:
        """Say what the line of the last day shows."""
        return self.say(
            mark("{n} kiriman dalam 24 jam terakhir, paling banyak {most} dalam satu jam"),
            n=sum(item.spark),
            most=max(item.spark),
        )

    def speed(self, item: Trending) -> str:
        """Compare the last hour with what its own past and the hour of the week let expect."""
        n = item.windows[0].n_posts
        usual = round(item.usual_per_hour, 1)
        if item.surge:
            return self.say(SURGES[item.surge.quarters], n=item.surge.n_posts, usual=round(item.surge.expected, 1))
        if item.times_usual >= 2:
            times = round(item.times_usual, 1)
            return self.say(
                mark("{n} kiriman dalam satu jam, {times} kali biasanya, masih dalam batas kebetulan"),
                n=n,
                times=times,
            )
        return self.say(mark("{n} kiriman dalam satu jam, sekitar biasanya ({usual})"), n=n, usual=usual)

    def ahead(self, total: Coming) -> str:
        """Say what the next hours may bring."""
        if total.high == 0:
            return self.say(mark("{hours} jam ke depan: mungkin tidak ada lagi"), hours=trending.AHEAD_H)
        return self.say(
            mark("{hours} jam ke depan: {low} sampai {high} kiriman"),
            hours=trending.AHEAD_H,
            low=total.low,
            high=total.high,
        )

    def life(self, item: Trending) -> str:
        """Say when it was at its height, and how fast it fades."""
        at = clock_time(self.language, item.peak_at)
        if item.week[-1] == item.peak_posts:
            return self.say(mark("sedang di puncaknya: {n} kiriman dalam satu jam"), n=item.peak_posts)
        if item.half_life_h is None:
            return self.say(mark("puncak {at}, {n} kiriman dalam satu jam"), at=at, n=item.peak_posts)
        return self.say(
            mark("puncak {at}, {n} kiriman dalam satu jam; lajunya menjadi separuh tiap {hours} jam"),
            at=at,
            n=item.peak_posts,
            hours=round(item.half_life_h, 1),
        )


def _rows(board: Board, language: Language) -> tuple[Row, ...]:
    speaker = Speaker(language)
    return tuple(speaker.row(item) for item in board.rows)


# ---- the board ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrendsPage:
    """The board and what it was asked for."""

    rows: tuple[Row, ...]
    board_at: datetime
    is_behind: bool
    n_moving: int
    checked: str
    stream: str
    categories: tuple[Category, ...]
    bands: tuple[tuple[str, str], ...]
    regions: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    asked: TrendsForm
    is_filtered: bool
    false_alarms: float


def _checked(board: Board, speaker: Speaker) -> str:
    looked = board.looked_back
    if not looked.n:
        return ""
    return speaker.say(
        mark("Perkiraan enam jam lalu: {inside} dari {n} tepat dalam rentangnya; sasarannya {level} %."),
        inside=looked.inside,
        n=looked.n,
        level=round(LEVEL * 100),
    )


@router.get("/tren")
def trends(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    language: LanguageDep,
    asked: Annotated[TrendsForm, Query()],
) -> Response:
    """Show what spreads fastest."""
    board = trending.board(ctx, asked.wanted())
    given = {name: value for name, value in asked.model_dump().items() if value}
    page = TrendsPage(
        rows=_rows(board, language),
        board_at=board.at,
        is_behind=board.is_behind,
        n_moving=board.n_moving,
        checked=_checked(board, Speaker(language)),
        stream=f"/tren/aliran?{urlencode(given)}".rstrip("?"),
        categories=tuple(Category),
        bands=BANDS,
        regions=chosen_regions(),
        sources=tuple((source, source) for source in trending.sources(ctx)),
        asked=asked,
        is_filtered=bool(given),
        false_alarms=FALSE_ALARMS_A_DAY,
    )
    return render(request, "trends.html", page, visit=visit)


def _written(board: Board, language: Language) -> str:
    words = words_for(language)
    return ENVIRONMENT.get_template("_trends_rows.html").render(
        **words, rows=_rows(board, language), board_at=board.at, is_behind=board.is_behind, now=board.at, csrf=""
    )


_TONGUES: Final = {language: Tongue(f"html-{language}", partial(_written, language=language)) for language in Language}


@router.get("/tren/aliran")
async def follow(
    ctx: PageContext, service: ServiceDep, language: LanguageDep, asked: Annotated[TrendsForm, Query()]
) -> Response:
    """Send the board's rows as they change."""
    person_id = ctx.require(*READERS)
    broadcast = broadcast_for(service)
    return EventStream(broadcast, broadcast.join(person_id, asked.wanted()), _TONGUES[language])


# ---- one claim ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the chart: what came, or what is expected with its band; geometry in a 648 by 160 picture."""

    starts: datetime
    x: float
    width: float
    y: float
    height: float
    n: float
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """Two days that were and six hours that may come."""

    past: tuple[Bar, ...]
    ahead: tuple[Bar, ...]
    now_x: float
    most: int
    width: int = _WIDTH
    height: int = _HEIGHT


def chart_of(item: Trending) -> Chart:
    """Lay one claim's hours out, oldest at the left, and the band of what may come behind the running hour."""
    counts = item.week[-CHART_HOURS:]
    begins = item.week_from + timedelta(hours=len(item.week) - len(counts))
    most = max(*counts, *(each.high for each in item.coming), 1)
    step = _WIDTH / (len(counts) + len(item.coming))
    scale = (_HEIGHT - 2) / most
    past = tuple(
        Bar(
            starts=begins + timedelta(hours=i),
            x=round(i * step, 1),
            width=round(step - 1, 1),
            y=round(_HEIGHT - n * scale, 1),
            height=round(n * scale, 1),
            n=n,
        )
        for i, n in enumerate(counts)
    )
    now_x = len(counts) * step
    ahead = tuple(
        Bar(
            starts=each.starts,
            x=round(now_x + i * step, 1),
            width=round(step - 1, 1),
            y=round(_HEIGHT - each.high * scale, 1),
            height=round(max((each.high - each.low) * scale, 1.0), 1),
            n=round(each.mean, 1),
            low=each.low,
            high=each.high,
        )
        for i, each in enumerate(item.coming)
    )
    return Chart(past, ahead, round(now_x, 1), most)


@dataclass(frozen=True, slots=True)
class TrendPage:
    """How one claim spreads."""

    row: Row
    chart: Chart
    chart_title: str
    rare: str
    level: int


@router.get("/tren/{claim_id}")
def trend(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    language: LanguageDep,
    claim_id: Annotated[Id, Path(le=ID_MAX)],
) -> Response:
    """Show how one claim spreads: its windows, its height, and what may come."""
    item = trending.trend_of(ctx, claim_id)
    speaker = Speaker(language)
    chart = chart_of(item)
    rare = max(item.chance, _RARE)
    page = TrendPage(
        row=speaker.row(item),
        chart=chart,
        chart_title=speaker.say(
            mark("Kiriman tiap jam dalam dua hari terakhir dan perkiraan enam jam; paling tinggi {n}. Tabel di bawah."),
            n=chart.most,
        ),
        rare=speaker.say(mark("kurang dari {p} %") if item.chance < _RARE else "{p} %", p=round(rare * 100, 1)),
        level=round(LEVEL * 100),
    )
    return render(request, "trend.html", page, visit=visit)
