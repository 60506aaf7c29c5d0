"""What is shown of small groups tells nobody's answer, alone or by subtracting."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.desk.suppression import Funnel

SMALLEST = 10
N_OURS = 2


def shown_of(rows):
    """Give what may be shown of a table."""
    return Funnel(rows, N_OURS, SMALLEST).shown()


@st.composite
def _row(draw):
    """Draw planned ≥ offered ≥ accepted ≥ posted ≥ verified, often near a border."""
    planned = draw(st.one_of(st.integers(1, 14), st.integers(1, 60)))
    row = [planned]
    for _ in range(4):
        row.append(draw(st.one_of(st.integers(0, row[-1]), st.just(row[-1]), st.just(0))))
    return tuple(row)


TABLES = st.lists(_row(), min_size=1, max_size=5).map(lambda rows: {f"k{n}": row for n, row in enumerate(rows)})


def _known_sums(names, shown, column):
    """Give every set of groups whose sum in one column follows from what is shown, by linear algebra."""
    known = [[float(name == other) for other in names] for name in names if shown.groups[name][column] is not None]
    if shown.total[column] is not None:
        known.append([1.0] * len(names))
    basis = np.array(known) if known else np.zeros((0, len(names)))
    rank = np.linalg.matrix_rank(basis) if known else 0
    for wanted in chain.from_iterable(combinations(range(len(names)), n) for n in range(1, len(names) + 1)):
        vector = np.array([float(n in wanted) for n in range(len(names))])
        if np.linalg.matrix_rank(np.vstack([basis, vector])) == rank:
            yield wanted


@settings(max_examples=300, deadline=None)
@given(TABLES)
def test_no_answer_of_few_follows_from_what_is_shown(rows):
    """Of every set of groups that can be worked out, those who did and those who did not are ten or more each."""
    names = list(rows)
    shown = shown_of(rows)
    known = [set(_known_sums(names, shown, column)) for column in range(5)]
    for column in range(N_OURS, 5):
        for wanted in known[column]:
            asked, before, n = (sum(rows[names[i]][at] for i in wanted) for at in (N_OURS - 1, column - 1, column))
            if asked == 0:
                continue
            assert n >= SMALLEST
            if wanted in known[column - 1]:
                assert before - n >= SMALLEST


@settings(max_examples=200, deadline=None)
@given(TABLES)
def test_no_group_of_few_is_counted(rows):
    """Nowhere is a set of one to nine people shown, or to be had by subtracting."""
    names = list(rows)
    shown = shown_of(rows)
    for column in range(5):
        for wanted in _known_sums(names, shown, column):
            n = sum(rows[names[i]][column] for i in wanted)
            assert n == 0 or n >= SMALLEST


@settings(max_examples=200, deadline=None)
@given(TABLES)
def test_what_is_shown_is_true(rows):
    """A count is shown as it is or not at all."""
    shown = shown_of(rows)
    for name, cells in shown.groups.items():
        assert all(cell in {None, n} for cell, n in zip(cells, rows[name], strict=True))
    sums = [sum(column) for column in zip(*rows.values(), strict=True)]
    assert all(cell in {None, n} for cell, n in zip(shown.total, sums, strict=True))


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ((40, 40, 25, 12, 0), (40, 40, 25, 12, None)),
        ((40, 40, 35, 20, 10), (40, 40, None, None, None)),
        ((40, 40, 0, 0, 0), (40, 40, None, None, None)),
        ((12, 12, 12, 12, 12), (12, 12, None, None, None)),
        ((12, 0, 0, 0, 0), (12, 0, 0, 0, 0)),
        ((12, 5, 5, 0, 0), (12, None, None, None, None)),
        ((9, 9, 0, 0, 0), (None, None, None, None, None)),
    ],
)
def test_one_group(row, cells):
    """Few who took, few who did not, and everybody or nobody of those asked stay hidden; before asking 0 is said."""
    shown = shown_of({"a": row})
    assert shown.groups["a"] == cells
    assert shown.total == cells


def test_a_large_table_is_shown_whole():
    """Where no cell speaks of few, nothing is hidden."""
    rows = {"a": (100, 90, 50, 30, 15), "b": (200, 180, 100, 60, 30)}
    shown = shown_of(rows)
    assert shown.groups == rows
    assert shown.total == (300, 270, 150, 90, 45)


def test_a_hidden_group_gets_company():
    """With the total shown, one hidden group would be the total less the rest; so the next smallest is hidden too."""
    rows = {"a": (100, 100, 50, 30, 15), "b": (50, 50, 25, 14, 0), "c": (20, 20, 3, 0, 0)}
    shown = shown_of(rows)
    assert shown.total[2] == 78
    assert [shown.groups[name][2] for name in "abc"] == [50, None, None]
