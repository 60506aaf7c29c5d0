"""Files beside sources."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response, UploadFile
from pydantic import BaseModel

from serving.api.problems import problems
from serving.deps import ApiContext
from serving.desk.checking import exhibits
from serving.inputs import ID_MAX, Id
from serving.parts import Router

router = Router(tags=["review"])
PathId = Annotated[Id, Path(le=ID_MAX)]
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "The file, as a download."}
}


class ExhibitOut(BaseModel):
    """A file beside a source."""

    evidence_id: int
    media_type: str
    size_bytes: int
    sha256: str


@router.post("/claims/{claim_id}/evidence/{evidence_id}/file", status_code=201, responses=problems(403, 404, 409, 413))
def attach_file(ctx: ApiContext, claim_id: PathId, evidence_id: PathId, file: UploadFile) -> ExhibitOut:
    """Put a file beside a source of a claim that one holds: PDF, PNG, JPEG or text, 4 MB at most, one a source."""
    content = file.file.read(exhibits.SIZE_MAX_BYTES + 1)
    return ExhibitOut.model_validate(exhibits.attach(ctx, claim_id, evidence_id, content), from_attributes=True)


@router.get(
    "/claims/{claim_id}/evidence/{evidence_id}/file",
    responses=problems(403, 404, 409) | FILE,
    response_class=Response,
)
def read_file(ctx: ApiContext, claim_id: PathId, evidence_id: PathId) -> Response:
    """Download the file beside a source; 409 where it is no longer the one that was put there."""
    handed = exhibits.read(ctx, claim_id, evidence_id)
    name = f'attachment; filename="{handed.name}"'
    return Response(handed.content, media_type=handed.media_type, headers={"content-disposition": name})
