"""A signature of the words that somebody posts, how a posted link was looked at, and reminders of corrections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big, UtcTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "post_wordings",
        sa.Column("id", Big, primary_key=True),
        sa.Column("offer_id", Big, sa.ForeignKey("offers.id"), nullable=False),
        sa.Column("platform", sa.String(40), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("minhash", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.UniqueConstraint("offer_id", "platform", name=op.f("uq_post_wordings_offer_id_platform")),
    )
    op.add_column("posted_links", sa.Column("checked", sa.String(40), nullable=False, server_default="sample"))
    op.add_column("posted_links", sa.Column("checked_at", UtcTime(), nullable=True))
    op.create_index(op.f("ix_posted_links_checked"), "posted_links", ["checked", "checked_at"])
    op.add_column("corrections", sa.Column("n_reminders", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("corrections", sa.Column("reminded_at", UtcTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("corrections", "reminded_at")
    op.drop_column("corrections", "n_reminders")
    op.drop_index(op.f("ix_posted_links_checked"), "posted_links")
    op.drop_column("posted_links", "checked_at")
    op.drop_column("posted_links", "checked")
    op.drop_table("post_wordings")
