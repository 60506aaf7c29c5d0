"""One segment of the search index: documents that never change, in memory or mapped from a file.

A document is known by its reference, a number that the owner chooses; documents lie in the order of their references,
so one kind of thing is one range of places if its references are. What is replaced or removed later is marked outside.
"""

import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models import _search as kernels
from models._search import Bytes, Ints, Lists, Longs, Spellings, Words32
from models.search_text import term_of

_LONGEST_COUNTED: Final = 255
_BEHIND_A_DOOR: Final = 4  # variants, at most, on average


class Document(NamedTuple):
    """A reference and the words of what it stands for (`search_text.words_of`)."""

    ref: int
    words: Sequence[str]

    @property
    def print(self) -> int:
        """Tell these words from others: their CRC-32."""
        return zlib.crc32(" ".join(self.words).encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Segment:
    """Documents by reference, ascending; their posting lists; and the spellings that occur."""

    refs: Longs
    prints: Words32  # [n], fingerprint of each document's words
    lists: Lists
    spellings: Spellings

    @property
    def n_words(self) -> int:
        """How many words the documents have, each counted up to 255."""
        return int(self.lists.lengths.sum(dtype=np.int64))

    def __len__(self) -> int:
        return len(self.refs)

    def places(self, refs: npt.ArrayLike) -> Ints:
        """Return where some references are, those that are here and no others."""
        wanted = np.asarray(refs, np.int64)
        if not len(self) or not len(wanted):
            return np.empty(0, np.int32)
        at = np.minimum(np.searchsorted(self.refs, wanted), len(self) - 1)
        here: Ints = at[self.refs[at] == wanted].astype(np.int32)
        return here

    def ranges(self, wanted: Sequence[tuple[int, int]] | Longs) -> Ints:
        """Return [r, 2] the places of references from a first up to, not including, a last."""
        return np.searchsorted(self.refs, np.array(wanted, np.int64).reshape(-1, 2)).astype(np.int32)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Give everything as arrays under names that a file can keep."""
        spelled = {f"s_{name}": values for name, values in self.spellings._asdict().items()}
        return {"refs": self.refs, "prints": self.prints, **self.lists._asdict(), **spelled}


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> Segment:
    """Make a segment of arrays that another one gave."""
    # Only for reading, as a mapped file is: a kernel is compiled once for both.
    frozen = {name: values.view() for name, values in arrays.items()}
    for values in frozen.values():
        values.flags.writeable = False
    return Segment(
        frozen["refs"],
        frozen["prints"],
        Lists(**{name: frozen[name] for name in Lists._fields}),
        Spellings(**{name: frozen[f"s_{name}"] for name in Spellings._fields}),
    )


def build(documents: Iterable[Document]) -> Segment:
    """Make a segment; of two documents with one reference the later one stands."""
    standing = sorted({document.ref: document for document in documents}.values(), key=lambda document: document.ref)
    numbers: dict[str, int] = {}
    said = array("i")
    starts = np.zeros(len(standing) + 1, np.int64)
    for i, document in enumerate(standing):
        said.extend([numbers.setdefault(word, len(numbers)) for word in document.words])
        starts[i + 1] = len(said)
    letters, letter_starts = packed_words(list(numbers))
    hashes = kernels.word_hashes(*packed_words([term_of(word) for word in numbers]))
    terms, inverse = np.unique(hashes, return_inverse=True)
    places = inverse.astype(np.int32)
    words: Ints = places[np.array(said, np.int32)]
    begins, postings = kernels.postings_of(words, starts, len(terms))
    lengths = np.minimum(np.diff(starts), _LONGEST_COUNTED).astype(np.uint8)
    refs = np.fromiter((document.ref for document in standing), np.int64, len(standing))
    prints = np.fromiter((document.print for document in standing), np.uint32, len(standing))
    return _finished(_Kept(refs, prints, lengths), (terms, begins, postings), (letters, letter_starts, places))


def merged(segments: Sequence[Segment], alive: Sequence[Bytes]) -> Segment:
    """Make one segment of several, without the documents whose `alive` is 0; their references are all different."""
    refs = np.concatenate([segment.refs[mask > 0] for segment, mask in zip(segments, alive, strict=True)])
    order = np.argsort(refs, kind="stable")
    rank = np.empty(len(refs), np.int32)
    rank[order] = np.arange(len(refs), dtype=np.int32)
    lengths, prints = np.empty(len(refs), np.uint8), np.empty(len(refs), np.uint32)
    terms, places = np.unique(np.concatenate([segment.lists.terms for segment in segments]), return_inverse=True)
    counts = np.zeros(len(terms), np.int64)
    np.add.at(counts, places, np.concatenate([segment.lists.counts for segment in segments]))
    begins = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    postings, filled = np.empty(begins[-1], np.uint32), begins[:-1].copy()
    into = np.split(places, np.cumsum([len(segment.lists.terms) for segment in segments])[:-1])
    n_before = 0
    for segment, mask, mine in zip(segments, alive, into, strict=True):
        numbers = np.full(len(segment), -1, np.int32)
        numbers[mask > 0] = rank[n_before : n_before + int((mask > 0).sum())]
        n_before += int((mask > 0).sum())
        lengths[numbers[mask > 0]] = segment.lists.lengths[mask > 0]
        prints[numbers[mask > 0]] = segment.prints[mask > 0]
        kernels.add_renumbered(segment.lists, mine.astype(np.int64), numbers, postings, filled)
    begins, postings = kernels.in_order(begins, filled, postings)
    kept = _Kept(refs[order], prints, lengths)
    return _finished(kept, (terms, begins, postings), _joined(segments, into))


def _joined(segments: Sequence[Segment], into: Sequence[npt.NDArray[Any]]) -> tuple[Bytes, Longs, Ints]:
    """Return the spellings of all, each once, with the places of their terms among all terms."""
    hashes = [kernels.word_hashes(segment.spellings.letters, segment.spellings.starts) for segment in segments]
    _, first = np.unique(np.concatenate(hashes), return_index=True)
    ends = np.cumsum([len(each) for each in hashes])
    letters: list[Bytes] = []
    sizes: list[Longs] = []
    terms: list[Ints] = []
    for number, segment in enumerate(segments):
        begin = ends[number] - len(hashes[number])
        mine = first[(first >= begin) & (first < ends[number])] - begin
        own = segment.spellings
        widths = np.diff(own.starts)
        keep = np.zeros(len(widths), np.bool_)
        keep[mine] = True
        letters.append(own.letters[np.repeat(keep, widths)])
        sizes.append(widths[keep])
        terms.append(into[number].astype(np.int32)[own.terms[keep]])
    starts = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]).astype(np.int64)
    return np.concatenate(letters), starts, np.concatenate(terms)


class _Kept(NamedTuple):
    refs: Longs
    prints: Words32
    lengths: Bytes


def _finished(
    kept: _Kept,
    said: tuple[npt.NDArray[np.uint64], Longs, npt.NDArray[np.uint32]],
    spelled: tuple[Bytes, Longs, Ints],
) -> Segment:
    """Pack postings and make the spellings findable by their variants."""
    terms, begins, postings = said
    blocks, firsts, sizes, places, packed = kernels.packed(begins, postings)
    lists = Lists(terms, np.diff(begins).astype(np.int32), blocks, firsts, sizes, places, packed, kept.lengths)
    letters, starts, owners = spelled
    hashes, whose = kernels.variants(letters, starts)
    order = np.argsort(hashes, kind="stable")
    spellings = Spellings(letters, starts, owners, hashes[order], whose[order], _doors(hashes[order]))
    return from_arrays(Segment(kept.refs, kept.prints, lists, spellings).arrays())


def _doors(hashes: Words32) -> Ints:
    """Return where the hashes with each beginning of b bits start [2^b + 1], so many bits that few share one."""
    bits = max((len(hashes) // _BEHIND_A_DOOR).bit_length(), 1)
    begins = np.arange(1 << bits, dtype=np.uint64) << np.uint64(32 - bits)
    return np.append(np.searchsorted(hashes, begins), len(hashes)).astype(np.int32)


def packed_words(words: Sequence[str]) -> tuple[Bytes, Longs]:
    """Return the letters of words as one buffer of UTF-8, and where each begins [n + 1]."""
    encoded = [word.encode("utf-8", "surrogatepass") for word in words]
    starts = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=starts[1:])
    return np.frombuffer(b"".join(encoded), np.uint8), starts
