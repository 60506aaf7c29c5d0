"""The naive intake as it usually stands: a FastAPI service with one endpoint, types in and out, one post a request.

The model learns from the first posts of FILE.

    python -m benchmarks.peers.naive_service PORT DATABASE FILE
"""

import sys
from datetime import datetime
from itertools import islice
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel

from benchmarks.peers.naive_intake import N_TRAIN, NaiveIntake, trained_on


class EngagementIn(BaseModel):
    """What a post has drawn."""

    likes: int = 0
    shares: int = 0
    comments: int = 0
    views: int = 0


class PostIn(BaseModel):
    """One post."""

    source: str
    external_id: str
    text: str
    posted_at: AwareDatetime
    engagement: EngagementIn = EngagementIn()
    url: str | None = None


class PostOut(BaseModel):
    """Which claim it went to; none where it was known."""

    claim_id: int | None
    at: datetime


def create_app(intake: NaiveIntake) -> FastAPI:
    """Put the endpoint around the intake: a coroutine, because the intake takes one post at a time anyway."""
    app = FastAPI()

    @app.post("/v1/posts")
    async def take_in(body: PostIn) -> PostOut:
        claim_id = intake.take_in(body.source, body.external_id, body.text, body.posted_at, body.engagement.views)
        return PostOut(claim_id=claim_id, at=body.posted_at)

    return app


def main() -> None:
    """Serve until told to stop."""
    port, address, file = sys.argv[1:]
    with Path(file).open(encoding="utf-8") as lines:
        model = trained_on(islice(lines, N_TRAIN))
    uvicorn.run(
        create_app(NaiveIntake(address, model)), port=int(port), log_config=None, access_log=False, server_header=False
    )


if __name__ == "__main__":
    main()
