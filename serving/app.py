"""Puts the service together: parts, doors, and what stands between them and the network."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from serving import middleware, refusals
from serving.api import parts as v1_parts
from serving.api.problems import Problem, problems
from serving.console import parts as console_parts
from serving.deps import check_csrf, create_service
from serving.desk.context import Clock
from serving.parts import Door, Doors, Opening
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
    doors = Doors(app, _doors())
    app.state.doors = doors
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    refusals.install(app)
    refusals.declare(app, Problem.model_json_schema(ref_template="#/components/schemas/{model}"), doors.open_all)
    app.add_middleware(Opening, doors=doors)
    middleware.install(app, service)
    return app


def _doors() -> list[Door]:
    checked = [Depends(check_csrf)]
    return [
        Door(v1_parts.routers(), prefix="/v1", responses=problems()),
        Door(console_parts.routers(), dependencies=checked, in_schema=False),
        Door(console_parts.open_routers(), in_schema=False),
    ]
