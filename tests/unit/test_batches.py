"""Reading a batch: what is cleaned once is not cleaned again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from serving.desk.incoming import batches
from serving.desk.incoming.batches import ReadsCleaned
from serving.desk.incoming.machine import quick_scorer
from serving.desk.incoming.posts import AnonymousPost, reading_of
from serving.desk.incoming.trends import NOTHING_YET


def post(number: int, text: str) -> AnonymousPost:
    """A post that says this."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return AnonymousPost("x", f"{number:064x}", text, at, NOTHING_YET, (), None, reading_of(text, ()))


def test_the_quick_scorer_reads_what_was_cleaned() -> None:
    """Cleaning is the larger part of reading a post, so the scorer takes the words that clustering needs anyway."""
    assert isinstance(quick_scorer(), ReadsCleaned)


def test_scores_are_those_of_the_texts_themselves() -> None:
    """Short and long, plain and shouted: the way by the cleaned words changes no probability."""
    texts = ["Beras plastik beredar di Pasar Wanasari", "GEMPA BESARRR mlm ini!! sebarkan", "ok", "kabar lama " * 600]
    batch = batches.read([post(i, text) for i, text in enumerate(texts)], quick_scorer())
    assert batch.p_hoax.tolist() == pytest.approx(quick_scorer().probabilities(texts).tolist(), abs=1e-12)
