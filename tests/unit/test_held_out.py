"""The figures that choices are made on: who stands above whom, and no row of the test among them."""

import json

import numpy as np

from eval.held_out import as_markdown, lines_of, texts_of
from models.score import Thresholds
from tests.integration.test_train_and_eval_commands import claims, comments


class ByLength:
    """Scores a text by its length: 0.01 a letter."""

    version = "by-length"
    thresholds = Thresholds(look=0.5, clear=0.1)

    def probabilities(self, texts):
        return np.minimum(np.array([len(text) / 100 for text in texts]), 1.0)


def test_a_line_says_how_hoaxes_stand_above_a_slice():
    """Every longer text stands above every shorter one; half of the others are at `look`."""
    hoaxes = {"posts": ["x" * 90, "x" * 80], "titles": ["x" * 10, "x" * 90]}
    [line] = lines_of(ByLength(), hoaxes, {"made up": ["x" * 20, "x" * 60]})
    assert (line.n, line.flagged) == (2, 0.5)
    assert dict(line.auc) == {"posts": 1.0, "titles": 0.5}
    assert "| made up (2) | 50.0% | 1.000 (1.00, 1.00) | 0.500 (0.50, 0.50)" in as_markdown("by-length", [line])


def test_no_test_row_and_no_unseen_opinion_is_asked_about(tmp_path):
    """The texts are of the tuning months, of `emot` before the test, and of comments."""
    rows = {"claims": list(claims()), "moderation": list(comments())}
    for name, content in rows.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in content), encoding="utf-8")
    hoaxes, others = texts_of(tmp_path)
    asked = {text for part in (hoaxes, others) for texts in part.values() for text in texts}
    later = {row["text"] for row in rows["claims"] if row["date"] >= "2025-06" or row["id"].startswith("hs")}
    assert asked
    assert not asked & later
    assert {"emot", "news of the tuning months"} <= others.keys()
