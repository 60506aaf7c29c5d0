"""Once a day: is what came in last week like the four weeks before, and do decisions bear out the band?

The present model scores the texts of both windows anew. Stored scores would show a promotion as drift. What was decided
is counted by the band that stood when people decided. One text a claim, its first post's. Limits and formulas stand in
``models.drift``; the row of each day stays, and what is beyond a limit is a warning in the log and on the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from data.schema import Label
from data.sources.desk import LABELS
from models.drift import Drift, Effect, compare
from models.score import Band, Scorer
from serving.db import Session
from serving.db import decided as rows
from serving.db.decided import Span
from serving.db.registry import lock as registry_lock
from serving.db.tables import DriftCheck
from serving.desk import audit
from serving.desk.context import Begin, Context
from serving.desk.outreach.routing import local_day
from serving.vocabulary import Role, VerdictLabel

log = structlog.get_logger()

READERS: Final = (Role.ENGINEER,)
RECENT: Final = timedelta(days=7)
REFERENCE: Final = timedelta(days=28)
# Texts of one window; more are thinned evenly, so that both ends of the window count alike.
READ_AT_MOST: Final = 400
READ_CHARS: Final = 4_000


@dataclass(frozen=True, slots=True)
class _Read:
    """What one transaction found: the texts of both windows, and the decisions at ``look`` of both together."""

    recent: Sequence[str]
    reference: Sequence[str]
    found: Sequence[bool]


def checks(ctx: Context, limit: int) -> Sequence[DriftCheck]:
    """Give what the last days' checks found, newest first."""
    ctx.require(*READERS)
    return rows.checks(ctx.session, limit)


def effect_of(check: DriftCheck, name: str) -> Effect | None:
    """Give one of a check's effects: stability, apart or precision; none where there was too little to say."""
    value, low, high = (getattr(check, f"{name}{end}") for end in ("", "_low", "_high"))
    return None if value is None else Effect(value, low, high)


def check_today(begin: Begin, scorer: Scorer) -> int:
    """Make today's check unless it stands already; give how many were made. Nothing waits while the model reads."""
    with begin() as ctx:
        day, started = local_day(ctx.now).isoformat(), ctx.now
        if rows.check_of(ctx.session, day) is not None:
            return 0
        read = _read(ctx.session, started)
    version = scorer.version
    drift = compare(read.reference, read.recent, read.found, scorer.probabilities)
    with begin() as ctx:
        kept = _keep(ctx, _row(day, started, version, read, drift))
    if kept and drift.beyond():
        log.warning(
            "drift beyond its limit; see /model/pelajaran",
            day=day,
            model=version,
            **{name: str(getattr(drift, name)) for name in drift.beyond()},
        )
    return int(kept)


def _read(session: Session, now: datetime) -> _Read:
    middle = now - RECENT
    first = middle - REFERENCE
    at_look = rows.counts(session, Span(first, now), band=Band.LOOK.value)
    return _Read(_texts(session, middle, now), _texts(session, first, middle), borne_out(at_look))


def _texts(session: Session, since: datetime, until: datetime) -> list[str]:
    wanted = thinned(rows.claims_made(session, since, until), READ_AT_MOST)
    claims = rows.read_claims(session, wanted, READ_CHARS)
    return [claims[claim_id].text for claim_id in wanted]


def thinned(found: Sequence[int], at_most: int) -> list[int]:
    """Give at most so many of a list, evenly spread over it."""
    n = min(len(found), at_most)
    return [found[number * len(found) // n] for number in range(n)]


def borne_out(at_look: Mapping[VerdictLabel, int]) -> list[bool]:
    """Give, for decided claims that stood at ``look``, whether the verdict is one that the model is to find.

    A verdict on which no side may learn (true in parts, not provable, out of scope) counts as neither.
    """
    found: list[bool] = []
    for verdict, n in at_look.items():
        label = LABELS[verdict.value]
        if label is not Label.UNKNOWN:
            found += [label is Label.HOAX] * n
    return found


def _row(day: str, at: datetime, version: str, read: _Read, drift: Drift) -> DriftCheck:
    effects = {"stability": drift.stability, "apart": drift.apart, "precision": drift.precision}
    columns = {
        f"{name}{end}": None if effect is None else getattr(effect, part)
        for name, effect in effects.items()
        for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))
    }
    return DriftCheck(
        day=day,
        at=at,
        model=version,
        n_recent=len(read.recent),
        n_reference=len(read.reference),
        n_decided=len(read.found),
        beyond=list(drift.beyond()),
        **columns,
    )


def _keep(ctx: Context, row: DriftCheck) -> bool:
    """Keep the day's row; of two workers at once the record's lock lets one in, and the other finds it done."""
    registry_lock(ctx.session)
    if rows.check_of(ctx.session, row.day) is not None:
        return False
    ctx.session.add(row)
    ctx.session.flush()
    audit.append(ctx, "model.drift", "model", day=row.day, beyond=row.beyond)
    return True
