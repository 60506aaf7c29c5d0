"""RSS and Atom feeds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.db.tables import Feed
from serving.deps import ApiContext
from serving.desk.incoming import feeds
from serving.inputs import ID_MAX, Id, Input, WebAddress
from serving.parts import Router
from serving.rows import Source

router = Router(tags=["feeds"])
FeedId = Annotated[Id, Path(le=ID_MAX)]
Every = Annotated[int, Field(ge=feeds.SHORTEST_S, le=feeds.LONGEST_S, description="Seconds between readings.")]


class FeedIn(Input):
    """A feed to read."""

    url: WebAddress
    source: Source = "rss"
    every_s: Every = 900


class FeedChange(Input):
    """What changes; what is left out stays."""

    source: Source | None = None
    every_s: Every | None = None
    active: bool | None = None


class FeedOut(BaseModel):
    """A feed and how its last reading went."""

    id: int
    url: str
    source: str
    every_s: int
    active: bool
    polled_at: datetime | None
    next_poll_at: datetime
    last_error: str | None
    n_failures: int


class FeedsOut(BaseModel):
    """Every feed."""

    feeds: list[FeedOut]


def _out(feed: Feed) -> FeedOut:
    return FeedOut(**{name: getattr(feed, name) for name in FeedOut.model_fields})


@router.get("/feeds", responses=problems(403))
def list_feeds(ctx: ApiContext) -> FeedsOut:
    """Give every feed."""
    return FeedsOut(feeds=[_out(feed) for feed in feeds.listed(ctx)])


@router.post("/feeds", status_code=201, responses=problems(403, 409))
def add_feed(ctx: ApiContext, body: FeedIn) -> FeedOut:
    """Add a feed; private addresses are refused."""
    return _out(feeds.add(ctx, body.url, body.source, body.every_s))


@router.patch("/feeds/{feed_id}", responses=problems(403, 404))
def change_feed(ctx: ApiContext, feed_id: FeedId, body: FeedChange) -> FeedOut:
    """Change a feed, or stop and start it."""
    return _out(feeds.change(ctx, feed_id, source=body.source, every_s=body.every_s, active=body.active))


@router.delete("/feeds/{feed_id}", status_code=204, responses=problems(403, 404))
def remove_feed(ctx: ApiContext, feed_id: FeedId) -> None:
    """Remove a feed; its posts stay."""
    feeds.remove(ctx, feed_id)
