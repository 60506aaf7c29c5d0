"""What colleagues do with a claim between them: notes, mentions, handing over, and what one has typed so far."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.api.review import Standing, standing
from serving.db.tables import TypedDraft
from serving.deps import ApiContext
from serving.desk.checking import notes, review, typed
from serving.errors import NotFoundError
from serving.i18n import mark
from serving.inputs import ID_MAX, Id, Input, Line, OptionalParagraph, Paragraph
from serving.parts import Router
from serving.vocabulary import Role

router = Router(tags=["review"])
PathId = Annotated[Id, Path(le=ID_MAX)]


class ColleagueOut(BaseModel):
    """Somebody of the desk."""

    name: str = Field(description="As in `@name`.")
    display_name: str
    roles: list[Role]


class ColleaguesOut(BaseModel):
    """The active people of the desk, by name."""

    colleagues: list[ColleagueOut]


class NoteIn(Input):
    """A note; `@name` tells a colleague."""

    text: Annotated[Paragraph, Field(max_length=notes.NOTE_MAX_CHARS)]


class NewNoteOut(BaseModel):
    """A note that was added."""

    id: int
    claim_id: int
    text: str
    at: datetime


class MentionOut(BaseModel):
    """A note that names whoever asks."""

    note_id: int
    claim_id: int
    wording: str
    text: str
    by: str
    at: datetime
    read_at: datetime | None
    hidden: bool = Field(
        description="The text is kept back: its writer wrote the draft on which the reader may have to decide."
    )


class MentionsOut(BaseModel):
    """Where one was named, unread first, at most 50."""

    unread: int
    mentions: list[MentionOut]


class HandOverIn(Input):
    """To whom, and a word to them."""

    to: Annotated[Line, Field(max_length=64, description="The colleague's sign-in name.")]
    note: OptionalParagraph = ""


class TypedIn(Input):
    """What stands in the form; `on_version` is the draft's version that was on the screen."""

    on_version: Annotated[int, Field(ge=0, le=ID_MAX)] = 0
    fields: dict[str, str] = Field(description="By the names of the form's fields: title, body, source_url and so on.")


class TypedOut(BaseModel):
    """What was typed and not saved."""

    claim_id: int
    on_version: int
    fields: dict[str, str]
    typed_at: datetime


def _typed(row: TypedDraft) -> TypedOut:
    return TypedOut.model_validate(row, from_attributes=True)


@router.get("/colleagues", responses=problems(403))
def list_colleagues(ctx: ApiContext) -> ColleaguesOut:
    """Give the active people of the desk: who can be named in a note or be handed a claim."""
    found = notes.colleagues(ctx)
    return ColleaguesOut(colleagues=[ColleagueOut.model_validate(row, from_attributes=True) for row in found])


@router.post("/claims/{claim_id}/notes", status_code=201, responses=problems(403, 404))
def add_note(ctx: ApiContext, claim_id: PathId, body: NoteIn) -> NewNoteOut:
    """Add a note beside a claim, whoever holds it; a name that nobody has is refused."""
    return NewNoteOut.model_validate(notes.add(ctx, claim_id, body.text), from_attributes=True)


@router.get("/me/mentions", responses=problems(403))
def list_mentions(ctx: ApiContext) -> MentionsOut:
    """Give the notes that name whoever asks, and the claims that were handed to them."""
    found = [MentionOut.model_validate(row, from_attributes=True) for row in notes.mentions(ctx)]
    return MentionsOut(unread=notes.n_unread(ctx), mentions=found)


@router.post("/me/mentions/{note_id}/read", status_code=204, responses=problems(403, 404))
def read_mention(ctx: ApiContext, note_id: PathId) -> None:
    """Say that one has read it."""
    notes.mark_read(ctx, note_id)


@router.post("/claims/{claim_id}/hand-over", responses=problems(403, 404, 409))
def hand_over(ctx: ApiContext, claim_id: PathId, body: HandOverIn) -> Standing:
    """Hand a claim that one holds to another checker, with its draft and a lease of their own."""
    return standing(ctx, review.hand_over(ctx, claim_id, body.to, body.note))


@router.get("/claims/{claim_id}/typed", responses=problems(403, 404))
def read_typed(ctx: ApiContext, claim_id: PathId) -> TypedOut:
    """Give what one has typed about a claim and not saved; nobody else can read it."""
    ctx.require(Role.CHECKER)
    row = typed.kept(ctx, claim_id)
    if row is None:
        raise NotFoundError(mark("Tidak ada ketikan Anda yang tersimpan untuk klaim ini."))
    return _typed(row)


@router.put("/claims/{claim_id}/typed", responses=problems(403, 404))
def keep_typed(ctx: ApiContext, claim_id: PathId, body: TypedIn) -> TypedOut:
    """Keep what stands in one's form so far; it needs no lease, and saving the draft forgets it."""
    return _typed(typed.keep(ctx, claim_id, body.fields, body.on_version))


@router.delete("/claims/{claim_id}/typed", status_code=204, responses=problems(403, 404))
def throw_typed_away(ctx: ApiContext, claim_id: PathId) -> None:
    """Forget what one has typed about a claim."""
    typed.throw_away(ctx, claim_id)
