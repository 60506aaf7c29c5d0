"""One claim: what goes round, what it resembles, and the decision as a path from top to bottom.

Whoever holds the claim has one form for everything, so that no button loses what is typed beside it: each one saves the
draft first and then does what it says. A refusal shows the page again with what was typed and the sentence why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from serving.console.forms import ADDRESS, LINE, OPTIONAL_LINE, OPTIONAL_PARAGRAPH, attempt, fit
from serving.console.pages import redirect, render
from serving.db.tables import Spread
from serving.deps import PageContext, ServiceDep, Visit, VisitDep, context_for, get_language
from serving.desk import evidence, matching, review
from serving.desk.context import Context
from serving.desk.dossier import Dossier, dossier
from serving.desk.evidence import NewSource
from serving.desk.gates import PUBLISHABLE, PathStep, Prepared, first_obstacle_before
from serving.desk.leases import held_by_other
from serving.desk.trends import QUARTER_S
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import mark, translate
from serving.inputs import ID_MAX, Id
from serving.vocabulary import (
    Category,
    ClaimState,
    DismissReason,
    EvidenceKind,
    Gate,
    Role,
    Topic,
    VerdictLabel,
)

router = APIRouter()
PathId = Annotated[Id, Path(le=ID_MAX)]
BARS_MAX = 24
Word = TypeVar("Word", bound=StrEnum)
ANSWERS = {"ya": True, "tidak": False}

STEP_WORDS: Mapping[str, str] = {
    "claim.see": mark("dilihat"),
    "claim.take": mark("diambil"),
    "claim.extend": mark("waktunya diperpanjang"),
    "claim.release": mark("dilepas"),
    "claim.expire": mark("dilepas karena waktunya habis"),
    "claim.draft": mark("rancangan disimpan"),
    "claim.reword": mark("dirumuskan ulang"),
    "claim.submit": mark("diajukan"),
    "claim.return": mark("dikembalikan"),
    "claim.approve": mark("disetujui dan terbit"),
    "claim.close": mark("diselesaikan"),
    "claim.retract": mark("ditarik"),
    "claim.hold": mark("ditunda"),
    "claim.resume": mark("dilanjutkan"),
    "claim.escalate": mark("dinaikkan ke penyetuju"),
    "claim.dismiss": mark("ditutup tanpa label"),
    "claim.reopen": mark("dibuka lagi"),
    "claim.paste": mark("ditempelkan"),
    "evidence.add": mark("sumber ditambahkan"),
    "evidence.remove": mark("sumber dilepas"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """Posts and reach in one part of the time in which a claim went round; geometry in a 240 by 60 picture."""

    starts: datetime
    n_posts: int
    reach: int
    x: float
    height: float
    width: float


@dataclass(frozen=True, slots=True)
class Station:
    """One step of the path: open, or why not."""

    step: PathStep
    closed_because: str
    obstacles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceTyped:
    """A source as somebody typed it."""

    kind: str = ""
    url: str = ""
    title: str = ""
    publisher: str = ""
    quote: str = ""
    archived_url: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed that is not stored yet."""

    words: Prepared | None = None
    wording: str | None = None
    source: SourceTyped = field(default_factory=SourceTyped)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """What the reader may do with this claim now; the rules check again."""

    holds: bool
    held_by_other: bool
    is_checker: bool
    is_approver: bool
    wrote: bool


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """The page of one claim."""

    d: Dossier
    person: Person
    words: Prepared
    wording: str
    source: SourceTyped
    reason: str
    refusal: str
    unsaved: Prepared | None
    stations: Mapping[str, Station]
    bars: tuple[Bar, ...]
    because: tuple[str, ...]
    step_words: Mapping[str, str]
    gates: tuple[Gate, ...]
    verdicts: tuple[VerdictLabel, ...]
    categories: tuple[Category, ...]
    topics: tuple[Topic, ...]
    kinds: tuple[EvidenceKind, ...]
    dismiss_reasons: tuple[DismissReason, ...]


@dataclass(frozen=True, slots=True)
class LinkPage:
    """The original address of one post, opened on the record."""

    claim_id: int
    address: str


def bars_of(spread: list[Spread]) -> tuple[Bar, ...]:
    """Give the spread in at most ``BARS_MAX`` equal parts, oldest first."""
    if not spread:
        return ()
    first, last = spread[0].quarter, spread[-1].quarter
    per_bar = -(-(last - first + 1) // BARS_MAX)
    n_bars = (last - first) // per_bar + 1
    posts, reach = [0] * n_bars, [0] * n_bars
    for row in spread:
        posts[(row.quarter - first) // per_bar] += row.n_posts
        reach[(row.quarter - first) // per_bar] += row.reach
    top = max(*posts, 1)
    width = 240 / n_bars
    return tuple(
        Bar(
            starts=datetime.fromtimestamp((first + i * per_bar) * QUARTER_S, UTC),
            n_posts=posts[i],
            reach=reach[i],
            x=round(i * width, 1),
            height=round(58 * posts[i] / top, 1),
            width=round(max(width - 1, 0.5), 1),
        )
        for i in range(n_bars)
    )


def _person(ctx: Context, d: Dossier) -> Person:
    claim, user_id = d.detail.listed.claim, ctx.actor.user_id or 0
    open_to_holder = claim.state in {ClaimState.CLAIMED, ClaimState.DRAFTED}
    return Person(
        holds=open_to_holder and claim.holder_id == user_id,
        held_by_other=open_to_holder and held_by_other(ctx, claim, user_id),
        is_checker=ctx.actor.may(Role.CHECKER),
        is_approver=ctx.actor.may(Role.APPROVER),
        wrote=user_id in d.writers or user_id == claim.author_id,
    )


def _stations(request: Request, d: Dossier) -> dict[str, Station]:
    language = get_language(request)
    made = {}
    for step in PathStep:
        blocking = first_obstacle_before(d.obstacles, step)
        made[step.value] = Station(
            step,
            translate(language, blocking.message, **blocking.params) if blocking else "",
            tuple(translate(language, each.message, **each.params) for each in d.obstacles if each.step is step),
        )
    return made


@dataclass(frozen=True, slots=True)
class Door:
    """What answers one request for the page."""

    request: Request
    ctx: Context
    visit: Visit | None

    def page(self, claim_id: int, typed: Typed | None = None, error: SuluhError | None = None) -> Response:
        """Show the claim, with what was typed and why it was refused where it was."""
        d = dossier(self.ctx, claim_id)
        typed = typed or Typed()
        person = _person(self.ctx, d)
        language = get_language(self.request)
        page = ClaimPage(
            d=d,
            person=person,
            words=typed.words or d.prepared,
            wording=d.detail.listed.claim.wording if typed.wording is None else typed.wording,
            source=typed.source,
            reason=typed.reason,
            refusal=translate(language, error.message, **error.params) if error else "",
            unsaved=typed.words if error and typed.words and typed.words != d.prepared else None,
            stations=_stations(self.request, d),
            bars=bars_of(list(d.detail.spread)),
            because=tuple(each.in_words(language) for each in d.detail.listed.because),
            step_words=STEP_WORDS,
            gates=tuple(Gate),
            verdicts=PUBLISHABLE,
            categories=tuple(Category),
            topics=tuple(Topic),
            kinds=tuple(EvidenceKind),
            dismiss_reasons=tuple(DismissReason),
        )
        return render(self.request, "claim.html", page, visit=self.visit, status=error.status if error else 200)


def get_door(request: Request, ctx: PageContext, visit: VisitDep) -> Door:
    """Give what answers this request."""
    return Door(request, ctx, visit)


DoorDep = Annotated[Door, Depends(get_door)]


@router.get("/klaim/{claim_id}")
def read_claim(door: DoorDep, service: ServiceDep, claim_id: PathId) -> Response:
    """Show one claim; the first look of the desk is noted, in a small transaction of its own."""
    page = door.page(claim_id)
    if door.ctx.actor.may(Role.CHECKER, Role.APPROVER) and not review.was_seen(door.ctx, claim_id):
        with service.database.write() as session:
            review.mark_seen(context_for(service, session, door.ctx.actor), claim_id)
    return page


# ---- the holder's form -----------------------------------------------------------------------------------------


class HolderForm(BaseModel):
    """The decision column as a browser sends it.

    ``shown`` names its open sections: an empty field in one is empty, and a field of a closed one is left as it was.
    """

    model_config = ConfigDict(extra="ignore")

    do: str = "save"
    version: int = 0
    shown: list[str] = Field(default_factory=list)
    verifiable: str = ""
    opinion: str = ""
    satire: str = ""
    press_product: str = ""
    criticism: str = ""
    private_person: str = ""
    verdict: str = ""
    category: str = ""
    political: str = ""
    redacted: str = ""
    wording: str = ""
    title: str = ""
    body: str = ""
    topic: str = ""
    source_kind: str = ""
    source_url: str = ""
    source_title: str = ""
    source_publisher: str = ""
    source_quote: str = ""
    source_archived_url: str = ""
    reason: str = ""
    dismiss_as: str = ""

    def source(self) -> SourceTyped:
        """Give the new source as it was typed."""
        return SourceTyped(
            self.source_kind,
            self.source_url,
            self.source_title,
            self.source_publisher,
            self.source_quote,
            self.source_archived_url,
        )


def _member(kind: type[Word], value: str) -> Word | None:
    """Give the member of a vocabulary; a word that it does not have is no answer."""
    return next((member for member in kind if member.value == value), None)


def _typed_words(form: HolderForm, stored: Prepared) -> Prepared:
    """Give the draft as the form says it should stand; nothing is checked yet."""
    words = stored
    if PathStep.GATES in form.shown:
        answers = {gate: ANSWERS.get(getattr(form, gate.value)) for gate in Gate}
        words = replace(words, gates={gate: answer for gate, answer in answers.items() if answer is not None})
    if PathStep.VERDICT in form.shown:
        words = replace(words, verdict=_member(VerdictLabel, form.verdict))
    if PathStep.CLARIFICATION in form.shown:
        words = replace(
            words,
            category=_member(Category, form.category),
            political=ANSWERS.get(form.political),
            redacted=ANSWERS.get(form.redacted, False),
            title=form.title,
            body=form.body.replace("\r\n", "\n"),
            topic=form.topic if form.topic in set(Topic) else None,
        )
    return words


def _save(ctx: Context, claim_id: int, form: HolderForm, words: Prepared) -> None:
    fitting = replace(
        words,
        title=fit(OPTIONAL_LINE, words.title, "judul"),
        body=fit(OPTIONAL_PARAGRAPH, words.body, "isi"),
    )
    review.save_draft(ctx, claim_id, fitting, form.version)
    if PathStep.CLARIFICATION in form.shown and form.wording:
        review.reword(ctx, claim_id, fit(LINE, form.wording, "rumusan klaim"))


def _new_source(form: HolderForm) -> NewSource:
    kind = _member(EvidenceKind, form.source_kind)
    if kind is None:
        raise InvalidInputError(mark("Pilih jenis sumber: instansi terkait atau independen."))
    return NewSource(
        kind,
        fit(ADDRESS, form.source_url, "alamat"),
        fit(LINE, form.source_title, "judul sumber"),
        fit(LINE, form.source_publisher, "penerbit")[:200],
        fit(OPTIONAL_PARAGRAPH, form.source_quote, "kutipan"),
        fit(ADDRESS, form.source_archived_url, "alamat arsip") if form.source_archived_url else None,
    )


def _dismissal(text: str) -> DismissReason:
    reason = _member(DismissReason, text)
    if reason is None:
        raise InvalidInputError(mark("Pilih alasan menutup tanpa label."))
    return reason


@dataclass(frozen=True, slots=True)
class _Pressed:
    """A button of the holder's form: the claim, the form, and the row that the button belongs to."""

    claim_id: int
    form: HolderForm
    target: int
    note: str


@dataclass(frozen=True, slots=True)
class _Button:
    """What a button does after the draft is saved, the sentence about it, and where to go on."""

    do: Callable[[Context, _Pressed], object]
    sentence: str
    onward: str = "/klaim/{claim_id}#keputusan"


QUEUE = "/antrean"
MATCHES = "/klaim/{claim_id}#kecocokan"
BUTTONS: Mapping[str, _Button] = {
    "save": _Button(lambda _ctx, _pressed: None, mark("Rancangan tersimpan.")),
    "add_source": _Button(
        lambda ctx, pressed: evidence.add(ctx, pressed.claim_id, _new_source(pressed.form)),
        mark("Sumber ditambahkan; rancangan tersimpan."),
    ),
    "remove_source": _Button(
        lambda ctx, pressed: evidence.remove(ctx, pressed.claim_id, pressed.target),
        mark("Sumber dilepas; rancangan tersimpan."),
    ),
    "confirm": _Button(
        lambda ctx, pressed: matching.confirm(ctx, pressed.target),
        mark("Kecocokan dipastikan; rancangan tersimpan."),
        MATCHES,
    ),
    "reject": _Button(
        lambda ctx, pressed: matching.reject(ctx, pressed.target),
        mark("Kecocokan ditolak; rancangan tersimpan."),
        MATCHES,
    ),
    "submit": _Button(
        lambda ctx, pressed: review.submit(ctx, pressed.claim_id),
        mark("Diajukan. Orang kedua akan memutuskan."),
    ),
    "release": _Button(
        lambda ctx, pressed: review.release(ctx, pressed.claim_id),
        mark("Klaim dilepas; rancangan tersimpan."),
        QUEUE,
    ),
    "hold": _Button(
        lambda ctx, pressed: review.hold(ctx, pressed.claim_id, pressed.note),
        mark("Klaim ditunda; rancangan tersimpan."),
        QUEUE,
    ),
    "escalate": _Button(
        lambda ctx, pressed: review.escalate(ctx, pressed.claim_id, pressed.note),
        mark("Klaim dinaikkan ke penyetuju; rancangan tersimpan."),
        QUEUE,
    ),
    "dismiss": _Button(
        lambda ctx, pressed: review.dismiss(ctx, pressed.claim_id, _dismissal(pressed.form.dismiss_as), pressed.note),
        mark("Klaim ditutup tanpa label."),
        QUEUE,
    ),
}


def _act(ctx: Context, claim_id: int, form: HolderForm, button: _Button) -> None:
    """Do what the pressed button says; its row's number stands after a colon."""
    number = form.do.partition(":")[2]
    in_reach = number.isascii() and number.isdigit() and len(number) < len(str(ID_MAX))
    note = fit(OPTIONAL_PARAGRAPH, form.reason, "alasan")
    button.do(ctx, _Pressed(claim_id, form, int(number) if in_reach else 0, note))


@router.post("/klaim/{claim_id}/rancangan")
def save(door: DoorDep, claim_id: PathId, form: Annotated[HolderForm, Form()]) -> Response:
    """Save what the holder typed, then do what the pressed button says."""
    ctx = door.ctx
    words = _typed_words(form, review.prepared(review.draft(ctx, claim_id)))
    wording = form.wording if PathStep.CLARIFICATION in form.shown else None
    typed = Typed(words, wording, form.source(), form.reason)
    if error := attempt(ctx, lambda: _save(ctx, claim_id, form, words)):
        return door.page(claim_id, typed, error)
    button = BUTTONS.get(form.do.partition(":")[0], BUTTONS["save"])
    if error := attempt(ctx, lambda: _act(ctx, claim_id, form, button)):
        return door.page(claim_id, Typed(source=typed.source, reason=form.reason), error)
    return redirect(door.request, button.onward.format(claim_id=claim_id), button.sentence)


# ---- everybody else's steps ------------------------------------------------------------------------------------


class StepForm(BaseModel):
    """A step with what belongs to it."""

    model_config = ConfigDict(extra="ignore")

    reason: str = ""
    political: str = ""
    dismiss_as: str = ""
    version: int | None = None


def _political(text: str) -> bool:
    if text not in ANSWERS:
        raise InvalidInputError(mark("Jawab dahulu: apakah ini menyangkut politik praktis?"))
    return ANSWERS[text]


Step = Callable[[Context, int, StepForm], object]
STEPS: Mapping[str, tuple[Step, str]] = {
    "ambil": (lambda ctx, number, _: review.take(ctx, number), mark("Klaim ini sekarang Anda pegang.")),
    "tunda": (lambda ctx, number, form: review.hold(ctx, number, form.reason), mark("Klaim ditunda.")),
    "naikkan": (
        lambda ctx, number, form: review.escalate(ctx, number, form.reason),
        mark("Klaim dinaikkan ke penyetuju."),
    ),
    "lanjutkan": (
        lambda ctx, number, form: review.resume(ctx, number, form.reason),
        mark("Klaim kembali ke antrean."),
    ),
    "tanpa-label": (
        lambda ctx, number, form: review.dismiss(ctx, number, _dismissal(form.dismiss_as), form.reason),
        mark("Klaim ditutup tanpa label."),
    ),
    "buka-lagi": (
        lambda ctx, number, form: review.reopen(ctx, number, form.reason),
        mark("Klaim kembali ke antrean."),
    ),
    "setujui": (
        lambda ctx, number, form: review.approve(
            ctx, number, political=_political(form.political), version=form.version
        ),
        mark("Disetujui; klarifikasi terbit."),
    ),
    "kembalikan": (
        lambda ctx, number, form: review.return_draft(ctx, number, form.reason, form.version),
        mark("Rancangan dikembalikan dengan alasan Anda."),
    ),
    "selesai": (lambda ctx, number, _: review.close(ctx, number), mark("Klaim selesai.")),
    "tarik": (
        lambda ctx, number, form: review.retract(ctx, number, form.reason),
        mark("Ditarik. Semua yang membagikannya diberi tahu."),
    ),
}


@router.post("/klaim/{claim_id}/kecocokan/{match_id}/{answer}")
def answer_match(door: DoorDep, claim_id: PathId, match_id: PathId, answer: str) -> Response:
    """Confirm or reject a match without holding the claim."""
    step = {"pasti": matching.confirm, "tolak": matching.reject}.get(answer)
    if step is None:
        raise InvalidInputError(mark("Jawaban itu tidak dikenal."))
    if error := attempt(door.ctx, lambda: step(door.ctx, match_id)):
        return door.page(claim_id, None, error)
    return redirect(door.request, MATCHES.format(claim_id=claim_id), mark("Jawaban Anda dicatat."))


@router.post("/klaim/{claim_id}/kiriman/{post_id}/tautan")
def open_link(door: DoorDep, claim_id: PathId, post_id: PathId) -> Response:
    """Show the original address of a post on a page of its own; the step is on the record.

    A page and not a redirect: the browser's rule for forms (``form-action 'self'``) rightly stops one that leads away.
    """
    address = fit(ADDRESS, evidence.open_link(door.ctx, post_id), "alamat")
    return render(door.request, "_claim_link.html", LinkPage(claim_id, address), visit=door.visit)


@router.post("/klaim/{claim_id}/{step}")
def take_step(door: DoorDep, claim_id: PathId, step: str, form: Annotated[StepForm, Form()]) -> Response:
    """Take one step that needs no draft."""
    if step not in STEPS:
        raise InvalidInputError(mark("Langkah itu tidak dikenal."))
    do, sentence = STEPS[step]

    def whole() -> None:
        reason = fit(OPTIONAL_PARAGRAPH, form.reason, "alasan")
        do(door.ctx, claim_id, form.model_copy(update={"reason": reason}))

    if error := attempt(door.ctx, whole):
        return door.page(claim_id, Typed(reason=form.reason), error)
    return redirect(door.request, f"/klaim/{claim_id}#keputusan", sentence)
