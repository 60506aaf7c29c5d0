"""Words and meaning together: the lexical retriever's score, and the cosine of the encoder's claim vectors.

A claim told in other words shares few of them with its clarification, and a brand-swapped scam shares nearly all; the
vector sees the first and the words tell the second apart. Both look for candidates, and a candidate's score is
the sum of both with one fitted weight. Vectors are computed once a record and kept as float32, 1.5 kB each;
comparing a query with all of them is one matrix product.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from models.retrieval import LexicalRetriever, Record, Retriever

DEPTH: Final = 100  # candidates that each side brings
WEIGHT: Final = 0.5  # of a cosine beside the summed lexical score; best on posts of January to May 2025
_BATCH: Final = 256  # queries a matrix product, so that memory stays bounded


class Embedder(Protocol):
    """Gives unit vectors of texts."""

    def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One unit vector a text, float32 (n, width)."""


class FusedRetriever:
    """A `Retriever` that joins a lexical one and an embedder."""

    def __init__(self, embedder: Embedder, lexical: Retriever | None = None, weight: float = WEIGHT) -> None:
        """Weigh a cosine by `weight`."""
        self._embedder = embedder
        self._lexical = lexical or LexicalRetriever()
        self._weight = weight
        self._known: dict[Record, npt.NDArray[np.float32]] = {}
        self._vectors: npt.NDArray[np.float32] = np.empty((0, 0), np.float32)

    def index(self, records: Sequence[Record]) -> None:
        """Take these records in place of all earlier ones; the vectors of known ones are kept."""
        self._lexical.index(records)
        new = [record for record in dict.fromkeys(records) if record not in self._known]
        found = dict(zip(new, self._embedder.vectors([answer_text(record) for record in new]), strict=True))
        self._known = {record: found[record] if record in found else self._known[record] for record in records}
        self._vectors = np.array([self._known[record] for record in records], np.float32)

    def search(self, queries: Sequence[str], k: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Return positions [n, k] and scores [n, k], best first; position -1 where there are no more records."""
        positions = np.full((len(queries), k), -1, np.int32)
        scores = np.zeros((len(queries), k), np.float32)
        for at in range(0, len(queries) if len(self._vectors) else 0, _BATCH):
            part = slice(at, at + _BATCH)
            positions[part], scores[part] = self._search(queries[part], k)
        return positions, scores

    def _search(self, queries: Sequence[str], k: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        n_records = len(self._vectors)
        found, summed = self._lexical.search(queries, DEPTH)
        lexical = np.zeros((len(queries), n_records + 1), np.float32)  # the last column takes what was not found
        np.put_along_axis(lexical, found.astype(np.int64) % (n_records + 1), summed, axis=1)
        cosines = self._embedder.vectors(queries) @ self._vectors.T
        depth = min(DEPTH, n_records)
        floor = np.partition(cosines, n_records - depth, axis=1)[:, n_records - depth, None]
        is_candidate = (lexical[:, :-1] > 0) | (cosines >= floor)
        fused = np.where(is_candidate, lexical[:, :-1] + self._weight * np.maximum(cosines, 0.0), 0.0)
        best = np.argsort(-fused, axis=1, kind="stable")[:, :k]
        positions = np.full((len(queries), k), -1, np.int32)
        scores = np.zeros((len(queries), k), np.float32)
        positions[:, : best.shape[1]] = best
        scores[:, : best.shape[1]] = np.take_along_axis(fused, best, axis=1)
        return np.where(scores > 0, positions, -1).astype(np.int32), scores


def answer_text(record: Record) -> str:
    """What of a clarification becomes its vector: the title, and what it says."""
    return f"{record.title}. {record.text}"
