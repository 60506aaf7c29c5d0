"""The second pair of eyes, blind first: what an approver thought before reading, and a third person where two disagree.

First impressions are only ever added. While a disagreement is open, whoever contested the draft neither decides on it nor
publishes it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big, UtcTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OPEN = "SELECT 1 FROM disputes WHERE settled_at IS NULL AND contested_by_id = NEW.approver_id"
# Trigger, table, verbs, when it refuses, and what it says.
REFUSED = (
    ("first_looks_stand", "first_looks", ("UPDATE", "DELETE"), "1 = 1", "a first impression is only ever added"),
    (
        "decisions_by_a_third",
        "decisions",
        ("INSERT",),
        f"NEW.outcome IN ('approved', 'returned') AND EXISTS ({OPEN} AND claim_id = NEW.claim_id)",
        "a third person settles a disagreement",
    ),
    (
        "claims_by_a_third",
        "claims",
        ("UPDATE",),
        f"NEW.state = 'published' AND EXISTS ({OPEN} AND claim_id = NEW.id)",
        "a third person settles a disagreement",
    ),
)


def _person(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, Big, sa.ForeignKey("users.id"), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "first_looks",
        sa.Column("id", Big, primary_key=True),
        sa.Column("claim_id", Big, sa.ForeignKey("claims.id"), nullable=False),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        _person("looked_by_id"),
        sa.Column("impression", sa.String(40), nullable=False),
        sa.Column("drafted", sa.String(40), nullable=True),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.UniqueConstraint(
            "claim_id", "draft_version", "looked_by_id", name=op.f("uq_first_looks_claim_id_draft_version_looked_by_id")
        ),
    )
    op.create_table(
        "disputes",
        sa.Column("id", Big, primary_key=True),
        sa.Column("claim_id", Big, sa.ForeignKey("claims.id"), nullable=False),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        _person("author_id"),
        _person("contested_by_id"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        _person("settled_by_id", nullable=True),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.CheckConstraint("contested_by_id <> author_id", name="contested_by_another"),
        sa.CheckConstraint(
            "settled_by_id IS NULL OR (settled_by_id <> author_id AND settled_by_id <> contested_by_id)",
            name="settled_by_a_third",
        ),
        sa.CheckConstraint("(settled_at IS NULL) = (settled_by_id IS NULL)", name="settled_by_a_human"),
    )
    op.create_index(op.f("ix_disputes_claim_id"), "disputes", ["claim_id"])
    still_open = sa.text("settled_at IS NULL")
    op.create_index(
        "ix_disputes_open", "disputes", ["claim_id"], unique=True, sqlite_where=still_open, postgresql_where=still_open
    )
    for name, table, verbs, when, what in REFUSED:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE FUNCTION refuse_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {when} THEN RAISE EXCEPTION '{what}' USING ERRCODE = 'check_violation'; END IF; "
                "RETURN NEW; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {' OR '.join(verbs)} ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION refuse_{name}()"
            )
            continue
        for verb in verbs:
            op.execute(
                f"CREATE TRIGGER {name}_{verb.lower()} BEFORE {verb} ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{what}'); END"
            )


def downgrade() -> None:
    for name, table, verbs, _, _ in REFUSED:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION refuse_{name}()")
        else:
            for verb in verbs:
                op.execute(f"DROP TRIGGER {name}_{verb.lower()}")
    op.drop_table("disputes")
    op.drop_table("first_looks")
