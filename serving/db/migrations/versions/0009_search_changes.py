"""A log of what the search index has to read again, written by the database itself.

Triggers fill it, so that whatever changes a claim's wording, a post or a clarification, by any code or by hand, is seen.
Inserts are logged a statement at a time on PostgreSQL, which costs the intake next to nothing. There a row also keeps the
number of its transaction: rows are numbered before they are committed, so a reader that went by `seq` alone would pass
over those of a transaction that ends later.
"""

from __future__ import annotations

import secrets
import time

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Kind, table, what names the thing, and the columns whose change matters (none: only new rows and gone ones).
WATCHED = (
    ("claim", "claims", "id", ("wording",)),
    ("post", "posts", "id", ("text", "media")),
    ("clarification", "clarifications", "id", ("current_version",)),
    ("clarification", "clarification_versions", "clarification_id", ()),
)


def upgrade() -> None:
    op.create_table(
        "search_changes",
        sa.Column("seq", Big, primary_key=True),
        sa.Column("xid", Big, nullable=False, server_default=sa.text("0")),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("item_id", Big, nullable=False),
        sa.Column("noted_s", Big, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_search_changes_place", "search_changes", ["xid", "seq"])
    # The first row stays for good: its number tells this database from any other.
    op.execute(
        "INSERT INTO search_changes (seq, xid, kind, item_id, noted_s) "
        f"VALUES (1, 0, 'origin', {secrets.randbits(48)}, {int(time.time())})"
    )
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql()
    else:
        _on_sqlite()


def _on_postgresql() -> None:
    op.execute("SELECT setval(pg_get_serial_sequence('search_changes', 'seq'), 1)")
    op.execute("ALTER TABLE search_changes ALTER COLUMN xid SET DEFAULT pg_current_xact_id()::text::bigint")
    op.execute("ALTER TABLE search_changes ALTER COLUMN noted_s SET DEFAULT extract(epoch FROM now())::bigint")
    for name in ("id", "clarification_id"):
        op.execute(
            f"CREATE FUNCTION note_search_rows_by_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"INSERT INTO search_changes (kind, item_id) SELECT TG_ARGV[0], {name} FROM rows_of_it; "
            "RETURN NULL; END $$"
        )
    op.execute(
        "CREATE FUNCTION note_search_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO search_changes (kind, item_id) VALUES (TG_ARGV[0], NEW.id); RETURN NULL; END $$"
    )
    for kind, table, name, columns in WATCHED:
        function = f"note_search_rows_by_{name}('{kind}')"
        for verb, seen in (("INSERT", "NEW"), ("DELETE", "OLD")):
            op.execute(
                f"CREATE TRIGGER {table}_search_{verb.lower()} AFTER {verb} ON {table} "
                f"REFERENCING {seen} TABLE AS rows_of_it FOR EACH STATEMENT EXECUTE FUNCTION {function}"
            )
        if columns:
            changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
            op.execute(
                f"CREATE TRIGGER {table}_search_update AFTER UPDATE OF {', '.join(columns)} ON {table} "
                f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION note_search_row('{kind}')"
            )


def _on_sqlite() -> None:
    for kind, table, name, columns in WATCHED:
        for verb, seen in (("INSERT", "NEW"), ("DELETE", "OLD"), ("UPDATE", "NEW")):
            if verb == "UPDATE" and not columns:
                continue
            when = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
            which, only = (f"UPDATE OF {', '.join(columns)}", f"WHEN {when}") if verb == "UPDATE" else (verb, "")
            op.execute(
                f"CREATE TRIGGER {table}_search_{verb.lower()} AFTER {which} ON {table} {only} BEGIN "
                "INSERT INTO search_changes (kind, item_id, noted_s) "
                f"VALUES ('{kind}', {seen}.{name}, CAST(strftime('%s', 'now') AS INTEGER)); END"
            )


def downgrade() -> None:
    for _, table, _, columns in WATCHED:
        for verb in ("insert", "delete", *(("update",) if columns else ())):
            on = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
            op.execute(f"DROP TRIGGER {table}_search_{verb}{on}")
    if op.get_bind().dialect.name == "postgresql":
        for function in ("note_search_rows_by_id", "note_search_rows_by_clarification_id", "note_search_row"):
            op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("search_changes")
