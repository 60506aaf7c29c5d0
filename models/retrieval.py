"""Records that share words or parts of words with a query: an inverted index that is made anew and asked in one pass.

Two lexical views are added up: BM25 over stems, which knows which words matter, and TF-IDF cosine over letter
4-grams, which survives spelling. Each reads the title alone and title and text together. Both are sums over shared
features, so they live in one inverted index and one query is one pass. `Retriever` is the seam at which another view
joins. What it costs: words must be shared in some form; a claim told in other words is not found by this.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from data.normalise import light_words, normalise
from models import _postings as kernels
from models.stemming import stem

# Longer texts are judged by their beginning; these bound the time of a hostile query.
MAX_QUERY_CHARS: Final = 3000
MAX_RECORD_CHARS: Final = 6000
# Entries of the index that one query reads at most, the most telling features first.
MAX_POSTINGS: Final = 200_000

# Chosen by `python -m eval.matching --tune` on pairs that no figure is reported on.
BLEND: Final = kernels.Blend(title_words=0.5, all_words=1.0, title_letters=0.5, all_letters=1.0)


@dataclass(frozen=True, slots=True)
class Record:
    """A clarification as it is searched."""

    id: str
    title: str
    text: str


class _Reading(NamedTuple):
    """A text as it is indexed: the stems of its content words, and all of it cleaned."""

    stems: str
    cleaned: str


class Retriever(Protocol):
    """One way of finding records; positions count the records in the order in which they were given."""

    def index(self, records: Sequence[Record]) -> None:
        """Take these records in place of all earlier ones."""

    def search(self, queries: Sequence[str], k: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Return positions [n, k] and scores [n, k], best first; position -1 where there is none."""


class LexicalRetriever:
    """Finds records that share words or parts of words with a query."""

    def __init__(self, blend: kernels.Blend = BLEND) -> None:
        """Weigh the four parts of the score by `blend`."""
        self._blend = blend
        self._postings: kernels.Postings | None = None
        self._n_records = 0
        self._read: dict[Record, tuple[_Reading, _Reading]] = {}

    def index(self, records: Sequence[Record]) -> None:
        """Take these records in place of all earlier ones; records known already are not cleaned again."""
        readings = [self._read.get(record) or _read_record(record) for record in records]
        self._read = dict(zip(records, readings, strict=True))
        titles = _packed([title for title, _ in readings])
        both = _packed([whole for _, whole in readings])
        self._n_records = len(records)
        self._postings = kernels.build(titles, both, self._blend) if records else None

    def search(self, queries: Sequence[str], k: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Return positions [n, k] and summed scores [n, k], best first; position -1 where nothing is shared."""
        if self._postings is None or not queries:
            return np.full((len(queries), k), -1, np.int32), np.zeros((len(queries), k), np.float32)
        readings = _packed([_read(query[:MAX_QUERY_CHARS]) for query in queries])
        return kernels.search(self._postings, self._n_records, readings, k, MAX_POSTINGS)


def _read(text: str) -> _Reading:
    cleaned = normalise(text)
    light = light_words()
    return _Reading(" ".join([stem(word) for word in cleaned.split() if word not in light]), cleaned)


def _read_record(record: Record) -> tuple[_Reading, _Reading]:
    """Return the readings of the title, and of title and text together."""
    title, text = _read(record.title[:MAX_RECORD_CHARS]), _read(record.text[:MAX_RECORD_CHARS])
    return title, _Reading(f"{title.stems} {text.stems}", f"{title.cleaned} {text.cleaned}")


def _packed(readings: Sequence[_Reading]) -> kernels.Texts:
    stems, cleaned = [reading.stems for reading in readings], [reading.cleaned for reading in readings]
    return kernels.Texts(*_buffer(stems), *_buffer(cleaned))


def _buffer(texts: Sequence[str]) -> tuple[kernels.Bytes, kernels.Offsets]:
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
    return np.frombuffer(b"".join(encoded), np.uint8), offsets
