"""Beside a claim: text that was typed and not saved, mentions, saved views, and steps for several claims at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big, Json, UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "typed_drafts",
        sa.Column("user_id", Big, sa.ForeignKey("users.id"), nullable=False, autoincrement=False),
        sa.Column("claim_id", Big, sa.ForeignKey("claims.id"), nullable=False, autoincrement=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("on_version", sa.Integer(), nullable=False),
        sa.Column("typed_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "claim_id", name=op.f("pk_typed_drafts")),
    )
    op.create_index(op.f("ix_typed_drafts_typed_at"), "typed_drafts", ["typed_at"])
    op.create_table(
        "mentions",
        sa.Column("note_id", Big, sa.ForeignKey("claim_notes.id"), nullable=False, autoincrement=False),
        sa.Column("user_id", Big, sa.ForeignKey("users.id"), nullable=False, autoincrement=False),
        sa.Column("read_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("note_id", "user_id", name=op.f("pk_mentions")),
    )
    op.create_index(op.f("ix_mentions_user_id"), "mentions", ["user_id"])
    op.create_table(
        "queue_views",
        sa.Column("id", Big, nullable=False),
        sa.Column("user_id", Big, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("asked", Json, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_views")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_queue_views_user_id_name")),
    )
    op.create_table(
        "bulk_steps",
        sa.Column("id", Big, nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("user_id", Big, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("undone_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_steps")),
    )
    op.create_index(op.f("ix_bulk_steps_user_id"), "bulk_steps", ["user_id"])
    op.create_table(
        "bulk_step_claims",
        sa.Column("bulk_id", Big, sa.ForeignKey("bulk_steps.id"), nullable=False, autoincrement=False),
        sa.Column("claim_id", Big, sa.ForeignKey("claims.id"), nullable=False, autoincrement=False),
        sa.Column("before", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bulk_id", "claim_id", name=op.f("pk_bulk_step_claims")),
    )


def downgrade() -> None:
    for table in ("bulk_step_claims", "bulk_steps", "queue_views", "mentions", "typed_drafts"):
        op.drop_table(table)
