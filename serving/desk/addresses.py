"""Where an address of somebody else's server leads, before it is asked: never inside this network.

Every name is resolved here, and whoever asks connects to the very number that was checked, so that a name which is
answered differently a moment later leads nowhere else.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from serving.errors import InvalidInputError
from serving.i18n import mark

# All that is given out of IPv6 to be reached from everywhere (RFC 4291, IANA). Outside it lie forms that carry an IPv4
# address, local NAT64 among them, and site-local numbers, which Python's ``is_global`` lets through.
_GIVEN_OUT: Final = ipaddress.ip_network("2000::/3")
# Ranges in it that lead to an IPv4 address inside: 6to4, Teredo.
_CARRIERS: Final = tuple(ipaddress.ip_network(text) for text in ("2002::/16", "2001::/32"))


class PrivateAddressError(InvalidInputError):
    """The address leads inside this network."""

    code = "private-address"


class UnknownHostError(InvalidInputError):
    """No server has this name."""

    code = "unknown-host"


@dataclass(frozen=True, slots=True)
class Target:
    """A host as the address names it, and one numeric address of it that may be asked."""

    host: str
    numeric: str


def target(url: str, *, allow_private: bool, schemes: tuple[str, ...] = ("http", "https")) -> Target:
    """Check where an address leads and give what to connect to.

    Args:
        url: an absolute address.
        allow_private: let it lead inside this network; for tests.
        schemes: what it may begin with.

    Raises:
        InvalidInputError: another scheme, or no host.
        PrivateAddressError: one of its numbers is not a public one.
        UnknownHostError: its name has no number.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    check_literal(url, allow_private=allow_private, schemes=schemes)
    try:
        found = socket.getaddrinfo(host, parts.port or 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnknownHostError(mark("Nama {host} tidak ditemukan."), host=host) from None
    numbers = [str(entry[4][0]) for entry in found]
    if not allow_private and not all(_is_public(number) for number in numbers):
        raise _private()
    return Target(host, numbers[0])


def check_literal(url: str, *, allow_private: bool, schemes: tuple[str, ...] = ("http", "https")) -> None:
    """Check what can be told of an address without asking anybody: its scheme, and a number that stands for its host.

    Raises:
        InvalidInputError: another scheme, or no host.
        PrivateAddressError: its host is a number inside this network.
    """
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname:
        raise InvalidInputError(mark("Alamat harus dimulai dengan {schemes}."), schemes=" / ".join(schemes))
    try:
        number = str(ipaddress.ip_address(parts.hostname))
    except ValueError:
        return
    if not allow_private and not _is_public(number):
        raise _private()


def _private() -> PrivateAddressError:
    return PrivateAddressError(mark("Alamat itu menuju jaringan dalam dan tidak dihubungi."))


def _is_public(number: str) -> bool:
    address = ipaddress.ip_address(number.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address not in _GIVEN_OUT or any(address in network for network in _CARRIERS):
            return False
    return address.is_global and not address.is_multicast
