"""Rows of posts that people moved from one claim to another: the posts, the wordings that go with them, the memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from serving.db import bulk
from serving.db.changed import n_changed
from serving.db.claims import Signature
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
from serving.vocabulary import ClaimCorrectionKind

MOVING = (ClaimCorrectionKind.SPLIT, ClaimCorrectionKind.MOVE)


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


def give_media(session: Session, phashes: Collection[str], taker: int) -> None:
    """Let pictures lead to another claim from now on."""
    n_changed(session, update(ClaimMedia).where(bulk.among(session, ClaimMedia.phash, phashes)).values(claim_id=taker))


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
    """Give the corrections that moved posts out of a claim or into it, newest first."""
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
        .where(ClaimCorrection.kind.in_(MOVING))
        .order_by(ClaimCorrection.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [Made(*row) for row in session.execute(query)]


# ---- what people said of pairs -----------------------------------------------------------------------------------

_SAYS_SAME = (ClaimCorrectionKind.MERGE,)
_SAYS = (*_SAYS_SAME, ClaimCorrectionKind.UNMERGE, ClaimCorrectionKind.SPLIT)


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said last of two claims, by their wordings; ``id`` is the correction's."""

    id: int
    one: str
    other: str
    same: bool


def _last_words() -> ColumnElement[bool]:
    """Corrections that say whether two claims are one, were not undone, and after which nobody said it of the pair."""
    later = aliased(ClaimCorrection)
    said_again = exists().where(
        later.id > ClaimCorrection.id,
        later.kind.in_(_SAYS),
        ~_undone(later),
        or_(
            and_(later.claim_id == ClaimCorrection.claim_id, later.other_id == ClaimCorrection.other_id),
            and_(later.claim_id == ClaimCorrection.other_id, later.other_id == ClaimCorrection.claim_id),
        ),
    )
    return and_(ClaimCorrection.kind.in_(_SAYS), ~_undone(ClaimCorrection), ~said_again)


def n_said(session: Session) -> int:
    """Count the pairs of claims of which a person said whether they are one."""
    return session.execute(select(func.count()).select_from(ClaimCorrection).where(_last_words())).scalar_one()


def said(session: Session, after: int | None, limit: int) -> list[Said]:
    """Give what people said last of each pair, newest first, from below the correction ``after``."""
    one, other = aliased(Claim), aliased(Claim)
    query = (
        select(ClaimCorrection.id, one.wording, other.wording, ClaimCorrection.kind.in_(_SAYS_SAME))
        .join(one, one.id == ClaimCorrection.claim_id)
        .join(other, other.id == ClaimCorrection.other_id)
        .where(_last_words())
        .order_by(ClaimCorrection.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(ClaimCorrection.id < after)
    return [Said(*row) for row in session.execute(query)]
