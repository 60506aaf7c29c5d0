"""Bringing many rows at once: posts for the inbox, clarifications for the library; as a file or pasted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, File, Form, Path, Request, Response, UploadFile

from serving import fact_checks
from serving.console.pages import redirect, render
from serving.deps import LanguageDep, PageContext, VisitDep
from serving.desk.checking.leases import DESK
from serving.desk.incoming import pushing
from serving.desk.incoming.posts import NewPost
from serving.desk.publishing import library
from serving.desk.publishing.library import Imported
from serving.errors import SuluhError
from serving.i18n import Language, mark, translate
from serving.parts import Router
from serving.rows import LIBRARY_ROWS_MAX, as_text, lines, read_entries, read_post
from serving.vocabulary import ImportFate, Role

router = Router()
REJECTED_SHOWN = 100
IMPORTERS = (*DESK, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken, in the reader's words."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class PushPage:
    """The form for many posts, and what became of a batch."""

    rows_max: int
    text: str = ""
    refusal: str = ""
    batch: str = ""
    n_accepted: int = 0
    n_rejected: int = 0
    rejected: Sequence[Rejected] = ()


@dataclass(frozen=True, slots=True)
class BatchPage:
    """How much of a batch still waits."""

    batch: str
    n_waiting: int


@dataclass(frozen=True, slots=True)
class Fate:
    """What would become of one row."""

    line: int
    title: str
    fate: ImportFate


@dataclass(frozen=True, slots=True)
class ImportPage:
    """The form for clarifications from elsewhere, and what became of the rows."""

    rows_max: int
    text: str = ""
    refusal: str = ""
    done: Imported | None = None
    rejected: Sequence[Rejected] = ()
    # What would become of each row; nothing was kept.
    trial: Sequence[Fate] = ()


def sent_rows(text: Annotated[str, Form()] = "", berkas: Annotated[UploadFile | None, File()] = None) -> bytes:
    """Give the rows as they were sent: the file where there is one, else what was pasted."""
    return (berkas.file.read() if berkas is not None and berkas.filename else b"") or text.encode("utf-8", "replace")


Sent = Annotated[bytes, Depends(sent_rows)]


@dataclass(frozen=True, slots=True)
class AskedImport:
    """The rows of an import, and whether it is only tried."""

    body: bytes
    is_trial: bool


def asked_import(body: Sent, do: Annotated[str, Form()] = "") -> AskedImport:
    """Give the rows with what the pressed button says."""
    return AskedImport(body, do == "coba")


Asked = Annotated[AskedImport, Depends(asked_import)]


def _posts(body: bytes) -> Iterator[tuple[int, NewPost | SuluhError]]:
    for line, row in lines(as_text(body)):
        try:
            yield line, row if isinstance(row, SuluhError) else read_post(row)
        except SuluhError as error:
            yield line, error


def _why(rejected: Sequence[pushing.Rejected], language: Language) -> tuple[Rejected, ...]:
    return tuple(
        Rejected(row.line, translate(language, row.error.message, **row.error.params))
        for row in rejected[:REJECTED_SHOWN]
    )


def _again(body: bytes) -> str:
    """Give what was sent as text for the form; a file that is no text is not shown again."""
    return body.decode("utf-8", "replace").replace("\0", "") if len(body) <= 100_000 else ""


# ---- posts -------------------------------------------------------------------------------------------------------


@router.get("/kiriman")
def ask_posts(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show the form for many posts."""
    ctx.require(*pushing.PUSHERS)
    return render(request, "push.html", PushPage(ctx.settings.max_posts_per_request), visit=visit)


@router.post("/kiriman")
def push(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    language: LanguageDep,
    body: Sent,
) -> Response:
    """Take many posts into the inbox; good rows go in, bad ones are named with their lines."""
    most = ctx.settings.max_posts_per_request
    try:
        pushed = pushing.push(ctx, _posts(body))
    except SuluhError as error:
        if error.status in {401, 403}:
            raise
        refusal = translate(language, error.message, **error.params)
        page = PushPage(most, _again(body), refusal)
        return render(request, "push.html", page, visit=visit, status=error.status)
    if not pushed.rejected:
        words = mark("{n} kiriman diterima dan menunggu diolah.")
        return redirect(request, f"/kiriman/{pushed.batch}", words, n=pushed.n_accepted)
    page = PushPage(
        most, "", "", pushed.batch, pushed.n_accepted, len(pushed.rejected), _why(pushed.rejected, language)
    )
    return render(request, "push.html", page, visit=visit)


@router.get("/kiriman/{batch}")
def read_batch(
    request: Request, ctx: PageContext, visit: VisitDep, batch: Annotated[str, Path(max_length=64)]
) -> Response:
    """Tell how much of a batch still waits to be taken in."""
    return render(request, "batch.html", BatchPage(batch, pushing.n_waiting(ctx, batch)), visit=visit)


# ---- clarifications ----------------------------------------------------------------------------------------------


@router.get("/pustaka/impor")
def ask_entries(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show the form for clarifications from elsewhere."""
    ctx.require(*IMPORTERS)
    return render(request, "library_import.html", ImportPage(LIBRARY_ROWS_MAX), visit=visit)


@router.post("/pustaka/impor")
def import_entries(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    language: LanguageDep,
    asked: Asked,
) -> Response:
    """Take clarifications from elsewhere into the library, or say first what would become of each row."""
    body, is_trial = asked.body, asked.is_trial
    try:
        read = read_entries(fact_checks.rows(as_text(body)))
        done = (library.try_import if is_trial else library.import_rows)(ctx, read.good)
    except SuluhError as error:
        if error.status in {401, 403}:
            raise
        refusal = translate(language, error.message, **error.params)
        page = ImportPage(LIBRARY_ROWS_MAX, _again(body), refusal)
        return render(request, "library_import.html", page, visit=visit, status=error.status)
    rejected = [Rejected(bad.line, bad.why) for bad in read.bad[:REJECTED_SHOWN]]
    taken = zip(read.at, read.good, done.fates, strict=True)
    trial = [Fate(line, entry.title, fate) for line, entry, fate in taken] if is_trial else []
    text = _again(body) if is_trial else ""
    page = ImportPage(LIBRARY_ROWS_MAX, text, "", done, rejected, trial)
    return render(request, "library_import.html", page, visit=visit)
