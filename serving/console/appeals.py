"""Appeals on pages: the form beside each published clarification, its status, the outcomes, the reviewers' queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response
from pydantic import BaseModel

from serving.console.forms import OPTIONAL_LINE, PARAGRAPH, attempt, fit
from serving.console.open_forms import OpenForm
from serving.console.pages import redirect, render
from serving.db.library import Entry
from serving.deps import LanguageDep, PageContext, PublicContext, ServiceDep, Visit, VisitDep, address_of
from serving.desk import appeals, library
from serving.desk.context import Context
from serving.errors import InvalidInputError, SuluhError, TooManyRequestsError
from serving.i18n import Language, mark, translate
from serving.inputs import ID_MAX, Id
from serving.vocabulary import AppealState, ClarificationState, ComplaintReason

open_router = APIRouter()
router = APIRouter(prefix="/periksa/keberatan")

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


@dataclass(frozen=True, slots=True)
class _Door:
    request: Request
    ctx: Context
    visit: Visit | None
    language: Language

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
            problem=translate(self.language, error.message, **error.params) if error else "",
        )
        response = render(
            self.request, "appeal_form.html", page, visit=self.visit, status=error.status if error else 200
        )
        FORM.keep(service, response, page.token)
        if isinstance(error, TooManyRequestsError):
            response.headers["retry-after"] = str(error.retry_after_s)
        return response


@open_router.get("/klarifikasi/{slug}/keberatan")
def read_form(request: Request, ctx: PublicContext, visit: VisitDep, language: LanguageDep, slug: Slug) -> Response:
    """Show the form with which anybody contests a label, or minds how it is spread."""
    return _Door(request, ctx, visit, language).form(library.published(ctx, slug), AppealForm())


def _fits(text: str, most: int, name: str) -> str:
    if len(text) > most:
        raise InvalidInputError(mark("Isian “{name}” paling panjang {n} huruf."), name=name, n=most)
    return text


@open_router.post("/klarifikasi/{slug}/keberatan")
def file(  # noqa: PLR0913, PLR0917 - one argument a part that FastAPI hands in
    request: Request,
    ctx: PublicContext,
    service: ServiceDep,
    visit: VisitDep,
    language: LanguageDep,
    slug: Slug,
    form: Annotated[AppealForm, Form()],
) -> Response:
    """File an appeal; the answer leads to its status, with the code."""
    entry = library.published(ctx, slug)
    receipts: list[appeals.Receipt] = []

    def work() -> None:
        FORM.check(request, service, form.csrf)
        service.limits.appeal(address_of(request), ctx.now)
        statement = fit(PARAGRAPH, _fits(form.keterangan, STATEMENT_MAX, "keterangan"), "keterangan")
        contact = fit(OPTIONAL_LINE, _fits(form.kontak, CONTACT_MAX, "kontak"), "kontak")
        receipts.append(appeals.file(ctx, entry.head.id, statement, contact))

    if error := attempt(ctx, work):
        return _Door(request, ctx, visit, language).form(entry, form, error)
    return redirect(request, f"/keberatan?kode={receipts[0].code}&baru=ya")


@open_router.post("/klarifikasi/{slug}/keluhan")
def complain(  # noqa: PLR0913, PLR0917 - one argument a part that FastAPI hands in
    request: Request,
    ctx: PublicContext,
    service: ServiceDep,
    visit: VisitDep,
    language: LanguageDep,
    slug: Slug,
    form: Annotated[AppealForm, Form()],
) -> Response:
    """Take a complaint about how a clarification is spread."""
    entry = library.published(ctx, slug)

    def work() -> None:
        FORM.check(request, service, form.csrf)
        service.limits.complaint(address_of(request), ctx.now)
        if form.alasan not in set(ComplaintReason):
            raise InvalidInputError(mark("Pilih satu alasan."))
        appeals.complain(ctx, entry.head.id, ComplaintReason(form.alasan))

    if error := attempt(ctx, work):
        return _Door(request, ctx, visit, language).form(entry, form, error)
    return redirect(request, f"/klarifikasi/{slug}", mark("Terima kasih, keluhan Anda tercatat tanpa identitas."))


@open_router.get("/keberatan")
def read_outcomes(  # noqa: PLR0913, PLR0917 - one argument a part that FastAPI hands in
    request: Request,
    ctx: PublicContext,
    visit: VisitDep,
    language: LanguageDep,
    kode: Annotated[str, Query(max_length=80)] = "",
    baru: str = "",
    after: Annotated[Id | None, Query()] = None,
) -> Response:
    """Show what became of appeals, and the status of one to whoever holds its code."""
    found: list[appeals.Status] = []
    error = attempt(ctx, lambda: found.append(appeals.status(ctx, kode))) if kode.strip() else None
    outcomes = appeals.outcomes(ctx, after=after, limit=PAGE)
    page = AppealsPage(
        asked=kode,
        status=found[0] if found else None,
        is_new=baru == "ya",
        problem=translate(language, error.message, **error.params) if error else "",
        outcomes=outcomes.rows,
        next_href=f"/keberatan?after={outcomes.after}" if outcomes.after else "",
    )
    return render(request, "public_appeals.html", page, visit=visit, status=error.status if error else 200)


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


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every step on one appeal's page needs to answer."""

    request: Request
    ctx: Context
    visit: Visit | None
    language: Language
    appeal_id: int

    def page(self, reason: str = "", contact: str = "", error: SuluhError | None = None) -> Response:
        case = appeals.one(self.ctx, self.appeal_id)
        page = AppealPage(
            case=case,
            is_open=case.contested.appeal.state in {AppealState.OPEN, AppealState.TAKEN},
            contact=contact,
            reason=reason,
            problem=translate(self.language, error.message, **error.params) if error else "",
        )
        return render(self.request, "appeal.html", page, visit=self.visit, status=error.status if error else 200)


@router.get("/{appeal_id}")
def read_appeal(
    request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep, appeal_id: PathId
) -> Response:
    """Show one appeal beside what it contests."""
    return _Desk(request, ctx, visit, language, appeal_id).page()


@router.post("/{appeal_id}/ambil")
def take(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep, appeal_id: PathId) -> Response:
    """Become the one who answers."""
    if error := attempt(ctx, lambda: appeals.take(ctx, appeal_id)):
        return _Desk(request, ctx, visit, language, appeal_id).page(error=error)
    return redirect(request, f"/periksa/keberatan/{appeal_id}", mark("Keberatan ini Anda periksa."))


@router.post("/{appeal_id}/lepas")
def release(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep, appeal_id: PathId) -> Response:
    """Put an appeal back."""
    if error := attempt(ctx, lambda: appeals.release(ctx, appeal_id)):
        return _Desk(request, ctx, visit, language, appeal_id).page(error=error)
    return redirect(request, "/periksa/keberatan", mark("Keberatan ini kembali ke antrean."))


@router.post("/{appeal_id}/kontak")
def open_contact(
    request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep, appeal_id: PathId
) -> Response:
    """Open the contact that somebody left; it is on the record, and on this page only."""
    opened: list[str] = []
    error = attempt(ctx, lambda: opened.append(appeals.contact(ctx, appeal_id)))
    return _Desk(request, ctx, visit, language, appeal_id).page(contact="".join(opened), error=error)


@router.post("/{appeal_id}/jawab")
def answer(  # noqa: PLR0913, PLR0917 - one argument a part that FastAPI hands in
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    language: LanguageDep,
    appeal_id: PathId,
    hasil: Annotated[str, Form()] = "",
    alasan: Annotated[str, Form()] = "",
) -> Response:
    """Answer in public: the label stands, or it is retracted."""

    def work() -> None:
        if hasil not in set(AppealState):
            raise InvalidInputError(mark("Pilih: putusan dipertahankan atau dibatalkan."))
        appeals.answer(ctx, appeal_id, AppealState(hasil), fit(PARAGRAPH, alasan, "alasan"))

    if error := attempt(ctx, work):
        return _Desk(request, ctx, visit, language, appeal_id).page(alasan, error=error)
    return redirect(request, "/periksa/keberatan", mark("Keberatan dijawab; hasilnya tampil untuk umum."))
