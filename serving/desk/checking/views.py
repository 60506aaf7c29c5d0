"""Questions to the queue that somebody asks every day, kept under a name of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from serving.db import views as rows
from serving.db.tables import QueueView
from serving.desk import audit
from serving.desk.checking.claims import READERS
from serving.desk.context import Context
from serving.errors import ConflictError, InvalidInputError, NotFoundError
from serving.i18n import mark

VIEWS_MAX: Final = 20
NAME_MAX_CHARS: Final = 80
ASKED: Final = ("state", "category", "band", "region", "source", "q")
"""What a view may ask, by the names that the queue's address has for it."""


class TooManyViewsError(ConflictError):
    """As many are kept already as one person may keep."""

    code = "too-many-views"


def listed(ctx: Context) -> Sequence[QueueView]:
    """Give one's own views by name."""
    return rows.views_of(ctx.session, ctx.require(*READERS))


def save(ctx: Context, name: str, asked: Mapping[str, str]) -> QueueView:
    """Keep a question under a name; the same name again takes the new question.

    Raises:
        InvalidInputError: no name, a name too long, or a question that asks nothing.
        TooManyViewsError: one keeps ``VIEWS_MAX`` already.
    """
    user_id = ctx.require(*READERS)
    called = " ".join(name.split())
    if not 1 <= len(called) <= NAME_MAX_CHARS:
        raise InvalidInputError(mark("Nama pandangan antara 1 dan {n} huruf."), n=NAME_MAX_CHARS)
    question = {key: asked[key] for key in ASKED if asked.get(key)}
    if not question:
        raise InvalidInputError(mark("Saring antrean dahulu; pandangan menyimpan saringannya."))
    mine = rows.views_of(ctx.session, user_id)
    row = next((view for view in mine if view.name == called), None)
    if row is None:
        if len(mine) >= VIEWS_MAX:
            raise TooManyViewsError(mark("Paling banyak {n} pandangan; lepas satu dahulu."), n=VIEWS_MAX)
        row = QueueView(user_id=user_id, name=called, asked=question, created_at=ctx.now)
        ctx.session.add(row)
    row.asked = question
    ctx.session.flush()
    audit.append(ctx, "view.save", "view", row.id)
    return row


def remove(ctx: Context, view_id: int) -> None:
    """Forget one of one's own views."""
    row = rows.view_of(ctx.session, ctx.require(*READERS), view_id)
    if row is None:
        raise NotFoundError(mark("Pandangan itu tidak ada."))
    ctx.session.delete(row)
    audit.append(ctx, "view.remove", "view", view_id)
