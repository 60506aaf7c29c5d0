"""Compiled kernels of the search index: posting lists in packed blocks, ranking, spelling neighbours, bit codes.

A posting is one number: the document's place in its segment and how often it says the word, 1 to 4. A list is cut
into blocks of 128; a block keeps its first document and the steps from one to the next, each in one, two or four bytes,
as its widest needs. Packing them to the bit would save a third of the room and cost twice the time to read. A query
walks its lists side by side through windows of documents, so that the scores it adds up stay in the processor's cache
however large the segment is.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data._compiled import compiled

BLOCK = 128
MOST_TIMES = 4
# A letter more, a letter less, another letter or two that changed places. Shorter words have too many neighbours.
SHORTEST_TOLERATED = 4
LONGEST_TOLERATED = 24

_WINDOW = 1 << 14
_TIMES_BITS = 2
_FNV32 = np.uint32(0x811C9DC5)
_FNV32_PRIME = np.uint32(0x01000193)
_FNV64 = np.uint64(0xCBF29CE484222325)
_FNV64_PRIME = np.uint64(0x100000001B3)

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Words32 = npt.NDArray[np.uint32]
Words64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]
Signed = npt.NDArray[np.int8]


class Lists(NamedTuple):
    """The posting lists of n documents under T terms: term t owns the blocks `blocks[t]` to `blocks[t + 1]`."""

    terms: Words64  # [T], ascending hashes
    counts: Ints  # [T], documents of each
    blocks: Ints  # [T + 1]
    firsts: Ints  # [B], first document of a block
    sizes: Bytes  # [B], bytes of each of its numbers
    places: Longs  # [B], where they begin in `packed`
    packed: Bytes
    lengths: Bytes  # [n], words of each document, 255 at most


class Spellings(NamedTuple):
    """The S words as they were written: their letters, their terms, and what each becomes with one letter less."""

    letters: Bytes
    starts: Longs  # [S + 1]
    terms: Ints  # [S], places in `Lists.terms`
    variants: Words32  # [V], ascending hashes
    owners: Ints  # [V], spellings


# ---- hashes of words -------------------------------------------------------------------------------------------


@compiled
def word_hashes(letters: Bytes, starts: Longs) -> Words64:
    """Return the 64-bit FNV-1a hash of each word."""
    out = np.empty(len(starts) - 1, np.uint64)
    for i in range(len(out)):
        value = _FNV64
        for place in range(starts[i], starts[i + 1]):
            value = (value ^ np.uint64(letters[place])) * _FNV64_PRIME
        out[i] = value
    return out


@compiled
def _hash_without(word: Bytes, skipped: int) -> np.uint32:
    """Return the hash of a word without one of its letters; with all of them where `skipped` is no place in it."""
    value = _FNV32
    for place in range(len(word)):
        if place != skipped:
            value = np.uint32((value ^ np.uint32(word[place])) * _FNV32_PRIME)
    return value


@compiled
def _is_tolerated(word: Bytes) -> bool:
    """Tell whether a slip in a word is thought of: not in short or very long ones, and not in numbers."""
    for letter in word:
        if 48 <= letter <= 57:  # a digit
            return False
    return SHORTEST_TOLERATED <= len(word) <= LONGEST_TOLERATED


@compiled
def variants(letters: Bytes, starts: Longs) -> tuple[Words32, Ints]:
    """Return the hashes of each tolerated word, whole and with one letter less, and whose they are; unsorted."""
    n = 0
    for i in range(len(starts) - 1):
        if _is_tolerated(letters[starts[i] : starts[i + 1]]):
            n += starts[i + 1] - starts[i] + 1
    hashes, owners = np.empty(n, np.uint32), np.empty(n, np.int32)
    n = 0
    for i in range(len(starts) - 1):
        word = letters[starts[i] : starts[i + 1]]
        if _is_tolerated(word):
            for skipped in range(-1, len(word)):
                hashes[n] = _hash_without(word, skipped)
                owners[n] = i
                n += 1
    return hashes, owners


@compiled
def _are_same(a: Bytes, b: Bytes) -> bool:
    for place in range(len(b)):  # noqa: SIM110 - no generators in a kernel
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
def _neighbours(lists: Lists, spellings: Spellings, word: Bytes, best: Ints) -> int:
    """Write terms and spellings [2, most] one slip from a word, those in most documents first; return how many."""
    n = 0
    for skipped in range(-1, len(word)):
        wanted = _hash_without(word, skipped)
        at = np.searchsorted(spellings.variants, wanted)
        while at < len(spellings.variants) and spellings.variants[at] == wanted:
            owner = spellings.owners[at]
            term = spellings.terms[owner]
            other = spellings.letters[spellings.starts[owner] : spellings.starts[owner + 1]]
            if lists.counts[term] > 0 and is_neighbour(word, other):
                n = _enter(best, n, term, owner, lists.counts)
            at += 1
    return n


@compiled
def neighbours(lists: Lists, spellings: Spellings, letters: Bytes, starts: Longs, most: int) -> Ints:
    """Return [3, n]: word, term and spelling for the terms of which some spelling is one slip from a word.

    At most `most` terms a word, those in most documents first, each once.
    """
    out = np.empty((3, most * (len(starts) - 1)), np.int32)
    best = np.empty((2, most), np.int32)
    n = 0
    for i in range(len(starts) - 1):
        word = letters[starts[i] : starts[i + 1]]
        if _is_tolerated(word):
            n_mine = _neighbours(lists, spellings, word, best)
            out[0, n : n + n_mine] = i
            out[1:, n : n + n_mine] = best[:, :n_mine]
            n += n_mine
    return out[:, :n].copy()


# ---- making lists ----------------------------------------------------------------------------------------------


@compiled
def postings_of(words: Ints, starts: Longs, n_terms: int) -> tuple[Longs, Words32]:
    """Return where each term's postings begin [T + 1] and the postings, documents ascending.

    `words` holds the term of each word, document after document; document i owns `words[starts[i]:starts[i + 1]]`.
    """
    begins = np.zeros(n_terms + 1, np.int64)
    last = np.full(n_terms, -1, np.int64)
    for document in range(len(starts) - 1):
        for place in range(starts[document], starts[document + 1]):
            if last[words[place]] != document:
                last[words[place]] = document
                begins[words[place] + 1] += 1
    begins = np.cumsum(begins)
    filled = begins[:-1].copy()
    postings = np.empty(begins[-1], np.uint32)
    last[:] = -1
    for document in range(len(starts) - 1):
        for place in range(starts[document], starts[document + 1]):
            term = words[place]
            if last[term] != document:
                last[term] = document
                postings[filled[term]] = np.uint32(document << _TIMES_BITS)
                filled[term] += 1
            elif postings[filled[term] - 1] & np.uint32(MOST_TIMES - 1) < MOST_TIMES - 1:
                postings[filled[term] - 1] += np.uint32(1)
    return begins, postings


@compiled
def _difference(postings: Words32, i: int, first: int) -> np.uint32:
    """Return posting i of a block as it is packed: the step from the document before it, and how often."""
    before = postings[i - 1] if i > first else postings[first]
    times = np.uint32(MOST_TIMES - 1)
    step = (postings[i] >> np.uint32(_TIMES_BITS)) - (before >> np.uint32(_TIMES_BITS))
    return np.uint32((step << np.uint32(_TIMES_BITS)) | (postings[i] & times))


@compiled
def _blocks_of(begins: Longs) -> Ints:
    """Return the first block of each term [T + 1]."""
    blocks = np.zeros(len(begins), np.int32)
    for term in range(len(begins) - 1):
        blocks[term + 1] = blocks[term] + (begins[term + 1] - begins[term] + BLOCK - 1) // BLOCK
    return blocks


@compiled
def packed(begins: Longs, postings: Words32) -> tuple[Ints, Ints, Bytes, Longs, Bytes]:
    """Return `blocks`, `firsts`, `sizes`, `places` and `packed` of the lists."""
    blocks = _blocks_of(begins)
    firsts, sizes = np.empty(blocks[-1], np.int32), np.empty(blocks[-1], np.uint8)
    places = np.empty(blocks[-1], np.int64)
    out = np.empty(4 * len(postings) + 4 * blocks[-1], np.uint8)
    filled = 0
    for term in range(len(begins) - 1):
        for block in range(blocks[term], blocks[term + 1]):
            first = begins[term] + (block - blocks[term]) * BLOCK
            n = min(BLOCK, begins[term + 1] - first)
            widest = np.uint32(0)
            for i in range(first, first + n):
                widest |= _difference(postings, i, first)
            size = 1 if widest < 1 << 8 else 2 if widest < 1 << 16 else 4
            firsts[block] = postings[first] >> np.uint32(_TIMES_BITS)
            sizes[block] = size
            places[block] = filled
            for i in range(n):
                value = _difference(postings, first + i, first)
                for k in range(size):  # the lowest byte first, as every machine that this runs on reads numbers
                    out[filled + i * size + k] = (value >> np.uint32(8 * k)) & np.uint32(255)
            filled += (n * size + 3) // 4 * 4
    return blocks, firsts, sizes, places, out[:filled].copy()


@compiled
def _unpack(lists: Lists, block: int, n: int, out: Words32) -> None:
    """Write the first n postings of a block."""
    size, place = lists.sizes[block], lists.places[block]
    mine = lists.packed[place : place + n * size]
    if size == 1:
        out[:n] = mine
    elif size == 2:
        out[:n] = mine.view(np.uint16)
    else:
        out[:n] = mine.view(np.uint32)
    document = np.uint32(lists.firsts[block] << _TIMES_BITS)
    for i in range(n):
        value = out[i]
        times = value & np.uint32(MOST_TIMES - 1)
        document += value - times
        out[i] = document | times


@compiled
def unpack_all(lists: Lists) -> Words32:
    """Return every posting, term after term."""
    total = np.int64(0)
    for count in lists.counts:
        total += count
    out = np.empty(total, np.uint32)
    filled = 0
    for term in range(len(lists.terms)):
        left = lists.counts[term]
        for block in range(lists.blocks[term], lists.blocks[term + 1]):
            n = min(left, BLOCK)
            _unpack(lists, block, n, out[filled : filled + n])
            filled += n
            left -= n
    return out


@compiled
def add_renumbered(lists: Lists, term_places: Longs, numbers: Ints, out: Words32, filled: Longs) -> None:
    """Append a segment's postings to those of its terms in a larger one, documents under their new numbers.

    `term_places` says which term each becomes, `numbers` which document; a document that is gone has -1.
    """
    postings = unpack_all(lists)
    i = 0
    for term in range(len(lists.terms)):
        into = term_places[term]
        for _ in range(lists.counts[term]):
            document = numbers[postings[i] >> np.uint32(_TIMES_BITS)]
            if document >= 0:
                times = postings[i] & np.uint32(MOST_TIMES - 1)
                out[filled[into]] = np.uint32(document << _TIMES_BITS) | times
                filled[into] += 1
            i += 1


@compiled
def in_order(begins: Longs, filled: Longs, postings: Words32) -> tuple[Longs, Words32]:
    """Sort each term's postings and close the gaps that documents which are gone left: new begins and postings."""
    closed = np.zeros(len(begins), np.int64)
    out = np.empty(len(postings), np.uint32)
    n = 0
    for term in range(len(begins) - 1):
        mine = postings[begins[term] : filled[term]]
        is_sorted = True
        for i in range(1, len(mine)):
            is_sorted &= mine[i - 1] < mine[i]
        out[n : n + len(mine)] = mine if is_sorted else np.sort(mine)
        n += len(mine)
        closed[term + 1] = n
    return closed, out[:n].copy()


# ---- ranking ---------------------------------------------------------------------------------------------------


@compiled
def _insert(documents: Ints, values: Floats, n: int, document: int, value: np.float32) -> int:
    """Put a document among the best, the later one first among equals; return how many there are."""
    k = len(documents)
    rank = min(n, k - 1)
    while rank > 0 and values[rank - 1] <= value:
        documents[rank] = documents[rank - 1]
        values[rank] = values[rank - 1]
        rank -= 1
    documents[rank] = document
    values[rank] = value
    return min(n + 1, k)


@compiled
def _first_block(lists: Lists, term: int, document: int) -> int:
    """Return the block of a term in which a document would be."""
    low, high = lists.blocks[term], lists.blocks[term + 1] - 1
    while low < high:
        middle = (low + high + 1) // 2
        if lists.firsts[middle] <= document:
            low = middle
        else:
            high = middle - 1
    return int(low)


class Question(NamedTuple):
    """What is looked for in one segment."""

    terms: Ints  # [m], places in `Lists.terms`
    weights: Floats  # [m], what each is worth
    table: Floats  # [4, 256], the share of it for saying it 1 to 4 times in a document of so many words


class _Cursors(NamedTuple):
    """Where each list of a question stands: its unpacked block, the next posting in it, and what follows."""

    room: Words32  # [m, BLOCK]
    at: Longs
    filled: Longs
    following: Longs  # next block
    left: Longs  # postings from there on


@compiled
def _has_more(lists: Lists, term: int, t: int, end: int, cursors: _Cursors) -> bool:
    """Tell whether a list may have postings before a document; unpack its next block where the last one is read."""
    if cursors.at[t] < cursors.filled[t]:
        return True
    block = cursors.following[t]
    if block == lists.blocks[term + 1] or lists.firsts[block] >= end:
        return False
    cursors.filled[t] = min(cursors.left[t], BLOCK)
    _unpack(lists, block, cursors.filled[t], cursors.room[t])
    cursors.left[t] -= cursors.filled[t]
    cursors.following[t] += 1
    cursors.at[t] = 0
    return True


@compiled
def _put_before(lists: Lists, terms: Ints, document: int, cursors: _Cursors) -> None:
    """Put every list before a document."""
    for t in range(len(terms)):
        cursors.at[t] = cursors.filled[t] = 0
        cursors.following[t] = _first_block(lists, terms[t], document)
        cursors.left[t] = lists.counts[terms[t]] - (cursors.following[t] - lists.blocks[terms[t]]) * BLOCK
        if _has_more(lists, terms[t], t, document, cursors):
            block = cursors.room[t, : cursors.filled[t]]
            cursors.at[t] = np.searchsorted(block, np.uint32(document << _TIMES_BITS))


@compiled
def _add_up(lists: Lists, question: Question, begin: int, cursors: _Cursors, scores: Floats) -> int:
    """Add to the scores of the documents from `begin` on; return how many postings there were."""
    n_read, end = 0, begin + len(scores)
    limit, offset = np.uint32(end << _TIMES_BITS), np.uint32(begin)
    for t in range(len(question.terms)):
        weight = question.weights[t]
        while _has_more(lists, question.terms[t], t, end, cursors):
            block, first, n = cursors.room[t], cursors.at[t], cursors.filled[t]
            stop = n if block[n - 1] < limit else first + np.searchsorted(block[first:n], limit)
            for i in range(first, stop):
                document = block[i] >> np.uint32(_TIMES_BITS)
                times = block[i] & np.uint32(MOST_TIMES - 1)
                scores[document - offset] += weight * question.table[times, lists.lengths[document]]
            n_read += stop - first
            cursors.at[t] = stop
            if stop < n:
                break
    return n_read


@compiled
def best(lists: Lists, question: Question, alive: Bytes, ranges: Ints, k: int) -> tuple[Ints, Floats]:
    """Return the k documents with the highest scores, best first, the later document first among equals.

    Only those that are `alive` [n] and lie in one of the `ranges` [r, 2] (first place, last + 1).
    """
    documents, values = np.empty(k, np.int32), np.empty(k, np.float32)
    m, n = len(question.terms), 0
    cursors = _Cursors(
        np.empty((m, BLOCK), np.uint32),
        np.empty(m, np.int64),
        np.empty(m, np.int64),
        np.empty(m, np.int64),
        np.empty(m, np.int64),
    )
    scores = np.zeros(_WINDOW, np.float32)
    for r in range(len(ranges)):
        _put_before(lists, question.terms, ranges[r, 0], cursors)
        for begin in range(ranges[r, 0], ranges[r, 1], _WINDOW):
            end = min(begin + _WINDOW, ranges[r, 1])
            if _add_up(lists, question, begin, cursors, scores[: end - begin]) == 0:
                continue
            for i in range(end - begin):
                score = scores[i]
                if score > 0.0:
                    if (n < k or score >= values[n - 1]) and alive[begin + i]:
                        n = _insert(documents, values, n, begin + i, score)
                    scores[i] = 0.0
    return documents[:n].copy(), values[:n].copy()


# ---- vectors ---------------------------------------------------------------------------------------------------


@compiled
def sign_codes(vectors: Floats, centre: Floats) -> Words64:
    """Return for each vector [n, width] on which side of the centre it lies, one bit a dimension: [n, width / 64]."""
    n, width = vectors.shape
    codes = np.zeros((n, (width + 63) // 64), np.uint64)
    for i in range(n):
        for j in range(width):
            if vectors[i, j] > centre[j]:
                codes[i, j >> 6] |= np.uint64(1) << np.uint64(j & 63)
    return codes


@compiled
def _n_ones(value: np.uint64) -> np.uint64:
    """Count the ones; written so that the compiler knows it and uses the processor's own instruction."""
    value -= (value >> np.uint64(1)) & np.uint64(0x5555555555555555)
    value = (value & np.uint64(0x3333333333333333)) + ((value >> np.uint64(2)) & np.uint64(0x3333333333333333))
    value = (value + (value >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (value * np.uint64(0x0101010101010101)) >> np.uint64(56)


@compiled
def nearest_codes(codes: Words64, code: Words64, most: int) -> Ints:
    """Return the places of at least `most` codes (all where there are fewer) that differ from one in fewest bits."""
    n, width = codes.shape
    distances = np.empty(n, np.uint16)
    histogram = np.zeros(64 * width + 1, np.int64)
    for i in range(n):
        different = np.uint64(0)
        for j in range(width):
            different += _n_ones(codes[i, j] ^ code[j])
        distances[i] = different
    for i in range(n):
        histogram[distances[i]] += 1
    n_near, limit = np.int64(0), 0
    while limit < len(histogram):
        n_near += histogram[limit]
        if n_near >= most:
            break
        limit += 1
    out = np.empty(n_near, np.int32)
    found = 0
    for i in range(n):
        if distances[i] <= limit:
            out[found] = i
            found += 1
    return out


@compiled
def products(rows: Signed, places: Ints, query: npt.NDArray[np.int16]) -> Ints:
    """Return the products of some rows [n, width] with a query [width] of at most 12 bits, which no sum overflows."""
    out = np.empty(len(places), np.int32)
    for i in range(len(places)):
        row = rows[places[i]]
        total = np.int32(0)
        for j in range(len(query)):
            total += np.int32(row[j]) * np.int32(query[j])
        out[i] = total
    return out
