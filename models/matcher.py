"""From a claim to the clarifications that may answer it: search, and an honest word about how sure it is.

A score is the probability, fitted on earlier months, that the clarification answers the claim; it is a guide for
a human, who alone confirms a match.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from data.normalise import light_words
from models.instances import SmallWords, are_other_instances
from models.retrieval import MAX_QUERY_CHARS, MAX_RECORD_CHARS, LexicalRetriever, Record, Retriever

# Best matches asked for at least, because the score of one depends on how far the others stay behind.
RANKS: Final = 10


class MatchStatus(StrEnum):
    """How strong the machine thinks a match is; a human decides what it is."""

    CONFIRMED = "confirmed"
    SUGGESTED = "suggested"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """One clarification for one query; score in 0..1, higher is surer."""

    id: str
    score: float
    status: MatchStatus


@dataclass(frozen=True, slots=True)
class MatchThresholds:
    """When a match is worth saying, and when it is strong.

    A summed score means more where the others found stay behind, so the probability is that of
    `slope * score - background * mean score of ranks 2 to 10 + intercept`. All five numbers were fitted by
    `python -m eval.matching --tune`: `suggested` where 8 % of the queries without an answer get a suggestion,
    `confirmed` where 0.5 % do. A query of fewer than `min_words` words is never confirmed: short wordings fit too
    much (the rule is Meedan Check's). Nor is another instance of a template that goes round (`models.instances`).
    """

    slope: float = 5.42
    background: float = 4.63
    intercept: float = -3.34
    suggested: float = 0.25
    confirmed: float = 0.82
    min_words: int = 8

    def score(self, raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return the probabilities for summed scores [n, k], best first; 0 where nothing was shared."""
        others = raw[:, 1:RANKS].astype(np.float64).sum(axis=1, keepdims=True) / (RANKS - 1)
        logits = self.slope * raw.astype(np.float64) - self.background * others + self.intercept
        return np.where(raw > 0, 1.0 / (1.0 + np.exp(-logits)), 0.0)

    def status(self, score: float, n_words: int) -> MatchStatus:
        """Return how strong a match of this score is for a query of so many words."""
        if score < self.suggested:
            return MatchStatus.NONE
        if score < self.confirmed or n_words < self.min_words:
            return MatchStatus.SUGGESTED
        return MatchStatus.CONFIRMED


THRESHOLDS: Final = MatchThresholds()


class Matcher:
    """A library of clarifications that can be asked; records come and go, and the next question sees it.

    Not safe for concurrent writers. Adding or removing marks the index as old; it is made again at the next
    search, so that a matcher always answers as one built afresh from the same records would.
    """

    version: Final = "lexical-2"  # the method and its fitted numbers, for the record of a suggestion

    def __init__(self, retriever: Retriever | None = None, thresholds: MatchThresholds = THRESHOLDS) -> None:
        """Start with an empty library."""
        self.retriever = retriever or LexicalRetriever()
        self.thresholds = thresholds
        self._records: dict[str, Record] = {}
        self._ids: list[str] = []
        self._small = SmallWords()
        self._is_old = True

    @classmethod
    def build(cls, records: Iterable[Record]) -> Self:
        """Return a matcher of these records; a later one with the same id takes the place of an earlier one."""
        matcher = cls()
        matcher.add(records)
        matcher.refresh()
        return matcher

    @property
    def ids(self) -> tuple[str, ...]:
        """The records' ids by the positions that the retriever gives."""
        self.refresh()
        return tuple(self._ids)

    def __len__(self) -> int:
        return len(self._records)

    def add(self, records: Iterable[Record]) -> None:
        """Add records, or put them in the place of those with the same id."""
        for record in records:
            known = self._records.get(record.id)
            if known is not None:
                self._small.remove(known.text[:MAX_RECORD_CHARS])
            self._records[record.id] = record
            self._small.add(record.text[:MAX_RECORD_CHARS])
            self._is_old = True

    def remove(self, ids: Iterable[str]) -> None:
        """Take records out; an id that is not there is passed over."""
        for record_id in ids:
            record = self._records.pop(record_id, None)
            if record is not None:
                self._small.remove(record.text[:MAX_RECORD_CHARS])
                self._is_old = True

    def search(self, query: str, k: int = 10) -> list[Match]:
        """Return at most k matches for one claim, surest first."""
        return self.search_many([query], k)[0]

    def search_many(self, queries: Sequence[str], k: int = 10) -> list[list[Match]]:
        """Return at most k matches for each claim, surest first; the work of a batch is compiled."""
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        self.refresh()
        # The ranks that say how much a score means are always asked for, whatever k.
        positions, raw = self.retriever.search(queries, max(k, RANKS))
        positions, scores = positions[:, :k], self.thresholds.score(raw)[:, :k]
        return [
            self._matches(row, found, query)
            for row, found, query in zip(positions.tolist(), scores.tolist(), queries, strict=True)
        ]

    def _matches(self, positions: list[int], scores: list[float], query: str) -> list[Match]:
        n_words = len(query[:MAX_QUERY_CHARS].split())
        found = [(self._ids[at], score) for at, score in zip(positions, scores, strict=True) if at >= 0]
        return [Match(record_id, score, self._status(record_id, score, query, n_words)) for record_id, score in found]

    def _status(self, record_id: str, score: float, query: str, n_words: int) -> MatchStatus:
        """How strong a match is; of another instance of the same template it is worth a look and no more."""
        status = self.thresholds.status(score, n_words)
        if status is not MatchStatus.CONFIRMED:
            return status
        is_other = are_other_instances(query, self._records[record_id].title, light_words(), self._small)
        return MatchStatus.SUGGESTED if is_other else status

    def refresh(self) -> None:
        """Make the index now if records came or went; the next search would."""
        if self._is_old:
            self._ids = list(self._records)
            self.retriever.index(list(self._records.values()))
            self._is_old = False
