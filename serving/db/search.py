"""What the search index reads: the log of changes, texts by number, and rows behind what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, cast, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import TEXT
from sqlalchemy.orm import Session

from serving.db import bulk, golden
from serving.db.dialect import is_postgresql
from serving.db.library import PRESENT_WORDS, Entry, in_present_words
from serving.db.tables import Claim, Clarification, ClarificationVersion, Post, SearchChange

ORIGIN_SEQ = 1


class Kind(StrEnum):
    """What can be found."""

    CLAIM = "claim"
    CLARIFICATION = "clarification"
    POST = "post"


class Mark(NamedTuple):
    """A place in the log of changes, in the order in which transactions began and rows were written."""

    xid: int
    seq: int


START = Mark(0, ORIGIN_SEQ)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to read again."""

    mark: Mark
    kind: Kind
    item_id: int


# ---- the log -----------------------------------------------------------------------------------------------------


def origin(session: Session) -> int:
    """Give the number that tells this database from any other."""
    return session.scalars(select(SearchChange.item_id).where(SearchChange.seq == ORIGIN_SEQ)).one()


def _settled(session: Session) -> ColumnElement[bool] | None:
    """State that no transaction before a row's own can still write; SQLite's writers come one after another."""
    if not is_postgresql(session):
        return None
    oldest = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), TEXT), BigInteger)
    return SearchChange.xid < oldest


def newest_mark(session: Session) -> Mark:
    """Give the last place in the log before which nothing can be written any more."""
    query = select(SearchChange.xid, SearchChange.seq).order_by(SearchChange.xid.desc(), SearchChange.seq.desc())
    if (settled := _settled(session)) is not None:
        query = query.where(settled)
    return Mark(*session.execute(query.limit(1)).one())


def has_mark(session: Session, mark: Mark) -> bool:
    """Tell whether a place is still in the log."""
    query = select(SearchChange.seq).where(SearchChange.seq == mark.seq, SearchChange.xid == mark.xid)
    return session.scalar(query) is not None


def _later(session: Session, after: Mark) -> ColumnElement[bool]:
    """State of a change that it comes after a place.

    In SQLite every change has the same ``xid``, and an index is read from the first column of a pair only, so that a
    pair would be compared with the whole log.
    """
    if is_postgresql(session):
        return tuple_(SearchChange.xid, SearchChange.seq) > tuple_(after.xid, after.seq)
    return SearchChange.seq > after.seq


def changes(session: Session, after: Mark, limit: int, *, only_settled: bool) -> Sequence[Change]:
    """Give what changed after a place, in order.

    With ``only_settled`` nothing can still be written between the rows, so the last one is a place to go on from.
    """
    query = (
        select(SearchChange.xid, SearchChange.seq, SearchChange.kind, SearchChange.item_id)
        .where(_later(session, after))
        .order_by(*((SearchChange.xid, SearchChange.seq) if is_postgresql(session) else (SearchChange.seq,)))
        .limit(limit)
    )
    if only_settled and (settled := _settled(session)) is not None:
        query = query.where(settled)
    return [Change(Mark(xid, seq), Kind(kind), item_id) for xid, seq, kind, item_id in session.execute(query)]


def count_changes(session: Session, after: Mark) -> int:
    """Count what changed after a place."""
    query = select(func.count()).select_from(SearchChange).where(_later(session, after))
    return session.scalar(query) or 0


def trim(session: Session, before_s: int) -> int:
    """Forget changes noted before a time, less the origin and the newest of them; give how many went.

    An index that had read all of those stands at the newest one and goes on from there.
    """
    newest = select(func.max(SearchChange.seq)).where(SearchChange.noted_s < before_s).scalar_subquery()
    statement = delete(SearchChange).where(
        SearchChange.noted_s < before_s, SearchChange.seq > ORIGIN_SEQ, SearchChange.seq < newest
    )
    gone: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return int(gone.rowcount)


# ---- texts -------------------------------------------------------------------------------------------------------


_NUMBERS = {Kind.CLAIM: Claim.id, Kind.CLARIFICATION: Clarification.id, Kind.POST: Post.id}


def _texts(kind: Kind) -> Any:
    """Give a query for number and parts of the text of every thing of a kind."""
    if kind is Kind.CLAIM:
        return select(Claim.id, Claim.wording)
    if kind is Kind.POST:
        return select(Post.id, Post.text, Post.media)
    query = select(Clarification.id, ClarificationVersion.title, ClarificationVersion.body)
    return query.join(ClarificationVersion, PRESENT_WORDS)


def _whole(parts: Sequence[Any]) -> str:
    """Join the parts of a text; of pictures and videos what is said in them."""
    said: list[str] = []
    for part in parts:
        said.extend([part] if isinstance(part, str) else [item.get("transcript", "") for item in part])
    return "\n".join(filter(None, said))


def texts(session: Session, kind: Kind, item_ids: Sequence[int]) -> dict[int, str]:
    """Give what is searched in things by their numbers; those that are gone are left out."""
    query = _texts(kind).where(_NUMBERS[kind].in_(item_ids))
    return {row[0]: _whole(row[1:]) for row in session.execute(query)}


def texts_after(session: Session, kind: Kind, item_id: int, limit: int) -> dict[int, str]:
    """Give what is searched in the things after a number, in the order of their numbers."""
    number = _NUMBERS[kind]
    query = _texts(kind).where(number > item_id).order_by(number).limit(limit)
    return {row[0]: _whole(row[1:]) for row in session.execute(query)}


def count(session: Session, kind: Kind) -> int:
    """Count the things of a kind."""
    return session.scalar(select(func.count(_NUMBERS[kind]))) or 0


# ---- what was found ----------------------------------------------------------------------------------------------


def claims_by_id(session: Session, claim_ids: Sequence[int], reader_id: int) -> Mapping[int, Claim]:
    """Give claims by their numbers, less the golden ones that the reader is not shown."""
    query = select(Claim).where(Claim.id.in_(claim_ids), Claim.id.not_in(golden.hidden_from(reader_id)))
    return {row.id: row for row in session.scalars(query)}


def posts_by_id(session: Session, post_ids: Sequence[int], reader_id: int) -> Mapping[int, tuple[Post, Claim]]:
    """Give posts by their numbers, each with its claim, less those of golden claims that the reader is not shown."""
    query = (
        select(Post, Claim)
        .join(Claim, Claim.id == Post.claim_id)
        .where(Post.id.in_(post_ids), Claim.id.not_in(golden.hidden_from(reader_id)))
    )
    return {post.id: (post, claim) for post, claim in session.execute(query)}


def claims_of_posts(session: Session, post_ids: Sequence[int]) -> Mapping[int, int]:
    """Give the claim of each post."""
    query = select(Post.id, Post.claim_id).where(bulk.among(session, Post.id, post_ids))
    return {row[0]: row[1] for row in session.execute(query)}


def entries_by_id(session: Session, clarification_ids: Sequence[int]) -> Mapping[int, Entry]:
    """Give clarifications with their present words by their numbers."""
    query = in_present_words().where(Clarification.id.in_(clarification_ids))
    return {head.id: Entry(head, words) for head, words in session.execute(query)}
