"""The table of what the released models are held to: every figure beside its goal, and none left out."""

from types import SimpleNamespace

import pytest

from eval import moderation
from eval.goals import _judged, _worst, as_markdown, compared, hoped_for
from eval.metrics import Figure
from eval.run import Comparison
from eval.slices import Typing, typing_of
from models.artifact import JUDGE, read_manifest, released_folder
from models.moderation import ModerationLabel


def everything(value):
    """A measurement of each figure that is hoped for, all at `value`."""
    return {
        row: dict.fromkeys((*stated.get("at_least", {}), *stated.get("at_most", {})), Figure(value, value, value, 7))
        for row, stated in hoped_for().items()
    }


def test_a_share_of_one_reaches_what_should_be_high_and_misses_what_should_be_low():
    """Each goal knows its direction."""
    for goal in compared(everything(1.0)):
        assert goal.holds == (not goal.is_most or goal.hoped >= 1.0), goal


def test_a_figure_that_nobody_measured_is_an_error():
    """No row is passed over in silence."""
    measured = everything(0.5)
    del measured["swaps"]["flips"]
    with pytest.raises(KeyError, match="flips"):
        list(compared(measured))


def test_the_table_says_value_interval_n_and_where():
    """A reader sees what was measured, on how many rows, and how to find them again."""
    measured = everything(0.25) | {"calibration": {"ece": 0.0321}}
    table = as_markdown(list(compared(measured)))
    assert "| 7 | 0.250 [0.250, 0.250] |" in table
    assert "| – | 0.032 | ≤ 0.03 | no |" in table
    assert table.count("\n- ") == len(hoped_for())


def test_the_manifest_of_the_judge_holds_every_figure_of_its_twin():
    """What only the twin can say was recorded with its interval when the weights were made."""
    figure = Figure(0.9, 0.8, 0.95, 10)
    row = Comparison("encoder", "posts", "news", 20, figure, figure, figure)
    judged = _judged(SimpleNamespace(comparisons=(row,)), read_manifest(released_folder(JUDGE)).metrics)
    for name, stated in hoped_for().items():
        if name in judged:
            assert judged[name].keys() == {*stated.get("at_least", {}), *stated.get("at_most", {})}, name
    assert judged["criticism"]["criticism"].n > 1000


def test_of_two_sources_the_worse_counts():
    """A label is no better than its worse source, and parts by lettering are no sources."""
    rows = [
        SimpleNamespace(label=ModerationLabel.SCAM, how=moderation.LEFT_OUT, left_out=name, ap=Figure(ap, ap, ap, 9))
        for name, ap in (("one", 0.9), ("other", 0.8), ("other, plain letters", 0.1))
    ]
    assert _worst(SimpleNamespace(held_out=rows), moderation.LEFT_OUT)["scam"].value == 0.8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kata dia “nanti saja” lagi", {Typing.QUOTES}),
        ("TOLONG perbaiki JALAN kami", {Typing.CAPITALS}),
        ("sudah KTP, sudah antre", {Typing.NONE}),
        ("naik lagi 20 persen", {Typing.NUMBERS}),
        ("keluhan kami:\n- air mati\n- jalan rusak", {Typing.LISTS}),
        ("1. air MATI lagi HARI ini", {Typing.NUMBERS, Typing.CAPITALS, Typing.LISTS}),
    ],
)
def test_typing_is_read_from_the_text_as_published(text, expected):
    """Quotes, capitals, numbers and list marks are told apart; short forms are no shouting."""
    assert typing_of(text) == expected
