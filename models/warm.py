"""Compile every kernel that the service and the commands run, so that nobody waits for it later.

    python -m models.warm

A kernel is compiled when it is first called and then kept on disk (`data._compiled`), so each is called here once, with
the kinds of arguments that serving gives it. An image or an environment that runs this at its making starts warm.
"""

import time

import click
import numpy as np

from data import _minhash as kernels
from data.duplicates import NearDuplicateIndex, Signatures, signatures
from data.normalise import normalise
from models import artifact
from models.linear import LinearScorer
from models.matcher import Matcher
from models.retrieval import Record
from models.search_query import Searchable, Shard
from models.search_segment import Document, build, merged
from models.search_text import words_of
from models.search_vectors import LEAST_DEPTH, nearest, part_of

PLAIN = "Pesan berantai tentang kuota gratis dari Bank Contoh ternyata beredar lagi"
HARD = "kata @akun_contoh bantuan tunai (gratis) dibagikan di Desa Contoh, cek 08123456789"


def main() -> None:
    """Run each kernel, and say how long it took."""
    began = time.perf_counter()
    for part in (_scores, _moderation, _clusters, _matches, _search, _vectors):
        part()
    click.echo(f"The kernels are compiled ({time.perf_counter() - began:.1f} s).")


def _scores() -> None:
    quick = artifact.released(artifact.QUICK)
    for scorer in (quick, artifact.released(artifact.JUDGE)):
        for texts in ([PLAIN], [HARD], [PLAIN, HARD]):
            scorer.probabilities(texts)
            scorer.score_many(texts)
    if isinstance(quick, LinearScorer):
        _read_cleaned(quick)


def _read_cleaned(quick: LinearScorer) -> None:
    for cleaned in ([normalise(PLAIN)], [normalise(PLAIN), normalise(HARD)]):
        quick.probabilities_of_cleaned(cleaned)
    quick.word_weights(normalise(PLAIN))


def _moderation() -> None:
    artifact.released_moderator("moderation").moderate_many([PLAIN, HARD])


def _clusters() -> None:
    index = NearDuplicateIndex()
    texts = [normalise(PLAIN), normalise(HARD), normalise(f"{PLAIN} hari ini")]
    signed = signatures(texts)
    index.add(["1", "2", "3"], texts)
    index.find(signed)
    quiet = NearDuplicateIndex()
    quiet.restore(["1", "2", "3"], [signed.pack(at) for at in range(3)])
    quiet.merge("1", "2")
    quiet.forget(["3"])
    quiet.find(Signatures.unpack([signed.pack(0)]))
    keys = signed.keys()
    kernels.sharing_most(keys, np.sort(keys[0]), np.arange(keys.shape[1]), 1)


def _matches() -> None:
    Matcher.build([Record("1", PLAIN, HARD), Record("2", HARD, PLAIN)]).search_many([PLAIN, HARD])


def _search() -> None:
    segments = [
        build([Document(at, words_of(text)), Document(at + 2, ["warga"])]) for at, text in enumerate((PLAIN, HARD))
    ]
    stands = np.ones(2, np.uint8)
    Searchable([Shard(each, stands) for each in segments]).search("kouta grtis", 2)
    merged(segments, [stands, stands])


def _vectors() -> None:
    vectors = np.eye(2 * LEAST_DEPTH, 128, dtype=np.float32)
    part = part_of(np.arange(len(vectors)), np.zeros(len(vectors), np.uint32), vectors)
    nearest(part, vectors[0], 1)


if __name__ == "__main__":
    main()
