"""The page on which a checker says that some posts of a claim belong elsewhere, and takes that back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Path, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from serving.console.door import Door
from serving.console.forms import OPTIONAL_PARAGRAPH, attempt, fit
from serving.console.pages import redirect
from serving.db.regrouping import Made
from serving.db.tables import Claim, Post
from serving.deps import LanguageDep, PageContext, ServiceDep, VisitDep, writing_as
from serving.desk.checking import claims, regrouping
from serving.desk.checking.regrouping import Asked
from serving.desk.incoming.machine import machine_for
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import mark
from serving.inputs import ID_MAX, Id
from serving.parts import Router

router = Router()
PathId = Annotated[Id, Path(le=ID_MAX)]


@dataclass(frozen=True, slots=True)
class RegroupPage:
    """A claim with its posts, what was ticked and typed, and the corrections so far."""

    claim: Claim
    posts: Sequence[Post]
    corrections: Sequence[Made]
    ticked: frozenset[int]
    into: str
    note: str
    refusal: str


class RegroupForm(BaseModel):
    """What the form sends: ticked posts, the button, and a claim's number and a note as they were typed."""

    post: list[str] = Field(default_factory=list)
    act: str = ""
    into: str = ""
    note: str = ""


class _Door(Door):
    __slots__ = ()

    def page(
        self, claim_id: int, typed: tuple[Sequence[int], str, str] = ((), "", ""), error: SuluhError | None = None
    ) -> Response:
        """Show the posts, with what was chosen and why it was refused where it was."""
        detail = claims.detail(self.ctx, claim_id)
        ticked, into, note = typed
        page = RegroupPage(
            claim=detail.listed.claim,
            posts=detail.posts,
            corrections=regrouping.corrections(self.ctx, claim_id),
            ticked=frozenset(ticked),
            into=into,
            note=note,
            refusal=self.why(error),
        )
        return self.show("regroup.html", page, error)


def _door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> _Door:
    return _Door(request, ctx, visit, language)


DoorDep = Annotated[_Door, Depends(_door)]


@router.get("/klaim/{claim_id}/pindah")
def choose(at: DoorDep, claim_id: PathId) -> Response:
    """Show the posts of a claim, to be ticked."""
    return at.page(claim_id)


def _numbers(ticked: Sequence[str]) -> list[int]:
    if not all(text.isascii() and text.isdigit() and len(text) < len(str(ID_MAX)) for text in ticked):
        raise InvalidInputError(mark("Pilih satu sampai {n} kiriman."), n=regrouping.POSTS_MAX)
    return [int(text) for text in ticked]


def _claim_number(text: str) -> int:
    plain = text.strip().removeprefix("#")
    if not (plain.isascii() and plain.isdigit() and 0 < len(plain) < len(str(ID_MAX))):
        raise InvalidInputError(mark("Tulis nomor klaim yang menerima kiriman itu."))
    return int(plain)


@router.post("/klaim/{claim_id}/pindah")
def regroup(at: DoorDep, service: ServiceDep, claim_id: PathId, form: Annotated[RegroupForm, Form()]) -> Response:
    """Split the ticked posts off, or move them to another claim, and go on to the claim that has them now."""
    stands: list[int] = []
    ticked: list[int] = []

    def whole() -> None:
        ticked.extend(_numbers(form.post))
        asked = Asked(claim_id, ticked, fit(OPTIONAL_PARAGRAPH, form.note, "catatan"))
        if form.act == "move":
            stands.append(regrouping.move_posts(at.ctx, asked, _claim_number(form.into)).id)
        else:
            stands.append(regrouping.split(at.ctx, machine_for(service.settings), asked).id)

    if error := attempt(at.ctx, whole):
        return at.page(claim_id, (ticked, form.into, form.note), error)
    return redirect(at.request, f"/klaim/{stands[0]}", mark("{n} kiriman dipindahkan ke klaim ini."), n=len(ticked))


@router.post("/klaim/{claim_id}/pindah/{correction_id}/batal")
def undo(at: DoorDep, claim_id: PathId, correction_id: PathId) -> Response:
    """Take a correction back, and go on to the claim that has its posts again."""
    stands: list[int] = []
    if error := attempt(at.ctx, lambda: stands.append(regrouping.undo(at.ctx, correction_id).id)):
        return at.page(claim_id, error=error)
    return redirect(at.request, f"/klaim/{stands[0]}", mark("Koreksi dibatalkan; kirimannya kembali ke klaim ini."))


@router.get("/model/pelajaran/pasangan.jsonl")
def download_pairs(ctx: PageContext, service: ServiceDep) -> Response:
    """Give the pairs of wordings that people put together or took apart as lines of JSON, and note it in the record."""
    return StreamingResponse(
        regrouping.export_pairs(ctx, writing_as(service, ctx.actor), service.database.read),
        media_type="application/x-ndjson",
        headers={"content-disposition": 'attachment; filename="pasangan-klaim.jsonl"'},
    )
