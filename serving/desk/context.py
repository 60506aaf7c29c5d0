"""Who does something, when, and through which transaction: what every use case is handed.

A use case never asks the machine for the time and never opens a transaction of its own; the door does both, so that
one request is one transaction and a test can set the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeAlias

from serving.db import Session
from serving.errors import ForbiddenError
from serving.i18n import mark
from serving.security import Vault
from serving.settings import Settings
from serving.vocabulary import LABELS, Role


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """Give an aware UTC time."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Give the time in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever takes a step: a signed-in person, or the service itself (``user_id`` is none)."""

    user_id: int | None
    name: str
    roles: frozenset[Role] = frozenset()

    def may(self, *roles: Role) -> bool:
        """Tell whether any of these roles is held; admin administers and holds no other role by itself."""
        return not self.roles.isdisjoint(roles)


SERVICE = Actor(None, "suluh")


@dataclass(frozen=True, slots=True)
class Context:
    """One step's surroundings: transaction, person, time, settings, secrets."""

    session: Session
    actor: Actor
    now: datetime
    settings: Settings
    vault: Vault

    def require(self, *roles: Role) -> int:
        """Refuse unless a person with one of these roles acts; give their id."""
        if self.actor.user_id is None or not self.actor.may(*roles):
            raise ForbiddenError(
                mark("Ini hanya dapat dilakukan oleh {roles}."),
                roles=" / ".join(LABELS[role] for role in roles),
            )
        return self.actor.user_id


Begin: TypeAlias = Callable[[], AbstractContextManager[Context]]
"""Opens one writing transaction of its own, and commits it when the block ends."""
Read: TypeAlias = Callable[[], AbstractContextManager[Session]]
"""Opens one reading transaction of its own."""
