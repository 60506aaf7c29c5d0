"""One root for everything that can go wrong in a way its reader should hear about.

A message is the Indonesian sentence itself, with named places; it doubles as the key under which the catalogue
keeps its English twin, so one sentence serves the console, the JSON door and the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self


class SuluhError(Exception):
    """A refusal with a sentence for its reader.

    Attributes:
        status: the HTTP status that the doors answer with.
        code: a stable name that programs can compare.
        message: the Indonesian sentence, with ``{places}``.
        params: what goes into the places; a refusal there is said in the same language.
        parts: where several things were wrong, each of them: where, and why.
    """

    status = 500
    code = "error"

    def __init__(self, message: str, **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.params = params
        self.parts: tuple[tuple[str, SuluhError], ...] = ()

    def of(self, parts: Iterable[tuple[str, SuluhError]]) -> Self:
        """Give this refusal with each thing that was wrong."""
        self.parts = tuple(parts)
        return self

    def __str__(self) -> str:
        """Give the sentence with its places filled."""
        return self.message.format(**self.params) if self.params else self.message


class SettingsError(SuluhError):
    """The service is configured in a way that cannot work."""

    code = "settings"


class InvalidInputError(SuluhError):
    """What was sent cannot be used; nothing was stored."""

    status = 422
    code = "invalid-input"


class NotSignedInError(SuluhError):
    """Nobody is signed in, or the key is unknown, expired or withdrawn."""

    status = 401
    code = "not-signed-in"


class ForbiddenError(SuluhError):
    """Someone is signed in, but this is not theirs to do."""

    status = 403
    code = "forbidden"


class SameHumanError(ForbiddenError):
    """The second step needs a second person: whoever wrote, asked or froze does not also decide."""

    code = "same-human"


class NotFoundError(SuluhError):
    """There is no such thing, or not for this reader."""

    status = 404
    code = "not-found"


class ConflictError(SuluhError):
    """It could be done, but not in the state in which things are."""

    status = 409
    code = "conflict"


class IllegalStepError(ConflictError):
    """A state machine has no such step from where the thing stands."""

    code = "illegal-step"


class TooLargeError(SuluhError):
    """More was sent than is taken at once."""

    status = 413
    code = "too-large"


class MediaTypeError(SuluhError):
    """The body is of a type that is not taken."""

    status = 415
    code = "media-type"


class TooManyRequestsError(SuluhError):
    """Asked too often; ``retry_after_s`` says when to come back."""

    status = 429
    code = "too-many-requests"

    def __init__(self, message: str, *, retry_after_s: int, **params: object) -> None:
        super().__init__(message, **params)
        self.retry_after_s = retry_after_s


class UnavailableError(SuluhError):
    """A part that this needs is not there right now."""

    status = 503
    code = "unavailable"
