"""Puts the service together: parts, doors, and what stands between them and the network."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from data.commands import uncollected
from serving import middleware, refusals
from serving.api import parts as v1_parts
from serving.api.problems import Problem, problems
from serving.console import parts as console_parts
from serving.deps import check_csrf, create_service
from serving.desk.context import Clock
from serving.settings import Settings

STATIC = Path(__file__).parent / "static"


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> FastAPI:
    """Make the whole web application.

    Args:
        settings: the configuration; read from the environment where none is given.
        clock: where the time comes from; the machine where none is given.
    """
    service = create_service(settings or Settings(), clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # What stands now stands until the end: collections need not walk it again, and answers come more evenly.
        gc.freeze()
        yield
        service.database.close()

    app = FastAPI(
        title="Suluh",
        version="1",
        description="Score a text, push posts, work the desk, receive verdicts. A score says how much a text "
        "resembles debunked hoaxes; it is never a measure of truth.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    app.state.service = service
    with uncollected():
        _include_parts(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    refusals.install(app)
    refusals.declare(app, Problem.model_json_schema(ref_template="#/components/schemas/{model}"))
    middleware.install(app, service)
    return app


def _include_parts(app: FastAPI) -> None:
    """Open both doors, each part straight into the application: a router between would make every route once more."""
    for part in v1_parts.routers():
        app.include_router(part, prefix="/v1", responses=problems())
    for part in console_parts.routers():
        app.include_router(part, include_in_schema=False, dependencies=[Depends(check_csrf)])
    app.include_router(console_parts.open_router(), include_in_schema=False)
