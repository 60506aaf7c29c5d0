"""A campaign before it is sent: who would be asked, how often it would be seen, and what one of them would find."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path as PathParameter
from fastapi import Query, Response
from pydantic import BaseModel, Field

from serving.api.offers import PNG_RESPONSES, KitOut, kit_out
from serving.api.problems import problems
from serving.channels import card
from serving.deps import ApiContext, LanguageDep
from serving.desk.outreach import forecast as desk
from serving.desk.outreach import kits
from serving.i18n import translate
from serving.inputs import Id
from serving.parts import Router
from serving.vocabulary import CardShape

router = Router(prefix="/campaigns/{campaign_id}", tags=["campaigns"])
CampaignId = Annotated[Id, PathParameter()]
PersonId = Annotated[Id | None, Query(description="A person by number, for managers; without one a made-up reader.")]


class ExpectedOut(BaseModel):
    """Views, to two figures: the middle of what followers of past campaigns came to, and its interval."""

    views: int
    low: int
    high: int
    level: float = Field(description="Of the interval from low to high.")
    past_campaigns: int


class ForecastOut(BaseModel):
    """Who would be asked now; null stands for a figure about too few people."""

    people: int | None
    followers: int | None = Field(description="Proven followers of these people: an upper bound of who may see it.")
    by_ministry: dict[str, int | None]
    by_region: dict[str, int | None]
    expected: ExpectedOut | None
    why_no_expectation: str = Field(description="Empty where there is one.")


@router.get("/forecast", responses=problems(403, 404))
def get_forecast(ctx: ApiContext, language: LanguageDep, campaign_id: CampaignId) -> ForecastOut:
    """Say whom planning would choose now and how often that would be seen; nothing is planned by asking."""
    found = desk.forecast(ctx, campaign_id)
    expected = found.expected
    return ForecastOut(
        people=found.n_people,
        followers=found.followers,
        by_ministry=dict(found.by_ministry),
        by_region=dict(found.by_region),
        expected=ExpectedOut(
            views=expected.views,
            low=expected.low,
            high=expected.high,
            level=desk.LEVEL,
            past_campaigns=expected.n_past,
        )
        if expected
        else None,
        why_no_expectation=translate(language, found.why_not, **found.params),
    )


@router.get("/sight", responses=problems(403, 404))
def get_sight(ctx: ApiContext, campaign_id: CampaignId, influencer_id: PersonId = None) -> KitOut:
    """Give the kit that a reader would get, as offer 0, which nobody has."""
    return kit_out(desk.sight(ctx, campaign_id, influencer_id).kit)


@router.get("/sight/card.png", response_class=Response, responses=problems(403, 404) | PNG_RESPONSES)
def get_sight_card(
    ctx: ApiContext, campaign_id: CampaignId, influencer_id: PersonId = None, shape: CardShape = CardShape.SQUARE
) -> Response:
    """Give the card image that a reader would get."""
    words = kits.card_text(ctx.settings, desk.sight(ctx, campaign_id, influencer_id).offer)
    return Response(card.draw(words, shape), media_type="image/png")
