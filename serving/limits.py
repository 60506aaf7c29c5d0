"""How often somebody may ask: token buckets in this process's memory.

A bucket holds as many tokens as are allowed a minute and fills evenly, so a burst up to that number passes and what
follows is paced; what needs no sign-in has a second bucket, of a day. The cost of keeping them in memory: with n
processes the limit is up to n times as wide, and a restart forgets. Guessing passwords stays slow all the same, because
each guess also costs an argon2 hash.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

from serving.errors import TooManyRequestsError
from serving.i18n import mark
from serving.settings import Settings

MAX_BUCKETS = 50_000
# An office signs in from one address: it gets this many times what one name gets.
ADDRESS_FACTOR = 5
# Burst and inflow of one day make twice this: fewer than what trips the circuit breaker.
OPEN_FORMS_A_DAY = 4
# A telephone network shows many people under one address, so tips get more than appeals.
TIPS_A_DAY = 20
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# What one household or office gets at least; a single machine in it may take any address of it.
IPV6_PREFIX = 64


def network_of(address: str) -> str:
    """Give what an address is counted by: itself, or the /64 of an IPv6 address; other text stays as it is."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    # A zone, as in fe80::1%eth0, is no part of a network.
    return str(ip_network((int(found), IPV6_PREFIX), strict=False))


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: datetime


@dataclass(slots=True)
class Buckets:
    """One bucket a key; the one that was used longest ago is forgotten first.

    Attributes:
        size: how many tokens it holds, and how many flow in during one period.
        period: a minute, where nothing else is said.
    """

    size: int
    period: timedelta = MINUTE
    _buckets: OrderedDict[Hashable, _Bucket] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, key: Hashable, now: datetime) -> None:
        """Take one token; raise ``TooManyRequestsError`` with the seconds to wait where there is none."""
        with self._lock:
            bucket = self._buckets.setdefault(key, _Bucket(self.size, now))
            self._buckets.move_to_end(key)
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
            # A clock that was set back must neither fill nor empty a bucket.
            elapsed = max((now - bucket.at).total_seconds(), 0.0)
            period_s = self.period.total_seconds()
            bucket.tokens = min(bucket.tokens + elapsed * self.size / period_s, self.size)
            bucket.at = now
            if bucket.tokens < 1:
                wait = math.ceil((1 - bucket.tokens) * period_s / self.size)
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
    open_forms: Buckets
    open_forms_a_day: Buckets
    tips_a_day: Buckets

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Make empty buckets of the configured sizes."""
        attempts = settings.sign_in_attempts_per_minute
        return cls(
            Buckets(settings.requests_per_minute),
            Buckets(attempts),
            Buckets(attempts * ADDRESS_FACTOR),
            Buckets(settings.appeals_per_minute),
            Buckets(OPEN_FORMS_A_DAY, DAY),
            Buckets(TIPS_A_DAY, DAY),
        )

    def request(self, user_id: int, now: datetime) -> None:
        """Count one request of this person, by key or by browser; raise where it is one too many."""
        self.requests.take(user_id, now)

    def sign_in(self, name: str, address: str, now: datetime) -> None:
        """Count one attempt to sign in; raise where it is one too many.

        The name's bucket is kept per address, so that nobody can keep a colleague out by guessing from elsewhere.
        """
        self.addresses.take(address, now)
        self.names.take((name, address), now)

    def appeal(self, address: str, now: datetime) -> None:
        """Count one appeal from this address; raise where it is one too many. No address is written down."""
        self._open_form("appeal", address, now)

    def complaint(self, address: str, now: datetime) -> None:
        """Count one complaint from this address, apart from its appeals; raise where it is one too many."""
        self._open_form("complaint", address, now)

    def tip(self, address: str, now: datetime) -> None:
        """Count one tip from this address, whoever is signed in there; raise where it is one too many."""
        self.open_forms.take(("tip", address), now)
        self.tips_a_day.take(address, now)

    def _open_form(self, form: str, address: str, now: datetime) -> None:
        self.open_forms.take((form, address), now)
        self.open_forms_a_day.take((form, address), now)
