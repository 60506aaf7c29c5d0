"""Consenting civil servants: their list, their evidence, and what they decide about themselves.

A manager keeps the list and the evidence. Consent, pause, leaving, topics, export and erasure belong to the person
alone: those functions act on whoever is signed in and take nobody's number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Any

from serving.db import chat as chat_rows
from serving.db import consents as consent_rows
from serving.db import influencers as rows
from serving.db import invitations as invitation_rows
from serving.db import people as account_rows
from serving.db import routing as routing_rows
from serving.db import screenshots as screenshot_rows
from serving.db.influencers import Search
from serving.db.tables import FollowerEvidence, Influencer, Ministry
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.outreach import offers, routing, waves
from serving.desk.people import consents, own_data
from serving.desk.people.eligibility import (
    CONSENT_VERSION,
    Bar,
    Evidence,
    Reason,
    Standing,
    growing_old,
    hold_for,
    reasons,
    told_to_managers,
)
from serving.desk.people.roster import BadRow, GoodRow, Person, RowRefusedError
from serving.desk.regions import regions
from serving.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    SameHumanError,
    SuluhError,
)
from serving.i18n import ZONES, Language, mark
from serving.vocabulary import Channel, ConsentScope, EvidenceMethod, Platform, Role, Topic

READERS = (Role.MANAGER,)
IMPORT_BATCH = 1_000
DAY_MINUTES = 24 * 60
CLOCK_SKEW = timedelta(minutes=5)
# A day begins up to fourteen hours earlier elsewhere than it does in UTC.
AHEAD = timedelta(hours=14)
ERASED_NAME = "(data dihapus)"
# No password has this as its hash.
UNUSABLE_HASH = "!"
NOTHING: Mapping[ConsentScope, str] = MappingProxyType({})


# ---- ministries ------------------------------------------------------------------------------------------------


def ministries(ctx: Context) -> Sequence[Ministry]:
    """Give every ministry, by name."""
    ctx.require(Role.MANAGER, Role.APPROVER, Role.ADMIN)
    return rows.ministries(ctx.session)


def ministry_id(ctx: Context, code: str) -> int | None:
    """Give the number behind a ministry's code, none for an empty code; raise where there is no such ministry."""
    if not code:
        return None
    row = rows.ministry(ctx.session, code)
    if row is None:
        raise _no_ministry(code)
    return row.id


def _no_ministry(code: str) -> NotFoundError:
    return NotFoundError(mark("Tidak ada kementerian dengan kode “{code}”."), code=code)


def put_ministry(ctx: Context, code: str, name: str) -> Ministry:
    """Add a ministry, or rename the one with this code; its wave does not begin by that."""
    ctx.require(Role.MANAGER)
    row = rows.ministry(ctx.session, code)
    if row is None:
        row = Ministry(code=code, name=name)
        ctx.session.add(row)
    row.name = name
    ctx.session.flush()
    audit.append(ctx, "ministry.put", "ministry", row.id, code=code)
    return row


def set_wave(ctx: Context, code: str, *, live: bool) -> Ministry:
    """Begin or stop the programme in one ministry; while it stands still its people receive nothing."""
    ctx.require(Role.MANAGER)
    row = rows.ministry(ctx.session, code)
    if row is None:
        raise _no_ministry(code)
    # Opened by hand it begins now, also where a later day was planned.
    row.live_at = min(row.live_at or ctx.now, ctx.now) if live else None
    audit.append(ctx, "ministry.wave", "ministry", row.id, live=live)
    return row


# ---- one person, for a manager ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Profile:
    """One person with evidence and what is missing; nothing of what they accepted or declined."""

    row: Influencer
    ministry: Ministry
    evidence: Sequence[FollowerEvidence]
    standing: Standing
    reasons: tuple[Reason, ...]
    reminders: tuple[Reason, ...]


def get(ctx: Context, influencer_id: int) -> Profile:
    """Give one person to a manager, without what they chose; raise where there is none."""
    ctx.require(*READERS)
    row = rows.by_id(ctx.session, influencer_id)
    if row is None:
        raise _unknown()
    profile = profile_of(ctx, row)
    return replace(profile, reasons=told_to_managers(profile.reasons))


def _unknown() -> NotFoundError:
    return NotFoundError(mark("Orang itu tidak ada dalam daftar."))


def profile_of(ctx: Context, row: Influencer) -> Profile:
    """Put together one person's evidence and reasons; the caller has checked who may see it."""
    ministry = rows.ministry_names(ctx.session)[row.ministry_id]
    evidence = rows.evidence_of(ctx.session, row.id)
    standing = _standing(ctx, row, ministry, evidence)
    bar = Bar.of(ctx.settings)
    return Profile(
        row, ministry, evidence, standing, reasons(standing, bar, ctx.now), growing_old(standing, bar, ctx.now)
    )


def _standing(ctx: Context, row: Influencer, ministry: Ministry, evidence: Iterable[FollowerEvidence]) -> Standing:
    latest: dict[Platform, Evidence] = {}
    for each in evidence:  # newest first on each platform
        known = Evidence(each.count, each.measured_at, each.held, each.hold, each.refused_reason)
        latest.setdefault(each.platform, known)
    return Standing(
        active=row.active,
        consent_version=row.consent_version,
        paused=row.paused_at is not None,
        left=row.left_at is not None,
        wave_live=ministry.live_at is not None and ministry.live_at <= ctx.now,
        latest=latest,
        scopes=consents.agreed_scopes(row),
        trained_version=row.trained_version,
        training_required=ministry.id in routing_rows.training_in(ctx.session),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """One line of a search: who, where, and whether anything is missing."""

    row: Influencer
    ministry: Ministry
    eligible: bool


def search(ctx: Context, wanted: Search, *, after: int = 0, limit: int = 50) -> list[Found]:
    """Give people by number, from ``after`` on; there is no order by reach or deed."""
    ctx.require(*READERS)
    people = rows.search(ctx.session, wanted, after=after, limit=limit)
    good = rows.eligible_among(ctx.session, routing.line_of(ctx), [row.id for row in people])
    names = rows.ministry_names(ctx.session)
    return [Found(row, names[row.ministry_id], row.id in good) for row in people]


def link_account(ctx: Context, influencer_id: int, user_name: str) -> Influencer:
    """Give a person the account with which they sign in; raise where it is somebody's already or no influencer's."""
    ctx.require(Role.MANAGER, Role.ADMIN)
    row = rows.locked(ctx.session, influencer_id)
    if row is None:
        raise _unknown()
    user = rows.user_named(ctx.session, user_name)
    if user is None or Role.INFLUENCER not in user.roles:
        raise NotFoundError(mark("Tidak ada akun influencer bernama “{name}”."), name=user_name)
    holder = rows.id_of_user(ctx.session, user.id)
    if holder not in {None, row.id} or row.user_id not in {None, user.id}:
        raise ConflictError(mark("Akun atau orang itu sudah terhubung dengan yang lain."))
    row.user_id = user.id
    audit.append(ctx, "influencer.link", "influencer", row.id, user=user.id)
    return row


# ---- evidence --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measurement:
    """A count to record: followers (friends on Facebook) on one platform, how it is known, and when it was taken."""

    platform: Platform
    count: int
    method: EvidenceMethod
    measured_at: datetime


def record_evidence(ctx: Context, influencer_id: int, measured: Measurement) -> FollowerEvidence:
    """Record one count; a suspicious jump is held until another manager has looked.

    Raises:
        InvalidInputError: the date lies ahead.
        NotFoundError: there is no such person.
        SameHumanError: it is the recorder's own.
        ForbiddenError: another manager looks after that ministry.
    """
    ctx.require(*READERS)
    if measured.measured_at > ctx.now + CLOCK_SKEW:
        raise InvalidInputError(mark("Tanggal ukur tidak boleh di masa depan."))
    person = rows.locked(ctx.session, influencer_id)
    if person is None or person.left_at is not None:
        raise _unknown()
    check_reviewer(ctx, person)
    row = _record(ctx, person.id, measured)
    detail = {"evidence": row.id, "platform": row.platform, "method": row.method, "held": row.held}
    audit.append(ctx, "evidence.record", "influencer", influencer_id, **detail)
    return row


def record_looked_at(ctx: Context, influencer_id: int, measured: Measurement) -> FollowerEvidence:
    """Record a count that a person has just looked at: it stands at once, with what made it suspicious beside it."""
    person = rows.locked(ctx.session, influencer_id)
    if person is None or person.left_at is not None:
        raise _unknown()
    row = _record(ctx, person.id, measured, looked_at=True)
    detail = {"evidence": row.id, "platform": row.platform, "method": row.method, "held": row.held}
    audit.append(ctx, "evidence.record", "influencer", influencer_id, **detail)
    return row


def _record(ctx: Context, influencer_id: int, measured: Measurement, *, looked_at: bool = False) -> FollowerEvidence:
    before = rows.accepted_before(ctx.session, influencer_id, measured.platform, measured.measured_at)
    known = Evidence(before.count, before.measured_at) if before else None
    hold = hold_for(known, measured.count, measured.measured_at)
    row = FollowerEvidence(
        influencer_id=influencer_id,
        platform=measured.platform,
        count=measured.count,
        method=measured.method,
        measured_at=measured.measured_at,
        held=hold is not None and not looked_at,
        hold=hold,
        recorded_by_id=ctx.actor.user_id,
    )
    ctx.session.add(row)
    ctx.session.flush()
    return row


def check_reviewer(ctx: Context, person: Influencer, but_not: int | None = None) -> None:
    """Raise where the acting manager may not look at somebody's evidence.

    A ministry's wave names who looks after its people. Nobody looks at their own, and where the one who is named may
    not, as `but_not` or as the person themself, any other manager may.

    Raises:
        SameHumanError: it is their own, or they are `but_not`.
        ForbiddenError: another manager looks after that ministry.
    """
    if person.user_id == ctx.actor.user_id:
        raise SameHumanError(mark("Bukti sendiri dilihat oleh orang lain."))
    if but_not is not None and but_not == ctx.actor.user_id:
        raise SameHumanError(mark("Angka ini Anda catat sendiri; orang lain yang memeriksanya."))
    manager_id = screenshot_rows.manager_of(ctx.session, person.ministry_id, person.user_id)
    if manager_id not in {None, but_not, ctx.actor.user_id}:
        raise ForbiddenError(mark("Bukti dari kementerian ini dilihat oleh manajer gelombangnya."))


def release_evidence(ctx: Context, evidence_id: int) -> FollowerEvidence:
    """Let a held count stand after a second look at it.

    Raises:
        NotFoundError: there is no such count.
        ConflictError: it is not held.
        SameHumanError: it is their own, or they recorded it.
        ForbiddenError: another manager looks after that ministry.
    """
    row = _held(ctx, evidence_id)
    row.held = False
    audit.append(ctx, "evidence.release", "influencer", row.influencer_id, evidence=row.id)
    return row


def refuse_evidence(ctx: Context, evidence_id: int, reason: str) -> FollowerEvidence:
    """Let a held count never stand, with the reason that its person reads; raise as ``release_evidence`` does."""
    row = _held(ctx, evidence_id)
    if not reason.strip():
        raise InvalidInputError(mark("Tulis alasannya."))
    row.refused_at, row.refused_reason = ctx.now, reason.strip()
    audit.append(ctx, "evidence.refuse", "influencer", row.influencer_id, evidence=row.id)
    return row


def _held(ctx: Context, evidence_id: int) -> FollowerEvidence:
    ctx.require(Role.MANAGER)
    row = rows.evidence(ctx.session, evidence_id)
    person = rows.by_id(ctx.session, row.influencer_id) if row else None
    if row is None or person is None:
        raise NotFoundError(mark("Bukti itu tidak ada."))
    check_reviewer(ctx, person, row.recorded_by_id)
    if not row.held or row.refused_at is not None:
        raise ConflictError(mark("Bukti itu tidak sedang ditahan."))
    return row


def held_evidence(ctx: Context, limit: int = 50) -> Sequence[tuple[FollowerEvidence, Influencer]]:
    """Give the counts that wait for a look, oldest first."""
    ctx.require(Role.MANAGER)
    return rows.held_latest(ctx.session, limit)


# ---- the list from the ministry --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fate:
    """What became, or in a dry run would become, of one row: ``new``, ``changed``, ``unchanged`` or ``refused``."""

    line: int
    what: str
    error: SuluhError | None = None


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """Every row's fate, in the order of the file."""

    fates: tuple[Fate, ...]
    dry_run: bool

    def count(self, what: str) -> int:
        """Count the rows with one fate."""
        return sum(fate.what == what for fate in self.fates)


def import_people(ctx: Context, listed: Iterable[GoodRow | BadRow], *, dry_run: bool = False) -> ImportOutcome:
    """Take in a ministry's list: new people, changed ones, and their counts; the same list twice changes nothing.

    A list never gives or takes consent, and never wakes somebody who paused or left. A dry run writes nothing.
    Bad rows are reported and the good ones go in. Allowed to a manager, and to the service on the command line.
    """
    if ctx.actor.user_id is not None:
        ctx.require(Role.MANAGER)
    known = {row.code: row for row in rows.ministries(ctx.session)}
    fates: list[Fate] = []
    seen: dict[str, int] = {}
    source = iter(listed)
    if not dry_run:
        # Before any person is locked: whoever a list no longer names has their offers recalled.
        offers.hold_window(ctx)
    while batch := list(islice(source, IMPORT_BATCH)):
        fates.extend(_import_batch(ctx, batch, known, seen, dry_run=dry_run))
    outcome = ImportOutcome(tuple(fates), dry_run)
    if not dry_run and outcome.fates:
        audit.append(
            ctx,
            "influencer.import",
            "influencer",
            None,
            **{what: outcome.count(what) for what in ("new", "changed", "unchanged", "refused")},
        )
    return outcome


def _import_batch(
    ctx: Context,
    batch: Sequence[GoodRow | BadRow],
    known: Mapping[str, Ministry],
    seen: dict[str, int],
    *,
    dry_run: bool,
) -> Iterator[Fate]:
    hashes = {row.line: _staff_hash(ctx, row.person) for row in batch if isinstance(row, GoodRow)}
    people = rows.by_staff_hash(ctx.session, list(hashes.values()))
    evidence = rows.evidence_of_many(ctx.session, [person.id for person in people.values()])
    for row in batch:
        if isinstance(row, BadRow):
            yield Fate(row.line, "refused", row.error)
            continue
        staff_hash = hashes[row.line]
        try:
            _check_row(ctx, row, known, seen.get(staff_hash))
        except RowRefusedError as error:
            yield Fate(row.line, "refused", error)
            continue
        seen[staff_hash] = row.line
        present = people.get(staff_hash)
        wanted = _Wanted(row.person, known[row.person.ministry].id, staff_hash)
        if present is None:
            if not dry_run:
                _insert(ctx, wanted)
            yield Fate(row.line, "new")
            continue
        yield Fate(row.line, _update(ctx, present, wanted, evidence[present.id], dry_run=dry_run))


def _staff_hash(ctx: Context, person: Person) -> str:
    return ctx.vault.pseudonym("staff", person.staff_number)


def _check_row(ctx: Context, row: GoodRow, known: Mapping[str, Ministry], earlier: int | None) -> None:
    if earlier is not None:
        raise RowRefusedError(mark("Nomor pegawai ini sudah ada di baris {line}."), line=earlier)
    if row.person.ministry not in known:
        raise RowRefusedError(mark("Tidak ada kementerian dengan kode “{code}”."), code=row.person.ministry)
    if row.person.measured_at and row.person.measured_at > ctx.now + AHEAD:
        raise RowRefusedError(mark("Tanggal ukur tidak boleh di masa depan."))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One good row with what the database needs beside it."""

    person: Person
    ministry_id: int
    staff_hash: str


def _insert(ctx: Context, wanted: _Wanted) -> None:
    person = wanted.person
    row = Influencer(
        staff_hash=wanted.staff_hash,
        name=person.name,
        ministry_id=wanted.ministry_id,
        unit=person.unit,
        district=person.district,
        region=person.region,
        timezone=person.timezone,
        topics=[],
        sealed_email=ctx.vault.seal(person.email) if person.email else None,
        active=person.active,
        created_at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    rows.set_topics(ctx.session, row, [topic.value for topic in person.topics])
    _add_counts(ctx, row.id, person, [])


def _update(
    ctx: Context, row: Influencer, wanted: _Wanted, evidence: Sequence[FollowerEvidence], *, dry_run: bool
) -> str:
    person = wanted.person
    values = {
        "name": person.name,
        "ministry_id": wanted.ministry_id,
        "unit": person.unit,
        # A list that does not name it leaves what is known.
        "district": person.district or row.district,
        "active": person.active,
    }
    if row.settled_at is None:
        values |= {"region": person.region, "timezone": person.timezone}
    changes: dict[str, Any] = {name: value for name, value in values.items() if getattr(row, name) != value}
    if person.email and (row.sealed_email is None or ctx.vault.unseal(row.sealed_email) != person.email):
        changes["sealed_email"] = ctx.vault.seal(person.email)
    new_counts = _new_counts(person, evidence)
    if dry_run or not (changes or new_counts):
        return "changed" if changes or new_counts else "unchanged"
    # Offers before the person, in the order in which a release locks them.
    if not person.active:
        offers.recall_of(ctx, row.id)
    for name, value in changes.items():
        setattr(row, name, value)
    _add_counts(ctx, row.id, person, evidence)
    return "changed"


def _new_counts(person: Person, evidence: Sequence[FollowerEvidence]) -> list[tuple[Platform, int, datetime]]:
    """Give the counts of a row that are not known; of a day that had not begun, one stands as of when it was read."""
    measured_at = person.measured_at
    if measured_at is None:
        return []
    known = {
        (each.platform, each.count) for each in evidence if timedelta(0) <= measured_at - each.measured_at <= AHEAD
    }
    return [(platform, count, measured_at) for platform, count in person.followers if (platform, count) not in known]


def _add_counts(ctx: Context, influencer_id: int, person: Person, evidence: Sequence[FollowerEvidence]) -> None:
    for platform, count, measured_at in _new_counts(person, evidence):
        _record(ctx, influencer_id, Measurement(platform, count, person.method, min(measured_at, ctx.now)))


# ---- what a person decides about themself ----------------------------------------------------------------------


def own(ctx: Context, *, lock: bool = True) -> Influencer:
    """Give the row of whoever is signed in, locked for a change; raise where they are not on the list."""
    user_id = ctx.require(Role.INFLUENCER)
    influencer_id = rows.id_of_user(ctx.session, user_id)
    find = rows.locked if lock else rows.by_id
    row = None if influencer_id is None else find(ctx.session, influencer_id)
    if row is None:
        raise NotFoundError(mark("Akun ini belum terhubung dengan daftar ASN influencer; hubungi manajer program."))
    return row


def own_profile(ctx: Context) -> Profile:
    """Give the signed-in person's own profile with what is missing."""
    return profile_of(ctx, own(ctx, lock=False))


def consent(ctx: Context, version: str, scopes: Mapping[ConsentScope, str] = NOTHING) -> Influencer:
    """Agree to the terms in their present version, and to each purpose and platform that is named with its version.

    Whoever left joins again by it, where the wave has room; nothing that they agreed to before comes back by itself.
    """
    row = own(ctx)
    if version != CONSENT_VERSION:
        raise consents.ConsentVersionError(
            mark("Teks persetujuan sudah berganti; baca dan setujui versi {version}."), version=CONSENT_VERSION
        )
    consents.check_versions(scopes)
    waves.check_room(ctx, row)
    row.consent_version, row.consent_at, row.left_at = version, ctx.now, None
    audit.append(ctx, "influencer.consent", "influencer", row.id, version=version)
    consents.give(ctx, row, scopes)
    return row


def own_to_go(ctx: Context) -> Influencer:
    """Give the own row, locked after the offers that go with it; what changes is flushed before it is recorded."""
    offers.hold_of(ctx, own(ctx, lock=False).id)
    return own(ctx)


def pause(ctx: Context) -> Influencer:
    """Receive nothing from now on, until resumed; what waits or is open is withdrawn, what was accepted stays."""
    row = own_to_go(ctx)
    row.paused_at = row.paused_at or ctx.now
    ctx.session.flush()
    n = offers.recall_of(ctx, row.id)
    audit.append(ctx, "influencer.pause", "influencer", row.id, recalled=n)
    return row


def resume(ctx: Context) -> Influencer:
    """Be asked again."""
    row = own(ctx)
    row.paused_at = None
    audit.append(ctx, "influencer.resume", "influencer", row.id)
    return row


def leave(ctx: Context) -> Influencer:
    """Leave the programme at once: all consent is withdrawn and open offers are recalled; no reason is asked."""
    row = own_to_go(ctx)
    row.left_at, row.consent_version, row.consent_at = ctx.now, None, None
    consents.withdraw(ctx, row, tuple(ConsentScope))
    screenshot_rows.take_back_all(ctx.session, row.id)
    ctx.session.flush()
    n = offers.recall_of(ctx, row.id)
    audit.append(ctx, "influencer.leave", "influencer", row.id, recalled=n)
    return row


def _note_wish(ctx: Context, action: str, row: Influencer) -> None:
    """Record that somebody settled something, and not what: nothing is ever taken out of the record, by no erasure."""
    audit.append(ctx, action, "influencer", row.id)


def choose_topics(ctx: Context, topics: Collection[Topic]) -> Influencer:
    """Set the topics that the signed-in person wants to hear about."""
    row = own(ctx)
    rows.set_topics(ctx.session, row, sorted(topic.value for topic in set(topics)))
    audit.append(ctx, "influencer.topics", "influencer", row.id, n=len(row.topics))
    return row


def move(ctx: Context, region: str, timezone: str | None = None) -> Influencer:
    """Say in which province the signed-in person lives now, and by which zone; the province's where none is named.

    From then on a ministry's list changes neither.
    """
    row = own(ctx)
    place = regions().get(region)
    if place is None:
        raise InvalidInputError(mark("Tidak ada wilayah dengan kode “{code}”."), code=region)
    if timezone is not None and timezone not in ZONES.values():
        raise InvalidInputError(mark("Zona waktu adalah WIB, WITA, atau WIT."))
    row.region, row.timezone, row.settled_at = place.code, timezone or place.timezone, ctx.now
    _note_wish(ctx, "influencer.move", row)
    return row


def be_quiet(ctx: Context, minute_from: int, minute_until: int) -> Influencer:
    """Set hours, as minutes of the local day, in which the signed-in person wants nothing beside everybody's night.

    The same minute twice takes them back.
    """
    row = own(ctx)
    if not (0 <= minute_from < DAY_MINUTES and 0 <= minute_until < DAY_MINUTES):
        raise InvalidInputError(mark("Jam tenang ditulis dari 00.00 sampai 23.59."))
    row.quiet_from, row.quiet_until = minute_from, minute_until
    _note_wish(ctx, "influencer.quiet", row)
    return row


def hear_by(ctx: Context, channel: Channel) -> Influencer:
    """Set where the signed-in person wants to hear of offers and reminders."""
    row = own(ctx)
    row.channel = channel
    _note_wish(ctx, "influencer.channel", row)
    return row


def be_written_in(ctx: Context, language: Language) -> Influencer:
    """Set the language in which messages are written to the signed-in person."""
    row = own(ctx)
    row.language = language
    _note_wish(ctx, "influencer.language", row)
    return row


def export_own(ctx: Context) -> dict[str, Any]:
    """Give everything kept about the signed-in person, ready for JSON, their own answers included."""
    return own_data.document(ctx, own(ctx, lock=False))


def erase(ctx: Context) -> None:
    """Erase the signed-in person's own data at once.

    Name, address, unit, district, evidence, screenshots, topics, the history of consent, own quiet hours, the badge,
    handed-in links and reasons for declining are wiped and the account is let go. An empty row stays, because offers
    and the audit chain point at it; its staff hash is replaced, so that nothing leads back. An account that had no
    other role is closed and loses its name too; one that has is still needed.
    """
    user_id = ctx.require(Role.INFLUENCER)
    row = own_to_go(ctx)
    # Before anything else of the person: this alone waits for rows that point at them and are not committed yet.
    row.staff_hash = ctx.vault.pseudonym("erased", str(row.id))
    ctx.session.flush()
    consents.withdraw(ctx, row, tuple(ConsentScope))
    ctx.session.flush()
    rows.wipe(ctx.session, row)
    screenshot_rows.wipe(ctx.session, row.id)
    consent_rows.wipe(ctx.session, row.id)
    chat_rows.wipe(ctx.session, row.id)
    invitation_rows.wipe(ctx.session, row.id)
    row.name, row.sealed_email = ERASED_NAME, None
    row.unit = row.district = ""
    row.quiet_from = row.quiet_until = 0
    row.language = Language.ID
    row.settled_at = row.trained_version = row.trained_at = None
    row.consent_version = row.consent_at = row.paused_at = None
    row.active, row.left_at, row.user_id = False, ctx.now, None
    _close_account(ctx, user_id)
    ctx.session.flush()
    n = offers.recall_of(ctx, row.id)
    audit.append(ctx, "influencer.erase", "influencer", row.id, recalled=n)


def _close_account(ctx: Context, user_id: int) -> None:
    """Close an account that serves nothing but the programme, and take every name from it."""
    user = account_rows.locked_user(ctx.session, user_id)
    if user is None or set(user.roles) != {Role.INFLUENCER}:
        return
    user.name, user.display_name = f"terhapus-{user.id}", ""
    user.password_hash, user.active = UNUSABLE_HASH, False
    user.session_epoch += 1
    rows.withdraw_keys(ctx.session, user.id, ctx.now)


# ---- figures ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of one ministry or province; ``None`` where it has too few people to be shown."""

    code: str
    name: str
    n_people: int | None
    n_eligible: int | None
    reach: int | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many are on the list and how many may receive offers, by ministry and by province."""

    total: Group
    by_ministry: tuple[Group, ...]
    by_region: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class _Sum:
    people: int = 0
    eligible: int = 0
    reach: int = 0


def coverage(ctx: Context) -> Coverage:
    """Count by ministry and by province; figures about fewer than ``min_group`` people are hidden."""
    ctx.require(Role.MANAGER)
    ministry_sums: dict[str, _Sum] = {row.code: _Sum() for row in rows.ministries(ctx.session)}
    region_sums: dict[str, _Sum] = {code: _Sum() for code in regions()}
    total = _Sum()
    for cell, n_people in routing_rows.coverage(ctx.session, routing.line_of(ctx)):
        more = _Sum(n_people, cell.n_people, cell.reach)
        total = _plus(total, more)
        ministry_sums[cell.ministry] = _plus(ministry_sums[cell.ministry], more)
        region_sums[cell.region] = _plus(region_sums.get(cell.region, _Sum()), more)
    names = {row.code: row.name for row in rows.ministries(ctx.session)}
    places = {code: place.name for code, place in regions().items()}
    smallest = ctx.settings.min_group
    return Coverage(
        _groups({"": total}, {}, smallest)[0],
        _groups(ministry_sums, names, smallest),
        _groups(region_sums, places, smallest),
    )


def _plus(one: _Sum, other: _Sum) -> _Sum:
    return replace(
        one,
        people=one.people + other.people,
        eligible=one.eligible + other.eligible,
        reach=one.reach + other.reach,
    )


def _groups(sums: Mapping[str, _Sum], names: Mapping[str, str], smallest: int) -> tuple[Group, ...]:
    """Show groups that are large enough; the eligible among them only where they too are enough, or nobody."""
    people = routing.suppress(Counter({code: each.people for code, each in sums.items()}), smallest)
    eligible = routing.suppress(Counter({code: each.eligible for code, each in sums.items()}), smallest)
    shown = []
    for code, each in sums.items():
        n_eligible = eligible[code] if people[code] is not None else None
        reach = each.reach if n_eligible is not None else None
        shown.append(Group(code, names.get(code, code), people[code], n_eligible, reach))
    return tuple(shown)
