"""The JSON door, ``/v1``: types in and out, no rules of its own."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """Give every part of ``/v1``, in the order of the documentation."""
    from serving.api import (  # noqa: PLC0415 - parts import this package's problems
        account,
        admin,
        campaigns,
        claims,
        clarifications,
        feeds,
        influencers,
        offers,
        posts,
        review,
        scores,
    )

    parts = (
        scores,
        posts,
        claims,
        review,
        clarifications,
        feeds,
        influencers,
        campaigns,
        offers,
        account,
        admin,
    )
    return [part.router for part in parts]
