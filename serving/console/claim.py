"""One claim: what goes round, what it resembles, and the decision as a path from top to bottom.

A refusal shows the page again with what was typed and the sentence why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Form, Response
from pydantic import BaseModel, ConfigDict

from serving.console import golden
from serving.console.claim_form import (
    ANSWERS,
    BUTTONS,
    MATCHES,
    HolderForm,
    act,
    dismissal,
    kept_fields,
    not_stored,
    restored,
    save_words,
    typed_words,
)
from serving.console.claim_page import DoorDep, LateDoorDep, LinkPage, PathId, Typed
from serving.console.forms import ADDRESS, OPTIONAL_PARAGRAPH, attempt, fit
from serving.console.pages import redirect, render
from serving.deps import ServiceDep, writing_as
from serving.desk.checking import claims, evidence, matching, merging, review, typed
from serving.desk.checking.gates import PathStep
from serving.desk.context import Context
from serving.desk.incoming.machine import machine_for
from serving.errors import InvalidInputError
from serving.i18n import mark
from serving.parts import Router
from serving.vocabulary import VerdictLabel

router = Router()


@router.get("/klaim/{claim_id}")
def read_claim(door: DoorDep, service: ServiceDep, claim_id: PathId, asal: str = "") -> Response:
    """Show one claim, and note the first look of the desk.

    What was merged leads to the claim that stands for it; with ``?asal=ya`` it is shown itself.
    """
    ctx = door.ctx
    ctx.require(*claims.READERS)
    if not asal and (stands := merging.standing_id(ctx, claim_id)) != claim_id:
        words = mark("Klaim {n} digabung ke klaim ini.")
        return redirect(door.request, f"/klaim/{stands}", words, "note", n=claim_id)
    page = door.page(claim_id, restored(ctx, claim_id))
    review.note_look(ctx, claim_id, writing_as(service, ctx.actor))
    return page


def _done(door: DoorDep, claim_id: int, to: str, sentence: str) -> Response:
    """Go on after a step; whoever answered a golden item with it is told so, and nobody else."""
    told = golden.told_at(door.ctx, claim_id)
    return redirect(door.request, told, golden.ANSWERED) if told else redirect(door.request, to, sentence)


@router.post("/klaim/{claim_id}/rancangan")
def save(door: LateDoorDep, claim_id: PathId, form: Annotated[HolderForm, Form()]) -> Response:
    """Save what the holder typed, then do what the pressed button says; a session that ran out keeps it typed."""
    ctx = door.ctx
    if door.is_late:
        typed.keep(ctx, claim_id, form.typed(kept_fields(ctx, claim_id)), form.version)
        sentence = mark("Sesi Anda sudah berakhir. Yang Anda ketik disimpan; masuk lagi untuk meneruskannya.")
        return redirect(door.request, f"/masuk?ke=/klaim/{claim_id}", sentence, "note")
    words = typed_words(form, review.prepared(review.draft(ctx, claim_id)))
    wording = form.wording if PathStep.CLARIFICATION in form.shown else None
    written = Typed(words, wording, form.source(), form.reason, form.note)
    if error := attempt(ctx, lambda: save_words(ctx, claim_id, form, words)):
        return door.page(claim_id, written, error)
    button = BUTTONS.get(form.do.partition(":")[0], BUTTONS["save"])
    if error := attempt(ctx, lambda: act(ctx, claim_id, form, button)):
        return door.page(claim_id, Typed(source=written.source, reason=form.reason, note=form.note), error)
    typed.saved(ctx, claim_id, not_stored(form, kept_fields(ctx, claim_id)))
    return _done(door, claim_id, button.onward.format(claim_id=claim_id), button.sentence)


# ---- everybody else's steps ------------------------------------------------------------------------------------


class StepForm(BaseModel):
    """A step with what belongs to it."""

    model_config = ConfigDict(extra="ignore")

    reason: str = ""
    political: str = ""
    dismiss_as: str = ""
    impression: str = ""
    version: int | None = None
    # From where the step was taken, where that is not the claim's own page.
    asal: str = ""


def _political(text: str) -> bool:
    if text not in ANSWERS:
        raise InvalidInputError(mark("Jawab dahulu: apakah ini menyangkut politik praktis?"))
    return ANSWERS[text]


def _impression(text: str) -> VerdictLabel:
    if text not in set(VerdictLabel):
        raise InvalidInputError(mark("Pilih dahulu kesan Anda."))
    return VerdictLabel(text)


def _version(form: StepForm) -> int:
    """Give the draft that the reader had before them; a decision about an unknown one is no decision."""
    if form.version is None:
        raise InvalidInputError(mark("Isian versi rancangan yang Anda baca tidak ada. Buka lagi halaman klaim ini."))
    return form.version


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
        lambda ctx, number, form: review.dismiss(ctx, number, dismissal(form.dismiss_as), form.reason),
        mark("Klaim ditutup tanpa label."),
    ),
    "buka-lagi": (
        lambda ctx, number, form: review.reopen(ctx, number, form.reason),
        mark("Klaim kembali ke antrean."),
    ),
    "setujui": (
        lambda ctx, number, form: review.approve(
            ctx, number, political=_political(form.political), version=_version(form)
        ),
        mark("Disetujui; klarifikasi terbit."),
    ),
    "kesan": (
        lambda ctx, number, form: review.reveal(ctx, number, _impression(form.impression), _version(form)),
        mark("Kesan Anda dicatat; sekarang baca rancangannya."),
    ),
    "tidak-sepakat": (
        lambda ctx, number, form: review.contest(ctx, number, form.reason, _version(form)),
        mark("Diserahkan kepada orang ketiga."),
    ),
    "kembalikan": (
        lambda ctx, number, form: review.return_draft(ctx, number, form.reason, _version(form)),
        mark("Rancangan dikembalikan dengan alasan Anda."),
    ),
    "cocokkan": (
        lambda ctx, number, _: matching.ask_again(ctx, machine_for(ctx.settings), number),
        mark("Pustaka ditanya lagi; jawaban manusia tidak berubah."),
    ),
    "pisahkan": (
        lambda ctx, number, form: merging.unmerge(ctx, number, form.reason),
        mark(
            "Klaim ini berdiri sendiri lagi, dengan kirimannya; keduanya tetap terpisah sampai langkah ini dibatalkan."
        ),
    ),
    "selesai": (lambda ctx, number, _: review.close(ctx, number), mark("Klaim selesai.")),
    "tarik": (
        lambda ctx, number, form: review.retract(ctx, number, form.reason),
        mark("Ditarik. Semua yang membagikannya diberi tahu."),
    ),
}


@router.post("/klaim/{claim_id}/kecocokan/{match_id}/{answer}")
def answer_match(door: DoorDep, claim_id: PathId, match_id: PathId, answer: str) -> Response:
    """Confirm a match, reject it or call it related, without holding the claim."""
    step = {"pasti": matching.confirm, "tolak": matching.reject, "terkait": matching.relate}.get(answer)
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
    onward = "/antrean" if form.asal == "antrean" else f"/klaim/{claim_id}#keputusan"
    return _done(door, claim_id, onward, sentence)
