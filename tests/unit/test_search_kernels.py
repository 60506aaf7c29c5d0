"""The compiled kernels of the search index beside a plain reading of what they say they do."""

from __future__ import annotations

import numpy as np
import pytest

from models import _search as lists_of
from models import _search_codes as codes
from models import _search_ranking as ranking
from models.search_query import saturation
from models.search_segment import Document, build

N = 40_000
DRAW = np.random.default_rng(7)
# Lists so thin that a step takes one, two and four bytes, and one document that most of them share.
LISTS = [np.unique(np.append(DRAW.choice(N, size, replace=False), N // 2)) for size in (20_000, 900, 130, 12)]
LISTS.append(np.array([3, N // 2, N - 1]))
TIMES = [DRAW.integers(0, 4, len(documents)) for documents in LISTS]
LENGTHS = DRAW.integers(1, 90, N).astype(np.uint8)
ALIVE = (DRAW.random(N) < 0.9).astype(np.uint8)
WEIGHTS = np.array([0.3, 1.0, 2.5, 4.0, 6.0], np.float32)
TABLE = saturation(45.0).ravel()


@pytest.fixture(scope="module")
def lists() -> lists_of.Lists:
    """Posting lists of documents that are far apart and near."""
    postings = np.concatenate([(d << 2 | t).astype(np.uint32) for d, t in zip(LISTS, TIMES, strict=True)])
    begins = np.concatenate([[0], np.cumsum([len(documents) for documents in LISTS])]).astype(np.int64)
    terms = np.arange(10, 60, 10, dtype=np.uint64)
    found = lists_of.Lists(terms, np.diff(begins).astype(np.int32), *lists_of.packed(begins, postings), LENGTHS)
    assert set(found.sizes.tolist()) == {1, 2, 4}
    for values in found:
        values.flags.writeable = False
    return found


def scores_by_hand() -> np.ndarray:
    """The score of every document, list by list."""
    scores = np.zeros(N, np.float32)
    for weight, documents, times in zip(WEIGHTS, LISTS, TIMES, strict=True):
        scores[documents] += weight * TABLE[times * 256 + LENGTHS[documents]]
    return scores


@pytest.mark.parametrize("k", [1, 10, 3_000, 50_000])
@pytest.mark.parametrize("ranges", [[(0, N)], [(131, 8_200), (19_999, 20_002), (39_000, N)], []])
def test_the_best_are_those_of_a_plain_sum(lists: lists_of.Lists, ranges: list[tuple[int, int]], k: int) -> None:
    """Bit for bit, in every range, the later document first among equals; a term that is not there says nothing."""
    question = ranking.Question(np.array([10, 20, 30, 40, 50, 60], np.uint64), np.append(WEIGHTS, np.float32(9)), TABLE)
    bounds = np.array(ranges, np.int32).reshape(-1, 2)
    documents, found = ranking.best(lists, question, ranking.Wanted(ALIVE, bounds, k, 0.0))
    scores = scores_by_hand()
    inside = np.zeros(N, np.bool_)
    for first, last in ranges:
        inside[first:last] = True
    wanted = np.flatnonzero((scores > 0) & (ALIVE > 0) & inside)
    expected = wanted[np.lexsort((-wanted, -scores[wanted]))][:k]
    assert documents.tolist() == expected.tolist()
    assert (found == scores[expected]).all()


def test_what_is_not_enough_is_left_out(lists: lists_of.Lists) -> None:
    """A score that is just enough stays, one below goes."""
    question = ranking.Question(np.arange(10, 60, 10, dtype=np.uint64), WEIGHTS, TABLE)
    bounds = np.array([[0, N]], np.int32)
    scores = scores_by_hand()[ALIVE > 0]
    least = float(np.sort(scores)[-25])
    _, found = ranking.best(lists, question, ranking.Wanted(ALIVE, bounds, 100, least))
    assert len(found) == (scores >= np.float32(least)).sum()
    assert found.min() == np.float32(least)


def test_every_variant_lies_behind_its_door() -> None:
    """The first bits of a hash lead to where the hashes with these bits stand."""
    spelled = build([Document(i, [f"kata{'abcdefghij'[i % 10]}{'klmno'[i // 10 % 5]}"]) for i in range(50)]).spellings
    bits = (len(spelled.doors) - 1).bit_length() - 1
    assert len(spelled.doors) == (1 << bits) + 1
    behind = np.repeat(np.arange(1 << bits), np.diff(spelled.doors))
    assert behind.tolist() == (spelled.variants >> np.uint32(32 - bits)).tolist()


# ---- vectors -----------------------------------------------------------------------------------------------------


def unit(n: int, seed: int, width: int = 128) -> np.ndarray:
    """Vectors of length one, around a centre of their own."""
    vectors = np.random.default_rng(seed).standard_normal((n, width)) + np.linspace(-1, 1, width)
    found: np.ndarray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return found


@pytest.mark.parametrize("n", [1, 63, 64, 5_000])
def test_codes_say_on_which_side_each_vector_lies(n: int) -> None:
    """Block by block, the last one filled up with nothing."""
    vectors = unit(n, 1)
    centre = vectors.mean(axis=0)
    found = codes.codes_of(vectors, centre)
    bits = np.unpackbits(found.transpose(0, 2, 1).copy().view(np.uint8), axis=2, bitorder="little")
    assert bits.reshape(-1, 128)[:n].tolist() == (vectors > centre).tolist()
    assert not bits.reshape(-1, 128)[n:].any()


@pytest.mark.parametrize("n", [60, 5_000, 20_031])
def test_candidates_are_those_whose_differing_bits_weigh_least(n: int) -> None:
    """As many as asked for and hardly more, and none is left out that weighs less than one that was taken."""
    narrow = 50
    vectors, query = unit(n, 2), unit(1, 3)[0]
    centre = vectors.mean(axis=0)
    found = codes.candidates(codes.codes_of(vectors, centre), n, codes.coded(query, centre), narrow)
    differing = (vectors > centre) != (query > centre)
    weights = differing @ np.floor(np.abs(query) * (15 / np.abs(query).max()) + 0.5)
    assert found.tolist() == np.flatnonzero(weights <= np.sort(weights)[narrow - 1]).tolist()
    assert narrow <= len(found) < narrow + 40


def test_products_are_sums_of_products() -> None:
    """Of the rows asked for, in the order asked for."""
    rows = DRAW.integers(-127, 128, (50, 384)).astype(np.int8)
    query = DRAW.integers(-2047, 2048, 384).astype(np.int16)
    places = np.array([7, 3, 49], np.int32)
    assert codes.products(rows, places, query).tolist() == (rows[places].astype(np.int64) @ query).tolist()
