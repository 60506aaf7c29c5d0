"""Rows of the audit chain: append under the head's lock, read in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.db.tables import AuditHead, AuditRow

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Head:
    """Length and last hash of the chain."""

    seq: int
    hash: str


def lock_head(session: Session) -> AuditHead:
    """Give the head's row, locked until the transaction ends: appends happen one after another."""
    return session.execute(select(AuditHead).where(AuditHead.id == 1).with_for_update()).scalar_one()


def head(session: Session) -> Head | None:
    """Give the head as it stands, or nothing where somebody removed it."""
    row = session.get(AuditHead, 1)
    return Head(row.seq, row.hash) if row else None


@contextmanager
def snapshot(session: Session) -> Iterator[Session]:
    """Open a reading session beside this one that sees the database of one moment, whatever is committed meanwhile."""
    engine = session.get_bind().engine.execution_options(writes=False)
    if engine.dialect.name == "postgresql":  # by default each of its statements would see a moment of its own
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with Session(engine, expire_on_commit=False) as opened:
        yield opened


def rows_in_order(session: Session) -> Iterator[AuditRow]:
    """Give every row by its number, a page at a time, so that memory does not grow with the chain."""
    after: int | None = None
    while True:
        query = select(AuditRow).order_by(AuditRow.seq).limit(PAGE)
        if after is not None:
            query = query.where(AuditRow.seq > after)
        page: Sequence[AuditRow] = session.scalars(query).all()
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].seq
        session.expunge_all()


def recent(
    session: Session,
    *,
    entity: str | None = None,
    entity_id: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> Sequence[AuditRow]:
    """Give the newest rows first, of everything or of one thing, from the one before ``before`` on."""
    query = select(AuditRow).order_by(AuditRow.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditRow.seq < before)
    if entity is not None:
        query = query.where(AuditRow.entity == entity)
    if entity_id is not None:
        query = query.where(AuditRow.entity_id == entity_id)
    return session.scalars(query).all()
