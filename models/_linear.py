"""Compiled kernels of the linear models: logits, probabilities, and the words that move them.

`models.linear` and `models.linear_moderator` say what they mean; `table` is the table of their weights.
"""

import math
from typing import Any, Final

import numpy as np

from data._compiled import compiled
from data._plain_text import HARD, clean, room_for
from models._ngrams import AT, BLANK, FNV_OFFSET, FNV_PRIME, NINE, ZERO, Shape, collect
from models.calibration import LARGEST_LOGIT
from models.explain import SMALLEST_SHARE
from models.score import DECLARED_HOAX_SHARE

COUNTS: Final = 4  # of one text that was read: its bytes, its words, how many of them lead, are they rounded
_ROUNDED_TO: Final = 1e4
_NEAR_A_HALF: Final = 1e-6


@compiled
def logits_of(
    content: Any,
    offsets: Any,
    shape: Shape,
    table: Any,
    found: Any,
    owners: Any,
    seen: Any,
    logits: Any,
    n_words: Any,
) -> None:  # pragma: no cover - compiled
    for row in range(offsets.size - 1):
        n, words = collect(content, offsets[row], offsets[row + 1], shape, found, owners, seen)
        total = 0.0
        squared_length = 0.0
        for at in range(n):
            total += table[found[at], 0]
            squared_length += table[found[at], 1]
        logits[row] = total / np.sqrt(squared_length) if squared_length > 0.0 else 0.0
        n_words[row] = words


@compiled
def _collected(content: Any, shape: Shape) -> tuple[Any, Any, int]:  # pragma: no cover - compiled
    """One cleaned text's distinct buckets and their owners, as `collect` writes them, and its words."""
    char_min, char_max, _ = shape
    ceiling = (content.size + 2) * (char_max - char_min + 1) + content.size + 2
    slots = 16
    while slots < 2 * ceiling:
        slots *= 2
    room = np.empty(2 * ceiling + slots, np.int32)
    found, owners = room[:ceiling], room[ceiling : 2 * ceiling]
    n, words = collect(content, 0, content.size, shape, found, owners, room[2 * ceiling :])
    return found[:n], owners[:n], words


@compiled
def explained(content: Any, shape: Shape, table: Any) -> tuple[float, Any]:  # pragma: no cover
    """One text's logit, and its share for each word: characters go to their word, a pair to both, half each."""
    found, owners, words = _collected(content, shape)
    by_word = np.zeros(words)
    word, own = 0, 0.0  # what a word has so far is kept at hand: to add each n-gram in memory waits for the last one
    total = 0.0
    squared_length = 0.0
    for at in range(found.size):
        weight = table[found[at], 0]
        total += weight
        squared_length += table[found[at], 1]
        owner = owners[at]
        if owner == word:
            own += weight
            continue
        if owner < 0:
            by_word[-owner] += weight / 2
            by_word[-owner - 1] += weight / 2
            continue
        by_word[word] += own
        word, own = owner, weight
    if words:
        by_word[word] += own
    if squared_length == 0.0:
        return 0.0, by_word
    length = np.sqrt(squared_length)
    return total / length, by_word / length


@compiled
def logit_of_one(content: Any, shape: Shape, table: Any) -> tuple[float, int]:  # pragma: no cover
    """One cleaned text's logit and words, in memory of its own."""
    found, _, words = _collected(content, shape)
    total = 0.0
    squared_length = 0.0
    for bucket in found:
        total += table[bucket, 0]
        squared_length += table[bucket, 1]
    return (total / np.sqrt(squared_length) if squared_length > 0.0 else 0.0), words


@compiled
def probability_of_raw(
    raw: Any, kinds: Any, slots: Any, spellings: Any, shape: Shape, table: Any, line: Any, p_hoax: Any
) -> bool:  # pragma: no cover - compiled
    """Write one raw text's probability; false where it has to be cleaned first."""
    room = np.empty(room_for(len(raw)), np.uint8)
    size = clean(raw, kinds, slots, spellings, room)
    if size != HARD:
        logit, n_words = logit_of_one(room[:size], shape, table)
        p_hoax[0] = _p_hoax(logit, n_words, line)
    return bool(size != HARD)


@compiled
def probability_of_cleaned(
    cleaned: Any, shape: Shape, table: Any, line: Any, p_hoax: Any
) -> None:  # pragma: no cover - compiled
    """Write one cleaned text's probability."""
    logit, n_words = logit_of_one(np.frombuffer(cleaned, np.uint8), shape, table)
    p_hoax[0] = _p_hoax(logit, n_words, line)


@compiled
def _p_hoax(logit: float, n_words: int, line: Any) -> float:  # pragma: no cover - compiled
    """What `Platt.probability` gives, of a line of bias, slope, offset and the fewest words that are judged."""
    if n_words < line[3]:
        return DECLARED_HOAX_SHARE
    calibrated = line[1] * (logit + line[0]) + line[2]
    return 1.0 / (1.0 + math.exp(-min(max(calibrated, -LARGEST_LOGIT), LARGEST_LOGIT)))


@compiled
def read_raw(
    raw: Any,
    kinds: Any,
    slots: Any,
    spellings: Any,
    shape: Shape,
    table: Any,
    line: Any,
    room: Any,
    counts: Any,
    weights: Any,
) -> bool:  # pragma: no cover - compiled
    """Clean into `room` and read as `read_words` does; false where the text has to be cleaned first."""
    size = clean(raw, kinds, slots, spellings, room)
    if size != HARD:
        read_words(room[:size], shape, table, line, counts, weights)
    return bool(size != HARD)


@compiled
def read_words(
    content: Any, shape: Shape, table: Any, line: Any, counts: Any, weights: Any
) -> None:  # pragma: no cover - compiled
    """Read one cleaned text, with the distinct words that weigh most, heaviest first.

    `weights` (1 + n) gets the probability and each word's weight, rounded. `counts` (COUNTS + 2 n) gets the bytes, the
    words, how many words lead, whether all their weights could be rounded here, and where each begins and ends.
    """
    logit, by_word = explained(content, shape, table)
    weights[0] = _p_hoax(logit, by_word.size, line)
    counts[0], counts[1] = content.size, by_word.size
    counts[2] = _lead(content, by_word * line[1], counts[COUNTS:], weights[1:])
    counts[3] = 1
    for place in range(1, 1 + counts[2]):
        weights[place], is_sure = _rounded(weights[place])
        counts[3] &= is_sure


@compiled
def _rounded(weight: float) -> tuple[float, bool]:  # pragma: no cover - compiled
    """A weight with the decimals that are told, as `round` gives it; itself where only exact decimals could tell."""
    scaled = weight * _ROUNDED_TO
    below = math.floor(scaled)
    if abs(scaled - below - 0.5) < _NEAR_A_HALF:
        return weight, False
    return (below + (scaled - below > 0.5)) / _ROUNDED_TO, True


@compiled
def _lead(content: Any, by_word: Any, spans: Any, weights: Any) -> int:  # pragma: no cover - compiled
    """Fill in the distinct words that weigh most, heaviest first: first byte and end in `spans`, and their weights.

    Of equally heavy ones the first in the alphabet goes first, and one that explains nothing goes nowhere. Returns how
    many were filled in.
    """
    distinct = np.empty((by_word.size, 2), np.int64)
    sums = np.zeros(by_word.size)
    n_leading = 0
    for row in range(_distinct(content, by_word, distinct, sums)):
        weight = sums[row]
        if abs(weight) < SMALLEST_SHARE:
            continue
        start, end = distinct[row, 0], distinct[row, 1]
        place = n_leading
        while place > 0 and (
            abs(weight) > abs(weights[place - 1])
            or (
                abs(weight) == abs(weights[place - 1])
                and _is_earlier(content, start, end, spans[2 * place - 2], spans[2 * place - 1])
            )
        ):
            if place < weights.size:
                weights[place] = weights[place - 1]
                spans[2 * place], spans[2 * place + 1] = spans[2 * place - 2], spans[2 * place - 1]
            place -= 1
        if place < weights.size:
            weights[place], spans[2 * place], spans[2 * place + 1] = weight, start, end
            n_leading = min(n_leading + 1, weights.size)
    return n_leading


@compiled
def _distinct(content: Any, by_word: Any, spans: Any, sums: Any) -> int:  # pragma: no cover - compiled
    """Write the bytes of each distinct word that counts, and the sum of its shares; return how many there are."""
    slots = 16
    while slots < 2 * by_word.size:
        slots *= 2
    rows = np.full(slots, -1, np.int64)
    hashes = np.empty(by_word.size, np.uint64)
    n = word = at = 0
    while at < content.size:
        start = at
        is_number = True
        hashed = FNV_OFFSET
        while at < content.size and content[at] != BLANK:
            hashed = (hashed ^ np.uint64(content[at])) * FNV_PRIME
            is_number = is_number and ZERO <= content[at] <= NINE
            at += 1
        end = at
        at += 1
        if end == start or is_number or content[start] == AT:
            continue
        slot = np.int64(hashed & np.uint64(slots - 1))
        while rows[slot] >= 0 and hashes[rows[slot]] != hashed:
            slot = (slot + 1) & (slots - 1)
        if rows[slot] < 0:
            rows[slot], hashes[n] = n, hashed
            spans[n, 0], spans[n, 1] = start, end
            n += 1
        sums[rows[slot]] += by_word[word]
        word += 1
    return n


@compiled
def _is_earlier(content: Any, start: int, end: int, begin: int, stop: int) -> Any:  # pragma: no cover - compiled
    """Whether a word comes before another in the alphabet."""
    for at in range(min(end - start, stop - begin)):
        if content[start + at] != content[begin + at]:
            return content[start + at] < content[begin + at]
    return end - start < stop - begin


@compiled
def label_logits(
    content: Any,
    offsets: Any,
    shape: Shape,
    table: Any,
    found: Any,
    owners: Any,
    seen: Any,
    logits: Any,
    n_words: Any,
) -> None:  # pragma: no cover - compiled
    n_labels = logits.shape[1]
    for row in range(offsets.size - 1):
        n, words = collect(content, offsets[row], offsets[row + 1], shape, found, owners, seen)
        logits[row] = 0.0
        squared_length = 0.0
        for at in range(n):
            for label in range(n_labels):
                logits[row, label] += table[found[at], label]
            squared_length += table[found[at], n_labels]
        if squared_length > 0.0:
            logits[row] /= np.sqrt(squared_length)
        n_words[row] = words
