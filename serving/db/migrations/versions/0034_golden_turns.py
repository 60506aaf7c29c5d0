"""Turns of the desk to serve a golden item by itself; a row says that one came, and not through whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big, UtcTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "golden_turns",
        sa.Column("id", Big, primary_key=True),
        sa.Column("at", UtcTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("golden_turns")
