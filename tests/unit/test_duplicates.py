"""Near-duplicates: what counts as a copy, and an index that forgets, merges and comes back as it was."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.stream import claims, noisy_stream
from data.duplicates import (
    MAX_REPRESENTATIVES,
    KeptApartError,
    NearDuplicateIndex,
    SignatureFormatError,
    Signatures,
    b_cubed,
    cluster,
    signatures,
)
from data.normalise import normalise

QUAKE = "beredar kabar gempa besar akan terjadi di pantai lamtira malam ini warga diminta mengungsi ke bukit serumpun"
WATER = "dinas kesehatan wanasari menutup sumur umum karena air tercemar limbah pabrik kertas selama seminggu penuh"
SCAM = "selamat anda mendapat hadiah dari bank melati sebesar seratus juta daftar di tautan ini"


def _same(first: str, second: str) -> bool:
    labels = cluster([first, second])
    return bool(labels[0] == labels[1])


def _stream(n: int, seed: int = 11) -> list[str]:
    draw = random.Random(seed)
    return [normalise(text) for text in noisy_stream(claims(200, draw), n, draw).texts]


def _ids(texts: list[str], prefix: str = "p") -> list[str]:
    return [f"{prefix}{row}" for row in range(len(texts))]


@pytest.mark.parametrize(
    "copy",
    [
        QUAKE,
        "beredar kabr gempa bessar akan terjadi di panati lamtira malam ini warga diminta mengungsi ke bukit serumpum",
        "fwd dari grup sebelah tolong sebarkan ke semua keluarga " + QUAKE,
        QUAKE + " jangan putus di kamu bagikan sebelum dihapus",
        "beredar kabar gempa besar akan terjadi di pantai lamtira malam ini",
        "🙏🙏 " + QUAKE.replace(" warga", " 😭 warga"),
    ],
    ids=["equal", "mistyped", "opening", "ending", "cut", "emoji"],
)
def test_an_edited_copy_joins(copy: str) -> None:
    """A copy that was mistyped, framed by chain-letter phrases, cut or decorated is the same claim."""
    assert _same(QUAKE, copy)
    assert _same(copy, QUAKE)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (QUAKE, WATER),
        (SCAM, SCAM.replace("melati", "kenanga")),
        ("tolong sebarkan ke semua keluarga anda jangan putus", "tolong sebarkan ke semua teman anda bagikan"),
        ("harga beras naik", "harga beras turun"),
        ("setuju sekali pak", "setuju banget bu"),
    ],
    ids=["other claim", "other brand", "only boilerplate shared", "short", "very short"],
)
def test_a_different_claim_stays_apart(first: str, second: str) -> None:
    """What shares only a template, a phrase or a few common words is not a copy."""
    assert not _same(first, second)


def test_short_texts_join_only_when_equal() -> None:
    """Two words are enough to be the same text, and not enough to be a similar one."""
    assert cluster(["mantap pak", "mantap pak", "mantap bu"]).tolist() == [0, 0, 1]


def test_posts_without_words_are_never_grouped() -> None:
    """A post that is only a picture or emoji asserts nothing in words, so it joins nothing and is not remembered."""
    index = NearDuplicateIndex()
    assignments = index.add(["a", "b", "c"], ["", "🔥🔥", ""])
    assert [assignment.cluster for assignment in assignments] == ["a", "b", "c"]
    assert index.n_clusters == 0
    assert all(assignment.stored is None for assignment in assignments)


def test_numbers_are_not_typing_errors() -> None:
    """Where a year differs and little else is said, the claim differs."""
    assert not _same(
        "jadwal pencairan bansos tahap 2024 dibuka besok", "jadwal pencairan bansos tahap 2019 dibuka besok"
    )


@given(st.lists(st.text(max_size=60), max_size=12))
def test_any_text_can_be_signed(texts: list[str]) -> None:
    """Every string, lone surrogates and control characters included, gets a signature, and equal words an equal one."""
    signed = signatures([*texts, *texts])
    half = len(texts)
    assert len(signed) == 2 * half
    assert np.array_equal(signed.minhash[:half], signed.minhash[half:])
    assert np.array_equal(signed.exact[:half], signed.exact[half:])
    assert len(cluster(texts)) == half


def test_lone_surrogates_are_read() -> None:
    """JSON may carry half a character; it must not stop a batch."""
    assert len(signatures(["gempa \ud800 malam"])) == 1


def test_a_huge_text_is_read_by_its_beginning() -> None:
    """Ten million letters cost no more than the first 192 words."""
    signed = signatures(["kata " * 2_000_000, "x" * 10_000_000])
    assert (np.diff(signed.starts) <= 192).all()


def test_batches_do_not_matter() -> None:
    """One by one, in batches or at once: the same posts get the same clusters."""
    texts = _stream(600)
    ids = _ids(texts)
    at_once = NearDuplicateIndex().add(ids, texts)
    index = NearDuplicateIndex()
    cuts = [0, 1, 2, 50, 51, 300, 600]
    piecewise = [a for lo, hi in pairwise(cuts) for a in index.add(ids[lo:hi], texts[lo:hi])]
    assert piecewise == at_once


def test_a_restored_index_continues_exactly() -> None:
    """Filled with what it had asked to store, a new index answers the rest of the stream as the old one does."""
    texts = _stream(1200)
    ids = _ids(texts)
    first = NearDuplicateIndex()
    kept = [a for a in first.add(ids[:800], texts[:800]) if a.stored is not None]
    second = NearDuplicateIndex(capacity=1 << 14)
    second.restore([a.cluster for a in kept], [a.stored for a in kept if a.stored is not None])
    assert second.n_representatives == first.n_representatives
    assert second.add(ids[800:], texts[800:]) == first.add(ids[800:], texts[800:])


def test_copies_do_not_take_memory() -> None:
    """A thousand wordings of one claim leave at most MAX_REPRESENTATIVES behind."""
    draw = random.Random(3)
    texts = [normalise(text) for text in noisy_stream(claims(60, draw)[7:8], 1000, draw).texts]
    index = NearDuplicateIndex()
    index.add(_ids(texts), texts)
    assert index.n_representatives <= MAX_REPRESENTATIVES * index.n_clusters
    assert index.n_clusters <= 3


def test_a_forgotten_cluster_is_founded_again() -> None:
    """After forget, a copy of the old claim is new; other clusters are untouched."""
    index = NearDuplicateIndex()
    index.add(["a", "b"], [QUAKE, WATER])
    index.forget(["a", "never seen"])
    again = index.add(["c", "d"], [QUAKE, WATER])
    assert [(x.cluster, x.is_new) for x in again] == [("c", True), ("b", False)]


def test_an_index_that_closes_up_answers_as_one_filled_anew() -> None:
    """Where a third is forgotten, the others move together in the room that is there, and answer as before."""
    texts = _stream(1200)
    ids = _ids(texts)
    index = NearDuplicateIndex(capacity=1 << 11)
    kept = [a for a in index.add(ids[:800], texts[:800]) if a.stored is not None]
    size, gone = index.size_bytes, set(index.clusters[::3])
    index.forget(gone)
    left = [a for a in kept if a.cluster not in gone]
    fresh = NearDuplicateIndex()
    fresh.restore([a.cluster for a in left], [a.stored for a in left if a.stored is not None])
    assert index.size_bytes == size
    assert index.n_representatives == fresh.n_representatives == len(left)
    assert index.add(ids[800:], texts[800:]) == fresh.add(ids[800:], texts[800:])


def test_forgetting_frees_memory_and_keeps_answers() -> None:
    """When most is forgotten the tables are rewritten, and what remains answers as before."""
    draw = random.Random(5)
    texts = [normalise(text) for text in claims(3000, draw)]
    index = NearDuplicateIndex()
    placed = index.add(_ids(texts), texts)
    size = index.size_bytes
    founders = [a.id for a in placed if a.is_new]
    index.forget(founders[:-100])
    assert index.n_clusters == 100
    assert index.size_bytes < size / 2
    kept = set(founders[-100:])
    rows = [row for row, a in enumerate(placed) if a.cluster in kept]
    again = index.add([f"q{row}" for row in rows], [texts[row] for row in rows])
    assert [a.cluster for a in again] == [placed[row].cluster for row in rows]


def test_a_merged_cluster_receives_the_copies_of_both() -> None:
    """After a human merges two clusters, copies of either go to the one that was kept."""
    index = NearDuplicateIndex()
    index.add(["a", "b"], [QUAKE, WATER])
    index.merge("a", "b")
    assert [x.cluster for x in index.add(["c", "d"], [QUAKE, WATER])] == ["a", "a"]
    assert index.n_clusters == 1


def test_many_merges_at_once_are_those_one_by_one() -> None:
    """What goes to a cluster that goes on itself ends where that ends; a pair that is refused undoes none before it."""
    index = NearDuplicateIndex()
    index.add(["a", "b", "c"], [QUAKE, WATER, SCAM])
    index.merge_all([("b", "c"), ("a", "b")])
    assert [x.cluster for x in index.add(["d", "e", "f"], [QUAKE, WATER, SCAM])] == ["a"] * 3
    other = NearDuplicateIndex()
    other.add(["a", "b", "c"], [QUAKE, WATER, SCAM])
    other.keep_apart("a", "c")
    with pytest.raises(KeptApartError):
        other.merge_all([("a", "b"), ("a", "c")])
    assert [x.cluster for x in other.add(["d", "e", "f"], [QUAKE, WATER, SCAM])] == ["a", "a", "c"]


def test_clusters_kept_apart_cannot_merge() -> None:
    """What a human declared different stays so, also through a third cluster."""
    index = NearDuplicateIndex()
    index.add(["a", "b", "c"], [QUAKE, WATER, SCAM])
    index.keep_apart("a", "b")
    index.merge("c", "b")
    with pytest.raises(KeptApartError):
        index.merge("a", "c")
    assert [x.cluster for x in index.add(["d", "e"], [QUAKE, SCAM])] == ["a", "c"]


def test_a_cluster_is_not_kept_apart_from_itself() -> None:
    """Declaring one cluster different from itself is an error, not a silent state."""
    with pytest.raises(ValueError, match="itself"):
        NearDuplicateIndex().keep_apart("a", "a")


@pytest.mark.parametrize(
    ("ids", "texts"),
    [(["a"], [QUAKE, WATER]), (["b", "b"], [QUAKE, WATER]), (["known"], [WATER])],
    ids=["numbers differ", "twice", "names a cluster"],
)
def test_bad_ids_change_nothing(ids: list[str], texts: list[str]) -> None:
    """A batch that cannot be added is refused whole."""
    index = NearDuplicateIndex()
    index.add(["known"], [QUAKE])
    with pytest.raises(ValueError, match=r"id"):
        index.add(ids, texts)
    assert (index.n_clusters, index.n_representatives) == (1, 1)


def test_signatures_survive_storage() -> None:
    """Packed and unpacked, a signature is the same to the bit."""
    signed = signatures([QUAKE, "", "mantap pak"])
    back = Signatures.unpack([signed.pack(row) for row in range(3)])
    for name in ("exact", "minhash", "words", "starts"):
        assert np.array_equal(getattr(signed, name), getattr(back, name))


@pytest.mark.parametrize("damage", [b"", b"x" * 300, signatures([QUAKE]).pack(0)[:-3]], ids=["empty", "other", "cut"])
def test_foreign_bytes_are_refused(damage: bytes) -> None:
    """Bytes that are not a signature of this version raise, and the index stays as it was."""
    index = NearDuplicateIndex()
    with pytest.raises(SignatureFormatError):
        index.restore(["a", "b"], [signatures([QUAKE]).pack(0), damage])
    assert index.n_representatives == 0


def test_signatures_are_the_same_on_every_machine() -> None:
    """Stored signatures outlive a process, so the value for a known text is fixed."""
    signed = signatures([QUAKE])
    assert int(signed.exact[0]) == 5367785966654021005
    assert int(signed.minhash[0].sum(dtype=np.uint64)) == 3030997947


def test_labels_follow_the_order_of_appearance() -> None:
    """The batch convenience numbers clusters from 0 as they come."""
    assert cluster([WATER, QUAKE, WATER, SCAM, QUAKE]).tolist() == [0, 1, 0, 2, 1]
    assert cluster([]).tolist() == []


def test_b_cubed_follows_its_definition() -> None:
    """On three items of which two are joined wrongly: precision 2/3, recall 1."""
    assert b_cubed(["a", "b", "c"], [1, 1, 2]) == pytest.approx((2 / 3, 1.0, 0.8))


def test_a_noisy_stream_comes_back_together() -> None:
    """On a stream of known truth, unseen in tuning, B-cubed F1 is at least 0.975."""
    draw = random.Random(101)
    stream = noisy_stream(claims(400, draw), 1600, draw)
    found = cluster([normalise(text) for text in stream.texts])
    assert b_cubed(stream.truth, found.tolist())[2] >= 0.975


def test_some_signatures_are_those_of_the_texts_alone() -> None:
    """`take` gives what signing only those texts would have given, in the order asked for."""
    texts = _stream(30)
    rows = np.array([7, 0, 29])
    taken, alone = signatures(texts).take(rows), signatures([texts[row] for row in rows])
    assert [taken.pack(i) for i in range(3)] == [alone.pack(i) for i in range(3)]
    assert len(signatures(texts).take(np.array([], np.int64))) == 0


def test_finding_adds_nothing() -> None:
    """`find` names the cluster of a copy and none for another text, and the index stays as it was."""
    index = NearDuplicateIndex()
    index.add(["gempa"], [QUAKE])
    assert index.find(signatures(["info " + QUAKE, WATER, ""])) == ["gempa", None, None]
    assert (index.clusters, "gempa" in index, "p" in index) == (("gempa",), True, False)
    assert index.n_representatives == 1


def test_copies_share_keys_and_different_texts_do_not() -> None:
    """The keys by which a claim is looked up outside memory: copies share some, and equal texts share all."""
    quake, copy, water, again = signatures([QUAKE, "info penting " + QUAKE + " sebarkan", WATER, QUAKE]).keys()
    assert set(quake) == set(again)
    assert set(quake) & set(copy)
    assert not set(quake) & set(water)


def test_keys_find_nearly_all_copies_that_the_index_finds() -> None:
    """On the noisy stream at least 95 of 100 copies share a key with a wording that their cluster remembers."""
    texts = _stream(1_500, seed=3)
    signed = signatures(texts)
    keys = signed.keys()
    assigned = NearDuplicateIndex().add_signed(_ids(texts), signed)
    founder = {each.cluster: row for row, each in enumerate(assigned) if each.is_new}
    copies = [(row, founder[each.cluster]) for row, each in enumerate(assigned) if not each.is_new]
    found = sum(bool(set(keys[row]) & set(keys[first])) for row, first in copies)
    assert found / len(copies) > 0.95
