"""The training on a phone: one lesson a page, then the check; nothing is kept but that somebody passed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from serving.console.pages import redirect, render
from serving.deps import PageContext, Visit, VisitDep, get_language
from serving.desk.context import Context
from serving.desk.people import training
from serving.desk.people.eligibility import TRAINING_VERSION
from serving.errors import SuluhError
from serving.i18n import mark, translate
from serving.parts import Router

router = Router()
CHECK = len(training.LESSONS) + 1


@dataclass(frozen=True, slots=True)
class TrainingPage:
    """One step: a lesson, or the check with what was answered and what to look at again.

    Attributes:
        step: from 1; one past the lessons is the check.
        answers: the option that was chosen for each question, both by key.
        again: questions whose answer was wrong or missing, by key.
    """

    step: int
    lessons: tuple[training.Lesson, ...]
    lesson: training.Lesson | None
    questions: tuple[training.Question, ...]
    version: str
    passed_at: datetime | None
    answers: dict[str, str] = field(default_factory=dict)
    again: tuple[str, ...] = ()
    problem: str = ""


def _page(ctx: Context, step: int) -> TrainingPage:
    return TrainingPage(
        step=step,
        lessons=training.LESSONS,
        lesson=training.LESSONS[step - 1] if step < CHECK else None,
        questions=training.QUESTIONS,
        version=TRAINING_VERSION,
        passed_at=training.passed_at(ctx),
    )


@router.get("/pelatihan")
def read_step(
    request: Request, ctx: PageContext, visit: VisitDep, langkah: Annotated[int, Query(ge=1, le=CHECK)] = 1
) -> Response:
    """Show one lesson, or the check."""
    return render(request, "training.html", _page(ctx, langkah), visit=visit)


@dataclass(frozen=True, slots=True)
class CheckForm:
    """The check as it was sent; a question that was left out has no answer."""

    version: str
    answers: dict[str, str]


async def check_form(request: Request) -> CheckForm:
    """Read one option for each question."""
    form = await request.form()
    answers = {each.key: str(form.get(each.key, ""))[:40] for each in training.QUESTIONS}
    return CheckForm(str(form.get("version", ""))[:20], {key: answer for key, answer in answers.items() if answer})


@router.post("/pelatihan")
def take(
    request: Request, ctx: PageContext, visit: VisitDep, form: Annotated[CheckForm, Depends(check_form)]
) -> Response:
    """Take the check; what was wrong is explained beside the question, and what was chosen stays chosen."""
    try:
        result = training.take(ctx, form.version, form.answers)
    except SuluhError as error:
        return _again(request, ctx, visit, form, (), error)
    if not result.passed:
        return _again(request, ctx, visit, form, result.again)
    return redirect(request, "/profil#lencana", mark("Lulus. Lencana Anda sudah tampil di profil."))


def _again(
    request: Request,
    ctx: Context,
    visit: Visit | None,
    form: CheckForm,
    again: tuple[training.Question, ...],
    error: SuluhError | None = None,
) -> Response:
    page = replace(
        _page(ctx, CHECK),
        answers=form.answers,
        again=tuple(each.key for each in again),
        problem=translate(get_language(request), error.message, **error.params) if error else "",
    )
    return render(request, "training.html", page, visit=visit, status=error.status if error else 422)
