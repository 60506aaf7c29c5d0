"""The influencer's inbox, kit and profile: phone first, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from serving.channels import card
from serving.console.pages import redirect, render
from serving.db.corrections import Told
from serving.db.offers import Carried
from serving.deps import PageContext, Visit, VisitDep, get_language
from serving.desk.context import Context
from serving.desk.outreach import corrections, kits, offers
from serving.desk.outreach.own_words import Checked
from serving.desk.regions import regions
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import ZONES, clock_time, mark, translate
from serving.inputs import Count, Id, WebAddress
from serving.parts import Router
from serving.vocabulary import LABELS, CardShape, DeclineReason, Platform, Topic

router = Router()

_ADDRESS: TypeAdapter[str] = TypeAdapter(WebAddress)
_COUNT: TypeAdapter[int] = TypeAdapter(Count)


@dataclass(frozen=True, slots=True)
class Why:
    """Why this person was asked: the topic they chose, and the province where the campaign is for some only."""

    topic: Topic
    region: str | None


@dataclass(frozen=True, slots=True)
class CardFile:
    """One shape of the card: where its picture is, and its size in pixels."""

    shape: CardShape
    href: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class OfferCard:
    """One offer on its card."""

    offer: Carried
    why: Why
    alt: str
    pictures: tuple[CardFile, ...]


@dataclass(frozen=True, slots=True)
class InboxPage:
    """What waits for this person."""

    first: OfferCard | None
    rest: tuple[OfferCard, ...]
    snoozed: tuple[Carried, ...]
    taken: tuple[Carried, ...]
    corrections: tuple[Told, ...]
    paused: bool
    decline_reasons: tuple[DeclineReason, ...]
    timezone: str


class PostedForm(BaseModel):
    """Where somebody says that they posted, as typed."""

    platform: Platform
    url: str = Field(default="", max_length=2_000)
    dilihat: str = Field(default="", max_length=20)

    def views(self) -> int | None:
        """Give how often the post was seen, where that was said; raise where it is no number."""
        bare = self.dilihat.replace(".", "").strip()
        if not bare:
            return None
        try:
            return _COUNT.validate_python(bare)
        except ValidationError:
            raise InvalidInputError(mark("Tulis berapa kali dilihat dengan angka, atau kosongkan.")) from None


@dataclass(frozen=True, slots=True)
class RefusedLink:
    """An address that was not taken, and why."""

    typed: PostedForm
    error: SuluhError


class OwnWordsForm(BaseModel):
    """What somebody wrote instead of a ready caption, and where it is to stand."""

    untuk: Platform
    teks: str = Field(default="", max_length=20_000)


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Own words as they were typed, and what would become of them; taken, or refused with an error."""

    typed: OwnWordsForm
    checked: Checked
    is_taken: bool = False
    error: SuluhError | None = None


@dataclass(frozen=True, slots=True)
class KitForms:
    """What was sent from a kit's page and is shown on it again."""

    link: RefusedLink | None = None
    own: OwnWords | None = None

    @property
    def refusal(self) -> SuluhError | None:
        """Give why the form was refused, where it was."""
        return self.link.error if self.link else self.own.error if self.own else None


NO_FORMS = KitForms()


@dataclass(frozen=True, slots=True)
class OfferPage:
    """One offer: its kit where it was taken, else what it is about."""

    card: OfferCard
    kit: kits.Kit | None
    withdrawn: str
    links: dict[Platform, str]
    platforms: tuple[Platform, ...]
    decline_reasons: tuple[DeclineReason, ...]
    typed: PostedForm | None
    error: str
    own: OwnWords | None = None


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """One correction: what to do about it, and the words with which one's own post is corrected."""

    told: Told
    to_do: str
    to_post: str
    links: dict[Platform, str]


def _why(offer: Carried) -> Why:
    by_region = "region" in str(offer.why.get("rule", ""))
    place = regions().get(str(offer.why.get("region", ""))) if by_region else None
    return Why(Topic(offer.topic), place.name if place else None)


def card_of(ctx: Context, offer: Carried) -> OfferCard:
    """Put one offer on its card."""
    alt = kits.card_alt(kits.card_text(ctx.settings, offer))
    return OfferCard(offer, _why(offer), alt, _pictures(offer.offer_id))


READER_HEADER = "x-suluh-reader"


def _for_reader(ctx: Context, response: Response) -> Response:
    """Let a phone keep an answer for whoever it is for, by a number that only says whether it is the same person."""
    response.headers[READER_HEADER] = ctx.vault.pseudonym("inbox-reader", str(ctx.actor.user_id))[:16]
    return response


@router.get("/kotak")
def inbox(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show what waits, one offer at a time."""
    found = offers.inbox(ctx)
    cards = tuple(card_of(ctx, offer) for offer in found.open)
    every = (*found.open, *found.snoozed, *found.taken)
    page = InboxPage(
        first=cards[0] if cards else None,
        rest=cards[1:],
        snoozed=found.snoozed,
        taken=found.taken,
        corrections=found.corrections,
        paused=found.paused,
        decline_reasons=tuple(DeclineReason),
        timezone=every[0].timezone if every else ZONES["WIB"],
    )
    return _for_reader(ctx, render(request, "inbox.html", page, visit=visit))


def page_of(ctx: Context, offer: Carried, kit: kits.Kit | None) -> OfferPage:
    """Put together the page of one offer as it is opened, before anything was sent from it."""
    return OfferPage(
        card=card_of(ctx, offer),
        kit=kit,
        withdrawn="",
        links={},
        platforms=tuple(Platform),
        decline_reasons=tuple(DeclineReason),
        typed=None,
        error="",
    )


def _pictures(offer_id: int) -> tuple[CardFile, ...]:
    base = f"/kotak/{offer_id}/kartu.png"
    return tuple(
        CardFile(shape, f"{base}?bentuk={shape}", layout.width, layout.height) for shape, layout in card.LAYOUTS.items()
    )


def offer_page_with(
    request: Request, ctx: Context, visit: Visit | None, offer_id: int, forms: KitForms = NO_FORMS
) -> HTMLResponse:
    """Show one offer; with what was typed and the refusal's sentence where a form was refused."""
    offer = kits.carried_for(ctx, offer_id)
    language = get_language(request)
    kit, withdrawn = None, ""
    if offer.state in kits.TAKEN:
        try:
            kit = kits.kit_for(ctx, offer_id)
        except kits.KitWithdrawnError as error:
            withdrawn = translate(language, error.message, **error.params)
    page = replace(
        page_of(ctx, offer, kit),
        withdrawn=withdrawn,
        links=offers.links(ctx, offer_id),
        typed=forms.link.typed if forms.link else None,
        error=translate(language, forms.link.error.message, **forms.link.error.params) if forms.link else "",
        own=forms.own,
    )
    return render(request, "kit.html", page, visit=visit, status=forms.refusal.status if forms.refusal else 200)


@router.get("/kotak/{offer_id}")
def offer_page(request: Request, ctx: PageContext, visit: VisitDep, offer_id: Id) -> Response:
    """Show one offer or its kit."""
    return _for_reader(ctx, offer_page_with(request, ctx, visit, offer_id))


@router.get("/kotak/{offer_id}/kartu.png")
def card_picture(ctx: PageContext, offer_id: Id, bentuk: CardShape = CardShape.SQUARE) -> Response:
    """Give the card image in one of its shapes."""
    picture = card.draw(kits.card_for(ctx, offer_id), bentuk)
    headers = {"cache-control": "private, max-age=300"}
    return _for_reader(ctx, Response(picture, media_type="image/png", headers=headers))


@router.post("/kotak/{offer_id}/ambil")
def accept(request: Request, ctx: PageContext, offer_id: Id) -> Response:
    """Take an offer."""
    offers.accept(ctx, offer_id)
    return redirect(request, f"/kotak/{offer_id}", mark("Materi terbuka. Terima kasih sudah ikut."))


@router.post("/kotak/{offer_id}/lewati")
def decline(request: Request, ctx: PageContext, offer_id: Id, reason: Annotated[DeclineReason, Form()]) -> Response:
    """Say no, without consequence."""
    offers.decline(ctx, offer_id, reason)
    return redirect(request, "/kotak", mark("Baik, tidak kali ini. Tidak ada akibat apa pun."))


@router.post("/kotak/{offer_id}/nanti")
def snooze(request: Request, ctx: PageContext, offer_id: Id) -> Response:
    """Put an offer off for a few hours."""
    until = clock_time(get_language(request), offers.snooze(ctx, offer_id), offers.own(ctx).timezone)
    return redirect(request, "/kotak", offers.PUT_OFF, until=until)


@router.post("/kotak/{offer_id}/unggahan")
def posted(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    offer_id: Id,
    form: Annotated[PostedForm, Form()],
) -> Response:
    """Note where one posted; a refused address stays in its field."""
    try:
        offers.post(ctx, offer_id, form.platform, _address(form.url), form.views())
    except InvalidInputError as error:
        return offer_page_with(request, ctx, visit, offer_id, KitForms(RefusedLink(form, error)))
    name = LABELS[form.platform]
    return redirect(request, f"/kotak/{offer_id}", mark("Tautan {platform} tercatat."), platform=name)


def _address(text: str) -> str:
    try:
        return _ADDRESS.validate_python(text)
    except ValidationError:
        raise InvalidInputError(mark("Tempel alamat lengkap yang diawali https://.")) from None


@router.get("/kotak/koreksi/{correction_id}")
def correction(request: Request, ctx: PageContext, visit: VisitDep, correction_id: Id) -> Response:
    """Show one correction."""
    told = corrections.one(ctx, correction_id)
    own = offers.links(ctx, told.offer_id)
    page = CorrectionPage(told, corrections.to_do(told), corrections.to_post(ctx, told), own)
    return _for_reader(ctx, render(request, "correction.html", page, visit=visit))


@router.post("/kotak/koreksi/{correction_id}/baca")
def acknowledge(request: Request, ctx: PageContext, correction_id: Id) -> Response:
    """Confirm having read a correction."""
    corrections.acknowledge(ctx, correction_id)
    return redirect(request, "/kotak", mark("Terima kasih. Koreksi ditandai sudah dibaca."))
