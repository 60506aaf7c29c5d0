"""The engineer's page: what serves, what is tried beside it, who decided, and where the two models differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, File, Form, Path, Query, Request, Response, UploadFile

from serving.console.door import Door
from serving.console.forms import PARAGRAPH, attempt, fit
from serving.console.pages import redirect
from serving.deps import (
    LanguageDep,
    PageContext,
    ServiceDep,
    VisitDep,
    get_page_context,
    get_visit,
    writing_as,
)
from serving.desk.checking import decided
from serving.desk.learning import registry
from serving.desk.learning.models_gate import LIMITS, GateLimits, Measured, direction
from serving.errors import SuluhError
from serving.i18n import mark
from serving.inputs import ID_MAX, Id
from serving.parts import Router

router = Router(prefix="/model")

HISTORY_PAGE = 20
PathId = Annotated[Id, Path(le=ID_MAX)]
Before = Annotated[Id | None, Query()]
Reason = Annotated[str, Form(max_length=2_000)]
Artefact = Annotated[str, Form(max_length=120)]


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of the model that serves, beside the one that is proposed; ``better`` is 1 where more is better."""

    name: str
    figure: Measured
    candidate: Measured | None
    better: int


@dataclass(frozen=True, slots=True)
class Rights:
    """What this person may do here, as things stand."""

    study: bool
    propose: bool
    agree: bool
    roll_back: bool


@dataclass(frozen=True, slots=True)
class ModelsPage:
    """What serves, what is tried, what waits, what is stored, and the history."""

    found: registry.Overview
    figures: Sequence[FigureRow]
    has_candidate: bool
    history: registry.PastPage
    more_href: str
    may: Rights
    limits: GateLimits
    refusal: str


@dataclass(frozen=True, slots=True)
class DisagreementsPage:
    """Where champion and challenger differ, newest claim first."""

    found: registry.Disagreements
    limits: GateLimits
    more_href: str


class _Door(Door):
    __slots__ = ()

    def page(self, before: int | None = None, error: SuluhError | None = None) -> Response:
        """Show the page, with why a form was refused where it was."""
        found = registry.overview(self.ctx)
        history = registry.history(self.ctx, before=before, limit=HISTORY_PAGE)
        page = ModelsPage(
            found=found,
            figures=_figures(found),
            has_candidate=found.proposal is not None,
            history=history,
            more_href=f"/model?sebelum={history.before}" if history.before else "",
            may=self._rights(found),
            limits=LIMITS,
            refusal=self.why(error),
        )
        return self.show("models.html", page, error)

    def _rights(self, found: registry.Overview) -> Rights:
        engineer = self.ctx.actor.may(*registry.PROPOSERS)
        return Rights(
            study=self.ctx.actor.may(*decided.READERS),
            propose=engineer,
            agree=found.proposal is not None and found.proposal.proposed_by_id != self.ctx.actor.user_id,
            roll_back=engineer and found.proposal is None and found.serving.past is not None,
        )

    def step(self, do: Callable[[], object], sentence: str) -> Response:
        """Take one step and go back to the page, or show it with why not."""
        if error := attempt(self.ctx, do):
            return self.page(error=error)
        return redirect(self.request, "/model", sentence)

    def step_apart(self, do: Callable[[], object], sentence: str) -> Response:
        """Take a step that opens its own writing transaction, as ``step`` does otherwise."""
        try:
            do()
        except SuluhError as error:
            return self.page(error=error)
        return redirect(self.request, "/model", sentence)


def _figures(found: registry.Overview) -> list[FigureRow]:
    proposed = found.proposal.figures if found.proposal else {}
    return [
        FigureRow(name, figure, proposed.get(name), direction(name))
        for name, figure in sorted(found.serving.figures.items())
    ]


def get_door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> _Door:
    """Give what answers this request; refuse who may not even read here."""
    ctx.require(*registry.READERS)
    return _Door(request, ctx, visit, language)


def get_reading_door(request: Request, service: ServiceDep, language: LanguageDep) -> Iterator[_Door]:
    """Give what answers a form in a transaction that only reads: a model is opened before anything is written."""
    with service.database.read() as session:
        visit = get_visit(request, service, session)
        yield get_door(request, get_page_context(service, session, visit), visit, language)


DoorDep = Annotated[_Door, Depends(get_door)]
ReadingDoorDep = Annotated[_Door, Depends(get_reading_door, scope="function")]


def _why(text: str) -> str:
    return fit(PARAGRAPH, text, "alasan")


@router.get("")
def models(door: DoorDep, sebelum: Before = None) -> Response:
    """Show what serves, what is tried, what waits and the history."""
    return door.page(before=sebelum)


@router.get("/beda")
def disagreements(door: DoorDep, sebelum: Before = None) -> Response:
    """Show the claims on which champion and challenger differ."""
    found = registry.disagreements(door.ctx, before=sebelum)
    more = f"/model/beda?sebelum={found.before}" if found.before else ""
    page = DisagreementsPage(found, LIMITS, more)
    return door.show("models_disagreements.html", page)


@router.post("/unggah")
def keep(door: ReadingDoorDep, service: ServiceDep, files: Annotated[Sequence[UploadFile], File()]) -> Response:
    """Keep an uploaded artefact in the model store."""

    def do() -> None:
        content = {file.filename or "": file.file.read() for file in files}
        stored = registry.prepare_files(door.ctx, content)
        with writing_as(service, door.ctx.actor)() as writing:
            registry.keep(writing, stored)

    return door.step_apart(do, mark("Model disimpan; belum melayani."))


@router.post("/usul")
def propose(door: DoorDep, artefak: Artefact = "", alasan: Reason = "") -> Response:
    """Propose a stored artefact as champion."""
    return door.step(
        lambda: registry.propose(door.ctx, artefak, _why(alasan)), mark("Usulan tercatat; menunggu orang kedua.")
    )


@router.post("/kembali")
def rollback(door: DoorDep, alasan: Reason = "") -> Response:
    """Propose that the champion before comes back."""
    return door.step(
        lambda: registry.propose_rollback(door.ctx, _why(alasan)), mark("Usulan tercatat; menunggu orang kedua.")
    )


@router.post("/usulan/{proposal_id}/setuju")
def agree(door: ReadingDoorDep, service: ServiceDep, proposal_id: PathId) -> Response:
    """Agree as the second person."""

    def do() -> None:
        registry.prepare_agreement(door.ctx, proposal_id)
        with writing_as(service, door.ctx.actor)() as writing:
            registry.agree(writing, proposal_id)

    return door.step_apart(do, mark("Disetujui; setiap proses beralih dalam beberapa detik, tanpa dimulai ulang."))


@router.post("/usulan/{proposal_id}/tolak")
def decline(door: DoorDep, proposal_id: PathId, alasan: Reason = "") -> Response:
    """Lay a proposal aside."""
    return door.step(lambda: registry.decline(door.ctx, proposal_id, _why(alasan)), mark("Usulan ditolak."))


@router.post("/penantang")
def challenge(door: DoorDep, artefak: Artefact = "", alasan: Reason = "") -> Response:
    """Try a stored artefact in shadow."""
    return door.step(
        lambda: registry.challenge(door.ctx, artefak, _why(alasan)),
        mark("Penantang membaca setiap klaim baru; angkanya tidak tampil di meja."),
    )


@router.post("/penantang/lepas")
def withdraw(door: DoorDep, alasan: Reason = "") -> Response:
    """Stop trying the challenger."""
    return door.step(
        lambda: registry.withdraw(door.ctx, _why(alasan)), mark("Penantang dilepas; catatannya tetap ada.")
    )
