"""The circuit breaker's page: what is measured, what froze everything, and the two people who let it go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Form, Query, Request, Response

from serving.console.door import Door
from serving.console.forms import PARAGRAPH, attempt, fit
from serving.console.pages import redirect
from serving.deps import LanguageDep, PageContext, VisitDep
from serving.desk.outreach import breaker
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import mark
from serving.inputs import Id, aware
from serving.parts import Router

router = Router(prefix="/rem")
PAGE = 20


@dataclass(frozen=True, slots=True)
class BreakerPage:
    """The board and what froze everything before."""

    found: breaker.Overview
    freezes: Sequence[breaker.Freeze]
    next_href: str
    reason: str
    problem: str


class _Door(Door):
    __slots__ = ()

    def page(self, after: int | None = None, reason: str = "", error: SuluhError | None = None) -> Response:
        past = breaker.freezes(self.ctx, after=after, limit=PAGE)
        page = BreakerPage(
            found=breaker.overview(self.ctx),
            freezes=past.rows,
            next_href=f"/rem?after={past.after}" if past.after else "",
            reason=reason,
            problem=self.why(error),
        )
        return self.show("breaker.html", page, error)

    def step(self, work: Callable[[], object], done: str, reason: str = "") -> Response:
        """Take one step whole or not at all; a refusal comes back with what was typed."""
        if error := attempt(self.ctx, work):
            return self.page(reason=reason, error=error)
        return redirect(self.request, "/rem", done)


def door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> _Door:
    """Put together what a step needs to answer."""
    ctx.require(*breaker.PEOPLE)
    return _Door(request, ctx, visit, language)


DoorDep = Annotated[_Door, Depends(door)]
Reason = Annotated[str, Form()]


@router.get("")
def read_breaker(at: DoorDep, after: Annotated[Id | None, Query()] = None) -> Response:
    """Show the board."""
    return at.page(after)


@router.post("/bekukan")
def pull(at: DoorDep, alasan: Reason = "") -> Response:
    """Freeze everything at once."""
    return at.step(
        lambda: breaker.pull(at.ctx, fit(PARAGRAPH, alasan, "alasan")), mark("Semua penyaluran dibekukan."), alasan
    )


@router.post("/usul")
def propose(at: DoorDep, alasan: Reason = "") -> Response:
    """Propose to let everything go on."""
    return at.step(
        lambda: breaker.propose(at.ctx, fit(PARAGRAPH, alasan, "alasan")),
        mark("Usulan dicatat; orang lain yang membukanya."),
        alasan,
    )


@router.post("/tolak")
def withdraw(at: DoorDep) -> Response:
    """Lay the proposal aside."""
    return at.step(lambda: breaker.withdraw(at.ctx), mark("Usulan dikesampingkan; penyaluran tetap dibekukan."))


@router.post("/buka")
def reopen(at: DoorDep, diusulkan: Annotated[str, Form()] = "") -> Response:
    """Let everything go on, as the second person."""
    return at.step(lambda: breaker.reopen(at.ctx, _read(diusulkan)), mark("Penyaluran berjalan lagi."))


def _read(proposal: str) -> datetime:
    """Read which proposal the page showed; it stands in the form, so a form without it was made by hand."""
    try:
        return aware(datetime.fromisoformat(proposal))
    except ValueError:
        raise InvalidInputError(
            mark("Formulir tidak menyebut usulan mana yang Anda baca; muat ulang halaman.")
        ) from None
