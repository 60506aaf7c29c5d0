"""Files beside sources: bounded, with their hash, and never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big, UtcTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

SAID = "a file beside a source is never changed"


def upgrade() -> None:
    op.create_table(
        "exhibits",
        sa.Column("evidence_id", Big, sa.ForeignKey("evidence.id"), nullable=False, autoincrement=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by_id", Big, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_exhibits")),
        sa.CheckConstraint("size_bytes > 0 AND size_bytes <= 4000000", name="bounded"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_exhibits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{SAID}' USING ERRCODE = 'check_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER exhibits_stand BEFORE UPDATE OR DELETE ON exhibits "
            "FOR EACH ROW EXECUTE FUNCTION refuse_exhibits()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER exhibits_stand_{verb.lower()} BEFORE {verb} ON exhibits "
            f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER exhibits_stand ON exhibits")
        op.execute("DROP FUNCTION refuse_exhibits()")
    else:
        op.execute("DROP TRIGGER exhibits_stand_update")
        op.execute("DROP TRIGGER exhibits_stand_delete")
    op.drop_table("exhibits")
