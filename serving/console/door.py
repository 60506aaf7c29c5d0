"""What answers one request of a page: who asks, in which transaction, and in which language.

A page with forms makes a ``Door`` of its own that knows how the page is shown, with what was typed and why it was
refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import Request, Response

from serving.console.pages import DataclassPage, render
from serving.deps import ServiceDep, Visit, get_page_context, get_visit
from serving.desk.context import Context
from serving.errors import SuluhError
from serving.i18n import Language, translate


@dataclass(frozen=True, slots=True)
class Reading:
    """Who sent a form, in a transaction that only reads."""

    ctx: Context
    visit: Visit | None


def reading(request: Request, service: ServiceDep) -> Iterator[Reading]:
    """Give who sent a form, without the writing transaction that a POST opens by default.

    For what takes long before anything is written: a model, a picture, a workbook. On SQLite every writer would wait.
    """
    with service.database.read() as session:
        visit = get_visit(request, service, session)
        yield Reading(get_page_context(service, session, visit), visit)


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
