"""Moderation of texts: hate, abuse, gambling promotion, scam, sexual content. Nothing is kept and nothing removed."""

from __future__ import annotations

from pydantic import BaseModel, Field

from models.moderation import ModerationLabel
from serving.api.problems import problems
from serving.api.scores import ReadingContext, TextsIn
from serving.desk.learning import moderation
from serving.parts import Router

router = Router(tags=["scores"])


class ModerationOut(BaseModel):
    """The answer for one text."""

    labels: dict[ModerationLabel, float] = Field(description="A calibrated probability for each label.")
    flags: list[ModerationLabel] = Field(
        description="Labels at or above their threshold. A flag blurs a text; it removes nothing and ranks nobody."
    )
    model: str


class ModerationsOut(BaseModel):
    """One answer a text, in the order of the texts."""

    moderations: list[ModerationOut]


@router.post("/moderate", responses=problems(413, 503))
def moderate(ctx: ReadingContext, body: TextsIn) -> ModerationsOut:
    """Moderate texts; any key may ask."""
    texts = body.texts if body.texts is not None else [body.text or ""]
    return ModerationsOut(
        moderations=[
            ModerationOut(labels=dict(found.labels), flags=list(found.flags), model=found.model)
            for found in moderation.moderate(ctx, texts)
        ]
    )
