"""Which clock of which claim was told of: each stage once, whoever asks and however often."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big, UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deadline_alerts",
        sa.Column("claim_id", Big, sa.ForeignKey("claims.id"), nullable=False, autoincrement=False),
        sa.Column("clock", sa.String(40), nullable=False),
        sa.Column("stage", sa.String(40), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("claim_id", "clock", "stage", name=op.f("pk_deadline_alerts")),
    )


def downgrade() -> None:
    op.drop_table("deadline_alerts")
