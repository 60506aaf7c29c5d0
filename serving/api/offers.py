"""Offers, kits, corrections and messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Response, status
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.channels import card
from serving.db.corrections import Told
from serving.db.offers import Carried
from serving.deps import ApiContext, LanguageDep, PublicContext
from serving.desk.context import Context
from serving.desk.outreach import corrections, deliveries, kits, offers
from serving.i18n import Language, translate
from serving.inputs import Count, Id, Input, Moment, WebAddress
from serving.parts import Router
from serving.vocabulary import (
    CampaignKind,
    CardShape,
    CorrectionState,
    DeclineReason,
    DeliveryState,
    OfferState,
    Platform,
    PostCheck,
)

router = Router()

Limit = Annotated[int, Query(ge=1, le=100, description="How many at once.")]
Before = Annotated[Id | None, Query(description="Give those below this id; `next` of the page before.")]
PNG_RESPONSES: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "The card."}}


class OfferOut(BaseModel):
    """One offer, as its own person sees it."""

    id: int
    state: OfferState
    campaign_id: int
    kind: CampaignKind
    title: str
    issuer: str
    topic: str
    why: dict[str, Any] = Field(description="Why this person was asked: topic, ministry, region and rule.")
    offered_at: datetime | None
    expires_at: datetime | None
    snoozed_until: datetime | None


class OfferPage(BaseModel):
    """A page of offers, newest first."""

    items: list[OfferOut]
    next: int | None = Field(description="Give this as `before` for the page that follows.")


class Decline(Input):
    """A refusal; its reason has no consequence."""

    reason: DeclineReason


class Snooze(Input):
    """Until when an offer is put off; four hours where nothing is said."""

    until: Moment | None = None


class Posted(Input):
    """Where somebody posted."""

    platform: Platform
    url: WebAddress
    views: Count | None = Field(default=None, description="How often it was seen, as the platform tells its owner.")


class CaptionOut(BaseModel):
    """One platform's text with its disclosure, ready to be posted."""

    platform: Platform
    text: str
    n_chars: int = Field(description="As the platform counts.")
    limit: int
    share_url: str | None


class KitOut(BaseModel):
    """Everything one person needs to post."""

    offer_id: int
    state: OfferState
    kind: CampaignKind
    title: str
    issuer: str
    link: str
    disclosure: str
    captions: list[CaptionOut]
    messengers: dict[str, str]
    official_posts: dict[str, str] = Field(description="Official posts to share again, which comes first.")
    card_alt: str = Field(description="The words for those who hear the picture.")
    posts: dict[Platform, PostCheck] = Field(description="How each reported post is looked at.")


class SampleOut(BaseModel):
    """One posted link for a second look."""

    offer_id: int
    campaign_id: int
    platform: Platform
    url: str
    at: datetime
    checked: PostCheck = Field(description="Whether its public page is still to be asked, or a person has to look.")


class CorrectionOut(BaseModel):
    """Word that something this person carried no longer stands."""

    id: int
    offer_id: int
    state: CorrectionState
    title: str
    reason: str
    slug: str
    superseded_by: str | None
    sent_at: datetime
    acknowledged_at: datetime | None
    n_reminders: int = Field(description="How often this person was reminded of it.")
    to_do: str = Field(description="What to do now, as a sentence.")
    to_post: str = Field(description="Words with which to correct one's own post.")


class CorrectionPage(BaseModel):
    """A page of corrections, newest first."""

    items: list[CorrectionOut]
    next: int | None


class OutboxOut(BaseModel):
    """Messages by state, and why the last ones failed."""

    by_state: dict[DeliveryState, int]
    failures: list[deliveries.Failure]
    has_server: bool = Field(description="Without a mail server messages wait.")


def _offer(item: Carried) -> OfferOut:
    return OfferOut(
        id=item.offer_id,
        state=item.state,
        campaign_id=item.campaign_id,
        kind=item.kind,
        title=item.title,
        issuer=item.issuer,
        topic=item.topic,
        why=item.why,
        offered_at=item.offered_at,
        expires_at=item.expires_at,
        snoozed_until=item.snoozed_until,
    )


def _correction(ctx: Context, item: Told, language: Language) -> CorrectionOut:
    return CorrectionOut(
        id=item.id,
        offer_id=item.offer_id,
        state=item.state,
        title=item.title,
        reason=item.reason,
        slug=item.slug,
        superseded_by=item.superseded_by,
        sent_at=item.sent_at,
        acknowledged_at=item.acknowledged_at,
        n_reminders=item.n_reminders,
        to_do=translate(language, corrections.to_do(item)),
        to_post=corrections.to_post(ctx, item),
    )


def _answered(ctx: Context, offer_id: int) -> OfferOut:
    ctx.session.flush()
    return _offer(kits.carried_for(ctx, offer_id))


# ---- offers ----------------------------------------------------------------------------------------------------


@router.get("/me/offers", tags=["offers"], responses=problems(403, 404))
def my_offers(ctx: ApiContext, limit: Limit = 50, before: Before = None) -> OfferPage:
    """Give one's own offers, newest first."""
    found = offers.mine(ctx, limit=limit, before=before)
    return OfferPage(items=[_offer(item) for item in found], next=found[-1].offer_id if len(found) == limit else None)


@router.post("/offers/{offer_id}/accept", tags=["offers"], responses=problems(403, 404, 409))
def accept(ctx: ApiContext, offer_id: Id) -> OfferOut:
    """Take an offer; its kit opens."""
    offers.accept(ctx, offer_id)
    return _answered(ctx, offer_id)


@router.post("/offers/{offer_id}/decline", tags=["offers"], responses=problems(403, 404, 409))
def decline(ctx: ApiContext, offer_id: Id, body: Decline) -> OfferOut:
    """Say no, once and without consequence."""
    offers.decline(ctx, offer_id, body.reason)
    return _answered(ctx, offer_id)


@router.post("/offers/{offer_id}/snooze", tags=["offers"], responses=problems(403, 404, 409))
def snooze(ctx: ApiContext, offer_id: Id, body: Snooze) -> OfferOut:
    """Put an offer off."""
    offers.snooze(ctx, offer_id, body.until)
    return _answered(ctx, offer_id)


@router.post("/offers/{offer_id}/posted", tags=["offers"], responses=problems(403, 404, 409))
def posted(ctx: ApiContext, offer_id: Id, body: Posted) -> OfferOut:
    """Note where one posted; once for each platform."""
    offers.post(ctx, offer_id, body.platform, body.url, body.views)
    return _answered(ctx, offer_id)


@router.get("/offers/to-verify", tags=["offers"], responses=problems(403))
def to_verify(ctx: ApiContext, limit: Limit = 10) -> list[SampleOut]:
    """Give a random sample of posted links for a second look."""
    return [
        SampleOut(
            offer_id=link.offer_id,
            campaign_id=link.campaign_id,
            platform=link.platform,
            url=link.url,
            at=link.at,
            checked=link.checked,
        )
        for link in offers.to_verify(ctx, limit)
    ]


@router.post(
    "/offers/{offer_id}/verify",
    tags=["offers"],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(403, 404, 409),
)
def verify(ctx: ApiContext, offer_id: Id) -> None:
    """Confirm that what was posted is there and carries its disclosure."""
    offers.verify(ctx, offer_id)


def kit_out(found: kits.Kit) -> KitOut:
    """Give a kit as it is told."""
    return KitOut(
        offer_id=found.offer_id,
        state=found.state,
        kind=found.kind,
        title=found.title,
        issuer=found.issuer,
        link=found.link,
        disclosure=found.disclosure,
        captions=[
            CaptionOut(
                platform=each.platform,
                text=each.text,
                n_chars=each.n_chars,
                limit=each.limit,
                share_url=each.share_url,
            )
            for each in found.captions
        ],
        messengers=found.messengers,
        official_posts=found.official_posts,
        card_alt=found.card_alt,
        posts=dict(found.posts),
    )


@router.get("/offers/{offer_id}/kit", tags=["offers"], responses=problems(403, 404, 409))
def kit(ctx: ApiContext, offer_id: Id) -> KitOut:
    """Give the kit of an offer that one took."""
    return kit_out(kits.kit_for(ctx, offer_id))


@router.get(
    "/offers/{offer_id}/card.png",
    tags=["offers"],
    response_class=Response,
    responses=problems(403, 404, 409) | PNG_RESPONSES,
)
def card_png(ctx: ApiContext, offer_id: Id, shape: CardShape = CardShape.SQUARE) -> Response:
    """Give the card image of one's own offer: 1080 by 1080 pixels, 1080 by 1920 for a story, or 1200 by 630."""
    words = kits.card_for(ctx, offer_id)
    return Response(card.draw(words, shape), media_type="image/png")


# ---- corrections -----------------------------------------------------------------------------------------------


@router.get("/me/corrections", tags=["offers"], responses=problems(403, 404))
def my_corrections(ctx: ApiContext, language: LanguageDep, limit: Limit = 50, before: Before = None) -> CorrectionPage:
    """Give one's own corrections, newest first."""
    found = corrections.mine(ctx, limit=limit, before=before)
    return CorrectionPage(
        items=[_correction(ctx, item, language) for item in found], next=found[-1].id if len(found) == limit else None
    )


@router.post(
    "/corrections/{correction_id}/acknowledge",
    tags=["offers"],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(403, 404),
)
def acknowledge(ctx: ApiContext, correction_id: Id) -> None:
    """Confirm having read a correction; confirmed again, nothing changes."""
    corrections.acknowledge(ctx, correction_id)


# ---- messages --------------------------------------------------------------------------------------------------


@router.get("/deliveries", tags=["offers"], responses=problems(403))
def outbox(ctx: ApiContext) -> OutboxOut:
    """Give how many messages wait, left and failed."""
    found = deliveries.outbox(ctx)
    return OutboxOut(by_state=found.by_state, failures=list(found.failures), has_server=found.has_server)


@router.post(
    "/deliveries/{delivery_id}/retry",
    tags=["offers"],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(403, 404, 409),
)
def retry(ctx: ApiContext, delivery_id: Id) -> None:
    """Put a failed message back."""
    deliveries.retry(ctx, delivery_id)


@router.get("/mail/pause/{token}", tags=["me"], status_code=status.HTTP_303_SEE_OTHER)
def pause_page(token: str) -> RedirectResponse:
    """Lead a person to the page where they pause; a link that is only looked at changes nothing."""
    del token
    return RedirectResponse("/profil", status_code=status.HTTP_303_SEE_OTHER)


@router.post("/mail/pause/{token}", tags=["me"], status_code=status.HTTP_204_NO_CONTENT, responses=problems(404))
def pause_by_mail(ctx: PublicContext, token: str) -> None:
    """Pause in one click from a mail program (RFC 8058); the signed address is the key."""
    deliveries.pause_by_mail(ctx, token)
