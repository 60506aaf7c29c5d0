"""Where somebody can go: the places in the top navigation, by role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from serving.desk.context import Actor
from serving.desk.incoming.search import SEARCHERS
from serving.i18n import mark
from serving.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation; ``here`` is the value of ``aria-current`` (empty where the reader is elsewhere)."""

    href: str
    text: str
    icon: str
    here: str = ""


_CHECKER, _APPROVER, _MANAGER = Role.CHECKER, Role.APPROVER, Role.MANAGER
_INFLUENCER, _ENGINEER, _ADMIN = Role.INFLUENCER, Role.ENGINEER, Role.ADMIN

_BY_ROLE: tuple[tuple[frozenset[Role], Place], ...] = (
    (frozenset({_INFLUENCER}), Place("/kotak", mark("Kotak masuk"), "inbox")),
    (frozenset({_INFLUENCER}), Place("/profil", mark("Profil saya"), "user")),
    (frozenset({_INFLUENCER}), Place("/lapor", mark("Laporkan"), "message-circle")),
    (frozenset({_CHECKER, _APPROVER, _ENGINEER}), Place("/antrean", mark("Antrean"), "list-checks")),
    (frozenset({_CHECKER}), Place("/klaim/baru", mark("Tempel klaim"), "plus")),
    (frozenset({_CHECKER, _APPROVER, _MANAGER}), Place("/pustaka", mark("Pustaka"), "library")),
    (frozenset({_CHECKER, _APPROVER, _MANAGER, _ENGINEER}), Place("/tren", mark("Tren"), "activity")),
    (frozenset({_CHECKER, _APPROVER, _MANAGER, _ENGINEER}), Place("/papan", mark("Papan gilir"), "clock")),
    (frozenset({_CHECKER, _APPROVER}), Place("/periksa/tanpa-label", mark("Lihat lagi"), "history")),
    (frozenset({_MANAGER, _ENGINEER}), Place("/uji-mutu", mark("Uji mutu"), "badge-check")),
    (frozenset({_APPROVER}), Place("/periksa/keberatan", mark("Keberatan"), "message-circle")),
    (frozenset({_CHECKER, _APPROVER, _ENGINEER}), Place("/coba", mark("Coba teks"), "eye")),
    (frozenset({_CHECKER, _ADMIN}), Place("/umpan", mark("Umpan"), "rss")),
    (frozenset({_MANAGER, _APPROVER}), Place("/kampanye", mark("Kampanye"), "megaphone")),
    (frozenset({_MANAGER, _APPROVER}), Place("/rem", mark("Rem penyaluran"), "pause")),
    (frozenset({_MANAGER, _CHECKER}), Place("/unggahan", mark("Periksa unggahan"), "badge-check")),
    (frozenset({_MANAGER}), Place("/influencer", mark("Influencer"), "users")),
    (frozenset({_MANAGER}), Place("/program", mark("Papan program"), "list-checks")),
    (frozenset({_MANAGER, _ADMIN}), Place("/pesan", mark("Pesan keluar"), "share-2")),
    (frozenset({_ADMIN}), Place("/admin/akun", mark("Akun"), "key-round")),
    (frozenset({_ENGINEER, _ADMIN}), Place("/admin/webhook", mark("Webhook"), "share-2")),
    (frozenset({_ENGINEER, _ADMIN}), Place("/model", mark("Model"), "activity")),
    (frozenset({_ADMIN, _ENGINEER}), Place("/admin/jejak", mark("Jejak audit"), "history")),
)
_PUBLIC = (
    Place("/klarifikasi", mark("Klarifikasi"), "file-check"),
    Place("/lapor", mark("Laporkan"), "message-circle"),
    Place("/koreksi", mark("Koreksi"), "history"),
    Place("/metode", mark("Metode"), "book-open"),
)


def _marked(place: Place, path: str) -> Place:
    if path == place.href:
        return Place(place.href, place.text, place.icon, "page")
    inside = path.startswith(place.href + "/")
    return Place(place.href, place.text, place.icon, "true" if inside else "")


def places_for(actor: Actor | None, path: str) -> tuple[Place, ...]:
    """Give the places of this person, in a fixed order, with the one marked in which ``path`` lies."""
    if actor is None:
        return tuple(_marked(place, path) for place in _PUBLIC)
    return tuple(_marked(place, path) for roles, place in _BY_ROLE if actor.may(*roles))


# Where staff work besides their places; the public's pages and an influencer's own are none of these.
_BESIDE: Final = frozenset({"akun", "cari", "kiriman", "klaim", "pintasan", "sebutan"})
_STAFFED: Final = _BESIDE | {place.href.split("/")[1] for roles, place in _BY_ROLE if _INFLUENCER not in roles}


def is_staffed(actor: Actor | None, path: str) -> bool:
    """Tell whether this person reads a page on which staff work."""
    return actor is not None and bool(actor.roles - {_INFLUENCER}) and path.split("/")[1] in _STAFFED


def may_search(actor: Actor | None) -> bool:
    """Tell whether this person has the search box."""
    return actor is not None and actor.may(*SEARCHERS)


def home_of(actor: Actor) -> str:
    """Give the page where this person's work begins."""
    mine = places_for(actor, "")
    return mine[0].href if mine else "/akun"
