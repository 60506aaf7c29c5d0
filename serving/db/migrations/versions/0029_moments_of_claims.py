"""What boards and reports read of a claim's moments, held whole by an index, so that they are answered from it alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# Name, columns, and of which claims.
MADE = (
    ("ix_claims_made", ("created_at", "model"), None),
    ("ix_claims_seen", ("seen_at", "created_at"), "seen_at IS NOT NULL"),
    ("ix_claims_decided", ("decided_at", "created_at", "state", "dismiss_reason"), "decided_at IS NOT NULL"),
    ("ix_claims_undecided", ("created_at", "state", "seen_at"), "decided_at IS NULL"),
)
GONE = (
    ("ix_claims_created_at", ("created_at",), None),
    ("ix_claims_seen_at", ("seen_at",), "seen_at IS NOT NULL"),
    ("ix_claims_decided_at", ("decided_at",), "decided_at IS NOT NULL"),
)


def _make(name: str, columns: tuple[str, ...], where: str | None) -> None:
    given = sa.text(where) if where else None
    op.create_index(name, "claims", list(columns), sqlite_where=given, postgresql_where=given)


def upgrade() -> None:
    for name, _, _ in GONE:
        op.drop_index(name, "claims")
    for each in MADE:
        _make(*each)


def downgrade() -> None:
    for name, _, _ in MADE:
        op.drop_index(name, "claims")
    for each in GONE:
        _make(*each)
