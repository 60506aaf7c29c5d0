"""What one month comes to: counts and times, never a person. What few of them may be shown of is the desk's rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from serving.db import second_look
from serving.db.appeals import ANSWERED
from serving.db.golden import is_real
from serving.db.tables import (
    Appeal,
    BreakerFreeze,
    Claim,
    Clarification,
    Complaint,
    Correction,
    Influencer,
    Ministry,
    ModelHistory,
    PublicChange,
)
from serving.db.timings import Taken, Times, times, undecided_since
from serving.vocabulary import (
    AppealState,
    Category,
    ClaimState,
    ComplaintReason,
    DismissReason,
    ModelRole,
    VerdictLabel,
)


@dataclass(frozen=True, slots=True)
class Span:
    """From ``since`` on and before ``until``."""

    since: datetime
    until: datetime

    def holds(self, column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]) -> Any:
        """Say of a column that its moment lies inside."""
        return (column >= self.since) & (column < self.until)


def _counted(session: Session, key: Any, *conditions: ColumnElement[bool]) -> dict[Any, int]:
    query = select(key, func.count()).where(*conditions).group_by(key).order_by(func.count().desc(), key)
    return {name: int(n) for name, n in session.execute(query)}


def _published(span: Span) -> ColumnElement[bool]:
    """Say of a clarification that this desk published it in the month, whatever became of it since."""
    ours: ColumnElement[bool] = span.holds(Clarification.published_at) & Clarification.author_id.is_not(None)
    return ours


def first_published(session: Session) -> datetime | None:
    """Give when this desk first published something."""
    query = select(func.min(Clarification.published_at)).where(Clarification.author_id.is_not(None))
    return session.scalars(query).one_or_none()


@dataclass(frozen=True, slots=True)
class Published:
    """What was published in a month, counted in four ways; the most frequent of each first.

    ``n_political`` counts what at least one of two people answered political.
    """

    verdicts: dict[VerdictLabel | None, int]
    categories: dict[Category, int]
    issuers: dict[str, int]
    n_political: int


def published(session: Session, span: Span) -> Published:
    """Count what was published in a month by verdict, category and issuing agency, reading it once."""
    kinds = (Clarification.verdict, Clarification.category, Clarification.issuer, Clarification.political)
    query = select(*kinds, func.count()).where(_published(span)).group_by(*kinds)
    by: tuple[Counter[Any], ...] = tuple(Counter() for _ in kinds)
    for *words, n in session.execute(query):
        for counter, word in zip(by, words, strict=True):
            counter[word] += int(n)
    verdicts, categories, issuers = (_most_first(counter) for counter in by[:3])
    return Published(verdicts, categories, issuers, by[3][True])


def _most_first(counted: Counter[Any]) -> dict[Any, int]:
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], str(pair[0] or ""))))


def dismissals(session: Session, span: Span) -> dict[DismissReason, int]:
    """Count the claims that were closed without a label, and still are, by reason.

    Every state is counted and one kept: asked for by its state, a claim would be looked for in the order of the queue.
    """
    kinds = (Claim.state, Claim.dismiss_reason)
    query = select(*kinds, func.count()).where(span.holds(Claim.decided_at)).group_by(*kinds)
    counted = session.execute(query)
    return _most_first(Counter({reason: int(n) for state, reason, n in counted if state is ClaimState.DISMISSED}))


def until_seen(session: Session, span: Span, *, is_over: bool = False) -> Times:
    """Sum up, for every claim that was first looked at in the month, how long it had waited."""
    taken = Taken(Claim.created_at, Claim.seen_at, (span.holds(Claim.seen_at), is_real(Claim.id)))
    return _settled(session, "seen", span, taken) if is_over else times(session, taken)


def until_decided(session: Session, span: Span, *, is_over: bool = False) -> Times:
    """Sum up, for every claim that was decided in the month, how long it took since it arose or was last reopened."""
    taken = Taken(undecided_since(), Claim.decided_at, (span.holds(Claim.decided_at),))
    return _settled(session, "decided", span, taken) if is_over else times(session, taken)


# What a month that is over came to, for each database that this process has open.
_SETTLED: Final[WeakKeyDictionary[Any, dict[tuple[str, Span, int], Times]]] = WeakKeyDictionary()
_MONTHS_KEPT: Final = 120


def _settled(session: Session, kind: str, span: Span, taken: Taken) -> Times:
    """Sum up a month that is over, once for each number of claims in it.

    No step is taken in a month that is over, and nobody changes when one was; only reopening takes a decision away. So
    as long as there are as many claims they are the same ones.
    """
    n = session.execute(select(func.count()).select_from(Claim).where(*taken.conditions)).scalar_one()
    kept = _SETTLED.setdefault(session.get_bind(), {})
    key = kind, span, int(n)
    if key not in kept:
        if len(kept) >= _MONTHS_KEPT:
            kept.clear()
        kept[key] = times(session, taken)
    return kept[key]


def changes(session: Session, span: Span) -> dict[str, int]:
    """Count the lines of the public log about what this desk published, by what was done.

    What was taken over from elsewhere is left out, as it is where publications are counted: the two are compared.
    """
    ours = PublicChange.clarification_id.in_(select(Clarification.id).where(Clarification.author_id.is_not(None)))
    return _counted(session, PublicChange.kind, span.holds(PublicChange.at), ours)


def n_filed(session: Session, span: Span) -> int:
    """Count the appeals that were filed."""
    return session.execute(select(func.count()).where(span.holds(Appeal.filed_at))).scalar_one()


def answers(session: Session, span: Span) -> dict[AppealState, int]:
    """Count the appeals that were answered by their outcome."""
    return _counted(session, Appeal.state, Appeal.state.in_(ANSWERED), span.holds(Appeal.answered_at))


def n_open_at(session: Session, moment: datetime) -> int:
    """Count the appeals that waited for their answer at a moment."""
    unanswered = or_(Appeal.answered_at.is_(None), Appeal.answered_at >= moment)
    return session.execute(select(func.count()).where(Appeal.filed_at < moment, unanswered)).scalar_one()


def until_answered(session: Session, span: Span) -> Times:
    """Sum up, for every appeal that was answered in the month, how long it took since it was filed."""
    return times(session, Taken(Appeal.filed_at, Appeal.answered_at, (span.holds(Appeal.answered_at),)))


def complaints(session: Session, span: Span) -> dict[ComplaintReason, int]:
    """Count the complaints by what was minded."""
    return _counted(session, Complaint.reason, span.holds(Complaint.at))


def freezes(session: Session, span: Span) -> Sequence[BreakerFreeze]:
    """Give the times that everything was frozen."""
    return session.scalars(select(BreakerFreeze).where(span.holds(BreakerFreeze.at))).all()


def second_looks(session: Session, span: Span) -> dict[Category, second_look.Looked]:
    """Count by category how many dismissals were looked at again, and in how many the second person agreed."""
    return second_look.agreement(session, span.since, span.until)


def consenting(session: Session, moment: datetime) -> dict[str, int]:
    """Count by ministry the civil servants who took part at a moment and are still known here."""
    query = (
        select(Ministry.name, func.count())
        .join(Influencer, Influencer.ministry_id == Ministry.id)
        .where(Influencer.consent_at < moment, or_(Influencer.left_at.is_(None), Influencer.left_at >= moment))
        .group_by(Ministry.name)
        .order_by(Ministry.name)
    )
    return {name: int(n) for name, n in session.execute(query)}


def told(session: Session, span: Span) -> tuple[int, int]:
    """Count the people who were told in the month that something they carried no longer stands, and who read of it.

    Somebody who was told twice is one person, who has read of it once one of the two was acknowledged.
    """
    reader = case((Correction.acknowledged_at.is_not(None), Correction.influencer_id))
    query = select(
        func.count(Correction.influencer_id.distinct()),
        func.count(reader.distinct()),
    ).where(span.holds(Correction.sent_at))
    sent, read = session.execute(query).one()
    return int(sent), int(read)


def models_read_with(session: Session, span: Span) -> dict[str, int]:
    """Count the claims that arose in the month by the model that judged them."""
    return _counted(session, Claim.model, span.holds(Claim.created_at), is_real(Claim.id))


def metrics_of(session: Session, versions: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Give the figures on the card of each of these models that was ever promoted."""
    query = (
        select(ModelHistory.version, ModelHistory.metrics)
        .where(ModelHistory.role == ModelRole.CHAMPION, ModelHistory.version.in_(versions))
        .order_by(ModelHistory.id)
    )
    return {row.version: row.metrics for row in session.execute(query)}
