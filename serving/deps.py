"""What an endpoint asks for by type: the service's parts, one transaction, and the person who is asking.

A session is closed, and so committed, *before* the answer leaves (``scope="function"``): with FastAPI's default a
client would read 201 and the commit could still fail.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from serving.db import Database, Session, people
from serving.desk.context import SERVICE, Actor, Begin, Clock, Context, SystemClock
from serving.desk.incoming.machine import holder_for
from serving.desk.people import accounts, rest
from serving.errors import ForbiddenError, NotSignedInError
from serving.i18n import Language, language_of, mark
from serving.limits import Limits, network_of
from serving.security import Vault, hash_api_key
from serving.settings import Settings

SESSION_COOKIE = "suluh_session"
LANGUAGE_COOKIE = "suluh_lang"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# How long after its end a session still says whose words a form holds; the browser keeps the cookie as long.
LATE: Final = timedelta(hours=12)
KEY_GOOD_S: Final = 1.0
KEY_ASKED_AGAIN_S: Final = 0.5
_KEYS_MAX: Final = 10_000


@dataclass(slots=True)
class _GoodKey:
    user_id: int
    asked_at_s: float
    is_asked_again: bool = False


class KnownKeys:
    """Keys that the database called good less than a second ago, for requests that cost less than asking it would.

    A key that was withdrawn, or whose holder was shut out, is refused ``KEY_GOOD_S`` later at most. From half of that
    time on one request is sent to the database, while the others go on: none of them waits for it.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.clock_s = clock_s
        self._good: dict[str, _GoodKey] = {}

    def keep(self, key: str, user_id: int, asked_at_s: float) -> None:
        """Note that the database, asked at that time, knew the key as this person's."""
        if len(self._good) >= _KEYS_MAX:
            self._good.clear()
        self._good[hash_api_key(key)] = _GoodKey(user_id, asked_at_s)

    def forget(self, key: str) -> None:
        """Note that the database no longer knows the key."""
        self._good.pop(hash_api_key(key), None)

    def holder(self, key: str) -> int | None:
        """Give whose key it is; none where the database has to be asked."""
        good = self._good.get(hash_api_key(key))
        if good is None:
            return None
        age_s = self.clock_s() - good.asked_at_s
        if age_s >= KEY_GOOD_S:
            return None
        if age_s >= KEY_ASKED_AGAIN_S and not good.is_asked_again:
            good.is_asked_again = True
            return None
        return good.user_id


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one process, made once by ``create_service``."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Clock
    limits: Limits
    keys: KnownKeys = field(default_factory=KnownKeys)


def create_service(settings: Settings, clock: Clock | None = None) -> Service:
    """Make the parts of one process; nothing is opened before it is used."""
    return Service(
        settings, Database(settings.database), Vault(settings.secret), clock or SystemClock(), Limits.of(settings)
    )


def get_service(request: Request) -> Service:
    """Give the parts that the application was made with."""
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(get_service)]


def address_of(request: Request) -> str:
    """Give the address or network that a request came from, by which it is counted and of which nothing is kept."""
    return network_of(request.client.host) if request.client else ""


def get_session(request: Request, service: ServiceDep) -> Iterator[Session]:
    """Open one transaction a request: reading for safe methods, writing for the rest."""
    database = service.database
    with database.read() if request.method in SAFE_METHODS else database.write() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session, scope="function")]


def context_for(service: Service, session: Session, actor: Actor) -> Context:
    """Put together what a use case is handed; what the history of models says by now is read on the way."""
    now = service.clock.now()
    holder_for(service.settings).follow(session, now)
    return Context(session, actor, now, service.settings, service.vault)


def get_language(request: Request) -> Language:
    """Give the language that the reader chose, else the one that their browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return Language(chosen) if chosen in set(Language) else language_of(request.headers.get("accept-language"))


LanguageDep = Annotated[Language, Depends(get_language)]


@contextmanager
def acting(service: Service) -> Iterator[Context]:
    """Open one transaction in which the service itself acts."""
    with writing_as(service, SERVICE)() as ctx:
        yield ctx


def writing_as(service: Service, actor: Actor) -> Begin:
    """Give what opens a writing transaction of its own for somebody, beside the one of the request."""

    @contextmanager
    def begin() -> Iterator[Context]:
        with service.database.write() as session:
            yield context_for(service, session, actor)

    return begin


# ---- the JSON door: a personal key -----------------------------------------------------------------------------

_bearer = HTTPBearer(
    auto_error=False,
    description="A personal key, made by `suluh key create --user NAME` or on the account page.",
)


def get_key_context(
    service: ServiceDep,
    session: SessionDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Context:
    """Give the context of whoever holds the key in the request.

    Raises ``NotSignedInError`` without a good key, ``TooManyRequestsError`` above the limit.
    """
    if credentials is None:
        raise NotSignedInError(mark("Sertakan kunci pribadi: Authorization: Bearer suluh_…"))
    ctx = context_for(service, session, SERVICE)
    asked_at_s = service.keys.clock_s()
    try:
        user = accounts.user_of_key(ctx, credentials.credentials)
    except NotSignedInError:
        service.keys.forget(credentials.credentials)
        raise
    service.keys.keep(credentials.credentials, user.id, asked_at_s)
    service.limits.request(user.id, ctx.now)
    return context_for(service, session, accounts.actor_for(user))


ApiContext = Annotated[Context, Depends(get_key_context)]

# ---- the HTML door: a signed cookie ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visit:
    """A signed-in browser: who, the token that its forms must carry, and after how many minutes to suggest a break."""

    actor: Actor
    csrf: str
    rest_after_min: int = 0


def session_token(service: Service, user_id: int, epoch: int) -> str:
    """Make the cookie that signs a browser in until it expires or the epoch is raised."""
    return service.vault.sign("session", {"user": user_id, "epoch": epoch})


def csrf_token(service: Service, cookie: str) -> str:
    """Derive the form token from the session cookie: it needs no storage and dies with the session."""
    return service.vault.pseudonym("csrf", cookie)[:32]


def late_actor(request: Request, service: Service, session: Session) -> Actor | None:
    """Give whose session ran out by itself less than ``LATE`` ago: enough to keep what they were typing, and no more.

    A session that was ended, by its owner or an administrator, is nobody's.
    """
    cookie = request.cookies.get(SESSION_COOKIE, "")
    longest = service.settings.session_lifetime + LATE
    payload = service.vault.signed("session", cookie, longest.total_seconds())
    if not isinstance(payload, dict):
        return None
    user = people.user(session, int(payload["user"]))
    if user is None or not user.active or user.session_epoch != payload["epoch"]:
        return None
    return accounts.actor_for(user)


def get_visit(request: Request, service: ServiceDep, session: SessionDep) -> Visit | None:
    """Give the signed-in person, or nothing where the cookie is missing, forged, old or of an ended session."""
    cookie = request.cookies.get(SESSION_COOKIE, "")
    payload = service.vault.signed("session", cookie, service.settings.session_lifetime.total_seconds())
    if not isinstance(payload, dict):
        return None
    user = people.user(session, int(payload["user"]))
    if user is None or not user.active or user.session_epoch != payload["epoch"]:
        return None
    after_min = rest.rest_of(user, service.settings).after_min
    return Visit(accounts.actor_for(user), csrf_token(service, cookie), after_min)


VisitDep = Annotated[Visit | None, Depends(get_visit)]


async def check_csrf(request: Request, service: ServiceDep) -> None:
    """Refuse a changing request whose form or ``X-CSRF-Token`` header does not carry the session's token."""
    if request.method in SAFE_METHODS:
        return
    cookie = request.cookies.get(SESSION_COOKIE, "")
    given = request.headers.get("x-csrf-token") or (await request.form()).get("csrf")
    if (
        not cookie
        or not isinstance(given, str)
        or not hmac.compare_digest(given.encode(), csrf_token(service, cookie).encode())
    ):
        raise ForbiddenError(mark("Formulir ini sudah kedaluwarsa. Muat ulang halaman, lalu kirim lagi."))


def get_page_context(service: ServiceDep, session: SessionDep, visit: VisitDep) -> Context:
    """Give the context of the signed-in person; raise ``NotSignedInError``, which the console turns into sign-in."""
    if visit is None or visit.actor.user_id is None:
        raise NotSignedInError(mark("Silakan masuk dahulu."))
    ctx = context_for(service, session, visit.actor)
    service.limits.request(visit.actor.user_id, ctx.now)
    return ctx


PageContext = Annotated[Context, Depends(get_page_context)]


def get_public_context(service: ServiceDep, session: SessionDep) -> Context:
    """Give a context without a person, for what everybody may read."""
    return context_for(service, session, Actor(None, "publik"))


PublicContext = Annotated[Context, Depends(get_public_context)]
