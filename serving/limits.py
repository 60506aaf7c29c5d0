"""How often somebody may ask: token buckets in this process's memory.

A bucket holds as many tokens as are allowed a minute and fills evenly, so a burst up to that number passes and what
follows is paced. The cost of keeping them in memory: with n processes the limit is up to n times as wide, and a
restart forgets. Guessing passwords stays slow all the same, because each guess also costs an argon2 hash.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from serving.errors import TooManyRequestsError
from serving.i18n import mark
from serving.settings import Settings

MAX_BUCKETS = 50_000
# An office signs in from one address: it gets this many times what one name gets.
ADDRESS_FACTOR = 5


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: datetime


@dataclass(slots=True)
class Buckets:
    """One bucket a key; the one that was used longest ago is forgotten first."""

    per_minute: int
    _buckets: OrderedDict[Hashable, _Bucket] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, key: Hashable, now: datetime) -> None:
        """Take one token; raise ``TooManyRequestsError`` with the seconds to wait where there is none."""
        with self._lock:
            bucket = self._buckets.setdefault(key, _Bucket(self.per_minute, now))
            self._buckets.move_to_end(key)
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
            # A clock that was set back must neither fill nor empty a bucket.
            elapsed = max((now - bucket.at).total_seconds(), 0.0)
            bucket.tokens = min(bucket.tokens + elapsed * self.per_minute / 60, self.per_minute)
            bucket.at = now
            if bucket.tokens < 1:
                wait = math.ceil((1 - bucket.tokens) * 60 / self.per_minute)
                raise TooManyRequestsError(
                    mark("Terlalu banyak permintaan. Coba lagi dalam {n} detik."), retry_after_s=wait, n=wait
                )
            bucket.tokens -= 1


@dataclass(frozen=True, slots=True)
class Limits:
    """The buckets of one process."""

    requests: Buckets
    names: Buckets
    addresses: Buckets

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Make empty buckets of the configured sizes."""
        attempts = settings.sign_in_attempts_per_minute
        return cls(Buckets(settings.requests_per_minute), Buckets(attempts), Buckets(attempts * ADDRESS_FACTOR))

    def request(self, user_id: int, now: datetime) -> None:
        """Count one request of this person, by key or by browser; raise where it is one too many."""
        self.requests.take(user_id, now)

    def sign_in(self, name: str, address: str, now: datetime) -> None:
        """Count one attempt to sign in; raise where it is one too many.

        The name's bucket is kept per address, so that nobody can keep a colleague out by guessing from elsewhere.
        """
        self.addresses.take(address, now)
        self.names.take((name, address), now)
