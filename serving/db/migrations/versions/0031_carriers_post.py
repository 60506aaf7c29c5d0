"""Who carries a short link is whoever posted, no longer whoever said yes: counts of the old kind begin anew."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Which of those who said yes posted is not kept by province; until ten have, their clicks are hidden.
    op.execute("UPDATE short_links SET n_carriers = 0")
