"""Compiled kernels of `data.duplicates`: words and MinHash from bytes, comparison, search and insertion.

Everything a post costs is paid here, in one pass over one buffer of UTF-8, so that no Python loop runs over
texts or words. The price is code that handles bits: the layout of each of them is stated once, at the top.

A *word record* is a uint64: bits 0-39 the first eight letters, five bits each, first letter lowest
(a-z are 1-26, other scripts 27, digits 28-31); bit 40 marks a *light* word (function word, chain-letter
phrase); bits 41-63 are a hash of the whole word. Two records are equal when the words are; the letters let
a typing error be told from another word without keeping the text.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data._compiled import compiled

N_PERMUTATIONS = 64
ROWS_PER_BAND = 2
N_BANDS = N_PERMUTATIONS // ROWS_PER_BAND
# One more chain than bands: the last one is keyed by the exact hash of all words.
N_CHAINS = N_BANDS + 1
# Keys by which a text is found again outside memory: half of the bands, because each costs a row in a database. A copy
# that shares half of its shingles is found in 99 of 100 cases, one that shares a third in 85.
N_KEPT_KEYS = N_BANDS // 2 + 1
# What a key that one alone owns counts for, and the bits that hold it.
KEY_WEIGHT_BITS = 13
KEY_WEIGHT = (1 << KEY_WEIGHT_BITS) - 1
# Longer posts are judged by their beginning; 192 words are about 1,300 characters.
MAX_WORDS = 192
# Letters in one shingle; chosen in benchmarks/cluster.py among 5 to 8.
SHINGLE_LETTERS = 7
# A word of more bytes than this is cut: a script without spaces would make one word of a sentence.
MAX_LETTERS = 48
# Light words have slots in a small open table.
LIGHT_SLOTS = 2048

# A bucket that more stored texts share than this is boilerplate; the newest of them are enough.
MAX_CHAIN = 16
# Slots of the count of shared bands; at least twice N_BANDS * MAX_CHAIN.
TALLY_SLOTS = 1024
# Candidates of one text that are aligned, those with most shared bands first.
MAX_VERIFIED = 8

_LETTERS = np.uint64((1 << 40) - 1)
_LIGHT = np.uint64(1 << 40)
_WORD_HASH = np.uint64(((1 << 23) - 1) << 41)
_FIVE = np.uint64(5)
_CODE = np.uint64(31)
_SHINGLE = np.uint64((1 << (5 * SHINGLE_LETTERS)) - 1)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_DIGIT_CODE = 28
_OTHER_CODE = 27
_LIGHT_WEIGHT = 0.2
# Up to this many words, what differs at the beginning or the end counts as exchanged, not as an opening.
EDGE_WORDS = 1
# In a text of so few words the name of a place or a person at the edge is the claim, so more counts.
SHORT_WORDS = 9
SHORT_EDGE_WORDS = 3
# Typing errors are looked for among the first words of a stretch that differs.
GAP_WORDS = 24
# Part of the shorter text that must be found letter by letter before typing errors are looked for.
EQUAL_PART = 0.3
# Slots of the table of one text's words, and equal pairs of words that one alignment looks at.
LOOKUP_SLOTS = 512
MAX_PAIRS = 2048
# A candidate this similar ends the search.
SURE = 0.95
# Once one wording of a cluster is this similar, its others are not asked.
FAIR = 0.75

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]
MinHashes = npt.NDArray[np.uint32]


class Rules(NamedTuple):
    """The numbers that decide whether two texts are copies of one another."""

    min_words: int  # weight of shared words below which only equal texts are copies
    containment: float  # share of the shorter text found again, in order, in the longer
    jaccard: float  # share of both texts taken together
    swap_cost: float  # what one unit of exchanged content takes from the containment
    max_swap: float  # share of exchanged content words above which the claim is another
    enough_words: float  # weight of shared words from which a part of a text speaks for the whole
    thin_cost: float  # what a part that shares no word takes from the containment
    diverse: float  # similarity under which a copy is worth remembering
    max_representatives: int


class Tables(NamedTuple):
    """What an index remembers, slot by slot; a slot is one representative.

    `nodes[slot, chain]` holds the next slot + 1 (high half) and the key (low half) of a linked list, newest
    first, whose head + 1 stands in `heads[chain, key & mask]`. `cluster` is -1 for a forgotten slot.
    """

    heads: npt.NDArray[np.int32]
    nodes: npt.NDArray[np.uint64]
    exact: Words
    cluster: npt.NDArray[np.int32]
    starts: Offsets
    words: Words
    n_representatives: npt.NDArray[np.int32]  # by cluster


class Signed(NamedTuple):
    """The arrays of `data.duplicates.Signatures`."""

    exact: Words
    minhash: MinHashes
    words: Words
    starts: Offsets


class Assigned(NamedTuple):
    """Where n texts went."""

    cluster: npt.NDArray[np.int32]  # [n]; -1 for a text without words
    similarity: npt.NDArray[np.float32]  # [n]; 0 for the founder of a cluster
    is_remembered: npt.NDArray[np.bool_]  # [n]
    n_clusters: int  # after them


class Permutations(NamedTuple):
    """x -> a x + b mod 2^32, 64 times; a is odd."""

    multipliers: MinHashes
    increments: MinHashes


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> np.uint64(31))) * _MIX
    return value ^ (value >> np.uint64(29))


@compiled
def _letter_code(byte: np.uint8) -> np.uint8:
    """Return 1-31 for a byte inside a word, 0 for a separator."""
    if 97 <= byte <= 122:
        return np.uint8(byte - 96)
    if 65 <= byte <= 90:
        return np.uint8(byte - 64)
    if 48 <= byte <= 57:
        return np.uint8(_DIGIT_CODE + (byte & 3))
    return np.uint8(_OTHER_CODE) if byte >= 0x80 else np.uint8(0)


@compiled
def _separator_width(byte: np.uint8, following: np.uint8) -> int:
    """Return the bytes of the punctuation mark, symbol or emoji that begins here, 0 where a letter does."""
    if byte == 0xC2:  # U+0080-00BF: Latin-1 punctuation, no-break space
        return 2
    if byte == 0xE2 or (byte == 0xE3 and following == 0x80):  # U+2000-2FFF symbols, U+3000-303F
        return 3
    if byte == 0xEF and following in (0xB8, 0xBB):  # variation selectors, byte-order mark
        return 3
    return 4 if byte >= 0xF0 else 0


@compiled
def hash_word(buffer: Bytes) -> np.uint64:
    """Return the 64-bit hash under which a word of a-z is looked up among the light words."""
    word = _FNV_OFFSET
    for byte in buffer:
        word = (word ^ np.uint64(byte)) * _FNV_PRIME
    return _mixed(word)


@compiled
def _is_light(word: np.uint64, light: Words) -> bool:
    place = np.int64(word & np.uint64(LIGHT_SLOTS - 1))
    while light[place] != np.uint64(0):
        if light[place] == word:
            return True
        place = (place + 1) & (LIGHT_SLOTS - 1)
    return False


@compiled
def _read_words(text: Bytes, light: Words, records: Words, codes: Bytes, ends: Offsets) -> int:
    """Read the words of one text and return how many (at most MAX_WORDS).

    Word i gets its record in `records[i]` and its letter codes, then a 0, in `codes[ends[i - 1]:ends[i]]`.
    """
    n_words = n_codes = n_letters = place = 0
    word = _FNV_OFFSET
    letters = np.uint64(0)
    size = len(text)
    while place <= size and n_words < MAX_WORDS:
        byte = text[place] if place < size else np.uint8(32)
        following = text[place + 1] if place + 1 < size else np.uint8(32)
        width = _separator_width(byte, following)
        code = _letter_code(byte) if width == 0 else np.uint8(0)
        place += max(width, 1)
        if code > 0:
            lower = byte | np.uint8(32) if code <= 26 else byte
            word = (word ^ np.uint64(lower)) * _FNV_PRIME
            if n_letters < 8:
                letters |= np.uint64(code) << np.uint64(5 * n_letters)
            codes[n_codes] = code
            n_codes += 1
            n_letters += 1
        if n_letters > 0 and (code == 0 or n_letters == MAX_LETTERS):
            mixed = _mixed(word)
            record = letters | (mixed & _WORD_HASH)
            if _is_light(mixed, light):
                record |= _LIGHT
            records[n_words] = record
            codes[n_codes] = 0
            n_codes += 1
            ends[n_words] = n_codes
            n_words += 1
            word = _FNV_OFFSET
            letters = np.uint64(0)
            n_letters = 0
    return n_words


@compiled
def _sign_words(records: Words, codes: Bytes, ends: Offsets, permutations: Permutations, out: MinHashes) -> None:
    """Write the MinHash of the letter shingles of the content words (of all, where fewer than 3 are)."""
    multipliers, increments = permutations
    out[:] = np.uint32(0xFFFFFFFF)
    n_content = 0
    for record in records:
        n_content += (record & _LIGHT) == np.uint64(0)
    window = np.uint64(0)
    n_letters = 0
    begin = 0
    for i in range(len(records)):
        if n_content >= 3 and (records[i] & _LIGHT) != np.uint64(0):
            begin = ends[i]
            continue
        for place in range(begin, ends[i]):
            window = ((window << _FIVE) | np.uint64(codes[place])) & _SHINGLE
            n_letters += 1
            if n_letters >= SHINGLE_LETTERS:
                shingle = np.uint32(_mixed(window) >> np.uint64(32))
                for k in range(N_PERMUTATIONS):
                    value = np.uint32(shingle * multipliers[k] + increments[k])
                    out[k] = min(out[k], value)
        begin = ends[i]
    if 0 < n_letters < SHINGLE_LETTERS:
        shingle = np.uint32(_mixed(window) >> np.uint64(32))
        for k in range(N_PERMUTATIONS):
            out[k] = np.uint32(shingle * multipliers[k] + increments[k])


@compiled
def sign(buffer: Bytes, offsets: Offsets, light: Words, permutations: Permutations) -> Signed:
    """Sign the texts `buffer[offsets[i]:offsets[i + 1]]`."""
    n = len(offsets) - 1
    exact = np.zeros(n, np.uint64)
    minhash = np.empty((n, N_PERMUTATIONS), np.uint32)
    starts = np.zeros(n + 1, np.int64)
    words = np.empty(max(16, min(n * 32, len(buffer))), np.uint64)
    records = np.empty(MAX_WORDS, np.uint64)
    codes = np.empty(MAX_WORDS * (MAX_LETTERS + 1), np.uint8)
    ends = np.empty(MAX_WORDS, np.int64)
    for i in range(n):
        n_words = _read_words(buffer[offsets[i] : offsets[i + 1]], light, records, codes, ends)
        _sign_words(records[:n_words], codes, ends, permutations, minhash[i])
        start = starts[i]
        if start + n_words > len(words):
            grown = np.empty(2 * len(words) + MAX_WORDS, np.uint64)
            grown[:start] = words[:start]
            words = grown
        all_words = _FNV_OFFSET
        for k in range(n_words):
            words[start + k] = records[k]
            all_words = _mixed((all_words ^ records[k]) * _FNV_PRIME)
        exact[i] = all_words if n_words > 0 else np.uint64(0)
        starts[i + 1] = start + n_words
    return Signed(exact, minhash, words[: starts[n]].copy(), starts)


@compiled
def _weight(record: np.uint64) -> float:
    return 1.0 if (record & _LIGHT) == np.uint64(0) else _LIGHT_WEIGHT


@compiled
def _n_letters(record: np.uint64) -> int:
    """Return how many letters a record holds, 0 for a word with a digit: those are never mistyped."""
    letters = record & _LETTERS
    n = 0
    while letters != np.uint64(0):
        if (letters & _CODE) >= np.uint64(_DIGIT_CODE):
            return 0
        letters >>= _FIVE
        n += 1
    return n


@compiled
def _letter_set(record: np.uint64) -> np.uint64:
    letters = record & _LETTERS
    found = np.uint64(0)
    while letters != np.uint64(0):
        found |= np.uint64(1) << (letters & _CODE)
        letters >>= _FIVE
    return found


@compiled
def _is_typo(first: np.uint64, second: np.uint64, rows: Offsets) -> bool:
    """Return whether two word records are typing errors of one another; `rows` is int64 scratch [3, 9].

    One slip (a letter lost, added, exchanged, two swapped) is forgiven where the longer has four letters, two
    where the shorter has seven: optimal string alignment of the first eight letters.
    """
    n, m = _n_letters(first), _n_letters(second)
    shorter = min(n, m)
    allowed = 1 if shorter < 7 else 2
    if max(n, m) < 4 or shorter < 3 or abs(n - m) > allowed:
        return False
    unshared = _letter_set(first) ^ _letter_set(second)
    for _ in range(2 * allowed):
        unshared &= unshared - np.uint64(1)
    if unshared != np.uint64(0):
        return False
    for j in range(m + 1):
        rows[0, j] = j
    for i in range(1, n + 1):
        here, above, before = i % 3, (i - 1) % 3, (i - 2) % 3
        letter = (first >> np.uint64(5 * (i - 1))) & _CODE
        previous = (first >> np.uint64(5 * max(i - 2, 0))) & _CODE
        rows[here, 0] = i
        for j in range(1, m + 1):
            other = (second >> np.uint64(5 * (j - 1))) & _CODE
            cost = rows[above, j - 1] + (0 if letter == other else 1)
            cost = min(cost, rows[above, j] + 1, rows[here, j - 1] + 1)
            other_previous = (second >> np.uint64(5 * max(j - 2, 0))) & _CODE
            if i > 1 and j > 1 and previous == other and letter == other_previous:
                cost = min(cost, rows[before, j - 2] + 1)
            rows[here, j] = cost
    return bool(rows[n % 3, m] <= allowed)


@compiled
def _compare_gap(first: Words, second: Words, most_words: int, rows: Offsets) -> tuple[float, float]:
    """Return (weight matched by typing errors, content words exchanged) of what two texts have in one place.

    Where either has more than `most_words` there, nothing counts as exchanged.
    """
    n_second = min(len(second), GAP_WORDS)
    taken = np.uint64(0)
    matched = left_first = left_second = 0.0
    for k in range(len(first)):
        partner = -1
        for j in range(n_second if k < GAP_WORDS else 0):
            is_free = (taken >> np.uint64(j)) & np.uint64(1) == np.uint64(0)
            if is_free and _is_typo(first[k], second[j], rows):
                partner = j
                break
        if partner >= 0:
            taken |= np.uint64(1) << np.uint64(partner)
            matched += _weight(first[k])
        else:
            left_first += (first[k] & _LIGHT) == np.uint64(0)
    for j in range(len(second)):
        if j >= GAP_WORDS or (taken >> np.uint64(j)) & np.uint64(1) == np.uint64(0):
            left_second += (second[j] & _LIGHT) == np.uint64(0)
    if max(len(first), len(second)) > most_words:
        return matched, 0.0
    return matched, min(left_first, left_second)


class Lookup(NamedTuple):
    """Where each word of one text stands, and room to align others with it; made once, filled for each text."""

    words: Words  # open table of LOOKUP_SLOTS records
    last: npt.NDArray[np.int32]  # last position + 1 of the record in that slot, 0 for a free slot
    before: npt.NDArray[np.int32]  # [MAX_WORDS] position + 1 of the same word further left
    slots: npt.NDArray[np.int32]  # [MAX_WORDS] slot of each word, so that clearing costs what filling did
    ends: npt.NDArray[np.int32]  # [MAX_WORDS] lowest end of a common subsequence of length k + 1 ...
    end_pairs: npt.NDArray[np.int32]  # [MAX_WORDS] ... and its pair
    pairs: npt.NDArray[np.int32]  # [MAX_PAIRS, 3] position in the one, in the other, pair before
    path: npt.NDArray[np.int32]  # [MAX_WORDS, 2] the chosen pairs, left to right
    rows: Offsets  # [3, 9] scratch of the comparison of two words


@compiled
def empty_lookup() -> Lookup:
    """Return a lookup that holds no text."""
    return Lookup(
        np.zeros(LOOKUP_SLOTS, np.uint64),
        np.zeros(LOOKUP_SLOTS, np.int32),
        np.zeros(MAX_WORDS, np.int32),
        np.zeros(MAX_WORDS, np.int32),
        np.zeros(MAX_WORDS, np.int32),
        np.zeros(MAX_WORDS, np.int32),
        np.zeros((MAX_PAIRS, 3), np.int32),
        np.zeros((MAX_WORDS, 2), np.int32),
        np.zeros((3, 9), np.int64),
    )


@compiled
def _place_of(lookup: Lookup, record: np.uint64) -> np.int64:
    place = np.int64(record >> np.uint64(41)) & (LOOKUP_SLOTS - 1)
    while lookup.last[place] != 0 and lookup.words[place] != record:
        place = (place + 1) & (LOOKUP_SLOTS - 1)
    return place


@compiled
def fill_lookup(lookup: Lookup, words: Words) -> None:
    """Write where each word stands."""
    for i in range(len(words)):
        place = _place_of(lookup, words[i])
        lookup.words[place] = words[i]
        lookup.before[i] = lookup.last[place]
        lookup.last[place] = i + 1
        lookup.slots[i] = place


@compiled
def clear_lookup(lookup: Lookup, n_words: int) -> None:
    """Take the text out again."""
    for i in range(n_words):
        lookup.last[lookup.slots[i]] = 0


@compiled
def _common_path(lookup: Lookup, second: Words) -> int:
    """Write the longest common subsequence to `lookup.path` and return its length (Hunt and Szymanski, 1977).

    The cost is that of the equal pairs, which for two messages is about their length. Past MAX_PAIRS (one word
    over and over) the rest is not looked at.
    """
    length = n_pairs = 0
    ends, pairs = lookup.ends, lookup.pairs
    for j in range(len(second)):
        position = lookup.last[_place_of(lookup, second[j])]
        while position > 0 and n_pairs < MAX_PAIRS:
            is_longer = length == 0 or ends[length - 1] < position
            k = length if is_longer else np.searchsorted(ends[:length], position)
            if k == length or ends[k] != position:
                pairs[n_pairs, 0] = position - 1
                pairs[n_pairs, 1] = j
                pairs[n_pairs, 2] = lookup.end_pairs[k - 1] if k > 0 else -1
                ends[k] = position
                lookup.end_pairs[k] = n_pairs
                n_pairs += 1
                length = max(length, k + 1)
            position = lookup.before[position - 1]
    pair = lookup.end_pairs[length - 1] if length > 0 else -1
    for k in range(length - 1, -1, -1):
        lookup.path[k, 0] = pairs[pair, 0]
        lookup.path[k, 1] = pairs[pair, 1]
        pair = pairs[pair, 2]
    return length


@compiled
def _align(lookup: Lookup, first: Words, second: Words, least: float) -> tuple[float, float]:
    """Return (matched weight, exchanged content) of two texts; `lookup` holds the first.

    (0, 0) where the words that are the same weigh less than `least`: typing errors will not make a copy of that.
    """
    length = _common_path(lookup, second)
    matched = exchanged = 0.0
    for k in range(length):
        matched += _weight(first[lookup.path[k, 0]])
    if matched < least:
        return 0.0, 0.0
    edge_words = SHORT_EDGE_WORDS if min(len(first), len(second)) <= SHORT_WORDS else EDGE_WORDS
    begin_i = begin_j = 0
    for k in range(length + 1):
        is_last = k == length
        i = len(first) if is_last else lookup.path[k, 0]
        j = len(second) if is_last else lookup.path[k, 1]
        if i > begin_i and j > begin_j:
            # At the edges a new opening or a cut end is common; between equal words something was exchanged.
            most_words = edge_words if is_last or k == 0 else MAX_WORDS
            by_typo, swapped = _compare_gap(first[begin_i:i], second[begin_j:j], most_words, lookup.rows)
            matched += by_typo
            exchanged += swapped
        begin_i, begin_j = i + 1, j + 1
    return matched, exchanged


@compiled
def _total_weight(words: Words) -> float:
    total = 0.0
    for record in words:
        total += _weight(record)
    return total


@compiled
def similarity(lookup: Lookup, first: Words, second: Words, rules: Rules) -> float:
    """Return how alike two texts are: 0 for different claims, else (0, 1], 1 for the same words in order.

    `lookup` holds the first; neither is empty.
    """
    total_first, total_second = _total_weight(first), _total_weight(second)
    least = EQUAL_PART * min(total_first, total_second)
    matched, exchanged = _align(lookup, first, second, least)
    containment = matched / min(total_first, total_second)
    jaccard = matched / (total_first + total_second - matched)
    share = exchanged / (matched + exchanged) if exchanged > 0.0 else 0.0
    if matched < rules.min_words or jaccard < rules.jaccard or share > rules.max_swap:
        return 0.0
    thin = max(0.0, 1.0 - matched / rules.enough_words)
    judged = containment - rules.swap_cost * share - rules.thin_cost * thin * (1.0 - jaccard)
    if judged < rules.containment:
        return 0.0
    return min(1.0, 0.5 * (judged + jaccard))


@compiled
def _write_keys(exact: np.uint64, minhash: MinHashes, keys: MinHashes) -> None:
    """Write the key of each chain: the bands, then the exact hash."""
    for band in range(N_BANDS):
        pair = (np.uint64(minhash[2 * band]) << np.uint64(32)) | np.uint64(minhash[2 * band + 1])
        keys[band] = np.uint32(_mixed(pair ^ (np.uint64(band) * _FNV_PRIME)) >> np.uint64(32))
    keys[N_BANDS] = np.uint32(exact >> np.uint64(32))


@compiled
def _link(tables: Tables, slot: int, keys: MinHashes) -> None:
    mask = np.uint32(tables.heads.shape[1] - 1)
    for chain in range(N_CHAINS):
        bucket = keys[chain] & mask
        head = np.uint64(tables.heads[chain, bucket])
        tables.nodes[slot, chain] = (head << np.uint64(32)) | np.uint64(keys[chain])
        tables.heads[chain, bucket] = slot + 1


@compiled
def relink(tables: Tables, n_slots: int) -> None:
    """Link slots 0..n_slots again, oldest first, into empty `heads` of another size."""
    keys = np.empty(N_CHAINS, np.uint32)
    for slot in range(n_slots):
        for chain in range(N_CHAINS):
            keys[chain] = np.uint32(tables.nodes[slot, chain] & np.uint64(0xFFFFFFFF))
        _link(tables, slot, keys)


@compiled
def close_up(tables: Tables, into: Tables, n_slots: int) -> int:
    """Move the live ones of slots 0..n_slots to the front of `into`, which may be `tables`; return how many.

    Their order stays. Links, cluster numbers and what lies behind them are the caller's to make anew.
    """
    n_live = 0
    into.starts[0] = 0
    for slot in range(n_slots):
        if tables.cluster[slot] < 0:
            continue
        begin, end = tables.starts[slot], tables.starts[slot + 1]
        at = into.starts[n_live]
        for k in range(end - begin):
            into.words[at + k] = tables.words[begin + k]
        for chain in range(N_CHAINS):
            into.nodes[n_live, chain] = tables.nodes[slot, chain]
        into.exact[n_live] = tables.exact[slot]
        into.cluster[n_live] = tables.cluster[slot]
        n_live += 1
        into.starts[n_live] = at + end - begin
    return n_live


@compiled
def _find_exact(tables: Tables, exact: np.uint64) -> int:
    key = np.uint32(exact >> np.uint64(32))
    node = tables.heads[N_BANDS, key & np.uint32(tables.heads.shape[1] - 1)]
    while node > 0:
        if tables.exact[node - 1] == exact and tables.cluster[node - 1] >= 0:
            return int(node - 1)
        node = np.int64(tables.nodes[node - 1, N_BANDS] >> np.uint64(32))
    return -1


class Tally(NamedTuple):
    """How many bands each slot shares with the text at hand: an open table, and the best of it."""

    slots: npt.NDArray[np.int64]  # [TALLY_SLOTS] slot + 1, 0 where free
    hits: npt.NDArray[np.int64]  # [TALLY_SLOTS]
    used: npt.NDArray[np.int64]  # places taken, so that clearing costs what filling did
    ranked: npt.NDArray[np.int64]  # [MAX_VERIFIED] slots with most hits, the older first among equals
    ranked_hits: npt.NDArray[np.int64]


@compiled
def empty_tally() -> Tally:
    """Return a tally of nothing."""
    return Tally(
        np.zeros(TALLY_SLOTS, np.int64),
        np.zeros(TALLY_SLOTS, np.int64),
        np.zeros(N_BANDS * MAX_CHAIN, np.int64),
        np.zeros(MAX_VERIFIED, np.int64),
        np.zeros(MAX_VERIFIED, np.int64),
    )


@compiled
def _count_shared_bands(tables: Tables, keys: MinHashes, tally: Tally) -> int:
    """Count the live slots that share bands with `keys`, the newest MAX_CHAIN of each band; return how many."""
    n_used = 0
    mask = np.uint32(tables.heads.shape[1] - 1)
    for band in range(N_BANDS):
        node = np.int64(tables.heads[band, keys[band] & mask])
        walked = 0
        while node > 0 and walked < MAX_CHAIN:
            entry = tables.nodes[node - 1, band]
            if np.uint32(entry & np.uint64(0xFFFFFFFF)) == keys[band] and tables.cluster[node - 1] >= 0:
                place = np.int64((np.uint64(node) * _MIX) >> np.uint64(40)) & (TALLY_SLOTS - 1)
                while tally.slots[place] != 0 and tally.slots[place] != node:
                    place = (place + 1) & (TALLY_SLOTS - 1)
                if tally.slots[place] == 0:
                    tally.slots[place] = node
                    tally.hits[place] = 0
                    tally.used[n_used] = place
                    n_used += 1
                tally.hits[place] += 1
                walked += 1
            node = np.int64(entry >> np.uint64(32))
    return n_used


@compiled
def _rank_candidates(tables: Tables, keys: MinHashes, tally: Tally) -> int:
    """Write the slots worth aligning to `tally.ranked` and return how many (at most MAX_VERIFIED)."""
    n_ranked = 0
    for k in range(_count_shared_bands(tables, keys, tally)):
        place = tally.used[k]
        slot, hits = tally.slots[place] - 1, tally.hits[place]
        tally.slots[place] = 0
        rank = n_ranked
        while rank > 0 and (
            tally.ranked_hits[rank - 1] < hits
            or (tally.ranked_hits[rank - 1] == hits and tally.ranked[rank - 1] > slot)
        ):
            if rank < MAX_VERIFIED:
                tally.ranked[rank] = tally.ranked[rank - 1]
                tally.ranked_hits[rank] = tally.ranked_hits[rank - 1]
            rank -= 1
        if rank < MAX_VERIFIED:
            tally.ranked[rank] = slot
            tally.ranked_hits[rank] = hits
            n_ranked = min(n_ranked + 1, MAX_VERIFIED)
    return n_ranked


@compiled
def _best_match(tables: Tables, mine: Words, candidates: Offsets, lookup: Lookup, rules: Rules) -> tuple[int, float]:
    """Return (slot, similarity) of the candidate most like `mine`, (-1, 0) where none is a copy."""
    best, best_slot = 0.0, -1
    fill_lookup(lookup, mine)
    for slot in candidates:
        if best >= FAIR and tables.cluster[slot] == tables.cluster[best_slot]:
            continue
        theirs = tables.words[tables.starts[slot] : tables.starts[slot + 1]]
        score = similarity(lookup, mine, theirs, rules)
        if score > best:
            best, best_slot = score, slot
        if best >= SURE:
            break
    clear_lookup(lookup, len(mine))
    return best_slot, best


@compiled
def _remember(tables: Tables, slot: int, cluster: int, signed: Signed, i: int) -> None:
    """Write text i of `signed` to the next free slot and link it."""
    mine = signed.words[signed.starts[i] : signed.starts[i + 1]]
    begin = tables.starts[slot]
    tables.starts[slot + 1] = begin + len(mine)
    tables.words[begin : begin + len(mine)] = mine
    tables.exact[slot] = signed.exact[i]
    tables.cluster[slot] = cluster
    tables.n_representatives[cluster] += 1
    keys = np.empty(N_CHAINS, np.uint32)
    _write_keys(signed.exact[i], signed.minhash[i], keys)
    _link(tables, slot, keys)


@compiled
def remember_all(tables: Tables, n_slots: int, clusters: npt.NDArray[np.int32], signed: Signed) -> None:
    """Write texts whose clusters are known, in order, without asking."""
    for i in range(len(clusters)):
        _remember(tables, n_slots + i, clusters[i], signed, i)


@compiled
def assign(tables: Tables, n_slots: int, n_clusters: int, signed: Signed, rules: Rules) -> Assigned:
    """Assign texts one after another.

    `tables` must have room for every text to found a cluster of its own.
    """
    n = len(signed.exact)
    found = np.empty(n, np.int32)
    alike = np.zeros(n, np.float32)
    kept = np.zeros(n, np.bool_)
    keys = np.empty(N_CHAINS, np.uint32)
    tally = empty_tally()
    lookup = empty_lookup()
    for i in range(n):
        mine = signed.words[signed.starts[i] : signed.starts[i + 1]]
        if len(mine) == 0:
            found[i] = -1
            continue
        same = _find_exact(tables, signed.exact[i])
        if same >= 0:
            found[i] = tables.cluster[same]
            alike[i] = 1.0
            continue
        _write_keys(signed.exact[i], signed.minhash[i], keys)
        candidates = tally.ranked[: _rank_candidates(tables, keys, tally)]
        slot, best = _best_match(tables, mine, candidates, lookup, rules)
        if slot < 0:
            found[i] = n_clusters
            n_clusters += 1
            kept[i] = True
        else:
            found[i] = tables.cluster[slot]
            alike[i] = best
            has_room = tables.n_representatives[found[i]] < rules.max_representatives
            kept[i] = best < rules.diverse and has_room
        if kept[i]:
            _remember(tables, n_slots, found[i], signed, i)
            n_slots += 1
    return Assigned(found, alike, kept, n_clusters)


@compiled
def find_all(tables: Tables, signed: Signed, rules: Rules) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return for each text the cluster that it is a copy of, -1 for none, and how alike; nothing is remembered."""
    n = len(signed.exact)
    found = np.full(n, -1, np.int32)
    alike = np.zeros(n, np.float32)
    keys = np.empty(N_CHAINS, np.uint32)
    tally = empty_tally()
    lookup = empty_lookup()
    for i in range(n):
        mine = signed.words[signed.starts[i] : signed.starts[i + 1]]
        if len(mine) == 0:
            continue
        same = _find_exact(tables, signed.exact[i])
        if same >= 0:
            found[i] = tables.cluster[same]
            alike[i] = 1.0
            continue
        _write_keys(signed.exact[i], signed.minhash[i], keys)
        candidates = tally.ranked[: _rank_candidates(tables, keys, tally)]
        slot, best = _best_match(tables, mine, candidates, lookup, rules)
        if slot >= 0:
            found[i] = tables.cluster[slot]
            alike[i] = best
    return found, alike


@compiled
def kept_keys(signed: Signed) -> Offsets:
    """Return int64 [n, N_KEPT_KEYS]: every other band's key and that of all words, each with its chain above it."""
    n = len(signed.exact)
    out = np.empty((n, N_KEPT_KEYS), np.int64)
    keys = np.empty(N_CHAINS, np.uint32)
    for i in range(n):
        _write_keys(signed.exact[i], signed.minhash[i], keys)
        for k in range(N_KEPT_KEYS):
            chain = N_BANDS if k == N_KEPT_KEYS - 1 else 2 * k
            out[i, k] = (np.int64(chain) << np.int64(32)) | np.int64(keys[chain])
    return out


@compiled
def sharing_most(keys: Offsets, known: Offsets, owners: Offsets, most: int) -> Offsets:
    """Return for each text those who own most of its keys, int64 [n, most], of equal ones the largest; -1 for none.

    A key that m own counts for 1 / m: what few have tells more than what a hundred chain letters begin with.

    `keys` is int64 [n, k], no text with one of them twice; `owners[i]`, 0 or more and below 2^50, owns the key
    `known[i]`, and `known` rises.
    """
    n, k = keys.shape
    out = np.full((n, most), -1, np.int64)
    begins = np.searchsorted(known, keys.reshape(-1)).reshape(n, k)
    ends = np.searchsorted(known, keys.reshape(-1), side="right").reshape(n, k)
    best = np.empty(most, np.int64)  # what the keys of the owner in that place count for
    for i in range(n):
        sharing = np.empty((ends[i] - begins[i]).sum(), np.int64)
        n_sharing = 0
        for j in range(k):
            counts_for = KEY_WEIGHT // max(1, ends[i, j] - begins[i, j])
            for place in range(begins[i, j], ends[i, j]):
                sharing[n_sharing] = (owners[place] << KEY_WEIGHT_BITS) | counts_for
                n_sharing += 1
        sharing.sort()
        best[:] = 0
        first = n_sharing
        while first > 0:  # from the largest owner down, so that of equal ones the larger stays in front
            owner = sharing[first - 1] >> KEY_WEIGHT_BITS
            weight = 0
            while first > 0 and sharing[first - 1] >> KEY_WEIGHT_BITS == owner:
                weight += sharing[first - 1] & ((1 << KEY_WEIGHT_BITS) - 1)
                first -= 1
            at = most
            while at > 0 and weight > best[at - 1]:
                at -= 1
            for behind in range(most - 1, at, -1):
                best[behind], out[i, behind] = best[behind - 1], out[i, behind - 1]
            if at < most:
                best[at], out[i, at] = weight, owner
    return out
