"""Which quiet claims a new text is compared with: those that share most of its keys."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from serving.desk.incoming.machine import sharing_most

MOST = 2
TEXTS = st.lists(st.lists(st.integers(0, 12), min_size=4, max_size=4, unique=True), min_size=1, max_size=5)
SHARING = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 9)), unique=True, max_size=40)


@given(TEXTS, SHARING)
def test_those_that_share_most_keys_are_named(texts, sharing):
    """Counted one by one it is the same: most keys first, of equal ones the newest claim."""
    expected = set()
    for keys in texts:
        counts = Counter(claim for key, claim in sharing if key in keys)
        expected |= set(sorted(counts, key=lambda claim: (-counts[claim], -claim))[:MOST])
    found = sharing_most(np.array(texts, np.int64), np.array(sharing, np.int64).reshape(-1, 2), MOST)
    assert found == expected


def test_nothing_is_named_where_no_key_is_known():
    """An empty answer of the database is no candidate."""
    assert sharing_most(np.array([[1, 2]], np.int64), np.empty((0, 2), np.int64), MOST) == set()
