"""One endpoint a ministry, which is told of offers to that ministry's own people and of nobody else's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = ("webhook_endpoints", "webhook_events")
ONE_EACH = "ministry_id IS NOT NULL AND removed_at IS NULL"


def upgrade() -> None:
    kind = Big.compile(dialect=op.get_bind().dialect)
    for table in TABLES:
        # By hand: SQLite takes a reference with a new column, and Alembic would add it as a step of its own.
        name = f"fk_{table}_ministry_id_ministries"
        op.execute(f"ALTER TABLE {table} ADD COLUMN ministry_id {kind} CONSTRAINT {name} REFERENCES ministries (id)")
    op.create_index(
        "ix_webhook_endpoints_ministry",
        "webhook_endpoints",
        ["ministry_id"],
        unique=True,
        sqlite_where=sa.text(ONE_EACH),
        postgresql_where=sa.text(ONE_EACH),
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_endpoints_ministry", table_name="webhook_endpoints")
    for table in TABLES:
        op.drop_column(table, "ministry_id")
