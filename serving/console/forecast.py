"""A campaign before it is sent, as a page: who would be asked, how often it would be seen, and what they would find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi import Path as PathParameter
from markupsafe import Markup

from serving.channels import card
from serving.console.door import Door
from serving.console.inbox import InboxPage, OfferPage, card_of, page_of
from serving.console.pages import render_inner
from serving.db.offers import Carried
from serving.deps import LanguageDep, PageContext, VisitDep
from serving.desk.outreach import forecast as desk
from serving.desk.outreach import kits
from serving.desk.people import influencers
from serving.desk.regions import regions
from serving.i18n import translate
from serving.inputs import Id
from serving.parts import Router
from serving.vocabulary import CardShape, DeclineReason, Role

router = Router(prefix="/kampanye/{campaign_id}/pratinjau")
CampaignId = Annotated[Id, PathParameter()]
PersonId = Annotated[int, PathParameter(ge=0, le=2**53)]


@dataclass(frozen=True, slots=True)
class ForecastPage:
    """Who would be asked, the expectation with its interval, and the two pages that one reader would see."""

    found: desk.Forecast
    level: int
    why_not: str
    names: Mapping[str, str]
    region_names: Mapping[str, str]
    sight: desk.Sight
    inbox: Markup
    kit: Markup
    is_person: bool
    may_choose: bool


def page_door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> Door:
    """Put together what the page needs."""
    return Door(request, ctx, visit, language)


@router.get("")
def read_forecast(at: Annotated[Door, Depends(page_door)], campaign_id: CampaignId, orang: str = "") -> Response:
    """Show a campaign before it is sent; ``?orang=`` shows the inbox of one person, by number."""
    ctx = at.ctx
    found = desk.forecast(ctx, campaign_id)
    person = int(orang) if orang.isascii() and orang.isdigit() and len(orang) < len(str(2**53)) else 0
    seen = desk.sight(ctx, campaign_id, person or None)
    drawn = _Drawn(at, f"/kampanye/{campaign_id}/pratinjau/{person}/")
    page = ForecastPage(
        found=found,
        level=round(100 * desk.LEVEL),
        why_not=translate(at.language, found.why_not, **found.params),
        names={row.code: row.name for row in influencers.ministries(ctx)},
        region_names={code: place.name for code, place in regions().items()},
        sight=seen,
        inbox=drawn.inbox(seen.offer),
        kit=drawn.kit(seen.taken, seen.kit),
        is_person=person > 0,
        may_choose=ctx.actor.may(Role.MANAGER),
    )
    return at.show("forecast.html", page)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Fills the inbox's own templates for an offer that was not made."""

    at: Door
    home: str

    def inbox(self, offer: Carried) -> Markup:
        """Give the inbox with this one offer in it."""
        page = InboxPage(
            first=card_of(self.at.ctx, offer),
            rest=(),
            snoozed=(),
            taken=(),
            corrections=(),
            paused=False,
            decline_reasons=tuple(DeclineReason),
            timezone=offer.timezone,
        )
        return self._here("inbox.html", page)

    def kit(self, offer: Carried, kit: kits.Kit) -> Markup:
        """Give the page of the offer once it was taken."""
        return self._here("kit.html", page_of(self.at.ctx, offer, kit))

    def _here(self, template: str, page: InboxPage | OfferPage) -> Markup:
        """Fill a template; what it writes of offer 0, which nobody has, leads to this preview."""
        html = render_inner(self.at.request, template, page, visit=self.at.visit)
        # The preview has a heading of the first rank of its own. Links lead nowhere, as buttons do nothing.
        return (
            html.replace("/kotak/0/", self.home)
            .replace(Markup("<a href="), Markup("<a data-href="))
            .replace(Markup("<h1"), Markup("<h3"))
            .replace(Markup("</h1>"), Markup("</h3>"))
        )


@router.get("/{person_id}/kartu.png")
def read_card(
    ctx: PageContext, campaign_id: CampaignId, person_id: PersonId, bentuk: CardShape = CardShape.SQUARE
) -> Response:
    """Give the card image as this reader would get it; 0 is the reader who is made up."""
    words = kits.card_text(ctx.settings, desk.sight(ctx, campaign_id, person_id or None).offer)
    return Response(card.draw(words, bentuk), media_type="image/png")
