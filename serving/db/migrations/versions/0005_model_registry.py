"""The registry of models: what was proposed, what served when, and what a challenger would have said.

Proposals and history are append-only. A change of champion needs two different people: the check on the row says so,
and a trigger holds the row to the proposal that it carries out, so that nobody can put a name on it that never asked.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from serving.db.types import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FIXED = ("model_proposals", "model_history")
# What a row of the history and its proposal must agree on.
SAME = ("action", "artefact", "version", "manifest_sha256", "proposed_by_id")
BY_TWO = "action NOT IN ('promote', 'rollback') OR (decided_by_id IS NOT NULL AND decided_by_id <> proposed_by_id)"


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json() -> Any:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _artefact_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("artefact", sa.String(120), nullable=False),
        sa.Column("version", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("manifest_sha256", sa.String(64), nullable=False),
        sa.Column("metrics", _json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", _big(), nullable=False),
        sa.Column("proposed_at", UtcTime(), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "model_proposals",
        sa.Column("id", _big(), nullable=False),
        *_artefact_columns(),
        sa.CheckConstraint("action IN ('promote', 'rollback')", name=op.f("ck_model_proposals_changes_the_champion")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"], name=op.f("fk_model_proposals_proposed_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_proposals")),
    )
    op.create_table(
        "model_history",
        sa.Column("id", _big(), nullable=False),
        sa.Column("proposal_id", _big(), nullable=True),
        sa.Column("role", sa.String(40), nullable=False),
        *_artefact_columns(),
        sa.Column("replaces", sa.String(120), nullable=True),
        sa.Column("decided_by_id", _big(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.CheckConstraint(BY_TWO, name=op.f("ck_model_history_changed_by_two")),
        sa.CheckConstraint(
            "action NOT IN ('promote', 'rollback', 'decline') OR proposal_id IS NOT NULL",
            name=op.f("ck_model_history_answers_a_proposal"),
        ),
        sa.CheckConstraint(
            "(action IN ('challenge', 'withdraw')) = (role = 'challenger')", name=op.f("ck_model_history_role_fits")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["model_proposals.id"], name=op.f("fk_model_history_proposal_id_model_proposals")
        ),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"], name=op.f("fk_model_history_proposed_by_id_users")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_model_history_decided_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_history")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_model_history_proposal_id")),
    )
    op.create_table(
        "shadow_scores",
        sa.Column("challenge_id", _big(), nullable=False),
        sa.Column("claim_id", _big(), nullable=False),
        sa.Column("version", sa.String(80), nullable=False),
        sa.Column("p_hoax", sa.Float(), nullable=False),
        sa.Column("band", sa.String(16), nullable=False),
        sa.Column("champion", sa.String(80), nullable=False),
        sa.Column("champion_p_hoax", sa.Float(), nullable=False),
        sa.Column("champion_band", sa.String(16), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["model_history.id"], name=op.f("fk_shadow_scores_challenge_id_model_history")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_shadow_scores_claim_id_claims")),
        sa.PrimaryKeyConstraint("challenge_id", "claim_id", name=op.f("pk_shadow_scores")),
    )
    op.create_table(
        "model_faults",
        sa.Column("process", sa.String(120), nullable=False),
        sa.Column("history_id", _big(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["history_id"], ["model_history.id"], name=op.f("fk_model_faults_history_id_model_history")
        ),
        sa.PrimaryKeyConstraint("process", "history_id", name=op.f("pk_model_faults")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_postgresql() -> None:
    for table in FIXED:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    agrees = " AND ".join(f"p.{name} = NEW.{name}" for name in SAME)
    op.execute(
        "CREATE FUNCTION refuse_other_than_proposed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF NEW.action IN ('promote', 'rollback') AND NOT EXISTS "
        f"(SELECT 1 FROM model_proposals p WHERE p.id = NEW.proposal_id AND {agrees}) "
        "THEN RAISE EXCEPTION 'model_history differs from its proposal'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER model_history_as_proposed BEFORE INSERT ON model_history "
        "FOR EACH ROW EXECUTE FUNCTION refuse_other_than_proposed()"
    )


def _guard_sqlite() -> None:
    for table in FIXED:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    agrees = " AND ".join(f"p.{name} = NEW.{name}" for name in SAME)
    op.execute(
        "CREATE TRIGGER model_history_as_proposed BEFORE INSERT ON model_history "
        "WHEN NEW.action IN ('promote', 'rollback') AND NOT EXISTS "
        f"(SELECT 1 FROM model_proposals p WHERE p.id = NEW.proposal_id AND {agrees}) "
        "BEGIN SELECT RAISE(ABORT, 'model_history differs from its proposal'); END"
    )


def downgrade() -> None:
    for table in ("model_faults", "shadow_scores", "model_history", "model_proposals"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_other_than_proposed()")
