"""Rows of claims that people put together and take apart again: posts, spread, matches, and the memory of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CTE, ColumnElement, and_, case, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from serving.db import bulk
from serving.db.changed import n_changed
from serving.db.tables import Claim, ClaimCorrection, ClaimCorrectionUndo, Match, Post, Spread
from serving.vocabulary import ClaimCorrectionKind, ClaimState

PAGE = 5_000
# Corrections of single posts; a merge moves no wording, because copies of it lead on.
REGROUPING = (ClaimCorrectionKind.SPLIT, ClaimCorrectionKind.MOVE, ClaimCorrectionKind.UNDO)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the posts of one claim come to."""

    n_posts: int
    reach: int
    engagement: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class PostFigures:
    """What one post adds to the spread of its claim."""

    posted_at: datetime
    reach: int
    reactions: int


# ---- who belongs to whom -----------------------------------------------------------------------------------------


def families(wanted: ColumnElement[bool]) -> CTE:
    """Give a table of each wanted claim, as ``stands``, with itself and every claim merged into it, as ``id``."""
    members = select(Claim.id, Claim.id.label("stands")).where(wanted).cte("families", recursive=True)
    # UNION and not UNION ALL: a ring, which no rule lets arise, would end all the same.
    return members.union(select(Claim.id, members.c.stands).join(members, Claim.merged_into_id == members.c.id))


def family(session: Session, claim_id: int) -> list[int]:
    """Give a claim and every claim that was merged into it, directly or through another, oldest first."""
    members = families(Claim.id == claim_id)
    return list(session.scalars(select(members.c.id).order_by(members.c.id)))


def merged_directly(session: Session, claim_id: int) -> list[int]:
    """Give the claims that were merged into this very one, oldest first."""
    return list(session.scalars(select(Claim.id).where(Claim.merged_into_id == claim_id).order_by(Claim.id)))


def chain(session: Session, claim_id: int) -> list[int]:
    """Give a claim, the one that it was merged into, and so on, to the one that stands."""
    found = [claim_id]
    while (onward := session.scalar(select(Claim.merged_into_id).where(Claim.id == found[-1]))) is not None:
        if onward in found:
            break
        found.append(onward)
    return found


def _apart() -> ColumnElement[bool]:
    """Corrections by which two claims stay apart: taken out of a merge, or split, and not put back since."""
    undone = exists().where(ClaimCorrectionUndo.correction_id == ClaimCorrection.id)
    return and_(ClaimCorrection.kind.in_((ClaimCorrectionKind.UNMERGE, ClaimCorrectionKind.SPLIT)), ~undone)


def kept_apart(
    session: Session, ones: Collection[int], others: Collection[int], but: Collection[int] = ()
) -> ClaimCorrection | None:
    """Give the newest time that a person took one of these claims out of one of those, or the other way round.

    Args:
        session: the transaction.
        ones: a claim and its family.
        others: another one.
        but: corrections that do not count.
    """
    first, second = ClaimCorrection.claim_id, ClaimCorrection.other_id
    query = select(ClaimCorrection).where(
        _apart(),
        or_(and_(first.in_(ones), second.in_(others)), and_(first.in_(others), second.in_(ones))),
        ClaimCorrection.id.not_in(but),
    )
    return session.scalar(query.order_by(ClaimCorrection.id.desc()).limit(1))


def apart_from(session: Session, claim_ids: Collection[int]) -> set[int]:
    """Give every claim that a person took apart from one of these."""
    query = select(ClaimCorrection.claim_id, ClaimCorrection.other_id).where(
        _apart(), or_(ClaimCorrection.claim_id.in_(claim_ids), ClaimCorrection.other_id.in_(claim_ids))
    )
    return {number for pair in session.execute(query) for number in pair} - set(claim_ids)


def add_correction(session: Session, row: ClaimCorrection) -> None:
    """Remember what a person did."""
    session.add(row)
    session.flush()


def newest_regrouping(session: Session) -> int:
    """Give the number of the last correction after which other claims own some wordings; 0 where there is none."""
    query = select(func.coalesce(func.max(ClaimCorrection.id), 0)).where(ClaimCorrection.kind.in_(REGROUPING))
    return session.scalar(query) or 0


def newest_merges(session: Session, claim_ids: Collection[int]) -> dict[int, ClaimCorrection]:
    """Give, for each claim, the last time that it was merged, or put back after it was taken out."""
    taken_out = aliased(ClaimCorrection)
    put_back = (
        select(ClaimCorrectionUndo.undo_id)
        .join(taken_out, taken_out.id == ClaimCorrectionUndo.correction_id)
        .where(taken_out.claim_id.in_(claim_ids), taken_out.kind == ClaimCorrectionKind.UNMERGE)
    )
    merges = or_(ClaimCorrection.kind == ClaimCorrectionKind.MERGE, ClaimCorrection.id.in_(put_back))
    newest = (
        select(func.max(ClaimCorrection.id))
        .where(ClaimCorrection.claim_id.in_(claim_ids), merges)
        .group_by(ClaimCorrection.claim_id)
    )
    found = session.scalars(select(ClaimCorrection).where(ClaimCorrection.id.in_(newest)))
    return {row.claim_id: row for row in found}


def members(session: Session, claim_ids: Collection[int]) -> Sequence[Claim]:
    """Give claims by number, oldest first."""
    return session.scalars(select(Claim).where(Claim.id.in_(claim_ids)).order_by(Claim.id)).all()


def _holds_one(words: Collection[str]) -> ColumnElement[bool]:
    return or_(*(Claim.wording.icontains(word, autoescape=True) for word in words))


def alike_by_words(
    session: Session, words: Collection[str], states: Iterable[ClaimState], without: Collection[int], limit: int
) -> Sequence[Claim]:
    """Give claims whose wording holds one of these words, the most recently seen first."""
    query = (
        select(Claim)
        .where(Claim.state.in_(list(states)), Claim.id.not_in(without), _holds_one(words))
        .order_by(Claim.last_seen_at.desc(), Claim.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def worded_among(
    session: Session, claim_ids: Collection[int], words: Collection[str], states: Iterable[ClaimState]
) -> set[int]:
    """Give those of these claims whose wording holds one of these words, in one of these states."""
    query = select(Claim.id).where(
        bulk.among(session, Claim.id, claim_ids), Claim.state.in_(list(states)), _holds_one(words)
    )
    return set(session.scalars(query))


# ---- posts and figures -------------------------------------------------------------------------------------------


def hand_over_posts(session: Session, giver: int, taker: int) -> int:
    """Give every post of one claim to another, each remembering its cluster; give how many."""
    statement = (
        update(Post)
        .where(Post.claim_id == giver)
        .values(claim_id=taker, cluster_id=func.coalesce(Post.cluster_id, Post.claim_id))
    )
    return n_changed(session, statement)


def hand_back_posts(session: Session, giver: int, taker: int, clusters: Collection[int]) -> int:
    """Give the posts of these clusters, whenever they came, from one claim to another; give how many."""
    statement = (
        update(Post)
        .where(Post.claim_id == giver, Post.cluster_id.in_(clusters))
        .values(claim_id=taker, cluster_id=case((Post.cluster_id == taker, None), else_=Post.cluster_id))
    )
    return n_changed(session, statement)


def totals(session: Session, claim_id: int) -> Totals:
    """Work out what the posts of a claim come to."""
    query = select(
        func.count(Post.id),
        func.coalesce(func.sum(Post.reach), 0),
        func.coalesce(func.sum(Post.likes + Post.shares + Post.comments), 0),
        func.min(Post.posted_at),
        func.max(Post.posted_at),
    ).where(Post.claim_id == claim_id)
    n_posts, reach, engagement, first, last = session.execute(query).one()
    return Totals(n_posts, int(reach), int(engagement), first, last)


def figures_of_posts(session: Session, claim_id: int) -> Iterable[PostFigures]:
    """Give what each post of a claim adds to its spread, without holding them all at once."""
    query = select(Post.posted_at, Post.reach, Post.likes + Post.shares + Post.comments).where(
        Post.claim_id == claim_id
    )
    for row in session.execute(query.execution_options(yield_per=PAGE)):
        yield PostFigures(*row)


def times_of_merged(session: Session, claim_id: int, since: datetime) -> Iterable[datetime]:
    """Give when the posts were posted that a claim has of clusters merged into it, from ``since`` on."""
    query = select(Post.posted_at).where(
        Post.claim_id == claim_id, Post.cluster_id.is_not(None), Post.posted_at >= since
    )
    return session.scalars(query.execution_options(yield_per=PAGE))


def drop_spread(session: Session, claim_id: int) -> None:
    """Remove the quarters of a claim."""
    session.execute(delete(Spread).where(Spread.claim_id == claim_id), execution_options={"synchronize_session": False})


def drop_empty_spread(session: Session, claim_id: int) -> None:
    """Remove the quarters of a claim in which nothing is left."""
    session.execute(
        delete(Spread).where(Spread.claim_id == claim_id, Spread.n_posts <= 0),
        execution_options={"synchronize_session": False},
    )


# ---- matches -----------------------------------------------------------------------------------------------------


def copy_matches(session: Session, giver: int, taker: int, at: datetime, only: Collection[int] | None = None) -> None:
    """Let a claim have the matches of another beside its own; those of the other stay for the way back.

    Args:
        session: the transaction.
        giver: whose matches are copied.
        taker: who has them from now on.
        at: when the giver was merged; the copies are known by it.
        only: the clarifications that count, where not all of them do.
    """
    there = set(session.scalars(select(Match.clarification_id).where(Match.claim_id == taker)))
    session.add_all(
        Match(
            claim_id=taker,
            clarification_id=row.clarification_id,
            score=row.score,
            machine_status=row.machine_status,
            machine_version=row.machine_version,
            status=row.status,
            decided_by_id=row.decided_by_id,
            decided_at=row.decided_at,
            created_at=at,
        )
        for row in session.scalars(select(Match).where(Match.claim_id == giver))
        if row.clarification_id not in there and (only is None or row.clarification_id in only)
    )
    session.flush()


def drop_copied_matches(
    session: Session, claim_id: int, clarifications: Collection[int], copied_at: datetime
) -> set[int]:
    """Remove the matches that came to a claim at one merge and that nobody answered since; give whose they were."""
    statement = (
        delete(Match)
        .where(
            Match.claim_id == claim_id,
            Match.clarification_id.in_(clarifications),
            Match.created_at == copied_at,
            or_(Match.decided_at.is_(None), Match.decided_at < copied_at),
        )
        .returning(Match.clarification_id)
    )
    return set(session.scalars(statement, execution_options={"synchronize_session": False}))


def matched_clarifications(session: Session, claim_id: int) -> set[int]:
    """Give the clarifications that a claim has a match with."""
    return set(session.scalars(select(Match.clarification_id).where(Match.claim_id == claim_id)))
