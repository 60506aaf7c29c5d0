"""Files beside sources, from the claim's page."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, File, Response, UploadFile

from serving.console.claim_page import DoorDep, PathId
from serving.console.forms import attempt
from serving.console.pages import redirect
from serving.desk.checking import exhibits
from serving.i18n import mark
from serving.parts import Router

router = Router()


def sent_file(berkas: Annotated[UploadFile | None, File()] = None) -> bytes:
    """Give the file's bytes, one more than may be kept at most; nothing where none was chosen."""
    return berkas.file.read(exhibits.SIZE_MAX_BYTES + 1) if berkas is not None else b""


@router.post("/klaim/{claim_id}/sumber/{evidence_id}/berkas")
def attach(
    door: DoorDep, claim_id: PathId, evidence_id: PathId, content: Annotated[bytes, Depends(sent_file)]
) -> Response:
    """Put a file beside a source."""
    if error := attempt(door.ctx, lambda: exhibits.attach(door.ctx, claim_id, evidence_id, content)):
        return door.page(claim_id, None, error)
    return redirect(door.request, f"/klaim/{claim_id}#keputusan", mark("Berkas disimpan bersama sidiknya."))


@router.get("/klaim/{claim_id}/sumber/{evidence_id}/berkas")
def read(door: DoorDep, claim_id: PathId, evidence_id: PathId) -> Response:
    """Hand the file out, as a download only."""
    handed = exhibits.read(door.ctx, claim_id, evidence_id)
    name = f'attachment; filename="{handed.name}"'
    return Response(handed.content, media_type=handed.media_type, headers={"content-disposition": name})
