"""Invitations to join: a code of which only the hash is kept, and the message that may carry it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big, UtcTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", Big, primary_key=True),
        sa.Column("influencer_id", Big, nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("invited_by_id", Big, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("accepted_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["influencer_id"], ["influencers.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("code_hash"),
        sa.CheckConstraint("accepted_at IS NULL OR withdrawn_at IS NULL", name="accepted_or_withdrawn"),
    )
    op.create_index(op.f("ix_invitations_influencer_id"), "invitations", ["influencer_id"])
    op.add_column("deliveries", sa.Column("invitation_id", Big, nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM deliveries WHERE invitation_id IS NOT NULL")
    op.drop_column("deliveries", "invitation_id")
    op.drop_table("invitations")
