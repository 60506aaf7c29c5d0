"""What pages with long forms share: a field that says what is wrong with it, and a step that is whole or not at all."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import TypeAdapter, ValidationError

from serving.desk.context import Context
from serving.errors import InvalidInputError, SuluhError
from serving.i18n import mark
from serving.inputs import Line, OptionalLine, OptionalParagraph, Paragraph, WebAddress, misfit

LINE: TypeAdapter[str] = TypeAdapter(Line)
OPTIONAL_LINE: TypeAdapter[str] = TypeAdapter(OptionalLine)
PARAGRAPH: TypeAdapter[str] = TypeAdapter(Paragraph)
OPTIONAL_PARAGRAPH: TypeAdapter[str] = TypeAdapter(OptionalParagraph)
ADDRESS: TypeAdapter[str] = TypeAdapter(WebAddress)


def fit(adapter: TypeAdapter[str], text: str, name: str) -> str:
    """Give a field's text as it may be stored; raise a sentence that names the field."""
    try:
        return adapter.validate_python(text.replace("\r\n", "\n"))
    except ValidationError as error:
        raise InvalidInputError(
            mark("Isian “{name}” tidak cocok: {why}"), name=name, why=misfit(error.errors()[0])
        ) from None


def attempt(ctx: Context, step: Callable[[], object]) -> SuluhError | None:
    """Take one step whole or not at all; give the refusal where there is one.

    A page that shows a refused form again answers normally, so its transaction is committed: without the savepoint
    half a step would be committed with it.
    """
    try:
        with ctx.session.begin_nested():
            step()
    except SuluhError as error:
        return error
    return None
