"""Appeals on pages: the form beside each published clarification, its status, the outcomes, the reviewers' queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Path, Query, Request, Response
from pydantic import BaseModel

from serving.console.door import Door
from serving.console.forms import OPTIONAL_LINE, PARAGRAPH, attempt, fit
from serving.console.open_forms import OpenForm
from serving.console.pages import redirect, render
from serving.db.library import Entry
from serving.deps import LanguageDep, PageContext, PublicContext, ServiceDep, VisitDep, address_of
from serving.desk.publishing import appeals, library
from serving.errors import InvalidInputError, SuluhError, TooManyRequestsError
from serving.i18n import mark
from serving.inputs import ID_MAX, Id
from serving.parts import Router
from serving.vocabulary import AppealState, ClarificationState, ComplaintReason

open_router = Router()
router = Router(prefix="/periksa/keberatan")

FORM = OpenForm(
    "appeal",
    "suluh_appeal",
    "/klarifikasi",
    mark("Formulir ini sudah kedaluwarsa. Muat ulang halaman, lalu kirim lagi."),
)
PAGE = 20
STATEMENT_MAX = 4_000
CONTACT_MAX = 200
Slug = Annotated[str, Path(max_length=120)]
PathId = Annotated[Id, Path(le=ID_MAX)]


# ---- anybody ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AppealFormPage:
    """The form, with whatever was typed; ``stands`` tells whether there is a label to contest."""

    entry: Entry
    stands: bool
    token: str
    statement: str
    contact: str
    reasons: tuple[ComplaintReason, ...]
    statement_max: int
    contact_max: int
    problem: str


@dataclass(frozen=True, slots=True)
class AppealsPage:
    """The status behind a receipt code, and what became of every appeal so far."""

    asked: str
    status: appeals.Status | None
    is_new: bool
    problem: str
    outcomes: Sequence[appeals.Status]
    next_href: str


class AppealForm(BaseModel):
    """What the form sends; whatever is missing is empty."""

    csrf: str = ""
    keterangan: str = ""
    kontak: str = ""
    alasan: str = ""


class _Door(Door):
    __slots__ = ()

    def form(self, entry: Entry, typed: AppealForm, error: SuluhError | None = None) -> Response:
        """Show the form, with why it was refused where it was."""
        service = self.request.app.state.service
        page = AppealFormPage(
            entry=entry,
            stands=entry.head.state is ClarificationState.PUBLISHED,
            token=FORM.token(self.request, service),
            statement=typed.keterangan[:STATEMENT_MAX],
            contact=typed.kontak[:CONTACT_MAX],
            reasons=tuple(ComplaintReason),
            statement_max=STATEMENT_MAX,
            contact_max=CONTACT_MAX,
            problem=self.why(error),
        )
        response = self.show("appeal_form.html", page, error)
        FORM.keep(service, response, page.token)
        if isinstance(error, TooManyRequestsError):
            response.headers["retry-after"] = str(error.retry_after_s)
        return response


def _open_door(request: Request, ctx: PublicContext, visit: VisitDep, language: LanguageDep) -> _Door:
    return _Door(request, ctx, visit, language)


OpenDoorDep = Annotated[_Door, Depends(_open_door)]


@open_router.get("/klarifikasi/{slug}/keberatan")
def read_form(at: OpenDoorDep, slug: Slug) -> Response:
    """Show the form with which anybody contests a label, or minds how it is spread."""
    return at.form(library.published(at.ctx, slug), AppealForm())


def _fits(text: str, most: int, name: str) -> str:
    if len(text) > most:
        raise InvalidInputError(mark("Isian “{name}” paling panjang {n} huruf."), name=name, n=most)
    return text


@open_router.post("/klarifikasi/{slug}/keberatan")
def file(at: OpenDoorDep, service: ServiceDep, slug: Slug, form: Annotated[AppealForm, Form()]) -> Response:
    """File an appeal; the answer leads to its status, with the code."""
    entry = library.published(at.ctx, slug)
    receipts: list[appeals.Receipt] = []

    def work() -> None:
        FORM.check(at.request, service, form.csrf)
        service.limits.appeal(address_of(at.request), at.ctx.now)
        statement = fit(PARAGRAPH, _fits(form.keterangan, STATEMENT_MAX, "keterangan"), "keterangan")
        contact = fit(OPTIONAL_LINE, _fits(form.kontak, CONTACT_MAX, "kontak"), "kontak")
        receipts.append(appeals.file(at.ctx, entry.head.id, statement, contact))

    if error := attempt(at.ctx, work):
        return at.form(entry, form, error)
    return redirect(at.request, f"/keberatan?kode={receipts[0].code}&baru=ya")


@open_router.post("/klarifikasi/{slug}/keluhan")
def complain(at: OpenDoorDep, service: ServiceDep, slug: Slug, form: Annotated[AppealForm, Form()]) -> Response:
    """Take a complaint about how a clarification is spread."""
    entry = library.published(at.ctx, slug)

    def work() -> None:
        FORM.check(at.request, service, form.csrf)
        service.limits.complaint(address_of(at.request), at.ctx.now)
        if form.alasan not in set(ComplaintReason):
            raise InvalidInputError(mark("Pilih satu alasan."))
        appeals.complain(at.ctx, entry.head.id, ComplaintReason(form.alasan))

    if error := attempt(at.ctx, work):
        return at.form(entry, form, error)
    return redirect(at.request, f"/klarifikasi/{slug}", mark("Terima kasih, keluhan Anda tercatat tanpa identitas."))


@open_router.get("/keberatan")
def read_outcomes(
    at: OpenDoorDep,
    kode: Annotated[str, Query(max_length=80)] = "",
    baru: str = "",
    after: Annotated[Id | None, Query()] = None,
) -> Response:
    """Show what became of appeals, and the status of one to whoever holds its code."""
    found: list[appeals.Status] = []
    error = attempt(at.ctx, lambda: found.append(appeals.status(at.ctx, kode))) if kode.strip() else None
    outcomes = appeals.outcomes(at.ctx, after=after, limit=PAGE)
    page = AppealsPage(
        asked=kode,
        status=found[0] if found else None,
        is_new=baru == "ya",
        problem=at.why(error),
        outcomes=outcomes.rows,
        next_href=f"/keberatan?after={outcomes.after}" if outcomes.after else "",
    )
    return at.show("public_appeals.html", page, error)


# ---- reviewers -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AppealQueuePage:
    """Appeals that wait, the oldest first."""

    cases: Sequence[appeals.Case]
    next_href: str


@dataclass(frozen=True, slots=True)
class AppealPage:
    """One appeal before a reviewer, with whatever was typed and the contact where it was just opened."""

    case: appeals.Case
    is_open: bool
    contact: str
    reason: str
    problem: str


@router.get("")
def read_queue(
    request: Request, ctx: PageContext, visit: VisitDep, after: Annotated[Id | None, Query()] = None
) -> Response:
    """List the appeals that nobody has answered."""
    queue = appeals.waiting(ctx, after=after, limit=PAGE)
    href = f"/periksa/keberatan?after={queue.after}" if queue.after else ""
    return render(request, "appeal_queue.html", AppealQueuePage(queue.cases, href), visit=visit)


class _Desk(Door):
    """What every step on one appeal's page needs to answer."""

    __slots__ = ()

    def page(self, appeal_id: int, reason: str = "", contact: str = "", error: SuluhError | None = None) -> Response:
        case = appeals.one(self.ctx, appeal_id)
        page = AppealPage(
            case=case,
            is_open=case.contested.appeal.state in {AppealState.OPEN, AppealState.TAKEN},
            contact=contact,
            reason=reason,
            problem=self.why(error),
        )
        return self.show("appeal.html", page, error)


def _desk(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> _Desk:
    return _Desk(request, ctx, visit, language)


DeskDep = Annotated[_Desk, Depends(_desk)]


@router.get("/{appeal_id}")
def read_appeal(at: DeskDep, appeal_id: PathId) -> Response:
    """Show one appeal beside what it contests."""
    return at.page(appeal_id)


@router.post("/{appeal_id}/ambil")
def take(at: DeskDep, appeal_id: PathId) -> Response:
    """Become the one who answers."""
    if error := attempt(at.ctx, lambda: appeals.take(at.ctx, appeal_id)):
        return at.page(appeal_id, error=error)
    return redirect(at.request, f"/periksa/keberatan/{appeal_id}", mark("Keberatan ini Anda periksa."))


@router.post("/{appeal_id}/lepas")
def release(at: DeskDep, appeal_id: PathId) -> Response:
    """Put an appeal back."""
    if error := attempt(at.ctx, lambda: appeals.release(at.ctx, appeal_id)):
        return at.page(appeal_id, error=error)
    return redirect(at.request, "/periksa/keberatan", mark("Keberatan ini kembali ke antrean."))


@router.post("/{appeal_id}/kontak")
def open_contact(at: DeskDep, appeal_id: PathId) -> Response:
    """Open the contact that somebody left; it is on the record, and on this page only."""
    opened: list[str] = []
    error = attempt(at.ctx, lambda: opened.append(appeals.contact(at.ctx, appeal_id)))
    return at.page(appeal_id, contact="".join(opened), error=error)


@router.post("/{appeal_id}/jawab")
def answer(
    at: DeskDep, appeal_id: PathId, hasil: Annotated[str, Form()] = "", alasan: Annotated[str, Form()] = ""
) -> Response:
    """Answer in public: the label stands, or it is retracted."""

    def work() -> None:
        if hasil not in set(AppealState):
            raise InvalidInputError(mark("Pilih: putusan dipertahankan atau dibatalkan."))
        appeals.answer(at.ctx, appeal_id, AppealState(hasil), fit(PARAGRAPH, alasan, "alasan"))

    if error := attempt(at.ctx, work):
        return at.page(appeal_id, alasan, error=error)
    return redirect(at.request, "/periksa/keberatan", mark("Keberatan dijawab; hasilnya tampil untuk umum."))
