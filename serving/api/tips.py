"""Tips: anybody sends words, a link or a picture that goes round; no key, and nothing of the sender is kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, File, Form, Request, UploadFile
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.deps import LanguageDep, PublicContext, ServiceDep, address_of
from serving.desk.incoming import tips
from serving.desk.incoming.tips import TEXT_MAX_CHARS, Tip
from serving.desk.incoming.tips_picture import fingerprint
from serving.desk.pictures import SIZE_MAX_BYTES
from serving.errors import MediaTypeError
from serving.i18n import mark, translate
from serving.inputs import OptionalParagraph, WebAddress
from serving.parts import Router

router = Router(tags=["tips"])
ACCEPTED = 202
FORMS = {"multipart/form-data", "application/x-www-form-urlencoded"}


class TipAnswerOut(BaseModel):
    """A published clarification that people linked to what the tip says."""

    slug: str
    title: str
    url: str


class TipReceiptOut(BaseModel):
    """What happens next; there is no number, because nothing leads from a tip to its sender."""

    next: str = Field(description="One sentence for the sender, in the language asked for.")
    answer: TipAnswerOut | None = Field(description="None also where a claim is known and not yet published.")


def read_tip(
    request: Request,
    service: ServiceDep,
    text: Annotated[
        OptionalParagraph, Form(max_length=TEXT_MAX_CHARS, description="The message, or what stands in the picture.")
    ] = "",
    link: Annotated[
        WebAddress | None, Form(description="Where it goes round; sealed, forgotten after 90 days.")
    ] = None,
    picture: Annotated[
        UploadFile | None,
        File(description=f"PNG, JPEG or WebP, at most {SIZE_MAX_BYTES:,} bytes; only its perceptual hash is kept."),
    ] = None,
) -> Tip:
    """Read a tip before any transaction is open: a picture takes a while."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in FORMS:
        raise MediaTypeError(mark("Kirim multipart/form-data."))
    tips.refuse_blank(text, link, has_picture=picture is not None and bool(picture.size))
    service.limits.tip(address_of(request), service.clock.now())
    sent = picture.file.read(SIZE_MAX_BYTES + 1) if picture is not None else b""
    return Tip(text, link, fingerprint(sent) if sent else None)


@router.post("/tips", status_code=ACCEPTED, responses=problems(400, 413, 415, 503))
def send_tip(tip: Annotated[Tip, Depends(read_tip)], ctx: PublicContext, language: LanguageDep) -> TipReceiptOut:
    """Send a tip without a key: words, a link, a picture, or several of them; it goes the way of every post."""
    receipt = tips.send(ctx, tip)
    found = receipt.answer
    return TipReceiptOut(
        next=translate(language, receipt.sentence),
        answer=found
        and TipAnswerOut(
            slug=found.head.slug,
            title=found.words.title,
            url=f"{ctx.settings.base_url.rstrip('/')}/klarifikasi/{found.head.slug}",
        ),
    )
