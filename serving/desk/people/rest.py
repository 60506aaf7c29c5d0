"""The break reminder: after how long a stretch of work somebody is asked whether to rest.

The browser counts (``serving/static/rest.js``), so that nobody else learns how long a person works; what is kept here
is the one number that they chose. The cost: a second browser counts by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from serving.db.tables import User
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.people import accounts
from serving.errors import InvalidInputError
from serving.i18n import mark
from serving.settings import Settings

MINUTES: Final = range(15, 181)
# Nothing done for so long is a pause: the count begins anew.
PAUSE_MIN: Final = 5
# A claim with veiled hate, abuse or sexual words counts as so many minutes more.
HEAVY_MIN: Final = 5
# How long "later" is.
LATER_MIN: Final = 10


@dataclass(frozen=True, slots=True)
class Rest:
    """When a break is suggested to somebody who works; their own browser counts, and tells nobody.

    Attributes:
        after_min: minutes of work without a pause; 0 = never.
        own_min: what they chose themself; none where the desk's setting holds.
    """

    after_min: int
    own_min: int | None


def usual_min(settings: Settings) -> int:
    """Give after how many minutes it is suggested to whoever chose nothing; 0 = never."""
    return round(settings.rest_after.total_seconds() / 60)


def rest_of(user: User, settings: Settings) -> Rest:
    """Give when a break is suggested to this person."""
    own = user.rest_after_min
    return Rest(usual_min(settings) if own is None else own, own)


def choose(ctx: Context, after_min: int | None) -> Rest:
    """Choose oneself when a break is suggested: after so many minutes, never (0), or as the desk does (none).

    The record says that somebody chose, not what. Raises ``InvalidInputError`` outside ``MINUTES``.
    """
    if after_min and after_min not in MINUTES:
        first, last = MINUTES[0], MINUTES[-1]
        raise InvalidInputError(mark("Tulis antara {first} dan {last} menit."), first=first, last=last)
    user = accounts.own_account(ctx)
    user.rest_after_min = after_min
    audit.append(ctx, "user.rest", "user", user.id)
    return rest_of(user, ctx.settings)
