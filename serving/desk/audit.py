"""The tamper-evident record: every step, appended in the step's own transaction and chained by a keyed hash.

Each row's hash is HMAC-SHA-256, under a key that is not in the database, over the row before it and every field of its
own. Editing, removing or reordering a row breaks the chain at that row; cutting the tail contradicts the head. A row
that tells of an approval carries the hash of what was approved, and one of a file that of its bytes, so that words and
files changed behind the chain are found too.
What it does not stop is somebody who holds both the database and the secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass

from serving.db import Session
from serving.db import audit as rows
from serving.db.tables import AuditRow
from serving.desk import content
from serving.desk.context import Context

GENESIS = "0" * 64
# The steps by which two people's words come into force.
APPROVALS = frozenset({"clarification.publish", "clarification.revise", "campaign.approve"})
# The step by which a file came to stand beside a source, and what that file is called in ``content``.
ATTACHED = "evidence.attach"
EXHIBIT = "exhibit"


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold, and how."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """What verifying found."""

    n_rows: int
    breaks: tuple[Break, ...]

    @property
    def intact(self) -> bool:
        """Tell whether every row stands as it was written."""
        return not self.breaks


def _digest(key: bytes, row: AuditRow) -> str:
    fields = [row.seq, row.at, row.actor_id, row.action, row.entity, row.entity_id, row.detail, row.previous]
    message = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def append(ctx: Context, action: str, entity: str, entity_id: int | None = None, **detail: object) -> None:
    """Add one row in the transaction of the step that it tells of.

    Args:
        ctx: the step's surroundings.
        action: what was done, such as ``claim.take``.
        entity: the kind of thing, such as ``claim``.
        entity_id: which one.
        detail: what else a reader needs; never post text, names or addresses.
    """
    head = rows.lock_head(ctx.session)
    row = AuditRow(
        seq=head.seq + 1,
        at=ctx.now.isoformat(),
        actor_id=ctx.actor.user_id,
        action=action,
        entity=entity,
        entity_id=entity_id,
        detail=json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str),
        previous=head.hash,
    )
    row.hash = _digest(ctx.vault.audit_key, row)
    ctx.session.add(row)
    head.seq, head.hash = row.seq, row.hash
    ctx.session.flush()


@dataclass(frozen=True, slots=True)
class _Kept:
    """The newest row that tells of what stands of one thing, and the hash that it carries."""

    seq: int
    entity: str
    entity_id: int
    sha256: str


def _kept(row: AuditRow) -> _Kept | None:
    """Read the hash of what was recorded; nothing in rows of other steps, and in those written before it was kept."""
    if row.action not in APPROVALS | {ATTACHED}:
        return None
    try:
        detail = json.loads(row.detail)
    except ValueError:
        return None  # the row's own hash tells of it
    if not isinstance(detail, dict):
        return None
    is_file = row.action == ATTACHED
    entity, entity_id = (EXHIBIT, detail.get("evidence")) if is_file else (row.entity, row.entity_id)
    sha256 = detail.get("sha256")
    if not isinstance(sha256, str) or not isinstance(entity_id, int):
        return None
    return _Kept(row.seq, entity, entity_id, sha256)


def _changed_content(session: Session, kept: Iterable[_Kept]) -> list[Break]:
    breaks = []
    for each in kept:
        now = content.standing(session, each.entity, each.entity_id)
        if now is None:
            breaks.append(Break(each.seq, f"{each.entity} {each.entity_id}, recorded here, is gone"))
        elif now != each.sha256:
            breaks.append(Break(each.seq, f"{each.entity} {each.entity_id} is no longer what was recorded here"))
    return breaks


def verify(session: Session, key: bytes) -> Report:
    """Walk the whole chain and say which rows were edited, removed or moved, and what changed behind it.

    The walk sees one moment of what is committed: a step taken meanwhile is no finding.

    Args:
        session: a session; what it has not committed is not seen.
        key: ``Vault.audit_key``.
    """
    with rows.snapshot(session) as seen:
        return _walk(seen, key)


def _walk(session: Session, key: bytes) -> Report:
    breaks: list[Break] = []
    kept: dict[tuple[str, int], _Kept] = {}
    previous, expected, n = GENESIS, 1, 0
    for row in rows.rows_in_order(session):
        n += 1
        if row.seq != expected:
            breaks.append(Break(expected, f"rows {expected} to {row.seq - 1} are missing"))
        elif row.previous != previous:
            breaks.append(Break(row.seq, "does not follow the row before it (moved, or its neighbour was replaced)"))
        if _digest(key, row) != row.hash:
            breaks.append(Break(row.seq, "was edited, or another secret is configured"))
        if found := _kept(row):
            kept[found.entity, found.entity_id] = found
        previous, expected = row.hash, row.seq + 1
    head = rows.head(session)
    if head is None:
        breaks.append(Break(expected - 1, "the head of the chain was removed"))
    elif (head.seq, head.hash) != (expected - 1, previous):
        breaks.append(Break(expected, f"the chain ends at {expected - 1} but its head says {head.seq}"))
    breaks.extend(_changed_content(session, kept.values()))
    return Report(n, tuple(breaks))
