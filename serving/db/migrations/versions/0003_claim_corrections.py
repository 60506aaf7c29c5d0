"""People correct which posts make one claim: what they did is kept for good, and each post knows its cluster."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLE = "claim_corrections"


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Said in SQL, because SQLite takes a new column with its reference but no reference afterwards.
    op.execute(
        "ALTER TABLE posts ADD COLUMN cluster_id BIGINT CONSTRAINT fk_posts_cluster_id_claims REFERENCES claims (id)"
    )
    some = sa.text("cluster_id IS NOT NULL")
    op.create_index("ix_posts_cluster", "posts", ["cluster_id"], sqlite_where=some, postgresql_where=some)
    op.create_index(op.f("ix_claims_merged_into_id"), "claims", ["merged_into_id"], unique=False)
    op.create_table(
        TABLE,
        sa.Column("id", _number(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("claim_id", _number(), nullable=False),
        sa.Column("other_id", _number(), nullable=False),
        sa.Column("n_posts", _number(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("corrected_by_id", _number(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.CheckConstraint("claim_id <> other_id", name=op.f("ck_claim_corrections_two_claims")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_corrections_claim_id_claims")),
        sa.ForeignKeyConstraint(["other_id"], ["claims.id"], name=op.f("fk_claim_corrections_other_id_claims")),
        sa.ForeignKeyConstraint(
            ["corrected_by_id"], ["users.id"], name=op.f("fk_claim_corrections_corrected_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_corrections")),
    )
    op.create_index(op.f("ix_claim_corrections_claim_id"), TABLE, ["claim_id"], unique=False)
    op.create_index(op.f("ix_claim_corrections_other_id"), TABLE, ["other_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )


def downgrade() -> None:
    op.drop_table(TABLE)  # its triggers go with it
    op.drop_index(op.f("ix_claims_merged_into_id"), table_name="claims")
    op.drop_index("ix_posts_cluster", table_name="posts")
    # SQLite drops no column that is part of a reference; there the table is copied without it.
    with op.batch_alter_table("posts") as posts:
        posts.drop_column("cluster_id")
