"""What neighbouring windows of one real source give: the limit of the domain classifier stands on it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from data.schema import Kind, Label
from data.sources.claims import examples
from data.sources.tables import data_folder
from models.drift import LIMITS, apart

pytestmark = pytest.mark.data

# A fact-checker prints fewer posts than a desk takes in: three times the service's 7 and 28 days, in the same ratio.
RECENT, REFERENCE = timedelta(days=21), timedelta(days=84)
ENDS = [date(2023, 6, 1) + timedelta(days=75 * number) for number in range(12)]


@pytest.fixture(scope="module")
def posts():
    """The first post of each group of near-duplicates, with its day."""
    first = {}
    for row in examples(data_folder()):
        if row.kind is Kind.CIRCULATED_POST and row.label is Label.HOAX and row.date:
            known = first.get(row.group)
            if known is None or row.date < known.date:
                first[row.group] = row
    return sorted(first.values(), key=lambda row: (row.date, row.id))


@pytest.fixture(scope="module")
def effects(posts):
    """The effect between each pair of neighbouring windows that hold enough."""
    found = []
    for end in ENDS:
        recent = [row.text for row in posts if end - RECENT <= row.date < end]
        reference = [row.text for row in posts if end - RECENT - REFERENCE <= row.date < end - RECENT]
        if min(len(recent), len(reference)) >= LIMITS.fewest:
            found.append(apart(reference, recent))
    return found


def test_the_news_changing_is_no_alarm(effects):
    """Posts of one fact-checker, season after season: the classifier tells some apart, and none is beyond the limit."""
    assert len(effects) >= 8
    assert np.median([one.value for one in effects]) < 0.70
    assert max(one.low for one in effects) < LIMITS.apart


def test_posts_against_headlines_are_an_alarm(posts):
    """Another kind of text altogether is beyond the limit with room to spare."""
    headlines = [row.text for row in examples(data_folder()) if row.kind is Kind.NEWS_HEADLINE]
    found = apart([row.text for row in posts[-200:]], headlines[:: max(1, len(headlines) // 100)][:100])
    assert found.low > LIMITS.apart
