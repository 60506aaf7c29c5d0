"""When the model that serves is due to be trained anew, by what this desk decided and what its daily checks found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from models.retraining import SCHEDULE, Due, due
from serving.db import decided as rows
from serving.db.decided import Span
from serving.desk.context import Context
from serving.desk.learning import registry
from serving.vocabulary import Role

log = structlog.get_logger()

READERS: Final = (Role.ENGINEER,)


@dataclass(frozen=True, slots=True)
class Retraining:
    """When the model that serves was trained, what happened since, and when it is due."""

    trained: datetime
    n_decisions: int
    n_drift_days: int
    due: Due


def standing(ctx: Context) -> Retraining | None:
    """Say when the model that serves is due; none where its manifest does not say when it was trained."""
    ctx.require(*READERS)
    return _standing(ctx)


def tell(ctx: Context) -> None:
    """Warn in the log where the model that serves is due."""
    found = _standing(ctx)
    if found is not None and found.due.reasons:
        log.warning("the model is due to be trained anew; see /model/pelajaran", why=list(found.due.reasons))


def _standing(ctx: Context) -> Retraining | None:
    trained = registry.trained_at(ctx)
    if trained is None:
        return None
    n_decisions = sum(rows.counts(ctx.session, Span(trained, ctx.now)).values())
    checks = rows.checks(ctx.session, SCHEDULE.of_days)
    n_drift_days = sum(bool(check.beyond) and check.at >= trained for check in checks)
    return Retraining(trained, n_decisions, n_drift_days, due(trained, ctx.now, n_decisions, n_drift_days))
