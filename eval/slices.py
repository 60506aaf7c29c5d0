"""The named parts that figures are reported on; each is a rule on a row, so that a figure can be repeated.

Two kinds: by where a row comes from (`Slices`), and by what it speaks of or how it is written (`Topic`). A topic is
a published list of words or a count; no person marked rows for it, so it catches what its words catch.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from data.normalise import normalise, slang
from data.schema import Example, Kind, Label
from data.split import PROTOCOL, Part, Split

GOVERNMENT_WORDS: Final = frozenset(
    (
        *("pemerintah", "presiden", "jokowi", "menteri", "gubernur", "bupati", "walikota", "dpr", "mpr", "kpk"),
        *("polisi", "polri", "tni", "pajak", "subsidi", "kebijakan", "rezim", "negara", "hukum", "undang"),
        *("anggaran", "apbn", "utang", "bbm", "bpjs", "kpu", "partai", "rakyat", "2019gantipresiden"),
    )
)
"""Published list: an unseen opinion that holds one of these words is counted as criticism of government.

Recipes weigh training opinions by the same list, so the slice is not independent of how a model was made.
"""


NEWS: Final = "news"
UNSEEN_OPINION: Final = "unseen opinion"
UNSEEN_CRITICISM: Final = "unseen criticism"
SEEN_OPINION: Final = "opinion of seen sources"
NEW_POLICIES: Final = "opinion on policies never met"
NEW_CRITICISM: Final = "criticism of policies never met"


@dataclass(frozen=True, slots=True)
class Slices:
    """Test rows: hoaxes as posts and as titles, against news and against opinions."""

    hoax_posts: tuple[Example, ...]
    hoax_titles: tuple[Example, ...]
    official_titles: tuple[Example, ...]
    news: tuple[Example, ...]
    unseen_opinions: tuple[Example, ...]
    unseen_criticism: tuple[Example, ...]
    opinions: tuple[Example, ...]
    new_policies: tuple[Example, ...] = ()
    new_criticism: tuple[Example, ...] = ()

    @property
    def mix_opinion(self) -> str:
        """The opinions that a declared mix takes: never met where there are any, for those are what a feed brings."""
        for name in (UNSEEN_OPINION, NEW_POLICIES):
            if self.negatives[name]:
                return name
        return SEEN_OPINION

    @property
    def positives(self) -> Mapping[str, tuple[Example, ...]]:
        """The hoax slices by name."""
        return {"posts": self.hoax_posts, "titles": self.hoax_titles, "official titles": self.official_titles}

    @property
    def negatives(self) -> Mapping[str, tuple[Example, ...]]:
        """The other slices by name."""
        return {
            NEWS: self.news,
            UNSEEN_OPINION: self.unseen_opinions,
            UNSEEN_CRITICISM: self.unseen_criticism,
            SEEN_OPINION: self.opinions,
            NEW_POLICIES: self.new_policies,
            NEW_CRITICISM: self.new_criticism,
        }


def slices_of(divided: Split) -> Slices:
    """Cut the test part and the unseen opinions into named slices."""
    test = divided[Part.TEST]
    hoaxes = [row for row in test if row.label is Label.HOAX]
    unseen = divided[Part.UNSEEN_OPINION]
    new = [row for row in divided[Part.NEVER_MET] if row.label is Label.OPINION]
    return Slices(
        hoax_posts=_of_kind(hoaxes, Kind.CIRCULATED_POST),
        hoax_titles=_of_kind(hoaxes, Kind.FACTCHECK_TITLE),
        official_titles=_of_kind(hoaxes, Kind.OFFICIAL_TITLE),
        news=tuple(row for row in test if row.label is Label.NOT_HOAX and row.publisher in PROTOCOL.test_outlets),
        unseen_opinions=unseen,
        unseen_criticism=tuple(row for row in unseen if speaks_of_government(row.text)),
        opinions=tuple(row for row in test if row.label is Label.OPINION),
        new_policies=tuple(new),
        new_criticism=tuple(row for row in new if speaks_of_government(row.text)),
    )


def speaks_of_government(text: str) -> bool:
    """True where the text holds a word of the published list."""
    return not GOVERNMENT_WORDS.isdisjoint(normalise(text).split())


class Topic(StrEnum):
    """What a text speaks of, or how it is written."""

    POLITICS = "politics"
    GOVERNMENT = "government"
    SATIRE = "satire"
    HEALTH = "health"
    FRAUD = "fraud"
    SHORT = "short"
    SLANG = "slang"


SHORT_WORDS: Final = 8
"""A text of fewer words after cleaning is short; so few never confirm a match by themselves either."""

SLANG_WORDS: Final = 2
"""A text with this many words of `data/slang.tsv`, as typed, is slang."""

TOPIC_WORDS: Final[Mapping[Topic, str]] = MappingProxyType(
    {
        Topic.POLITICS: (
            "pemilihan umum|pilpres|pemilihan kepala daerah|pileg|caleg|capres|cawapres|pilgub|partai|kampanye|kpu|"
            "bawaslu|surat suara|kotak suara|quick count|presiden|wapres|dpr|dprd|mpr|koalisi|oposisi|elektabilitas|"
            "mencoblos|coblos|kudeta|makar|gubernur|bupati|politik|politisi|politikus|relawan|2019gantipresiden"
        ),
        # The same list, with the two words that cleaning spells out in the form that they then have.
        Topic.GOVERNMENT: "|".join(sorted(GOVERNMENT_WORDS - {"bbm", "utang"} | {"bahan bakar minyak", "hutang"})),
        Topic.SATIRE: "satire|satir|parodi|sindiran|menyindir|lelucon|guyonan|meme|humor|komedi|kocak|lawak|plesetan",
        Topic.HEALTH: (
            "kesehatan|vaksin|vaksinasi|imunisasi|virus|covid|covid19|corona|korona|kanker|diabetes|jantung|stroke|"
            "obat|penyakit|rumah sakit|dokter|pasien|menyembuhkan|sembuh|gejala|wabah|pandemi|bpom|demam berdarah|"
            "kolesterol|asam urat|darah tinggi|ginjal|antibiotik|air rebusan|ramuan|herbal|cacar|racun|gizi"
        ),
        Topic.FRAUD: (
            "hadiah|undian|giveaway|pemenang|klik tautan|tautan pendaftaran|link pendaftaran|rekening|otp|pin|transfer|"
            "kuota gratis|pulsa gratis|saldo|dana kaget|investasi|pinjol|pinjaman online|lowongan|lowongan kerja|"
            "rekrutmen|phishing|penipuan|penipu|menipu|mengatasnamakan|akun palsu|bansos|bantuan sosial|pendaftaran|"
            "undangan pernikahan|apk|cair|voucher"
        ),
    }
)
"""The published lists: words and phrases of the cleaned text, "|" between alternatives."""

_PATTERNS: Final = {topic: re.compile(rf"(?<!\w)(?:{words})(?!\w)") for topic, words in TOPIC_WORDS.items()}
_TYPED_WORD: Final = re.compile(r"[^\W\d_][^\W_]*")


def topics_of(text: str) -> frozenset[Topic]:
    """The topics of a text as published; none, one or several."""
    cleaned = normalise(text)
    found = {topic for topic, pattern in _PATTERNS.items() if pattern.search(cleaned)}
    if len(cleaned.split()) < SHORT_WORDS:
        found.add(Topic.SHORT)
    if sum(word in slang() for word in _TYPED_WORD.findall(text.lower())) >= SLANG_WORDS:
        found.add(Topic.SLANG)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class TopicRows:
    """The rows of one topic, as places in the sequences that were asked about."""

    hoaxes: tuple[int, ...]
    others: tuple[int, ...]


def by_topic(hoaxes: Sequence[Example], others: Sequence[Example]) -> dict[Topic, TopicRows]:
    """Where the rows of each topic stand in `hoaxes` and in `others`."""
    marked = [[topics_of(row.text) for row in rows] for rows in (hoaxes, others)]
    return {
        topic: TopicRows(*(tuple(place for place, topics in enumerate(rows) if topic in topics) for rows in marked))
        for topic in Topic
    }


def _of_kind(rows: list[Example], kind: Kind) -> tuple[Example, ...]:
    return tuple(row for row in rows if row.kind is kind)


class Typing(StrEnum):
    """How a criticism is typed, beside being one: a keyboard's habits, which must not decide whether it is flagged."""

    QUOTES = "with typographic quotes"
    CAPITALS = "with words in capitals"
    NUMBERS = "with numbers"
    LISTS = "with list marks"
    NONE = "with none of these"


_TYPED: Final = {
    Typing.QUOTES: re.compile("[“”„«»‘’]"),
    Typing.CAPITALS: re.compile(r"\b[A-Z]{4,}\b[^\n]*\b[A-Z]{4,}\b"),  # two words or more, longer than most short forms
    Typing.NUMBERS: re.compile(r"\d"),
    Typing.LISTS: re.compile(r"(?m)^\s{0,9}(?:\(?\d{1,2}[.)]|[-*•–—])\s"),
}


def typing_of(text: str) -> frozenset[Typing]:
    """What of `Typing` a text as published shows; NONE alone where it shows nothing."""
    found = {typing for typing, pattern in _TYPED.items() if pattern.search(text)}
    return frozenset(found or {Typing.NONE})
