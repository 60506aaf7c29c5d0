"""Files beside sources."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.db.tables import Exhibit


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a file without reading it."""

    media_type: str
    size_bytes: int
    sha256: str


def exhibit(session: Session, evidence_id: int) -> Exhibit | None:
    """Find the file beside a source."""
    return session.get(Exhibit, evidence_id)


def content(session: Session, evidence_id: int) -> bytes | None:
    """Give the bytes of the file beside a source."""
    return session.scalar(select(Exhibit.content).where(Exhibit.evidence_id == evidence_id))


def facts(session: Session, evidence_ids: Collection[int]) -> Mapping[int, Facts]:
    """Give what is known of the files of these sources, by source; those without one are left out."""
    if not evidence_ids:
        return {}
    query = select(Exhibit.evidence_id, Exhibit.media_type, Exhibit.size_bytes, Exhibit.sha256).where(
        Exhibit.evidence_id.in_(evidence_ids)
    )
    return {row[0]: Facts(row[1], row[2], row[3]) for row in session.execute(query)}
