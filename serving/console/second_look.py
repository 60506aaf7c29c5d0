"""The small queue of dismissals that a second person looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response

from serving.console.forms import PARAGRAPH, attempt, fit
from serving.console.pages import redirect, render
from serving.db.second_look import Sampled
from serving.deps import LanguageDep, PageContext, Visit, VisitDep
from serving.desk import second_look
from serving.desk.context import Context
from serving.errors import SuluhError
from serving.i18n import Language, mark, translate
from serving.inputs import ID_MAX, Id
from serving.vocabulary import Category

router = APIRouter(prefix="/periksa/tanpa-label")
PAGE = 20
PathId = Annotated[Id, Path(le=ID_MAX)]


@dataclass(frozen=True, slots=True)
class SecondLookPage:
    """What waits, and how often the second person agreed so far; a hidden category has no figure."""

    looks: Sequence[Sampled]
    next_href: str
    agreement: Mapping[Category, second_look.Agreement]
    share: float
    min_group: int
    problem: str


@dataclass(frozen=True, slots=True)
class _Door:
    request: Request
    ctx: Context
    visit: Visit | None
    language: Language

    def page(self, after: int | None = None, error: SuluhError | None = None) -> Response:
        queue = second_look.waiting(self.ctx, after=after, limit=PAGE)
        page = SecondLookPage(
            looks=queue.rows,
            next_href=f"/periksa/tanpa-label?after={queue.after}" if queue.after else "",
            agreement=second_look.agreement(self.ctx),
            share=self.ctx.settings.second_look_share,
            min_group=self.ctx.settings.min_group,
            problem=translate(self.language, error.message, **error.params) if error else "",
        )
        return render(self.request, "second_look.html", page, visit=self.visit, status=error.status if error else 200)


@router.get("")
def read_looks(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    language: LanguageDep,
    after: Annotated[Id | None, Query()] = None,
) -> Response:
    """List what waits for the reader."""
    return _Door(request, ctx, visit, language).page(after)


@router.post("/{look_id}/setuju")
def agree(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep, look_id: PathId) -> Response:
    """Say that the dismissal was right."""
    if error := attempt(ctx, lambda: second_look.agree(ctx, look_id)):
        return _Door(request, ctx, visit, language).page(error=error)
    return redirect(request, "/periksa/tanpa-label", mark("Tercatat: penutupan itu tepat."))


@router.post("/{look_id}/buka")
def disagree(  # noqa: PLR0913, PLR0917 - one argument a part that FastAPI hands in
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    language: LanguageDep,
    look_id: PathId,
    alasan: Annotated[str, Form()] = "",
) -> Response:
    """Open the claim again."""
    if error := attempt(ctx, lambda: second_look.disagree(ctx, look_id, fit(PARAGRAPH, alasan, "alasan"))):
        return _Door(request, ctx, visit, language).page(error=error)
    return redirect(request, "/periksa/tanpa-label", mark("Klaim itu kembali ke antrean."))
