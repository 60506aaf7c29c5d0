"""The kit: what one person can post in a minute, under their own name and in the open.

It is rendered for its own person from what two humans approved: captions, card, link, and the disclosure that nobody
can edit away. Nothing is opened that no longer stands.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from serving.db import influencers as people
from serving.db import offers as rows
from serving.db import post_checks as check_rows
from serving.desk.context import Context
from serving.desk.outreach import breaker, captions, links, official, routing
from serving.desk.outreach.posting import LIMITS, disclosure, employer_name, length_on, messenger_urls, share_url
from serving.desk.outreach.restating import Approved
from serving.desk.people import consents
from serving.desk.people.eligibility import scope_of
from serving.errors import ConflictError, NotFoundError
from serving.i18n import mark
from serving.settings import Settings
from serving.vocabulary import (
    CampaignKind,
    CampaignState,
    Category,
    ClarificationState,
    ConsentScope,
    Gate,
    OfferState,
    Platform,
    PostCheck,
    Role,
)


class KitNotTakenError(ConflictError):
    """The kit opens once the offer has been accepted."""

    code = "kit-not-taken"


class KitWithdrawnError(ConflictError):
    """What the kit carries no longer stands, or may not be spread now."""

    code = "kit-withdrawn"


@dataclass(frozen=True, slots=True)
class KitCaption:
    """One platform's text as it would be posted, disclosure and link included.

    ``n_chars`` is counted as the platform counts. ``share_url`` opens the platform's own composer; Instagram has none.
    """

    platform: Platform
    text: str
    n_chars: int
    limit: int
    share_url: str | None


@dataclass(frozen=True, slots=True)
class CardText:
    """The words on a card image."""

    kicker: str
    title: str
    issuer: str
    disclosure: str
    link: str


@dataclass(frozen=True, slots=True)
class Kit:
    """Everything one person needs to post."""

    offer_id: int
    campaign_id: int
    state: OfferState
    kind: CampaignKind
    title: str
    issuer: str
    link: str
    disclosure: str
    captions: tuple[KitCaption, ...]
    messengers: dict[str, str]
    official_posts: dict[str, str]
    card: CardText
    card_alt: str
    # How each post that was reported is looked at.
    posts: Mapping[Platform, PostCheck]


def campaign_link(settings: Settings, campaign: rows.Carried) -> str:
    """Give the official page that a campaign points to."""
    base = settings.base_url.rstrip("/")
    if campaign.clarification_slug is not None:
        return f"{base}/klarifikasi/{campaign.clarification_slug}"
    return campaign.link or f"{base}/"


def approved(carried: rows.Carried, link: str) -> Approved:
    """Give the words that a caption of an offer is held against."""
    return Approved(carried.title, carried.body, link, criticism=bool((carried.gates or {}).get(Gate.CRITICISM)))


def card_text(settings: Settings, carried: rows.Carried) -> CardText:
    """Give the words on the card of one offer; its title is a sentence that a caption may say as well."""
    clarifies = carried.kind is CampaignKind.CLARIFICATION
    link = campaign_link(settings, carried)
    return CardText(
        kicker="KLARIFIKASI RESMI" if clarifies else "KABAR PROGRAM",
        # Without any such sentence the card says no more than whose word stands behind the link.
        title=next(captions.sayable(approved(carried, link)), carried.issuer),
        issuer=carried.issuer,
        disclosure=f"Dibagikan oleh ASN {employer_name(carried.employer, carried.employer_code)}",
        link=link,
    )


def card_alt(card: CardText) -> str:
    """Say in words what the card shows, for those who hear it and for the platform's own field."""
    return f"Kartu {card.kicker.lower()} dari {card.issuer}: {card.title} {card.disclosure}. Kode QR menuju {card.link}"


def _caption(carried: rows.Carried, variants: Sequence[str], platform: Platform, closing: str, link: str) -> KitCaption:
    text = f"{variants[carried.variant % len(variants)]}\n\n{closing}"
    return KitCaption(platform, text, length_on(platform, text), LIMITS[platform], share_url(platform, text, link))


OPEN = frozenset({OfferState.OFFERED, OfferState.SNOOZED})
TAKEN = frozenset({OfferState.ACCEPTED, OfferState.POSTED, OfferState.VERIFIED})


def carried_for(ctx: Context, offer_id: int) -> rows.Carried:
    """Give what an offer of the person who asks carries; raise ``NotFoundError`` for anybody else's."""
    carried = rows.carried(ctx.session, offer_id)
    if carried is None or carried.user_id is None or carried.user_id != ctx.require(Role.INFLUENCER):
        raise NotFoundError(mark("Tawaran itu tidak ada."))
    return carried


def check_stands(ctx: Context, carried: rows.Carried) -> None:
    """Refuse where the clarification was withdrawn, the campaign stopped or over, or politics barred by an election."""
    if carried.clarification_state in {ClarificationState.RETRACTED, ClarificationState.SUPERSEDED}:
        raise KitWithdrawnError(mark("Klarifikasi ini sudah ditarik atau diganti. Jangan unggah materinya."))
    if breaker.is_frozen(ctx.session):
        raise KitWithdrawnError(mark("Semua penyaluran sedang dibekukan. Tunggu kabar sebelum mengunggah."))
    if carried.campaign_state is CampaignState.FROZEN:
        raise KitWithdrawnError(mark("Kampanye ini sedang dibekukan. Tunggu kabar sebelum mengunggah."))
    # A revision that changes the meaning ends the campaigns on the old words; so does the end of their window.
    if carried.campaign_state is CampaignState.ENDED:
        raise KitWithdrawnError(mark("Kampanye ini sudah berakhir."))
    if carried.category is Category.POLITICS and ctx.settings.in_election(routing.local_day(ctx.now)):
        raise KitWithdrawnError(mark("Selama masa pemilu materi politik tidak dibagikan. Jangan unggah materinya."))


def kit_for(ctx: Context, offer_id: int) -> Kit:
    """Give the kit of an accepted offer to its own person.

    Raises:
        NotFoundError: there is no such offer, or it is somebody else's.
        KitNotTakenError: it has not been accepted.
        KitWithdrawnError: what it carries was retracted, superseded, frozen, or is politics in an election period.
    """
    carried = carried_for(ctx, offer_id)
    if carried.state not in TAKEN:
        raise KitNotTakenError(mark("Ambil tawaran ini dahulu; materinya terbuka sesudah itu."))
    check_stands(ctx, carried)
    return kit_of(ctx, carried, agreed_to(ctx, carried))


def agreed_to(ctx: Context, carried: rows.Carried) -> frozenset[ConsentScope]:
    """Give what the person of an offer agrees to by now."""
    person = people.by_id(ctx.session, carried.influencer_id)
    return consents.agreed_scopes(person) if person else frozenset()


def kit_of(ctx: Context, carried: rows.Carried, agreed: Collection[ConsentScope] = tuple(ConsentScope)) -> Kit:
    """Put together the kit of what somebody carries; whose it is, and whether it stands, was asked before.

    It holds nothing for a platform that they did not agree to, and no counted link without their leave to measure.
    """
    region = str(carried.why.get("region", ""))
    short = links.short_for(ctx, carried.campaign_id, region) if ConsentScope.MEASUREMENT in agreed else None
    link = short or campaign_link(ctx.settings, carried)
    closing = disclosure(carried.kind, carried.employer, carried.employer_code, link)
    texts = rows.captions(ctx.session, carried.campaign_id)
    platforms = [each for each in Platform if scope_of(each) in agreed]
    shown = tuple(_caption(carried, texts[p], p, closing, link) for p in platforms if texts.get(p))
    spoken = shown[0].text if shown else closing
    card = card_text(ctx.settings, carried)
    return Kit(
        offer_id=carried.offer_id,
        campaign_id=carried.campaign_id,
        state=carried.state,
        kind=carried.kind,
        title=carried.title,
        issuer=carried.issuer,
        link=link,
        disclosure=closing,
        captions=shown,
        messengers=messenger_urls(spoken, link),
        official_posts=_official_posts(ctx, carried, platforms),
        card=card,
        card_alt=card_alt(card),
        posts=check_rows.of_offer(ctx.session, carried.offer_id),
    )


def _official_posts(ctx: Context, carried: rows.Carried, platforms: Collection[Platform]) -> dict[str, str]:
    """Give the posts to share again on some platforms, whose account is still on the list."""
    posts = {Platform(name): str(url) for name, url in carried.official_posts.items() if url and name in platforms}
    return {platform.value: url for platform, url in official.still(ctx, posts).items()}


def card_for(ctx: Context, offer_id: int) -> CardText:
    """Give the words of the card to the offer's own person, while it is open or once it was taken."""
    carried = carried_for(ctx, offer_id)
    if carried.state not in OPEN | TAKEN:
        raise KitNotTakenError(mark("Tawaran ini sudah tidak terbuka."))
    check_stands(ctx, carried)
    return card_text(ctx.settings, carried)
