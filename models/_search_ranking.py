"""Compiled kernels that rank the documents of one segment by the words of a question.

The lists of a question are walked side by side through windows of documents, so that the scores which they add up stay
in the processor's cache however large the segment is. A posting is scored as it is unpacked and written nowhere else.
Scores are never negative, so their bits rise as they do: a run of documents is passed over by the largest of its bits
as whole numbers, many at a time, and only a run that holds one of the best so far is looked at document by document.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data._compiled import compiled
from models._search import BLOCK, MOST_TIMES, TIMES_BITS, Bytes, Floats, Ints, Lists, Longs, Words64

_WINDOW = 1 << 13  # documents; their scores take 32 KiB
_RUN = 32
_ROOM = 64  # documents that wait to be put in order, at least
_ROW = 8  # bits of the columns of `Question.table`
_HALF = np.uint64(32)
_DOCUMENT = np.uint64(0xFFFFFFFF)


class Question(NamedTuple):
    """What is looked for."""

    terms: Words64  # [m], hashes
    weights: Floats  # [m], what each is worth
    table: Floats  # [4 * 256], the share of it for saying it 1 to 4 times in a document of so many words


class Wanted(NamedTuple):
    """Which documents of a segment are wanted."""

    alive: Bytes  # [n], 1 or 0
    ranges: Ints  # [r, 2], first place, last + 1
    k: int
    least: float  # score


class _Cursors(NamedTuple):
    """Where the list of each term stands that the segment has."""

    terms: Ints  # [m], places in `Lists.terms`
    blocks: Longs
    at: Longs  # postings of the block that were read
    documents: Words64  # the last one that was read


class _Window(NamedTuple):
    """A run of documents whose scores are being added up."""

    begin: np.uint64
    scores: Floats
    lengths: Bytes  # of all documents
    table: Floats


class _Waiting(NamedTuple):
    """The best so far: keys of a score's bits and the document, so that of equal scores the later one is higher."""

    keys: Words64
    filled: Longs  # [1]
    least: Ints  # [1], bits of the least score that is enough


@compiled
def _opened(lists: Lists, question: Question) -> tuple[_Cursors, Floats]:
    """Find the terms that this segment has; return their cursors, and what each is worth."""
    m = 0
    terms, weights = np.empty(len(question.terms), np.int32), np.empty(len(question.terms), np.float32)
    for t in range(len(question.terms)):
        place = np.searchsorted(lists.terms, question.terms[t])
        if place < len(lists.terms) and lists.terms[place] == question.terms[t]:
            terms[m] = place
            weights[m] = question.weights[t]
            m += 1
    cursors = _Cursors(terms[:m], np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m, np.uint64))
    return cursors, weights[:m]


@compiled
def _size(lists: Lists, term: int, block: int) -> int:
    """Return how many postings a block of a term holds."""
    return int(min(BLOCK, lists.counts[term] - (block - lists.blocks[term]) * BLOCK))


@compiled
def _passed(steps: npt.NDArray[np.unsignedinteger], document: np.uint64, first: np.uint64) -> tuple[int, np.uint64]:
    """Pass over the postings of a block before a document: return how many, and the last of them."""
    for i in range(len(steps)):
        following = document + (np.uint64(steps[i]) >> np.uint64(TIMES_BITS))
        if following >= first:
            return i, document
        document = following
    return len(steps), document


@compiled
def _put_before(lists: Lists, cursors: _Cursors, first: int) -> None:
    """Put every list before a document."""
    for t in range(len(cursors.terms)):
        term = cursors.terms[t]
        low, high = lists.blocks[term], lists.blocks[term + 1] - 1
        while low < high:
            middle = (low + high + 1) // 2
            if lists.firsts[middle] <= first:
                low = middle
            else:
                high = middle - 1
        n, place, size = _size(lists, term, low), lists.places[low], lists.sizes[low]
        steps = lists.packed[place : place + n * size]
        document = np.uint64(lists.firsts[low])
        if size == 1:
            at, document = _passed(steps, document, np.uint64(first))
        elif size == 2:
            at, document = _passed(steps.view(np.uint16), document, np.uint64(first))
        else:
            at, document = _passed(steps.view(np.uint32), document, np.uint64(first))
        cursors.blocks[t] = low + (at == n)
        cursors.at[t] = at if at < n else 0
        cursors.documents[t] = document


@compiled
def _add_block(
    steps: npt.NDArray[np.unsignedinteger], at: int, document: np.uint64, weight: np.float32, window: _Window
) -> tuple[int, np.uint64]:
    """Score the postings of a block that lie in the window: return where the rest begins, and the last that was read.

    Everything is unsigned, which spares a check for places that count from the end.
    """
    end = window.begin + np.uint64(len(window.scores))
    for i in range(at, len(steps)):
        step = np.uint64(steps[i])
        following = document + (step >> np.uint64(TIMES_BITS))
        if following >= end:
            return i, document
        document = following
        cell = ((step & np.uint64(MOST_TIMES - 1)) << np.uint64(_ROW)) | np.uint64(window.lengths[document])
        window.scores[document - window.begin] += weight * window.table[cell]
    return len(steps), document


@compiled
def _add_list(lists: Lists, t: int, weight: np.float32, cursors: _Cursors, window: _Window) -> bool:
    """Add to the scores of the window what one list says of its documents; tell whether it says anything."""
    term, end = cursors.terms[t], np.int64(window.begin) + len(window.scores)
    block, at, document = cursors.blocks[t], cursors.at[t], cursors.documents[t]
    has_any = False
    while block < lists.blocks[term + 1]:
        if at == 0:
            document = np.uint64(lists.firsts[block])
            if lists.firsts[block] >= end:
                break
        n, place, size = _size(lists, term, block), lists.places[block], lists.sizes[block]
        steps = lists.packed[place : place + n * size]
        before = at
        if size == 1:
            at, document = _add_block(steps, at, document, weight, window)
        elif size == 2:
            at, document = _add_block(steps.view(np.uint16), at, document, weight, window)
        else:
            at, document = _add_block(steps.view(np.uint32), at, document, weight, window)
        has_any |= at > before
        if at < n:
            break
        block += 1
        at = 0
    cursors.blocks[t], cursors.at[t], cursors.documents[t] = block, at, document
    return has_any


@compiled
def _keep_best(waiting: _Waiting, k: int) -> None:
    """Let go of all but the k highest keys where every place is taken."""
    keys = waiting.keys
    keys[:k] = np.partition(keys, len(keys) - k)[len(keys) - k :]
    waiting.filled[0] = k
    waiting.least[0] = np.int32(keys[:k].min() >> _HALF)


@compiled
def _take(window: _Window, alive: Bytes, k: int, waiting: _Waiting) -> None:
    """Take the documents of a window whose scores are enough among those that wait."""
    bits = window.scores.view(np.int32)
    for first in range(0, len(bits), _RUN):
        run = bits[first : first + _RUN]
        highest = np.int32(0)
        for i in range(len(run)):
            highest = max(highest, run[i])
        if highest < waiting.least[0]:
            continue
        for i in range(len(run)):
            document = window.begin + np.uint64(first + i)
            if run[i] >= waiting.least[0] and alive[document]:
                waiting.keys[waiting.filled[0]] = (np.uint64(run[i]) << _HALF) | document
                waiting.filled[0] += 1
                if waiting.filled[0] == len(waiting.keys):
                    _keep_best(waiting, k)


@compiled
def _waiting(k: int, least: float) -> _Waiting:
    """Make room for the best k, of scores above 0 that are at least so much."""
    scores = np.empty(1, np.float32)
    scores[0] = least
    bits = np.maximum(scores.view(np.int32), np.int32(1))
    return _Waiting(np.empty(max(2 * k, _ROOM), np.uint64), np.zeros(1, np.int64), bits)


@compiled
def best(lists: Lists, question: Question, wanted: Wanted) -> tuple[Ints, Floats]:
    """Return the k wanted documents with the highest scores, best first, the later document first among equals."""
    cursors, weights = _opened(lists, question)
    waiting = _waiting(wanted.k, wanted.least)
    scores = np.empty(_WINDOW, np.float32)
    for r in range(len(wanted.ranges)):
        first, last = wanted.ranges[r]
        _put_before(lists, cursors, first)
        for begin in range(first, last, _WINDOW):
            window = _Window(np.uint64(begin), scores[: min(_WINDOW, last - begin)], lists.lengths, question.table)
            window.scores[:] = 0.0
            has_any = False
            for t in range(len(weights)):
                has_any |= _add_list(lists, t, weights[t], cursors, window)
            if has_any:
                _take(window, wanted.alive, wanted.k, waiting)
    keys = np.sort(waiting.keys[: waiting.filled[0]])[::-1][: wanted.k]
    documents, values = np.empty(len(keys), np.int32), np.empty(len(keys), np.int32)
    for i in range(len(keys)):
        documents[i] = keys[i] & _DOCUMENT
        values[i] = keys[i] >> _HALF
    return documents, values.view(np.float32)
