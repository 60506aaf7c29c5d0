"""The page of one claim: what it shows, and to whom.

Whatever a step of the page answers with, the page again or a refusal beside what was typed, comes from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Path, Request, Response

from serving.console import door
from serving.console.keys import KEYS, KeyGroup
from serving.db.tables import Spread, User
from serving.deps import (
    LanguageDep,
    PageContext,
    ServiceDep,
    SessionDep,
    VisitDep,
    context_for,
    get_language,
    get_page_context,
    late_actor,
)
from serving.desk.checking import notes
from serving.desk.checking.compare import Marked, beside
from serving.desk.checking.dossier import Dossier, dossier
from serving.desk.checking.gates import PUBLISHABLE, PathStep, Prepared, first_obstacle_before
from serving.desk.checking.leases import held_by_other
from serving.desk.context import Context
from serving.desk.incoming.trends import QUARTER_S
from serving.desk.learning import moderation
from serving.errors import NotSignedInError, SuluhError
from serving.i18n import mark, translate
from serving.inputs import ID_MAX, Id
from serving.vocabulary import (
    Category,
    ClaimState,
    DismissReason,
    EvidenceKind,
    Gate,
    Role,
    Topic,
    VerdictLabel,
)

PathId = Annotated[Id, Path(le=ID_MAX)]
BARS_MAX = 24

STEP_WORDS: Mapping[str, str] = {
    "claim.see": mark("dilihat"),
    "claim.take": mark("diambil"),
    "claim.extend": mark("waktunya diperpanjang"),
    "claim.release": mark("dilepas"),
    "claim.expire": mark("dilepas karena waktunya habis"),
    "claim.draft": mark("rancangan disimpan"),
    "claim.reword": mark("dirumuskan ulang"),
    "claim.submit": mark("diajukan"),
    "claim.return": mark("dikembalikan"),
    "claim.reveal": mark("rancangan dibuka sesudah kesan pertama"),
    "claim.contest": mark("tidak sepakat; diserahkan kepada orang ketiga"),
    "claim.approve": mark("disetujui dan terbit"),
    "claim.close": mark("diselesaikan"),
    "claim.retract": mark("ditarik"),
    "claim.hold": mark("ditunda"),
    "claim.resume": mark("dilanjutkan"),
    "claim.escalate": mark("dinaikkan ke penyetuju"),
    "claim.dismiss": mark("ditutup tanpa label"),
    "claim.reopen": mark("dibuka lagi"),
    "claim.paste": mark("ditempelkan"),
    "claim.merge": mark("digabung ke klaim lain"),
    "claim.take_over": mark("menerima klaim lain"),
    "claim.unmerge": mark("dipisahkan lagi"),
    "claim.give_back": mark("melepas klaim yang digabung"),
    "claim.split": mark("dipecah dari klaim lain"),
    "claim.move": mark("menerima kiriman klaim lain"),
    "claim.give_up_posts": mark("melepas kiriman"),
    "claim.undo": mark("mengembalikan kiriman"),
    "claim.take_posts_back": mark("menerima kirimannya kembali"),
    "claim.rematch": mark("pustaka ditanya lagi"),
    "claim.hand_over": mark("dilimpahkan"),
    "claim.note": mark("catatan ditambahkan"),
    "claim.type": mark("mulai diketik"),
    "claim.discard_typed": mark("ketikan dibuang"),
    "evidence.add": mark("sumber ditambahkan"),
    "evidence.remove": mark("sumber dilepas"),
    "evidence.attach": mark("berkas sumber disimpan"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """Posts and reach in one part of the time in which a claim went round; geometry in a 240 by 60 picture."""

    starts: datetime
    n_posts: int
    reach: int
    x: float
    height: float
    width: float


@dataclass(frozen=True, slots=True)
class Station:
    """One step of the path: open, or why not."""

    step: PathStep
    closed_because: str
    obstacles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceTyped:
    """A source as somebody typed it."""

    kind: str = ""
    url: str = ""
    title: str = ""
    publisher: str = ""
    quote: str = ""
    archived_url: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed that is not stored yet."""

    words: Prepared | None = None
    wording: str | None = None
    source: SourceTyped = field(default_factory=SourceTyped)
    reason: str = ""
    note: str = ""
    # When it was kept, where it comes back from an earlier visit, and the draft's version that it was typed on.
    restored_at: datetime | None = None
    on_version: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What the reader may do with this claim now; the rules check again."""

    holds: bool
    held_by_other: bool
    is_checker: bool
    is_approver: bool
    wrote: bool


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """The page of one claim."""

    d: Dossier
    # The draft's version that a form stands on: older than the draft's own where a colleague has saved since, so that
    # the first save is refused and shows what they wrote.
    version: int
    person: Person
    words: Prepared
    wording: str
    source: SourceTyped
    reason: str
    note: str
    restored_at: datetime | None
    refusal: str
    unsaved: Prepared | None
    stations: Mapping[str, Station]
    bars: tuple[Bar, ...]
    because: tuple[str, ...]
    flags: Mapping[int, tuple[str, ...]]
    veil: tuple[str, ...]
    # Hate, abuse or sexual words are veiled on it, which counts towards the break.
    is_heavy: bool
    step_words: Mapping[str, str]
    gates: tuple[Gate, ...]
    verdicts: tuple[VerdictLabel, ...]
    categories: tuple[Category, ...]
    topics: tuple[Topic, ...]
    kinds: tuple[EvidenceKind, ...]
    dismiss_reasons: tuple[DismissReason, ...]
    marked: Mapping[int, Marked]
    colleagues: tuple[User, ...]
    key_groups: tuple[KeyGroup, ...]


@dataclass(frozen=True, slots=True)
class LinkPage:
    """The original address of one post, opened on the record."""

    claim_id: int
    address: str


def bars_of(spread: list[Spread]) -> tuple[Bar, ...]:
    """Give the spread in at most ``BARS_MAX`` equal parts, oldest first."""
    if not spread:
        return ()
    first, last = spread[0].quarter, spread[-1].quarter
    per_bar = -(-(last - first + 1) // BARS_MAX)
    n_bars = (last - first) // per_bar + 1
    posts, reach = [0] * n_bars, [0] * n_bars
    for row in spread:
        posts[(row.quarter - first) // per_bar] += row.n_posts
        reach[(row.quarter - first) // per_bar] += row.reach
    top = max(*posts, 1)
    width = 240 / n_bars
    return tuple(
        Bar(
            starts=datetime.fromtimestamp((first + i * per_bar) * QUARTER_S, UTC),
            n_posts=posts[i],
            reach=reach[i],
            x=round(i * width, 1),
            height=round(58 * posts[i] / top, 1),
            width=round(max(width - 1, 0.5), 1),
        )
        for i in range(n_bars)
    )


def _person(ctx: Context, d: Dossier) -> Person:
    claim, user_id = d.detail.listed.claim, ctx.actor.user_id or 0
    open_to_holder = claim.state in {ClaimState.CLAIMED, ClaimState.DRAFTED}
    return Person(
        holds=open_to_holder and claim.holder_id == user_id,
        held_by_other=open_to_holder and held_by_other(ctx, claim, user_id),
        is_checker=ctx.actor.may(Role.CHECKER),
        is_approver=ctx.actor.may(Role.APPROVER),
        wrote=user_id in d.writers or user_id == claim.author_id,
    )


def _flags(d: Dossier) -> dict[int, tuple[str, ...]]:
    """Name, for each post that is flagged, what it may contain; its text is shown once somebody asks to see it."""
    posts = d.detail.posts
    texts = ["\n".join([post.text, *(item.get("transcript") or "" for item in post.media)]) for post in posts]
    return {post.id: veil for post, veil in zip(posts, moderation.veils(texts), strict=True) if veil}


def _stations(request: Request, d: Dossier) -> dict[str, Station]:
    language = get_language(request)
    made = {}
    for step in PathStep:
        blocking = first_obstacle_before(d.obstacles, step)
        made[step.value] = Station(
            step,
            translate(language, blocking.message, **blocking.params) if blocking else "",
            tuple(translate(language, each.message, **each.params) for each in d.obstacles if each.step is step),
        )
    return made


@dataclass(frozen=True, slots=True)
class Door(door.Door):
    """What answers one request for the page."""

    def page(self, claim_id: int, typed: Typed | None = None, error: SuluhError | None = None) -> Response:
        """Show the claim, with what was typed and why it was refused where it was."""
        d = dossier(self.ctx, claim_id)
        typed = typed or Typed()
        person = _person(self.ctx, d)
        flags = _flags(d)
        veil = moderation.veils([d.detail.listed.claim.wording], moderation.HURTING)[0]
        page = ClaimPage(
            d=d,
            version=d.version if typed.on_version is None else typed.on_version,
            person=person,
            words=typed.words or d.prepared,
            wording=d.detail.listed.claim.wording if typed.wording is None else typed.wording,
            source=typed.source,
            reason=typed.reason,
            note=typed.note,
            restored_at=typed.restored_at,
            refusal=self.why(error),
            unsaved=typed.words if (error or typed.restored_at) and typed.words != d.prepared else None,
            stations=_stations(self.request, d),
            bars=bars_of(list(d.detail.spread)),
            flags=flags,
            veil=veil,
            is_heavy=moderation.is_hurting(veil, *flags.values()),
            because=tuple(each.in_words(self.language) for each in d.detail.listed.because),
            step_words=STEP_WORDS,
            gates=tuple(Gate),
            verdicts=PUBLISHABLE,
            categories=tuple(Category),
            topics=tuple(Topic),
            kinds=tuple(EvidenceKind),
            dismiss_reasons=tuple(DismissReason),
            marked=_marked(d),
            colleagues=_colleagues(self.ctx, person),
            key_groups=KEYS,
        )
        return self.show("claim.html", page, error)


def _marked(d: Dossier) -> dict[int, Marked]:
    """Lay the claim beside each clarification, with the words marked that only one of them has."""
    wording = d.detail.listed.claim.wording
    return {m.match.id: beside(wording, m.head.claim_wording or m.words.title) for m in d.matches}


def _colleagues(ctx: Context, person: Person) -> tuple[User, ...]:
    """Give to whom the holder may hand the claim over."""
    if not person.holds:
        return ()
    return tuple(
        each for each in notes.colleagues(ctx) if each.id != ctx.actor.user_id and Role.CHECKER.value in each.roles
    )


@dataclass(frozen=True, slots=True)
class LateDoor(Door):
    """The same for what somebody typed until their session ran out: it is kept for them, and nothing else is done."""

    is_late: bool = False


def get_late_door(request: Request, service: ServiceDep, session: SessionDep, visit: VisitDep) -> LateDoor:
    """Give what answers this request; for a session that ran out by itself not long ago, only to keep what was typed.

    Raises ``NotSignedInError`` where nobody is known.
    """
    if visit is not None:
        return LateDoor(request, get_page_context(service, session, visit), visit, get_language(request))
    actor = late_actor(request, service, session)
    if actor is None:
        raise NotSignedInError(mark("Silakan masuk dahulu."))
    return LateDoor(request, context_for(service, session, actor), None, get_language(request), is_late=True)


LateDoorDep = Annotated[LateDoor, Depends(get_late_door, scope="function")]


def get_door(request: Request, ctx: PageContext, visit: VisitDep, language: LanguageDep) -> Door:
    """Give what answers this request."""
    return Door(request, ctx, visit, language)


DoorDep = Annotated[Door, Depends(get_door)]
