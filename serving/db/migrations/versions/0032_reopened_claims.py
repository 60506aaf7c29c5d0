"""When a claim was last reopened: its clock to the next decision runs from then, not through the time it rested.

What was reopened before keeps the clock with which it arose.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import UtcTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

REOPENED = ("ix_claims_reopened", ("reopened_at",), "reopened_at IS NOT NULL")
# Boards and reports are answered from these alone, so they hold the new column too.
BEFORE = (
    ("ix_claims_decided", ("decided_at", "created_at", "state", "dismiss_reason"), "decided_at IS NOT NULL"),
    ("ix_claims_undecided", ("created_at", "state", "seen_at"), "decided_at IS NULL"),
)
AFTER = tuple((name, (*columns, "reopened_at"), where) for name, columns, where in BEFORE)


def _make(name: str, columns: tuple[str, ...], where: str) -> None:
    given = sa.text(where)
    op.create_index(name, "claims", list(columns), sqlite_where=given, postgresql_where=given)


def _drop(made: tuple[tuple[str, tuple[str, ...], str], ...]) -> None:
    for name, _, _ in made:
        op.drop_index(name, "claims")


def upgrade() -> None:
    op.add_column("claims", sa.Column("reopened_at", UtcTime(), nullable=True))
    _drop(BEFORE)
    for each in (*AFTER, REOPENED):
        _make(*each)


def downgrade() -> None:
    _drop((*AFTER, REOPENED))
    for each in BEFORE:
        _make(*each)
    op.drop_column("claims", "reopened_at")
