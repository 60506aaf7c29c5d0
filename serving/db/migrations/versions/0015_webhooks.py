"""Webhooks: who listens, what happened, each message on its way, and what came of each attempt.

The words of an event are never changed, for every attempt and replay says the same; a trigger refuses it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from serving.db.types import Big, UtcTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = ("webhook_attempts", "webhook_deliveries", "webhook_events", "webhook_endpoints")
SAID = "what was told is never changed"


def _json() -> Any:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", Big, primary_key=True),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("events", _json(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_until", UtcTime(), nullable=True),
        sa.Column("created_by_id", Big, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
    )
    op.create_table(
        "webhook_events",
        sa.Column("id", Big, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
    )
    op.create_index("ix_webhook_events_subject", "webhook_events", ["subject", "type"])
    op.create_index(op.f("ix_webhook_events_at"), "webhook_events", ["at"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", Big, primary_key=True),
        sa.Column("endpoint_id", Big, sa.ForeignKey("webhook_endpoints.id"), nullable=False),
        sa.Column("event_id", Big, sa.ForeignKey("webhook_events.id"), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(200), nullable=False),
        sa.UniqueConstraint("endpoint_id", "event_id", name=op.f("uq_webhook_deliveries_endpoint_id_event_id")),
    )
    op.create_index("ix_webhook_deliveries_due", "webhook_deliveries", ["state", "not_before"])
    op.create_index(op.f("ix_webhook_deliveries_event_id"), "webhook_deliveries", ["event_id"])
    op.create_table(
        "webhook_attempts",
        sa.Column("id", Big, primary_key=True),
        sa.Column("delivery_id", Big, sa.ForeignKey("webhook_deliveries.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(200), nullable=False),
    )
    op.create_index(op.f("ix_webhook_attempts_delivery_id"), "webhook_attempts", ["delivery_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_webhook_events() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{SAID}' USING ERRCODE = 'check_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER webhook_events_stand BEFORE UPDATE ON webhook_events "
            "FOR EACH ROW EXECUTE FUNCTION refuse_webhook_events()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER webhook_events_stand BEFORE UPDATE ON webhook_events BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER webhook_events_stand ON webhook_events")
        op.execute("DROP FUNCTION refuse_webhook_events()")
    else:
        op.execute("DROP TRIGGER webhook_events_stand")
    for table in TABLES:
        op.drop_table(table)
