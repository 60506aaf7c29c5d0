r"""Tweets and reviews that assert nothing for a fact-checker: EmoT, SmSA, and the abusive and political tweets.

What a collector left in the text (`USER`, `RT`, `URL`, `\xf0`, a closing quote) marks the source, not the opinion.
It is taken out here; left in, 31 % of citizens' criticism was flagged instead of 22 %.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data.schema import Example, Kind, Label
from data.sources.delimited import COMMA, TAB_WITHOUT_HEADER, Form, delimited_rows

_PARTS: Final = ("train", "valid", "test")
# Tweets of 2018 whose bytes were cut in places: no longer UTF-8, and any byte is a character of Latin-1.
_LATIN: Final = Form(encoding="latin-1")
_ARTEFACTS: Final = re.compile(
    r"\bRT USER:|\b(?:RT|USER|URL)\b|\\x[0-9a-f]{2}|\\n(?![a-z])|\[USERNAME\]|\[URL\]|'\s*\Z"
)


def emot(folder: Path) -> Iterator[Example]:
    """Yield the tweets of IndoNLU EmoT (`train.csv`, `valid.csv`, `test.csv`: label, tweet)."""
    for part in _PARTS:
        for row in delimited_rows(folder / f"{part}.csv", ("tweet",), COMMA):
            yield from _opinion(row["tweet"], f"emot-{part}{row.number}", "Twitter")


def smsa(folder: Path) -> Iterator[Example]:
    """Yield the reviews and posts of IndoNLU SmSA (`train.tsv`, `valid.tsv`, `test.tsv`: text, label)."""
    for part in _PARTS:
        for row in delimited_rows(folder / f"{part}.tsv", ("text",), TAB_WITHOUT_HEADER):
            yield from _opinion(row["text"], f"smsa-{part}{row.number}", "reviews/social")


def political_tweets(folder: Path) -> Iterator[Example]:
    """Yield the tweets of Ibrohim and Budi (`re_dataset.csv`: Tweet, HS, Abusive, ...)."""
    for row in delimited_rows(folder / "re_dataset.csv", ("Tweet",), _LATIN):
        yield from _opinion(row["Tweet"], f"hs-{row.number}", "Twitter")


def without_artefacts(raw: str) -> str:
    """`raw` with a blank for everything that a collector left in it."""
    return _ARTEFACTS.sub(" ", raw)


def _opinion(raw: str, row_id: str, publisher: str) -> Iterator[Example]:
    text = " ".join(without_artefacts(raw).split())
    if text:
        source = row_id.partition("-")[0]
        yield Example(row_id, text, Label.OPINION, Kind.SOCIAL_POST, source, publisher, row_id)
