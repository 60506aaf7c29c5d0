"""Files beside a source: a copy of what was read, so that it can be read again when the address is gone.

What a file is, is told by its first bytes and not by its name, against a short list, and it is only ever handed out as
a download. The hash is worked out once and kept, in the row and in the audit: ``read`` finds bytes that are not those
of their row, and ``audit.verify`` a row that was exchanged whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from serving.db import exhibits as rows
from serving.db import review
from serving.db.tables import Exhibit
from serving.desk import audit
from serving.desk.checking import golden
from serving.desk.checking.claims import READERS
from serving.desk.checking.evidence import draft_of
from serving.desk.checking.leases import held
from serving.desk.context import Context
from serving.errors import ConflictError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import Role

SIZE_MAX_BYTES: Final = 4_000_000
# What a file begins with, and the type and ending under which it is handed out.
_BEGINNINGS: Final[Mapping[bytes, tuple[str, str]]] = {
    b"%PDF-": ("application/pdf", "pdf"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
}
_TEXT: Final = ("text/plain", "txt")
_CONTROLS: Final = frozenset(range(32)) - {9, 10, 13}


class NotTakenError(InvalidInputError):
    """The file is of a kind that is not taken, empty or too large."""

    code = "exhibit"


class ExchangedError(ConflictError):
    """What is stored is not what was put there."""

    code = "exhibit-exchanged"


@dataclass(frozen=True, slots=True)
class Kind:
    """A media type and the ending that its files have."""

    media_type: str
    ending: str


def kind_of(content: bytes) -> Kind:
    """Tell what a file is: PDF, PNG, JPEG, or text in UTF-8.

    Raises:
        NotTakenError: it is empty, larger than ``SIZE_MAX_BYTES``, or anything else.
    """
    if not content:
        raise NotTakenError(mark("Pilih dahulu berkasnya; yang kosong tidak disimpan."))
    if len(content) > SIZE_MAX_BYTES:
        raise NotTakenError(mark("Berkas lebih dari {n} MB."), n=SIZE_MAX_BYTES // 1_000_000)
    for beginning, found in _BEGINNINGS.items():
        if content.startswith(beginning):
            return Kind(*found)
    if _is_text(content):
        return Kind(*_TEXT)
    raise NotTakenError(mark("Berkas harus PDF, PNG, JPEG, atau teks biasa (UTF-8)."))


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return _CONTROLS.isdisjoint(content)


def attach(ctx: Context, claim_id: int, evidence_id: int, content: bytes) -> Exhibit:
    """Put a file beside a source of a claim that one holds; each source has one file at most.

    Raises:
        ConflictError: the source has a file.
        NotTakenError: the file is of no kind that is taken.
    """
    user_id = ctx.require(Role.CHECKER)
    claim = held(ctx, claim_id, user_id)
    source = review.evidence_row(ctx.session, claim_id, evidence_id)
    if source is None or source.removed_at is not None:
        raise NotFoundError(mark("Sumber itu tidak ada."))
    if rows.facts(ctx.session, [evidence_id]):
        raise ConflictError(mark("Sumber ini sudah punya berkas; lepas sumbernya bila berkasnya keliru."))
    kind = kind_of(content)
    draft_of(ctx, claim, user_id)
    row = Exhibit(
        evidence_id=evidence_id,
        media_type=kind.media_type,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        added_by_id=user_id,
        added_at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    audit.append(ctx, audit.ATTACHED, "claim", claim_id, evidence=evidence_id, sha256=row.sha256, size=row.size_bytes)
    return row


@dataclass(frozen=True, slots=True)
class Handed:
    """A file as it is handed out."""

    name: str
    media_type: str
    sha256: str
    content: bytes


def read(ctx: Context, claim_id: int, evidence_id: int) -> Handed:
    """Give the file beside a source to a reader of the desk, also where the source was taken away.

    Raises:
        ExchangedError: the stored bytes are not those whose hash was kept.
    """
    ctx.require(*READERS)
    golden.check_reader(ctx, claim_id)
    if review.evidence_row(ctx.session, claim_id, evidence_id) is None:
        raise NotFoundError(mark("Sumber itu tidak ada."))
    row = rows.exhibit(ctx.session, evidence_id)
    if row is None:
        raise NotFoundError(mark("Sumber ini tidak punya berkas."))
    if hashlib.sha256(row.content).hexdigest() != row.sha256:
        raise ExchangedError(mark("Berkas ini bukan lagi yang disimpan; beri tahu pengelola sistem."))
    ending = kind_of(row.content).ending
    return Handed(f"sumber-{evidence_id}.{ending}", row.media_type, row.sha256, row.content)
