"""Two models on the same rows: what differs, by how much, and whether the rows can tell."""

import json
import shutil
from datetime import date, timedelta

import numpy as np
import pytest
from click.testing import CliRunner

from data.schema import Example, Kind, Label
from data.split import split
from eval.compare import Verdict, as_markdown, compare
from eval.compare_cli import compare as command
from models.artifact import MANIFEST, RELEASED
from models.score import Score, Thresholds

N = 60


class Told:
    """A scorer that answers from a table of texts."""

    def __init__(self, version: str, answers: dict[str, float], look: float = 0.5) -> None:
        self.version = version
        self.thresholds = Thresholds(look, 0.1)
        self._answers = answers

    def probabilities(self, texts):
        return np.array([self._answers[text] for text in texts])

    def score_many(self, texts):
        return [Score(p, self.thresholds.band(p), (), self.version) for p in self.probabilities(texts)]


def _example(number, label, kind, source, publisher="contoh"):
    day = date(2025, 7, 1) + timedelta(days=number)
    text = f"{label} {kind} nomor {number} kata tambahan supaya panjang sekali"
    return Example(
        id=f"{label}-{kind}-{number}", text=text, label=label, source=source, publisher=publisher,
        date=day, kind=kind, group=f"{label}-{kind}-{number}",
    )  # fmt: skip


@pytest.fixture(scope="module")
def divided():
    """Later hoaxes, later news of other outlets, and unseen opinions."""
    rows = [
        *(_example(n, Label.HOAX, Kind.CIRCULATED_POST, "tbh") for n in range(N)),
        *(_example(n, Label.NOT_HOAX, Kind.NEWS_HEADLINE, "news", "liputan6.com") for n in range(N)),
        *(_example(n, Label.OPINION, Kind.SOCIAL_POST, "hs") for n in range(N)),
    ]
    return split(rows)


def _texts(divided):
    return [row for rows in divided.parts.values() for row in rows]


def _scorer(divided, version, hoax, other, noise, seed=1):
    """A scorer with two levels and some noise."""
    rng = np.random.default_rng(seed)
    return Told(
        version,
        {
            row.text: float(np.clip((hoax if row.label is Label.HOAX else other) + rng.normal(0, noise), 0, 1))
            for row in _texts(divided)
        },
    )


def _by_name(comparison):
    return {row.figure: row for row in comparison.differences}


def test_a_model_is_undecided_against_itself(divided):
    """Every difference is zero, with an interval of nothing."""
    one = _scorer(divided, "satu", 0.7, 0.3, 0.2)
    for row in compare(one, one, divided).differences:
        assert (row.difference.value, row.difference.low, row.difference.high) == (0.0, 0.0, 0.0)
        assert row.verdict is Verdict.UNDECIDED


def test_a_better_model_is_called_better_and_a_worse_one_worse(divided):
    """Found hoaxes count upwards, flagged news downwards."""
    weak, strong = _scorer(divided, "lemah", 0.5, 0.45, 0.2), _scorer(divided, "kuat", 0.9, 0.1, 0.05, seed=2)
    there, back = (_by_name(compare(*pair, divided)) for pair in ((weak, strong), (strong, weak)))
    for name in ("posts vs news: AUC", "posts: at `look`", "news: at `look`"):
        assert there[name].verdict is Verdict.BETTER, name
        assert back[name].verdict is Verdict.WORSE, name
    assert there["news: at `look`"].difference.value < 0
    assert there["posts: at `look`"].difference.n == N


def test_pairing_makes_a_small_steady_difference_visible(divided):
    """Two models that share their noise differ by a little on every row: the interval of the difference is narrow."""
    one = _scorer(divided, "satu", 0.55, 0.3, 0.2)
    answers = {row.text: min(1.0, one._answers[row.text] + 0.05 * (row.label is Label.HOAX)) for row in _texts(divided)}
    row = _by_name(compare(one, Told("dua", answers), divided))["posts vs news: AUC"]
    own = max(abs(row.difference.high), abs(row.difference.low))
    assert row.verdict is Verdict.BETTER
    assert own < 0.1


def test_the_table_counts_its_verdicts(divided):
    """The last lines say on how many figures the second is better, worse and undecided, and what was left out."""
    weak, strong = _scorer(divided, "lemah", 0.5, 0.45, 0.2), _scorer(divided, "kuat", 0.9, 0.1, 0.05, seed=2)
    comparison = compare(weak, strong, divided, ("hs",))
    told = as_markdown(comparison)
    better = sum(row.verdict is Verdict.BETTER for row in comparison.differences)
    assert f"kuat is better on {better}, worse on 0 and undecided" in told
    assert "unseen opinions of hs" in told


@pytest.mark.data
def test_the_released_model_against_itself_on_the_real_tables(tmp_path):
    """The command compares two folders; equal weights differ on no figure, and the JSON holds every row."""
    copy = shutil.copytree(RELEASED / "linear", tmp_path / "copy")
    out = tmp_path / "comparison.json"
    result = CliRunner().invoke(command, ["linear", str(copy), "--out", str(out)])
    assert result.exit_code == 0, result.output
    rows = json.loads(out.read_text())["differences"]
    assert len(rows) > 15
    assert {row["verdict"] for row in rows} == {"undecided"}


def test_a_folder_that_is_no_artefact_is_named(tmp_path):
    """One sentence says which folder and what it lacks."""
    result = CliRunner().invoke(command, ["linear", str(tmp_path), "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert MANIFEST in result.output or "claims" in result.output
