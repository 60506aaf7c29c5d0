"""Short links of our own with their clicks by hour, and how often people say that their posts were seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "short_links",
        sa.Column("id", Big, primary_key=True),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("campaign_id", Big, sa.ForeignKey("campaigns.id"), nullable=False),
        sa.Column("region", sa.String(8), nullable=False),
        sa.Column("n_carriers", sa.Integer(), nullable=False),
        sa.UniqueConstraint("code", name=op.f("uq_short_links_code")),
        sa.UniqueConstraint("campaign_id", "region", name=op.f("uq_short_links_campaign_id_region")),
    )
    op.create_table(
        "link_clicks",
        sa.Column("link_id", Big, sa.ForeignKey("short_links.id"), nullable=False, autoincrement=False),
        sa.Column("hour", Big, nullable=False, autoincrement=False),
        sa.Column("n", Big, nullable=False),
        sa.PrimaryKeyConstraint("link_id", "hour", name=op.f("pk_link_clicks")),
    )
    op.add_column("posted_links", sa.Column("views", Big, nullable=True))


def downgrade() -> None:
    op.drop_column("posted_links", "views")
    op.drop_table("link_clicks")
    op.drop_table("short_links")
