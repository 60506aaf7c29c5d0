"""The JSON door, ``/v1``: types in and out, no rules of its own."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Give every part of ``/v1``, in the order of the documentation."""
    from serving.api import (  # noqa: PLC0415 - parts import this package's problems
        account,
        admin,
        appeals,
        breaker,
        campaigns,
        claims,
        clarifications,
        corrections,
        decided,
        dossiers,
        feeds,
        influencers,
        merging,
        models,
        moderation,
        offers,
        posts,
        preparing,
        review,
        scores,
        search,
        second_look,
        transparency,
        trends,
    )

    parts = (
        scores,
        moderation,
        posts,
        claims,
        search,
        trends,
        merging,
        review,
        dossiers,
        clarifications,
        corrections,
        appeals,
        second_look,
        transparency,
        feeds,
        influencers,
        preparing,
        campaigns,
        breaker,
        offers,
        models,
        decided,
        account,
        admin,
    )
    return [part.router for part in parts]
