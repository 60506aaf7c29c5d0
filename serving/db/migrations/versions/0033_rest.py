"""After how many minutes of work somebody wants to hear of a break; none = as the desk does, 0 = never."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("rest_after_min", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "rest_after_min")
