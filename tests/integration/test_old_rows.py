"""Migrations over rows that were there before, and what they leave can only be added to; on both databases."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from serving.db import Database
from serving.db.engine import is_current
from serving.db.upgrade import migrate

AT = "2026-03-02 03:00:00"
USER = (
    "INSERT INTO users (id, name, display_name, password_hash, roles, active, session_epoch, created_at)"
    f" VALUES (1, 'budi', 'Budi', 'x', '[]', true, 0, '{AT}')"
)
CLAIM = (
    "INSERT INTO claims (id, state, wording, category, category_suggested, p_hoax, band, reasons, model, scored_at,"
    " n_posts, reach, engagement, posts_per_hour, first_seen_at, last_seen_at, priority, created_at, version)"
    " VALUES ({id}, 'queued', 'Klaim contoh.', 'lain', 'lain', 0.5, 'look', '[]', 'm', '{at}',"
    " 1, 1, 0, 0, '{at}', '{at}', 0, '{at}', 1)"
)
POST = (
    "INSERT INTO posts (id, claim_id, source, external_hash, text, posted_at, collected_at, likes, shares, comments,"
    f" views, reach, media, p_hoax) VALUES (1, 1, 'x', 'h', 'Kiriman contoh.', '{AT}', '{AT}', 0, 0, 0, 0, 1, '[]', 0.5)"
)
# Number, kind, claim and the other claim, in the order in which people made them.
MADE = (
    (1, "split", 1, 2),
    (2, "undo", 1, 2),
    (3, "move", 1, 2),
    (4, "move", 1, 2),
    (5, "undo", 1, 2),  # of the newest, 4
    (6, "merge", 1, 3),
    (7, "unmerge", 1, 3),
    (8, "move", 2, 1),  # the other way round is another pair
    (9, "undo", 3, 2),  # of nothing that is known
)
CORRECTION = (
    "INSERT INTO claim_corrections (id, kind, claim_id, other_id, n_posts, note, corrected_by_id, at)"
    f" VALUES (:id, :kind, :claim, :other, 1, '', 1, '{AT}')"
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request, tmp_path_factory) -> Iterator[Database]:
    """A database as it stood before what was undone was remembered, with what people had corrected, brought to now."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path_factory.mktemp('old') / 'suluh.db'}")
        yield _brought_here(made)
        made.close()
        return
    server, name = request.getfixturevalue("postgres"), f"suluh_old_{os.getpid()}"
    server.run("CREATE DATABASE {}", name)
    made = Database(server.address(name))
    try:
        yield _brought_here(made)
    finally:
        made.close()
        server.run("DROP DATABASE {} WITH (FORCE)", name)


def _brought_here(made: Database) -> Database:
    migrate(made, "0012")
    with made.write() as session:
        for statement in (USER, *(CLAIM.format(id=number, at=AT) for number in (1, 2, 3)), POST):
            session.execute(text(statement))
        for number, kind, claim, other in MADE:
            session.execute(text(CORRECTION), {"id": number, "kind": kind, "claim": claim, "other": other})
        session.execute(text("INSERT INTO claim_correction_posts (correction_id, post_id) VALUES (1, 1)"))
    migrate(made)
    return made


def test_each_old_undo_names_the_newest_correction_before_it(database):
    """Of two moves between the same claims the newer was put back; merges and lonely undos name nothing."""
    assert is_current(database)
    with database.read() as session:
        found = session.execute(text("SELECT correction_id, undo_id FROM claim_correction_undos ORDER BY 1")).all()
        moved = session.execute(text("SELECT correction_id, post_id FROM claim_correction_posts")).all()
    assert [tuple(row) for row in found] == [(1, 2), (4, 5)]
    assert [tuple(row) for row in moved] == [(1, 1)]


@pytest.mark.parametrize("table", ["claim_correction_posts", "claim_correction_undos"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET correction_id = 3", "DELETE FROM {}"])
def test_what_was_moved_and_put_back_is_only_added_to(database, table, verb):
    """Neither is changed or removed by ordinary means."""
    with pytest.raises(DBAPIError, match=f"{table} is append-only"), database.write() as session:
        session.execute(text(verb.format(table)))


def test_no_row_is_put_in_the_place_of_another(database):
    """PostgreSQL is not emptied at once, SQLite not replaced, by any key and whatever a connection leaves switched off."""
    if not database.is_sqlite:
        for table in ("claim_correction_posts", "claim_correction_undos"):
            with pytest.raises(DBAPIError, match=f"{table} is append-only"), database.write() as session:
                session.execute(text(f"TRUNCATE {table}"))
        return
    with closing(sqlite3.connect(database.engine.url.database)) as plain:
        for values in ("posts VALUES (1, 1)", "undos VALUES (1, 5)", "undos VALUES (3, 5)"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                plain.execute(f"INSERT OR REPLACE INTO claim_correction_{values}")


def test_more_may_be_added(database):
    """Another move is remembered with its posts, and put back once."""
    with database.write() as session:
        session.execute(text("INSERT INTO claim_correction_posts (correction_id, post_id) VALUES (3, 1)"))
        session.execute(text("INSERT INTO claim_correction_undos (correction_id, undo_id) VALUES (8, 9)"))
