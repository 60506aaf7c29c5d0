"""The two tables that matching is measured on: wordings with their answer, and hoaxes without one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data.schema import MatchPair, Unanswered
from data.sources.tables import date_of, flag_of, number_of, rows, table_path, text_of

_PAIR_COLUMNS: Final = ("query_id", "query_text", "query_is_post", "target_id", "pair_type", "lexical_overlap")
_UNANSWERED_COLUMNS: Final = ("id", "text", "post_text", "date")


def match_pairs(folder: Path) -> Iterator[MatchPair]:
    """Yield each wording with the id of the fact-check that answers it."""
    for row in rows(table_path(folder, "match_pairs"), _PAIR_COLUMNS):
        yield MatchPair(
            query_id=str(row["query_id"]),
            query=text_of(row["query_text"]),
            query_is_post=bool(flag_of(row["query_is_post"])),
            target_id=str(row["target_id"]),
            pair_type=text_of(row["pair_type"]),
            lexical_overlap=number_of(row["lexical_overlap"]),
        )


def unanswered(folder: Path) -> Iterator[Unanswered]:
    """Yield each hoax for which no official clarification was found."""
    path = table_path(folder, "no_match_queries")
    for number, row in enumerate(rows(path, _UNANSWERED_COLUMNS), start=1):
        yield Unanswered(
            id=str(row["id"]),
            text=text_of(row["text"]),
            post_text=text_of(row["post_text"]),
            date=date_of(row["date"], f"{path}, row {number}"),
        )
