"""Parts of a door: operations as they were declared, made into routes when one of their addresses is first asked for.

FastAPI makes a route by looking through all that its function asks for, half a millisecond each, and makes it again
where a router stands between it and the application. There are some 450, of which a process answers few in its first
minute. So a part waits as it was declared, and its routes then go straight into the application, in the order of the
parts. What this costs: a declaration that FastAPI refuses is refused at its first request, so tests make every route.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from threading import Lock
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.params import Depends
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Declared:
    """One operation: its address within the part, its function, and what its decorator said of it."""

    path: str
    endpoint: Callable[..., Any]
    options: Mapping[str, Any]


class Router(APIRouter):
    """Declares operations as a router does, and makes no routes of its own."""

    def __init__(self, *, prefix: str = "", tags: list[str | Enum] | None = None) -> None:
        """Take what all its operations share."""
        super().__init__(prefix=prefix, tags=tags)
        self.declared: list[Declared] = []

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Keep what a decorator declares."""
        self.declared.append(Declared(path, endpoint, options))


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of a part, and what those begin with in which something is filled in; without a slash at the end."""

    whole: frozenset[str]
    heads: tuple[str, ...]

    def may_hold(self, path: str) -> bool:
        """Say whether a request may be for one of them: a slash more or less at the end is redirected."""
        return path.rstrip("/") in self.whole or path.startswith(self.heads)


@dataclass(frozen=True, slots=True)
class Door:
    """Parts in the order in which their addresses are tried, and what each of their operations has besides."""

    parts: Sequence[Router]
    prefix: str = ""
    dependencies: Sequence[Depends] = ()
    responses: Mapping[int | str, dict[str, Any]] = field(default_factory=dict)
    in_schema: bool = True

    def routes(self, part: Router, app: FastAPI) -> list[BaseRoute]:
        """Make the routes of a part."""
        made = APIRouter(
            prefix=self.prefix + part.prefix,
            tags=part.tags,
            dependencies=self.dependencies,
            responses=dict(self.responses),
            include_in_schema=self.in_schema,
            dependency_overrides_provider=app,
        )
        for each in part.declared:
            made.add_api_route(each.path, each.endpoint, **each.options)
        return made.routes

    def addresses(self, part: Router) -> Addresses:
        """Say where the operations of a part are."""
        paths = [self.prefix + part.prefix + each.path for each in part.declared]
        return Addresses(
            whole=frozenset(path.rstrip("/") for path in paths if "{" not in path),
            heads=tuple({path.partition("{")[0].rstrip("/") for path in paths if "{" in path}),
        )


@dataclass(slots=True, eq=False)
class _Place:
    """Where a part stands, and how many routes are made of it so far."""

    door: Door
    part: Router
    addresses: Addresses
    n_routes: int = 0


class Doors:
    """Everything that an application answers, made part by part."""

    def __init__(self, app: FastAPI, doors: Sequence[Door]) -> None:
        """Leave the routes that the application has already in front of all parts."""
        self._app = app
        self._n_before = len(app.router.routes)
        self._places = [_Place(door, part, door.addresses(part)) for door in doors for part in door.parts]
        self._waiting = list(self._places)
        self._one_at_a_time = Lock()

    def open(self, path: str) -> None:
        """Make the routes of each part that may answer an address."""
        if wanted := [place for place in self._waiting if place.addresses.may_hold(path)]:
            self._make(wanted)

    def open_all(self) -> None:
        """Make every route."""
        self._make(self._waiting)

    def _make(self, wanted: Sequence[_Place]) -> None:
        with self._one_at_a_time:
            for place in wanted:
                if not place.n_routes:
                    self._put(place)
            self._waiting = [place for place in self._waiting if not place.n_routes]

    def _put(self, place: _Place) -> None:
        made, routes = place.door.routes(place.part, self._app), self._app.router.routes
        at = self._n_before + sum(before.n_routes for before in self._places[: self._places.index(place)])
        # A list of its own: another thread may be looking through the one that stands.
        self._app.router.routes = [*routes[:at], *made, *routes[at:]]
        place.n_routes = len(made)


class Opening:
    """Makes what a request may be answered by, before anybody looks for its route."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] == "http":
            self._doors.open(scope["path"])
        await self._app(scope, receive, send)
