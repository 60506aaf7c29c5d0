"""What the desk decided, as rows to learn from; what is open and would teach most; how each day compared.

A label that was withdrawn, reopened or merged away teaches nothing and is never read here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from serving.db.claims import OPEN_STATES
from serving.db.golden import is_real
from serving.db.posts import first_posts
from serving.db.tables import Claim, Clarification, DriftCheck, Post, ShadowScore
from serving.vocabulary import ClaimState, ClarificationState, DismissReason, VerdictLabel

LABELLED = (ClaimState.PUBLISHED, ClaimState.CLOSED)
# What one person may say by dismissing. A duplicate or a press matter says nothing about the words.
DISMISSALS: Mapping[DismissReason, VerdictLabel] = {
    DismissReason.OPINION: VerdictLabel.OPINION,
    DismissReason.SATIRE: VerdictLabel.SATIRE,
    DismissReason.OUT_OF_SCOPE: VerdictLabel.OUT_OF_SCOPE,
}


@dataclass(frozen=True, slots=True)
class Decided:
    """One decided claim; ``posts`` are its most spread messages, widest first, each wording once."""

    id: int
    statement: str
    posts: tuple[str, ...]
    verdict: VerdictLabel
    n_people: int
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """Decisions from ``since`` on, or from the first where it is none, and before ``until``."""

    since: datetime | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of decided claims ended."""

    decided_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class OpenReading:
    """What was said of one open claim: by the model that judges claims, the quick one, and the challenger if any."""

    id: int
    p_hoax: float
    quick_p_hoax: float | None
    shadow_p_hoax: float | None


@dataclass(frozen=True, slots=True)
class ReadClaim:
    """A claim as a list shows it, with the text that models read: its first post's, or its wording."""

    id: int
    wording: str
    band: str
    p_hoax: float
    text: str


# ---- decided -----------------------------------------------------------------------------------------------------


def _by_two() -> ColumnElement[bool]:
    """Decided by two, and still said: a label stands for as long as a clarification of its claim is published."""
    stands = select(Clarification.id).where(
        Clarification.claim_id == Claim.id, Clarification.state == ClarificationState.PUBLISHED
    )
    return and_(
        Claim.state.in_(LABELLED),
        Claim.verdict.is_not(None),
        Claim.author_id.is_not(None),
        Claim.approver_id.is_not(None),
        stands.exists(),
    )


def _by_one() -> ColumnElement[bool]:
    return and_(Claim.state == ClaimState.DISMISSED, Claim.dismiss_reason.in_(list(DISMISSALS)))


def _within(span: Span) -> ColumnElement[bool]:
    bounds = [or_(_by_two(), _by_one()), Claim.decided_at < span.until]
    if span.since is not None:
        bounds.append(Claim.decided_at >= span.since)
    return and_(*bounds, is_real(Claim.id))


def counts(session: Session, span: Span, band: str | None = None) -> dict[VerdictLabel, int]:
    """Count what was decided within a span, by verdict; only claims that stood in ``band`` where one is given."""
    query = (
        select(Claim.state, Claim.verdict, Claim.dismiss_reason, func.count())
        .where(_within(span))
        .group_by(Claim.state, Claim.verdict, Claim.dismiss_reason)
    )
    if band is not None:
        query = query.where(Claim.band == band)
    found: dict[VerdictLabel, int] = {}
    for state, verdict, reason, n in session.execute(query):
        label, _n_people = _label(state, verdict, reason)
        found[label] = found.get(label, 0) + int(n)
    return found


def page(session: Session, span: Span, after: Place | None, *, limit: int, n_posts: int) -> Sequence[Decided]:
    """Give decided claims, oldest decision first, from the one behind ``after`` on."""
    query = (
        select(Claim.id, Claim.wording, Claim.state, Claim.verdict, Claim.dismiss_reason, Claim.decided_at)
        .where(_within(span))
        .order_by(Claim.decided_at, Claim.id)
        .limit(limit)
    )
    if after is not None:
        later = and_(Claim.decided_at == after.decided_at, Claim.id > after.id)
        query = query.where(or_(Claim.decided_at > after.decided_at, later))
    rows = session.execute(query).all()
    posts = _widest(session, [row.id for row in rows], n_posts)
    found = []
    for row in rows:
        verdict, n_people = _label(row.state, row.verdict, row.dismiss_reason)
        found.append(Decided(row.id, row.wording, posts.get(row.id, ()), verdict, n_people, row.decided_at))
    return found


def _label(state: ClaimState, verdict: VerdictLabel | None, reason: DismissReason | None) -> tuple[VerdictLabel, int]:
    """Give the verdict and how many people stand behind it; a constraint promises the two of a published one."""
    if state is ClaimState.DISMISSED and reason is not None:
        return DISMISSALS[reason], 1
    return VerdictLabel(verdict or ""), 2


def _widest(session: Session, claim_ids: Sequence[int], n_posts: int) -> dict[int, tuple[str, ...]]:
    place = func.row_number().over(partition_by=Post.claim_id, order_by=(Post.reach.desc(), Post.id))
    # A merge is one person's act: the posts that it brought carry no label of two.
    own = Post.claim_id.in_(claim_ids), Post.cluster_id.is_(None)
    ranked = select(Post.claim_id, Post.text, place.label("place")).where(*own).subquery()
    query = (
        select(ranked.c.claim_id, ranked.c.text)
        .where(ranked.c.place <= n_posts)
        .order_by(ranked.c.claim_id, ranked.c.place)
    )
    found: dict[int, dict[str, None]] = {}
    for claim_id, text in session.execute(query):
        found.setdefault(claim_id, {})[text] = None
    return {claim_id: tuple(texts) for claim_id, texts in found.items()}


# ---- open --------------------------------------------------------------------------------------------------------


def open_readings(session: Session, challenge_id: int | None, limit: int) -> Sequence[OpenReading]:
    """Give the newest open claims with what each model said of them, newest first."""
    newest = (
        select(Claim.id, Claim.p_hoax)
        .where(Claim.state.in_(OPEN_STATES), is_real(Claim.id))
        .order_by(Claim.id.desc())
        .limit(limit)
        .subquery()
    )
    first = first_posts(select(newest.c.id))
    query = (
        select(newest.c.id, newest.c.p_hoax, Post.p_hoax, ShadowScore.p_hoax)
        .outerjoin(first, first.c.claim_id == newest.c.id)
        .outerjoin(Post, Post.id == first.c.post_id)
        .outerjoin(
            ShadowScore,
            and_(ShadowScore.claim_id == newest.c.id, ShadowScore.challenge_id == (challenge_id or 0)),
        )
        .order_by(newest.c.id.desc())
    )
    return [OpenReading(*row) for row in session.execute(query)]


def read_claims(session: Session, claim_ids: Sequence[int], max_chars: int) -> dict[int, ReadClaim]:
    """Give these claims with the first ``max_chars`` characters of the text that models read."""
    first = first_posts(select(Claim.id).where(Claim.id.in_(claim_ids)))
    query = (
        select(Claim.id, Claim.wording, Claim.band, Claim.p_hoax, func.substr(Post.text, 1, max_chars))
        .outerjoin(first, first.c.claim_id == Claim.id)
        .outerjoin(Post, Post.id == first.c.post_id)
        .where(Claim.id.in_(claim_ids))
    )
    return {row[0]: ReadClaim(row[0], row[1], row[2], row[3], row[4] or row[1]) for row in session.execute(query)}


# ---- one day against another -------------------------------------------------------------------------------------


def claims_made(session: Session, since: datetime, until: datetime) -> Sequence[int]:
    """Give the claims that came in from ``since`` on and before ``until``, oldest first; none that was merged away."""
    query = (
        select(Claim.id)
        .where(
            Claim.created_at >= since,
            Claim.created_at < until,
            Claim.state != ClaimState.MERGED,
            is_real(Claim.id),
        )
        .order_by(Claim.id)
    )
    return session.scalars(query).all()


def check_of(session: Session, day: str) -> DriftCheck | None:
    """Find what one day's check found."""
    return session.get(DriftCheck, day)


def checks(session: Session, limit: int) -> Sequence[DriftCheck]:
    """Give the checks, newest first."""
    return session.scalars(select(DriftCheck).order_by(DriftCheck.day.desc()).limit(limit)).all()
