"""By when a clarification should be read again; the list of reminders goes by it and by how long it holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import UtcTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clarifications", sa.Column("review_by", UtcTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("clarifications", "review_by")
