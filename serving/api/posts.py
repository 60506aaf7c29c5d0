"""Posts in: a batch is checked and made anonymous at once, kept in the inbox, and taken in by the worker."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from collections.abc import Iterator
from typing import Annotated, Any, NoReturn

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.api.rows import PostIn, read_row
from serving.db import inbox
from serving.deps import ApiContext, LanguageDep
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.posts import anonymous
from serving.errors import ConflictError, InvalidInputError, NotFoundError, SuluhError, TooLargeError
from serving.i18n import Language, mark, translate
from serving.vocabulary import Role

router = APIRouter(tags=["posts"])
NDJSON = "application/x-ndjson"
REJECTED_SHOWN = 100
PUSHERS = (Role.CHECKER, Role.ENGINEER, Role.ADMIN)


class UnreadableError(SuluhError):
    """The body is not what its media type says."""

    status = 400
    code = "unreadable"


class MediaTypeError(SuluhError):
    """The body is of a type that is not taken."""

    status = 415
    code = "media-type"


class NothingAcceptedError(InvalidInputError):
    """Every row was refused."""

    code = "nothing-accepted"


class KeyReusedError(ConflictError):
    """An ``Idempotency-Key`` came with another body than the first time."""

    code = "idempotency-key-reused"


class RejectedRow(BaseModel):
    """One row that was not taken."""

    line: int = Field(description="Which row, from 1; for NDJSON the line.")
    reason: str


class PostsAccepted(BaseModel):
    """What became of a batch."""

    batch: str = Field(description="Ask GET /v1/posts/batches/{batch} how much of it still waits.")
    accepted: int
    n_rejected: int
    rejected: list[RejectedRow] = Field(description=f"The first {REJECTED_SHOWN}.")


class BatchState(BaseModel):
    """How much of a batch is still to be taken in."""

    batch: str
    waiting: int


class PostsIn(BaseModel):
    """A batch of posts."""

    posts: list[PostIn]


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Put each definition where it is named: a body that is read by hand has no place among the components."""
    definitions = schema.pop("$defs", {})

    def put(part: Any) -> Any:
        if isinstance(part, list):
            return [put(item) for item in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return put(definitions[part["$ref"].rpartition("/")[2]])
        return {name: put(item) for name, item in part.items()}

    inlined: dict[str, Any] = put(schema)
    return inlined


async def _body(request: Request) -> bytes:
    return await request.body()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number out of range")
    return number


def _json(text: str) -> Any:
    """Read JSON as the standard has it: no NaN, no Infinity, and no depth that exhausts the reader."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(mark("JSON tidak dapat dibaca: {why}"), why=str(error)[:200]) from None


def _rows(body: bytes, media_type: str) -> Iterator[tuple[int, Any]]:
    """Give each row with its number; a line of NDJSON that cannot be read is given as its error."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError(mark("Isi harus UTF-8.")) from None
    if media_type == "application/json":
        document = _json(text)
        posts = document.get("posts") if isinstance(document, dict) else None
        if not isinstance(posts, list) or set(document) != {"posts"}:
            raise InvalidInputError(mark("Isi harus berbentuk: posts, sebuah daftar."))
        yield from enumerate(posts, start=1)
    elif media_type in {NDJSON, "application/ndjson", "application/jsonl"}:
        # Only line feeds end a line of NDJSON; str.splitlines would also break at marks inside a text.
        for line, row in enumerate(text.split("\n"), start=1):
            if row.strip():
                try:
                    yield line, _json(row)
                except UnreadableError as error:
                    yield line, error
    else:
        raise MediaTypeError(mark("Kirim application/json atau application/x-ndjson."))


def _new_batch(ctx: Context) -> str:
    """Name a batch so that a made-up name is known without keeping every name."""
    name = secrets.token_hex(8)
    return name + ctx.vault.pseudonym("batch", name)[:16]


def _is_batch(ctx: Context, name: str) -> bool:
    return len(name) == 32 and ctx.vault.pseudonym("batch", name[:16])[:16] == name[16:]


@router.post(
    "/posts",
    status_code=202,
    response_model=PostsAccepted,
    responses=problems(400, 403, 409, 413, 415),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _inlined(PostsIn.model_json_schema())},
                NDJSON: {"schema": {"type": "string", "description": "One post a line."}},
            },
        }
    },
)
def push_posts(  # noqa: PLR0913, PLR0917 - each is one part of the request
    ctx: ApiContext,
    request: Request,
    response: Response,
    language: LanguageDep,
    body: Annotated[bytes, Depends(_body)],
    idempotency_key: Annotated[
        str | None,
        Header(
            pattern=r"^[!-~]{1,255}$",
            description="Sent again with the same body, the first answer is given again.",
        ),
    ] = None,
) -> PostsAccepted:
    """Push posts, at most 5,000 a request. Good rows go in, bad ones are named; where none is good, 422."""
    user_id = ctx.require(*PUSHERS)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if idempotency_key is None:
        return _accept(ctx, body, media_type, language)
    request_hash = hashlib.sha256(media_type.encode() + b"\0" + body).hexdigest()
    if not inbox.reserve_answer(ctx.session, user_id, idempotency_key, request_hash, ctx.now):
        kept = inbox.kept_answer(ctx.session, user_id, idempotency_key)
        if kept is None or kept.request_hash != request_hash:
            raise KeyReusedError(mark("Idempotency-Key ini sudah dipakai untuk isi yang lain."))
        response.headers["idempotent-replayed"] = "true"
        return PostsAccepted.model_validate(kept.body)
    answer = _accept(ctx, body, media_type, language)
    kept = inbox.kept_answer(ctx.session, user_id, idempotency_key)
    if kept is not None:
        kept.status, kept.body = 202, answer.model_dump()
    return answer


def _accept(ctx: Context, body: bytes, media_type: str, language: Language) -> PostsAccepted:
    limit = ctx.settings.max_posts_per_request
    accepted: list[dict[str, Any]] = []
    rejected: list[RejectedRow] = []
    for n, (line, row) in enumerate(_rows(body, media_type), start=1):
        if n > limit:
            raise TooLargeError(mark("Paling banyak {n} kiriman sekaligus."), n=limit)
        try:
            if isinstance(row, SuluhError):
                raise row
            post = anonymous(read_row(row), ctx.vault, ctx.now, ctx.settings.max_text_chars)
            accepted.append(post.as_row())
        except SuluhError as error:
            rejected.append(RejectedRow(line=line, reason=translate(language, error.message, **error.params)))
    if not accepted:
        first = f"{rejected[0].line}: {rejected[0].reason}" if rejected else "-"
        raise NothingAcceptedError(mark("Tidak satu pun kiriman dapat diterima; yang pertama: {first}"), first=first)
    batch = _new_batch(ctx)
    inbox.put(ctx.session, batch, accepted, ctx.now)
    audit.append(ctx, "posts.push", "batch", accepted=len(accepted), rejected=len(rejected), batch=batch)
    return PostsAccepted(
        batch=batch, accepted=len(accepted), n_rejected=len(rejected), rejected=rejected[:REJECTED_SHOWN]
    )


@router.get("/posts/batches/{batch}", responses=problems(403, 404))
def batch_state(ctx: ApiContext, batch: str) -> BatchState:
    """Tell how many posts of a batch still wait to be taken in; 0 when all are in."""
    ctx.require(*PUSHERS)
    if not batch.isascii() or not _is_batch(ctx, batch):
        raise NotFoundError(mark("Kelompok kiriman itu tidak ada."))
    return BatchState(batch=batch, waiting=inbox.n_waiting(ctx.session, batch))
