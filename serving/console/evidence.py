"""Screenshots of follower counts: sent from one's own profile, looked at one after another by a manager."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Request, Response, UploadFile
from fastapi import Path as PathParameter
from pydantic import TypeAdapter, ValidationError

from serving.console.door import Door, Reading, reading
from serving.console.pages import redirect
from serving.console.profile import profile_page_with
from serving.deps import (
    LanguageDep,
    PageContext,
    ServiceDep,
    VisitDep,
    writing_as,
)
from serving.desk import pictures
from serving.desk.people import screenshots
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import mark
from serving.inputs import Count, Id
from serving.parts import Router
from serving.vocabulary import Platform

router = Router()
PathId = Annotated[Id, PathParameter()]
SHOWN = 10
_count: TypeAdapter[int] = TypeAdapter(Count)


# ---- whoever sends one -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScreenshotForm:
    """A count as it was typed, and the file beside it."""

    platform: str
    count: str
    picture: bytes

    def measured(self) -> tuple[Platform, int]:
        """Give platform and count; raise where they cannot be read."""
        try:
            return Platform(self.platform), _count.validate_python(self.count.replace(".", "").strip())
        except (ValueError, ValidationError):
            raise InvalidInputError(mark("Pilih platform dan tulis jumlahnya dengan angka.")) from None


def screenshot_form(
    platform: Annotated[str, Form(max_length=40)] = "",
    jumlah: Annotated[str, Form(max_length=20)] = "",
    gambar: UploadFile | None = None,
) -> ScreenshotForm:
    """Read the form; of the file no more than is taken."""
    sent = b"" if gambar is None else gambar.file.read(pictures.SIZE_MAX_BYTES + 1)
    return ScreenshotForm(platform, jumlah, sent)


@router.post("/profil/bukti")
def send(
    request: Request,
    service: ServiceDep,
    at: Annotated[Reading, Depends(reading, scope="function")],
    form: Annotated[ScreenshotForm, Depends(screenshot_form)],
) -> Response:
    """Send one's own count with a screenshot; a refused form says why, on the page that it came from."""
    try:
        platform, count = form.measured()
        cleaned = pictures.clean(form.picture)
        with writing_as(service, at.ctx.actor)() as ctx:
            screenshots.send(ctx, platform, count, cleaned)
    except SuluhError as error:
        return profile_page_with(request, at.ctx, at.visit, error)
    done = mark("Tangkapan layar terkirim. Gambarnya dihapus begitu manajer melihatnya.")
    return redirect(request, "/profil#bukti", done)


@router.post("/profil/bukti/{screenshot_id}/tarik")
def take_back(request: Request, ctx: PageContext, screenshot_id: PathId) -> Response:
    """Take one's own screenshot back."""
    screenshots.take_back(ctx, screenshot_id)
    return redirect(request, "/profil#bukti", mark("Tangkapan layar ditarik; gambarnya sudah dihapus."))


# ---- whoever looks ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """Screenshots that wait, oldest first, and how many wait in all."""

    waiting: tuple[screenshots.ToLookAt, ...]
    n_waiting: int
    problem: str
    refused_id: int


@dataclass(frozen=True, slots=True)
class _Desk(Door):
    """What every step of the reviewer's page needs to answer."""

    def page(self, refused_id: int = 0, error: SuluhError | None = None) -> Response:
        page = EvidencePage(
            waiting=tuple(screenshots.waiting(self.ctx, SHOWN)),
            n_waiting=screenshots.count_waiting(self.ctx),
            problem=self.why(error),
            refused_id=refused_id,
        )
        return self.show("evidence.html", page, error)

    def step(self, screenshot_id: int, work: Callable[[], object], done: str) -> Response:
        """Take one step whole or not at all; a refusal comes back beside the picture that it is about."""
        try:
            with self.ctx.session.begin_nested():
                work()
        except SuluhError as error:
            return self.page(screenshot_id, error)
        return redirect(self.request, "/influencer/bukti", done)


def desk(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> _Desk:
    """Put together what a step of the reviewer's page needs."""
    return _Desk(request, ctx, visit, language)


DeskDep = Annotated[_Desk, Depends(desk)]


@router.get("/influencer/bukti")
def read_waiting(at: DeskDep) -> Response:
    """Show what waits for a look."""
    return at.page()


@router.get("/influencer/bukti/{screenshot_id}/gambar.jpg")
def picture(ctx: PageContext, screenshot_id: PathId) -> Response:
    """Give one picture to whoever may decide on it."""
    return Response(screenshots.picture(ctx, screenshot_id), media_type=pictures.MEDIA_TYPE)


@router.post("/influencer/bukti/{screenshot_id}/terima")
def accept(at: DeskDep, screenshot_id: PathId) -> Response:
    """Let the count stand."""
    done = mark("Jumlah itu kini berlaku; gambarnya sudah dihapus.")
    return at.step(screenshot_id, lambda: screenshots.accept(at.ctx, screenshot_id), done)


@router.post("/influencer/bukti/{screenshot_id}/tolak")
def refuse(
    at: DeskDep,
    screenshot_id: PathId,
    alasan: Annotated[str, Form(max_length=screenshots.REASON_MAX_CHARS)] = "",
) -> Response:
    """Not take it, with a reason."""
    done = mark("Tidak diterima; alasannya tampil bagi orangnya, gambarnya sudah dihapus.")
    return at.step(screenshot_id, lambda: screenshots.refuse(at.ctx, screenshot_id, alasan), done)
