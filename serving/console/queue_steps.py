"""What a reader of the queue does from the queue itself: one step for several claims, and saved views."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Path, Request, Response
from pydantic import Field

from serving.console.claim_form import member_of
from serving.console.forms import OPTIONAL_PARAGRAPH, attempt, fit
from serving.console.pages import redirect
from serving.console.queue import Asked, QueueForm, queue_page
from serving.deps import LanguageDep, PageContext, VisitDep
from serving.desk.checking import bulk, views
from serving.desk.checking.bulk import Outcome
from serving.errors import InvalidInputError
from serving.i18n import Language, mark, translate
from serving.inputs import ID_MAX, Id
from serving.parts import Router
from serving.vocabulary import LABELS, BulkAction, DismissReason

router = Router()
PathId = Annotated[Id, Path(le=ID_MAX)]
QUEUE = "/antrean"


class BulkForm(QueueForm):
    """The queue's rows that were ticked, what is to be done to them, and what the queue was asked for."""

    claim: Annotated[list[str], Field(default_factory=list, max_length=1_000)]
    action: Asked = ""
    reason: str = ""
    dismiss_as: Asked = ""

    def asked(self) -> bulk.Asked:
        """Give it as the desk takes it; raise where no step was chosen."""
        action = member_of(BulkAction, self.action)
        if action is None:
            raise InvalidInputError(mark("Pilih apa yang dilakukan dengan klaim-klaim itu."))
        numbers = (text for text in self.claim if text.isascii() and text.isdigit() and len(text) < len(str(ID_MAX)))
        reason = fit(OPTIONAL_PARAGRAPH, self.reason, "alasan")
        return bulk.Asked(action, tuple(map(int, numbers)), reason, member_of(DismissReason, self.dismiss_as))


def _told(request: Request, language: Language, to: str, found: Outcome, *, undone: bool = False) -> Response:
    """Go back to the queue, which says how many went along, and of the first that did not why."""
    step = translate(language, LABELS[found.action])
    if not found.refused:
        sentence = mark("{n} klaim dibatalkan: {step}.") if undone else mark("{n} klaim: {step}.")
        return redirect(request, to, sentence, n=len(found.done), step=step)
    first = found.refused[0]
    why = translate(language, first.error.message, **first.error.params)
    sentence = mark("{n} klaim: {step}; {m} tidak ikut. Klaim {number}: {why}")
    if undone:
        sentence = mark("{n} klaim dibatalkan: {step}; {m} dibiarkan. Klaim {number}: {why}")
    return redirect(
        request,
        to,
        sentence,
        "note",
        n=len(found.done),
        step=step,
        m=len(found.refused),
        number=first.claim_id,
        why=why,
    )


@router.post("/antrean/sekaligus")
def do_at_once(
    request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep, form: Annotated[BulkForm, Form()]
) -> Response:
    """Take one step for the ticked claims; where none goes along the queue says why."""
    done: list[Outcome] = []
    if error := attempt(ctx, lambda: done.append(bulk.do(ctx, form.asked()))):
        return queue_page(request, ctx, visit, form, error)
    return _told(request, language, form.address(QUEUE), done[0])


@router.post("/antrean/sekaligus/{bulk_id}/batal")
def undo_at_once(
    request: Request, ctx: PageContext, language: LanguageDep, bulk_id: PathId, form: Annotated[QueueForm, Form()]
) -> Response:
    """Take one's own step back."""
    return _told(request, language, form.address(QUEUE), bulk.undo(ctx, bulk_id), undone=True)


class ViewForm(QueueForm):
    """A question to the queue and the name to keep it under."""

    name: Asked = ""


@router.post("/antrean/pandangan")
def save_view(request: Request, ctx: PageContext, visit: VisitDep, form: Annotated[ViewForm, Form()]) -> Response:
    """Keep what the queue is asked for under a name."""
    asked = form.model_dump(include=set(views.ASKED))
    if error := attempt(ctx, lambda: views.save(ctx, form.name, asked)):
        return queue_page(request, ctx, visit, form, error)
    return redirect(request, form.address(QUEUE), mark("Pandangan disimpan."))


@router.post("/antrean/pandangan/{view_id}/lepas")
def remove_view(request: Request, ctx: PageContext, view_id: PathId) -> Response:
    """Forget a saved view."""
    views.remove(ctx, view_id)
    return redirect(request, QUEUE, mark("Pandangan dilepas."))
