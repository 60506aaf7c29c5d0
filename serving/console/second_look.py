"""The small queue of dismissals that a second person looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Path, Query, Request, Response

from serving.console.door import Door
from serving.console.forms import PARAGRAPH, attempt, fit
from serving.console.pages import redirect
from serving.db.second_look import Sampled
from serving.deps import LanguageDep, PageContext, VisitDep
from serving.desk.checking import approval, second_look
from serving.errors import SuluhError
from serving.i18n import mark
from serving.inputs import ID_MAX, Id
from serving.parts import Router
from serving.vocabulary import Category

router = Router(prefix="/periksa/tanpa-label")
PAGE = 20
PathId = Annotated[Id, Path(le=ID_MAX)]


@dataclass(frozen=True, slots=True)
class SecondLookPage:
    """What waits, and how often the second person agreed so far; a hidden category has no figure."""

    looks: Sequence[Sampled]
    next_href: str
    agreement: Mapping[Category, second_look.Agreement]
    impressions: Mapping[Category, approval.Agreement]
    share: float
    min_group: int
    problem: str


class _Door(Door):
    __slots__ = ()

    def page(self, after: int | None = None, error: SuluhError | None = None) -> Response:
        queue = second_look.waiting(self.ctx, after=after, limit=PAGE)
        page = SecondLookPage(
            looks=queue.rows,
            next_href=f"/periksa/tanpa-label?after={queue.after}" if queue.after else "",
            agreement=second_look.agreement(self.ctx),
            impressions=approval.agreement(self.ctx),
            share=self.ctx.settings.second_look_share,
            min_group=self.ctx.settings.min_group,
            problem=self.why(error),
        )
        return self.show("second_look.html", page, error)


def _door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> _Door:
    return _Door(request, ctx, visit, language)


DoorDep = Annotated[_Door, Depends(_door)]


@router.get("")
def read_looks(at: DoorDep, after: Annotated[Id | None, Query()] = None) -> Response:
    """List what waits for the reader."""
    return at.page(after)


@router.post("/{look_id}/setuju")
def agree(at: DoorDep, look_id: PathId) -> Response:
    """Say that the dismissal was right."""
    if error := attempt(at.ctx, lambda: second_look.agree(at.ctx, look_id)):
        return at.page(error=error)
    return redirect(at.request, "/periksa/tanpa-label", mark("Tercatat: penutupan itu tepat."))


@router.post("/{look_id}/buka")
def disagree(at: DoorDep, look_id: PathId, alasan: Annotated[str, Form()] = "") -> Response:
    """Open the claim again."""
    if error := attempt(at.ctx, lambda: second_look.disagree(at.ctx, look_id, fit(PARAGRAPH, alasan, "alasan"))):
        return at.page(error=error)
    return redirect(at.request, "/periksa/tanpa-label", mark("Klaim itu kembali ke antrean."))
