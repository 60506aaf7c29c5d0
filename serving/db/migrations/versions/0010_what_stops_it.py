"""What stops a label from being carried: appeals, complaints, the circuit breaker, second looks at dismissals.

Two triggers hold what no constraint of one row can: whoever wrote or approved any version of a clarification, or proposed
or settled other words for it, answers no appeal against it, and the breaker does not run while a freeze has not been
reopened by two people. Who drafted or worded the claim behind it is held by the rule alone.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from serving.db.types import Big, UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

HANDS = (
    "EXISTS (SELECT 1 FROM clarifications WHERE id = NEW.clarification_id "
    "AND NEW.answered_by_id IN (author_id, approver_id)) "
    "OR EXISTS (SELECT 1 FROM clarification_versions WHERE clarification_id = NEW.clarification_id "
    "AND NEW.answered_by_id IN (author_id, approver_id)) "
    "OR EXISTS (SELECT 1 FROM revisions WHERE clarification_id = NEW.clarification_id "
    "AND NEW.answered_by_id IN (author_id, settled_by_id))"
)
STANDING = "NEW.state = 'running' AND EXISTS (SELECT 1 FROM breaker_freezes WHERE reopened_at IS NULL)"
# What the breaker and the monthly report look at by its day; most rows have no such day and are left out.
LATEST = (
    ("ix_offers_posted", "offers", "posted_at"),
    ("ix_claims_seen_at", "claims", "seen_at"),
    ("ix_claims_decided_at", "claims", "decided_at"),
)
# Trigger, table, when it refuses, and what it says.
REFUSED = (
    ("appeals_third_person", "appeals", HANDS, "whoever had a hand in a label answers no appeal against it"),
    ("breaker_reopened_by_two", "breaker", STANDING, "a freeze is reopened by two people first"),
)


def _json() -> Any:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _person(name: str, *, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, Big, sa.ForeignKey("users.id"), nullable=nullable)


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("freeze_cause", sa.String(40), nullable=True))
    op.execute("UPDATE campaigns SET freeze_cause = 'election' WHERE state = 'frozen' AND frozen_by_id IS NULL")
    op.execute("UPDATE campaigns SET freeze_cause = 'person' WHERE state = 'frozen' AND frozen_by_id IS NOT NULL")
    for name, table, column in LATEST:
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, table, [column], sqlite_where=there, postgresql_where=there)
    _appeals()
    _breaker()
    op.create_table(
        "second_looks",
        sa.Column("id", Big, primary_key=True),
        sa.Column("claim_id", Big, sa.ForeignKey("claims.id"), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        _person("dismissed_by_id", nullable=False),
        sa.Column("dismissed_at", UtcTime(), nullable=False),
        _person("looked_by_id"),
        sa.Column("looked_at", UtcTime(), nullable=True),
        sa.CheckConstraint("looked_by_id IS NULL OR looked_by_id <> dismissed_by_id", name="looked_at_by_another"),
        sa.CheckConstraint("state NOT IN ('agreed', 'reopened') OR looked_by_id IS NOT NULL", name="looked_by_a_human"),
    )
    for name in ("claim_id", "state", "looked_at"):
        op.create_index(op.f(f"ix_second_looks_{name}"), "second_looks", [name])
    _refuse()


def _appeals() -> None:
    op.create_table(
        "appeals",
        sa.Column("id", Big, primary_key=True),
        sa.Column("clarification_id", Big, sa.ForeignKey("clarifications.id"), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("sealed_contact", sa.LargeBinary(), nullable=True),
        sa.Column("filed_at", UtcTime(), nullable=False),
        _person("taken_by_id"),
        sa.Column("taken_at", UtcTime(), nullable=True),
        _person("answered_by_id"),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint("state <> 'taken' OR taken_by_id IS NOT NULL", name="taken_by_a_human"),
        sa.CheckConstraint(
            "state NOT IN ('upheld', 'overturned')"
            " OR (answered_by_id IS NOT NULL AND answered_at IS NOT NULL AND answer <> '')",
            name="answered_by_a_human",
        ),
        sa.CheckConstraint("state NOT IN ('upheld', 'overturned') OR sealed_contact IS NULL", name="contact_forgotten"),
    )
    for name in ("clarification_id", "state", "filed_at", "answered_at"):
        op.create_index(op.f(f"ix_appeals_{name}"), "appeals", [name])
    op.create_table(
        "complaints",
        sa.Column("id", Big, primary_key=True),
        sa.Column("clarification_id", Big, sa.ForeignKey("clarifications.id"), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
    )
    op.create_index(op.f("ix_complaints_at"), "complaints", ["at"])


def _breaker() -> None:
    op.create_table(
        "breaker",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("high", _json(), nullable=False),
        sa.Column("figures", _json(), nullable=False),
        sa.Column("measured_at", UtcTime(), nullable=True),
    )
    op.create_table(
        "breaker_freezes",
        sa.Column("id", Big, primary_key=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("signals", _json(), nullable=False),
        sa.Column("figures", _json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _person("frozen_by_id"),
        _person("proposed_by_id"),
        sa.Column("proposed_at", UtcTime(), nullable=True),
        sa.Column("proposed_reason", sa.Text(), nullable=False),
        _person("reopened_by_id"),
        sa.Column("reopened_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "reopened_at IS NULL OR (proposed_by_id IS NOT NULL AND reopened_by_id IS NOT NULL"
            " AND proposed_by_id <> reopened_by_id)",
            name="reopened_by_two",
        ),
    )
    op.execute("INSERT INTO breaker (id, state, high, figures) VALUES (1, 'running', '[]', '{}')")


def _refuse() -> None:
    for name, table, when, what in REFUSED:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE FUNCTION refuse_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {when} THEN RAISE EXCEPTION '{what}' USING ERRCODE = 'check_violation'; END IF; "
                "RETURN NEW; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION refuse_{name}()"
            )
            continue
        for verb in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER {name}_{verb.lower()} BEFORE {verb} ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{what}'); END"
            )


def downgrade() -> None:
    for name, table, _, _ in REFUSED:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION refuse_{name}()")
        else:
            for verb in ("insert", "update"):
                op.execute(f"DROP TRIGGER {name}_{verb}")
    for table in ("second_looks", "breaker_freezes", "breaker", "complaints", "appeals"):
        op.drop_table(table)
    for name, table, _ in LATEST:
        op.drop_index(name, table_name=table)
    op.drop_column("campaigns", "freeze_cause")
