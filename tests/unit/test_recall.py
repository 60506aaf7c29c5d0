"""Which quiet claims a new text is compared with: those that share most of its keys, rare keys before common ones."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data._minhash import KEY_WEIGHT
from serving.desk.incoming.machine import sharing_most

MOST = 2
TEXTS = st.lists(st.lists(st.integers(0, 12), min_size=4, max_size=4, unique=True), min_size=1, max_size=5)
SHARING = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 9)), unique=True, max_size=40)


@settings(deadline=None)  # the first call brings the compiled code into memory
@given(TEXTS, SHARING)
def test_those_that_share_most_keys_are_named(texts, sharing):
    """Weighed one by one it is the same: a key of m claims counts for 1 / m, of equal claims the newest comes first."""
    n_owners = Counter(key for key, _ in sharing)
    expected = set()
    for keys in texts:
        weights: Counter[int] = Counter()
        for key, claim in sharing:
            if key in keys:
                weights[claim] += KEY_WEIGHT // n_owners[key]
        expected |= set(sorted(weights, key=lambda claim: (-weights[claim], -claim))[:MOST])
    found = sharing_most(np.array(texts, np.int64), np.array(sharing, np.int64).reshape(-1, 2), MOST)
    assert found == expected


def test_a_rare_key_tells_more_than_a_common_one():
    """Of two claims that share one key each with a text the one whose key nobody else has comes first."""
    common = [(1, claim) for claim in range(10, 20)]
    assert sharing_most(np.array([[1, 2]], np.int64), np.array([*common, (2, 5)], np.int64), 1) == {5}


def test_nothing_is_named_where_no_key_is_known():
    """An empty answer of the database is no candidate."""
    assert sharing_most(np.array([[1, 2]], np.int64), np.empty((0, 2), np.int64), MOST) == set()
