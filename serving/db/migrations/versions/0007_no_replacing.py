"""On SQLite, INSERT OR REPLACE puts no other row in the place of one that is only ever added to.

It removes the row that it replaces without asking the triggers against DELETE, unless the connection sets
``recursive_triggers``. The service's own connections do; these triggers hold for every other one. PostgreSQL has no
such statement, and there this changes nothing.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Every key by which a new row could take the place of another, table by table.
KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "audit": (("seq",),),
    "decisions": (("id",),),
    "public_changes": (("id",),),
    "claim_corrections": (("id",),),
    "clarification_versions": (("id",), ("clarification_id", "number")),
    "captions": (("id",), ("campaign_id", "edition", "platform", "variant")),
    "model_proposals": (("id",),),
    "model_history": (("id",), ("proposal_id",)),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, keys in KEYS.items():
        taken = " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} WHERE {' AND '.join(f'{name} = NEW.{name}' for name in key)})"
            for key in keys
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in KEYS:
        op.execute(f"DROP TRIGGER {table}_no_replace")
