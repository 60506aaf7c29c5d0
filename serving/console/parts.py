"""Every part of the HTML door, in the order in which addresses are tried; apart, because parts import their package."""

from __future__ import annotations

from serving.console import (
    account,
    admin,
    appeals,
    board,
    breaker,
    bringing,
    campaigns,
    chats,
    claim,
    colleagues,
    entry,
    evidence,
    exhibits,
    forecast,
    golden,
    health,
    inbox,
    inbox_app,
    influencers,
    invitations,
    lessons,
    library,
    merging,
    models,
    outbox,
    own_words,
    profile,
    public,
    queue,
    queue_steps,
    reach,
    reference,
    regrouping,
    search,
    second_look,
    shift,
    tips,
    training,
    transparency,
    trends,
    trying,
    waves,
    webhooks,
)
from serving.parts import Router


def routers() -> list[Router]:
    """Give every part whose forms carry a session's token."""
    # What stands under an address of its own comes before whatever takes any word there.
    parts = (
        queue,
        queue_steps,
        search,
        trends,
        merging,
        regrouping,
        appeals,
        second_look,
        golden,
        shift,
        colleagues,
        exhibits,
        claim,
        bringing,
        trying,
        library,
        evidence,
        invitations,
        waves,
        influencers,
        campaigns,
        forecast,
        reach,
        board,
        breaker,
        inbox,
        own_words,
        profile,
        chats,
        training,
        outbox,
        models,
        lessons,
        account,
        webhooks,
        admin,
    )
    return [part.router for part in parts]


def open_routers() -> list[Router]:
    """Give what anybody may open without signing in: public pages, sign-in, health, the API's reference."""
    return [
        *(part.router for part in (entry, health, reference, public, transparency)),
        *(part.open_router for part in (appeals, invitations, reach, inbox_app, tips)),
    ]
