"""What a campaign reached, as a page; and the short links that people follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path as PathParameter
from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask

from serving.console.pages import render
from serving.deps import PageContext, PublicContext, Service, ServiceDep, VisitDep, acting
from serving.desk.outreach import effect, links
from serving.desk.outreach import reach as desk
from serving.desk.regions import regions
from serving.inputs import Id
from serving.parts import Router

router = Router()
open_router = Router()


@dataclass(frozen=True, slots=True)
class ReachPage:
    """What a campaign reached, with the names of provinces and what the comparison cannot show."""

    found: desk.CampaignReach
    names: dict[str, str]
    hours: tuple[desk.Hour, ...]
    level: int
    cannot_show: tuple[str, ...]


@router.get("/kampanye/{campaign_id}/jangkauan")
def read_reach(
    request: Request, ctx: PageContext, visit: VisitDep, campaign_id: Annotated[Id, PathParameter()]
) -> Response:
    """Show what a campaign reached."""
    found = desk.report(ctx, campaign_id)
    page = ReachPage(
        found=found,
        names={code: place.name for code, place in regions().items()},
        hours=tuple(hour for hour in found.hours if hour.n),
        level=round(100 * effect.LEVEL),
        cannot_show=desk.CANNOT_SHOW,
    )
    return render(request, "reach.html", page, visit=visit)


def _count(service: Service, link_id: int) -> None:
    with acting(service) as ctx:
        links.count(ctx, link_id)


@open_router.get("/s/{code}")
def follow(
    request: Request, service: ServiceDep, ctx: PublicContext, code: Annotated[str, PathParameter(max_length=40)]
) -> RedirectResponse:
    """Lead to the official page; the click is counted once the answer has left, so that nobody waits for it."""
    found = links.find(ctx, code)
    given = request.headers
    purpose = given.get("sec-purpose", "") or given.get("purpose", "")
    # Asking for the head alone is how previews and link checkers look; a person's browser asks for the page.
    is_counted = not request.state.head_only and links.is_somebody(given.get("user-agent", ""), purpose)
    task = BackgroundTask(_count, service, found.link_id) if is_counted else None
    return RedirectResponse(links.leads_to(ctx, found), status_code=302, background=task)
