"""Messages to influencers: how many wait, which failed and why, and trying one again; and a second look at posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request, Response

from serving.console.pages import redirect, render
from serving.db.offers import SampledLink
from serving.deps import PageContext, VisitDep
from serving.desk.outreach import deliveries, offers
from serving.desk.outreach.deliveries import Outbox
from serving.i18n import mark
from serving.inputs import Id
from serving.parts import Router
from serving.vocabulary import DeliveryState

router = Router()
SAMPLE = 10


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """Messages by state, and the last ones that failed; none of them says to whom."""

    outbox: Outbox
    states: tuple[DeliveryState, ...]


@dataclass(frozen=True, slots=True)
class VerifyPage:
    """A random sample of posted links, without names and none of the reader's own."""

    links: Sequence[SampledLink]


@router.get("/pesan")
def read_outbox(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show how many messages wait, left and failed."""
    return render(request, "outbox.html", OutboxPage(deliveries.outbox(ctx), tuple(DeliveryState)), visit=visit)


@router.post("/pesan/{delivery_id}/ulang")
def retry(request: Request, ctx: PageContext, delivery_id: Id) -> Response:
    """Put a failed message back."""
    deliveries.retry(ctx, delivery_id)
    return redirect(request, "/pesan", mark("Pesan itu dikirim lagi pada putaran berikutnya."))


@router.get("/unggahan")
def sample_posts(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show a random sample of posted links for a second look."""
    return render(request, "verify.html", VerifyPage(offers.to_verify(ctx, SAMPLE)), visit=visit)


@router.post("/unggahan/{offer_id}/periksa")
def verify(request: Request, ctx: PageContext, offer_id: Id) -> Response:
    """Confirm that what was posted is there and carries its disclosure."""
    offers.verify(ctx, offer_id)
    return redirect(request, "/unggahan", mark("Dicatat: unggahan itu ada dan menyebut sumbernya."))
