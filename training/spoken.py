"""Sentences that citizens say and that are no hoax claims, made by a seeded grammar written for this project.

A model that learns only from published hoaxes and published news takes complaint for hoax, because both shout.
These texts show it criticism, grievance, questions, irony, praise, wishes and notices in the words that hoaxes use
too, and everyday life, which they do not. Half of the policies that they speak of are invented, so that a policy's
name tells nothing. What it costs: they are sentences from frames, so a figure on them says nothing of how people
write; use them to train, never to report. The frames and what fills their slots stand in two tables beside this
module.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

_SLOT: Final = re.compile(r"\{([a-z_]+)\}")
_WORD: Final = re.compile(r"\w+")
_SENTENCE_START: Final = re.compile(r"(\A|[.!?] )([a-zà-ÿ])")

_TOPIC: Final = frozenset(
    ("policy", "body", "place", "service", "paper", "group", "kin", "aid", "event", "venue", "clinic")
)
"""Slots that keep one filling through a text, so that a long text speaks of one matter."""
_NAMED_AGAIN: Final = 0.4  # how often a policy's name is repeated and not pointed back to

_CHAT: Final = MappingProxyType(
    {
        "saya": ("gw", "gue", "aku", "sy"),
        "kami": ("kita", "kami"),
        "tidak": ("gak", "ga", "nggak", "tdk"),
        "sudah": ("udah", "udh", "sdh"),
        "saja": ("aja",),
        "sekali": ("bgt", "banget"),
        "yang": ("yg",),
        "untuk": ("buat", "utk"),
        "dengan": ("sama", "dgn"),
        "karena": ("soalnya", "krn"),
        "tetapi": ("tapi",),
        "belum": ("blm", "belom"),
        "bagaimana": ("gimana",),
        "kenapa": ("knp", "kok"),
        "benar": ("bener",),
        "kalau": ("kalo", "klo"),
        "hanya": ("cuma", "cm"),
        "padahal": ("pdhl", "padahal"),
        "menurut": ("mnrt", "menurut"),
        "seperti": ("kayak", "kyk"),
        "mengurus": ("ngurus",),
        "menunggu": ("nunggu",),
        "membuat": ("bikin",),
        "bisa": ("bs", "bisa"),
        "sampai": ("sampe",),
        "juga": ("jg", "juga"),
        "dari": ("dr", "dari"),
        "orang": ("org", "orang"),
        "sekarang": ("skrg", "skrng"),
        "terima": ("terima", "trima"),
        "kasih": ("kasih", "kasi"),
        "jangan": ("jgn", "jangan"),
        "lebih": ("lbh", "lebih"),
        "tolong": ("tlg", "tolong"),
    }
)
_LINKS: Final = MappingProxyType(
    {
        "opinion": ("Selain itu,", "Lagi pula,", "Belum lagi,", "Terus", "Satu lagi,", "Jujur,", "Apalagi", "", "", ""),
        "person": ("Selain itu,", "Terus", "Oh ya,", "Satu lagi,", "Sekalian,", "", "", "", ""),
        "plain": ("Selain itu,", "Sementara itu,", "Kemudian,", "Sebagai tambahan,", "", "", "", ""),
    }
)
_SHOUTS: Final = ("!", "!!", "!!!", "...", " huhu", " hadeh", " wkwk", " 🙏", " 😡", " 😭", "")


class Speech(StrEnum):
    """What a text does; none of them claims a fact that fact-checkers would take up."""

    CRITICISM = "criticism"
    GRIEVANCE = "grievance"
    QUESTION = "question"
    SATIRE = "satire"
    SUPPORT = "support"
    HOPE = "hope"
    PROGRAMME = "programme"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text, what it does, and the frame that its first sentence was made from."""

    text: str
    kind: Speech
    frame: str


@dataclass(frozen=True, slots=True)
class _Grammar:
    """Frames by kind and fillings by slot."""

    frames: Mapping[Speech, Sequence[str]]
    fillings: Mapping[str, Sequence[str]]


def speech(seed: int, n: int) -> list[Spoken]:
    """Return n distinct texts, kinds drawn evenly; the same seed gives the same texts, and a longer list begins alike.

    Raises ValueError where n is negative.
    """
    if n < 0:
        raise ValueError(f"n must not be negative, got {n}")
    rng = random.Random(seed)  # noqa: S311 - a grammar, not a secret
    made: dict[str, Spoken] = {}
    while len(made) < n:
        spoken = _Speaker(rng).say(rng.choice(list(Speech)))
        made.setdefault(spoken.text, spoken)
    return list(made.values())


def frames(kind: Speech) -> Sequence[str]:
    """Return the frames of one kind, in the order of the table."""
    return _grammar().frames[kind]


class _Speaker:
    """One person saying one thing: what was chosen for a topic slot stays, and nothing else is said twice."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._chosen: dict[str, str] = {}
        self._used: set[str] = set()

    def say(self, kind: Speech) -> Spoken:
        """Make one text: shape, then sentences, then the way it is typed."""
        order = list(frames(kind))
        self._rng.shuffle(order)
        shape = self._rng.choices((self._bare, self._dressed, self._letter, self._list), weights=(30, 40, 20, 10))[0]
        text = _SENTENCE_START.sub(lambda hit: hit[1] + hit[2].upper(), shape(kind, order))
        return Spoken(text=self._typed(text, kind), kind=kind, frame=order[0])

    def _bare(self, _kind: Speech, order: Sequence[str]) -> str:
        return self._fill(order[0])

    def _dressed(self, kind: Speech, order: Sequence[str]) -> str:
        parts = [self._fill(frame) for frame in order[: self._rng.randint(1, 2)]]
        if self._rng.random() < 0.6:
            parts.insert(0, self._fill(f"{{opener_{_manner(kind)}}}"))
        if self._rng.random() < 0.5:
            parts.append(self._fill(f"{{closer_{_manner(kind)}}}"))
        return " ".join(parts)

    def _letter(self, kind: Speech, order: Sequence[str]) -> str:
        first, *rest = (self._fill(frame) for frame in order[: self._rng.randint(5, 9)])
        manner = _manner(kind)
        linked = (f"{self._rng.choice(_LINKS[manner])} {sentence}".strip() for sentence in rest)
        return " ".join((self._fill(f"{{opener_{manner}}}"), first, *linked, self._fill(f"{{closer_{manner}}}")))

    def _list(self, kind: Speech, order: Sequence[str]) -> str:
        mark = self._rng.choice(("{}. ", "{}) ", "- ", "• "))
        points = (self._fill(frame) for frame in order[: self._rng.randint(2, 5)])
        glue = self._rng.choice(("\n", " "))
        return glue.join(
            (
                self._fill(f"{{opener_{_manner(kind)}}}"),
                *(mark.format(place) + point for place, point in enumerate(points, 1)),
            )
        )

    def _typed(self, text: str, kind: Speech) -> str:
        if self._rng.random() < 0.35:
            text = _WORD.sub(self._as_in_chat, text.lower())
        elif self._rng.random() < 0.06:
            text = text.upper()
        if kind is Speech.PROGRAMME:  # an office neither laughs nor weeps
            return text
        if self._rng.random() < 0.15:
            text = text.rstrip(".!?") + self._rng.choice(_SHOUTS)
        if self._rng.random() < 0.12:
            text = f"{text} {' '.join(self._rng.sample(_grammar().fillings['tag'], self._rng.randint(1, 3)))}"
        return text

    def _as_in_chat(self, word: re.Match[str]) -> str:
        return self._rng.choice(_CHAT.get(word[0], (word[0],)))

    def _fill(self, frame: str) -> str:
        return _SLOT.sub(lambda slot: self._filling(slot[1]), frame)

    def _filling(self, slot: str) -> str:
        if slot in self._chosen:
            by_name = slot != "policy" or self._rng.random() < _NAMED_AGAIN
            return self._chosen[slot] if by_name else self._filling("again")
        options = _grammar().fillings[slot]
        option = self._rng.choice([each for each in options if each not in self._used] or options)
        self._used.add(option)
        filling = self._fill(option)
        if slot in _TOPIC:
            self._chosen[slot] = filling
        return filling


def _manner(kind: Speech) -> str:
    """Name the openers, links and closers that fit: a notice is not an opinion, and a question no letter of protest."""
    if kind is Speech.PROGRAMME:
        return "plain"
    return "opinion" if kind in {Speech.CRITICISM, Speech.GRIEVANCE, Speech.SATIRE} else "person"


@cache
def _grammar() -> _Grammar:
    by_kind = _table("spoken_frames.tsv")
    return _Grammar(
        frames=MappingProxyType({kind: by_kind[kind] for kind in Speech}),
        fillings=MappingProxyType(_table("spoken_slots.tsv")),
    )


def _table(name: str) -> dict[str, tuple[str, ...]]:
    """Read a table of two columns as the second by the first."""
    rows: dict[str, list[str]] = {}
    for line in files("training").joinpath(name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            key, value = line.split("\t")
            rows.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in rows.items()}
