"""Claims are found by keys of their wording and by their pictures, and a correction keeps which posts it moved.

A claim that was made before this has its keys worked out from its first representative.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.duplicates import SignatureFormatError, Signatures
from serving.db.types import Big

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

PAGE = 2_000


def upgrade() -> None:
    # No row number of its own: the key is all there is.
    bands = op.create_table(
        "claim_bands",
        sa.Column("band", Big, nullable=False, autoincrement=False),
        sa.Column("claim_id", Big, sa.ForeignKey("claims.id"), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("band", "claim_id", name=op.f("pk_claim_bands")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "claim_media",
        sa.Column("phash", sa.String(64), nullable=False),
        sa.Column("claim_id", Big, sa.ForeignKey("claims.id"), nullable=False, index=True),
        sa.PrimaryKeyConstraint("phash", name=op.f("pk_claim_media")),
    )
    op.create_table(
        "claim_correction_posts",
        sa.Column("correction_id", Big, sa.ForeignKey("claim_corrections.id"), nullable=False, autoincrement=False),
        sa.Column("post_id", Big, sa.ForeignKey("posts.id"), nullable=False, index=True, autoincrement=False),
        sa.PrimaryKeyConstraint("correction_id", "post_id", name=op.f("pk_claim_correction_posts")),
    )
    _fill(bands)


def _fill(bands: sa.Table) -> None:
    kept = sa.table("claim_signatures", sa.column("id"), sa.column("claim_id"), sa.column("payload"))
    first = sa.select(sa.func.min(kept.c.id)).group_by(kept.c.claim_id)
    after = 0
    while True:
        query = sa.select(kept.c.id, kept.c.claim_id, kept.c.payload).where(kept.c.id.in_(first), kept.c.id > after)
        page = op.get_bind().execute(query.order_by(kept.c.id).limit(PAGE)).all()
        if not page:
            return
        rows = [
            {"band": band, "claim_id": row.claim_id} for row in page for band in sorted(set(_keys(bytes(row.payload))))
        ]
        if rows:
            op.get_bind().execute(sa.insert(bands), rows)
        after = page[-1].id


def _keys(payload: bytes) -> list[int]:
    try:
        keys: list[int] = Signatures.unpack([payload]).keys()[0].tolist()
    except SignatureFormatError:
        return []  # of another version: such a claim is found again when its copies are next compared in memory
    return keys


def downgrade() -> None:
    op.drop_table("claim_correction_posts")
    op.drop_table("claim_media")
    op.drop_table("claim_bands")
