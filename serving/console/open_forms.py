"""Forms for whoever has not signed in: cookie and form carry one signed token, so that no other site can send them."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from fastapi import Request, Response

from serving.deps import Service
from serving.errors import ForbiddenError

TOKEN_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Crumb:
    """A cookie to be set: no script reads it, and no other site sends it along with a form."""

    name: str
    value: str
    seconds: float
    path: str = "/"

    def set(self, service: Service, response: Response) -> None:
        """Put it on an answer."""
        response.set_cookie(
            self.name,
            self.value,
            max_age=int(self.seconds),
            path=self.path,
            httponly=True,
            samesite="lax",
            secure=service.settings.secure_cookies,
        )


@dataclass(frozen=True, slots=True)
class OpenForm:
    """One kind of form; ``purpose`` keeps its tokens apart from those of another.

    Attributes:
        cookie: the name of the cookie.
        path: below which the browser sends it.
        expired: the sentence for a token that is missing, forged or too old.
    """

    purpose: str
    cookie: str
    path: str
    expired: str

    def token(self, request: Request, service: Service) -> str:
        """Give the token for a page that is about to be shown: there is no session to derive one from."""
        present = request.cookies.get(self.cookie, "")
        # A token that is about to run out is replaced while the page is being read.
        if service.vault.signed(self.purpose, present, TOKEN_SECONDS / 2) is not None:
            return present
        return service.vault.sign(self.purpose, secrets.token_urlsafe(16))

    def keep(self, service: Service, response: Response, token: str) -> None:
        """Put the token's cookie on the page."""
        Crumb(self.cookie, token, TOKEN_SECONDS, self.path).set(service, response)

    def check(self, request: Request, service: Service, given: str) -> None:
        """Refuse a form whose token is not that of the cookie."""
        cookie = request.cookies.get(self.cookie, "")
        same = hmac.compare_digest(given.encode("utf-8", "replace"), cookie.encode("utf-8", "replace"))
        if not same or service.vault.signed(self.purpose, cookie, TOKEN_SECONDS) is None:
            raise ForbiddenError(self.expired)
