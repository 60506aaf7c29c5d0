"""What the public reads about a clarification beside its words: how they changed, what replaced it, the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from serving.db import corrections
from serving.db import library as rows
from serving.db.library import Entry
from serving.db.tables import Clarification, ClarificationVersion, PublicChange
from serving.desk.context import Context
from serving.desk.suppression import Funnel


@dataclass(frozen=True, slots=True)
class Told:
    """How many people were told of a change, how many of them have confirmed it, and how many had to be reminded.

    The latter two are ``None`` where those who have, or those who have not, are so few that they could be named.
    """

    sent: int
    acknowledged: int | None
    reminded: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """One line of the log; counts of people only where they are many enough to name nobody."""

    change: PublicChange
    head: Clarification
    words: ClarificationVersion
    told: Told | None


def log(ctx: Context, *, after: int | None = None, limit: int = 20) -> list[LoggedChange]:
    """Give the log of everything that was taken back, replaced or improved, newest first, from below ``after``."""
    found = rows.changes(ctx.session, after=after, limit=limit)
    counts = corrections.counts(ctx.session, {head.id for _, head, _ in found})
    return [LoggedChange(change, head, words, _shown(ctx, counts[head.id])) for change, head, words in found]


def told(ctx: Context, clarification_id: int) -> Told | None:
    """Give how many were told about one clarification; none where they are too few to be counted."""
    return _shown(ctx, corrections.counts(ctx.session, [clarification_id])[clarification_id])


def _shown(ctx: Context, counts: corrections.Counts) -> Told | None:
    sent, acknowledged = _of_all(ctx, counts.sent, counts.acknowledged)
    return Told(sent, acknowledged, _of_all(ctx, counts.sent, counts.reminded)[1]) if sent else None


def _of_all(ctx: Context, people: int, some: int) -> tuple[int | None, int | None]:
    """Give how many people there are and how many of them, each only where it could name nobody."""
    shown, among = Funnel({"": (people, some)}, n_ours=1, smallest=ctx.settings.min_group).shown().total
    return shown, among


def changes(ctx: Context, clarification_id: int) -> Sequence[PublicChange]:
    """Give the lines of the log about one clarification, newest first."""
    return [change for change, _, _ in rows.changes(ctx.session, clarification_id=clarification_id)]


def versions(ctx: Context, head: Clarification) -> Sequence[ClarificationVersion]:
    """Give every version of the words of what was published, newest first."""
    return rows.versions(ctx.session, head.id)


def replacement(ctx: Context, head: Clarification) -> Entry | None:
    """Give the clarification that answers better, where one took this one's place."""
    return rows.entry(ctx.session, head.superseded_by_id) if head.superseded_by_id else None


def stands(ctx: Context, head: Clarification) -> bool:
    """Tell whether a clarification is published and not past its day."""
    return rows.valid(head, ctx.now)
