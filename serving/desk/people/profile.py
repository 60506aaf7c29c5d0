"""What a person sees and settles about themself: standing, wishes, and what they consent to, in which words."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from serving.db import consents as consent_rows
from serving.db.tables import ConsentStep, Influencer
from serving.desk.context import Context
from serving.desk.outreach import offers, routing
from serving.desk.people import consents, influencers
from serving.desk.people.eligibility import CONSENT_VERSION, may_carry
from serving.errors import InvalidInputError
from serving.i18n import Language, mark
from serving.vocabulary import Channel, ConsentScope, Topic

CLOCK_PART = re.compile(r"[0-9]{2}", re.ASCII)
# Written to be read: what happens, what never happens, and how to stop. A change of meaning raises the version.
CONSENT_TEXTS: dict[str, tuple[str, ...]] = {
    "1": (
        mark(
            "Saya ikut secara sukarela. Saya dapat menolak tawaran, menjeda, atau keluar kapan saja, tanpa alasan dan "
            "tanpa akibat bagi pekerjaan saya."
        ),
        mark(
            "Suluh menyimpan nama, instansi, provinsi, topik pilihan, alamat surel (disegel), dan jumlah pengikut saya "
            "di tiga platform beserta tanggalnya. Nomor pegawai hanya disimpan sebagai sidik berkunci."
        ),
        mark(
            "Suluh tidak pernah meminta kata sandi atau token akun media sosial saya dan tidak pernah mengunggah apa "
            "pun atas nama saya."
        ),
        mark(
            "Setiap unggahan saya memuat pernyataan bahwa saya ASN dan tautan ke sumber resminya. Saya tidak membalas "
            "atau menandai siapa pun."
        ),
        mark(
            "Bila sebuah klarifikasi ditarik, saya akan diberi tahu. Manajer hanya melihat angka kelompok, tidak "
            "pernah daftar siapa menolak."
        ),
        mark("Saya dapat mengunduh dan menghapus data saya sendiri di halaman ini."),
    )
}


@dataclass(frozen=True, slots=True)
class Consent:
    """The words that are consented to, as they stand now."""

    version: str
    paragraphs: tuple[str, ...]


def consent_text() -> Consent:
    """Give the words that somebody who agrees now agrees to."""
    return Consent(CONSENT_VERSION, CONSENT_TEXTS[CONSENT_VERSION])


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person settles about themself; what is none stays as it is.

    Attributes:
        timezone: IANA name; that of the province where a province is given without one.
        quiet: from and until, as minutes of the local day; the same minute twice = none of their own.
        language: in which messages are written to them; screens follow the browser.
    """

    topics: Collection[Topic] | None = None
    region: str | None = None
    timezone: str | None = None
    quiet: tuple[int, int] | None = None
    channel: Channel | None = None
    language: Language | None = None


def minute_of(clock: str) -> int:
    """Give the minute of the day of a time such as 18:30 or 18.30; raise where it is none."""
    hours, _, minutes = clock.strip().replace(".", ":").partition(":")
    if not (CLOCK_PART.fullmatch(hours) and CLOCK_PART.fullmatch(minutes) and int(hours) < 24 and int(minutes) < 60):
        raise InvalidInputError(mark("Jam tenang ditulis seperti 18.30."))
    return int(hours) * 60 + int(minutes)


def quiet_of(row: Influencer) -> tuple[str, str] | None:
    """Give somebody's own quiet hours as times such as 18:30; none where they have none."""
    if row.quiet_from == row.quiet_until:
        return None
    return _clock(row.quiet_from), _clock(row.quiet_until)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def settle(ctx: Context, wishes: Wishes) -> influencers.Profile:
    """Change what is given; all of it or nothing takes hold."""
    if wishes.region is not None or wishes.timezone is not None:
        region = wishes.region or influencers.own(ctx, lock=False).region
        influencers.move(ctx, region, wishes.timezone)
    if wishes.topics is not None:
        influencers.choose_topics(ctx, wishes.topics)
    if wishes.quiet is not None:
        influencers.be_quiet(ctx, *wishes.quiet)
    if wishes.channel is not None:
        influencers.hear_by(ctx, wishes.channel)
    if wishes.language is not None:
        influencers.be_written_in(ctx, wishes.language)
    return influencers.own_profile(ctx)


# ---- consent, one thing at a time ------------------------------------------------------------------------------


def agreements(ctx: Context) -> tuple[consents.Agreement, ...]:
    """Give every purpose and platform as it stands for whoever is signed in."""
    return consents.agreements(ctx, influencers.own(ctx, lock=False))


def consent_steps(ctx: Context) -> Sequence[ConsentStep]:
    """Give every consent that whoever is signed in gave or withdrew, newest first."""
    return consent_rows.history(ctx.session, influencers.own(ctx, lock=False).id)


def agree(ctx: Context, scope: ConsentScope, version: str) -> None:
    """Agree to one purpose or platform in its present words; it holds at once.

    Raises:
        ConsentVersionError: the words are others by now.
        NotJoinedError: the terms of taking part were not agreed to.
    """
    consents.check_versions({scope: version})
    consents.give(ctx, influencers.own(ctx), [scope])


def withdraw(ctx: Context, scope: ConsentScope) -> None:
    """Withdraw one purpose or platform at once, and take back every unanswered offer that needed it.

    What was accepted stays, and opens without what was withdrawn; nobody has to post it.
    """
    row = influencers.own_to_go(ctx)
    if not consents.withdraw(ctx, row, [scope]):
        return
    ctx.session.flush()
    standing = influencers.profile_of(ctx, row).standing
    for campaign in offers.unanswered_campaigns(ctx, row.id):
        if not may_carry(standing, campaign.kind, routing.platforms_of(ctx, campaign)):
            offers.recall_of(ctx, row.id, campaign.id)
