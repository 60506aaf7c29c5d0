"""What the desk decided becomes what the next model learns from, and which open claims would teach it most.

The export holds what ``data.sources.desk`` reads and nothing else: a claim's neutral sentence, messages of its cluster,
the verdict, how many people stand behind it, when. No name of a colleague, no author, no address; handles, links to
accounts and numbers are masked again on the way out. Each export is one row of the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from data.normalise import mask_identities
from data.sources.desk import row_of
from models import active
from models.active import Lesson, Reading
from serving.db import Session, registry
from serving.db import decided as rows
from serving.db.decided import Decided, OpenReading, Place, ReadClaim, Span
from serving.desk import audit
from serving.desk.context import Begin, Context, Read
from serving.vocabulary import Role, VerdictLabel

READERS: Final = (Role.ENGINEER,)
PAGE: Final = 200
POSTS_PER_CLAIM: Final = 10
# The newest open claims are weighed, and the best of them compared word by word: bounded whatever the queue holds.
WEIGHED: Final = 2_000
COMPARED: Final = 300
READ_CHARS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Proposed:
    """An open claim that is worth a label, with why: uncertainty, disagreement and gain between 0 and 1."""

    claim: ReadClaim
    lesson: Lesson


# ---- the export --------------------------------------------------------------------------------------------------


def counts(ctx: Context) -> Mapping[VerdictLabel, int]:
    """Count what has been decided so far, by verdict."""
    ctx.require(*READERS)
    return rows.counts(ctx.session, Span(None, ctx.now))


def export(ctx: Context, begin: Begin, read: Read, since: datetime | None) -> Iterator[str]:
    """Give what was decided from ``since`` on, one line of JSON a claim, oldest decision first.

    The record is written, and kept, before the first line leaves. Lines are read in pages, each in a transaction of its
    own, so that a long export holds up nobody; what is decided after it began belongs to the next one.
    """
    ctx.require(*READERS)
    span = Span(since, ctx.now)
    with begin() as own:
        n = sum(rows.counts(own.session, span).values())
        audit.append(own, "claim.export", "claim", since=None if since is None else since.isoformat(), n=n)
    return _lines(read, span)


def _lines(read: Read, span: Span) -> Iterator[str]:
    after: Place | None = None
    while True:
        with read() as session:
            found = rows.page(session, span, after, limit=PAGE, n_posts=POSTS_PER_CLAIM)
        yield from (f"{line_of(claim)}\n" for claim in found)
        if len(found) < PAGE:
            return
        after = Place(found[-1].decided_at, found[-1].id)


def line_of(claim: Decided) -> str:
    """Write one decided claim as the source of decided claims reads it; raise ``DataError`` where it could not be."""
    return row_of(
        {
            "id": str(claim.id),
            "statement": mask_identities(claim.statement),
            "posts": list(dict.fromkeys(map(mask_identities, claim.posts))),
            "verdict": claim.verdict.value,
            "n_people": claim.n_people,
            "decided_at": claim.decided_at.isoformat(),
        }
    )


# ---- what to label next ------------------------------------------------------------------------------------------


def next_to_label(ctx: Context, look: float, limit: int) -> Sequence[Proposed]:
    """Give the open claims whose label would teach most, best first, to an engineer."""
    ctx.require(*READERS)
    return proposals(ctx.session, look, limit)


def proposals(session: Session, look: float, limit: int) -> Sequence[Proposed]:
    """Give the open claims whose label would teach most, best first (``models.active`` says how).

    Args:
        session: a reading session.
        look: the threshold of the model that judges claims.
        limit: how many at most; copies of what is listed already are left out.
    """
    challenger = registry.standing(session).challenger
    challenge_id = None if challenger is None else challenger.history_id
    readings = [_reading(found) for found in rows.open_readings(session, challenge_id, WEIGHED)]
    telling = active.most_telling(readings, look, COMPARED)
    claims = rows.read_claims(session, [one.id for one in telling], READ_CHARS)
    words = [active.words_of(claims[one.id].text) for one in telling]
    return [Proposed(claims[one.id], one) for one in active.diverse(telling, words, limit)]


def _reading(found: OpenReading) -> Reading:
    others = (found.quick_p_hoax, found.shadow_p_hoax)
    return Reading(found.id, found.p_hoax, tuple(p for p in others if p is not None))
