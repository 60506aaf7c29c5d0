"""What answers one request of a page: who asks, in which transaction, and in which language.

A page with forms makes a ``Door`` of its own that knows how the page is shown, with what was typed and why it was
refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from serving.console.pages import DataclassPage, render
from serving.deps import Visit
from serving.desk.context import Context
from serving.errors import SuluhError
from serving.i18n import Language, translate


@dataclass(frozen=True, slots=True)
class Door:
    """Everything that answering takes."""

    request: Request
    ctx: Context
    visit: Visit | None
    language: Language

    def why(self, error: SuluhError | None) -> str:
        """Say in the reader's words why something was refused; nothing where it was not."""
        return translate(self.language, error.message, **error.params) if error else ""

    def show(self, template: str, page: DataclassPage, error: SuluhError | None = None) -> Response:
        """Show a page, with the status of what was refused."""
        return render(self.request, template, page, visit=self.visit, status=error.status if error else 200)
