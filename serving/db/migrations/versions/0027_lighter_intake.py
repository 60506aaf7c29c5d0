"""What each new post costs: an index that another one holds, indexes of what almost no claim has, a check of each key.

`ix_posts_claim_reach` begins with what `ix_posts_claim_id` held alone. A claim that grows is written anew in every index
that it stands in, and almost none is held, leased or merged. Keys of claims are read as guesses and each is verified, so
a reference that is checked 17 times a claim protects nothing; claims are never removed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

RARE = ("holder_id", "lease_until", "merged_into_id")


def upgrade() -> None:
    op.drop_index("ix_posts_claim_id", "posts")
    for name in RARE:
        op.drop_index(f"ix_claims_{name}", "claims")
        given = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_claims_{name}", "claims", [name], sqlite_where=given, postgresql_where=given)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_claim_bands_claim_id_claims", "claim_bands", type_="foreignkey")
    else:
        _made_anew()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.create_foreign_key("fk_claim_bands_claim_id_claims", "claim_bands", "claims", ["claim_id"], ["id"])
    else:
        _made_anew(sa.ForeignKey("claims.id"))
    for name in RARE:
        op.drop_index(f"ix_claims_{name}", "claims")
        op.create_index(f"ix_claims_{name}", "claims", [name])
    op.create_index("ix_posts_claim_id", "posts", ["claim_id"])


def _made_anew(*reference: sa.ForeignKey) -> None:
    """SQLite cannot drop or add a reference: the table is made again and its rows are copied."""
    op.rename_table("claim_bands", "claim_bands_before")
    op.create_table(
        "claim_bands",
        sa.Column("band", Big, nullable=False, autoincrement=False),
        sa.Column("claim_id", Big, *reference, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("band", "claim_id", name=op.f("pk_claim_bands")),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO claim_bands (band, claim_id) SELECT band, claim_id FROM claim_bands_before")
    op.drop_table("claim_bands_before")
