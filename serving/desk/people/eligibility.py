"""Who may receive offers, and what exactly is missing where somebody may not.

The rule is stated once, here, without a database: ``db.routing`` says the same in SQL for millions of people at once,
and a property test holds the two together. It reads evidence, consent and employment; it never reads what somebody
accepted or declined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from serving.i18n import mark
from serving.settings import Settings
from serving.vocabulary import LABELS, CampaignKind, ConsentScope, EvidenceHold, Platform

# Raised whenever the consent text changes in meaning: everybody is then asked again before the next offer.
CONSENT_VERSION = "1"
# The same for the training: raised whenever its rules change in meaning.
TRAINING_VERSION = "1"
# What an offer can be about; measuring by itself brings nobody an offer.
CARRIED_PURPOSES = frozenset({ConsentScope.CLARIFICATION, ConsentScope.PROGRAMME})

# Counts that grow faster than this are held until a person has looked: the first public objection to the programme
# was bought followers. Fivefold in thirty days is far beyond what the sample's slow histories show; sellers deliver
# in packages of a thousand, so a doubling by a whole number of thousands is held too.
JUMP_FACTOR = 5.0
JUMP_SPAN = timedelta(days=30)
PACKAGE = 1_000
# Evidence of 90 days is reminded of from its 75th day on.
REMIND_BEFORE = timedelta(days=15)
# Whoever is reminded of one count hears in the same message of all that expire within a week more.
REMIND_TOGETHER = timedelta(days=22)


class ReasonKind(StrEnum):
    """What keeps somebody from receiving offers."""

    INACTIVE = "inactive"
    LEFT = "left"
    PAUSED = "paused"
    NO_CONSENT = "no_consent"
    CONSENT_OUTDATED = "consent_outdated"
    NO_PURPOSE = "no_purpose"
    NO_PLATFORM = "no_platform"
    MINISTRY_NOT_LIVE = "ministry_not_live"
    NOT_TRAINED = "not_trained"
    MISSING_PLATFORM = "missing_platform"
    HELD_FOR_REVIEW = "held_for_review"
    EVIDENCE_REFUSED = "evidence_refused"
    EVIDENCE_EXPIRED = "evidence_expired"
    TOO_FEW_FOLLOWERS = "too_few_followers"
    OWN_CHOICE = "own_choice"


# What somebody chose, or has not done yet, which is nobody else's business.
OWN: Final = frozenset(
    {
        ReasonKind.LEFT,
        ReasonKind.PAUSED,
        ReasonKind.NO_CONSENT,
        ReasonKind.CONSENT_OUTDATED,
        ReasonKind.NO_PURPOSE,
        ReasonKind.NO_PLATFORM,
        ReasonKind.NOT_TRAINED,
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is missing: its kind, and the sentence (with its places) for the person themself."""

    kind: ReasonKind
    message: str
    params: Mapping[str, object] = field(default_factory=dict)
    platform: Platform | None = None

    def __str__(self) -> str:
        """Give the Indonesian sentence."""
        return self.message.format(**self.params)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The latest count known for one platform.

    Attributes:
        hold: why it waits for a person to look, where it is held.
        refused: a reviewer's reason for not taking it; empty where nobody refused it.
    """

    count: int
    measured_at: datetime
    held: bool = False
    hold: EvidenceHold | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything the rule looks at for one person, at one moment.

    Attributes:
        scopes: what is agreed to in the words that stand now.
        training_required: whether the person's ministry asks only those who passed the training.
    """

    active: bool
    consent_version: str | None
    paused: bool
    left: bool
    wave_live: bool
    latest: Mapping[Platform, Evidence]
    scopes: frozenset[ConsentScope] = frozenset()
    trained_version: str | None = None
    training_required: bool = False

    @property
    def reach(self) -> int:
        """Sum of the latest counts: an upper bound of who may see a post, not a forecast."""
        return sum(evidence.count for evidence in self.latest.values())


@dataclass(frozen=True, slots=True)
class Bar:
    """The line to reach: followers on each platform, and how old evidence may be."""

    min_followers: int
    evidence_lifetime: timedelta
    consent_version: str = CONSENT_VERSION

    @classmethod
    def of(cls, settings: Settings) -> Bar:
        """Read the line from the configuration."""
        return cls(settings.min_followers, settings.evidence_lifetime)


def scope_of(subject: Platform | CampaignKind) -> ConsentScope:
    """Give what must be agreed to before somebody is asked to carry such a thing, or on such a platform."""
    return ConsentScope(subject.value)


def reasons(standing: Standing, bar: Bar, now: datetime) -> tuple[Reason, ...]:
    """Give everything that is missing, in the order in which a person can mend it; empty means eligible.

    On each platform the latest evidence alone counts: an older, better or unheld count never stands in for it.
    Evidence is good while it is *younger* than ``bar.evidence_lifetime``; on the last day it has expired.
    """
    return (*_personal(standing, bar), *_on_platforms(standing, bar, now))


def may_carry(standing: Standing, kind: CampaignKind, platforms: Iterable[Platform]) -> bool:
    """Tell whether somebody agreed to such a thing, and to one of the platforms on which it is to be carried."""
    return scope_of(kind) in standing.scopes and not standing.scopes.isdisjoint(map(scope_of, platforms))


def reach_on(standing: Standing, platforms: Iterable[Platform]) -> int:
    """Sum the latest counts on those of some platforms that their person agreed to."""
    agreed = [each for each in platforms if scope_of(each) in standing.scopes]
    return sum(standing.latest[each].count for each in agreed if each in standing.latest)


def is_eligible(standing: Standing, bar: Bar, now: datetime) -> bool:
    """Tell whether nothing is missing."""
    return not reasons(standing, bar, now)


def _personal(standing: Standing, bar: Bar) -> list[Reason]:
    found: list[Reason] = []
    if not standing.active:
        found.append(
            Reason(ReasonKind.INACTIVE, mark("Status kepegawaian Anda tercatat tidak aktif; hubungi manajer."))
        )
    if standing.left:
        found.append(Reason(ReasonKind.LEFT, mark("Anda sudah keluar dari program; beri persetujuan untuk ikut lagi.")))
    if standing.consent_version is None:
        found.append(Reason(ReasonKind.NO_CONSENT, mark("Anda belum memberi persetujuan untuk ikut.")))
    elif standing.consent_version != bar.consent_version:
        found.append(
            Reason(
                ReasonKind.CONSENT_OUTDATED,
                mark("Teks persetujuan sudah berganti; baca dan setujui versi {version}."),
                {"version": bar.consent_version},
            )
        )
    if standing.paused:
        found.append(Reason(ReasonKind.PAUSED, mark("Anda sedang jeda; lanjutkan kapan saja.")))
    if not standing.wave_live:
        found.append(
            Reason(ReasonKind.MINISTRY_NOT_LIVE, mark("Program belum dibuka di kementerian Anda; tunggu gilirannya."))
        )
    return [*found, *_agreed(standing), *_trained(standing)]


def _agreed(standing: Standing) -> list[Reason]:
    """Say what no consent was given to; whoever has not joined at all is told that alone."""
    found: list[Reason] = []
    if standing.consent_version is None:
        return found
    if not standing.scopes & CARRIED_PURPOSES:
        found.append(
            Reason(
                ReasonKind.NO_PURPOSE,
                mark("Anda belum setuju membagikan klarifikasi atau kabar program; pilih sedikitnya satu."),
            )
        )
    if not standing.scopes.intersection(map(scope_of, Platform)):
        found.append(
            Reason(
                ReasonKind.NO_PLATFORM, mark("Anda belum setuju berbagi di platform mana pun; pilih sedikitnya satu.")
            )
        )
    return found


def _trained(standing: Standing) -> list[Reason]:
    if not standing.training_required or standing.trained_version == TRAINING_VERSION:
        return []
    return [Reason(ReasonKind.NOT_TRAINED, mark("Kementerian Anda meminta pelatihan singkat lebih dahulu."))]


def _on_platforms(standing: Standing, bar: Bar, now: datetime) -> list[Reason]:
    found: list[Reason] = []
    for platform in Platform:
        reason = _on_platform(platform, standing.latest.get(platform), bar, now)
        if reason:
            found.append(reason)
    return found


def _on_platform(platform: Platform, evidence: Evidence | None, bar: Bar, now: datetime) -> Reason | None:
    name = LABELS[platform]
    if evidence is None:
        return Reason(
            ReasonKind.MISSING_PLATFORM, mark("Belum ada bukti pengikut {platform}."), {"platform": name}, platform
        )
    if evidence.held:
        return _held(platform, evidence)
    age = now - evidence.measured_at
    if age >= bar.evidence_lifetime:
        return Reason(
            ReasonKind.EVIDENCE_EXPIRED,
            mark("Bukti {platform} berumur {days} hari, batasnya kurang dari {limit} hari; kirim bukti baru."),
            {"platform": name, "days": age.days, "limit": bar.evidence_lifetime.days},
            platform,
        )
    if evidence.count < bar.min_followers:
        return Reason(
            ReasonKind.TOO_FEW_FOLLOWERS,
            mark("{platform}: {count} pengikut, perlu {needed}."),
            {"platform": name, "count": evidence.count, "needed": bar.min_followers},
            platform,
        )
    return None


def _held(platform: Platform, evidence: Evidence) -> Reason:
    name = LABELS[platform]
    if evidence.refused:
        return Reason(
            ReasonKind.EVIDENCE_REFUSED,
            mark("Bukti {platform} tidak diterima: {reason} Kirim bukti baru."),
            {"platform": name, "reason": evidence.refused},
            platform,
        )
    if evidence.hold is EvidenceHold.ROUND:
        message = mark("Bukti {platform} berupa angka bulat dan menunggu diperiksa manajer.")
    else:
        message = mark("Bukti {platform} melonjak tidak biasa dan menunggu diperiksa manajer.")
    return Reason(ReasonKind.HELD_FOR_REVIEW, message, {"platform": name}, platform)


OWN_CHOICE: Final = Reason(
    ReasonKind.OWN_CHOICE,
    mark(
        "Sedang tidak dapat ditawari karena pilihannya sendiri, atau belum bergabung; hanya orangnya yang melihat "
        "sebabnya."
    ),
)


def told_to_managers(found: Sequence[Reason]) -> tuple[Reason, ...]:
    """Give what is missing as a manager may read it: whatever the person chose is one reason, the same for all.

    People are promised that managers see groups only, so a pause, a missing consent and a refusal read alike.
    """
    others = tuple(each for each in found if each.kind not in OWN)
    return others if len(others) == len(found) else (*others, OWN_CHOICE)


def growing_old(standing: Standing, bar: Bar, now: datetime) -> tuple[Reason, ...]:
    """Give a reminder for each platform whose evidence counts today and expires within ``REMIND_BEFORE``."""
    found = []
    for platform, evidence in standing.latest.items():
        left = evidence.measured_at + bar.evidence_lifetime - now
        if not evidence.held and timedelta(0) < left <= REMIND_BEFORE:
            found.append(
                Reason(
                    ReasonKind.EVIDENCE_EXPIRED,
                    mark("Bukti {platform} kedaluwarsa dalam {days} hari; kirim bukti baru sebelum itu."),
                    {"platform": LABELS[platform], "days": max(1, left.days)},
                    platform,
                )
            )
    return tuple(found)


def expiring_until(
    standing: Standing, bar: Bar, now: datetime, measured_until: datetime
) -> tuple[tuple[Platform, int], ...]:
    """Give each platform whose evidence counts today and was measured no later than ``measured_until``.

    With it stands how many days are left, one at least.
    """
    return tuple(
        (platform, max(1, (evidence.measured_at + bar.evidence_lifetime - now).days))
        for platform, evidence in standing.latest.items()
        if not evidence.held and now - bar.evidence_lifetime < evidence.measured_at <= measured_until
    )


def hold_for(before: Evidence | None, count: int, measured_at: datetime) -> EvidenceHold | None:
    """Say why a new count waits for a person to look, if it does: a jump, or a whole number of thousands.

    Of honest counts one in a thousand is round; of bought or made-up ones many are. It costs one look.
    """
    if is_suspicious(before, count, measured_at):
        return EvidenceHold.JUMP
    return EvidenceHold.ROUND if count and count % PACKAGE == 0 else None


def is_suspicious(before: Evidence | None, count: int, measured_at: datetime) -> bool:
    """Tell whether a new count grew in a way that a person should look at.

    Args:
        before: the last count that was accepted on the same platform; none for the first, which cannot be a jump.
        count: the new count.
        measured_at: when it was taken.

    Held are growth faster than ``JUMP_FACTOR`` a ``JUMP_SPAN`` (compounded over longer spans, so that waiting one
    more day does not hide a jump), and a count that at least doubles within a ``JUMP_SPAN`` by whole thousands.
    """
    if before is None or count <= before.count:
        return False
    span = max(measured_at - before.measured_at, timedelta(0))
    # Below a hundred a few friends change the factor; the jump is measured from there.
    start = max(before.count, 100)
    # Ten spans (fivefold each) are more than there are people; the bound keeps the power finite.
    if count > start * JUMP_FACTOR ** min(max(1.0, span / JUMP_SPAN), 10.0):
        return True
    gain = count - before.count
    return span <= JUMP_SPAN and gain % PACKAGE == 0 and count >= 2 * start
