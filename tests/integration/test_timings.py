"""How long steps took, summed up by the database: nearest rank, exact, and the same on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from serving.db import timings
from serving.db.tables import Claim
from serving.db.timings import NONE, Taken, Times
from tests import factories


def _seen_after(ctx, *seconds):
    for each in seconds:
        factories.claim(ctx, created_at=ctx.now, seen_at=ctx.now + timedelta(seconds=each))


@pytest.mark.parametrize(
    ("seconds", "p50", "p95"),
    [([5], 5, 5), ([1, 2, 3, 4], 2, 4), (range(1, 21), 10, 19), ([0.25, 3_600.125, 90_000], 3_600.125, 90_000)],
)
def test_percentiles_are_values_that_occurred(ctx, seconds, p50, p95):
    """Nearest rank: a value of the window to the fraction of a second, not one between two."""
    _seen_after(ctx, *seconds)
    found = timings.times(ctx.session, Taken(Claim.created_at, Claim.seen_at, (), 3.0))
    assert found == Times(len(seconds), sum(each <= 3.0 for each in seconds), p50, p95)


def test_no_step_is_no_time(ctx):
    """Where nothing was done there is nothing to say."""
    factories.claim(ctx)
    assert timings.times(ctx.session, Taken(Claim.created_at, Claim.seen_at, ())) == NONE


def test_slots_are_summed_up_apart(ctx):
    """Each by its own steps; what is in no slot is left out."""
    _seen_after(ctx, 1, 2, 3, 600)
    slots = [Claim.seen_at <= ctx.now + timedelta(seconds=2), Claim.seen_at <= ctx.now + timedelta(seconds=9)]
    found = timings.times_by(ctx.session, Taken(Claim.created_at, Claim.seen_at, ()), [*slots, Claim.id < 0])
    assert found == [Times(2, 0, 1, 2), Times(1, 0, 3, 3), NONE]
