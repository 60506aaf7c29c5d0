"""Chats that people linked, to hear of offers there and to answer them, and which messages from there were taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.types import Big, UtcTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_links",
        sa.Column(
            "influencer_id",
            Big,
            sa.ForeignKey("influencers.id", name=op.f("fk_chat_links_influencer_id_influencers"), ondelete="CASCADE"),
            nullable=False,
            autoincrement=False,
        ),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("sealed_address", sa.LargeBinary(), nullable=True),
        sa.Column("address_hash", sa.String(64), nullable=True),
        sa.Column("linked_at", UtcTime(), nullable=True),
        sa.Column("code_hash", sa.String(64), nullable=True),
        sa.Column("code_until", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("influencer_id", "channel", name=op.f("pk_chat_links")),
        sa.UniqueConstraint("channel", "address_hash", name=op.f("uq_chat_links_channel_address_hash")),
        sa.CheckConstraint(
            "(sealed_address IS NULL) = (address_hash IS NULL)", name=op.f("ck_chat_links_address_whole")
        ),
    )
    op.create_index(op.f("ix_chat_links_code_hash"), "chat_links", ["code_hash"])
    op.create_table(
        "chat_updates",
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "key", name=op.f("pk_chat_updates")),
    )
    op.create_index(op.f("ix_chat_updates_at"), "chat_updates", ["at"])


def downgrade() -> None:
    op.drop_table("chat_updates")
    op.drop_table("chat_links")
