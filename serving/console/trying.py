"""Trying a text: what the models say of it, why, and what that is not. Nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form, Request, Response

from serving.console.door import Reading, reading
from serving.console.forms import PARAGRAPH, fit
from serving.console.pages import render
from serving.deps import LanguageDep, PageContext, VisitDep
from serving.desk.context import Context
from serving.desk.incoming import scoring
from serving.desk.incoming.machine import reason_rows
from serving.desk.incoming.scoring import Near
from serving.desk.learning import moderation
from serving.errors import SuluhError, UnavailableError
from serving.i18n import translate
from serving.parts import Router

router = Router()


@dataclass(frozen=True, slots=True)
class Label:
    """What a text may contain, how likely it is, and whether that is enough to blur it on the desk."""

    name: str
    p: float
    is_flagged: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """The score of one text; ``reasons`` are the words that moved it, each with what it adds to the logit.

    ``labels`` are empty where no moderator can be opened: the score stands without it.
    """

    p_hoax: float
    band: str
    model: str
    reasons: list[dict[str, Any]]
    labels: tuple[Label, ...]
    moderator: str
    near: Sequence[Near]


@dataclass(frozen=True, slots=True)
class TryPage:
    """A text and what the model says of it."""

    text: str
    text_max: int
    answer: Answer | None = None
    refusal: str = ""


@router.get("/coba")
def ask(request: Request, ctx: PageContext, visit: VisitDep) -> Response:
    """Show the form for a text."""
    return render(request, "try.html", TryPage("", ctx.settings.max_text_chars), visit=visit)


@router.post("/coba")
def score(
    request: Request,
    asked: Annotated[Reading, Depends(reading, scope="function")],
    language: LanguageDep,
    text: Annotated[str, Form()] = "",
) -> Response:
    """Score a text and show it again with its answer."""
    ctx, visit = asked.ctx, asked.visit
    most = ctx.settings.max_text_chars
    try:
        answer = _answer(ctx, fit(PARAGRAPH, text, "teks"))
    except SuluhError as error:
        refusal = translate(language, error.message, **error.params)
        return render(request, "try.html", TryPage(text, most, refusal=refusal), visit=visit, status=error.status)
    return render(request, "try.html", TryPage(text, most, answer), visit=visit)


def _answer(ctx: Context, text: str) -> Answer:
    found = scoring.score(ctx, [text])[0]
    labels, moderator = _labels(ctx, text)
    near = scoring.nearest(ctx, text)
    return Answer(found.p_hoax, found.band.value, found.model, reason_rows(found), labels, moderator, near)


def _labels(ctx: Context, text: str) -> tuple[tuple[Label, ...], str]:
    try:
        found = moderation.moderate(ctx, [text])[0]
    except UnavailableError:
        return (), ""
    names = moderation.NAMES
    return tuple(Label(names[label], p, label in found.flags) for label, p in found.labels.items()), found.model
