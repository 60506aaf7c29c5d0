"""Golden items: claims whose right answer is known, and the claims by which they are served.

A golden claim never awaits approval, is never published, merged, or decided, and nothing is published for it; its posts stay
with it. An answer, once given, stands.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big, Json, UtcTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

GOLDEN = "SELECT 1 FROM golden_claims WHERE claim_id"
# Trigger, table, verb with the columns that it watches, when it refuses, and what it says.
REFUSED = (
    (
        "golden_claims_end_here",
        "claims",
        "UPDATE OF state, verdict, decided_at, author_id, approver_id, merged_into_id",
        (
            f"EXISTS ({GOLDEN} IN (NEW.id, NEW.merged_into_id)) AND (NEW.merged_into_id IS NOT NULL OR NEW.verdict IS NOT NULL"
            " OR NEW.decided_at IS NOT NULL OR NEW.author_id IS NOT NULL OR NEW.approver_id IS NOT NULL"
            " OR NEW.state IN ('awaiting_approval', 'published', 'retracted', 'merged', 'dismissed'))"
        ),
        "a golden item is never decided",
    ),
    (
        "golden_unpublished",
        "clarifications",
        "INSERT",
        f"EXISTS ({GOLDEN} = NEW.claim_id)",
        "a golden item is never published",
    ),
    ("golden_undecided", "decisions", "INSERT", f"EXISTS ({GOLDEN} = NEW.claim_id)", "a golden item is never decided"),
    (
        "golden_posts_stay",
        "posts",
        "UPDATE OF claim_id",
        f"NEW.claim_id <> OLD.claim_id AND EXISTS ({GOLDEN} IN (NEW.claim_id, OLD.claim_id))",
        "the posts of a golden item stay with it",
    ),
    (
        "golden_answers_stand",
        "golden_claims",
        "UPDATE",
        "OLD.answered_at IS NOT NULL",
        "an answer to a golden item stands",
    ),
    ("golden_claims_stay", "golden_claims", "DELETE", "1 = 1", "a golden claim is never made a real one"),
)


def _person(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, Big, sa.ForeignKey("users.id"), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "golden_items",
        sa.Column("id", Big, primary_key=True),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("posts", Json, nullable=False),
        sa.Column("verdict", sa.String(40), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("source_claim_id", Big, sa.ForeignKey("claims.id"), nullable=True),
        _person("added_by_id"),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("retired_at", UtcTime(), nullable=True),
    )
    in_use = sa.text("source_claim_id IS NOT NULL AND retired_at IS NULL")
    op.create_index(
        "ix_golden_items_source",
        "golden_items",
        ["source_claim_id"],
        unique=True,
        sqlite_where=in_use,
        postgresql_where=in_use,
    )
    op.create_table(
        "golden_claims",
        sa.Column("claim_id", Big, sa.ForeignKey("claims.id"), primary_key=True, autoincrement=False),
        sa.Column("item_id", Big, sa.ForeignKey("golden_items.id"), nullable=False),
        _person("served_by_id"),
        sa.Column("served_at", UtcTime(), nullable=False),
        _person("answered_by_id", nullable=True),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.Column("answer", sa.String(40), nullable=True),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.UniqueConstraint("item_id", "answered_by_id", name=op.f("uq_golden_claims_item_id_answered_by_id")),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by_id IS NULL) AND (answered_at IS NULL) = (agreed IS NULL)",
            name="answered_whole",
        ),
    )
    waiting = sa.text("answered_at IS NULL")
    op.create_index(
        "ix_golden_claims_out",
        "golden_claims",
        ["item_id"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index(op.f("ix_golden_claims_answered_by_id"), "golden_claims", ["answered_by_id"])
    for name, table, verb, when, what in REFUSED:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE FUNCTION refuse_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {when} THEN RAISE EXCEPTION '{what}' USING ERRCODE = 'check_violation'; END IF; "
                f"RETURN {'OLD' if verb == 'DELETE' else 'NEW'}; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_{name}()")
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{what}'); END"
            )


def downgrade() -> None:
    for name, table, _, _, _ in REFUSED:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION refuse_{name}()")
        else:
            op.execute(f"DROP TRIGGER {name}")
    op.drop_table("golden_claims")
    op.drop_table("golden_items")
