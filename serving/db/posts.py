"""Posts: find those that are here already, add the rest in one statement, forget their addresses in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, Subquery, func, select, update
from sqlalchemy.orm import Session

from serving.db import bulk
from serving.db.tables import Post

# The columns of a new post, in the order in which ``add_posts`` takes them.
NEW_POST = (
    "claim_id", "cluster_id", "source", "external_hash", "text", "posted_at", "collected_at", "likes", "shares",
    "comments", "views", "reach", "media", "sealed_link", "link_until", "p_hoax",
)  # fmt: skip
RAISED = ("likes", "shares", "comments", "views", "reach")


@dataclass(frozen=True, slots=True)
class KnownPost:
    """What a post that comes again is compared with."""

    id: int
    claim_id: int
    posted_at: datetime
    likes: int
    shares: int
    comments: int
    views: int


Key = tuple[str, str]  # source, external hash


def known_posts(session: Session, keys: Iterable[Key]) -> dict[Key, KnownPost]:
    """Find the posts that are here already, by source and external hash."""
    columns = (Post.id, Post.claim_id, Post.posted_at, Post.likes, Post.shares, Post.comments, Post.views)
    found = bulk.found_by_pair(session, (Post.source, Post.external_hash), columns, list(keys))
    return {(row[0], row[1]): KnownPost(*row[2:]) for row in found}


def add_posts(session: Session, rows: Sequence[bulk.Row]) -> None:
    """Insert posts; each row holds the values of ``NEW_POST``."""
    bulk.add_rows(session, Post, NEW_POST, rows)


def raise_counts(session: Session, rows: Sequence[bulk.Row]) -> None:
    """Write new engagement counts; each row holds the post's id and the values of ``RAISED``."""
    bulk.set_columns(session, Post, RAISED, rows)


def widest_posts(session: Session, claim_id: int, limit: int = 20) -> Sequence[Post]:
    """Give a claim's posts, widest reach first."""
    query = select(Post).where(Post.claim_id == claim_id).order_by(Post.reach.desc(), Post.id.desc()).limit(limit)
    return session.scalars(query).all()


def post(session: Session, post_id: int) -> Post | None:
    """Find one post."""
    return session.get(Post, post_id)


def forget_links(session: Session, now: datetime) -> int:
    """Remove every sealed address whose time has come; give how many."""
    statement = (
        update(Post)
        .where(Post.link_until <= now)
        .values(sealed_link=None, link_until=None)
        .returning(Post.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(statement).all())


def first_posts(claim_ids: Select[int]) -> Subquery:
    """Select the first post of each claim, as ``claim_id`` and ``post_id``; what a merge brought does not count."""
    return (
        select(Post.claim_id, func.min(Post.id).label("post_id"))
        .where(Post.claim_id.in_(claim_ids), Post.cluster_id.is_(None))
        .group_by(Post.claim_id)
        .subquery()
    )
