"""Scores of texts: how much they resemble debunked hoaxes. Nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from models.score import Score
from serving.api.claims import MEANING, ReasonOut
from serving.api.problems import problems
from serving.deps import ServiceDep, get_key_context
from serving.desk.context import Context
from serving.desk.incoming import scoring
from serving.i18n import mark
from serving.inputs import Input, encodable
from serving.parts import Router
from serving.settings import Settings

router = Router(tags=["scores"])
_bearer = HTTPBearer(
    auto_error=False,
    description="A personal key, made by `suluh key create --user NAME` or on the account page.",
)


def reading_context(
    service: ServiceDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Iterator[Context]:
    """Give the context of whoever holds the key, in a transaction that only reads.

    A POST opens a writing one by default, and on SQLite a score would then wait for every writer before it.
    """
    with service.database.read() as session:
        yield get_key_context(service, session, credentials)


ReadingContext = Annotated[Context, Depends(reading_context, scope="function")]


Text = Annotated[str, AfterValidator(encodable)]


class TextsIn(Input):
    """One text or several; an empty text is a text."""

    # How long and how many is a setting, and is checked where the texts are scored.
    model_config = ConfigDict(str_max_length=None)

    text: Text | None = None
    texts: list[Text] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> TextsIn:
        if (self.text is None) == (self.texts is None):
            raise ValueError(mark("berikan text atau texts, tidak keduanya"))
        return self

    def all_texts(self) -> list[str]:
        """Give the texts in the order in which they are to be answered."""
        return [self.text or ""] if self.texts is None else self.texts


class ScoreOut(BaseModel):
    """The score of one text."""

    p_hoax: float
    band: str = Field(description="look, abstain or clear.")
    reasons: list[ReasonOut]
    model: str
    meaning: str = MEANING


class ScoresOut(BaseModel):
    """One score a text, in the order of the texts."""

    scores: list[ScoreOut]


def declare_limits(schemas: dict[str, Any], settings: Settings) -> None:
    """Write into OpenAPI's schemas how many texts this service takes at once, and how long each may be."""
    text, texts = (schemas["TextsIn"]["properties"][name]["anyOf"][0] for name in ("text", "texts"))
    texts["maxItems"] = settings.max_texts_per_score
    for one in (text, texts["items"]):
        one["maxLength"] = settings.max_text_chars


def rows_of(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Give scores as ``ScoreOut`` has them; the reasons are what ``reason_rows`` stores, of weights rounded already."""
    return [
        {
            "p_hoax": found.p_hoax,
            "band": found.band.value,
            "reasons": [
                {"code": reason.code.value, "words": reason.text, "weight": reason.weight} for reason in found.reasons
            ],
            "model": found.model,
            "meaning": MEANING,
        }
        for found in scores
    ]


@router.post("/score", responses=problems(413, 503))
def score(ctx: ReadingContext, body: TextsIn) -> ScoresOut:
    """Score texts, in their order; any key may ask."""
    # A short request may be answered before it comes here (``quick_scores``), in the same words.
    return ScoresOut.model_validate({"scores": rows_of(scoring.score(ctx, body.all_texts()))})
