"""Compiled kernels that make and read a segment's posting lists: hashes of words, their variants, packed blocks.

A posting is one number: the document's place in its segment and how often it says the word, 1 to 4. A list is cut
into blocks of 128; a block keeps its first document and the steps from one to the next, each in one, two or four bytes,
as its widest needs. Packing them to the bit would save a third of the room and cost twice the time to read.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data._compiled import compiled

BLOCK = 128
MOST_TIMES = 4
TIMES_BITS = 2
# A letter more, a letter less, another letter or two that changed places. Shorter words have too many neighbours.
SHORTEST_TOLERATED = 4
LONGEST_TOLERATED = 24

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
    doors: Ints  # [2^b + 1], the first variant whose hash begins with each b bits


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
                postings[filled[term]] = np.uint32(document << TIMES_BITS)
                filled[term] += 1
            elif postings[filled[term] - 1] & np.uint32(MOST_TIMES - 1) < MOST_TIMES - 1:
                postings[filled[term] - 1] += np.uint32(1)
    return begins, postings


@compiled
def _difference(postings: Words32, i: int, first: int) -> np.uint32:
    """Return posting i of a block as it is packed: the step from the document before it, and how often."""
    before = postings[i - 1] if i > first else postings[first]
    times = np.uint32(MOST_TIMES - 1)
    step = (postings[i] >> np.uint32(TIMES_BITS)) - (before >> np.uint32(TIMES_BITS))
    return np.uint32((step << np.uint32(TIMES_BITS)) | (postings[i] & times))


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
            firsts[block] = postings[first] >> np.uint32(TIMES_BITS)
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
    document = np.uint32(lists.firsts[block] << TIMES_BITS)
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
            document = numbers[postings[i] >> np.uint32(TIMES_BITS)]
            if document >= 0:
                times = postings[i] & np.uint32(MOST_TIMES - 1)
                out[filled[into]] = np.uint32(document << TIMES_BITS) | times
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
