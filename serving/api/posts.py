"""Posts in: a batch is checked and made anonymous at once, kept in the inbox, and taken in by the worker."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.deps import ApiContext, LanguageDep
from serving.desk.context import Context
from serving.desk.incoming import pushing
from serving.desk.incoming.posts import NewPost
from serving.errors import MediaTypeError, SuluhError
from serving.i18n import Language, mark, translate
from serving.parts import Router
from serving.rows import PostIn, as_text, lines, listed, read_json, read_post

router = Router(tags=["posts"])
NDJSON = "application/x-ndjson"
REJECTED_SHOWN = 100
ACCEPTED = 202


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


def _rows(body: bytes, media_type: str) -> Iterator[tuple[int, Any]]:
    """Give each row with its number; a line of NDJSON that cannot be read is given as its error."""
    text = as_text(body)
    if media_type == "application/json":
        yield from enumerate(listed(read_json(text), "posts"), start=1)
    elif media_type in {NDJSON, "application/ndjson", "application/jsonl"}:
        yield from lines(text)
    else:
        raise MediaTypeError(mark("Kirim application/json atau application/x-ndjson."))


def _posts(body: bytes, media_type: str) -> Iterator[tuple[int, NewPost | SuluhError]]:
    for line, row in _rows(body, media_type):
        try:
            yield line, row if isinstance(row, SuluhError) else read_post(row)
        except SuluhError as error:
            yield line, error


@router.post(
    "/posts",
    status_code=ACCEPTED,
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
def push_posts(
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
    ctx.require(*pushing.PUSHERS)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if idempotency_key is None:
        return _accept(ctx, body, media_type, language)
    request_hash = hashlib.sha256(media_type.encode() + b"\0" + body).hexdigest()
    if before := pushing.answered_before(ctx, idempotency_key, request_hash):
        response.headers["idempotent-replayed"] = "true"
        return PostsAccepted.model_validate(before)
    answer = _accept(ctx, body, media_type, language)
    pushing.keep_answer(ctx, idempotency_key, ACCEPTED, answer.model_dump())
    return answer


def _accept(ctx: Context, body: bytes, media_type: str, language: Language) -> PostsAccepted:
    pushed = pushing.push(ctx, _posts(body, media_type))
    rejected = [
        RejectedRow(line=row.line, reason=translate(language, row.error.message, **row.error.params))
        for row in pushed.rejected[:REJECTED_SHOWN]
    ]
    return PostsAccepted(
        batch=pushed.batch, accepted=pushed.n_accepted, n_rejected=len(pushed.rejected), rejected=rejected
    )


@router.get("/posts/batches/{batch}", responses=problems(403, 404))
def batch_state(ctx: ApiContext, batch: str) -> BatchState:
    """Tell how many posts of a batch still wait to be taken in; 0 when all are in."""
    return BatchState(batch=batch, waiting=pushing.n_waiting(ctx, batch))
