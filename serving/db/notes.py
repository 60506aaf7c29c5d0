"""Rows of notes beside claims, and of who was named in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serving.db.tables import Claim, ClaimNote, Mention, User


def add(session: Session, note: ClaimNote, mentioned: Iterable[int] = ()) -> ClaimNote:
    """Append one note with those whom it names."""
    session.add(note)
    session.flush()
    session.add_all(Mention(note_id=note.id, user_id=user_id) for user_id in sorted(set(mentioned)))
    session.flush()
    return note


def mention(session: Session, note_id: int, user_id: int) -> Mention | None:
    """Find that somebody was named in a note."""
    return session.get(Mention, (note_id, user_id))


def mentions_of(session: Session, user_id: int, limit: int) -> Sequence[tuple[Mention, ClaimNote, str, str]]:
    """Give where somebody was named: mention, note, the claim's wording and the writer's name; unread first, newest."""
    query = (
        select(Mention, ClaimNote, Claim.wording, User.display_name)
        .join(ClaimNote, ClaimNote.id == Mention.note_id)
        .join(Claim, Claim.id == ClaimNote.claim_id)
        .join(User, User.id == ClaimNote.noted_by_id)
        .where(Mention.user_id == user_id)
        .order_by(Mention.read_at.is_not(None), Mention.note_id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def count_unread(session: Session, user_id: int) -> int:
    """Count the notes that name somebody and that they have not read."""
    query = select(func.count()).select_from(Mention).where(Mention.user_id == user_id, Mention.read_at.is_(None))
    return session.scalar(query) or 0
