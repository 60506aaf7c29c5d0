"""Asking segments together: words, their spelling neighbours, and BM25 over all of them.

A word of the question stands for its own term and for those that are one slip away in the vocabulary of the index: a
letter more, less or other, or two that changed places (words of 4 to 24 letters without digits). So slips are tolerated
on both sides, and only spellings that somebody wrote are looked for. A neighbour is worth less than the word itself,
and never more for being rarer. Ranking is BM25 (Robertson and Zaragoza, 2009) over terms; a term said more than four
times counts as four, a document of more than 255 words as 255. Counts of documents include replaced ones until they
are merged away.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models import _search as kernels
from models._search import Bytes, Floats, Longs
from models.search_segment import Segment, packed_words
from models.search_text import MAX_QUERY_CHARACTERS, Terms, term_of, words_of

K1: Final = 1.2
B: Final = 0.75
# A word said many times in a question is not more of a question.
MOST_REPEATS: Final = 2
MOST_WORDS: Final = 64
# Spelling neighbours taken a word, those in most documents first; fewer the more words there are, because one slip
# among many words hides nothing.
MOST_NEIGHBOURS: Final = 8
LEAST_NEIGHBOURS: Final = 2
NEIGHBOURS_A_QUESTION: Final = 40
# What a neighbour is worth beside the word itself, where the word is one that documents use; and where none does, or
# where the neighbour is so much more common that it is probably what was meant.
BESIDE: Final = 0.3
INSTEAD: Final = 0.8
MUCH_MORE_COMMON: Final = 20

EVERYTHING: Final = ((0, 2**63 - 1),)


class Shard(NamedTuple):
    """A segment, and which of its documents still stand: [n] 1 or 0."""

    segment: Segment
    alive: Bytes


class _Near(NamedTuple):
    """A term one slip from a word: how many documents say it, and where a spelling of it stands."""

    n_documents: int
    segment: Segment
    spelling: int


def _commonest(near: Mapping[int, _Near]) -> Callable[[int], tuple[int, int]]:
    """Give the key that puts terms in most documents first."""
    return lambda term: (-near[term].n_documents, term)


def _spelled(near: _Near) -> str:
    spelled = near.segment.spellings
    letters = spelled.letters[spelled.starts[near.spelling] : spelled.starts[near.spelling + 1]]
    return letters.tobytes().decode("utf-8", "replace")


@dataclass(slots=True)
class _Weighed:
    """What each term of a question is worth, by its hash; and by what name each can be shown."""

    by_hash: dict[int, float] = field(default_factory=dict)
    words: list[tuple[str, float]] = field(default_factory=list)
    near: list[tuple[_Near, float]] = field(default_factory=list)

    def put(self, term: int, worth: float) -> None:
        """A term that several words stand for is worth what it is to the one to which it is worth most."""
        if worth > self.by_hash.get(term, 0.0):
            self.by_hash[term] = worth


@dataclass(frozen=True, slots=True)
class Found:
    """References with their scores, best first, the higher reference first among equals; and what was looked for."""

    refs: Longs
    scores: Floats
    weighed: _Weighed

    def terms(self) -> Terms:
        """Give what was looked for by its words, to be marked in what was found."""
        weights: dict[str, float] = {}
        spelled = [(_spelled(near), worth) for near, worth in self.weighed.near]
        for word, worth in [*spelled, *self.weighed.words]:
            term = term_of(word)
            weights[term] = max(weights.get(term, 0.0), worth)
        return Terms(weights)


def idf(n_documents: int, count: int) -> float:
    """Return what a term is worth that `count` of so many documents say; BM25's, never negative."""
    return math.log1p((n_documents - count + 0.5) / (count + 0.5))


def saturation(mean_words: float) -> Floats:
    """Return [4, 256]: the share of a term's worth that a document of so many words gets for saying it 1 to 4 times."""
    times = np.arange(1, kernels.MOST_TIMES + 1)[:, None]
    n_words = np.arange(256)[None, :]
    return (times * (K1 + 1) / (times + K1 * (1 - B + B * n_words / max(mean_words, 1.0)))).astype(np.float32)


class Searchable:
    """Segments at one moment; nothing in it changes, so any number of threads may ask."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        """Ask these segments as if they were one."""
        self.shards = tuple(shard for shard in shards if len(shard.segment))

    @cached_property
    def n_documents(self) -> int:
        """How many documents stand."""
        return sum(int(shard.alive.sum()) for shard in self.shards)

    @cached_property
    def _n_counted(self) -> int:
        return sum(len(shard.segment) for shard in self.shards)

    @cached_property
    def _table(self) -> Floats:
        return saturation(sum(shard.segment.n_words for shard in self.shards) / max(self._n_counted, 1))

    def search(self, text: str, k: int, ranges: Sequence[tuple[int, int]] = EVERYTHING) -> Found:
        """Return at most k documents whose references lie in one of the ranges (first, last + 1), best first."""
        weighed = self._weighed(words_of(text[:MAX_QUERY_CHARACTERS]))
        n_terms = len(weighed.by_hash)
        hashes = np.fromiter(weighed.by_hash, np.uint64, n_terms)
        values = np.fromiter(weighed.by_hash.values(), np.float32, n_terms)
        refs, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for segment, alive in self.shards:
            places, is_here = _places(segment, hashes)
            if is_here.any():
                question = kernels.Question(places[is_here], values[is_here], self._table)
                documents, found = kernels.best(segment.lists, question, alive, segment.ranges(ranges), k)
                refs.append(segment.refs[documents])
                scores.append(found)
        every_ref, every_score = np.concatenate(refs), np.concatenate(scores)
        order = np.lexsort((-every_ref, -every_score))[:k]
        return Found(every_ref[order], every_score[order], weighed)

    def _weighed(self, words: Sequence[str]) -> _Weighed:
        """Weigh the terms that a question stands for."""
        said = dict(Counter(words).most_common(MOST_WORDS))
        weighed = _Weighed()
        if not said or not self.shards:
            return weighed
        n, most = self._n_counted, _most_neighbours(len(said))
        for (word, times), (own, own_count), near in zip(
            said.items(), self._own(list(said)), self._near(list(said)), strict=True
        ):
            repeats = min(times, MOST_REPEATS)
            if own_count:
                worth = idf(n, own_count) * repeats
                weighed.put(own, worth)
                weighed.words.append((word, worth))
            near.pop(own, None)
            taken = sorted(near, key=_commonest(near))[:most]
            for term in taken:
                count = near[term].n_documents
                share = INSTEAD if count > MUCH_MORE_COMMON * own_count else BESIDE
                worth = share * idf(n, max(count, own_count)) * repeats
                weighed.put(term, worth)
                weighed.near.append((near[term], worth))
        return weighed

    def _own(self, words: Sequence[str]) -> list[tuple[int, int]]:
        """Return hash and number of documents of each word's term."""
        hashes = kernels.word_hashes(*packed_words([term_of(word) for word in words]))
        counts = np.zeros(len(words), np.int64)
        for segment, _ in self.shards:
            places, is_here = _places(segment, hashes)
            counts[is_here] += segment.lists.counts[places[is_here]]
        return list(zip(hashes.tolist(), counts.tolist(), strict=True))

    def _near(self, words: Sequence[str]) -> list[dict[int, _Near]]:
        """Return for each word the terms one slip away."""
        found: list[dict[int, _Near]] = [{} for _ in words]
        letters, starts = packed_words(words)
        for segment, _ in self.shards:
            # One more than is taken, because the word's own term is among them.
            whose, places, owners = kernels.neighbours(
                segment.lists, segment.spellings, letters, starts, _most_neighbours(len(words)) + 1
            )
            terms, counts = segment.lists.terms[places].tolist(), segment.lists.counts[places].tolist()
            for word, term, count, owner in zip(whose.tolist(), terms, counts, owners.tolist(), strict=True):
                before = found[word].get(term)
                found[word][term] = (
                    before._replace(n_documents=before.n_documents + count) if before else _Near(count, segment, owner)
                )
        return found


def _most_neighbours(n_words: int) -> int:
    return min(MOST_NEIGHBOURS, max(LEAST_NEIGHBOURS, NEIGHBOURS_A_QUESTION // n_words))


def _places(segment: Segment, hashes: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Return where terms are in a segment, and which of them are there at all."""
    places = np.minimum(np.searchsorted(segment.lists.terms, hashes), len(segment.lists.terms) - 1)
    return places.astype(np.int32), segment.lists.terms[places] == hashes
