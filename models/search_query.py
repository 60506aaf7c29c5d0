"""Asking segments together: words, their spelling neighbours, and BM25 over all of them.

A word of the question stands for its own term and for those that are one slip away in the vocabulary of the index: a
letter more, less or other, or two that changed places (words of 4 to 24 letters without digits). So slips are tolerated
on both sides, and only spellings that somebody wrote are looked for. A neighbour is worth less than the word itself,
and never more for being rarer. Ranking is BM25 (Robertson and Zaragoza, 2009) over terms; a term said more than four
times counts as four, a document of more than 255 words as 255. Counts of documents include replaced ones until they
are merged away.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from models import _search_ranking as ranking
from models import _search_words as standing
from models._search import MOST_TIMES, Bytes, Floats, Longs, variants, word_hashes
from models._search_words import Said, Weighed, nothing_near
from models.search_segment import Segment, packed_words
from models.search_text import MAX_QUERY_CHARACTERS, Terms, term_of, words_of

K1: Final = 1.2
B: Final = 0.75
MOST_WORDS: Final = 64
# Spelling neighbours taken a word, those in most documents first; fewer the more words there are, because one slip
# among many words hides nothing.
MOST_NEIGHBOURS: Final = 8
LEAST_NEIGHBOURS: Final = 2
NEIGHBOURS_A_QUESTION: Final = 40

EVERYTHING: Final = ((0, 2**63 - 1),)


class Shard(NamedTuple):
    """A segment, and which of its documents still stand: [n] 1 or 0."""

    segment: Segment
    alive: Bytes


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found.

    Attributes:
        refs: references, best first, the higher reference first among equals.
        scores: the score of each.
        words: the words of the question, each once.
        weighed: what they stand for.
        shards: where the spellings of their neighbours stand.
    """

    refs: Longs
    scores: Floats
    words: tuple[str, ...]
    weighed: Weighed
    shards: tuple[Shard, ...]

    def terms(self) -> Terms:
        """Give what was looked for by its words, to be marked in what was found."""
        spelled = [_spelled(self.shards[shard].segment, spelling) for shard, spelling in self.weighed.spelled.tolist()]
        near = zip(spelled, self.weighed.near.tolist(), strict=True)
        own = zip(self.words, self.weighed.own.tolist(), strict=True)
        weights: dict[str, float] = {}
        for word, worth in [*near, *own]:
            if worth > 0.0:
                term = term_of(word)
                weights[term] = max(weights.get(term, 0.0), worth)
        return Terms(weights)


def _spelled(segment: Segment, spelling: int) -> str:
    letters, starts = segment.spellings.letters, segment.spellings.starts
    return letters[starts[spelling] : starts[spelling + 1]].tobytes().decode("utf-8", "replace")


def saturation(mean_words: float) -> Floats:
    """Return [4, 256]: the share of a term's worth that a document of so many words gets for saying it 1 to 4 times."""
    times = np.arange(1, MOST_TIMES + 1)[:, None]
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
        mean_words = sum(shard.segment.n_words for shard in self.shards) / max(self._n_counted, 1)
        return np.ascontiguousarray(saturation(mean_words)).ravel()

    def search(self, text: str, k: int, ranges: Sequence[tuple[int, int]] = EVERYTHING) -> Found:
        """Return at most k documents whose references lie in one of the ranges (first, last + 1), best first."""
        said = dict(Counter(words_of(text[:MAX_QUERY_CHARACTERS])).most_common(MOST_WORDS))
        weighed = self._weighed(said)
        question = ranking.Question(weighed.terms, weighed.weights, self._table)
        bounds = np.array(ranges, np.int64).reshape(-1, 2)
        refs, scores, least = [np.empty(0, np.int64)], [np.empty(0, np.float32)], 0.0
        for segment, alive in self.shards:
            wanted = ranking.Wanted(alive, segment.ranges(bounds), k, least)
            documents, found = ranking.best(segment.lists, question, wanted)
            refs.append(segment.refs[documents])
            scores.append(found)
            if len(found) == k:  # what is worse than k of one segment is none of the best k of all
                least = max(least, float(found[-1]))
        every_ref, every_score = np.concatenate(refs), np.concatenate(scores)
        order = np.lexsort((-every_ref, -every_score))[:k]
        return Found(every_ref[order], every_score[order], tuple(said), weighed, self.shards)

    def _weighed(self, times: Mapping[str, int]) -> Weighed:
        """Weigh the terms that the words of a question stand for, each said so many times."""
        words, n = list(times), len(times)
        hashes = word_hashes(*packed_words([term_of(word) for word in words]))
        letters, starts = packed_words(words)
        said = Said(letters, starts, hashes, np.fromiter(times.values(), np.int64, n), *variants(letters, starts))
        most = min(MOST_NEIGHBOURS, max(LEAST_NEIGHBOURS, NEIGHBOURS_A_QUESTION // max(n, 1)))
        # One more than is taken, because the word's own term is among them.
        near = nothing_near(n, most + 1, len(self.shards))
        for number, (segment, _) in enumerate(self.shards):
            standing.gather(segment.lists, segment.spellings, number, said, near)
        return standing.weigh(said, near, self._n_counted, most)
