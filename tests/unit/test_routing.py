"""Caps, quiet hours and the hiding of small groups, as pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.desk.outreach.routing import Caps, day_began, is_quiet, may_offer_now, suppress

CAPS = Caps(2, timedelta(hours=4), time(20), time(7))
JAKARTA, MAKASSAR, JAYAPURA = "Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"


def _at(hour, minute=0, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "quiet"),
    [
        (_at(12, 59), JAKARTA, False),  # 19.59 WIB
        (_at(13), JAKARTA, True),  # 20.00 WIB
        (_at(12), MAKASSAR, True),  # 20.00 WITA, while it is 19.00 in Jakarta
        (_at(11), JAYAPURA, True),  # 20.00 WIT
        (_at(23, 59), JAKARTA, True),  # 06.59 WIB
        (_at(0), JAKARTA, False),  # 07.00 WIB
        (_at(22), JAYAPURA, False),  # 07.00 WIT
    ],
)
def test_quiet_hours_are_those_of_the_person(moment, zone, quiet):
    """From 20.00 until 07.00 where somebody is, nothing reaches them."""
    assert is_quiet(moment, zone, CAPS) is quiet


def test_quiet_hours_within_one_day():
    """Quiet hours that do not pass midnight work too."""
    caps = Caps(2, timedelta(hours=4), time(12), time(13))
    assert is_quiet(_at(5, 30), JAKARTA, caps)
    assert not is_quiet(_at(6), JAKARTA, caps)


def test_the_day_is_the_local_one():
    """A day begins at local midnight: 17.00 UTC in Jakarta, 15.00 UTC in Jayapura."""
    assert day_began(_at(3), JAKARTA) == _at(17, day=1)
    assert day_began(_at(3), JAYAPURA) == _at(15, day=1)


def test_the_cap_is_a_day():
    """The third offer of a day waits for the next local day."""
    offered = [_at(0), _at(4)]
    assert not may_offer_now(_at(8), JAKARTA, offered, CAPS)
    assert may_offer_now(_at(1, day=3), JAKARTA, offered, CAPS)


def test_the_gap_is_kept():
    """Between two offers lie four hours."""
    assert not may_offer_now(_at(4, 59), JAKARTA, [_at(1)], CAPS)
    assert may_offer_now(_at(5), JAKARTA, [_at(1)], CAPS)


def test_no_offers_a_day_means_none():
    """A cap of zero silences everything."""
    assert not may_offer_now(_at(3), JAKARTA, [], Caps(0, timedelta(0), time(20), time(7)))


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 60), max_size=12), st.integers(2, 12))
def test_small_groups_cannot_be_seen_or_worked_out(groups, smallest):
    """No group below the line is shown, and what is hidden is either nothing, or two groups at least, or all there is."""
    shown = suppress(groups, smallest)
    hidden = [groups[name] for name, n in shown.items() if n is None]
    assert all(n == 0 or n >= smallest for n in shown.values() if n is not None)
    people = [n for n in groups.values() if n]
    assert not hidden or len(hidden) == len(people) or (len(hidden) > 1 and sum(hidden) >= smallest)
