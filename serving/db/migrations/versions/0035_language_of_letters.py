"""The language in which messages are written to a person; Indonesian for everybody until they say otherwise."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("influencers", sa.Column("language", sa.String(40), nullable=False, server_default="id"))


def downgrade() -> None:
    op.drop_column("influencers", "language")
