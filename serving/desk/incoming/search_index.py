"""The search index of one machine: how it follows the database, and how a process sees it.

The worker writes it. It reads the log of changes (`serving.db.search`) from where the index stands, and after a loss,
or for the first time, everything that the index lacks. How far it has come is kept in the index itself and written with
what was read, so a kill costs one step. An index of another database, or one that was away for longer than the log is
kept, begins anew by itself.

A process that answers reads the index and, beside it, the newest changes, which it keeps in memory: what was just
written is found at once, by whoever wrote it too, and a small service needs no worker for its search.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeAlias

import numpy as np
import structlog

from models import search_segment
from models.encoder import Encoder
from models.encoder_scorer import EncoderScorer
from models.search_index import REBUILDING, IndexBusyError, Reader, View, Writer, abandon, locked
from models.search_segment import Document
from models.search_text import words_of
from serving.db import Session
from serving.db import search as rows
from serving.db.search import START, Change, Kind, Mark
from serving.desk.context import Read
from serving.desk.incoming.machine import holder_for
from serving.settings import Settings

log = structlog.get_logger()

PAGE: Final = 2_000  # things read in one query
STEP: Final = 20_000  # documents in one commit, while the index is filled
FILL_S: Final = 20.0  # spent on filling before whoever asked gets a turn
EMBED_S: Final = 5.0  # spent on vectors at a time
VECTORS_A_STEP: Final = 64
TAIL_MOST: Final = 2_000  # changes that a process keeps beside the index
LOG_KEPT_S: Final = 7 * 86_400
INDEXES_KEPT: Final = 4
# In the order in which they are read; a kind is one range of references.
KINDS: Final = (Kind.CLAIM, Kind.CLARIFICATION, Kind.POST)
EMBEDDED: Final = (Kind.CLAIM, Kind.CLARIFICATION)
_ID_BITS: Final = 56

Progress: TypeAlias = Callable[[int], object]
Embedding: TypeAlias = Callable[[], tuple[Encoder, str] | None]


def ref_of(kind: Kind, item_id: int) -> int:
    """Give the number under which the index knows a thing."""
    return ((KINDS.index(kind) + 1) << _ID_BITS) | item_id


def thing_of(ref: int) -> tuple[Kind, int]:
    """Give what a number of the index stands for."""
    return KINDS[(ref >> _ID_BITS) - 1], ref & ((1 << _ID_BITS) - 1)


def ranges_of(kinds: Iterable[Kind]) -> list[tuple[int, int]]:
    """Give the ranges of numbers that some kinds have."""
    return [(ref_of(kind, 0), ref_of(kind, 0) + (1 << _ID_BITS)) for kind in kinds]


def folder_of(settings: Settings) -> Path:
    """Give the folder of this machine's index."""
    return (settings.var_dir / "search-index").absolute()


# ---- how far it has read -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an index has read.

    Attributes:
        origin: the database that it reads.
        mark: the last change that it holds.
        filling: the kind and number after which things are still to be read for the first time; none when done.
    """

    origin: int
    mark: Mark
    filling: tuple[Kind, int] | None

    @classmethod
    def of(cls, state: Any) -> Standing | None:
        """Read what an index keeps; none where it keeps nothing."""
        if not state:
            return None
        filling = state["filling"]
        return cls(state["origin"], Mark(*state["mark"]), (Kind(filling[0]), filling[1]) if filling else None)

    def as_state(self) -> dict[str, Any]:
        """Give it as the index keeps it."""
        filling = [self.filling[0].value, self.filling[1]] if self.filling else None
        return {"origin": self.origin, "mark": list(self.mark), "filling": filling}


def _documents(kind: Kind, texts: dict[int, str]) -> list[Document]:
    return [Document(ref_of(kind, item_id), words_of(text)) for item_id, text in texts.items()]


def _changed(session: Session, found: Iterable[tuple[Kind, int]]) -> tuple[list[Document], list[int]]:
    """Read things again; give those that are there, and the numbers of those that are gone."""
    by_kind: defaultdict[Kind, set[int]] = defaultdict(set)
    for kind, item_id in found:
        by_kind[kind].add(item_id)
    documents: list[Document] = []
    gone: list[int] = []
    for kind, wanted in by_kind.items():
        ids = sorted(wanted)
        for start in range(0, len(ids), PAGE):
            texts = rows.texts(session, kind, ids[start : start + PAGE])
            documents += _documents(kind, texts)
            gone += [ref_of(kind, item_id) for item_id in ids[start : start + PAGE] if item_id not in texts]
    return documents, gone


# ---- writing -----------------------------------------------------------------------------------------------------


class Indexer:
    """Keeps one machine's index up with the database; used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Write the index in this folder."""
        self._folder = folder
        self._writer: Writer | None = None

    def follow(self, read: Read, encoder: Embedding, *, until_done: bool = False, progress: Progress = bool) -> int:
        """Bring the index to what the database holds; give how many things were read.

        ``encoder`` is asked for what makes vectors, and its version, once there is something to make them of.

        Where there is much to read, this ends after some seconds and goes on when it is called again, unless it is
        told to go on ``until_done``. Another process that writes meanwhile is left to it.
        """
        try:
            with locked(self._folder):
                writer = self._opened()
                n_read = self._follow(writer, read, progress, until_done=until_done)
                self._embed(writer, read, encoder, until_done=until_done)
                return n_read
        except IndexBusyError:
            return 0

    def rebuild(self, read: Read, encoder: Embedding, progress: Progress = bool) -> int:
        """Make the index anew beside the one that answers, and put it in its place; give how many things it holds.

        Waits for another process that is writing; one that would write meanwhile leaves it be.
        """
        with locked(self._folder, wait=True):
            abandon(self._folder)
            writer = Writer(self._folder, REBUILDING)
            self._follow(writer, read, progress, until_done=True)
            self._embed(writer, read, encoder, until_done=True)
            writer.take_over()
            self._writer = writer
            return len(writer)

    def _opened(self) -> Writer:
        if self._writer is None or not self._writer.is_current:
            self._writer = Writer(self._folder)
        return self._writer

    def _follow(self, writer: Writer, read: Read, progress: Progress, *, until_done: bool) -> int:
        ends_s = float("inf") if until_done else time.monotonic() + FILL_S
        with read() as session:
            standing = self._standing(writer, session)
        n_read = 0
        while standing.filling is not None and time.monotonic() < ends_s:
            standing, n = _fill(writer, standing, standing.filling, read, progress)
            n_read += n
        while True:
            standing, n_found = _catch_up(writer, standing, read)
            n_read += n_found
            if n_found < PAGE:
                break
        writer.tidy()
        return n_read

    def _standing(self, writer: Writer, session: Session) -> Standing:
        """Give how far the index has read; where that cannot be gone on from, begin anew."""
        standing = Standing.of(writer.state)
        origin = rows.origin(session)
        first = (KINDS[0], 0)
        if standing is None or standing.origin != origin or not rows.has_mark(session, standing.mark):
            if standing is not None:
                log.warning("search index begins anew", why="its place is not in this database's log")
            writer.clear()
            standing = Standing(origin, rows.newest_mark(session), first)
            writer.commit(standing.as_state())
        elif writer.lost:
            log.warning("search index reads again what a torn file held")
            standing = Standing(origin, standing.mark, first)
            writer.commit(standing.as_state())
            writer.found_again()
        return standing

    def _embed(self, writer: Writer, read: Read, made_by: Embedding, *, until_done: bool) -> None:
        """Give vectors to the things that have none of their present words, a few at a time."""
        made = made_by() if len(writer) else None
        if made is None:
            return
        ends_s = float("inf") if until_done else time.monotonic() + EMBED_S
        encoder, version = made
        writer.into_space(version)
        before: list[int] = []
        # One that was reworded or went since comes again; it is read with the next change.
        while (refs := writer.lacking(ranges_of(EMBEDDED), VECTORS_A_STEP)) and refs != before:
            before = refs
            texts: dict[int, str] = {}
            with read() as session:
                for kind in EMBEDDED:
                    ids = [item_id for own, item_id in map(thing_of, refs) if own is kind]
                    texts |= {ref_of(kind, item_id): text for item_id, text in rows.texts(session, kind, ids).items()}
            documents = [Document(ref, words_of(text)) for ref, text in texts.items()]
            writer.add_vectors(documents, encoder.vectors(list(texts.values())))
            if time.monotonic() >= ends_s:
                break


def _fill(
    writer: Writer, standing: Standing, next_up: tuple[Kind, int], read: Read, progress: Progress
) -> tuple[Standing, int]:
    """Read things for the first time, up to one commit's worth; skip those that the index holds."""
    kind, after = next_up
    filling: tuple[Kind, int] | None = next_up
    n_read = 0
    while n_read < STEP:
        with read() as session:
            texts = rows.texts_after(session, kind, after, PAGE)
        if not texts:
            following = KINDS.index(kind) + 1
            filling = (KINDS[following], 0) if following < len(KINDS) else None
            break
        held = writer.holds([ref_of(kind, item_id) for item_id in texts])
        new = {item_id: text for (item_id, text), is_held in zip(texts.items(), held, strict=True) if not is_held}
        writer.add(_documents(kind, new))
        after = max(texts)
        filling = (kind, after)
        n_read += len(texts)
        progress(len(texts))
    standing = Standing(standing.origin, standing.mark, filling)
    writer.commit(standing.as_state())
    return standing, n_read


def _catch_up(writer: Writer, standing: Standing, read: Read) -> tuple[Standing, int]:
    """Read what changed since; give how many changes there were, at most a page."""
    with read() as session:
        found = rows.changes(session, standing.mark, PAGE, only_settled=True)
        if not found:
            return standing, 0
        documents, gone = _changed(session, ((change.kind, change.item_id) for change in found))
    writer.add(documents)
    writer.remove(gone)
    standing = Standing(standing.origin, found[-1].mark, standing.filling)
    writer.commit(standing.as_state())
    return standing, len(found)


# ---- reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """An index with the newest changes beside it.

    Attributes:
        view: what is asked.
        is_behind: some things are not in it yet.
    """

    view: View
    is_behind: bool


class Finder:
    """One process's eyes on the index and on the newest changes; safe for several threads."""

    def __init__(self, folder: Path) -> None:
        """Read the index in this folder, which may not be there yet."""
        self._reader = Reader(folder)
        self._lock = Lock()
        self._known: dict[tuple[Kind, int], tuple[Mark, Document | None]] = {}
        self._built: tuple[View, tuple[Change, ...], View] | None = None

    def seen(self, session: Session) -> Seen:
        """Give the index as it stands with what changed after it; the caller's transaction decides what is there."""
        # First the index, then the log: what a writer adds in between is in both, and not in neither.
        view = self._reader.view()
        standing = Standing.of(view.state)
        if standing is None or standing.origin != rows.origin(session):
            view, standing = View(), None
        after = START if standing is None else standing.mark
        found = rows.changes(session, after, TAIL_MOST, only_settled=False)
        is_behind = len(found) == TAIL_MOST or not view.is_whole
        is_behind |= standing is not None and standing.filling is not None
        with self._lock:
            return Seen(self._beside(session, view, tuple(found)), is_behind)

    def _beside(self, session: Session, view: View, found: tuple[Change, ...]) -> View:
        if self._built is not None and self._built[0] is view and self._built[1] == found:
            return self._built[2]
        newest = {(change.kind, change.item_id): change.mark for change in found}
        known = {
            key: self._known[key] for key, mark in newest.items() if key in self._known and self._known[key][0] == mark
        }
        documents, gone = _changed(session, (key for key in newest if key not in known))
        known |= {thing_of(document.ref): (newest[thing_of(document.ref)], document) for document in documents}
        known |= {thing_of(ref): (newest[thing_of(ref)], None) for ref in gone}
        here = [document for _, document in known.values() if document is not None]
        absent = [ref_of(*key) for key, (_, document) in known.items() if document is None]
        fresh = view.without(absent).beside(search_segment.build(here)) if known else view
        self._known, self._built = known, (view, found, fresh)
        return fresh


@dataclass(frozen=True, slots=True)
class Status:
    """How an index stands beside the database.

    Attributes:
        n_documents: what it holds, by kind.
        n_things: what the database holds, by kind.
        n_changes: changes that it has not read.
        n_segments: segments that make it.
        n_vectors: things that are also found by meaning.
        size_bytes: what it takes on the disk.
        is_whole: no file of it is torn, and everything was read once.
    """

    n_documents: dict[Kind, int]
    n_things: dict[Kind, int]
    n_changes: int
    n_segments: int
    n_vectors: int
    size_bytes: int
    is_whole: bool


def status(session: Session, folder: Path) -> Status:
    """Say how an index stands beside the database."""
    view = Reader(folder).view()
    standing = Standing.of(view.state)
    if standing is None or standing.origin != rows.origin(session):
        view, standing = View(), None
    held: dict[Kind, int] = {}
    for kind, wanted in zip(KINDS, ranges_of(KINDS), strict=True):
        held[kind] = 0
        for segment, alive in view.shards:
            first, last = segment.ranges([wanted])[0]
            held[kind] += int(np.count_nonzero(alive[first:last]))
    return Status(
        n_documents=held,
        n_things={kind: rows.count(session, kind) for kind in KINDS},
        n_changes=rows.count_changes(session, START if standing is None else standing.mark),
        n_segments=len(view.shards),
        n_vectors=sum(map(len, view.parts)),
        size_bytes=sum(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else 0,
        is_whole=view.is_whole and standing is not None and standing.filling is None,
    )


# ---- one of each a process ---------------------------------------------------------------------------------------


def encoder_of(settings: Settings) -> tuple[Encoder, str] | None:
    """Give the encoder of the model that judges claims, with its version; none where that model has none."""
    scorer = holder_for(settings).current()
    return (scorer.blend.encoder, scorer.version) if isinstance(scorer, EncoderScorer) else None


@lru_cache(maxsize=INDEXES_KEPT)
def _finder(folder: Path) -> Finder:
    return Finder(folder)


_making = Lock()


def finder_for(settings: Settings) -> Finder:
    """Give the process's finder for one machine's index."""
    with _making:
        return _finder(folder_of(settings))


@lru_cache(maxsize=INDEXES_KEPT)
def _indexer(folder: Path) -> Indexer:
    return Indexer(folder)


def indexer_for(settings: Settings) -> Indexer:
    """Give the process's writer of one machine's index."""
    with _making:
        return _indexer(folder_of(settings))


def trim_log(session: Session, now_s: float) -> int:
    """Forget changes that every index has had a week to read; give how many went."""
    return rows.trim(session, int(now_s) - LOG_KEPT_S)


def progress_total(session: Session) -> int:
    """Count the things that a full reading reads."""
    return sum(rows.count(session, kind) for kind in KINDS)
