"""The queue, pasting a claim, and the feeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Form, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints, TypeAdapter, ValidationError

from serving.console.keys import KEYS, KeyGroup
from serving.console.pages import redirect, render
from serving.db.claims import OPEN_STATES, Filters
from serving.db.tables import Feed, QueueView
from serving.deps import LanguageDep, PageContext, ServiceDep, Visit, VisitDep, get_language
from serving.desk.checking import bulk, claims, notes, views
from serving.desk.checking.bulk import CLAIMS_MAX, Undoable
from serving.desk.checking.claims import Listed
from serving.desk.checking.leases import DESK
from serving.desk.incoming import feeds, trending
from serving.desk.incoming.machine import machine_for
from serving.desk.incoming.triage import WEIGHTS, Weights
from serving.desk.learning import moderation
from serving.desk.regions import regions
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import Language, mark, number, translate
from serving.inputs import Id, Paragraph, WebAddress
from serving.parts import Router
from serving.vocabulary import BulkAction, Category, ClaimState, DismissReason, Role

router = Router()
BANDS = (
    ("look", mark("perlu dilihat")),
    ("abstain", mark("ragu")),
    ("clear", mark("tidak mirip")),
)
Asked = Annotated[str, StringConstraints(max_length=200)]
_paragraph: TypeAdapter[str] = TypeAdapter(Paragraph)
_address: TypeAdapter[str] = TypeAdapter(WebAddress)


# ---- the queue ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue, its reasons in the reader's words."""

    item: Listed
    why: str
    spark_title: str
    # What its wording may contain; it is then shown once somebody asks.
    veil: tuple[str, ...]


class QueueForm(BaseModel):
    """What the address of the queue asks for; a word that no list holds asks for everything, as an empty field does."""

    state: Asked = ""
    category: Asked = ""
    band: Asked = ""
    region: Asked = ""
    source: Asked = ""
    q: Asked = ""

    def filters(self) -> Filters:
        """Give it as the desk takes it."""
        return Filters(
            states=(ClaimState(self.state),) if self.state in set(ClaimState) else OPEN_STATES,
            category=Category(self.category) if self.category in set(Category) else None,
            band=self.band if self.band in dict(BANDS) else None,
            words=self.q,
            region=self.region if self.region in regions() else None,
            source=self.source or None,
        )

    def address(self, path: str, **more: str) -> str:
        """Give the address that asks the same, and ``more``."""
        given = urlencode({name: value for name, value in (self.model_dump(include=_FIELDS) | more).items() if value})
        return f"{path}?{given}" if given else path


class QueuePart(QueueForm):
    """The queue from a mark on."""

    after: Asked = ""


class QueueSince(QueueForm):
    """What is newer than the newest claim that was shown."""

    sejak: Annotated[int, Field(ge=0, le=2**53)] = 0


_FIELDS: Final = set(QueueForm.model_fields)


@dataclass(frozen=True, slots=True)
class Count:
    """How many claims stand in one state, and where they are listed; ``here`` where that is what the page shows."""

    state: ClaimState
    n: int
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view that the reader keeps, and its address."""

    view: QueueView
    href: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue and what it was asked for."""

    rows: tuple[Row, ...]
    n_found: int
    is_behind: bool
    next_href: str
    newer_href: str
    states: tuple[ClaimState, ...]
    categories: tuple[Category, ...]
    bands: tuple[tuple[str, str], ...]
    regions: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    asked: QueueForm
    is_filtered: bool
    may_paste: bool
    weights: Weights
    counts: tuple[Count, ...]
    views: tuple[SavedView, ...]
    # None for a reader whom no note can name.
    n_mentions: int | None
    undoable: Undoable | None
    bulk_actions: tuple[BulkAction, ...]
    bulk_max: int
    dismiss_reasons: tuple[DismissReason, ...]
    key_groups: tuple[KeyGroup, ...]
    refusal: str


@dataclass(frozen=True, slots=True)
class NewerNotice:
    """How many claims came since the page was opened."""

    n: int
    href: str


def chosen_regions() -> tuple[tuple[str, str], ...]:
    """Give every province as a choice, in the order of the alphabet."""
    return tuple(sorted(((region.code, region.name) for region in regions().values()), key=itemgetter(1)))


def _row(item: Listed, language: Language, veil: tuple[str, ...]) -> Row:
    why = "; ".join(because.in_words(language) for because in item.because)
    title = translate(
        language,
        mark("{n} kiriman dalam 24 jam terakhir, paling banyak {most} dalam satu jam"),
        n=number(language, sum(item.spark)),
        most=number(language, max(item.spark, default=0)),
    )
    return Row(item, why, title, veil)


def _counts(ctx: PageContext, form: QueueForm, filters: Filters) -> tuple[Count, ...]:
    found = claims.counts(ctx, filters)
    return tuple(
        Count(state, n, form.address("/antrean", state=state.value), form.state == state.value)
        for state, n in found.items()
    )


def _n_found(ctx: PageContext, filters: Filters, counts: Sequence[Count]) -> int:
    """Count what the page is about; the counts know it already where every state that is asked for is open."""
    known = {count.state: count.n for count in counts}
    return (
        sum(known[state] for state in filters.states)
        if known.keys() >= set(filters.states)
        else claims.n_found(ctx, filters)
    )


def _views(ctx: PageContext) -> tuple[SavedView, ...]:
    return tuple(SavedView(row, QueueForm.model_validate(row.asked).address("/antrean")) for row in views.listed(ctx))


def queue_page(
    request: Request, ctx: PageContext, visit: Visit | None, form: QueueForm, error: SuluhError | None = None
) -> Response:
    """Show the queue as it is asked for, with why a step from it was refused where it was."""
    language = get_language(request)
    filters = form.filters()
    page = claims.queue(ctx, filters, form.after or None if isinstance(form, QueuePart) else None)
    counts = _counts(ctx, form, filters)
    veils = moderation.veils([item.claim.wording for item in page.items], moderation.HURTING)
    is_checker = ctx.actor.may(Role.CHECKER)
    shown = QueuePage(
        rows=tuple(_row(item, language, veil) for item, veil in zip(page.items, veils, strict=True)),
        n_found=_n_found(ctx, filters, counts),
        is_behind=page.is_behind,
        next_href=form.address("/antrean", after=page.next_after) if page.next_after else "",
        newer_href=form.address("/antrean/baru", sejak=str(claims.newest(ctx))),
        states=tuple(ClaimState),
        categories=tuple(Category),
        bands=BANDS,
        regions=chosen_regions(),
        sources=tuple((source, source) for source in trending.sources(ctx)),
        asked=form,
        is_filtered=form.address("") != "",
        may_paste=is_checker,
        weights=WEIGHTS,
        counts=counts,
        views=_views(ctx),
        n_mentions=notes.n_unread(ctx) if ctx.actor.may(*DESK) else None,
        undoable=bulk.undoable(ctx),
        bulk_actions=tuple(BulkAction) if is_checker else (),
        bulk_max=CLAIMS_MAX,
        dismiss_reasons=tuple(DismissReason),
        key_groups=KEYS,
        refusal=translate(language, error.message, **error.params) if error else "",
    )
    return render(request, "queue.html", shown, visit=visit, status=error.status if error else 200)


@router.get("/antrean")
def queue(request: Request, ctx: PageContext, visit: VisitDep, asked: Annotated[QueuePart, Query()]) -> Response:
    """Show the queue, most urgent first."""
    form = asked.model_copy(update={"q": "".join(c for c in asked.q if c.isprintable())})
    return queue_page(request, ctx, visit, form)


@router.get("/antrean/baru")
def newer(request: Request, ctx: PageContext, visit: VisitDep, asked: Annotated[QueueSince, Query()]) -> Response:
    """Say how many claims came since a page was opened, for the notice that does not move its rows."""
    n = claims.n_newer(ctx, asked.filters(), asked.sejak)
    return render(request, "_queue_newer.html", NewerNotice(n, asked.address("/antrean")), visit=visit)


# ---- pasting -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PastePage:
    """The form for a pasted text, with what was typed where it was refused."""

    text: str = ""
    url: str = ""
    refused: str = ""
    text_max: int = 20_000


def _checked(adapter: TypeAdapter[str], value: str, message: str) -> str:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        raise InvalidInputError(message) from None


@router.get("/klaim/baru")
def paste_form(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show the form for pasting a text."""
    ctx.require(Role.CHECKER)
    return render(request, "paste.html", PastePage(text_max=ctx.settings.max_text_chars), visit=visit)


@router.post("/klaim/baru")
def paste(
    request: Request,
    ctx: PageContext,
    service: ServiceDep,
    visit: VisitDep,
    language: LanguageDep,
    text: Annotated[str, Form()] = "",
    url: Annotated[str, Form()] = "",
) -> Response:
    """Take a pasted text in and open its claim."""
    ctx.require(Role.CHECKER)
    try:
        words = _checked(_paragraph, text, mark("Tempelkan teks yang dapat dibaca, paling panjang 20.000 huruf."))
        address = (
            _checked(_address, url, mark("Alamat harus mulai dengan http:// atau https://.")) if url.strip() else None
        )
        pasted = claims.paste(ctx, machine_for(service.settings), words, address)
    except InvalidInputError as error:
        page = PastePage(text, url, translate(language, error.message, **error.params), ctx.settings.max_text_chars)
        return render(request, "paste.html", page, visit=visit, status=error.status)
    message = mark("Klaim baru dibuat.") if pasted.is_new else mark("Teks ini bergabung dengan klaim yang sudah ada.")
    return redirect(request, f"/klaim/{pasted.claim_id}", message)


# ---- feeds -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeedsPage:
    """Every feed, and the form for another, with what was typed where it was refused."""

    feeds: Sequence[Feed]
    may_change: bool
    url: str = ""
    source: str = "rss"
    minutes: str = "15"
    refused: str = ""


def _feeds_page(request: Request, ctx: PageContext, visit: Visit | None, status: int = 200, **typed: Any) -> Response:
    page = FeedsPage(feeds.listed(ctx), ctx.actor.may(Role.CHECKER, Role.ADMIN), **typed)
    return render(request, "feeds.html", page, visit=visit, status=status)


def _minutes(text: str) -> int:
    """Read a number of minutes; give it in seconds."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise InvalidInputError(mark("Tulis jumlah menit dengan angka."))
    return int(text) * 60


@router.get("/umpan")
def list_feeds(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show every feed and how its last reading went."""
    return _feeds_page(request, ctx, visit)


@router.post("/umpan")
def add_feed(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    language: LanguageDep,
    url: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
    minutes: Annotated[str, Form()] = "",
) -> Response:
    """Add a feed."""
    try:
        address = _checked(_address, url, mark("Alamat harus mulai dengan http:// atau https://."))
        feeds.add(ctx, address, source, _minutes(minutes))
    except SuluhError as error:
        if error.status not in {409, 422}:
            raise
        refused = translate(language, error.message, **error.params)
        return _feeds_page(request, ctx, visit, error.status, url=url, source=source, minutes=minutes, refused=refused)
    return redirect(request, "/umpan", mark("Umpan ditambahkan; dibaca pada putaran berikutnya."))


@router.post("/umpan/{feed_id}/ubah")
def change_feed(
    request: Request,
    ctx: PageContext,
    feed_id: Id,
    aktif: Annotated[str, Form()] = "",
    minutes: Annotated[str, Form()] = "",
) -> Response:
    """Stop or start a feed, or change how often it is read."""
    if minutes:
        feeds.change(ctx, feed_id, source=None, every_s=_minutes(minutes), active=None)
        return redirect(request, "/umpan", mark("Selang umpan disimpan."))
    feed = feeds.change(ctx, feed_id, source=None, every_s=None, active=aktif == "ya")
    message = mark("Umpan dibaca lagi.") if feed.active else mark("Umpan dihentikan.")
    return redirect(request, "/umpan", message)


@router.post("/umpan/{feed_id}/lepas")
def remove_feed(request: Request, ctx: PageContext, feed_id: Id) -> Response:
    """Remove a feed; its posts stay."""
    feeds.remove(ctx, feed_id)
    return redirect(request, "/umpan", mark("Umpan dilepas; kirimannya tetap ada."))
