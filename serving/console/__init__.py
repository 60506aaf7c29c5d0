"""The HTML door: the desk, the inbox, the boards and the public pages. Every page works without JavaScript."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Give every part whose forms carry a session's token."""
    from serving.console import (  # noqa: PLC0415 - parts import this package's pages
        account,
        admin,
        bringing,
        campaigns,
        claim,
        inbox,
        influencers,
        lessons,
        library,
        merging,
        models,
        outbox,
        queue,
        trying,
    )

    # What stands under an address of its own comes before whatever takes any word there.
    parts = (
        queue,
        merging,
        claim,
        bringing,
        trying,
        library,
        influencers,
        campaigns,
        inbox,
        outbox,
        models,
        lessons,
        account,
        admin,
    )
    return [part.router for part in parts]


def open_router() -> APIRouter:
    """Give what anybody may open without signing in: public pages, sign-in, health, the API's reference."""
    from serving.console import entry, health, public, reference  # noqa: PLC0415 - parts import this package's pages

    router = APIRouter()
    for part in (entry, health, reference, public):
        router.include_router(part.router)
    return router
