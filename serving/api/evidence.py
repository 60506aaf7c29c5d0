"""Evidence by screenshot: sent by its own person, looked at by a manager, and its picture gone with the look."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Form, Query, Response, UploadFile
from fastapi import Path as PathParameter
from pydantic import BaseModel, Field

from serving.api.influencers import EvidenceOut, RefusalIn, evidence_out
from serving.api.problems import problems
from serving.api.scores import ReadingContext
from serving.db.tables import Screenshot
from serving.deps import ApiContext, ServiceDep, writing_as
from serving.desk import pictures
from serving.desk.people import screenshots
from serving.inputs import Count, Id
from serving.parts import Router
from serving.vocabulary import EvidenceHold, Platform, ScreenshotState

router = Router(tags=["influencers"])
PathId = Annotated[Id, PathParameter()]
PICTURE: dict[int | str, dict[str, Any]] = {200: {"content": {pictures.MEDIA_TYPE: {}}, "description": "The picture."}}


class ScreenshotOut(BaseModel):
    """A count that somebody sent with a picture, and what became of it."""

    id: int
    platform: Platform
    count: int
    state: ScreenshotState
    sent_at: datetime
    reason: str = Field(description="Why it was not taken; empty otherwise.")
    forget_at: datetime = Field(description="When its picture is deleted, where nobody looked before.")


class WaitingOut(ScreenshotOut):
    """A screenshot that waits for a look; the picture itself is at ``/screenshots/{id}/picture``."""

    influencer_id: int
    ministry: str
    count_before: int | None = Field(description="The count that stands now on the same platform.")
    hold: EvidenceHold | None = Field(description="What makes the count worth a second look.")


def screenshot_out(row: Screenshot) -> ScreenshotOut:
    """Give one screenshot without its picture."""
    return ScreenshotOut(
        id=row.id,
        platform=row.platform,
        count=row.count,
        state=row.state,
        sent_at=row.sent_at,
        reason=row.reason,
        forget_at=row.forget_at,
    )


@router.get("/me/screenshots", tags=["me"], responses=problems(403, 404))
def my_screenshots(ctx: ApiContext) -> list[ScreenshotOut]:
    """List the screenshots that one sent, newest first."""
    return [screenshot_out(row) for row in screenshots.own(ctx)]


@router.post("/me/screenshots", tags=["me"], status_code=201, responses=problems(403, 404, 409, 413, 503))
def send_screenshot(
    ctx: ReadingContext,
    service: ServiceDep,
    platform: Annotated[Platform, Form()],
    count: Annotated[Count, Form()],
    picture: UploadFile,
) -> ScreenshotOut:
    """Send one's own count with a screenshot (PNG, JPEG or WebP); what stood before counts until somebody looked."""
    cleaned = pictures.clean(picture.file.read(pictures.SIZE_MAX_BYTES + 1))
    with writing_as(service, ctx.actor)() as writing:
        return screenshot_out(screenshots.send(writing, platform, count, cleaned))


@router.delete("/me/screenshots/{screenshot_id}", tags=["me"], responses=problems(403, 404, 409))
def take_back_screenshot(ctx: ApiContext, screenshot_id: PathId) -> ScreenshotOut:
    """Take a screenshot back before anybody looked; its picture is deleted at once."""
    return screenshot_out(screenshots.take_back(ctx, screenshot_id))


@router.get("/screenshots", responses=problems(403))
def waiting_screenshots(ctx: ApiContext, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> list[WaitingOut]:
    """List the screenshots that wait for one's look, oldest first; never one's own."""
    return [
        WaitingOut(
            **screenshot_out(each.row).model_dump(),
            influencer_id=each.person.id,
            ministry=each.ministry.code,
            count_before=each.before.count if each.before else None,
            hold=each.hold,
        )
        for each in screenshots.waiting(ctx, limit)
    ]


@router.get("/screenshots/{screenshot_id}/picture", response_class=Response, responses=problems(403, 404) | PICTURE)
def screenshot_picture(ctx: ApiContext, screenshot_id: PathId) -> Response:
    """Give the picture to whoever may decide on it, until somebody has."""
    return Response(screenshots.picture(ctx, screenshot_id), media_type=pictures.MEDIA_TYPE)


@router.post("/screenshots/{screenshot_id}/accept", responses=problems(403, 404, 409))
def accept_screenshot(ctx: ApiContext, screenshot_id: PathId) -> EvidenceOut:
    """Let the count stand after a look; the picture is deleted."""
    return evidence_out(screenshots.accept(ctx, screenshot_id))


@router.post("/screenshots/{screenshot_id}/refuse", responses=problems(403, 404, 409))
def refuse_screenshot(ctx: ApiContext, screenshot_id: PathId, body: RefusalIn) -> ScreenshotOut:
    """Not take a screenshot, with the reason that its person reads; the picture is deleted."""
    return screenshot_out(screenshots.refuse(ctx, screenshot_id, body.reason))
