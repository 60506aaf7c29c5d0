"""A correction that puts posts back names the one that it undoes, so that of two moves between the same claims one stays.

What was put back before this is matched as it was until now: to the newest split or move of the same two claims.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = "claim_correction_undos"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("correction_id", Big, sa.ForeignKey("claim_corrections.id"), nullable=False, autoincrement=False),
        sa.Column("undo_id", Big, sa.ForeignKey("claim_corrections.id"), nullable=False),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_claim_correction_undos")),
        sa.UniqueConstraint("undo_id", name=op.f("uq_claim_correction_undos_undo_id")),
    )
    # Two undos of one pair had a move between them, so no correction is named twice.
    op.execute(
        f"INSERT INTO {TABLE} (correction_id, undo_id) "
        "SELECT MAX(done.id), undo.id FROM claim_corrections AS undo JOIN claim_corrections AS done "
        "ON done.claim_id = undo.claim_id AND done.other_id = undo.other_id AND done.id < undo.id "
        "WHERE undo.kind = 'undo' AND done.kind IN ('split', 'move') GROUP BY undo.id"
    )


def downgrade() -> None:
    op.drop_table(TABLE)
