"""Own words on the page of a kit: measured while they are typed where a script runs, else when they are sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse

from serving.console.inbox import KitForms, OwnWords, OwnWordsForm, offer_page_with
from serving.console.pages import render
from serving.deps import PageContext, VisitDep
from serving.desk.outreach import own_words
from serving.errors import InvalidInputError
from serving.inputs import Id
from serving.parts import Router

router = Router()


@router.post("/kotak/{offer_id}/ukur")
def measure(
    request: Request, ctx: PageContext, visit: VisitDep, offer_id: Id, form: Annotated[OwnWordsForm, Form()]
) -> HTMLResponse:
    """Show what would become of own words, as the part of the page that stands below them."""
    checked = own_words.check(ctx, offer_id, form.untuk, form.teks)
    return render(request, "_own_words.html", OwnWords(form, checked), visit=visit)


@router.post("/kotak/{offer_id}/kata")
def choose(
    request: Request, ctx: PageContext, visit: VisitDep, offer_id: Id, form: Annotated[OwnWordsForm, Form()]
) -> HTMLResponse:
    """Take own words; the page comes back with them, because they are kept nowhere else."""
    try:
        own = OwnWords(form, own_words.choose(ctx, offer_id, form.untuk, form.teks), is_taken=True)
    except InvalidInputError as error:
        own = OwnWords(form, own_words.check(ctx, offer_id, form.untuk, form.teks), error=error)
    return offer_page_with(request, ctx, visit, offer_id, KitForms(own=own))
