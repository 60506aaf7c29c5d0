"""Other services that carry messages: which there are, and the handle that a person gave for one of them.

The administrator sets them up (``serving.handles``). One a person: whoever chooses another is reached there alone. The
handle is kept sealed like a chat's address, with a keyed hash, so that no two people are told in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from serving.db import chat as rows
from serving.db.tables import ChatLink
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.people import influencers
from serving.errors import ConflictError, InvalidInputError, NotFoundError, SettingsError
from serving.handles import Form
from serving.i18n import mark
from serving.settings import Settings
from serving.vocabulary import Channel

# No name of a service holds it.
_BETWEEN: Final = ": "


def is_installed() -> bool:
    """Tell whether the library that speaks with other services is there."""
    return find_spec("apprise") is not None


def check_installed(settings: Settings) -> None:
    """Raise ``SettingsError`` where other services are set up that nothing here can speak with."""
    if settings.other_channels and not is_installed():
        raise SettingsError(
            "SULUH_OTHER_CHANNELS names services, but Apprise is missing; install it: pip install 'suluh[channels]'"
        )


def offered(settings: Settings) -> tuple[Form, ...]:
    """Give the services that people can choose; none where the library is missing."""
    return tuple(settings.other_forms.values()) if settings.other_channels and is_installed() else ()


@dataclass(frozen=True, slots=True)
class Address:
    """By which service somebody is reached, and under which handle; as text, the form in which it is sealed."""

    service: str
    handle: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read what ``str`` gave."""
        service, _, handle = text.partition(_BETWEEN)
        return cls(service, handle)

    def __str__(self) -> str:
        return f"{self.service}{_BETWEEN}{self.handle}"


@dataclass(frozen=True, slots=True)
class Own:
    """What the signed-in person can choose and what they chose; ``there`` is nothing where they chose none.

    ``works`` is false where the administrator took the service away: messages then go by e-mail.
    """

    services: tuple[Form, ...]
    there: Address | None
    chosen: bool
    works: bool


def own(ctx: Context) -> Own:
    """Give what the signed-in person can choose and what they chose."""
    person = influencers.own(ctx, lock=False)
    row = rows.link(ctx.session, person.id, Channel.OTHER)
    there = Address.parse(ctx.vault.unseal(row.sealed_address)) if row is not None and row.sealed_address else None
    services = offered(ctx.settings)
    works = there is not None and there.service in {form.name for form in services}
    return Own(services, there, person.channel is Channel.OTHER, works)


def choose(ctx: Context, service: str, handle: str) -> None:
    """Let messages to the signed-in person go to their handle at a service from now on.

    Raises:
        NotFoundError: there is no such service here.
        InvalidInputError: the handle is not of the kind that the service asks for.
        ConflictError: somebody else gave that handle.
    """
    person = influencers.own(ctx)
    form = next((each for each in offered(ctx.settings) if each.name == service), None)
    if form is None:
        raise NotFoundError(mark("Saluran itu tidak dipakai di sini."))
    address = Address(form.name, "".join(handle.split()))
    if not form.takes(address.handle):
        raise InvalidInputError(
            mark("Alamat itu tidak cocok untuk {service}: isi nomor, surel, atau nama Anda di sana."),
            service=form.name,
        )
    address_hash = ctx.vault.pseudonym("chat", "address", Channel.OTHER.value, str(address).lower())
    taken = rows.by_address(ctx.session, Channel.OTHER, address_hash)
    if taken is not None and taken.influencer_id != person.id:
        raise ConflictError(mark("Alamat itu sudah dipakai akun lain."))
    row = rows.link(ctx.session, person.id, Channel.OTHER)
    if row is None:
        row = ChatLink(influencer_id=person.id, channel=Channel.OTHER)
        ctx.session.add(row)
    row.sealed_address, row.address_hash, row.linked_at = ctx.vault.seal(str(address)), address_hash, ctx.now
    person.channel = Channel.OTHER
    ctx.session.flush()
    audit.append(ctx, "channel.other", "influencer", person.id, service=form.name)


def reaches(settings: Settings, sealed: str) -> bool:
    """Tell whether the service of an address, as it was sealed, is still set up."""
    return Address.parse(sealed).service in {form.name for form in offered(settings)}
