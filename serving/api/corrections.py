"""The public log of corrections: everything that was taken back, replaced or improved, and how many were told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.deps import ApiContext
from serving.desk.publishing import publication
from serving.desk.publishing.publication import LoggedChange
from serving.inputs import Id
from serving.parts import Router
from serving.vocabulary import ClarificationState

router = Router(tags=["clarifications"])


class ToldOut(BaseModel):
    """How many people were told, and how many have read it."""

    sent: int
    acknowledged: int | None = Field(description="None where a figure could name who has, or who has not.")
    reminded: int | None = Field(description="Who had not read it after a day; None likewise.")


class ChangeOut(BaseModel):
    """One line of the log."""

    id: int
    clarification_id: int
    slug: str
    title: str
    state: ClarificationState
    kind: str = Field(description="retracted, superseded or revised.")
    version: int
    reason: str
    at: datetime
    told: ToldOut | None = Field(description="None where so few were told that a figure could name them.")


class ChangePage(BaseModel):
    """A page of the log, newest first."""

    items: list[ChangeOut]
    next_after: int | None = Field(description="Give it as `after` for the next page; none at the end.")


def _line(line: LoggedChange) -> ChangeOut:
    told = ToldOut.model_validate(line.told, from_attributes=True) if line.told else None
    return ChangeOut(
        id=line.change.id,
        clarification_id=line.head.id,
        slug=line.head.slug,
        title=line.words.title,
        state=line.head.state,
        kind=line.change.kind,
        version=line.change.version,
        reason=line.change.reason,
        at=line.change.at,
        told=told,
    )


@router.get("/corrections", responses=problems())
def correction_log(
    ctx: ApiContext,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[Id | None, Query(description="`next_after` of the page before.")] = None,
) -> ChangePage:
    """Give the log of corrections that the public reads."""
    found = publication.log(ctx, after=after, limit=limit + 1)
    more = found[limit - 1].change.id if len(found) > limit else None
    return ChangePage(items=[_line(line) for line in found[:limit]], next_after=more)
