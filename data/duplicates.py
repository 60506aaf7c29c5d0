"""Near-duplicate posts: MinHash signatures, and an index that gives each post the cluster it is a copy of.

The live intake and the batch command use the same index, so a stream clusters the same whether it comes in
one by one, in batches or as a file. Candidates come from 32 bands of 2 of 64 permutations over letter
shingles; each is then **verified** by aligning the words, so that short posts and chain-letter phrases do not
chain, a truncated copy is found by containment, and a scam template under another brand stays apart.

What the choices cost: a post joins one cluster and clusters never merge by themselves (two halves of one
message that came before the whole stay two clusters until someone calls `merge`); only the first
`MAX_WORDS` words are read; and a cluster remembers at most `MAX_REPRESENTATIVES` wordings, so memory grows
with the number of different claims, not with copies: about 0.9 kB a representative.

Texts are expected as `data.normalise.normalise` returns them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Self, TypeVar

import numpy as np
import numpy.typing as npt

from data import _minhash as kernels
from data.normalise import light_words

__all__ = [
    "MAX_REPRESENTATIVES",
    "Assignment",
    "KeptApartError",
    "NearDuplicateIndex",
    "SignatureFormatError",
    "Signatures",
    "b_cubed",
    "cluster",
    "signatures",
]

MAX_REPRESENTATIVES: Final = 8

# Share of the slots that may be of forgotten clusters before the others close up.
_DEAD_SHARE: Final = 0.2
# Words for which there is room beside each representative.
_WORDS_EACH: Final = 32

_Scalar = TypeVar("_Scalar", bound=np.generic)

# Chosen on streams of benchmarks/stream.py that nothing is reported on (seeds 0, 1 and 4).
_RULES: Final = kernels.Rules(
    min_words=3,
    containment=0.6,
    jaccard=0.2,
    swap_cost=2.0,
    max_swap=0.1,
    enough_words=14.0,
    thin_cost=0.5,
    diverse=0.9,
    max_representatives=MAX_REPRESENTATIVES,
)

# Version 1 of the stored form; raised whenever a kernel would read the same text differently.
_FORMAT: Final = 0x53554C55_00000001
_HEADER_BYTES: Final = 16
_MINHASH_BYTES: Final = 4 * kernels.N_PERMUTATIONS
# No part of a word beyond `MAX_WORDS` is read, so longer texts are cut before they are encoded.
_MAX_CHARS: Final = 64 * kernels.MAX_WORDS


class SignatureFormatError(ValueError):
    """Stored bytes are not a signature of this version: compute them again from the texts."""


class KeptApartError(ValueError):
    """Two clusters that a human declared different were asked to merge."""


@cache
def _light_table() -> npt.NDArray[np.uint64]:
    """Return the open table of `light_words`: they carry a fifth of a word's weight and no shingles."""
    table = np.zeros(kernels.LIGHT_SLOTS, np.uint64)
    for word in sorted(light_words()):
        key = int(kernels.hash_word(np.frombuffer(word.encode(), np.uint8)))
        place = key & (kernels.LIGHT_SLOTS - 1)
        while table[place]:
            place = (place + 1) & (kernels.LIGHT_SLOTS - 1)
        table[place] = key
    return table


@cache
def _permutations() -> kernels.Permutations:
    """Return the same 64 permutations on every machine."""
    draws = np.random.Generator(np.random.PCG64(20191127)).integers(
        0, 2**32, (2, kernels.N_PERMUTATIONS), dtype=np.uint32
    )
    return kernels.Permutations(draws[0] | np.uint32(1), draws[1])


@dataclass(frozen=True, slots=True)
class Signatures:
    """What is kept of n texts to compare them with others; the texts cannot be read back.

    Attributes:
        exact: uint64 [n], hash of all words; 0 where a text has no word.
        minhash: uint32 [n, 64].
        words: uint64 [total], the word records of all texts (layout in `data._minhash`).
        starts: int64 [n + 1]; text i owns `words[starts[i]:starts[i + 1]]`.
    """

    exact: npt.NDArray[np.uint64]
    minhash: npt.NDArray[np.uint32]
    words: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.exact)

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Return the signatures of some texts, int64 [m], in that order."""
        sizes = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        places = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], sizes)
        return type(self)(self.exact[rows], self.minhash[rows], self.words[places], starts)

    def keys(self) -> npt.NDArray[np.int64]:
        """Return int64 [n, 17]: texts that are copies of one another share some of them, so they can be looked up."""
        return kernels.kept_keys(_arrays(self))

    def pack(self, i: int) -> bytes:
        """Return text i in the stored form: little-endian uint64 version, uint64 exact, 64 uint32, uint64 words."""
        return self.pack_some(np.array([i], np.int64))[0]

    def pack_some(self, rows: npt.NDArray[np.int64]) -> list[bytes]:
        """Return texts, int64 [m], each in the form of `pack`."""
        some = self.take(rows)
        head = np.empty(len(some), [("format", "<u8"), ("exact", "<u8"), ("minhash", "<u4", (kernels.N_PERMUTATIONS,))])
        head["format"], head["exact"], head["minhash"] = _FORMAT, some.exact, some.minhash
        heads, records = head.tobytes(), some.words.astype("<u8").tobytes()
        size, ends = head.itemsize, (8 * some.starts).tolist()
        return [heads[row * size : (row + 1) * size] + records[ends[row] : ends[row + 1]] for row in range(len(some))]

    @classmethod
    def unpack(cls, stored: Sequence[bytes]) -> Self:
        """Return the signatures that `pack` stored; raise SignatureFormatError for anything else."""
        fixed = _HEADER_BYTES + _MINHASH_BYTES
        for row, blob in enumerate(stored):
            n_words, rest = divmod(len(blob) - fixed, 8)
            if rest or not 0 <= n_words <= kernels.MAX_WORDS or int.from_bytes(blob[:8], "little") != _FORMAT:
                raise SignatureFormatError(f"signature {row} is not of this version: compute it again from the text")
        sizes = [(len(blob) - fixed) // 8 for blob in stored]
        return cls(
            exact=np.frombuffer(b"".join(blob[8:16] for blob in stored), "<u8").astype(np.uint64),
            minhash=np.frombuffer(b"".join(blob[_HEADER_BYTES:fixed] for blob in stored), "<u4")
            .astype(np.uint32)
            .reshape(len(stored), kernels.N_PERMUTATIONS),
            words=np.frombuffer(b"".join(blob[fixed:] for blob in stored), "<u8").astype(np.uint64),
            starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        )


def signatures(texts: Sequence[str]) -> Signatures:
    """Sign normalised texts, in one pass of compiled code over one buffer."""
    # A lone surrogate is legal in JSON and must not stop a batch.
    encoded = [text[:_MAX_CHARS].encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
    buffer = np.frombuffer(b"".join(encoded), np.uint8)
    return Signatures(*kernels.sign(buffer, offsets, _light_table(), _permutations()))


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where one post went.

    Attributes:
        id: the post.
        cluster: id of its cluster, which is the id of the post that founded it.
        is_new: whether this post founded it.
        similarity: to the nearest remembered wording, 0 < s <= 1; 0 for a founder.
        stored: what `NearDuplicateIndex.restore` needs to remember this post, where the index does; else None.
    """

    id: str
    cluster: str
    is_new: bool
    similarity: float
    stored: bytes | None


class NearDuplicateIndex:
    """Clusters of a stream, which can be asked, taught and forgotten as it flows.

    The same posts in the same order always give the same clusters, whatever the batches. Posts without a word
    are never grouped and not remembered. Not safe for concurrent writers: one writer owns an index.
    """

    def __init__(self, capacity: int = 1024) -> None:
        """Make room for `capacity` representatives, which takes memory only as it is filled; room grows as needed."""
        self._least_bits = max(10, (capacity - 1).bit_length())
        self._tables = _empty_tables(1 << self._least_bits)
        self._n_slots = 0
        self._n_dead = 0
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._apart: dict[str, set[str]] = {}

    @property
    def n_clusters(self) -> int:
        """Clusters that new posts can join."""
        return len(self._numbers)

    @property
    def clusters(self) -> tuple[str, ...]:
        """The clusters that new posts can join, the longest known first."""
        return tuple(self._numbers)

    def __contains__(self, cluster: str) -> bool:
        """Whether new posts can join this cluster."""
        return cluster in self._numbers

    @property
    def n_representatives(self) -> int:
        """Wordings remembered; memory is proportional to this."""
        return self._n_slots - self._n_dead

    @property
    def size_bytes(self) -> int:
        """Memory of the tables, in bytes, room to grow included."""
        return sum(table.nbytes for table in self._tables)

    def add(self, ids: Sequence[str], texts: Sequence[str]) -> list[Assignment]:
        """Assign each normalised text, in order, to the cluster it copies or to a new one.

        Raises:
            ValueError: ids and texts differ in number, an id comes twice, or an id already names a cluster;
                nothing has been added then.
        """
        return self.add_signed(ids, signatures(texts))

    def add_signed(self, ids: Sequence[str], signed: Signatures) -> list[Assignment]:
        """Assign texts that are signed already; otherwise as `add`."""
        self._refuse_bad_ids(ids, len(signed))
        self._make_room(len(signed), len(signed.words))
        n_known = len(self._names)
        found, alike, kept, n_clusters = kernels.assign(self._tables, self._n_slots, n_known, _arrays(signed), _RULES)
        self._n_slots += int(kept.sum())
        assignments: list[Assignment] = []
        packed = iter(signed.pack_some(np.flatnonzero(kept)))
        columns = zip(ids, found.tolist(), alike.tolist(), kept.tolist(), strict=True)
        for post, number, similarity, is_kept in columns:
            is_new = similarity == 0
            if is_new and number >= 0:
                self._numbers[post] = number
                self._names.append(post)
            cluster_id = self._names[number] if number >= 0 else post
            stored = next(packed) if is_kept else None
            assignments.append(Assignment(post, cluster_id, is_new, similarity, stored))
        if len(self._names) != n_clusters:
            raise AssertionError("names and clusters went apart")
        return assignments

    def find(self, signed: Signatures) -> list[str | None]:
        """Return for each text the cluster that it is a copy of, or none; nothing is added."""
        found, _alike = kernels.find_all(self._tables, _arrays(signed), _RULES)
        return [self._names[number] if number >= 0 else None for number in found.tolist()]

    def restore(self, cluster_ids: Sequence[str], stored: Sequence[bytes]) -> None:
        """Remember posts again, oldest first, under the clusters that they are in now.

        Filled into a new index with every `Assignment.stored` in its first order, the index continues exactly as
        the one that wrote them would have.

        Raises:
            SignatureFormatError: a signature is of another version; nothing has been restored then.
        """
        signed = Signatures.unpack(stored)
        if len(cluster_ids) != len(signed):
            raise ValueError(f"{len(cluster_ids)} cluster ids for {len(signed)} signatures")
        self._make_room(len(signed), len(signed.words))
        clusters = np.fromiter(map(self._number, cluster_ids), np.int32, len(cluster_ids))
        kernels.remember_all(self._tables, self._n_slots, clusters, _arrays(signed))
        self._n_slots += len(signed)

    def forget(self, cluster_ids: Iterable[str]) -> None:
        """Let clusters go: later copies found new ones. An id that is not known is passed over."""
        gone = [self._numbers.pop(name) for name in cluster_ids if name in self._numbers]
        cluster_of = self._tables.cluster[: self._n_slots]
        is_gone = np.isin(cluster_of, np.array(gone, np.int32))
        cluster_of[is_gone] = -1
        self._n_dead += int(is_gone.sum())
        if _DEAD_SHARE * self._n_slots < self._n_dead:
            self._compact()

    def merge(self, kept: str, gone: str) -> None:
        """Let `kept` take over the wordings of `gone` and what it is kept apart from.

        Raises:
            KeptApartError: a human declared the two different; nothing has changed then.
        """
        self.merge_all([(kept, gone)])

    def merge_all(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Do what `merge` does for each kept and gone, in order, in one pass over what is remembered.

        Raises:
            KeptApartError: of one pair; those before it are merged then.
        """
        moved: dict[int, int] = {}
        try:
            for kept, gone in pairs:
                self._merge_names(kept, gone, moved)
        finally:
            self._move(moved)

    def _merge_names(self, kept: str, gone: str, moved: dict[int, int]) -> None:
        """Merge two clusters but for their wordings: what leads on to what goes into `moved`, by number."""
        if kept == gone:
            return
        if gone in self._apart.get(kept, ()):
            raise KeptApartError(f"clusters {kept} and {gone} were declared different")
        for other in self._apart.pop(gone, set()):
            self._apart[other].discard(gone)
            self.keep_apart(kept, other)
        number = self._numbers.pop(gone, None)
        if number is None:
            return
        target = moved[number] = self._number(kept)
        counts = self._tables.n_representatives
        counts[target] += counts[number]
        counts[number] = 0

    def _move(self, moved: Mapping[int, int]) -> None:
        if not moved:
            return
        leads_to = np.arange(len(self._names) + 1, dtype=np.int32)
        leads_to[-1] = -1  # the number of what was forgotten
        for number, target in reversed(list(moved.items())):  # so that a target which is moved later leads on already
            leads_to[number] = leads_to[target]
        cluster_of = self._tables.cluster[: self._n_slots]
        cluster_of[:] = leads_to[cluster_of]

    def keep_apart(self, first: str, second: str) -> None:
        """Declare two clusters different for good: `merge` refuses them, also after either took over others.

        Raises:
            ValueError: both are the same cluster.
        """
        if first == second:
            raise ValueError(f"cluster {first} cannot be kept apart from itself")
        self._apart.setdefault(first, set()).add(second)
        self._apart.setdefault(second, set()).add(first)

    def _refuse_bad_ids(self, ids: Sequence[str], n_texts: int) -> None:
        if len(ids) != n_texts:
            raise ValueError(f"{len(ids)} ids for {n_texts} texts")
        if len(set(ids)) != len(ids):
            raise ValueError("an id comes twice in one batch")
        known = next((post for post in ids if post in self._numbers), None)
        if known is not None:
            raise ValueError(f"id {known} already names a cluster")

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._names)
            self._names.append(name)
            counts = _grown(self._tables.n_representatives, number + 1)
            self._tables = self._tables._replace(n_representatives=counts)
        return number

    def _make_room(self, n_texts: int, n_words: int) -> None:
        if self._n_dead and self._n_slots + n_texts > len(self._tables.cluster):
            self._compact()
        tables = self._tables
        n_needed = self._n_slots + n_texts
        words = _grown(tables.words, int(tables.starts[self._n_slots]) + n_words)
        counts = _grown(tables.n_representatives, len(self._names) + n_texts)
        self._tables = tables = tables._replace(words=words, n_representatives=counts)
        if n_needed <= len(tables.cluster):
            return
        self._tables = tables = tables._replace(
            nodes=_grown(tables.nodes, n_needed),
            exact=_grown(tables.exact, n_needed),
            cluster=_grown(tables.cluster, n_needed),
            starts=_grown(tables.starts, n_needed + 1),
        )
        size = 1 << (len(tables.cluster) - 1).bit_length()
        if size > tables.heads.shape[1]:
            self._tables = tables._replace(heads=np.zeros((kernels.N_CHAINS, size), np.int32))
            kernels.relink(self._tables, self._n_slots)

    def _compact(self) -> None:
        """Close up what is alive, in its order, and number the clusters anew.

        That happens in place, so that an index which forgets as much as it learns needs its room once and not twice; an
        index that has forgotten most gives room back.
        """
        old, n_slots = self._tables, self._n_slots
        is_live = old.cluster[:n_slots] >= 0
        size = 1 << max(self._least_bits, (n_slots - self._n_dead).bit_length())
        into = old
        if 2 * size < len(old.cluster):
            n_words = int(np.diff(old.starts[: n_slots + 1])[is_live].sum())
            into = _empty_tables(size)._replace(words=np.zeros(n_words + size, np.uint64))
        n_live = int(kernels.close_up(old, into, n_slots))
        numbers, clusters = np.unique(into.cluster[:n_live], return_inverse=True)
        counts = np.bincount(clusters, minlength=len(into.n_representatives)).astype(np.int32)
        self._tables = into._replace(n_representatives=counts)
        into.cluster[:n_live], into.cluster[n_live:] = clusters, -1
        into.heads[:] = 0
        kernels.relink(self._tables, n_live)
        self._names = [self._names[number] for number in numbers]
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self._n_slots, self._n_dead = n_live, 0


def cluster(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Cluster normalised texts in their order; return labels [n], 0 for the first cluster, 1 for the next."""
    index = NearDuplicateIndex(len(texts))
    assignments = index.add([str(row) for row in range(len(texts))], texts)
    founders = np.fromiter((int(assignment.cluster) for assignment in assignments), np.int64, len(texts))
    # A founder's row is smaller than that of its copies, so sorted founders are in order of appearance.
    return np.unique(founders, return_inverse=True)[1].astype(np.int64)


def b_cubed(
    truth: Sequence[object] | npt.NDArray[np.int64], found: Sequence[object] | npt.NDArray[np.int64]
) -> tuple[float, float, float]:
    """Return B-cubed precision, recall and F1 of a clustering (Bagga and Baldwin, 1998), item by item."""
    pairs = Counter(zip(truth, found, strict=True))
    true_sizes, found_sizes = Counter(truth), Counter(found)
    n = sum(pairs.values())
    precision = sum(count * count / found_sizes[label] for (_, label), count in pairs.items()) / n
    recall = sum(count * count / true_sizes[label] for (label, _), count in pairs.items()) / n
    return precision, recall, 2 * precision * recall / (precision + recall)


def _arrays(signed: Signatures) -> kernels.Signed:
    return kernels.Signed(signed.exact, signed.minhash, signed.words, signed.starts)


def _empty_tables(size: int) -> kernels.Tables:
    return kernels.Tables(
        heads=np.zeros((kernels.N_CHAINS, size), np.int32),
        nodes=np.zeros((size, kernels.N_CHAINS), np.uint64),
        exact=np.zeros(size, np.uint64),
        cluster=np.full(size, -1, np.int32),
        starts=np.zeros(size + 1, np.int64),
        words=np.zeros(_WORDS_EACH * size, np.uint64),
        n_representatives=np.zeros(size, np.int32),
    )


def _grown(array: npt.NDArray[_Scalar], n_needed: int) -> npt.NDArray[_Scalar]:
    """Return the array, or a copy at least half as long again with zeros behind, so that n_needed rows fit."""
    if n_needed <= len(array):
        return array
    grown = np.zeros((max(n_needed, len(array) * 3 // 2), *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
