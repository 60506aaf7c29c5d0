"""Posts that somebody brings: checked and made anonymous at once, kept in the inbox, and taken in by the worker."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from serving.db import inbox
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.incoming.posts import NewPost, anonymous
from serving.errors import ConflictError, InvalidInputError, NotFoundError, SuluhError, TooLargeError
from serving.i18n import mark
from serving.vocabulary import Role

PUSHERS: Final = (Role.CHECKER, Role.ENGINEER, Role.ADMIN)
_NAME_CHARS: Final = 16  # of a batch: as many drawn at random, and as many that prove that we drew them


class NothingAcceptedError(InvalidInputError):
    """Every row was refused."""

    code = "nothing-accepted"


class KeyReusedError(ConflictError):
    """An ``Idempotency-Key`` came with another body than the first time."""

    code = "idempotency-key-reused"


@dataclass(frozen=True, slots=True)
class Rejected:
    """One row that was not taken, by its line from 1."""

    line: int
    error: SuluhError


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a batch."""

    batch: str
    n_accepted: int
    rejected: tuple[Rejected, ...]


def push(ctx: Context, rows: Iterable[tuple[int, NewPost | SuluhError]]) -> Pushed:
    """Keep a batch of posts until the worker takes them in. Good rows go in, bad ones are named.

    Args:
        ctx: the step's surroundings; its person may push.
        rows: each with its line: a post as it was read, or the error why it could not be.

    Raises:
        NothingAcceptedError: none of them is good; nothing is kept.
        TooLargeError: there are more than the settings allow at once.
    """
    ctx.require(*PUSHERS)
    limit = ctx.settings.max_posts_per_request
    accepted: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    for n, (line, row) in enumerate(rows, start=1):
        if n > limit:
            raise TooLargeError(mark("Paling banyak {n} kiriman sekaligus."), n=limit)
        try:
            if isinstance(row, SuluhError):
                raise row
            accepted.append(anonymous(row, ctx.vault, ctx.now, ctx.settings.max_text_chars).as_row())
        except SuluhError as error:
            rejected.append(Rejected(line, error))
    if not accepted:
        raise _nothing_accepted(rejected)
    batch = _new_batch(ctx)
    inbox.put(ctx.session, batch, accepted, ctx.now)
    audit.append(ctx, "posts.push", "batch", accepted=len(accepted), rejected=len(rejected), batch=batch)
    return Pushed(batch, len(accepted), tuple(rejected))


def _nothing_accepted(rejected: Sequence[Rejected]) -> NothingAcceptedError:
    """Name each row that was refused; the first stands in the sentence."""
    if not rejected:
        return NothingAcceptedError(mark("Tidak ada kiriman di dalamnya; kirim sedikitnya satu."))
    first = rejected[0]
    refused = NothingAcceptedError(
        mark("Tidak satu pun dari {n} kiriman dapat diterima; yang pertama, baris {line}: {why}"),
        n=len(rejected),
        line=first.line,
        why=first.error,
    )
    return refused.of((f"line/{row.line}", row.error) for row in rejected)


def n_waiting(ctx: Context, batch: str) -> int:
    """Count the posts of a batch that still wait to be taken in; raise where the name is none that we gave."""
    ctx.require(*PUSHERS)
    if not batch.isascii() or not _is_batch(ctx, batch):
        raise NotFoundError(mark("Kelompok kiriman itu tidak ada."))
    return inbox.n_waiting(ctx.session, batch)


def _new_batch(ctx: Context) -> str:
    """Name a batch so that a made-up name is known without keeping every name."""
    name = secrets.token_hex(_NAME_CHARS // 2)
    return name + ctx.vault.pseudonym("batch", name)[:_NAME_CHARS]


def _is_batch(ctx: Context, name: str) -> bool:
    drawn, proof = name[:_NAME_CHARS], name[_NAME_CHARS:]
    return len(name) == 2 * _NAME_CHARS and ctx.vault.pseudonym("batch", drawn)[:_NAME_CHARS] == proof


# ---- the same request again --------------------------------------------------------------------------------------


def answered_before(ctx: Context, key: str, request_hash: str) -> dict[str, Any] | None:
    """Give what was answered to this key and body, or claim the key for the answer to come.

    Raises:
        KeyReusedError: the key came with another body before.
    """
    user_id = ctx.require(*PUSHERS)
    if inbox.reserve_answer(ctx.session, user_id, key, request_hash, ctx.now):
        return None
    kept = inbox.kept_answer(ctx.session, user_id, key)
    if kept is None or kept.request_hash != request_hash:
        raise KeyReusedError(mark("Idempotency-Key ini sudah dipakai untuk isi yang lain."))
    return kept.body


def keep_answer(ctx: Context, key: str, status: int, body: dict[str, Any]) -> None:
    """Keep what was answered to a key that ``answered_before`` claimed."""
    kept = inbox.kept_answer(ctx.session, ctx.require(*PUSHERS), key)
    if kept is not None:
        kept.status, kept.body = status, body
