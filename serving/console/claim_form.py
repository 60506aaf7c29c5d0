"""The holder's form: one form for everything, so that no button loses what is typed beside it.

Each button saves the draft first and then does what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from serving.console.claim_page import SourceTyped, Typed
from serving.console.forms import ADDRESS, LINE, OPTIONAL_LINE, OPTIONAL_PARAGRAPH, fit
from serving.desk.checking import evidence, matching, notes, review, typed
from serving.desk.checking.evidence import NewSource
from serving.desk.checking.gates import PathStep, Prepared
from serving.desk.context import Context
from serving.errors import InvalidInputError
from serving.i18n import mark
from serving.inputs import ID_MAX
from serving.vocabulary import (
    Category,
    DismissReason,
    EvidenceKind,
    Gate,
    Topic,
    VerdictLabel,
)

Word = TypeVar("Word", bound=StrEnum)
ANSWERS = {"ya": True, "tidak": False}


_STATIONS: Mapping[PathStep, tuple[str, ...]] = {
    PathStep.GATES: tuple(gate.value for gate in Gate),
    PathStep.VERDICT: ("verdict",),
    PathStep.CLARIFICATION: ("wording", "title", "body", "category", "political", "redacted", "topic"),
}
_STATION_OF = {name: station for station, names in _STATIONS.items() for name in names}


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
    note: str = ""
    to: str = ""

    def typed(self, before: Mapping[str, str]) -> dict[str, str]:
        """Give what stands in the fields, as it is kept while somebody types.

        ``before`` is what was kept until now: of a station that is closed by now it stays, since no field shows it.
        """
        texts = self.model_dump(include=set(typed.FIELDS), exclude={"shown"})
        closed = self.of_closed(before)
        shown = {*self.shown, *(_STATION_OF[name].value for name in closed)}
        return {name: text for name, text in texts.items() if text} | closed | {"shown": ",".join(sorted(shown))}

    def of_closed(self, before: Mapping[str, str]) -> dict[str, str]:
        """Give what was typed before into stations that this form does not show."""
        return {
            name: text for name, text in before.items() if name in _STATION_OF and _STATION_OF[name] not in self.shown
        }

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


def member_of(kind: type[Word], value: str) -> Word | None:
    """Give the member of a vocabulary; a word that it does not have is no answer."""
    return next((member for member in kind if member.value == value), None)


def typed_words(form: HolderForm, stored: Prepared) -> Prepared:
    """Give the draft as the form says it should stand; nothing is checked yet."""
    words = stored
    if PathStep.GATES in form.shown:
        answers = {gate: ANSWERS.get(getattr(form, gate.value)) for gate in Gate}
        words = replace(words, gates={gate: answer for gate, answer in answers.items() if answer is not None})
    if PathStep.VERDICT in form.shown:
        words = replace(words, verdict=member_of(VerdictLabel, form.verdict))
    if PathStep.CLARIFICATION in form.shown:
        words = replace(
            words,
            category=member_of(Category, form.category),
            political=ANSWERS.get(form.political),
            redacted=ANSWERS.get(form.redacted, False),
            title=form.title,
            body=form.body.replace("\r\n", "\n"),
            topic=form.topic if form.topic in set(Topic) else None,
        )
    return words


def save_words(ctx: Context, claim_id: int, form: HolderForm, words: Prepared) -> None:
    """Save the draft as it was typed, and the wording beside it."""
    fitting = replace(
        words,
        title=fit(OPTIONAL_LINE, words.title, "judul"),
        body=fit(OPTIONAL_PARAGRAPH, words.body, "isi"),
    )
    review.save_draft(ctx, claim_id, fitting, form.version)
    if PathStep.CLARIFICATION in form.shown and form.wording:
        review.reword(ctx, claim_id, fit(LINE, form.wording, "rumusan klaim"))


def _new_source(form: HolderForm) -> NewSource:
    kind = member_of(EvidenceKind, form.source_kind)
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


def dismissal(text: str) -> DismissReason:
    """Read why a claim gets no label."""
    reason = member_of(DismissReason, text)
    if reason is None:
        raise InvalidInputError(mark("Pilih alasan menutup tanpa label."))
    return reason


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of the holder's form: the claim, the form, and the row that the button belongs to."""

    claim_id: int
    form: HolderForm
    target: int
    note: str


@dataclass(frozen=True, slots=True)
class Button:
    """What a button does after the draft is saved, the sentence about it, and where to go on."""

    do: Callable[[Context, Pressed], object]
    sentence: str
    onward: str = "/klaim/{claim_id}#keputusan"


QUEUE = "/antrean"
MATCHES = "/klaim/{claim_id}#kecocokan"
BUTTONS: Mapping[str, Button] = {
    "save": Button(lambda _ctx, _pressed: None, mark("Rancangan tersimpan.")),
    "extend": Button(
        lambda ctx, pressed: review.extend(ctx, pressed.claim_id),
        mark("Waktu Anda mulai lagi; rancangan tersimpan."),
    ),
    "add_source": Button(
        lambda ctx, pressed: evidence.add(ctx, pressed.claim_id, _new_source(pressed.form)),
        mark("Sumber ditambahkan; rancangan tersimpan."),
    ),
    "remove_source": Button(
        lambda ctx, pressed: evidence.remove(ctx, pressed.claim_id, pressed.target),
        mark("Sumber dilepas; rancangan tersimpan."),
    ),
    "confirm": Button(
        lambda ctx, pressed: matching.confirm(ctx, pressed.target),
        mark("Kecocokan dipastikan; rancangan tersimpan."),
        MATCHES,
    ),
    "reject": Button(
        lambda ctx, pressed: matching.reject(ctx, pressed.target),
        mark("Kecocokan ditolak; rancangan tersimpan."),
        MATCHES,
    ),
    "related": Button(
        lambda ctx, pressed: matching.relate(ctx, pressed.target),
        mark("Kecocokan ditandai terkait; rancangan tersimpan."),
        MATCHES,
    ),
    "note": Button(
        lambda ctx, pressed: notes.add(ctx, pressed.claim_id, fit(OPTIONAL_PARAGRAPH, pressed.form.note, "catatan")),
        mark("Catatan ditambahkan; rancangan tersimpan."),
        "/klaim/{claim_id}#catatan",
    ),
    "submit": Button(
        lambda ctx, pressed: review.submit(ctx, pressed.claim_id),
        mark("Diajukan. Orang kedua akan memutuskan."),
    ),
    "release": Button(
        lambda ctx, pressed: review.release(ctx, pressed.claim_id),
        mark("Klaim dilepas; rancangan tersimpan."),
        QUEUE,
    ),
    "hold": Button(
        lambda ctx, pressed: review.hold(ctx, pressed.claim_id, pressed.note),
        mark("Klaim ditunda; rancangan tersimpan."),
        QUEUE,
    ),
    "hand_over": Button(
        lambda ctx, pressed: review.hand_over(ctx, pressed.claim_id, pressed.form.to[:64], pressed.note),
        mark("Klaim dilimpahkan; rancangan tersimpan."),
        QUEUE,
    ),
    "escalate": Button(
        lambda ctx, pressed: review.escalate(ctx, pressed.claim_id, pressed.note),
        mark("Klaim dinaikkan ke penyetuju; rancangan tersimpan."),
        QUEUE,
    ),
    "dismiss": Button(
        lambda ctx, pressed: review.dismiss(ctx, pressed.claim_id, dismissal(pressed.form.dismiss_as), pressed.note),
        mark("Klaim ditutup tanpa label."),
        QUEUE,
    ),
}


def act(ctx: Context, claim_id: int, form: HolderForm, button: Button) -> None:
    """Do what the pressed button says; its row's number stands after a colon."""
    number = form.do.partition(":")[2]
    in_reach = number.isascii() and number.isdigit() and len(number) < len(str(ID_MAX))
    note = fit(OPTIONAL_PARAGRAPH, form.reason, "alasan")
    button.do(ctx, Pressed(claim_id, form, int(number) if in_reach else 0, note))


# Buttons after which the holder goes on in the same form: what they did not store stays typed.
_GOES_ON = frozenset({"save", "extend", "remove_source", "confirm", "reject", "related", "note", "add_source"})
_STORED_BY = {"add_source": "source_", "note": "note"}


def not_stored(form: HolderForm, before: Mapping[str, str]) -> dict[str, str]:
    """Give what the pressed button left unstored: half a source, a reason, a note, and words of a closed station."""
    name = form.do.partition(":")[0]
    if name not in _GOES_ON:
        return {}
    closed = form.of_closed(before)
    if closed:
        closed["shown"] = ",".join(sorted({_STATION_OF[field].value for field in closed}))
    texts = form.model_dump(
        include={field for field in typed.FIELDS if field.startswith(("source_", "reason", "note"))}
    )
    stored = _STORED_BY.get(name)
    left = {field: text for field, text in texts.items() if text and not (stored and field.startswith(stored))}
    return left | closed


def kept_fields(ctx: Context, claim_id: int) -> dict[str, str]:
    """Give what the reader had typed and not saved, by the names of the fields."""
    row = typed.kept(ctx, claim_id)
    return {name: str(text) for name, text in row.fields.items()} if row else {}


def restored(ctx: Context, claim_id: int) -> Typed | None:
    """Give what the reader had typed and not saved, as the page shows it; nothing where it says nothing new."""
    row = typed.kept(ctx, claim_id)
    if row is None:
        return None
    fields = kept_fields(ctx, claim_id)
    shown = [name for name in fields.pop("shown", "").split(",") if name]
    form = HolderForm.model_validate({**fields, "shown": shown})
    stored = review.prepared(review.draft(ctx, claim_id))
    words = typed_words(form, stored)
    wording = form.wording or None
    if wording == review.wording_of(ctx, claim_id):
        wording = None
    news = words if words != stored else None
    on_version = row.on_version if news else None
    found = Typed(news, wording, form.source(), form.reason, form.note, row.typed_at, on_version)
    is_news = found.words or found.wording or found.source != SourceTyped() or found.reason or found.note
    return found if is_news else None
