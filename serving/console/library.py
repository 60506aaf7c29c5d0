"""The clarification library: search, versions side by side, other words, taking back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Form, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from serving.console.forms import ADDRESS, LINE, PARAGRAPH, attempt, fit
from serving.console.pages import redirect, render
from serving.db.library import Entry, Search
from serving.db.tables import ClarificationVersion, PublicChange, Revision
from serving.deps import PageContext, Visit, VisitDep, get_language
from serving.desk.checking import claims, leases
from serving.desk.context import Context
from serving.desk.publishing import library, publication
from serving.desk.publishing.library import DiffPart, NewWords, SourceWords
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import ZONES, mark, translate
from serving.inputs import ID_MAX, Id
from serving.parts import Router
from serving.vocabulary import ClarificationState, EvidenceKind, Role

router = Router()
PathId = Annotated[Id, Path(le=ID_MAX)]
PAGE = 25
WIB = ZoneInfo(ZONES["WIB"])


class ListForm(BaseModel):
    """What a list is asked for; a word that no vocabulary has asks for everything."""

    model_config = ConfigDict(extra="ignore")

    q: Annotated[str, Field(max_length=200)] = ""
    state: Annotated[str, Field(max_length=40)] = ""
    after: Id | None = None


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """A page of the library and what it was asked for."""

    entries: Sequence[Entry]
    next_href: str
    q: str
    state: str
    states: tuple[ClarificationState, ...]


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """One version and what it changed against the one before it."""

    row: ClarificationVersion
    title: tuple[DiffPart, ...]
    body: tuple[DiffPart, ...]


@dataclass(frozen=True, slots=True)
class ShownRevision:
    """A proposal and what it would change against the words that stand."""

    row: Revision
    title: tuple[DiffPart, ...]
    body: tuple[DiffPart, ...]


class WordsForm(BaseModel):
    """Other words as a browser sends them; ``sources`` is one line a source: address | title | publisher | kind."""

    model_config = ConfigDict(extra="ignore")

    base_version: int = 0
    title: str = ""
    body: str = ""
    sources: str = ""
    change_note: str = ""
    meaning_changed: str = ""
    redacted: str = ""


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One clarification for the desk."""

    entry: Entry
    versions: tuple[ShownVersion, ...]
    revisions: tuple[ShownRevision, ...]
    changes: Sequence[PublicChange]
    told: publication.Told | None
    names: Mapping[int, str]
    is_desk: bool
    is_approver: bool
    form: WordsForm
    reason: str
    refusal: str


@router.get("/pustaka")
def list_entries(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    asked: Annotated[ListForm, Query()],
) -> Response:
    """List the library, newest first."""
    ctx.require(*claims.READERS)
    words = "".join(c for c in asked.q if c.isprintable()).strip()
    states = (ClarificationState(asked.state),) if asked.state in set(ClarificationState) else ()
    found = library.listed(ctx, Search(states, None, words, asked.after, PAGE + 1))
    more = found[PAGE - 1].head.id if len(found) > PAGE else 0
    query = urlencode({"q": words, "state": asked.state, "after": more})
    page = LibraryPage(
        found[:PAGE],
        f"/pustaka?{query}" if more else "",
        words,
        asked.state,
        tuple(ClarificationState),
    )
    return render(request, "library.html", page, visit=visit)


@dataclass(frozen=True, slots=True)
class Door:
    """What answers one request for the page of an entry."""

    request: Request
    ctx: Context
    visit: Visit | None

    def page(
        self, number: int, form: WordsForm | None = None, reason: str = "", error: SuluhError | None = None
    ) -> Response:
        """Show one clarification, with what was typed and why it was refused where it was."""
        ctx = self.ctx
        ctx.require(*claims.READERS)
        entry = library.entry(ctx, number)
        versions = library.versions(ctx, number)
        revisions = library.revisions(ctx, number)
        people = {row.author_id for row in versions} | {row.approver_id for row in versions}
        people |= {row.author_id for row in revisions}
        page = EntryPage(
            entry=entry,
            versions=tuple(
                _shown_version(row, before) for row, before in zip(versions, (*versions[1:], None), strict=True)
            ),
            revisions=tuple(
                ShownRevision(
                    row,
                    library.differences(entry.words.title, row.title),
                    library.differences(entry.words.body, row.body),
                )
                for row in revisions
            ),
            changes=publication.changes(ctx, number),
            told=publication.told(ctx, number),
            names=leases.names(ctx, people),
            is_desk=ctx.actor.may(Role.CHECKER, Role.APPROVER),
            is_approver=ctx.actor.may(Role.APPROVER),
            form=form or _form_of(entry),
            reason=reason,
            refusal=translate(get_language(self.request), error.message, **error.params) if error else "",
        )
        return render(self.request, "library_entry.html", page, visit=self.visit, status=error.status if error else 200)


def get_door(request: Request, ctx: PageContext, visit: VisitDep) -> Door:
    """Give what answers this request."""
    return Door(request, ctx, visit)


DoorDep = Annotated[Door, Depends(get_door)]


def _shown_version(row: ClarificationVersion, before: ClarificationVersion | None) -> ShownVersion:
    if before is None:
        return ShownVersion(row, (DiffPart("kept", row.title),), (DiffPart("kept", row.body),))
    return ShownVersion(row, library.differences(before.title, row.title), library.differences(before.body, row.body))


def _form_of(entry: Entry) -> WordsForm:
    words = entry.words
    lines = (" | ".join(source[key] for key in ("url", "title", "publisher", "kind")) for source in words.sources)
    return WordsForm(base_version=words.number, title=words.title, body=words.body, sources="\n".join(lines))


def _sources_of(text: str) -> tuple[SourceWords, ...]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split(" | ")]
        if len(parts) != len(("url", "title", "publisher", "kind")) or parts[3] not in set(EvidenceKind):
            raise InvalidInputError(
                mark("Sumber baris {n}: tulis alamat | judul | penerbit | affected_agency atau independent."), n=number
            )
        url, title, publisher, kind = parts
        found.append(
            SourceWords(
                fit(ADDRESS, url, "alamat"),
                fit(LINE, title, "judul sumber"),
                fit(LINE, publisher, "penerbit"),
                EvidenceKind(kind),
            )
        )
    return tuple(found)


def _words_of(form: WordsForm) -> NewWords:
    if form.meaning_changed not in {"ya", "tidak"}:
        raise InvalidInputError(mark("Jawab dahulu: apakah maknanya berubah?"))
    return NewWords(
        fit(LINE, form.title, "judul"),
        fit(PARAGRAPH, form.body, "isi"),
        _sources_of(form.sources),
        fit(PARAGRAPH, form.change_note, "alasan"),
        form.meaning_changed == "ya",
        form.redacted == "ya",
    )


def _moment(text: str) -> datetime:
    """Read what a browser's date and time field sends; it is meant in WIB."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None or not 2000 <= moment.year < 2100:
        raise InvalidInputError(mark("Isi sampai kapan klarifikasi berlaku (WIB)."))
    return moment.replace(tzinfo=WIB)


@dataclass(frozen=True, slots=True)
class RemindersPage:
    """What should be looked at within two weeks, or should have been."""

    reminders: Sequence[library.Reminder]
    days: int


@router.get("/pustaka/pengingat")
def list_reminders(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """List what should be read again, or holds no longer."""
    page = RemindersPage(library.reminders(ctx), library.REMIND_WITHIN.days)
    return render(request, "library_reminders.html", page, visit=visit)


@router.get("/pustaka/{number}")
def read_entry(door: DoorDep, number: PathId) -> Response:
    """Show one clarification with its versions and proposals."""
    return door.page(number)


@router.post("/pustaka/{number}/usulan")
def propose(door: DoorDep, number: PathId, form: Annotated[WordsForm, Form()]) -> Response:
    """Propose other words; a refused form keeps what was typed."""
    if error := attempt(door.ctx, lambda: library.propose(door.ctx, number, _words_of(form), form.base_version)):
        return door.page(number, form, "", error)
    return redirect(door.request, f"/pustaka/{number}", mark("Usulan tersimpan; orang kedua akan memutuskan."))


@router.post("/pustaka/{number}/usulan/{revision_id}/{answer}")
def settle(door: DoorDep, number: PathId, revision_id: PathId, answer: str) -> Response:
    """Put proposed words into force, or leave the words as they are."""
    step = {"terima": library.revise, "tolak": library.decline}.get(answer)
    if step is None:
        raise InvalidInputError(mark("Jawaban itu tidak dikenal."))
    if error := attempt(door.ctx, lambda: step(door.ctx, revision_id)):
        return door.page(number, None, "", error)
    return redirect(door.request, f"/pustaka/{number}", mark("Jawaban Anda dicatat."))


@router.post("/pustaka/{number}/masa-berlaku")
def set_expiry(door: DoorDep, number: PathId, until: Annotated[str, Form()] = "") -> Response:
    """Say until when a published clarification holds."""
    if error := attempt(door.ctx, lambda: library.set_expiry(door.ctx, number, _moment(until))):
        return door.page(number, None, "", error)
    return redirect(door.request, f"/pustaka/{number}", mark("Masa berlaku tersimpan."))


@router.post("/pustaka/{number}/tinjau")
def set_review_by(door: DoorDep, number: PathId, until: Annotated[str, Form()] = "") -> Response:
    """Say by when a published clarification should be read again; an empty field takes that back."""
    if error := attempt(
        door.ctx, lambda: library.set_review_by(door.ctx, number, _moment(until) if until.strip() else None)
    ):
        return door.page(number, None, "", error)
    return redirect(door.request, f"/pustaka/{number}", mark("Waktu tinjauan tersimpan."))


@router.post("/pustaka/{number}/tarik")
def retract(door: DoorDep, number: PathId, reason: Annotated[str, Form()] = "") -> Response:
    """Withdraw a published clarification."""

    def whole() -> None:
        library.retract(door.ctx, number, fit(PARAGRAPH, reason, "alasan"))

    if error := attempt(door.ctx, whole):
        return door.page(number, None, reason, error)
    return redirect(door.request, f"/pustaka/{number}", mark("Ditarik. Semua yang membagikannya diberi tahu."))


@router.post("/pustaka/{number}/ganti")
def supersede(
    door: DoorDep, number: PathId, by_id: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = ""
) -> Response:
    """Say that another published clarification answers better."""

    def whole() -> None:
        if not (by_id.isascii() and by_id.isdigit() and len(by_id) < len(str(ID_MAX))):
            raise InvalidInputError(mark("Tulis nomor klarifikasi penggantinya."))
        library.supersede(door.ctx, number, int(by_id), fit(PARAGRAPH, reason, "alasan"))

    if error := attempt(door.ctx, whole):
        return door.page(number, None, reason, error)
    return redirect(door.request, f"/pustaka/{number}", mark("Diganti. Semua yang membagikannya diberi tahu."))
