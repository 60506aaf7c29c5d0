"""What each day's look for drift found.

Figures only: no text, no claim and nobody's name, so the rows may stay for good.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from serving.db.types import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

EFFECTS = ("stability", "apart", "precision")


def _json() -> Any:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "drift_checks",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("n_recent", "n_reference", "n_decided")),
        *(sa.Column(f"{name}{end}", sa.Float(), nullable=True) for name in EFFECTS for end in ("", "_low", "_high")),
        sa.Column("beyond", _json(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_drift_checks")),
    )


def downgrade() -> None:
    op.drop_table("drift_checks")
