"""What colleagues tell each other, what one has typed so far, and the list of keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Form, Request, Response

from serving.console.claim_form import HolderForm, kept_fields
from serving.console.claim_page import DoorDep, LateDoorDep, PathId, Typed
from serving.console.forms import OPTIONAL_PARAGRAPH, attempt, fit
from serving.console.keys import KEYS, KeyGroup
from serving.console.pages import redirect, render
from serving.deps import PageContext, VisitDep
from serving.desk.checking import leases, notes, typed
from serving.desk.checking.claims import READERS
from serving.desk.checking.notes import Mentioned
from serving.i18n import mark
from serving.parts import Router

router = Router()


@dataclass(frozen=True, slots=True)
class KeysPage:
    """Every key of the desk."""

    groups: tuple[KeyGroup, ...]


@dataclass(frozen=True, slots=True)
class MentionsPage:
    """Where the reader was named, unread first."""

    mentions: Sequence[Mentioned]


@dataclass(frozen=True, slots=True)
class TypedNotice:
    """What became of the words that were typed: kept when, and whether somebody else holds the claim by now."""

    typed_at: datetime
    holder: str
    since: datetime | None


@router.get("/pintasan")
def list_keys(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show the keys of the desk, for whoever has no script to open the sheet with."""
    ctx.require(*READERS)
    return render(request, "keys.html", KeysPage(KEYS), visit=visit)


@router.get("/sebutan")
def list_mentions(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show the notes that name the reader, and the claims that were handed to them."""
    return render(request, "mentions.html", MentionsPage(notes.mentions(ctx)), visit=visit)


@router.post("/sebutan/{note_id}/baca")
def read_mention(request: Request, ctx: PageContext, note_id: PathId) -> Response:
    """Say that one has read a note."""
    notes.mark_read(ctx, note_id)
    return redirect(request, "/sebutan", mark("Ditandai sudah dibaca."))


@router.post("/klaim/{claim_id}/catatan")
def add_note(door: DoorDep, claim_id: PathId, note: Annotated[str, Form()] = "") -> Response:
    """Add a note beside a claim that one need not hold."""
    if error := attempt(door.ctx, lambda: notes.add(door.ctx, claim_id, fit(OPTIONAL_PARAGRAPH, note, "catatan"))):
        return door.page(claim_id, Typed(note=note), error)
    return redirect(door.request, f"/klaim/{claim_id}#catatan", mark("Catatan ditambahkan."))


@router.post("/klaim/{claim_id}/ketikan")
def keep_typed(door: LateDoorDep, claim_id: PathId, form: Annotated[HolderForm, Form()]) -> Response:
    """Keep what stands in the form, every few seconds while somebody types, and say whose the claim is by now."""
    ctx = door.ctx
    row = typed.keep(ctx, claim_id, form.typed(kept_fields(ctx, claim_id)), form.version)
    claim = leases.existing(ctx, claim_id)
    other = leases.held_by_other(ctx, claim, ctx.actor.user_id or 0)
    holder = leases.holder_name(ctx, claim) if other else None
    notice = TypedNotice(row.typed_at, holder or "", claim.held_since)
    return render(door.request, "_claim_typed.html", notice, visit=door.visit)


@router.post("/klaim/{claim_id}/ketikan/buang")
def throw_typed_away(door: DoorDep, claim_id: PathId) -> Response:
    """Forget what one has typed and not saved."""
    typed.throw_away(door.ctx, claim_id)
    return redirect(
        door.request, f"/klaim/{claim_id}#keputusan", mark("Ketikan dibuang; yang tersimpan tidak berubah.")
    )
