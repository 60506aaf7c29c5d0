"""Screenshots of follower counts until somebody has looked, reminders before evidence expires, and waves by ministry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big, UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "screenshots",
        sa.Column("id", Big, primary_key=True),
        sa.Column("influencer_id", Big, nullable=False),
        sa.Column("platform", sa.String(40), nullable=False),
        sa.Column("count", Big, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("sealed_picture", sa.LargeBinary(), nullable=True),
        sa.Column("sent_at", UtcTime(), nullable=False),
        sa.Column("forget_at", UtcTime(), nullable=False),
        sa.Column("looked_by_id", Big, sa.ForeignKey("users.id"), nullable=True),
        sa.Column("looked_at", UtcTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["influencer_id"], ["influencers.id"], ondelete="CASCADE"),
        sa.CheckConstraint("count >= 0", name="count_not_negative"),
        sa.CheckConstraint("(state = 'unseen') = (sealed_picture IS NOT NULL)", name="picture_until_seen"),
        sa.CheckConstraint("state NOT IN ('counted', 'not_taken') OR looked_by_id IS NOT NULL", name="seen_by_a_human"),
        sa.CheckConstraint("state <> 'not_taken' OR reason <> ''", name="refused_with_reason"),
    )
    op.create_index(op.f("ix_screenshots_influencer_id"), "screenshots", ["influencer_id"])
    unseen = sa.text("state = 'unseen'")
    op.create_index("ix_screenshots_unseen", "screenshots", ["forget_at"], sqlite_where=unseen, postgresql_where=unseen)
    op.create_table(
        "waves",
        sa.Column("ministry_id", Big, sa.ForeignKey("ministries.id"), nullable=False, autoincrement=False),
        sa.Column("manager_id", Big, sa.ForeignKey("users.id"), nullable=True),
        sa.Column("people_max", sa.Integer(), nullable=True),
        sa.Column("offers_per_day", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("ministry_id", name=op.f("pk_waves")),
        sa.CheckConstraint("people_max IS NULL OR people_max >= 0", name="people_not_negative"),
        sa.CheckConstraint("offers_per_day IS NULL OR offers_per_day >= 0", name="offers_not_negative"),
    )
    op.create_index(op.f("ix_waves_manager_id"), "waves", ["manager_id"])
    op.add_column("deliveries", sa.Column("evidence_before", UtcTime(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM deliveries WHERE evidence_before IS NOT NULL")
    op.drop_column("deliveries", "evidence_before")
    op.drop_table("waves")
    op.drop_table("screenshots")
