"""Compiled kernels of `models.retrieval`: features of a document, the inverted index, and search in it.

A feature is a bucket: stems of words hash into the first half of the table, letter 4-grams into the second. A
document's weight in a bucket already holds both fields and all constants, so that a query is one sum over lists.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data._compiled import compiled

# Buckets of each half. Two of the some 400,000 4-grams of a library may share one; it moved no figure.
HALF = 1 << 20
N_BUCKETS = 2 * HALF
_GRAM = 4

# BM25 (Robertson and Zaragoza, 2009) with the usual constants.
_K1 = 1.2
_B = 0.75
# A word said many times in a query is not more of a question.
_MOST_REPEATS = 2

_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_BLANK = np.uint8(32)

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Buckets = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float32]


class Texts(NamedTuple):
    """n texts twice: as stems and as cleaned, each one buffer of UTF-8 with n + 1 offsets."""

    stems: Bytes
    stem_offsets: Offsets
    plain: Bytes
    plain_offsets: Offsets


class Blend(NamedTuple):
    """What each part of the score weighs; the words' and the letters' parts of one field lie in 0..1."""

    title_words: float
    all_words: float
    title_letters: float
    all_letters: float


class Postings(NamedTuple):
    """The inverted index: bucket b owns `documents[starts[b]:starts[b + 1]]` and their `weights`."""

    starts: Offsets
    documents: Buckets
    weights: Weights
    idf: Weights  # [N_BUCKETS]


@compiled
def _bucket(value: np.uint64) -> int:
    value = (value ^ (value >> np.uint64(29))) * _MIX
    return int(value >> np.uint64(44))


@compiled
def _add_words(text: Bytes, out: Buckets, n: int) -> int:
    """Write the bucket of each word from `out[n]` on and return the new n."""
    word = _FNV_OFFSET
    n_letters = 0
    for place in range(len(text) + 1):
        byte = text[place] if place < len(text) else _BLANK
        if byte != _BLANK:
            word = (word ^ np.uint64(byte)) * _FNV_PRIME
            n_letters += 1
        elif n_letters > 0:
            out[n] = _bucket(word)
            n += 1
            word = _FNV_OFFSET
            n_letters = 0
    return n


@compiled
def _add_letters(text: Bytes, out: Buckets, n: int) -> int:
    """Write the bucket of each 4-gram that lies in one word, its blanks included, and return the new n."""
    window = np.uint64(_BLANK)
    n_letters = 1
    for place in range(len(text) + 1):
        byte = text[place] if place < len(text) else _BLANK
        window = ((window << np.uint64(8)) | np.uint64(byte)) & np.uint64(0xFFFFFFFF)
        n_letters += 1
        is_short_word = byte == _BLANK and n_letters == _GRAM - 1
        if n_letters >= _GRAM or is_short_word:
            out[n] = HALF + _bucket(window * _FNV_PRIME)
            n += 1
        if byte == _BLANK:
            window = np.uint64(_BLANK)
            n_letters = 1
    return n


@compiled
def _features(texts: Texts, i: int, out: Buckets) -> int:
    """Write the buckets of text i, sorted, with repeats, and return how many (at most `most_features`)."""
    n = _add_words(texts.stems[texts.stem_offsets[i] : texts.stem_offsets[i + 1]], out, 0)
    n = _add_letters(texts.plain[texts.plain_offsets[i] : texts.plain_offsets[i + 1]], out, n)
    out[:n].sort()
    return n


@compiled
def _most_features(texts: Texts) -> int:
    """Return how many buckets the longest text can have."""
    most = 8
    for i in range(len(texts.stem_offsets) - 1):
        stems = texts.stem_offsets[i + 1] - texts.stem_offsets[i]
        plain = texts.plain_offsets[i + 1] - texts.plain_offsets[i]
        most = max(most, stems + plain + 8)
    return most


@compiled
def _count(texts: Texts) -> tuple[Buckets, Buckets, Offsets, Offsets]:
    """Return (bucket, repeats) of each text's features, where each text's begin, and words of each text."""
    n_texts = len(texts.stem_offsets) - 1
    room = np.empty(_most_features(texts), np.int32)
    buckets = np.empty(len(texts.stems) + len(texts.plain) + 8 * n_texts + 8, np.int32)
    repeats = np.empty_like(buckets)
    starts = np.zeros(n_texts + 1, np.int64)
    n_words = np.zeros(n_texts, np.int64)
    n = 0
    for i in range(n_texts):
        n_features = _features(texts, i, room)
        for k in range(n_features):
            if k > 0 and room[k] == room[k - 1]:
                repeats[n - 1] += 1
            else:
                buckets[n] = room[k]
                repeats[n] = 1
                n += 1
            n_words[i] += room[k] < HALF
        starts[i + 1] = n
    return buckets[:n].copy(), repeats[:n].copy(), starts, n_words


@compiled
def _inverse_frequencies(buckets: Buckets, n_documents: int) -> tuple[Offsets, Weights]:
    """Return documents a bucket and its idf: BM25's for words, the smoothed one of TF-IDF for letters."""
    counts = np.zeros(N_BUCKETS, np.int64)
    for bucket in buckets:
        counts[bucket] += 1
    idf = np.empty(N_BUCKETS, np.float32)
    for bucket in range(N_BUCKETS):
        count = counts[bucket]
        if bucket < HALF:
            idf[bucket] = np.log(1.0 + (n_documents - count + 0.5) / (count + 0.5))
        else:
            idf[bucket] = np.log((1.0 + n_documents) / (1.0 + count)) + 1.0
    return counts, idf


@compiled
def _field_weights(
    counted: tuple[Buckets, Buckets, Offsets, Offsets], idf: Weights, words: float, letters: float
) -> Weights:
    """Return what each counted feature adds to the score of its document, per unit of query weight."""
    buckets, repeats, starts, n_words = counted
    weights = np.empty(len(buckets), np.float32)
    mean_words = max(n_words.mean(), 1.0)
    for i in range(len(starts) - 1):
        norm = 0.0
        for k in range(starts[i], starts[i + 1]):
            if buckets[k] >= HALF:
                weights[k] = (1.0 + np.log(repeats[k])) * idf[buckets[k]]
                norm += weights[k] ** 2
            else:
                saturation = _K1 * (1.0 - _B + _B * n_words[i] / mean_words)
                weights[k] = words * idf[buckets[k]] * repeats[k] / (repeats[k] + saturation)
        norm = letters / np.sqrt(norm) if norm > 0.0 else 0.0
        for k in range(starts[i], starts[i + 1]):
            if buckets[k] >= HALF:
                weights[k] *= norm
    return weights


@compiled
def build(titles: Texts, both: Texts, blend: Blend) -> Postings:
    """Index n documents, given by their titles and by title and text together."""
    in_title, in_both = _count(titles), _count(both)
    n_documents = len(titles.stem_offsets) - 1
    counts, idf = _inverse_frequencies(in_both[0], n_documents)
    title_weights = _field_weights(in_title, idf, blend.title_words, blend.title_letters)
    weights = _field_weights(in_both, idf, blend.all_words, blend.all_letters)
    starts = np.zeros(N_BUCKETS + 1, np.int64)
    starts[1:] = np.cumsum(counts)
    filled = starts[:-1].copy()
    documents = np.empty(starts[-1], np.int32)
    listed = np.empty(starts[-1], np.float32)
    for i in range(n_documents):
        t = in_title[2][i]
        for k in range(in_both[2][i], in_both[2][i + 1]):
            bucket = in_both[0][k]
            weight = weights[k]
            # Both lists are sorted, and what is in the title is in both.
            if t < in_title[2][i + 1] and in_title[0][t] == bucket:
                weight += title_weights[t]
                t += 1
            documents[filled[bucket]] = i
            listed[filled[bucket]] = weight
            filled[bucket] += 1
    return Postings(starts, documents, listed, idf)


@compiled
def _query_weights(buckets: Buckets, repeats: Buckets, idf: Weights) -> Weights:
    """Return the query's weights, so that a document that says exactly this has a score of about one a part."""
    weights = np.empty(len(buckets), np.float32)
    words = letters = 0.0
    for k in range(len(buckets)):
        if buckets[k] < HALF:
            weights[k] = min(repeats[k], _MOST_REPEATS)
            words += weights[k] * idf[buckets[k]]
        else:
            weights[k] = (1.0 + np.log(repeats[k])) * idf[buckets[k]]
            letters += weights[k] ** 2
    for k in range(len(buckets)):
        weights[k] /= words if buckets[k] < HALF else np.sqrt(letters)
    return weights


@compiled
def _accumulate(postings: Postings, buckets: Buckets, weights: Weights, most_postings: int, scores: Weights) -> None:
    """Add the query's lists to `scores`, the most telling first, until `most_postings` entries were read."""
    telling = np.empty(len(buckets), np.float32)
    for k in range(len(buckets)):
        telling[k] = -weights[k] * postings.idf[buckets[k]] if buckets[k] < HALF else -weights[k]
    n_read = 0
    for k in np.argsort(telling):
        begin, end = postings.starts[buckets[k]], postings.starts[buckets[k] + 1]
        n_read += end - begin
        if n_read > most_postings:
            break
        weight = weights[k]
        for place in range(begin, end):
            scores[postings.documents[place]] += weight * postings.weights[place]


@compiled
def _best(scores: Weights, documents: Buckets, values: Weights) -> None:
    """Write the documents with the highest scores, the first added first among equals; -1 where none is left."""
    k = len(documents)
    n = 0
    for document in range(len(scores)):
        score = scores[document]
        if score <= 0.0 or (n == k and score <= values[k - 1]):
            continue
        rank = min(n, k - 1)
        while rank > 0 and values[rank - 1] < score:
            documents[rank] = documents[rank - 1]
            values[rank] = values[rank - 1]
            rank -= 1
        documents[rank] = document
        values[rank] = score
        n = min(n + 1, k)
    documents[n:] = -1
    values[n:] = 0.0


@compiled
def search(
    postings: Postings, n_documents: int, queries: Texts, k: int, most_postings: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return documents [n, k] and scores [n, k], best first; -1 and 0 where fewer share anything with the query."""
    buckets, repeats, starts, _ = _count(queries)
    n = len(starts) - 1
    documents = np.empty((n, k), np.int32)
    values = np.empty((n, k), np.float32)
    scores = np.empty(n_documents, np.float32)
    for i in range(n):
        scores[:] = 0.0
        mine = buckets[starts[i] : starts[i + 1]]
        weights = _query_weights(mine, repeats[starts[i] : starts[i + 1]], postings.idf)
        _accumulate(postings, mine, weights, most_postings, scores)
        _best(scores, documents[i], values[i])
    return documents, values
