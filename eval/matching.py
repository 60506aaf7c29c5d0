"""How well claims find their clarification, by the protocol of the tables.

    python -m eval.matching          # the figures, on pairs that nothing was chosen on
    python -m eval.matching --vectors  # the same with the encoder's claim vectors beside the words (minutes)
    python -m eval.matching --tune   # fit `MatchThresholds` and show the tuning sets, on other pairs

Tuning reads: wordings mined for the ministry's clarifications with little overlap, hoaxes that have none there, and
circulated posts of June to December 2024 with their own fact-check. The figures read: wordings of other outlets that
a fact-checker linked (the honest test), and circulated posts from June 2025 on with their own fact-check. The index is
title and clarification of every fact-check of the publisher.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from data.sources.tables import data_folder, rows, table_path, text_of
from models.artifact import JUDGE, released_folder
from models.encoder import open_encoder
from models.fused import FusedRetriever
from models.matcher import RANKS, THRESHOLDS, Matcher, MatchStatus, MatchThresholds
from models.retrieval import Record, Retriever

_FACT_CHECKER: Final = "turnbackhoax.id (Mafindo)"
_MINISTRY: Final = "komdigi.go.id (Kementerian Komdigi)"
_TUNE_POSTS: Final = ("2024-06-01", "2024-12-31")
_TEST_POSTS_FROM: Final = "2025-06-01"
_LOW_OVERLAP: Final = "<=0.5"
_N_RESAMPLES: Final = 2000
# What `--tune` allows: share of queries without an answer that are given one.
_FALSE_SUGGESTED: Final = 0.08
_FALSE_CONFIRMED: Final = 0.005


@dataclass(frozen=True, slots=True)
class Queries:
    """Texts and the id that answers each; an empty id where none does."""

    texts: list[str]
    answers: list[str]


@dataclass(frozen=True, slots=True)
class Found:
    """What came back: summed scores [n, RANKS] and the rank of the answer, 0 where it is not among them."""

    raw: npt.NDArray[np.float32]
    ranks: npt.NDArray[np.int64]


def evaluate_matching(data_dir: Path, retriever: Retriever | None = None) -> dict[str, Any]:
    """Return R@1, R@5, MRR with 95 % intervals and n for each test set, and what the statuses are worth there."""
    matcher = Matcher(retriever)
    matcher.add(_library(data_dir, _FACT_CHECKER))
    matcher.refresh()
    sets = {
        "factchecker_link": _pairs(data_dir, "factchecker_link"),
        "later_posts": _own_posts(data_dir, _TEST_POSTS_FROM, "9999"),
    }
    return {
        "matcher": matcher.version,
        "library": len(matcher),
        **{name: _figures(matcher, queries) for name, queries in sets.items()},
    }


def fit_thresholds(data_dir: Path) -> tuple[MatchThresholds, dict[str, Any]]:
    """Fit the score and its thresholds on the tuning sets; return them with the figures there."""
    ministry = Matcher.build(_library(data_dir, _MINISTRY))
    checker = Matcher.build(_library(data_dir, _FACT_CHECKER))
    unanswered = _unanswered(data_dir)
    asked = [
        (ministry, _pairs(data_dir, "mined_lexical", column="query_text")),
        (ministry, _pairs(data_dir, "mined_lexical", column="query_title")),
        (checker, _own_posts(data_dir, *_TUNE_POSTS)),
        (ministry, unanswered),
        (ministry, _unanswered(data_dir, titles=True)),
    ]
    found = [_ask(matcher, queries) for matcher, queries in asked]
    features = np.concatenate([_evidence(one.raw) for one in found])
    is_right = np.concatenate([one.ranks == 1 for one in found])
    fitted = LogisticRegression(C=100.0).fit(features, is_right)
    slope, background = (float(value) for value in fitted.coef_[0])
    scored = replace(THRESHOLDS, slope=slope, background=-background, intercept=float(fitted.intercept_[0]))
    best_of_none = scored.score(found[3].raw)[:, 0]
    thresholds = replace(
        scored,
        suggested=float(np.quantile(best_of_none, 1 - _FALSE_SUGGESTED)),
        confirmed=float(np.quantile(best_of_none, 1 - _FALSE_CONFIRMED)),
    )
    names = ("mined_posts", "mined_titles", "own_posts")
    return thresholds, {
        name: _figures(matcher, queries) for name, (matcher, queries) in zip(names, asked, strict=False)
    }


def _evidence(raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return what the probability of the best match is read from: its score, and the mean of ranks 2 to 10."""
    return np.stack([raw[:, 0], raw[:, 1:].sum(axis=1) / (RANKS - 1)], axis=1).astype(np.float64)


def _ask(matcher: Matcher, queries: Queries) -> Found:
    positions, raw = matcher.retriever.search(queries.texts, RANKS)
    position_of = {record_id: position for position, record_id in enumerate(matcher.ids)}
    answers = np.array([position_of.get(answer, -2) for answer in queries.answers])
    hits = positions == answers[:, None]
    return Found(raw, np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, 0))


def _figures(matcher: Matcher, queries: Queries) -> dict[str, Any]:
    found = _ask(matcher, queries)
    reciprocal = np.where(found.ranks > 0, 1.0 / np.maximum(found.ranks, 1), 0.0)
    statuses = [matches[0].status if matches else MatchStatus.NONE for matches in matcher.search_many(queries.texts, 1)]
    return {
        "n": len(queries.texts),
        "recall_at_1": _with_interval(found.ranks == 1),
        "recall_at_5": _with_interval((found.ranks >= 1) & (found.ranks <= 5)),
        "mrr_at_10": _with_interval(reciprocal),
        "best_match": {
            status.value: _share_right(found.ranks[[one is status for one in statuses]]) for status in MatchStatus
        },
    }


def _share_right(ranks: npt.NDArray[np.int64]) -> dict[str, float | int | None]:
    """Return how often the linked answer was the best match, and among the first five.

    A claim that was checked several times has several right answers of which one is linked, so the second share
    is nearer to the truth.
    """
    if len(ranks) == 0:
        return {"n": 0, "first": None, "in_first_five": None}
    in_five = (ranks >= 1) & (ranks <= 5)
    return {"n": len(ranks), "first": _rounded((ranks == 1).mean()), "in_first_five": _rounded(in_five.mean())}


def _rounded(share: np.floating[Any] | float) -> float:
    return round(float(share), 3)


def _with_interval(values: npt.NDArray[Any]) -> dict[str, float]:
    """Return the mean with its 95 % bootstrap interval over queries."""
    draws = np.random.default_rng(2019).integers(0, len(values), (_N_RESAMPLES, len(values)))
    low, high = np.quantile(values.astype(np.float64)[draws].mean(axis=1), [0.025, 0.975])
    return {"value": _rounded(values.mean()), "low": _rounded(low), "high": _rounded(high)}


def _library(data_dir: Path, publisher: str) -> list[Record]:
    columns = ("id", "text", "clarification", "publisher")
    return [
        Record(str(row["id"]), text_of(row["text"]), text_of(row["clarification"]))
        for row in rows(table_path(data_dir, "claims"), columns)
        if row["publisher"] == publisher
    ]


def _own_posts(data_dir: Path, first: str, last: str) -> Queries:
    """Return circulated posts of the fact-checker's rows dated first..last, each answered by its own row."""
    columns = ("id", "post_text", "publisher", "date")
    found = [
        (text_of(row["post_text"]), str(row["id"]))
        for row in rows(table_path(data_dir, "claims"), columns)
        if row["publisher"] == _FACT_CHECKER
        and first <= text_of(row["date"]) <= last
        and text_of(row["post_text"]).strip()
    ]
    return _queries(found)


def _pairs(data_dir: Path, pair_type: str, column: str = "query_text") -> Queries:
    """Return the wordings of one kind of pair; of those found with TF-IDF, only the ones with little overlap."""
    columns = ("target_id", "pair_type", "lexical_overlap", column)
    found = [
        (text_of(row[column]), str(row["target_id"]))
        for row in rows(table_path(data_dir, "match_pairs"), columns)
        if row["pair_type"] == pair_type and (pair_type != "mined_lexical" or row["lexical_overlap"] == _LOW_OVERLAP)
    ]
    return _queries(found)


def _unanswered(data_dir: Path, *, titles: bool = False) -> Queries:
    table = rows(table_path(data_dir, "no_match_queries"), ("text", "post_text"))
    return _queries([(text_of("" if titles else row["post_text"]) or text_of(row["text"]), "") for row in table])


def _queries(found: Sequence[tuple[str, str]]) -> Queries:
    return Queries([text for text, _ in found], [answer for _, answer in found])


def _fused() -> Retriever:
    return FusedRetriever(open_encoder(released_folder(JUDGE)))


def main() -> None:
    """Print the figures, or fit the thresholds, as JSON."""
    parser = argparse.ArgumentParser(description="How well claims find their clarification.")
    parser.add_argument("--tune", action="store_true", help="fit MatchThresholds on the tuning pairs")
    parser.add_argument("--data", type=Path, default=None, help="the tables; else SULUH_DATA_DIR")
    parser.add_argument("--vectors", action="store_true", help="join the encoder's claim vectors to the words")
    chosen = parser.parse_args()
    folder = data_folder(chosen.data)
    if chosen.tune:
        thresholds, figures = fit_thresholds(folder)
        report = {"thresholds": asdict(thresholds), **figures}
    else:
        report = evaluate_matching(folder, _fused() if chosen.vectors else None)
    click.echo(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
