"""Compiled kernels that say what the words of a question stand for: their own terms and those one slip away.

A word is looked up under its hash and under that of each of its parts with one letter less, among the words of the
index under theirs (Garbe's symmetric deletes): two words that differ by one slip share one of these. Hashes are evenly
spread, so their first bits name a door behind which only a few are looked through.
"""

from math import log1p
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data._compiled import compiled
from models._search import Bytes, Floats, Ints, Lists, Longs, Spellings, Words32, Words64

# A word said many times in a question is not more of a question.
MOST_REPEATS = 2
# What a neighbour is worth beside the word itself, where the word is one that documents use; and where none does, or
# where the neighbour is so much more common that it is probably what was meant.
BESIDE = 0.3
INSTEAD = 0.8
MUCH_MORE_COMMON = 20

_HASH_BITS = 32

Doubles = npt.NDArray[np.float64]


class Said(NamedTuple):
    """The W different words of a question."""

    letters: Bytes
    starts: Longs  # [W + 1]
    terms: Words64  # [W], hash of each one's own term
    times: Longs  # [W], how often it is said
    variants: Words32  # [V], hashes of each as it is and with one letter less (`variants`), word after word
    owners: Ints  # [V], words


class Near(NamedTuple):
    """What is known of the words of a question, gathered segment by segment; room for R neighbours a word."""

    own: Longs  # [W], documents that say the word's own term
    filled: Longs  # [W], neighbours
    terms: Words64  # [W, R], hashes
    counts: Longs  # [W, R], documents that say each
    spelled: Ints  # [W, R, 2], segment and spelling in which it was first met
    most: int  # neighbours that are taken of each segment


class Weighed(NamedTuple):
    """What a question stands for."""

    terms: Words64  # [m], hashes, each once
    weights: Floats  # [m], what each is worth
    own: Doubles  # [W], what each word's own term is worth, 0 where no document says it
    spelled: Ints  # [n, 2], segment and spelling of each neighbour that was taken
    near: Doubles  # [n], what it is worth


def nothing_near(n_words: int, most: int, n_segments: int) -> Near:
    """Make room for at most so many neighbours a word from each segment."""
    room = (n_words, most * n_segments)
    return Near(
        np.zeros(n_words, np.int64),
        np.zeros(n_words, np.int64),
        np.empty(room, np.uint64),
        np.empty(room, np.int64),
        np.empty((*room, 2), np.int32),
        most,
    )


@compiled
def idf(n_documents: int, count: int) -> float:
    """Return what a term is worth that `count` of so many documents say; BM25's, never negative."""
    return log1p((n_documents - count + 0.5) / (count + 0.5))


# ---- one slip away ---------------------------------------------------------------------------------------------


@compiled
def _are_same(a: Bytes, b: Bytes) -> bool:
    for place in range(len(b)):
        if a[place] != b[place]:
            return False
    return True


@compiled
def is_neighbour(a: Bytes, b: Bytes) -> bool:
    """Tell whether two words differ by one slip: a letter more, less or other, or two neighbours swapped."""
    if len(a) < len(b):
        a, b = b, a
    if len(a) - len(b) > 1:
        return False
    same = 0
    while same < len(b) and a[same] == b[same]:
        same += 1
    if len(a) > len(b):
        return _are_same(a[same + 1 :], b[same:])
    if same == len(a):
        return False
    rest = same + 1
    if rest < len(a) and a[same] == b[rest] and a[rest] == b[same]:
        rest += 1
    return _are_same(a[rest:], b[rest:])


@compiled
def _enter(best: Ints, n: int, term: int, owner: int, counts: Ints) -> int:
    """Put a term and its spelling among those [2, most] in most documents, each once; return how many there are."""
    for k in range(n):
        if best[0, k] == term:
            return n
    most = best.shape[1]
    if n == most and counts[best[0, n - 1]] >= counts[term]:
        return n
    rank = min(n, most - 1)
    while rank > 0 and counts[best[0, rank - 1]] < counts[term]:
        best[:, rank] = best[:, rank - 1]
        rank -= 1
    best[0, rank] = term
    best[1, rank] = owner
    return int(min(n + 1, most))


@compiled
def _hits(spellings: Spellings, said: Said) -> tuple[Ints, Ints]:
    """Return the spellings that share a variant with a word, and which word [n], the words in their order.

    In one pass after the other, so that the processor waits for many places of memory at once and not for each.
    """
    bits = 0
    while 1 << bits < len(spellings.doors) - 1:
        bits += 1
    n_variants = len(said.variants)
    begins, ends = np.empty(n_variants, np.int32), np.empty(n_variants, np.int32)
    room = 0
    for i in range(n_variants):
        door = np.uint64(said.variants[i]) >> np.uint64(_HASH_BITS - bits)
        begins[i] = spellings.doors[door]
        ends[i] = spellings.doors[door + np.uint64(1)]
        room += ends[i] - begins[i]
    found, whose = np.empty(room, np.int32), np.empty(room, np.int32)
    n = 0
    for i in range(n_variants):
        for at in range(begins[i], ends[i]):
            if spellings.variants[at] == said.variants[i]:
                found[n] = at
                whose[n] = said.owners[i]
                n += 1
    for i in range(n):
        found[i] = spellings.owners[found[i]]
    return found[:n], whose[:n]


@compiled
def _join(near: Near, w: int, term: np.uint64, count: int, spelled: tuple[int, int]) -> None:
    """Count a neighbour of a word together with what other segments have of it."""
    n = near.filled[w]
    for k in range(n):
        if near.terms[w, k] == term:
            near.counts[w, k] += count
            return
    near.terms[w, n] = term
    near.counts[w, n] = count
    near.spelled[w, n, 0], near.spelled[w, n, 1] = spelled
    near.filled[w] = n + 1


@compiled
def gather(lists: Lists, spellings: Spellings, segment: int, said: Said, near: Near) -> None:
    """Add what one segment knows of the words; of the neighbours of each those in most of its documents."""
    best = np.empty((2, near.most), np.int32)
    found, whose = _hits(spellings, said)
    hit = 0
    for w in range(len(said.terms)):
        own = np.searchsorted(lists.terms, said.terms[w])
        if own < len(lists.terms) and lists.terms[own] == said.terms[w]:
            near.own[w] += lists.counts[own]
        word = said.letters[said.starts[w] : said.starts[w + 1]]
        n, itself = 0, -1
        while hit < len(found) and whose[hit] == w:
            spelling = found[hit]
            hit += 1
            if spelling == itself:  # under every one of its variants
                continue
            other = spellings.letters[spellings.starts[spelling] : spellings.starts[spelling + 1]]
            if len(other) == len(word) and _are_same(word, other):
                itself = spelling
            elif is_neighbour(word, other) and lists.counts[spellings.terms[spelling]] > 0:
                n = _enter(best, n, spellings.terms[spelling], spelling, lists.counts)
        for k in range(n):
            _join(near, w, lists.terms[best[0, k]], lists.counts[best[0, k]], (segment, best[1, k]))


# ---- what each is worth ----------------------------------------------------------------------------------------


@compiled
def _commonest(near: Near, w: int, own: np.uint64) -> int:
    """Return the neighbour of a word that most documents say, the lower hash first among equals; -1 where none is left.

    The word's own term is no neighbour; one that was taken has no documents any more.
    """
    best = -1
    for k in range(near.filled[w]):
        if near.counts[w, k] == 0 or near.terms[w, k] == own:
            continue
        if (
            best < 0
            or near.counts[w, k] > near.counts[w, best]
            or (near.counts[w, k] == near.counts[w, best] and near.terms[w, k] < near.terms[w, best])
        ):
            best = k
    return best


@compiled
def _put(terms: Words64, weights: Doubles, m: int, term: np.uint64, worth: float) -> int:
    """Keep what a term is worth; one that several words stand for, what it is to the one to which it is worth most."""
    for k in range(m):
        if terms[k] == term:
            weights[k] = max(weights[k], worth)
            return m
    terms[m] = term
    weights[m] = worth
    return m + 1


@compiled
def weigh(said: Said, near: Near, n_documents: int, most: int) -> Weighed:
    """Weigh each word's own term and at most `most` of its neighbours; what was taken is used up."""
    n_words = len(said.terms)
    room = n_words * (most + 1)
    terms, weights, m = np.empty(room, np.uint64), np.empty(room, np.float64), 0
    spelled, worths, n = np.empty((room, 2), np.int32), np.empty(room, np.float64), 0
    own = np.zeros(n_words, np.float64)
    for w in range(n_words):
        repeats = min(said.times[w], MOST_REPEATS)
        if near.own[w]:
            own[w] = idf(n_documents, near.own[w]) * repeats
            m = _put(terms, weights, m, said.terms[w], own[w])
        for _ in range(most):
            k = _commonest(near, w, said.terms[w])
            if k < 0:
                break
            count = near.counts[w, k]
            share = INSTEAD if count > MUCH_MORE_COMMON * near.own[w] else BESIDE
            worth = share * idf(n_documents, max(count, near.own[w])) * repeats
            m = _put(terms, weights, m, near.terms[w, k], worth)
            spelled[n] = near.spelled[w, k]
            worths[n] = worth
            n += 1
            near.counts[w, k] = 0
    return Weighed(terms[:m], weights[:m].astype(np.float32), own, spelled[:n], worths[:n])
