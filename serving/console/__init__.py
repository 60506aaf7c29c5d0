"""The HTML door: the desk, the inbox, the boards and the public pages. Every page works without JavaScript."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Give every part whose forms carry a session's token."""
    from serving.console import (  # noqa: PLC0415 - parts import this package's pages
        account,
        admin,
        appeals,
        breaker,
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
        regrouping,
        search,
        second_look,
        trends,
        trying,
    )

    # What stands under an address of its own comes before whatever takes any word there.
    parts = (
        queue,
        search,
        trends,
        merging,
        regrouping,
        appeals,
        second_look,
        claim,
        bringing,
        trying,
        library,
        influencers,
        campaigns,
        breaker,
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
    from serving.console import appeals, entry, health, public, reference, transparency  # noqa: PLC0415 - parts import this package's pages

    router = APIRouter()
    for part in (entry, health, reference, public, transparency):
        router.include_router(part.router)
    router.include_router(appeals.open_router)
    return router
