"""What somebody agrees to, one thing at a time: three purposes and three platforms, each in words of its own.

Each is given and withdrawn by itself, at once, and every step is kept with the version of its words. What counts is an
agreement to the words as they stand: ``SCOPE_VERSIONS`` names their version, and an older one brings no offer. The
terms of taking part (``profile.CONSENT_TEXTS``) are agreed to first; alone they bring no offer either.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from serving.db import consents as rows
from serving.db import reach as reach_rows
from serving.db.tables import ConsentStep, Influencer
from serving.desk import audit
from serving.desk.context import Context
from serving.errors import ConflictError
from serving.i18n import mark
from serving.vocabulary import PURPOSES, SCOPE_VERSIONS, ConsentScope

# Written to be read: what happens with this yes, and what happens without it.
SCOPE_TEXTS: dict[ConsentScope, str] = {
    ConsentScope.CLARIFICATION: mark(
        "Saya mau ditawari klarifikasi resmi untuk dibagikan dengan nama saya sendiri. Saya memilih sendiri setiap "
        "kali."
    ),
    ConsentScope.PROGRAMME: mark(
        "Saya mau ditawari kabar program pemerintah untuk dibagikan dengan nama saya sendiri. Ini terpisah dari "
        "klarifikasi."
    ),
    ConsentScope.MEASUREMENT: mark(
        "Hasil unggahan saya boleh dihitung: klik pada tautan pendek per jam dan provinsi, dan angka dilihat yang saya "
        "tulis sendiri. Angkanya hanya tampil untuk kelompok sepuluh orang atau lebih, juga dalam laporan keterbukaan. "
        "Tanpa izin ini materi saya memakai tautan resmi biasa dan tidak dihitung."
    ),
    ConsentScope.FACEBOOK: mark(
        "Saya mau berbagi di Facebook. Tanpa izin ini materi saya tidak memuat Facebook dan teman saya di sana tidak "
        "dihitung sebagai jangkauan."
    ),
    ConsentScope.X: mark(
        "Saya mau berbagi di X. Tanpa izin ini materi saya tidak memuat X dan pengikut saya di sana tidak dihitung "
        "sebagai jangkauan."
    ),
    ConsentScope.INSTAGRAM: mark(
        "Saya mau berbagi di Instagram. Tanpa izin ini materi saya tidak memuat Instagram dan pengikut saya di sana "
        "tidak dihitung sebagai jangkauan."
    ),
}


class ConsentVersionError(ConflictError):
    """The words have changed since the person read them."""

    code = "consent-version"


class NotJoinedError(ConflictError):
    """A single thing is agreed to by those who take part."""

    code = "not-joined"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One scope as it stands for one person.

    Attributes:
        version: the version of the words now, which are what a yes agrees to.
        given: the version that was agreed to; none where nothing stands.
        since: when it was given or withdrawn last; none where neither ever happened.
        carried_over: nobody asked; it was read out of what the person had agreed to before.
    """

    scope: ConsentScope
    words: str
    version: str
    given: str | None
    since: datetime | None
    carried_over: bool

    @property
    def stands(self) -> bool:
        """Tell whether it brings offers: agreed to, in the words of now."""
        return self.given == self.version

    @property
    def outdated(self) -> bool:
        """Tell whether the words have changed since the yes."""
        return self.given is not None and not self.stands

    @property
    def is_purpose(self) -> bool:
        """Tell purposes from platforms."""
        return self.scope in PURPOSES


def given_version(row: Influencer, scope: ConsentScope) -> str | None:
    """Give which version of a scope's words somebody agreed to; none where they did not, or withdrew it."""
    version: str | None = getattr(row, _column(scope))
    return version


def _column(scope: ConsentScope) -> str:
    return f"{scope.value}_consent"


def agreed_scopes(row: Influencer) -> frozenset[ConsentScope]:
    """Give what somebody agreed to in the words that stand now."""
    return frozenset(scope for scope in ConsentScope if given_version(row, scope) == SCOPE_VERSIONS[scope])


def agreements(ctx: Context, row: Influencer) -> tuple[Agreement, ...]:
    """Give every scope as it stands for one person, purposes first."""
    last: dict[ConsentScope, ConsentStep] = {}
    for step in rows.history(ctx.session, row.id):  # newest first
        last.setdefault(step.scope, step)
    return tuple(
        Agreement(
            scope=scope,
            words=SCOPE_TEXTS[scope],
            version=SCOPE_VERSIONS[scope],
            given=given_version(row, scope),
            since=last[scope].at if scope in last else None,
            carried_over=scope in last and last[scope].carried_over,
        )
        for scope in ConsentScope
    )


def check_versions(wanted: Mapping[ConsentScope, str]) -> None:
    """Refuse words that are not those of now; nobody agrees to what they did not read."""
    for scope, version in wanted.items():
        if version != SCOPE_VERSIONS[scope]:
            raise ConsentVersionError(
                mark("Teks persetujuan sudah berganti; baca dan setujui versi {version}."),
                version=SCOPE_VERSIONS[scope],
            )


def give(ctx: Context, row: Influencer, scopes: Collection[ConsentScope]) -> None:
    """Write that somebody agrees to these scopes as they are worded now; what stands already is no new step."""
    if scopes and row.consent_version is None:
        raise NotJoinedError(mark("Setujui dahulu ketentuan ikut program."))
    for scope in sorted(scopes):
        if given_version(row, scope) != SCOPE_VERSIONS[scope]:
            setattr(row, _column(scope), SCOPE_VERSIONS[scope])
            _record(ctx, row, scope, SCOPE_VERSIONS[scope], given=True)


def withdraw(ctx: Context, row: Influencer, scopes: Collection[ConsentScope]) -> list[ConsentScope]:
    """Write that somebody withdraws these scopes; give those that had been agreed to.

    Without leave to measure, what they had told of their posts' views is forgotten, and so out of every figure.
    """
    withdrawn = []
    for scope in sorted(scopes):
        version = given_version(row, scope)
        if version is not None:
            setattr(row, _column(scope), None)
            _record(ctx, row, scope, version, given=False)
            withdrawn.append(scope)
    if ConsentScope.MEASUREMENT in withdrawn:
        reach_rows.forget_views(ctx.session, row.id)
    return withdrawn


def _record(ctx: Context, row: Influencer, scope: ConsentScope, version: str, *, given: bool) -> None:
    ctx.session.add(ConsentStep(influencer_id=row.id, scope=scope, version=version, given=given, at=ctx.now))
    action = "influencer.agree" if given else "influencer.withdraw"
    audit.append(ctx, action, "influencer", row.id, scope=scope.value, version=version)
