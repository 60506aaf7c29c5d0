"""What two people approved stays as it was: words and captions are only ever added; official accounts; news has a category.

A row that somebody edits after dropping its trigger is found by `suluh audit verify`, which holds the newest approved
content against the hash in the chain.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FIXED = ("clarification_versions", "captions")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "official_accounts",
        sa.Column("id", _number(), nullable=False),
        sa.Column("platform", sa.String(40), nullable=False),
        sa.Column("host", sa.String(253), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("added_by_id", _number(), nullable=True),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["added_by_id"], ["users.id"], name=op.f("fk_official_accounts_added_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_accounts")),
        sa.UniqueConstraint("platform", "host", "path", name=op.f("uq_official_accounts_platform_host_path")),
    )
    op.add_column("deliveries", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE deliveries SET failures = attempts")
    op.add_column("campaigns", sa.Column("category", sa.String(40), nullable=False, server_default="lain"))
    op.execute(
        "UPDATE campaigns SET category = (SELECT category FROM clarifications WHERE clarifications.id = clarification_id)"
        " WHERE clarification_id IS NOT NULL"
    )
    op.add_column("campaigns", sa.Column("caption_edition", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("captions") as captions:
        captions.add_column(sa.Column("edition", sa.Integer(), nullable=False, server_default="1"))
        captions.drop_constraint("uq_captions_campaign_id_platform_variant", type_="unique")
        captions.create_unique_constraint(
            "uq_captions_campaign_id_edition_platform_variant", ["campaign_id", "edition", "platform", "variant"]
        )
    for table in FIXED:
        _fix(table)


def _fix(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _loosen(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        return
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER {table}_no_{verb}")


def downgrade() -> None:
    for table in FIXED:
        _loosen(table)
    # Before there were editions only the newest captions were kept.
    op.execute(
        "DELETE FROM captions WHERE edition <> (SELECT caption_edition FROM campaigns WHERE campaigns.id = campaign_id)"
    )
    with op.batch_alter_table("captions") as captions:
        captions.drop_constraint("uq_captions_campaign_id_edition_platform_variant", type_="unique")
        captions.drop_column("edition")
        captions.create_unique_constraint(
            "uq_captions_campaign_id_platform_variant", ["campaign_id", "platform", "variant"]
        )
    op.drop_column("campaigns", "caption_edition")
    op.drop_column("campaigns", "category")
    op.drop_column("deliveries", "failures")
    op.drop_table("official_accounts")
