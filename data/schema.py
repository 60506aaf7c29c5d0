"""The rows that learning reads: small frozen values in place of data frames that grow as they travel."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DataError(ValueError):
    """A table, a row or a folder is not what the schema asks for; the message names the fix."""


class Label(StrEnum):
    """What a source says of a text. A verdict on a claim is another thing and lives with the service."""

    HOAX = "hoax"
    NOT_HOAX = "not_hoax"
    OPINION = "opinion_or_other"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What kind of text a row holds; posts and titles are measured apart."""

    FACTCHECK_TITLE = "factcheck_claim_title"
    FACTCHECK_ROUNDUP = "factcheck_roundup_or_tips"
    FULL_ARTICLE = "full_article"
    NEWS_HEADLINE = "news_headline"
    OFFICIAL_TITLE = "official_clarification_title"
    POST_OR_ARTICLE = "post_or_article"
    SOCIAL_POST = "social_post"
    CIRCULATED_POST = "circulated_post"  # the post as it circulated, beside the fact-check's title
    COMMENT = "comment"  # a row of the moderation table


MEANING: Final[Mapping[Label, tuple[str, str]]] = MappingProxyType(
    {
        Label.HOAX: ("dibantah pemeriksa fakta", "debunked by a fact-checker"),
        Label.NOT_HOAX: ("berita atau klaim yang benar", "news, or a claim found true"),
        Label.OPINION: ("opini, kritik, ulasan atau obrolan", "opinion, criticism, review or chatter"),
        Label.UNKNOWN: ("belum diketahui", "not known"),
    }
)
"""Each label in Indonesian and in English."""


@dataclass(frozen=True, slots=True)
class Example:
    """One text with its label.

    `group` is shared by near-duplicates: a split never separates them. `date` is when the text was
    published or checked; None where the source states none. `source` is the short name in `data.catalogue`.
    """

    id: str
    text: str
    label: Label
    kind: Kind
    source: str
    publisher: str
    group: str
    date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """One row of the moderation table; None means that its source did not annotate that label."""

    id: str
    text: str
    hate: bool | None
    abusive: bool | None
    gambling: bool | None
    scam: bool | None
    sexual: bool | None
    source: str
    year: int | None
    group: str
    conflict: bool  # annotators, or near-duplicates, disagree: out of scores

    @property
    def is_promotion(self) -> bool:
        """True where the source calls it gambling promotion or fraud."""
        return bool(self.gambling) or bool(self.scam)


@dataclass(frozen=True, slots=True)
class MatchPair:
    """Another wording of a claim, and the fact-check that answers it."""

    query_id: str
    query: str
    query_is_post: bool
    target_id: str
    pair_type: str
    lexical_overlap: float | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A hoax for which no official clarification was found."""

    id: str
    text: str
    post_text: str
    date: dt.date | None
