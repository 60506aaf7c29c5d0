"""What a trend is looked for by: places and sources of claims, posts by the hour, and the fastest claims at once.

The worker reads each post once and adds to these tables, so the intake writes nothing more than before. Posts that are
here already are read by its first rounds.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, name, length in (("claim_places", "region", 8), ("claim_sources", "source", 40)):
        op.create_table(
            table,
            sa.Column("claim_id", Big, sa.ForeignKey("claims.id"), primary_key=True),
            sa.Column(name, sa.String(length), primary_key=True),
            sa.Column("n_posts", Big, nullable=False),
        )
        op.create_index(f"ix_{table}_{name}", table, [name, "claim_id"])
    op.create_table(
        "source_totals",
        sa.Column("source", sa.String(40), primary_key=True),
        sa.Column("n_posts", Big, nullable=False),
    )
    op.create_table(
        "hour_totals",
        sa.Column("hour", Big, primary_key=True, autoincrement=False),
        sa.Column("n_posts", Big, nullable=False),
    )
    op.create_table(
        "post_reading",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("last_post_id", Big, nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    op.execute("INSERT INTO post_reading (id, last_post_id) VALUES (1, 0)")
    op.create_index("ix_claims_speed", "claims", ["posts_per_hour", "id"])


def downgrade() -> None:
    op.drop_index("ix_claims_speed", "claims")
    for table in ("post_reading", "hour_totals", "source_totals", "claim_sources", "claim_places"):
        op.drop_table(table)
