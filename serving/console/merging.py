"""The page on which a checker says that two claims are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Path, Query, Request, Response

from serving.console.door import Door
from serving.console.forms import OPTIONAL_LINE, OPTIONAL_PARAGRAPH, attempt, fit
from serving.console.pages import redirect
from serving.db.tables import Claim
from serving.deps import LanguageDep, PageContext, VisitDep
from serving.desk.checking import claims, merging
from serving.desk.checking.merging import Near
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import mark
from serving.inputs import ID_MAX, Id
from serving.parts import Router

router = Router()
PathId = Annotated[Id, Path(le=ID_MAX)]


@dataclass(frozen=True, slots=True)
class MergePage:
    """A claim, those that it could be merged into, and what was typed."""

    claim: Claim
    near: Sequence[Near]
    q: str
    note: str
    refusal: str


class _Door(Door):
    __slots__ = ()

    def page(self, claim_id: int, q: str = "", note: str = "", error: SuluhError | None = None) -> Response:
        """Show the candidates, with what was typed and why it was refused where it was."""
        words = fit(OPTIONAL_LINE, "".join(c for c in q if c.isprintable()), "kata")
        page = MergePage(
            claim=claims.detail(self.ctx, claim_id).listed.claim,
            near=merging.near(self.ctx, claim_id, words),
            q=words,
            note=note,
            refusal=self.why(error),
        )
        return self.show("merge.html", page, error)


def _door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> _Door:
    return _Door(request, ctx, visit, language)


DoorDep = Annotated[_Door, Depends(_door)]


@router.get("/klaim/{claim_id}/gabung")
def choose(at: DoorDep, claim_id: PathId, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Show claims that this one could be merged into."""
    return at.page(claim_id, q)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < len(str(ID_MAX))):
        raise InvalidInputError(mark("Pilih klaim yang menerima klaim ini."))
    return int(text)


@router.post("/klaim/{claim_id}/gabung")
def merge(
    at: DoorDep, claim_id: PathId, into: Annotated[str, Form()] = "", note: Annotated[str, Form()] = ""
) -> Response:
    """Merge a claim into another, and go on to the one that stands."""
    stands: list[int] = []

    def whole() -> None:
        stands.append(merging.merge(at.ctx, claim_id, _number(into), fit(OPTIONAL_PARAGRAPH, note, "catatan")).id)

    if error := attempt(at.ctx, whole):
        return at.page(claim_id, "", note, error)
    return redirect(at.request, f"/klaim/{stands[0]}", mark("Klaim {n} digabung ke klaim ini."), n=claim_id)
