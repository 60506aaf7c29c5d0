"""The named parts that figures are reported on; each is a rule on a row, so that a figure can be repeated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from data.normalise import normalise
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


UNSEEN_OPINION: Final = "unseen opinion"
UNSEEN_CRITICISM: Final = "unseen criticism"
SEEN_OPINION: Final = "opinion of seen sources"


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

    @property
    def positives(self) -> Mapping[str, tuple[Example, ...]]:
        """The hoax slices by name."""
        return {"posts": self.hoax_posts, "titles": self.hoax_titles, "official titles": self.official_titles}

    @property
    def negatives(self) -> Mapping[str, tuple[Example, ...]]:
        """The other slices by name."""
        return {
            "news": self.news,
            UNSEEN_OPINION: self.unseen_opinions,
            UNSEEN_CRITICISM: self.unseen_criticism,
            SEEN_OPINION: self.opinions,
        }


def slices_of(divided: Split) -> Slices:
    """Cut the test part and the unseen opinions into named slices."""
    test = divided[Part.TEST]
    hoaxes = [row for row in test if row.label is Label.HOAX]
    unseen = divided[Part.UNSEEN_OPINION]
    return Slices(
        hoax_posts=_of_kind(hoaxes, Kind.CIRCULATED_POST),
        hoax_titles=_of_kind(hoaxes, Kind.FACTCHECK_TITLE),
        official_titles=_of_kind(hoaxes, Kind.OFFICIAL_TITLE),
        news=tuple(row for row in test if row.label is Label.NOT_HOAX and row.publisher in PROTOCOL.test_outlets),
        unseen_opinions=unseen,
        unseen_criticism=tuple(row for row in unseen if speaks_of_government(row.text)),
        opinions=tuple(row for row in test if row.label is Label.OPINION),
    )


def speaks_of_government(text: str) -> bool:
    """True where the text holds a word of the published list."""
    return not GOVERNMENT_WORDS.isdisjoint(normalise(text).split())


def _of_kind(rows: list[Example], kind: Kind) -> tuple[Example, ...]:
    return tuple(row for row in rows if row.kind is kind)
