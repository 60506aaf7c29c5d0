"""What a person types is kept every few seconds, for them alone, until they save it or throw it away.

It is no draft of the claim: nobody else reads it, no rule looks at it, and it needs no lease, so that neither a lease
that ran out nor a session that ended takes words away. The record has one row when somebody begins to type about a
claim and one when they throw it away; each keystroke would be noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from serving.db import review as claim_rows
from serving.db import typed as rows
from serving.db.tables import TypedDraft
from serving.desk import audit
from serving.desk.checking.leases import renew
from serving.desk.context import Context
from serving.errors import InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import Gate, Role

KEPT_FOR: Final = timedelta(days=7)
TEXT_MAX_CHARS: Final = 20_000
FIELDS: Final = frozenset(
    {
        *(gate.value for gate in Gate), "verdict", "category", "political", "redacted", "wording", "title", "body",
        "topic", "source_kind", "source_url", "source_title", "source_publisher", "source_quote",
        "source_archived_url", "reason", "note", "to", "dismiss_as", "shown",
    }
)  # fmt: skip
"""The fields of a claim's form that hold what a person thinks or writes; `shown` names the open stations."""


def _fitting(fields: Mapping[str, str]) -> dict[str, str]:
    if strange := sorted(fields.keys() - FIELDS):
        raise InvalidInputError(mark("Isian “{name}” tidak dikenal."), name=strange[0])
    if too_long := next((name for name, text in fields.items() if len(text) > TEXT_MAX_CHARS), None):
        raise InvalidInputError(mark("Isian “{name}” terlalu panjang untuk disimpan."), name=too_long)
    return dict(fields)


def keep(ctx: Context, claim_id: int, fields: Mapping[str, str], on_version: int) -> TypedDraft:
    """Keep what stands in the form; whoever holds the claim holds it on, because they are at work.

    Args:
        ctx: the step's surroundings.
        claim_id: the claim.
        fields: what stands in each field that was shown; see ``FIELDS``.
        on_version: the version of the draft that is on the screen, 0 before the first.

    Raises:
        InvalidInputError: a field that no form has, or more text than one holds.
        NotFoundError: there is no such claim.
    """
    user_id = ctx.require(Role.CHECKER)
    fitting = _fitting(fields)
    if claim_rows.claim(ctx.session, claim_id) is None:
        raise NotFoundError(mark("Klaim itu tidak ada."))
    renew(ctx, claim_id, user_id)
    row = rows.typed(ctx.session, user_id, claim_id)
    if row is None:
        row = TypedDraft(user_id=user_id, claim_id=claim_id, fields=fitting, on_version=on_version, typed_at=ctx.now)
        ctx.session.add(row)
        audit.append(ctx, "claim.type", "claim", claim_id)
    row.fields, row.on_version, row.typed_at = fitting, on_version, ctx.now
    ctx.session.flush()
    return row


def kept(ctx: Context, claim_id: int) -> TypedDraft | None:
    """Give what the reader has typed about a claim and not saved; nothing where there is none."""
    if ctx.actor.user_id is None or not ctx.actor.may(Role.CHECKER):
        return None
    return rows.typed(ctx.session, ctx.actor.user_id, claim_id)


def saved(ctx: Context, claim_id: int, rest: Mapping[str, str]) -> None:
    """Say that a form was saved: what it stored is forgotten here, and what it did not store stays."""
    row = kept(ctx, claim_id)
    left = {name: text for name, text in rest.items() if text}
    if left:
        draft = claim_rows.draft(ctx.session, claim_id)
        keep(ctx, claim_id, left, draft.version if draft else 0)
    elif row is not None:
        ctx.session.delete(row)
        ctx.session.flush()


def throw_away(ctx: Context, claim_id: int) -> None:
    """Forget what one has typed about a claim; raise where there is nothing."""
    ctx.require(Role.CHECKER)
    row = kept(ctx, claim_id)
    if row is None:
        raise NotFoundError(mark("Tidak ada ketikan Anda yang tersimpan untuk klaim ini."))
    ctx.session.delete(row)
    audit.append(ctx, "claim.discard_typed", "claim", claim_id)


def forget_old(ctx: Context) -> int:
    """Remove what nobody has typed on for ``KEPT_FOR``; give how many were removed."""
    n = rows.forget_before(ctx.session, ctx.now - KEPT_FOR)
    if n:
        audit.append(ctx, "typed.forget", "typed", n=n)
    return n
