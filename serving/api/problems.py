"""Errors as ``application/problem+json`` (RFC 9457), and how an endpoint declares the ones it can answer with."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from serving.errors import SuluhError
from serving.i18n import Language, translate

MEDIA_TYPE = "application/problem+json"
PARTS_MAX = 50
WORDS_MAX = 200


class Problem(BaseModel):
    """One error, as every endpoint answers it."""

    type: str = Field(description="A stable address for this kind of error.", examples=["/problems/illegal-step"])
    title: str = Field(description="The kind of error, for programs.", examples=["illegal-step"])
    status: int = Field(description="The HTTP status.", examples=[409])
    detail: str = Field(description="One sentence for a person, in the language asked for.")
    request_id: str = Field(description="Quote this when you ask for help.")
    errors: list[dict[str, Any]] | None = Field(
        default=None, description="For input that does not fit: where, and why."
    )


def problem(error: SuluhError, language: Language, request_id: str) -> JSONResponse:
    """Answer with one error, and with the first ``PARTS_MAX`` things that were wrong where it names them."""
    body = Problem(
        type=f"/problems/{error.code}",
        title=error.code,
        status=error.status,
        detail=translate(language, error.message, **error.params),
        request_id=request_id,
        errors=[
            {"where": where, "why": translate(language, why.message, **why.params)[:WORDS_MAX]}
            for where, why in error.parts[:PARTS_MAX]
        ]
        or None,
    )
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if retry := getattr(error, "retry_after_s", None):
        headers["Retry-After"] = str(retry)
    return JSONResponse(
        body.model_dump(exclude_none=True), status_code=error.status, media_type=MEDIA_TYPE, headers=headers
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare, for OpenAPI, the errors that an endpoint can answer with; 401, 422, 429 and 500 always."""
    reasons = {
        400: "The request cannot be read.",
        401: "No key, or one that is unknown, expired or withdrawn.",
        403: "The key's holder may not do this.",
        404: "There is no such thing.",
        409: "Not possible in the present state.",
        413: "More than is taken at once.",
        415: "A media type that is not taken.",
        422: "The input does not fit; nothing was stored.",
        429: "Asked too often; see Retry-After.",
        500: "A fault of the service; quote the request id.",
        503: "A part that this needs is not there right now.",
    }
    schema = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": reasons[status], "content": schema}
        for status in sorted({401, 422, 429, 500, *statuses})
    }
