"""Reading the record of every step: newest first, and whether the chain holds."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from serving.db import audit as rows
from serving.db import people
from serving.db.tables import AuditRow
from serving.desk import audit
from serving.desk.checking import approval
from serving.desk.context import Context
from serving.vocabulary import Role

READERS = (Role.ADMIN, Role.ENGINEER)
CLAIM: Final = "claim"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the record; ``actor`` is empty where the service itself acted, ``at`` where it is not a time.

    A row that was tampered with must still be shown: that is when people look. ``hidden`` where its detail is kept from
    a reader who may have to decide on that claim and has not said yet what they think of it.
    """

    seq: int
    at: datetime | None
    actor: str
    action: str
    entity: str
    entity_id: int | None
    detail: dict[str, Any]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps, newest first, and the number before which the next page begins."""

    rows: Sequence[Step]
    before: int | None


def steps(
    ctx: Context,
    *,
    entity: str | None = None,
    entity_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Steps:
    """Give a page of the record, of everything or of one thing."""
    ctx.require(*READERS)
    found = rows.recent(ctx.session, entity=entity, entity_id=entity_id, before=before, limit=limit + 1)
    page = found[:limit]
    names = people.names(ctx.session, (row.actor_id for row in page if row.actor_id is not None))
    blind = approval.blind_to(ctx, {row.entity_id for row in page if row.entity == CLAIM and row.entity_id is not None})
    shown = [_veiled(readable(row, names), blind) for row in page]
    return Steps(shown, page[-1].seq if len(found) > limit else None)


def _veiled(step: Step, blind: Collection[int]) -> Step:
    """Take the detail out of a step about a claim whose draft is hidden: it may name the drafted verdict."""
    is_hidden = step.entity == CLAIM and step.entity_id in blind
    return replace(step, detail={}, hidden=True) if is_hidden else step


def readable(row: AuditRow, names: Mapping[int, str]) -> Step:
    """Give one row of the record as people read it."""
    return Step(
        seq=row.seq,
        at=_moment(row.at),
        actor="" if row.actor_id is None else names.get(row.actor_id, f"#{row.actor_id}"),
        action=row.action,
        entity=row.entity,
        entity_id=row.entity_id,
        detail=_detail(row.detail),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _detail(text: str) -> dict[str, Any]:
    try:
        detail = json.loads(text)
    except ValueError:
        return {"?": text}
    return detail if isinstance(detail, dict) else {"?": text}


def check(ctx: Context) -> audit.Report:
    """Walk the whole chain and say whether it holds; reads every row."""
    ctx.require(*READERS)
    return audit.verify(ctx.session, ctx.vault.audit_key)
