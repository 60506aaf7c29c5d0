"""The search index: ranking as a plain reading of the formula gives it, slips, files that survive, nearest vectors."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models import _search as kernels
from models._search_words import Said, gather, idf, is_neighbour, nothing_near
from models.search_files import TornFileError, check, map_arrays, write_arrays
from models.search_index import MANIFEST, REBUILDING, IndexBusyError, Reader, Writer, abandon, locked
from models.search_query import K1, B, Searchable, Shard
from models.search_segment import Document, Segment, build, from_arrays, merged, packed_words
from models.search_text import Terms, term_of, words_of
from models.search_vectors import joined, nearest, part_of

# Long enough to have neighbours, and some of them are.
VOCABULARY = [
    "beras",
    "beran",
    "kebas",
    "gempa",
    "gemba",
    "banjir",
    "banjiir",
    "pasar",
    "pusar",
    "air",
    "kuota",
    "kouta",
]
WORDS = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=12)
CORPUS = st.lists(WORDS, min_size=1, max_size=30)


# The first example may wait for the compiler.
COMPILED = settings(deadline=None)


def whole(documents: list[Document]) -> Searchable:
    """One segment of documents that all stand."""
    segment = build(documents)
    return Searchable([Shard(segment, np.ones(len(segment), np.uint8))])


def distance(a: str, b: str) -> int:
    """Letters more, less, other, or two neighbours swapped, by the textbook's table (optimal string alignment)."""
    table = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


# ---- ranking -----------------------------------------------------------------------------------------------------


def by_hand(corpus: list[list[str]], weights: dict[str, float]) -> dict[int, float]:
    """Score documents by the formula, word by word."""
    mean = sum(map(len, corpus)) / len(corpus)
    scores: dict[int, float] = {}
    for number, words in enumerate(corpus):
        said = Counter(map(term_of, words))
        norm = K1 * (1 - B + B * len(words) / max(mean, 1.0))
        score = sum(
            weight * min(said[term], 4) * (K1 + 1) / (min(said[term], 4) + norm)
            for term, weight in weights.items()
            if said[term]
        )
        if score:
            scores[number] = score
    return scores


@COMPILED
@given(CORPUS, WORDS)
def test_scores_are_those_of_the_formula(corpus: list[list[str]], question: list[str]) -> None:
    """Whatever is asked of whatever texts, documents, scores and order are those of a plain reading."""
    found = whole([Document(i, words) for i, words in enumerate(corpus)]).search(" ".join(question), 100)
    expected = by_hand(corpus, dict(found.terms().weights))
    assert set(found.refs.tolist()) == set(expected)
    assert found.scores.tolist() == pytest.approx([expected[ref] for ref in found.refs.tolist()], rel=1e-4)
    assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)


@COMPILED
@given(CORPUS, WORDS, st.integers(2, 5))
def test_segments_together_answer_as_one(corpus: list[list[str]], question: list[str], n: int) -> None:
    """Where a document lies changes no score."""
    documents = [Document(i, words) for i, words in enumerate(corpus)]
    parts = [build(documents[start::n]) for start in range(n)]
    apart = Searchable([Shard(part, np.ones(len(part), np.uint8)) for part in parts])
    together = whole(documents).search(" ".join(question), 100)
    found = apart.search(" ".join(question), 100)
    assert dict(zip(found.refs.tolist(), found.scores.tolist(), strict=True)) == pytest.approx(
        dict(zip(together.refs.tolist(), together.scores.tolist(), strict=True)), rel=1e-5
    )


@COMPILED
@given(CORPUS, st.data())
def test_merging_keeps_what_stands_and_nothing_else(corpus: list[list[str]], data: st.DataObject) -> None:
    """A merged segment is the segment that the documents which stand would have made."""
    documents = [Document(i, words) for i, words in enumerate(corpus)]
    stands = data.draw(st.lists(st.booleans(), min_size=len(corpus), max_size=len(corpus)))
    parts = [build(documents[start::2]) for start in (0, 1)]
    masks = [np.array([stands[ref] for ref in part.refs], np.uint8) for part in parts]
    fresh = merged(parts, masks)
    expected = build(document for document, is_there in zip(documents, stands, strict=True) if is_there)
    assert fresh.refs.tolist() == expected.refs.tolist()
    assert fresh.prints.tolist() == expected.prints.tolist()
    assert fresh.lists.lengths.tolist() == expected.lists.lengths.tolist()
    n = {int(term): int(count) for term, count in zip(fresh.lists.terms, fresh.lists.counts, strict=True) if count}
    assert n == {int(term): int(count) for term, count in zip(expected.lists.terms, expected.lists.counts, strict=True)}
    for question in VOCABULARY:
        ones = np.ones(len(fresh), np.uint8)
        found = Searchable([Shard(fresh, ones)]).search(question, 50)
        assert found.refs.tolist() == whole(documents_of(expected, documents)).search(question, 50).refs.tolist()


def documents_of(segment, documents: list[Document]) -> list[Document]:
    """The documents of a segment."""
    return [documents[ref] for ref in segment.refs.tolist()]


def test_long_lists_are_packed_and_unpacked_exactly() -> None:
    """Lists of many blocks, with gaps of every width, come back as they were."""
    draw = random.Random(3)
    rows = [sorted(draw.sample(range(1 << width), min(700, 1 << width))) for width in (1, 7, 12, 20, 29)]
    postings = np.concatenate([np.array(row, np.uint32) * 4 + np.arange(len(row), dtype=np.uint32) % 4 for row in rows])
    begins = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    blocks, firsts, sizes, places, out = kernels.packed(begins, postings)
    lists = kernels.Lists(
        np.arange(5, dtype=np.uint64), np.diff(begins).astype(np.int32), blocks, firsts, sizes, places, out,
        np.zeros(1, np.uint8),
    )  # fmt: skip
    assert (kernels.unpack_all(lists) == postings).all()


def test_a_search_among_some_is_the_whole_search_without_the_others() -> None:
    """References outside the ranges, and documents that are gone, are as if they were not there."""
    draw = random.Random(5)
    documents = [Document(i, draw.choices(VOCABULARY, k=8)) for i in range(50_000)]
    segment = build(documents)
    alive = np.array([i % 3 > 0 for i in range(50_000)], np.uint8)
    some = Searchable([Shard(segment, alive)])
    ranges = [(100, 20_000), (33_000, 33_500)]
    found = some.search("gempa kuota", 500, ranges).refs.tolist()
    everything = whole(documents).search("gempa kuota", 50_000).refs.tolist()
    inside = [ref for ref in everything if alive[ref] and any(first <= ref < last for first, last in ranges)]
    assert found == inside[:500]


def test_the_newer_of_equals_comes_first() -> None:
    """References rise with time, so ties are broken by them."""
    found = whole([Document(i, ["gempa", "besar"]) for i in range(5)]).search("gempa", 3)
    assert found.refs.tolist() == [4, 3, 2]


def test_a_rare_word_is_worth_more_and_none_is_worth_less_than_nothing() -> None:
    """The formula's own promise, for every count."""
    worth = [idf(1000, count) for count in range(1, 1001)]
    assert worth == sorted(worth, reverse=True)
    assert worth[-1] > 0


# ---- slips -------------------------------------------------------------------------------------------------------

LETTERS = st.text(alphabet="abcd", min_size=1, max_size=7)


@COMPILED
@given(LETTERS, LETTERS)
def test_neighbours_are_words_one_slip_apart(a: str, b: str) -> None:
    """The kernel agrees with the textbook's table about which words are one slip apart."""
    first, second = (np.frombuffer(word.encode(), np.uint8) for word in (a, b))
    assert (is_neighbour(first, second) or a == b) == (distance(a, b) <= 1)


def neighbours_of(segment: Segment, word: str) -> list[int]:
    """The spellings that a segment has one slip from a word, of each term that in most documents."""
    letters, starts = packed_words([word])
    said = Said(
        letters, starts, np.zeros(1, np.uint64), np.ones(1, np.int64), *kernels.variants(letters, starts)
    )  # fmt: skip
    near = nothing_near(1, 1000, 1)
    gather(segment.lists, segment.spellings, 0, said, near)
    return [int(spelling) for _, spelling in near.spelled[0, : near.filled[0]]]


@COMPILED
@given(st.sets(st.text(alphabet="abcd", min_size=4, max_size=7), min_size=1, max_size=40), LETTERS)
@example({"aaaa"}, "aaaa")
def test_every_neighbour_in_the_vocabulary_is_found(vocabulary: set[str], word: str) -> None:
    """Looking up by variants misses none, brings none that is further away, and leaves out the word itself."""
    segment = build([Document(i, [other]) for i, other in enumerate(sorted(vocabulary))])
    owners = neighbours_of(segment, word)
    spelled = segment.spellings
    found = {spelled.letters[spelled.starts[owner] : spelled.starts[owner + 1]].tobytes().decode() for owner in owners}
    near = {other for other in vocabulary if distance(word, other) == 1} if len(word) >= 4 else set()
    assert {term_of(one) for one in found} == {term_of(one) for one in near}


@pytest.mark.parametrize(
    "question",
    [
        "beras plastik sukaraya",
        "brras plstik",
        "BERAAASSS PLASTIK!!",
        "b3ras pl4stik",
        "berasnya plastik",
        "bears plastki",
    ],
    ids=["plain", "letters less", "held down", "digits", "affix", "swapped"],
)
def test_what_was_meant_is_found(question: str) -> None:
    """However it is typed."""
    texts = ["Beras bantuan di Sukaraya bercampur plastik", "Gempa di Lamtira", "Pasar Wanasari pindah"]
    found = whole([Document(i, words_of(text)) for i, text in enumerate(texts)]).search(question, 5)
    assert found.refs.tolist() == [0]


def test_slang_is_its_standard_word() -> None:
    """Chat spelling is cleaned on both sides, as everywhere else."""
    found = whole([Document(0, words_of("kuota gratis untuk semua orang")), Document(1, words_of("gempa"))])
    assert found.search("quota grtis utk smua org", 5).refs.tolist() == [0]


def test_numbers_have_no_neighbours() -> None:
    """2024 is not 2023 with a slip."""
    found = whole([Document(0, ["2023"]), Document(1, ["2024"])]).search("2024", 5)
    assert found.refs.tolist() == [1]


@pytest.mark.parametrize("question", ["", "yang di dan", "🔥🔥", "\ud800", "a" * 100_000, "' OR 1=1 --"])
def test_any_question_is_answered(question: str) -> None:
    """No string breaks a search."""
    assert whole([Document(0, ["beras"])]).search(question, 5).refs.tolist() == []
    assert Searchable([]).search(question, 5).refs.tolist() == []


# ---- marking -----------------------------------------------------------------------------------------------------


@COMPILED
@given(st.text(max_size=400), st.integers(20, 200))
def test_parts_are_a_stretch_of_the_text(text: str, room: int) -> None:
    """Nothing is made up: without the ellipses the parts are one piece of the text."""
    parts = Terms({"beras": 1.0}).parts(text, room)
    joined_parts = "".join(part.text for part in parts).removeprefix("… ").removesuffix(" …")
    assert joined_parts in text


def test_the_stretch_with_most_hits_is_shown_and_hits_are_marked() -> None:
    """Far down a long text, in any spelling."""
    text = "beras mahal. " + "kata lain " * 200 + "BERAS plastik dan brass beras " + "akhir " * 100
    parts = Terms({"beras": 2.0, "plastik": 3.0}).parts(text, 60)
    assert [part.text for part in parts if part.is_hit] == ["BERAS", "plastik", "beras"]
    assert parts[0].text.startswith("… ")
    assert parts[-1].text.endswith(" …")


# ---- files -------------------------------------------------------------------------------------------------------


def said(number: int) -> Document:
    """A document that says its own number in letters, and one word that all say."""
    return Document(number, ["kabar", "".join(chr(97 + int(digit)) for digit in f"{number:04d}")])


def refs(view) -> list[int]:
    """Every document of a view."""
    return sorted(view.searchable().search("kabar", 10_000).refs.tolist())


STEPS = st.lists(
    st.tuples(st.sets(st.integers(0, 30), max_size=6), st.sets(st.integers(0, 30), max_size=3), st.booleans()),
    max_size=6,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_comes_and_goes_the_index_holds_what_stands(tmp_path_factory, steps) -> None:
    """Adding, removing, merging and opening again, in any order, against a plain dictionary."""
    folder = tmp_path_factory.mktemp("index")
    writer, reader, standing = Writer(folder), Reader(folder), set()
    for n, (added, removed, is_reopened) in enumerate(steps):
        writer.add(said(number) for number in added)
        writer.remove(removed)
        standing = (standing | added) - removed
        writer.commit({"n": n})
        writer.tidy()
        if is_reopened:
            writer = Writer(folder)
        view = reader.view()
        assert refs(view) == sorted(standing)
        assert view.state == {"n": n}
        assert len(writer) == len(standing)
        assert writer.holds(list(range(31))) == [number in standing for number in range(31)]


def test_many_small_segments_become_few(tmp_path: Path) -> None:
    """Four of a size are merged, and what nobody names any more is removed from the folder."""
    writer = Writer(tmp_path)
    for number in range(70):
        writer.add([said(number)])
        writer.commit({})
        writer.tidy()
    assert writer.n_segments < 16
    assert len(list(tmp_path.glob("*.segment"))) == writer.n_segments
    assert refs(Reader(tmp_path).view()) == list(range(70))


def test_a_reader_keeps_what_it_sees_while_files_go(tmp_path: Path) -> None:
    """A view that was taken before a merge answers as before; the next view sees the new files."""
    writer, reader = Writer(tmp_path), Reader(tmp_path)
    for number in range(7):
        writer.add([said(number)])
        writer.commit({})
    before = reader.view()
    writer.add([said(7)])
    writer.remove([0])
    writer.commit({})
    writer.tidy()
    assert refs(before) == list(range(7))
    assert refs(reader.view()) == list(range(1, 8))


def test_a_torn_file_is_noticed(tmp_path: Path) -> None:
    """A byte more, less or other."""
    stamp = write_arrays(tmp_path / "a.segment", {"x": np.arange(100)})
    check(tmp_path, stamp)
    assert map_arrays(tmp_path / "a.segment")["x"].tolist() == list(range(100))
    whole_file = (tmp_path / "a.segment").read_bytes()
    for torn in (whole_file[:-1], whole_file + b"x", whole_file[:-9] + b"x" + whole_file[-8:]):
        (tmp_path / "a.segment").write_bytes(torn)
        with pytest.raises(TornFileError):
            check(tmp_path, stamp)


def test_a_torn_segment_is_left_out_and_told(tmp_path: Path) -> None:
    """The rest answers; the writer says that something is lost."""
    writer = Writer(tmp_path)
    for numbers in ((1, 2), (3, 4)):
        writer.add(map(said, numbers))
        writer.commit({})
    torn = min(tmp_path.glob("*.segment"))
    torn.write_bytes(torn.read_bytes()[:-50])
    view = Reader(tmp_path).view()
    assert not view.is_whole
    assert refs(view) in ([1, 2], [3, 4])
    assert Writer(tmp_path).lost


def test_a_manifest_that_cannot_be_believed_is_none(tmp_path: Path) -> None:
    """An index whose manifest was written over is empty and begins anew."""
    writer = Writer(tmp_path)
    writer.add([said(1)])
    writer.commit({"n": 1})
    (tmp_path / MANIFEST).write_text("00000000\n{}\n")
    assert refs(Reader(tmp_path).view()) == []
    assert not Writer(tmp_path).state


def test_an_index_made_beside_takes_over_as_one_step(tmp_path: Path) -> None:
    """Until then the old one answers; an abandoned one leaves nothing."""
    writer, reader = Writer(tmp_path), Reader(tmp_path)
    writer.add([said(1)])
    writer.commit({})
    Writer(tmp_path, REBUILDING).commit({})
    abandon(tmp_path)
    fresh = Writer(tmp_path, REBUILDING)
    fresh.add([said(2)])
    fresh.commit({})
    assert refs(reader.view()) == [1]
    fresh.take_over()
    assert refs(reader.view()) == [2]
    assert not writer.is_current
    assert len(list(tmp_path.glob("*.segment"))) == 1


def test_one_process_writes(tmp_path: Path) -> None:
    """The second is refused."""
    with locked(tmp_path), pytest.raises(IndexBusyError), locked(tmp_path):
        pass


_WRITING = """
import sys
from pathlib import Path
from models.search_index import Writer, locked
from models.search_segment import Document
folder = Path(sys.argv[1])
with locked(folder):
    writer = Writer(folder)
    n = writer.state.get("n", 0)
    while True:
        n += 1
        writer.add([Document(n, ["kabar"]), Document(n + 1_000_000, ["gempa"])])
        writer.remove([n + 1_000_000 - 5])
        writer.commit({"n": n})
        writer.tidy()
        print(n, flush=True)
"""


def test_a_kill_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    """SIGKILL in the middle of writing, again and again: all up to the last commit is there, once."""
    told = 0
    for n_lines in (3, 9, 17, 26):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITING, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        assert process.stdout is not None
        for _ in range(n_lines):
            told = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        process.stdout.close()
        view = Reader(tmp_path).view()
        n = view.state["n"]
        assert n >= told
        assert view.is_whole
        assert refs(view) == list(range(1, n + 1))
        assert len(view.searchable().search("gempa", 10_000).refs) == min(n, 5)


# ---- vectors -----------------------------------------------------------------------------------------------------


def unit(n: int, seed: int, width: int = 384) -> np.ndarray:
    """Unit vectors in families of ten around directions of their own, all off the origin, as those of texts are."""
    draw = np.random.default_rng(seed)
    families = np.repeat(draw.standard_normal((-(-n // 10), width)), 10, axis=0)[:n]
    vectors = families + 0.5 * draw.standard_normal((n, width)) + 1.0
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_nearly_all_of_the_nearest_are_found() -> None:
    """Of the nine nearest among 20,000 at least 95 in 100, with their cosines."""
    vectors = unit(20_000, 1)
    asked = np.arange(0, 20_000, 400)
    part = part_of(np.delete(np.arange(20_000), asked), np.zeros(19_950, np.uint32), np.delete(vectors, asked, axis=0))
    n_found = 0
    for question in vectors[asked]:
        exact = part.refs[np.argsort(-(vectors[part.refs] @ question))[:9]]
        places, cosines = nearest(part, question, 9)
        n_found += len(np.intersect1d(exact, part.refs[places]))
        assert cosines == pytest.approx(vectors[part.refs[places]] @ question, abs=0.01)
    assert n_found >= 0.95 * 9 * len(asked)


def test_the_few_of_a_span_are_found_among_many_that_lie_nearer() -> None:
    """Twenty at a place that no block begins with, behind thousands of nearer ones; nothing else comes with them."""
    vectors = unit(9_020, 4)
    question = vectors[0]
    nearer = question + 0.01 * vectors[:9_000]
    vectors[:9_000] = nearer / np.linalg.norm(nearer, axis=1, keepdims=True)
    part = part_of(np.arange(9_020) * 10, np.zeros(9_020, np.uint32), vectors)
    places, _ = nearest(part, question, 20, (90_000, 90_200))
    assert sorted(part.refs[places]) == list(range(90_000, 90_200, 10))
    wide, cosines = nearest(part, question, 9, (1_230, 80_010))
    assert part.refs[wide].min() >= 1_230
    assert part.refs[wide].max() < 80_010
    exact = np.sort(vectors[123:8_001] @ question)[::-1][:9]
    assert cosines == pytest.approx(exact, abs=0.01)
    assert len(nearest(part, question, 9, (3, 9))[0]) == 0


def test_a_small_part_is_searched_whole() -> None:
    """Where there are few, none is missed."""
    vectors = unit(300, 2)
    part = part_of(np.arange(300)[::-1].copy(), np.zeros(300, np.uint32), vectors[::-1].copy())
    places, _ = nearest(part, vectors[17], 300)
    assert part.refs[places[0]] == 17
    assert len(places) == 300


def test_joined_parts_keep_their_vectors() -> None:
    """Being rounded twice costs little."""
    vectors = unit(1_000, 3)
    halves = [part_of(np.arange(1_000)[half::2], np.zeros(500, np.uint32), vectors[half::2]) for half in (0, 1)]
    keep = [half.refs < 900 for half in halves]
    whole_part = joined(halves, keep)
    assert whole_part.refs.tolist() == list(range(900))
    again = whole_part.rows * whole_part.scales[:, None] + whole_part.centre
    assert np.abs(again - vectors[:900]).max() < 0.01


def test_vectors_of_words_that_changed_are_not_found(tmp_path: Path) -> None:
    """A vector counts for the words that it was made of, and things that have none are named."""
    vectors = unit(3, 4)
    documents = [Document(1, ["satu"]), Document(2, ["dua"]), Document(3, ["tiga"])]
    writer, reader = Writer(tmp_path), Reader(tmp_path)
    writer.add(documents)
    writer.commit({})
    writer.into_space("a")
    assert writer.lacking([(0, 10)], 10) == [1, 2, 3]
    writer.add_vectors(documents[:2], vectors[:2])
    assert writer.lacking([(0, 10)], 10) == [3]
    assert writer.lacking([(0, 2)], 10) == []
    assert reader.view().near(vectors[0], 5)[0].tolist()[0] == 1
    writer.add([Document(1, ["lain"])])
    writer.remove([2])
    writer.commit({})
    assert reader.view().near(vectors[0], 5)[0].tolist() == []
    assert writer.lacking([(0, 10)], 10) == [1, 3]


def test_another_encoder_makes_every_vector_anew(tmp_path: Path) -> None:
    """Vectors of two spaces are never compared."""
    writer = Writer(tmp_path)
    writer.add([Document(1, ["satu"])])
    writer.commit({})
    writer.into_space("a")
    writer.add_vectors([Document(1, ["satu"])], unit(1, 5))
    writer.into_space("b")
    assert writer.lacking([(0, 10)], 10) == [1]


def test_many_vector_parts_become_few(tmp_path: Path) -> None:
    """Parts are joined as segments are, without those of things that are gone."""
    writer, vectors = Writer(tmp_path), unit(20, 6)
    writer.into_space("a")
    for number in range(20):
        writer.add([said(number)])
        writer.commit({})
        writer.add_vectors([said(number)], vectors[number : number + 1])
        writer.tidy()
    assert writer.n_vectors == 20
    assert len(list(tmp_path.glob("*.vectors"))) < 10
    view = Reader(tmp_path).view()
    assert [view.near(vectors[number], 1)[0].tolist() for number in range(20)] == [[number] for number in range(20)]


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    """A segment from a file answers as the one that was written."""
    segment = build([said(number) for number in range(100)])
    write_arrays(tmp_path / "a.segment", segment.arrays())
    again = from_arrays(map_arrays(tmp_path / "a.segment"))
    assert {name: values.tolist() for name, values in again.arrays().items()} == {
        name: values.tolist() for name, values in segment.arrays().items()
    }
