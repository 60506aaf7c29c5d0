"""The page that says what went wrong, what was kept, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from serving.console.pages import render
from serving.deps import get_language
from serving.errors import SuluhError
from serving.i18n import translate


@dataclass(frozen=True, slots=True)
class FailurePage:
    """One refusal or fault."""

    status: int
    code: str
    sentence: str


def failure_page(request: Request, error: SuluhError) -> HTMLResponse:
    """Answer with the error's sentence in the reader's language."""
    sentence = translate(get_language(request), error.message, **error.params)
    return render(request, "failure.html", FailurePage(error.status, error.code, sentence), status=error.status)
