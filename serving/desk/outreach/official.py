"""Official accounts: the only places whose posts a kit offers to share again.

An administrator keeps the list. An address is compared by its parts, as a browser will read it. What this cannot show
is that a platform serves the post of that account there: X, for one, finds a post by its number, whatever name stands
before it. So the approver opens it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote, urlsplit

from serving.db import campaigns as rows
from serving.db.tables import OfficialAccount
from serving.desk import audit
from serving.desk.context import Context
from serving.errors import ConflictError, InvalidInputError, NotFoundError
from serving.i18n import mark
from serving.vocabulary import LABELS, Platform, Role

# The hosts of each platform; a host below one of them counts too (m.facebook.com).
HOSTS: Final[Mapping[Platform, tuple[str, ...]]] = MappingProxyType(
    {
        Platform.FACEBOOK: ("facebook.com", "fb.com", "fb.watch"),
        Platform.X: ("x.com", "twitter.com"),
        Platform.INSTAGRAM: ("instagram.com", "instagr.am"),
    }
)
# First parts of addresses there that name no account: below them stand everybody's posts. So it is with every `.php`.
_ANYBODYS: Final[Mapping[Platform, frozenset[str]]] = MappingProxyType(
    {
        Platform.FACEBOOK: frozenset(
            {
                *("dialog", "events", "gaming", "groups", "hashtag", "login", "marketplace", "media", "p", "pages"),
                *("people", "permalink", "pg", "photo", "photos", "plugins", "posts", "public", "reel", "reels"),
                *("search", "share", "sharer", "stories", "story", "video", "videos", "watch"),
            }
        ),
        Platform.X: frozenset(
            {
                *("compose", "explore", "hashtag", "home", "i", "intent", "login", "messages", "notifications"),
                *("search", "settings", "share", "status", "statuses"),
            }
        ),
        Platform.INSTAGRAM: frozenset(
            {
                *("accounts", "direct", "explore", "p", "reel", "reels", "s", "share", "stories", "tv", "web"),
            }
        ),
    }
)
READERS = (Role.ADMIN, Role.MANAGER, Role.APPROVER)
HOST_MAX_CHARS = 253
PATH_MAX_CHARS = 200
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_FRONT = re.compile(r"^(?:www|m)\.(?=[^.]+\.)")
_PART = re.compile(r"[a-z0-9._~@-]+")
# A browser reads a backslash as a slash, and drops tabs and line ends.
_UNCLEAR = re.compile(r"[\\\s\x00-\x1f]")
_DOTS = frozenset({".", ".."})


class NotOfficialError(InvalidInputError):
    """The address is not that of an official account."""

    code = "not-official"


class KnownAccountError(ConflictError):
    """The account is on the list already."""

    code = "known-account"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account's posts stand: a host, and the first parts of the path, none for the whole host."""

    host: str
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Give it as people write it."""
        return "/".join((self.host, *self.path))

    def holds(self, url: str) -> bool:
        """Tell whether an address stands at this place, or below it."""
        found = place_of(url)
        return found is not None and found.host == self.host and found.path[: len(self.path)] == self.path


def place_of(url: str) -> Place | None:
    """Read where an address stands; nothing where a browser might read it otherwise, or where it names a user or port.

    Host and path are lowered: hosts have no case, nor have names of accounts on the three platforms.
    """
    if _UNCLEAR.search(url):
        return None
    try:
        parts = urlsplit(url)
        plain = parts.port is None and parts.username is None and parts.password is None
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        return None
    path = tuple(unquote(part).lower() for part in parts.path.split("/") if part)
    if any(part in _DOTS or "/" in part or "\\" in part for part in path):
        return None
    return Place(_bare(parts.hostname), path)


def _bare(host: str) -> str:
    return _FRONT.sub("", host.lower().rstrip("."))


def place(platform: Platform, host: str, path: str) -> Place:
    """Read a place as an administrator writes it.

    Raises:
        InvalidInputError: host or path cannot be one, the host is another platform's, or it is a platform's own and
            the path names no account there: then everybody's posts would be official.
    """
    found = Place(_bare(host.strip()), tuple(part for part in path.strip().lower().split("/") if part))
    if len(found.host) > HOST_MAX_CHARS or not _HOST.fullmatch(found.host):
        raise InvalidInputError(mark("“{host}” bukan nama situs, misalnya contoh.go.id."), host=host.strip())
    written = "/".join(found.path)
    if len(written) > PATH_MAX_CHARS or any(part in _DOTS or not _PART.fullmatch(part) for part in found.path):
        raise InvalidInputError(mark("“{path}” bukan awal alamat, misalnya nama.akun."), path=path.strip())
    owner = platform_at(found.host)
    if owner not in {None, platform}:
        raise InvalidInputError(mark("{host} bukan situs {platform}."), host=found.host, platform=LABELS[platform])
    if owner is not None and not found.path:
        raise InvalidInputError(mark("Di {host} banyak orang mengunggah; tulis juga nama akunnya."), host=found.host)
    if _is_anybodys(found):
        raise InvalidInputError(
            mark("{place} bukan akun: di sana ada unggahan siapa saja. Tulis nama akunnya."), place=str(found)
        )
    return found


def platform_at(host: str) -> Platform | None:
    """Give the platform whose own host this is, in lower case, or is below."""
    return next(
        (each for each, hosts in HOSTS.items() if any(host == its or host.endswith(f".{its}") for its in hosts)), None
    )


def _is_anybodys(found: Place) -> bool:
    """Tell whether a place on a platform's own host names no account, but nothing or one of the platform's words."""
    owner = platform_at(found.host)
    if owner is None:
        return False
    return not found.path or found.path[0] in _ANYBODYS[owner] or found.path[0].endswith(".php")


def place_of_row(row: OfficialAccount) -> Place:
    """Give the place of an account on the list."""
    return Place(row.host, tuple(part for part in row.path.split("/") if part))


def listed(ctx: Context) -> Sequence[OfficialAccount]:
    """Give every official account, by platform and place."""
    ctx.require(*READERS)
    return rows.official_accounts(ctx.session)


def add(ctx: Context, platform: Platform, host: str, path: str) -> OfficialAccount:
    """Put an account on the list."""
    user_id = ctx.require(Role.ADMIN)
    where = place(platform, host, path)
    written = "/".join(where.path)
    if rows.official_account_at(ctx.session, platform, where.host, written) is not None:
        raise KnownAccountError(mark("Akun itu sudah ada dalam daftar."))
    row = OfficialAccount(platform=platform, host=where.host, path=written, added_by_id=user_id, added_at=ctx.now)
    ctx.session.add(row)
    ctx.session.flush()
    audit.append(ctx, "official.add", "official_account", row.id, platform=platform.value, place=str(where))
    return row


def remove(ctx: Context, account_id: int) -> None:
    """Take an account off the list.

    Campaigns that share its posts can no longer be submitted, approved or launched; kits leave these posts out.
    """
    ctx.require(Role.ADMIN)
    row = rows.official_account(ctx.session, account_id)
    if row is None:
        raise NotFoundError(mark("Akun resmi itu tidak ada."))
    where = place_of_row(row)
    ctx.session.delete(row)
    ctx.session.flush()
    audit.append(ctx, "official.remove", "official_account", account_id, platform=row.platform, place=str(where))


def check(ctx: Context, posts: Mapping[Platform, str]) -> None:
    """Refuse addresses that stand outside the list; the sentence names what is allowed."""
    if not posts:
        return
    places = _places(ctx)
    for platform, url in posts.items():
        allowed = places[platform]
        if any(each.holds(url) for each in allowed):
            continue
        where = place_of(url)
        if allowed and where is not None and _is_anybodys(where):
            raise NotOfficialError(
                mark(
                    "Alamat itu tidak menyebut akunnya. Tulis nama akun di depan, misalnya {account}/p/…, "
                    "seperti yang tampil saat unggahan dibuka dari halaman akun."
                ),
                account=str(allowed[0]),
            )
        if not allowed:
            raise NotOfficialError(
                mark("Belum ada akun resmi {platform} dalam daftar; minta admin menambahkannya."),
                platform=LABELS[platform],
            )
        raise NotOfficialError(
            mark("Unggahan resmi {platform} harus berada di: {allowed}."),
            platform=LABELS[platform],
            allowed=", ".join(map(str, allowed)),
        )


def still(ctx: Context, posts: Mapping[Platform, str]) -> dict[Platform, str]:
    """Give those of these posts that stand on the list now; the others are left out without a word."""
    places = _places(ctx) if posts else {}
    return {platform: url for platform, url in posts.items() if any(each.holds(url) for each in places[platform])}


def _places(ctx: Context) -> dict[Platform, list[Place]]:
    """Give where official posts may stand; a place on an old list that names no account is passed over."""
    found: dict[Platform, list[Place]] = {platform: [] for platform in Platform}
    for row in rows.official_accounts(ctx.session):
        where = place_of_row(row)
        if not _is_anybodys(where):
            found[row.platform].append(where)
    return found
