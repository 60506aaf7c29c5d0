"""The page that says what went wrong, what was kept, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from serving.console.pages import came_from, render
from serving.deps import SAFE_METHODS, get_language
from serving.errors import SuluhError
from serving.i18n import mark, translate


@dataclass(frozen=True, slots=True)
class FailurePage:
    """One refusal or fault."""

    status: int
    code: str
    sentence: str
    kept: str
    next_href: str
    next_text: str


def failure_page(request: Request, error: SuluhError) -> HTMLResponse:
    """Answer with the error's sentence in the reader's language."""
    language = get_language(request)
    changing = request.method not in SAFE_METHODS
    back = came_from(request) if changing else "/"
    page = FailurePage(
        status=error.status,
        code=error.code,
        sentence=translate(language, error.message, **error.params),
        kept=translate(language, mark("Tidak ada yang diubah.")) if changing else "",
        next_href=back,
        next_text=translate(language, mark("Ke halaman awal") if back == "/" else mark("Kembali ke halaman tadi")),
    )
    response = render(request, "failure.html", page, status=error.status)
    if retry := getattr(error, "retry_after_s", None):
        response.headers["retry-after"] = str(retry)
    return response
