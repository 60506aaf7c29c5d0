"""Floors under the real figures of clustering and matching; the texts stay in SULUH_DATA_DIR."""

import os
import random
from pathlib import Path
from typing import Any

import pytest

from benchmarks.stream import noisy_stream
from data.duplicates import b_cubed, cluster
from data.normalise import normalise
from data.sources.tables import rows, table_path, text_of
from eval.matching import evaluate_matching

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def folder() -> Path:
    """The real tables."""
    return Path(os.environ["SULUH_DATA_DIR"])


@pytest.fixture(scope="module")
def figures(folder: Path) -> dict[str, Any]:
    """The figures of `python -m eval.matching`."""
    return evaluate_matching(folder)


def test_another_outlets_wording_finds_its_fact_check(figures: dict[str, Any]) -> None:
    """On wordings that a fact-checker linked, recall is above what plain TF-IDF reaches (0.51-0.59 and 0.81-0.84)."""
    found = figures["factchecker_link"]
    assert found["n"] == 488
    assert found["recall_at_1"]["value"] > 0.59
    assert found["recall_at_5"]["value"] > 0.84


def test_a_later_post_finds_its_own_fact_check(figures: dict[str, Any]) -> None:
    """On posts of later months recall is above what plain TF-IDF reaches (0.54 and 0.77)."""
    found = figures["later_posts"]
    assert found["recall_at_1"]["value"] > 0.54
    assert found["recall_at_5"]["value"] > 0.77


@pytest.mark.parametrize("queries", ["factchecker_link", "later_posts"])
def test_a_confirmed_match_has_the_answer_beside_it(figures: dict[str, Any], queries: str) -> None:
    """Where the best match is called confirmed, the linked answer is among the first five: it is the same claim.

    The best match itself may be another check of that claim, of which only one is linked.
    """
    best = figures[queries]["best_match"]
    assert best["confirmed"]["n"] > 50
    assert best["confirmed"]["in_first_five"] > 0.95
    assert best["confirmed"]["in_first_five"] > best["suggested"]["in_first_five"] > best["none"]["in_first_five"]


def test_real_posts_passed_on_come_back_together(folder: Path) -> None:
    """Real circulated posts, edited as people edit, cluster with B-cubed F1 of at least 0.98."""
    groups = {
        str(row["dup_cluster"]): text_of(row["post_text"])
        for row in rows(table_path(folder, "claims"), ("post_text", "dup_cluster", "date"))
        if text_of(row["date"]) >= "2025-06" and len(text_of(row["post_text"]).split()) >= 6
    }
    stream = noisy_stream(list(groups.values())[:500], 2000, random.Random(7))
    found = cluster([normalise(text) for text in stream.texts])
    assert b_cubed(stream.truth, found.tolist())[2] >= 0.98
