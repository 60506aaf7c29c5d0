"""Golden items: the page of those who keep them, and what each checker alone reads about their own answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Form, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from serving.console.claim_form import member_of
from serving.console.door import Door
from serving.console.forms import LINE, PARAGRAPH, attempt, fit
from serving.console.pages import redirect
from serving.db.golden import Answered, Counted
from serving.deps import LanguageDep, PageContext, VisitDep
from serving.desk.checking import golden
from serving.desk.checking.golden import NewItem
from serving.desk.context import Context
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import mark
from serving.inputs import ID_MAX, Id
from serving.parts import Router
from serving.vocabulary import Category, VerdictLabel

HOME: Final = "/uji-mutu"
OWN: Final = "/uji-mutu/saya"
router = Router(prefix=HOME)
PAGE: Final = 20
SOURCE: Final = "desk"
ANSWERED: Final = mark("Tercatat. Klaim ini butir uji mutu; hasilnya hanya untuk Anda.")
PathId = Annotated[Id, Path(le=ID_MAX)]


class ItemForm(BaseModel):
    """A golden item as somebody writes it down, or the number of the decided claim that it is chosen from."""

    model_config = ConfigDict(extra="ignore")

    klaim: str = ""
    rumusan: str = ""
    kiriman: str = ""
    putusan: str = ""
    kategori: str = ""
    penjelasan: str = ""

    def new(self) -> NewItem:
        """Give it as the desk takes it; raise a sentence that names the field."""
        verdict, category = member_of(VerdictLabel, self.putusan), member_of(Category, self.kategori)
        if verdict is None or category is None:
            raise InvalidInputError(mark("Pilih putusan dan kategori yang benar."))
        wording = fit(LINE, self.rumusan, "rumusan")
        post = fit(PARAGRAPH, self.kiriman, "kiriman")
        return NewItem(wording[:500], (post,), SOURCE, verdict, category, fit(PARAGRAPH, self.penjelasan, "penjelasan"))

    def number(self) -> int:
        """Give the number of the claim; raise where none was typed."""
        if not (self.klaim.isascii() and self.klaim.isdigit() and len(self.klaim) < len(str(ID_MAX))):
            raise InvalidInputError(mark("Tulis nomor klaim dengan angka."))
        return int(self.klaim)


@dataclass(frozen=True, slots=True)
class GoldenPage:
    """The items, how often answers were the known ones, and what was typed where it was refused."""

    items: Sequence[Counted]
    next_href: str
    agreement: Mapping[Category, golden.Agreement]
    min_group: int
    # Of how many taken claims one makes the desk serve an item by itself; 0 = none does.
    one_of: int
    verdicts: tuple[VerdictLabel, ...]
    categories: tuple[Category, ...]
    typed: ItemForm
    problem: str


@dataclass(frozen=True, slots=True)
class OwnAnswersPage:
    """The reader's own answers; nobody else's stand anywhere."""

    answers: Sequence[Answered]


class _Door(Door):
    __slots__ = ()

    def page(
        self, before: int | None = None, typed: ItemForm | None = None, error: SuluhError | None = None
    ) -> Response:
        found = golden.items(self.ctx, before=before, limit=PAGE + 1)
        shown = found[:PAGE]
        page = GoldenPage(
            items=shown,
            next_href=f"{HOME}?before={shown[-1].item.id}" if len(found) > PAGE else "",
            agreement=golden.agreement(self.ctx),
            min_group=self.ctx.settings.min_group,
            one_of=golden.one_of(self.ctx.settings),
            verdicts=tuple(VerdictLabel),
            categories=tuple(Category),
            typed=typed or ItemForm(),
            problem=self.why(error),
        )
        return self.show("golden.html", page, error)


def _door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> _Door:
    return _Door(request, ctx, visit, language)


DoorDep = Annotated[_Door, Depends(_door)]


def told_at(ctx: Context, claim_id: int) -> str:
    """Give where the reader is told of the golden item that they answered; nothing for any other claim."""
    is_theirs = ctx.actor.may(*golden.CHECKERS) and golden.own_answers(ctx, claim_id)
    return f"{OWN}?klaim={claim_id}" if is_theirs else ""


@router.get("")
def read_items(at: DoorDep, before: Annotated[Id | None, Query()] = None) -> Response:
    """Show the items to those who keep them."""
    return at.page(before)


@router.get("/saya")
def read_own(at: DoorDep, klaim: Annotated[Id | None, Query()] = None) -> Response:
    """Show the reader's own answers, or the one to a claim."""
    return at.show("golden_answers.html", OwnAnswersPage(golden.own_answers(at.ctx, klaim)))


@router.post("")
def enter(at: DoorDep, form: Annotated[ItemForm, Form()]) -> Response:
    """Write an item down."""
    if error := attempt(at.ctx, lambda: golden.enter(at.ctx, form.new())):
        return at.page(typed=form, error=error)
    return redirect(at.request, HOME, mark("Butir uji disimpan; sajikan bila sudah waktunya."))


@router.post("/klaim")
def choose(at: DoorDep, form: Annotated[ItemForm, Form()]) -> Response:
    """Choose a decided claim."""

    def step() -> None:
        golden.choose(at.ctx, form.number(), fit(PARAGRAPH, form.penjelasan, "penjelasan"))

    if error := attempt(at.ctx, step):
        return at.page(typed=form, error=error)
    return redirect(at.request, HOME, mark("Butir uji disimpan; sajikan bila sudah waktunya."))


@router.post("/{item_id}/sajikan")
def serve(at: DoorDep, item_id: PathId) -> Response:
    """Put an item into the queue."""
    if error := attempt(at.ctx, lambda: golden.serve(at.ctx, item_id)):
        return at.page(error=error)
    return redirect(at.request, HOME, mark("Butir itu sekarang menunggu di antrean, tanpa tanda apa pun."))


@router.post("/{item_id}/hentikan")
def retire(at: DoorDep, item_id: PathId) -> Response:
    """Serve an item no more."""
    if error := attempt(at.ctx, lambda: golden.retire(at.ctx, item_id)):
        return at.page(error=error)
    return redirect(at.request, HOME, mark("Butir itu tidak disajikan lagi."))
