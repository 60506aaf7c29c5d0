"""Rows of posts that people moved from one claim to another: the posts, the wordings that go with them, the memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, column, exists, func, or_, select, true, update
from sqlalchemy.orm import Session, aliased

from serving.db import bulk
from serving.db.changed import n_changed
from serving.db.claims import Signature
from serving.db.dialect import is_postgresql
from serving.db.tables import (
    Claim,
    ClaimCorrection,
    ClaimCorrectionPost,
    ClaimCorrectionUndo,
    ClaimMedia,
    ClaimSignature,
    Post,
    User,
)
from serving.db.types import Json
from serving.vocabulary import ClaimCorrectionKind

UNDOABLE = (ClaimCorrectionKind.SPLIT, ClaimCorrectionKind.MOVE, ClaimCorrectionKind.UNMERGE)


@dataclass(frozen=True, slots=True)
class Made:
    """A correction as a list shows it; ``undone`` tells whether the posts went back."""

    id: int
    kind: ClaimCorrectionKind
    claim_id: int
    other_id: int
    wording: str
    other_wording: str
    n_posts: int
    note: str
    by: str
    at: datetime
    undone: bool


def posts(session: Session, claim_id: int, post_ids: Collection[int]) -> Sequence[Post]:
    """Give those of these posts that belong to a claim, oldest first, read anew."""
    query = select(Post).where(Post.claim_id == claim_id, bulk.among(session, Post.id, post_ids)).order_by(Post.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def texts_left(session: Session, claim_id: int, texts: Collection[str]) -> set[str]:
    """Give which of these texts a claim's posts still say."""
    query = select(Post.text).where(Post.claim_id == claim_id, bulk.among(session, Post.text, texts)).distinct()
    return set(session.scalars(query))


def pictures_left(session: Session, claim_id: int, phashes: Collection[str]) -> set[str]:
    """Give which of these hashes, all in small letters, a claim's posts still carry."""
    if not phashes:
        return set()
    unfold = func.jsonb_array_elements if is_postgresql(session) else func.json_each
    item = unfold(Post.media).table_valued(column("value", Json), name="item")
    phash = func.lower(item.c.value["phash"].as_string())
    query = select(phash).select_from(Post).join(item, true()).where(Post.claim_id == claim_id).distinct()
    return set(session.scalars(query.where(phash.in_(phashes))))


def hand_over(session: Session, post_ids: Collection[int], taker: int) -> int:
    """Give posts to another claim, whose own they are from now on; give how many."""
    statement = update(Post).where(bulk.among(session, Post.id, post_ids)).values(claim_id=taker, cluster_id=None)
    return n_changed(session, statement)


def signatures_of(session: Session, claim_ids: Collection[int]) -> list[Signature]:
    """Give the representatives of some claims, oldest first."""
    query = select(ClaimSignature.id, ClaimSignature.claim_id, ClaimSignature.payload)
    found = query.where(bulk.among(session, ClaimSignature.claim_id, claim_ids)).order_by(ClaimSignature.id)
    return [Signature(*row) for row in session.execute(found)]


def give_signatures(session: Session, signature_ids: Collection[int], taker: int) -> None:
    """Let representatives find another claim from now on."""
    n_changed(
        session,
        update(ClaimSignature).where(bulk.among(session, ClaimSignature.id, signature_ids)).values(claim_id=taker),
    )


def give_media(session: Session, owners: Collection[int], phashes: Collection[str], taker: int) -> None:
    """Let those of these pictures that lead to one of the owners lead to another claim from now on."""
    theirs = bulk.among(session, ClaimMedia.phash, phashes), bulk.among(session, ClaimMedia.claim_id, owners)
    n_changed(session, update(ClaimMedia).where(*theirs).values(claim_id=taker))


def note_posts(session: Session, correction_id: int, post_ids: Iterable[int]) -> None:
    """Remember which posts a correction moved."""
    rows = [(correction_id, post_id) for post_id in post_ids]
    bulk.add_rows(session, ClaimCorrectionPost, ("correction_id", "post_id"), rows)


def moved_posts(session: Session, correction_id: int) -> list[int]:
    """Give the posts that a correction moved, oldest first."""
    query = select(ClaimCorrectionPost.post_id).where(ClaimCorrectionPost.correction_id == correction_id)
    return list(session.scalars(query.order_by(ClaimCorrectionPost.post_id)))


def correction(session: Session, correction_id: int) -> ClaimCorrection | None:
    """Find one correction."""
    return session.get(ClaimCorrection, correction_id)


def of_one_unmerge(session: Session, row: ClaimCorrection) -> Sequence[ClaimCorrection]:
    """Give all that the step remembered which took a claim out: one row for each claim that it was in, oldest first.

    Before a claim is taken out once more it was merged or put back, and that is remembered in between.
    """
    between = aliased(ClaimCorrection)
    other_step = exists().where(
        between.claim_id == row.claim_id,
        between.kind.in_((ClaimCorrectionKind.MERGE, ClaimCorrectionKind.UNDO)),
        or_(
            and_(between.id > row.id, between.id < ClaimCorrection.id),
            and_(between.id < row.id, between.id > ClaimCorrection.id),
        ),
    )
    query = select(ClaimCorrection).where(
        ClaimCorrection.claim_id == row.claim_id, ClaimCorrection.kind == ClaimCorrectionKind.UNMERGE, ~other_step
    )
    return session.scalars(query.order_by(ClaimCorrection.id)).all()


def is_undone(session: Session, row: ClaimCorrection) -> bool:
    """Tell whether the posts of this very correction were put back."""
    return session.get(ClaimCorrectionUndo, row.id) is not None


def note_undo(session: Session, row: ClaimCorrection, undo: ClaimCorrection) -> None:
    """Remember which correction an undo put back."""
    session.add(ClaimCorrectionUndo(correction_id=row.id, undo_id=undo.id))
    session.flush()


def _undone(correction: type[ClaimCorrection]) -> ColumnElement[bool]:
    return exists().where(ClaimCorrectionUndo.correction_id == correction.id)


def made(session: Session, claim_id: int, limit: int) -> list[Made]:
    """Give the corrections that moved posts out of a claim or into it and can be undone, newest first."""
    one, other = aliased(Claim), aliased(Claim)
    query = (
        select(
            ClaimCorrection.id, ClaimCorrection.kind, ClaimCorrection.claim_id, ClaimCorrection.other_id,
            one.wording, other.wording, ClaimCorrection.n_posts, ClaimCorrection.note, User.display_name,
            ClaimCorrection.at, _undone(ClaimCorrection),
        )
        .join(one, one.id == ClaimCorrection.claim_id)
        .join(other, other.id == ClaimCorrection.other_id)
        .join(User, User.id == ClaimCorrection.corrected_by_id)
        .where(or_(ClaimCorrection.claim_id == claim_id, ClaimCorrection.other_id == claim_id))
        .where(ClaimCorrection.kind.in_(UNDOABLE))
        .order_by(ClaimCorrection.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [Made(*row) for row in session.execute(query)]


# ---- what people said of pairs -----------------------------------------------------------------------------------

_SAYS_SAME = (ClaimCorrectionKind.MERGE,)
_OF_CLAIMS = (*_SAYS_SAME, ClaimCorrectionKind.UNMERGE, ClaimCorrectionKind.SPLIT)
_SAYS = (*_OF_CLAIMS, ClaimCorrectionKind.MOVE)
_WORDS_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said last of two claims, by their wordings; ``id`` is the correction's.

    With ``moved`` it is said of the words that went from the ``other`` to the ``one``, and not of the two as such.
    """

    id: int
    one: str
    other: str
    same: bool
    moved: bool


@dataclass(frozen=True, slots=True)
class MovedWords:
    """What a post says that a correction moved."""

    correction_id: int
    text: str
    media: list[Any]


def _last_words() -> ColumnElement[bool]:
    """Corrections that say what belongs together, were not undone, and after which nobody said it of the pair."""
    later = aliased(ClaimCorrection)
    said_again = exists().where(
        later.id > ClaimCorrection.id,
        later.kind.in_(_OF_CLAIMS),
        ~_undone(later),
        or_(
            and_(later.claim_id == ClaimCorrection.claim_id, later.other_id == ClaimCorrection.other_id),
            and_(later.claim_id == ClaimCorrection.other_id, later.other_id == ClaimCorrection.claim_id),
        ),
    )
    return and_(ClaimCorrection.kind.in_(_SAYS), ~_undone(ClaimCorrection), ~said_again)


def n_said(session: Session) -> int:
    """Count the corrections by which a person said what belongs together, and that stand."""
    return session.execute(select(func.count()).select_from(ClaimCorrection).where(_last_words())).scalar_one()


def said(session: Session, after: int | None, limit: int) -> list[Said]:
    """Give what people said last of each pair, newest first, from below the correction ``after``."""
    one, other = aliased(Claim), aliased(Claim)
    kind = ClaimCorrection.kind
    query = (
        select(ClaimCorrection.id, one.wording, other.wording, kind.in_(_SAYS_SAME), kind == ClaimCorrectionKind.MOVE)
        .join(one, one.id == ClaimCorrection.claim_id)
        .join(other, other.id == ClaimCorrection.other_id)
        .where(_last_words())
        .order_by(ClaimCorrection.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(ClaimCorrection.id < after)
    return [Said(*row) for row in session.execute(query)]


def moved_words(session: Session, correction_ids: Collection[int]) -> Iterator[MovedWords]:
    """Give what the posts say that some corrections moved and that no later one moved on, unless that was undone."""
    later, again = aliased(ClaimCorrection), aliased(ClaimCorrectionPost)
    moved_on = exists().where(
        again.post_id == ClaimCorrectionPost.post_id,
        again.correction_id == later.id,
        later.id > ClaimCorrectionPost.correction_id,
        ~_undone(later),
    )
    query = (
        select(ClaimCorrectionPost.correction_id, Post.text, Post.media)
        .join(Post, Post.id == ClaimCorrectionPost.post_id)
        .where(bulk.among(session, ClaimCorrectionPost.correction_id, correction_ids), ~moved_on)
        .order_by(ClaimCorrectionPost.correction_id, Post.id)
    )
    for row in session.execute(query.execution_options(yield_per=_WORDS_PAGE)):
        yield MovedWords(*row)
