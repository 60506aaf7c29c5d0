"""The influencer's inbox, kit and profile: phone first, one thing at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from serving.channels import card
from serving.console.pages import redirect, render
from serving.db.corrections import Told
from serving.db.offers import Carried
from serving.db.tables import Screenshot
from serving.deps import PageContext, Visit, VisitDep, get_language
from serving.desk import corrections, influencers, kits, offers, profile, screenshots
from serving.desk.context import Context
from serving.desk.regions import Region, regions
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import ZONES, mark, translate
from serving.inputs import Count, Id, WebAddress
from serving.vocabulary import LABELS, DeclineReason, Platform, Topic

router = APIRouter()

_ADDRESS: TypeAdapter[str] = TypeAdapter(WebAddress)
_COUNT: TypeAdapter[int] = TypeAdapter(Count)


@dataclass(frozen=True, slots=True)
class Why:
    """Why this person was asked: the topic they chose, and the province where the campaign is for some only."""

    topic: Topic
    region: str | None


@dataclass(frozen=True, slots=True)
class OfferCard:
    """One offer on its card."""

    offer: Carried
    why: Why
    alt: str


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


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """One correction."""

    told: Told


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """Everything that a person sees and settles about themself."""

    who: influencers.Profile
    words: profile.Consent
    agreed: bool
    topics: tuple[Topic, ...]
    regions: tuple[Region, ...]
    erase_word: str
    error: str
    platforms: tuple[Platform, ...]
    screenshots: tuple[Screenshot, ...]


def _why(offer: Carried) -> Why:
    by_region = "region" in str(offer.why.get("rule", ""))
    place = regions().get(str(offer.why.get("region", ""))) if by_region else None
    return Why(Topic(offer.topic), place.name if place else None)


def _card(ctx: Context, offer: Carried) -> OfferCard:
    return OfferCard(offer, _why(offer), kits.card_alt(kits.card_text(ctx.settings, offer)))


@router.get("/kotak")
def inbox(request: Request, ctx: PageContext, visit: VisitDep) -> HTMLResponse:
    """Show what waits, one offer at a time."""
    found = offers.inbox(ctx)
    cards = tuple(_card(ctx, offer) for offer in found.open)
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
    return render(request, "inbox.html", page, visit=visit)


def _offer_page(
    request: Request,
    ctx: Context,
    visit: Visit | None,
    offer_id: int,
    refused: RefusedLink | None = None,
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
    page = OfferPage(
        card=_card(ctx, offer),
        kit=kit,
        withdrawn=withdrawn,
        links=offers.links(ctx, offer_id),
        platforms=tuple(Platform),
        decline_reasons=tuple(DeclineReason),
        typed=refused.typed if refused else None,
        error=translate(language, refused.error.message, **refused.error.params) if refused else "",
    )
    return render(request, "kit.html", page, visit=visit, status=refused.error.status if refused else 200)


@router.get("/kotak/{offer_id}")
def offer_page(request: Request, ctx: PageContext, visit: VisitDep, offer_id: Id) -> HTMLResponse:
    """Show one offer or its kit."""
    return _offer_page(request, ctx, visit, offer_id)


@router.get("/kotak/{offer_id}/kartu.png")
def card_picture(ctx: PageContext, offer_id: Id) -> Response:
    """Give the card image."""
    words = kits.card_for(ctx, offer_id)
    return Response(card.picture(words), media_type="image/png", headers={"cache-control": "private, max-age=300"})


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
    offers.snooze(ctx, offer_id)
    return redirect(request, "/kotak", mark("Ditunda. Kami ingatkan lagi nanti."))


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
        return _offer_page(request, ctx, visit, offer_id, RefusedLink(form, error))
    name = LABELS[form.platform]
    return redirect(request, f"/kotak/{offer_id}", mark("Tautan {platform} tercatat."), platform=name)


def _address(text: str) -> str:
    try:
        return _ADDRESS.validate_python(text)
    except ValidationError:
        raise InvalidInputError(mark("Tempel alamat lengkap yang diawali https://.")) from None


@router.get("/kotak/koreksi/{correction_id}")
def correction(request: Request, ctx: PageContext, visit: VisitDep, correction_id: Id) -> HTMLResponse:
    """Show one correction."""
    return render(request, "correction.html", CorrectionPage(corrections.one(ctx, correction_id)), visit=visit)


@router.post("/kotak/koreksi/{correction_id}/baca")
def acknowledge(request: Request, ctx: PageContext, correction_id: Id) -> Response:
    """Confirm having read a correction."""
    corrections.acknowledge(ctx, correction_id)
    return redirect(request, "/kotak", mark("Terima kasih. Koreksi ditandai sudah dibaca."))


# ---- oneself ---------------------------------------------------------------------------------------------------

ERASE_WORD = "hapus"
SCREENSHOTS_SHOWN = 6


def profile_page_with(
    request: Request, ctx: Context, visit: Visit | None, refused: SuluhError | None = None
) -> HTMLResponse:
    """Show one's own standing, with the sentence of a form that was refused."""
    who = influencers.own_profile(ctx)
    words = profile.consent_text()
    page = ProfilePage(
        who=who,
        words=words,
        agreed=who.row.consent_version == words.version,
        topics=tuple(Topic),
        regions=tuple(regions().values()),
        erase_word=ERASE_WORD,
        platforms=tuple(Platform),
        screenshots=tuple(screenshots.own(ctx)[:SCREENSHOTS_SHOWN]),
        error=translate(get_language(request), refused.message, **refused.params) if refused else "",
    )
    return render(request, "profile.html", page, visit=visit, status=refused.status if refused else 200)


@router.get("/profil")
def profile_page(request: Request, ctx: PageContext, visit: VisitDep) -> HTMLResponse:
    """Show one's own standing."""
    return profile_page_with(request, ctx, visit)


@router.post("/profil")
def settle(
    request: Request,
    ctx: PageContext,
    region: Annotated[str, Form(max_length=8)],
    topics: Annotated[list[Topic] | None, Form()] = None,
) -> Response:
    """Change topics and province."""
    profile.settle(ctx, topics=topics or [], region=region)
    return redirect(request, "/profil", mark("Pilihan Anda disimpan."))


@router.post("/profil/setuju")
def consent(request: Request, ctx: PageContext, version: Annotated[str, Form(max_length=20)]) -> Response:
    """Agree to the words that were shown."""
    influencers.consent(ctx, version)
    return redirect(request, "/profil", mark("Persetujuan Anda tercatat. Terima kasih."))


@router.post("/profil/jeda")
def pause(request: Request, ctx: PageContext) -> Response:
    """Receive nothing for now."""
    influencers.pause(ctx)
    return redirect(request, "/profil", mark("Anda sedang jeda. Tidak ada tawaran yang dikirim."))


@router.post("/profil/lanjut")
def resume(request: Request, ctx: PageContext) -> Response:
    """Be asked again."""
    influencers.resume(ctx)
    return redirect(request, "/profil", mark("Selamat datang kembali."))


@router.post("/profil/keluar")
def leave(request: Request, ctx: PageContext) -> Response:
    """Leave the programme at once."""
    influencers.leave(ctx)
    return redirect(request, "/profil", mark("Anda sudah keluar dari program. Terima kasih atas bantuan Anda."))


@router.get("/profil/data.json")
def export(ctx: PageContext) -> Response:
    """Give everything that is kept about oneself, as a file."""
    return Response(
        json.dumps(influencers.export_own(ctx), ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="data-saya-suluh.json"'},
    )


@router.post("/profil/hapus")
def erase(
    request: Request, ctx: PageContext, visit: VisitDep, word: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Erase one's own data, once the word was typed that says so."""
    if word.strip().lower() != ERASE_WORD:
        error = InvalidInputError(mark("Ketik \u201c{word}\u201d untuk menghapus data Anda."), word=ERASE_WORD)
        return profile_page_with(request, ctx, visit, error)
    influencers.erase(ctx)
    done = mark("Data Anda sudah dihapus. Akun yang hanya dipakai untuk program ini ikut ditutup.")
    return redirect(request, "/", done)
