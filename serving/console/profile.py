"""A person's own page: standing, evidence, consent one thing at a time, wishes, leaving, and their own data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from serving.console.pages import redirect, render
from serving.db.tables import ConsentStep, Screenshot
from serving.deps import PageContext, Visit, VisitDep, get_language
from serving.desk.context import Context
from serving.desk.outreach import other
from serving.desk.people import consents, influencers, profile, screenshots, training
from serving.desk.regions import Region, regions
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import ZONES, Language, mark, translate
from serving.parts import Router
from serving.vocabulary import Channel, ConsentScope, Platform, Topic

router = Router()

ERASE_WORD = "hapus"
SCREENSHOTS_SHOWN = 6
STEPS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """Everything that a person sees and settles about themself.

    Attributes:
        agreements: every purpose and platform as it stands, purposes first.
        steps: the newest steps of consent.
        quiet: own quiet hours, from and until; empty where there are none.
    """

    who: influencers.Profile
    has_badge: bool
    words: profile.Consent
    agreed: bool
    agreements: tuple[consents.Agreement, ...]
    steps: tuple[ConsentStep, ...]
    topics: tuple[Topic, ...]
    regions: tuple[Region, ...]
    zones: tuple[tuple[str, str], ...]
    channels: tuple[Channel, ...]
    quiet: tuple[str, str]
    erase_word: str
    error: str
    platforms: tuple[Platform, ...]
    screenshots: tuple[Screenshot, ...]


def profile_page_with(
    request: Request, ctx: Context, visit: Visit | None, refused: SuluhError | None = None
) -> HTMLResponse:
    """Show one's own standing, with the sentence of a form that was refused."""
    who = influencers.own_profile(ctx)
    words = profile.consent_text()
    page = ProfilePage(
        who=who,
        has_badge=training.has_badge(who.row),
        words=words,
        agreed=who.row.consent_version == words.version,
        agreements=profile.agreements(ctx),
        steps=tuple(profile.consent_steps(ctx)[:STEPS_SHOWN]),
        topics=tuple(Topic),
        regions=tuple(regions().values()),
        zones=tuple((name, short) for short, name in ZONES.items()),
        channels=_channels(ctx, who.row.channel),
        quiet=profile.quiet_of(who.row) or ("", ""),
        erase_word=ERASE_WORD,
        platforms=tuple(Platform),
        screenshots=tuple(screenshots.own(ctx)[:SCREENSHOTS_SHOWN]),
        error=translate(get_language(request), refused.message, **refused.params) if refused else "",
    )
    return render(request, "profile.html", page, visit=visit, status=refused.status if refused else 200)


def _channels(ctx: Context, now: Channel) -> tuple[Channel, ...]:
    """Give what can be chosen; other services only where there are some, or one was chosen."""
    hidden = Channel.OTHER if now is not Channel.OTHER and not other.offered(ctx.settings) else None
    return tuple(channel for channel in Channel if channel is not hidden)


@router.get("/profil")
def profile_page(request: Request, ctx: PageContext, visit: VisitDep) -> HTMLResponse:
    """Show one's own standing."""
    return profile_page_with(request, ctx, visit)


class WishForm(BaseModel):
    """The wishes as they were typed: no zone means the province's own, no times no quiet hours of one's own."""

    region: str = Field(max_length=8)
    topics: list[Topic] = Field(default_factory=list)
    zona: str = Field(default="", max_length=40)
    tenang_dari: str = Field(default="", max_length=8)
    tenang_sampai: str = Field(default="", max_length=8)
    kanal: Channel = Channel.EMAIL
    bahasa: Language | None = None

    def wishes(self) -> profile.Wishes:
        """Read them; raise where a time cannot be read or stands alone."""
        zone = self.zona or None
        return profile.Wishes(self.topics, self.region, zone, self._quiet(), self.kanal, self.bahasa)

    def _quiet(self) -> tuple[int, int]:
        given = self.tenang_dari.strip(), self.tenang_sampai.strip()
        if not any(given):
            return 0, 0
        if not all(given):
            raise InvalidInputError(mark("Isi kedua jam tenang, atau kosongkan keduanya."))
        return profile.minute_of(given[0]), profile.minute_of(given[1])


@router.post("/profil")
def settle(request: Request, ctx: PageContext, visit: VisitDep, form: Annotated[WishForm, Form()]) -> Response:
    """Change topics, province, zone, quiet hours and channel; a refused form says why."""
    try:
        with ctx.session.begin_nested():
            profile.settle(ctx, form.wishes())
    except InvalidInputError as error:
        return profile_page_with(request, ctx, visit, error)
    return redirect(request, "/profil#pilihan", mark("Pilihan Anda disimpan."))


# ---- consent ---------------------------------------------------------------------------------------------------


class JoinForm(BaseModel):
    """The version of the terms, and of each box that was ticked its scope and version, such as ``x:1``."""

    version: str = Field(max_length=20)
    izin: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list, max_length=len(ConsentScope))

    def scopes(self) -> dict[ConsentScope, str]:
        """Give what was ticked; raise where it is none of ours."""
        pairs = (each.partition(":") for each in self.izin)
        try:
            return {ConsentScope(scope): version for scope, _, version in pairs}
        except ValueError:
            raise InvalidInputError(mark("Tujuan atau platform itu tidak dikenal.")) from None


@router.post("/profil/setuju")
def consent(request: Request, ctx: PageContext, visit: VisitDep, form: Annotated[JoinForm, Form()]) -> Response:
    """Agree to the terms and to each thing that was ticked; what was refused says why."""
    try:
        with ctx.session.begin_nested():
            influencers.consent(ctx, form.version, form.scopes())
    except SuluhError as error:
        return profile_page_with(request, ctx, visit, error)
    return redirect(request, "/profil#persetujuan", mark("Persetujuan Anda tercatat. Terima kasih."))


@router.post("/profil/izin/{scope}")
def answer(
    request: Request,
    ctx: PageContext,
    visit: VisitDep,
    scope: ConsentScope,
    jawab: Annotated[str, Form(pattern="^(ya|tidak)$")],
    version: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Give or withdraw one consent; it holds at once."""
    if jawab == "tidak":
        profile.withdraw(ctx, scope)
        return redirect(request, "/profil#persetujuan", mark("Izin ditarik; berlaku seketika."))
    try:
        profile.agree(ctx, scope, version)
    except consents.ConsentVersionError as error:
        return profile_page_with(request, ctx, visit, error)
    return redirect(request, "/profil#persetujuan", mark("Izin dicatat; berlaku seketika."))


# ---- pause, leave, take along, erase ---------------------------------------------------------------------------


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
