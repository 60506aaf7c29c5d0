"""What must hold before a draft may go to a second human: six answers, sources, verdict, words. Pure.

The rules are read as a path from top to bottom. Everything that stands in the way is found at once, so that a page can
say why a later step is closed and a refusal can name the first thing to do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlsplit

from data.normalise import normalise
from serving.errors import ConflictError
from serving.i18n import mark
from serving.vocabulary import LABELS, QUESTIONS, Category, DismissReason, EvidenceKind, Gate, VerdictLabel

TITLE_MAX_CHARS = 200
# A title that shares four words in five with the claim repeats the claim. Jaccard index of the two word sets.
NEAR_COPY = 0.8
# Words that call a complaint a lie; inside longer words too (kebohongan, dipalsukan).
ACCUSING = ("hoaks", "hoax", "bohong", "palsu", "disinformasi", "misinformasi", "fitnah", "dusta", "menipu")

DEBUNKING = frozenset({VerdictLabel.FALSE, VerdictLabel.MISLEADING})
# What two humans may publish; the rest of the vocabulary is reached by closing without a label.
PUBLISHABLE = (
    VerdictLabel.FALSE,
    VerdictLabel.MISLEADING,
    VerdictLabel.MISSING_CONTEXT,
    VerdictLabel.UNPROVEN,
    VerdictLabel.TRUE,
)
MIN_SITES_TO_DEBUNK = 2
# A top-level domain of two letters is a country.
COUNTRY_CHARS = 2

RIGHT_OF_REPLY = mark(
    "Karya pers terdaftar tidak diberi label. Gunakan hak jawab kepada redaksi; bila perlu, adukan ke Dewan Pers."
)

_TAG = re.compile(
    r"^\s*\[[^\]]{1,40}\]"
    r"|\[\s*(?:salah|hoaks|hoax|palsu|fakta|benar|disinformasi|misinformasi|cek fakta|penipuan|klarifikasi)\s*\]"
    r"|(?<!\w)(?:hoaks|hoax|disinformasi|misinformasi)\s*[!:|–—-]"
    r"|^\s*(?:salah|palsu|bohong|cek fakta)\s*[!:|–—-]",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
# What ``normalise`` knows a fact-checker's stamp by; it takes a stamp out, and here a stamp counts.
_STAMP_MARKS = re.compile(r"[\[\](){}<>:!]")
# Under these, a name is registered one label further left: contoh.go.id, contoh.co.uk.
_SECOND_LEVELS = frozenset(
    {"ac", "biz", "co", "com", "desa", "edu", "go", "gov", "mil", "my", "net", "or", "org", "ponpes", "sch", "web"}
)


class PathStep(StrEnum):
    """The stations of the decision, in order."""

    GATES = "gates"
    SOURCES = "sources"
    VERDICT = "verdict"
    CLARIFICATION = "clarification"
    SUBMIT = "submit"


@dataclass(frozen=True, slots=True)
class Source:
    """A source as the evidence rule sees it."""

    url: str
    kind: EvidenceKind


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a draft holds so far."""

    gates: Mapping[Gate, bool] = field(default_factory=lambda: MappingProxyType({}))
    verdict: VerdictLabel | None = None
    category: Category | None = None
    political: bool | None = None
    redacted: bool = False
    title: str = ""
    body: str = ""
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in the way: at which step, the sentence that says what and why, and a way out without a label."""

    step: PathStep
    message: str
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    dismiss_as: DismissReason | None = None


class NotReadyError(ConflictError):
    """The draft cannot go to a second human yet; the sentence is the first thing to do."""

    code = "not-ready"

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.message, **obstacle.params)
        self.obstacle = obstacle


# Answers that rule a label out, in the order in which they are told: gate, answer, way out, sentence.
_CLOSING: tuple[tuple[Gate, bool, DismissReason, str], ...] = (
    (
        Gate.PRESS_PRODUCT,
        True,
        DismissReason.PRESS,
        RIGHT_OF_REPLY,
    ),
    (
        Gate.SATIRE,
        True,
        DismissReason.SATIRE,
        mark("Satire tidak diberi label; tutup tanpa label dengan alasan satire."),
    ),
    (
        Gate.OPINION,
        True,
        DismissReason.OPINION,
        mark("Pendapat tidak diberi label; tutup tanpa label dengan alasan opini."),
    ),
    (
        Gate.VERIFIABLE,
        False,
        DismissReason.OUT_OF_SCOPE,
        mark("Yang tidak dapat diperiksa tidak diberi label; tutup tanpa label."),
    ),
)


def unanswered(gates: Mapping[Gate, bool]) -> tuple[Gate, ...]:
    """Give the questions that nobody has answered, in their order."""
    return tuple(gate for gate in Gate if gate not in gates)


def sites(sources: Collection[Source]) -> frozenset[str]:
    """Give the different web sites: registered names, so one owner counts once, whatever stands before the name."""
    return frozenset(_site(source.url) for source in sources)


def _site(url: str) -> str:
    """Give the registered name of a host: its last two labels, or three below a country's second level."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    labels = host.split(".")
    if labels[-1].isdigit():
        return host
    below_second_level = len(labels[-1]) == COUNTRY_CHARS and labels[-2:-1] and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3:] if below_second_level else labels[-2:])


def _gate_obstacles(gates: Mapping[Gate, bool]) -> list[Obstacle]:
    found = [
        Obstacle(PathStep.GATES, sentence, dismiss_as=way_out)
        for gate, answer, way_out, sentence in _CLOSING
        if gates.get(gate) is answer
    ]
    if open_questions := unanswered(gates):
        found.append(
            Obstacle(
                PathStep.GATES,
                mark("Belum dijawab: {questions} Jawaban menentukan apakah klaim ini boleh diberi label."),
                {"questions": " ".join(QUESTIONS[gate] for gate in open_questions)},
            )
        )
    return found


def _source_obstacles(sources: Collection[Source]) -> list[Obstacle]:
    if sources:
        return []
    return [Obstacle(PathStep.SOURCES, mark("Belum ada sumber; setiap putusan perlu sedikitnya satu sumber."))]


def _verdict_obstacles(prepared: Prepared, sources: Collection[Source]) -> list[Obstacle]:
    verdict = prepared.verdict
    if verdict is None:
        return [Obstacle(PathStep.VERDICT, mark("Putusan belum dipilih."))]
    label = {"verdict": LABELS[verdict]}
    if verdict not in PUBLISHABLE:
        return [
            Obstacle(
                PathStep.VERDICT,
                mark("“{verdict}” tidak diterbitkan sebagai label; tutup tanpa label."),
                label,
            )
        ]
    found = []
    if verdict in DEBUNKING and prepared.gates.get(Gate.CRITICISM):
        found.append(
            Obstacle(
                PathStep.VERDICT,
                mark(
                    "Kritik atau keluhan tentang pemerintah tidak diberi putusan “{verdict}”; jelaskan faktanya saja."
                ),
                label,
            )
        )
    if verdict in DEBUNKING and not (filled := filling(sources)).holds:
        found.append(
            Obstacle(
                PathStep.VERDICT,
                mark(
                    "“{verdict}” perlu sumber dari sedikitnya {needed} situs, satu di antaranya bukan instansi "
                    "terkait; sekarang {n_sites} situs dan {n_independent} sumber independen. "
                    "Bantahan pejabat saja tidak cukup."
                ),
                label
                | {
                    "needed": filled.needed,
                    "n_sites": filled.n_sites,
                    "n_independent": filled.n_independent,
                },
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Filling:
    """How far the rule of two sources is filled: different sites of ``needed``, and sources that are independent."""

    n_sites: int
    n_independent: int
    needed: int = MIN_SITES_TO_DEBUNK

    @property
    def enough_sites(self) -> bool:
        """Tell whether there are enough different sites."""
        return self.n_sites >= self.needed

    @property
    def holds(self) -> bool:
        """Tell whether the sources can carry a verdict that debunks."""
        return self.enough_sites and self.n_independent > 0


def filling(sources: Collection[Source]) -> Filling:
    """Give how far the rule of two sources is filled."""
    return Filling(len(sites(sources)), sum(source.kind is EvidenceKind.INDEPENDENT for source in sources))


def words_of(text: str) -> frozenset[str]:
    """Give the set of words of a text, without case."""
    return frozenset(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def is_near_copy(title: str, wording: str) -> bool:
    """Tell whether the title says the claim again: Jaccard index of the word sets at least ``NEAR_COPY``."""
    ours, theirs = words_of(title), words_of(wording)
    return bool(ours | theirs) and len(ours & theirs) / len(ours | theirs) >= NEAR_COPY


def accusing_words(text: str) -> tuple[str, ...]:
    """Give the accusing words that a text uses, also where they are disguised (see ``accusations``)."""
    said = accusations(text)
    return tuple(word for word in ACCUSING if any(word in each for each in said))


def accusations(text: str) -> tuple[str, ...]:
    """Give the words of a text that accuse, each in the form that stands there, in their order.

    Marks that nobody sees, letters of other scripts, accents, digits for letters and spaced-out letters do not hide
    one. A statement about counterfeit money has to say ``uang palsu``; ``dipalsukan`` would say something else.
    """
    plain = unicodedata.normalize("NFKC", text)
    visible = "".join(c for c in plain if unicodedata.category(c) != "Cf").casefold()
    found = _WORD.findall(visible) + _WORD.findall(normalise(_STAMP_MARKS.sub(" ", plain)))
    return tuple(dict.fromkeys(word for word in found if any(stem in word for stem in ACCUSING)))


def words_obstacles(
    title: str, body: str, verdict: VerdictLabel | None, wording: str, *, criticism: bool
) -> list[Obstacle]:
    """Check the words of a clarification, also of a revised one.

    Args:
        title: must lead with the fact: no verdict tag, and no near copy of the claim where that is debunked.
        body: the statement.
        verdict: what was found about the claim.
        wording: the claim.
        criticism: whether the claim is criticism of government; then no accusing word may stand anywhere.
    """
    found = []
    if not title.strip():
        found.append(Obstacle(PathStep.CLARIFICATION, mark("Judul klarifikasi belum diisi.")))
    if len(title) > TITLE_MAX_CHARS:
        found.append(
            Obstacle(
                PathStep.CLARIFICATION,
                mark("Judul klarifikasi lebih panjang dari {n} huruf."),
                {"n": TITLE_MAX_CHARS},
            )
        )
    if not body.strip():
        found.append(Obstacle(PathStep.CLARIFICATION, mark("Isi klarifikasi belum diisi.")))
    if _TAG.search(title):
        found.append(
            Obstacle(
                PathStep.CLARIFICATION,
                mark("Judul dimulai dengan faktanya, tanpa cap seperti [SALAH] atau “Hoaks:”."),
            )
        )
    if verdict in DEBUNKING and is_near_copy(title, wording):
        found.append(
            Obstacle(
                PathStep.CLARIFICATION,
                mark("Judul hampir sama dengan klaimnya; tulis faktanya, jangan mengulang klaim."),
            )
        )
    if criticism and (accusing := accusing_words(f"{title}\n{body}")):
        found.append(
            Obstacle(
                PathStep.CLARIFICATION,
                mark("Kritik tidak disebut bohong; ganti kata: {words}."),
                {"words": ", ".join(accusing)},
            )
        )
    return found


def _clarification_obstacles(prepared: Prepared, wording: str) -> list[Obstacle]:
    found = words_obstacles(
        prepared.title,
        prepared.body,
        prepared.verdict,
        wording,
        criticism=bool(prepared.gates.get(Gate.CRITICISM)),
    )
    if prepared.gates.get(Gate.PRIVATE_PERSON) and not prepared.redacted:
        found.append(
            Obstacle(
                PathStep.CLARIFICATION,
                mark("Klaim ini menyebut orang pribadi; pastikan namanya sudah disamarkan."),
            )
        )
    if prepared.category is None:
        found.append(Obstacle(PathStep.CLARIFICATION, mark("Kategori belum dipilih.")))
    if prepared.political is None:
        found.append(Obstacle(PathStep.CLARIFICATION, mark("Belum dijawab: apakah ini menyangkut politik praktis?")))
    return found


def obstacles(prepared: Prepared, sources: Collection[Source], wording: str) -> tuple[Obstacle, ...]:
    """Give everything that stands in the way of submitting, in the order of the path; empty means ready.

    Args:
        prepared: the draft.
        sources: the sources that were not removed.
        wording: the claim.
    """
    return (
        *_gate_obstacles(prepared.gates),
        *_source_obstacles(sources),
        *_verdict_obstacles(prepared, sources),
        *_clarification_obstacles(prepared, wording),
    )


def first_obstacle_before(found: Collection[Obstacle], step: PathStep) -> Obstacle | None:
    """Give why a step is closed: the first obstacle at an earlier one; nothing where it is open."""
    order = list(PathStep)
    earlier = set(order[: order.index(step)])
    return next((obstacle for obstacle in found if obstacle.step in earlier), None)


def check(prepared: Prepared, sources: Collection[Source], wording: str) -> None:
    """Raise ``NotReadyError`` with the first obstacle where there is one."""
    if found := obstacles(prepared, sources, wording):
        raise NotReadyError(found[0])
