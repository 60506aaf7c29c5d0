"""A search index in a folder: segments that never change, and one small file that says which of them stand.

Log-structured: what comes is gathered in memory and written as a new segment; what is replaced or removed is marked in
a file beside its segment; segments of about one size are merged into a larger one (four at a time, so a document is
rewritten as often as the number of documents has digits in base four). Every file is written whole or not at all and
the manifest last, so a kill at any moment leaves the index of the last `commit`. The manifest carries what its owner
wants to know after that (how far it had read), and is itself checked. A segment that is torn all the same, by a disk,
is dropped; `Writer.lost` says so, and the owner offers everything again.

One process writes, under a lock on the folder (`locked`). Any number read: a reader looks at the manifest before a
question, maps what is new, and keeps what it has mapped although its file may be gone by then.
"""

import fcntl
import json
import math
import secrets
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models import search_segment
from models._search import Bytes, Floats, Longs
from models.search_files import UNFINISHED, Stamp, TornFileError, check, map_arrays, write_arrays, write_whole
from models.search_query import EVERYTHING, Searchable, Shard
from models.search_segment import Document, Segment
from models.search_vectors import VectorPart, joined, nearest, part_from_arrays, part_of

FORMAT: Final = 2
MANIFEST: Final = "manifest.json"
# The manifest of an index that is being made anew beside the one that answers.
REBUILDING: Final = "rebuilding.json"
LOCK: Final = "writer.lock"

FAN: Final = 4  # segments of one size that become one; more would be written less often, but all are asked each time
PARTS: Final = 8  # parts of vectors that become one
SMALLEST: Final = 256  # documents; smaller segments count as one size
_TRIES: Final = 5  # a reader's, when files are merged away under it

State = Mapping[str, Any]


class IndexBusyError(Exception):
    """Another process is writing this index."""


@contextmanager
def locked(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the right to write an index; raise `IndexBusyError` where another process has it, or wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            raise IndexBusyError(f"another process is writing {folder}") from None
        yield


# ---- what the manifest says ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """A segment, and the file with the places of its documents that are gone."""

    stamp: Stamp
    dead: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which files make the index, in which space its vectors lie, and what the owner wanted to know."""

    segments: tuple[SegmentFile, ...] = ()
    vectors: tuple[Stamp, ...] = ()
    space: str = ""
    state: State = field(default_factory=dict)

    def names(self) -> set[str]:
        """Name every file that stands."""
        dead = {each.dead.name for each in self.segments if each.dead}
        return {each.stamp.name for each in self.segments} | dead | {stamp.name for stamp in self.vectors}


def _written(manifest: Manifest) -> bytes:
    body = json.dumps(
        {
            "format": FORMAT,
            "segments": [[s.stamp.as_row(), s.dead.as_row() if s.dead else None] for s in manifest.segments],
            "vectors": [stamp.as_row() for stamp in manifest.vectors],
            "space": manifest.space,
            "state": dict(manifest.state),
        }
    )
    return f"{zlib.crc32(body.encode()):08x}\n{body}\n".encode()


def _read(path: Path) -> Manifest | None:
    """Read a manifest; none where there is none, or none that can be believed."""
    try:
        crc, _, rest = path.read_bytes().partition(b"\n")
        body = rest.removesuffix(b"\n")
        if int(crc, 16) != zlib.crc32(body):
            return None
        found = json.loads(body)
    except (OSError, ValueError):
        return None
    if found["format"] != FORMAT:
        return None
    return Manifest(
        tuple(SegmentFile(Stamp(**own), Stamp(**dead) if dead else None) for own, dead in found["segments"]),
        tuple(Stamp(**row) for row in found["vectors"]),
        found["space"],
        found["state"],
    )


def looked(path: Path) -> tuple[int, int] | None:
    """Give what tells one manifest from the next without reading it; none where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _alive(folder: Path, segment: Segment, dead: Stamp | None) -> Bytes:
    alive = np.ones(len(segment), np.uint8)
    if dead is not None:
        check(folder, dead)
        alive[map_arrays(folder / dead.name)["dead"]] = 0
    return alive


def _segment(folder: Path, stamp: Stamp) -> Segment:
    check(folder, stamp)
    return search_segment.from_arrays(map_arrays(folder / stamp.name))


def _part(folder: Path, stamp: Stamp) -> VectorPart:
    check(folder, stamp)
    return part_from_arrays(map_arrays(folder / stamp.name))


# ---- reading ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """An index at one moment; nothing in it changes."""

    shards: tuple[Shard, ...] = ()
    parts: tuple[VectorPart, ...] = ()
    space: str = ""
    state: State = field(default_factory=dict)
    is_whole: bool = True

    def without(self, refs: npt.ArrayLike) -> "View":
        """Give the same index without some documents."""
        return replace(
            self, shards=tuple(Shard(segment, _marked(segment, alive, refs)) for segment, alive in self.shards)
        )

    def beside(self, segment: Segment) -> "View":
        """Give the same index with a newer segment, whose documents take the place of those with their references."""
        newer = self.without(segment.refs)
        return replace(newer, shards=(*newer.shards, Shard(segment, np.ones(len(segment), np.uint8))))

    def searchable(self) -> Searchable:
        """Give what answers questions in words."""
        return self._searchable

    @cached_property
    def _searchable(self) -> Searchable:
        return Searchable(self.shards)

    def near(self, query: Floats, k: int, ranges: Sequence[tuple[int, int]] = EVERYTHING) -> tuple[Longs, Floats]:
        """Return at most k documents in the ranges whose vectors are nearest to a unit vector, nearest first.

        The ranges do not overlap. Each is searched by itself: among many claims the few clarifications are found too.
        """
        refs, found = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for part, span in product(self.parts, ranges):
            # Twice as many, because some are of words that have changed since.
            places, cosines = nearest(part, query, 2 * k, span)
            stands = self.standing(part.refs[places], part.prints[places])
            refs.append(part.refs[places[stands]])
            found.append(cosines[stands])
        every_ref, every = np.concatenate(refs), np.concatenate(found)
        order = np.lexsort((-every_ref, -every))[:k]
        return every_ref[order], every[order]

    def standing(self, refs: Longs, prints: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        """Tell which documents stand with the very words that have these fingerprints."""
        stands = np.zeros(len(refs), np.bool_)
        for segment, alive in self.shards:
            at = np.minimum(np.searchsorted(segment.refs, refs), len(segment) - 1)
            stands |= (segment.refs[at] == refs) & (segment.prints[at] == prints) & (alive[at] > 0)
        return stands


def _marked(segment: Segment, alive: Bytes, refs: npt.ArrayLike) -> Bytes:
    places = segment.places(refs)
    if not len(places) or not alive[places].any():
        return alive
    marked = alive.copy()
    marked[places] = 0
    return marked


class Reader:
    """Reads an index that another process writes; safe for several threads."""

    def __init__(self, folder: Path) -> None:
        """Read the index in this folder, also where there is none yet."""
        self._folder = folder
        self._lock = Lock()
        self._seen: tuple[int, int] | None = None
        self._view = View()
        self._segments: dict[Stamp, Segment] = {}
        self._parts: dict[Stamp, VectorPart] = {}

    def view(self) -> View:
        """Give the index as it stands now; what is torn is left out until the writer has mended it."""
        with self._lock:
            seen = looked(self._folder / MANIFEST)
            if seen != self._seen:
                self._view = self._opened()
                self._seen = seen
            return self._view

    def _opened(self) -> View:
        for _ in range(_TRIES):
            manifest = _read(self._folder / MANIFEST) or Manifest()
            try:
                return self._of(manifest)
            except FileNotFoundError:
                continue  # merged away since the manifest was read
        return self._of(_read(self._folder / MANIFEST) or Manifest(), patient=False)

    def _of(self, manifest: Manifest, *, patient: bool = True) -> View:
        segments: dict[Stamp, Segment] = {}
        parts: dict[Stamp, VectorPart] = {}
        shards: list[Shard] = []
        is_whole = True
        for each in manifest.segments:
            try:
                segment = self._segments.get(each.stamp) or _segment(self._folder, each.stamp)
                shards.append(Shard(segment, _alive(self._folder, segment, each.dead)))
                segments[each.stamp] = segment
            except (TornFileError, FileNotFoundError) as error:
                if patient and isinstance(error, FileNotFoundError):
                    raise
                is_whole = False
        for stamp in manifest.vectors:
            try:
                parts[stamp] = self._parts.get(stamp) or _part(self._folder, stamp)
            except (TornFileError, FileNotFoundError) as error:
                if patient and isinstance(error, FileNotFoundError):
                    raise
        self._segments, self._parts = segments, parts
        return View(tuple(shards), tuple(parts.values()), manifest.space, manifest.state, is_whole)


# ---- writing ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Held:
    """A segment as the writer holds it."""

    file: SegmentFile
    segment: Segment
    alive: Bytes

    @property
    def n_alive(self) -> int:
        return int(self.alive.sum())


class Writer:
    """Writes an index; made and used by one process at a time, inside `locked`.

    Attributes:
        state: what the last commit was given.
        lost: something that the manifest names was torn and is gone; true until `found_again`.
    """

    def __init__(self, folder: Path, name: str = MANIFEST) -> None:
        """Open the index of one manifest, or begin one."""
        self._folder, self._name = folder, name
        folder.mkdir(parents=True, exist_ok=True)
        manifest = _read(folder / name) or Manifest()
        self.state: State = manifest.state
        self.space = manifest.space
        self.lost = False
        self._held: list[_Held] = []
        self._parts: dict[Stamp, VectorPart] = {}
        self._added: dict[int, Document] = {}
        self._removed: set[int] = set()
        self._open(manifest)
        self._published = looked(folder / name)

    def _open(self, manifest: Manifest) -> None:
        for each in manifest.segments:
            try:
                segment = _segment(self._folder, each.stamp)
                self._held.append(_Held(each, segment, _alive(self._folder, segment, each.dead)))
            except (TornFileError, FileNotFoundError):
                self.lost = True
        for stamp in manifest.vectors:
            try:
                self._parts[stamp] = _part(self._folder, stamp)
            except (TornFileError, FileNotFoundError):
                continue  # vectors are made again for whatever has none

    def __len__(self) -> int:
        return sum(held.n_alive for held in self._held)

    @property
    def is_current(self) -> bool:
        """Tell whether nobody else has written this index since; a file's number may come again, its time does not."""
        return looked(self._folder / self._name) == self._published

    @property
    def n_segments(self) -> int:
        """How many segments there are."""
        return len(self._held)

    @property
    def n_waiting(self) -> int:
        """How many documents the next commit writes."""
        return len(self._added)

    @property
    def n_vectors(self) -> int:
        """How many vectors are kept."""
        return sum(map(len, self._parts.values()))

    def add(self, documents: Iterable[Document]) -> None:
        """Take documents in, in the place of those with the same references; seen from the next commit on."""
        for document in documents:
            self._added[document.ref] = document
            self._removed.discard(document.ref)

    def remove(self, refs: Iterable[int]) -> None:
        """Take documents out; seen from the next commit on."""
        for ref in refs:
            self._added.pop(ref, None)
            self._removed.add(ref)

    def clear(self) -> None:
        """Take everything out; seen from the next commit on."""
        self._held, self._parts, self._added, self._removed = [], {}, {}, set()

    def holds(self, refs: Sequence[int]) -> list[bool]:
        """Tell which documents stand or wait for the next commit."""
        wanted = np.array(refs, np.int64)
        stands = np.array([ref in self._added for ref in refs], np.bool_)
        for held in self._held:
            places = held.segment.places(wanted)
            stands |= np.isin(wanted, held.segment.refs[places[held.alive[places] > 0]])
        return [bool(one) for one in stands]

    def commit(self, state: State) -> None:
        """Write what was added and removed, and `state`, as one step."""
        touched = np.fromiter({*self._added, *self._removed}, np.int64)
        for held in self._held:
            alive = _marked(held.segment, held.alive, touched)
            if alive is not held.alive:
                held.alive = alive
                stamp = write_arrays(self._fresh("dead"), {"dead": np.flatnonzero(alive == 0).astype(np.int32)})
                held.file = SegmentFile(held.file.stamp, stamp)
        self._held = [held for held in self._held if held.n_alive]
        if self._added:
            self._held.append(self._write(search_segment.build(self._added.values())))
        self._added, self._removed = {}, set()
        self.state = dict(state)
        self._publish()

    def found_again(self) -> None:
        """Say that what was lost has been offered again."""
        self.lost = False

    def tidy(self) -> int:
        """Merge segments of about one size, and write those anew of which half is gone; give how many went."""
        n_gone = 0
        while group := self._crowd():
            fresh = self._write(search_segment.merged([h.segment for h in group], [h.alive for h in group]))
            self._held = [*(held for held in self._held if held not in group), fresh]
            n_gone += len(group)
            self._publish()
        if len(self._parts) >= PARTS:
            self._join_parts()
        return n_gone

    def _crowd(self) -> list[_Held]:
        tiers: dict[int, list[_Held]] = {}
        for held in self._held:
            if 2 * held.n_alive < len(held.segment):
                return [held]
            tier = int(math.log(max(held.n_alive, SMALLEST) / SMALLEST, FAN))
            tiers.setdefault(tier, []).append(held)
            if len(tiers[tier]) >= FAN:
                return tiers[tier]
        return []

    # ---- vectors

    def into_space(self, space: str) -> None:
        """Say what makes the vectors; those that something else made are forgotten."""
        if space != self.space:
            self.space, self._parts = space, {}

    def lacking(self, ranges: Sequence[tuple[int, int]], limit: int) -> list[int]:
        """Name documents in the ranges that have no vector of their present words, newest segment first."""
        lacking: list[int] = []
        for held in reversed(self._held):
            for first, last in held.segment.ranges(ranges).tolist():
                places = first + np.flatnonzero(held.alive[first:last])
                refs, prints = held.segment.refs[places], held.segment.prints[places]
                has = np.zeros(len(refs), np.bool_)
                for part in self._parts.values():
                    at = np.minimum(np.searchsorted(part.refs, refs), len(part) - 1)
                    has |= (part.refs[at] == refs) & (part.prints[at] == prints)
                lacking.extend(refs[~has][: limit - len(lacking)].tolist())
            if len(lacking) >= limit:
                break
        return lacking

    def add_vectors(self, documents: Sequence[Document], vectors: Floats) -> None:
        """Keep unit vectors [n, width] of documents, as one step of their own."""
        if not len(documents):
            return
        refs = np.fromiter((document.ref for document in documents), np.int64, len(documents))
        prints = np.fromiter((document.print for document in documents), np.uint32, len(documents))
        self._keep(part_of(refs, prints, vectors))
        self._publish()

    def _keep(self, part: VectorPart) -> None:
        stamp = write_arrays(self._fresh("vectors"), part.arrays())
        self._parts[stamp] = _part(self._folder, stamp)

    def _join_parts(self) -> None:
        """Join the smallest vector parts, without those of documents or words that are gone."""
        smallest = sorted(self._parts.items(), key=lambda item: len(item[1]))[:PARTS]
        view = View(tuple(Shard(held.segment, held.alive) for held in self._held))
        keep = [view.standing(part.refs, part.prints) for _, part in smallest]
        self._parts = {stamp: part for stamp, part in self._parts.items() if stamp not in dict(smallest)}
        if any(mask.any() for mask in keep):
            self._keep(joined([part for _, part in smallest], keep))
        self._publish()

    # ---- files

    def _fresh(self, kind: str) -> Path:
        return self._folder / f"{secrets.token_hex(8)}.{kind}"

    def _write(self, segment: Segment) -> _Held:
        stamp = write_arrays(self._fresh("segment"), segment.arrays())
        # Mapped again, so that a writer needs no more memory than a reader.
        mapped = search_segment.from_arrays(map_arrays(self._folder / stamp.name))
        return _Held(SegmentFile(stamp), mapped, np.ones(len(mapped), np.uint8))

    def _publish(self) -> None:
        manifest = Manifest(tuple(held.file for held in self._held), tuple(self._parts), self.space, self.state)
        write_whole(self._folder / self._name, _written(manifest))
        self._published = looked(self._folder / self._name)
        sweep(self._folder)

    def take_over(self) -> None:
        """Put this index, made beside the one that answers, in its place as one step."""
        (self._folder / self._name).rename(self._folder / MANIFEST)
        self._name = MANIFEST
        self._published = looked(self._folder / MANIFEST)
        sweep(self._folder)


def sweep(folder: Path) -> None:
    """Remove what no manifest names; only for whoever holds the lock."""
    standing = {MANIFEST, REBUILDING, LOCK}
    for name in (MANIFEST, REBUILDING):
        manifest = _read(folder / name)
        standing |= manifest.names() if manifest else set()
    for path in folder.iterdir():
        if path.name not in standing and (path.suffix in {".segment", ".dead", ".vectors", UNFINISHED}):
            path.unlink(missing_ok=True)


def abandon(folder: Path) -> None:
    """Drop an index that is being made beside the one that answers; only for whoever holds the lock."""
    (folder / REBUILDING).unlink(missing_ok=True)
    sweep(folder)
