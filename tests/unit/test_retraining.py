"""When a model is due to be trained anew: age, decisions and drift, each by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from models.retraining import SCHEDULE, Reason, due

TRAINED = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
ONE_DAY = timedelta(days=1)


def asked(*, days=0, decisions=0, drift_days=0):
    """What the schedule says so many days after training."""
    return due(TRAINED, TRAINED + days * ONE_DAY, decisions, drift_days)


def test_a_young_model_in_quiet_times_is_not_due():
    """One short of each limit is no reason, and the day of its age stands all the same."""
    found = asked(days=SCHEDULE.days - 1, decisions=SCHEDULE.decisions - 1, drift_days=SCHEDULE.drift_days - 1)
    assert found.reasons == ()
    assert found.at == TRAINED + SCHEDULE.days * ONE_DAY


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"days": SCHEDULE.days}, Reason.AGE),
        ({"decisions": SCHEDULE.decisions}, Reason.DECISIONS),
        ({"drift_days": SCHEDULE.drift_days}, Reason.DRIFT),
    ],
)
def test_each_limit_makes_due_by_itself(facts, reason):
    """Reaching one limit is one reason."""
    assert asked(**facts).reasons == (reason,)


def test_all_reasons_are_told():
    """Whoever decides sees every reason."""
    assert asked(days=400, decisions=10_000, drift_days=7).reasons == tuple(Reason)
