"""What colleagues tell each other about a claim: notes that are only ever added, and who is named in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from serving.db import notes as rows
from serving.db import people
from serving.db.tables import ClaimNote, User
from serving.desk import audit
from serving.desk.checking import approval
from serving.desk.checking.leases import DESK, existing
from serving.desk.context import Context
from serving.errors import InvalidInputError, NotFoundError
from serving.i18n import mark

NOTE: Final = "note"
NOTE_MAX_CHARS: Final = 2_000
SHOWN: Final = 50
# An address of e-mail names nobody, and ``@akun`` is what a handle in a post became.
_MENTION: Final = re.compile(r"(?<![\w@./-])@([a-z][a-z0-9._-]*[a-z0-9])", re.IGNORECASE)
_MASK: Final = "akun"


class UnknownColleagueError(InvalidInputError):
    """Nobody of the desk has this name, so nobody would be told."""

    code = "unknown-colleague"


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Where somebody was named.

    Attributes:
        note: the note, by its number.
        claim: the claim that it stands beside.
        wording: the claim's present wording.
        by: who wrote it.
        read_at: when the person said that they had read it.
        hidden: whether the text is kept back: its writer wrote the draft on which the reader may have to decide.
    """

    note_id: int
    claim_id: int
    wording: str
    text: str
    by: str
    at: datetime
    read_at: datetime | None
    hidden: bool = False


def colleagues(ctx: Context) -> Sequence[User]:
    """Give the active people of the desk, by name."""
    ctx.require(*DESK)
    return people.staff(ctx.session, DESK)


def names_in(text: str) -> frozenset[str]:
    """Give the sign-in names that a text names with ``@``."""
    return frozenset(name.lower() for name in _MENTION.findall(text)) - {_MASK}


def add(ctx: Context, claim_id: int, text: str) -> ClaimNote:
    """Add a note beside a claim, whoever holds it; those whom it names with ``@`` find it among their mentions.

    Raises:
        UnknownColleagueError: a name that nobody of the desk has.
        InvalidInputError: no text, or more than a note holds.
    """
    user_id = ctx.require(*DESK)
    words = text.strip()
    if not 1 <= len(words) <= NOTE_MAX_CHARS:
        raise InvalidInputError(mark("Catatan antara 1 dan {n} huruf."), n=NOTE_MAX_CHARS)
    claim = existing(ctx, claim_id)
    wanted = names_in(words)
    known = {person.name: person.id for person in colleagues(ctx)} if wanted else {}
    if strange := sorted(wanted - known.keys()):
        raise UnknownColleagueError(
            mark("Tidak ada rekan meja bernama @{name}; ia tidak akan membaca catatan ini."), name=strange[0]
        )
    told = sorted(known[name] for name in wanted)
    note = rows.add(
        ctx.session, ClaimNote(claim_id=claim.id, step=NOTE, text=words, noted_by_id=user_id, at=ctx.now), told
    )
    audit.append(ctx, "claim.note", "claim", claim.id, note=note.id, mentioned=told)
    return note


def mentions(ctx: Context) -> list[Mentioned]:
    """Give where one was named, unread first, at most ``SHOWN``."""
    user_id = ctx.require(*DESK)
    found = rows.mentions_of(ctx.session, user_id, SHOWN)
    blind = approval.blind_to(ctx, {note.claim_id for _, note, _, _ in found})
    mentioned = []
    for mention, note, wording, by in found:
        is_hidden = note.noted_by_id in blind.get(note.claim_id, frozenset())
        words = "" if is_hidden else note.text
        mentioned.append(Mentioned(note.id, note.claim_id, wording, words, by, note.at, mention.read_at, is_hidden))
    return mentioned


def n_unread(ctx: Context) -> int:
    """Count the notes that name the reader and that they have not read; 0 for whoever is not of the desk."""
    if ctx.actor.user_id is None or not ctx.actor.may(*DESK):
        return 0
    return rows.count_unread(ctx.session, ctx.actor.user_id)


def mark_read(ctx: Context, note_id: int) -> None:
    """Say that one has read a note in which one was named; saying it again changes nothing."""
    user_id = ctx.require(*DESK)
    mention = rows.mention(ctx.session, note_id, user_id)
    if mention is None:
        raise NotFoundError(mark("Catatan itu tidak menyebut Anda."))
    if mention.read_at is None:
        mention.read_at = ctx.now
        audit.append(ctx, "note.read", "note", note_id)
