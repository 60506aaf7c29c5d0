"""Run migrations on the engine that the caller hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from serving.db.tables import Base
from serving.db.types import UtcTime, Word


def render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types so that an old migration still runs after they change."""
    if kind == "type" and isinstance(item, UtcTime):
        autogen.imports.add("from serving.db.types import UtcTime")
        return "UtcTime()"
    if kind == "type" and isinstance(item, Word):
        return "sa.String(40)"
    return False


engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_item=render)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
