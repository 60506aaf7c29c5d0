"""Many rows in one go say the same as one by one, on both databases."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import psycopg
import pytest
from sqlalchemy import select

from serving.db import bulk, packed
from serving.db.tables import HourTotal, Post, SourceTotal
from serving.deps import acting
from serving.desk.incoming.intake import take_in
from serving.desk.incoming.machine import machine_for
from serving.desk.incoming.posts import NewPost

WIB = timezone(timedelta(hours=7))


def test_counts_beyond_32_bits_are_added_to_the_rows_that_are_there(service):
    """Rows of whole numbers go as one block, and those that are there already grow."""
    large = 3_000_000_000
    with acting(service) as ctx:
        bulk.add_rows(ctx.session, HourTotal, ("hour", "n_posts"), [(1, 5), (2, large)])
        bulk.add_to_columns(ctx.session, HourTotal, ("hour",), ("n_posts",), [(2, large), (3, 7)])
    with acting(service) as ctx:
        found = ctx.session.execute(select(HourTotal.hour, HourTotal.n_posts).order_by(HourTotal.hour)).all()
    assert [tuple(row) for row in found] == [(1, 5), (2, 2 * large), (3, 7)]


def test_whole_numbers_come_as_one_block(service):
    """A query of whole numbers, negative and beyond 32 bits, is one array; one that finds nothing has no rows."""
    rows = [(-5, 3_000_000_000), (7, 1)]
    query = select(HourTotal.hour, HourTotal.n_posts)
    with acting(service) as ctx:
        assert bulk.whole_numbers(ctx.session, query).shape == (0, 2)
        bulk.add_rows(ctx.session, HourTotal, ("hour", "n_posts"), rows)
        found = bulk.whole_numbers(ctx.session, query)
    assert found.dtype == np.int64
    assert sorted(map(tuple, found.tolist())) == rows


@pytest.mark.parametrize("fails", [False, True])
def test_work_beside_a_block_is_done_before_it_ends(service, fails):
    """What is written while the block computes is there afterwards, and what goes wrong there is told."""

    def work():
        bulk.add_rows(ctx.session, HourTotal, ("hour", "n_posts"), [(1, 5)])
        if fails:
            raise ZeroDivisionError

    with acting(service) as ctx:
        with pytest.raises(ZeroDivisionError) if fails else nullcontext(), bulk.beside(ctx.session, work):
            pass
        assert bulk.whole_numbers(ctx.session, select(HourTotal.hour)).tolist() == [[1]]


def test_words_and_numbers_go_together(service):
    """A column that is no number is sent by the driver, beside those that are packed."""
    with acting(service) as ctx:
        bulk.add_to_columns(ctx.session, SourceTotal, ("source",), ("n_posts",), [("x", 2), ("fb", 1)])
        bulk.add_to_columns(ctx.session, SourceTotal, ("source",), ("n_posts",), [("x", 3)])
    with acting(service) as ctx:
        found = ctx.session.execute(select(SourceTotal.source, SourceTotal.n_posts).order_by(SourceTotal.source)).all()
    assert [tuple(row) for row in found] == [("fb", 1), ("x", 5)]


def test_known_posts_are_found_by_both_keys(service):
    """The same number under another source is another post."""
    now = service.clock.now()
    posts = [
        NewPost(source, number, f"Warga diminta menimbun beras di gudang nomor {i}", now)
        for i, (source, number) in enumerate([("x", "1"), ("x", "2"), ("fb", "1")])
    ]
    with acting(service) as ctx:
        take_in(ctx, machine_for(service.settings), posts)
    with acting(service) as ctx:
        kept = ctx.session.execute(select(Post.source, Post.external_hash).order_by(Post.id)).all()
        wanted = [(kept[0][0], kept[0][1]), (kept[2][0], kept[2][1]), ("fb", kept[1][1]), ("lain", "tidak ada")]
        found = bulk.found_by_pair(ctx.session, (Post.source, Post.external_hash), [Post.text], wanted)
        assert bulk.found_by_pair(ctx.session, (Post.source, Post.external_hash), [Post.text], []) == []
    assert {(row[0], row[1]) for row in found} == {tuple(kept[0]), tuple(kept[2])}
    assert sorted(row[2] for row in found) == [posts[0].text, posts[2].text]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("int8", [0, -1, 2**62]),
        ("float8", [0.0, -0.25, 1e300]),
        (
            "timestamptz",
            [datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2026, 3, 2, 9, 30, 0, 123_456, WIB)],
        ),
    ],
)
def test_a_packed_column_is_read_as_it_was(postgres, kind, values):
    """PostgreSQL reads the bytes as the same numbers and the same moments."""
    with psycopg.connect(postgres.address("postgres")) as connection:
        packed.prepare(connection)
        made = packed.array(kind, values)
        assert isinstance(made, packed.Packed)
        found = connection.execute(f"SELECT unnest(%s::{kind}[])", [made]).fetchall()
    assert [row[0] for row in found] == values


def test_a_column_with_a_gap_is_left_to_the_driver():
    """What holds nothing has no bytes."""
    assert packed.array("int8", [1, None]) == [1, None]
    assert packed.array("varchar", ["a"]) == ["a"]


def test_a_block_of_rows_is_a_whole_copy(postgres):
    """What is sent opens, holds each row, and ends, as the binary format has it."""
    numbers = np.array([[1, -5], [2**40, 7]], np.int64)
    with psycopg.connect(postgres.address("postgres")) as connection:
        connection.execute("CREATE TEMP TABLE pairs (a int8, b int8)")
        with connection.cursor().copy("COPY pairs FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(packed.copied(numbers))
        found = connection.execute("SELECT a, b FROM pairs ORDER BY a").fetchall()
    assert [list(row) for row in found] == numbers.tolist()
