"""When a model is due to be trained anew: by its age, by what people decided since, or because the world moved on.

A schedule by the calendar alone retrains on nothing in quiet months and too late in an election; one by drift alone
never learns what the desk decided. So the first of three reasons counts. A person trains: nothing here starts a run.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a model is due."""

    AGE = "age"
    DECISIONS = "decisions"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class Schedule:
    """From where on a model is due; one object, read by the rule, the screens and the documents.

    Attributes:
        days: age of the weights. A judgement, not a measurement: hoaxes turn with the news, and a run takes two hours.
        decisions: claims decided since; about a fortnight of a ministry that confirms 1,600 to 2,000 hoaxes a year
            if it dismisses three claims for each.
        drift_days: days with a drift beyond its limit among the last `of_days` checks; one day may be one story.
    """

    days: int = 90
    decisions: int = 300
    drift_days: int = 3
    of_days: int = 7


SCHEDULE: Final = Schedule()


@dataclass(frozen=True, slots=True)
class Due:
    """When its age alone makes a model due, and why it is due already; no reason means that it is not."""

    at: datetime
    reasons: tuple[Reason, ...]


def due(trained: datetime, now: datetime, n_decisions: int, n_drift_days: int, schedule: Schedule = SCHEDULE) -> Due:
    """Say when weights trained at `trained` are due; both times with an offset, else TypeError when compared."""
    last = trained + timedelta(days=schedule.days)
    reached = {
        Reason.AGE: now >= last,
        Reason.DECISIONS: n_decisions >= schedule.decisions,
        Reason.DRIFT: n_drift_days >= schedule.drift_days,
    }
    return Due(last, tuple(reason for reason, is_reached in reached.items() if is_reached))
