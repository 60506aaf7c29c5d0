"""Which model answers in this process, and how it changes while requests are being answered.

The history in the database says who should answer. A process reads it with whatever transaction it has open, at most
every two seconds, and so needs no thread and no message; a service that nobody asks changes when somebody does. The
folder is opened by the first score after that, in the thread that asked; others meanwhile go on with the model that
they have. The change is one assignment: a call that began on the old model ends on it. What this costs is that one
request per process and promotion waits for the loading.

A model that cannot be opened never takes the place of one that works. The process goes on, tries again every half
minute, says so in its log, and leaves a row that the engineer's page shows.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

import structlog
from prometheus_client import Counter

from models.score import Probabilities, Score, Scorer, Thresholds
from serving.db import Session
from serving.db import registry as rows
from serving.db.registry import Named, Standing
from serving.desk.learning.models_store import ModelStore
from serving.errors import SuluhError
from serving.vocabulary import ModelRole

log = structlog.get_logger()

FOLLOW_EVERY_S: Final = 2.0
TRY_AGAIN_AFTER_S: Final = 30.0
ERROR_CHARS: Final = 500

SWITCHES = Counter("suluh_model_switches_total", "Models opened by this process.", ("role", "outcome"))


@dataclass(frozen=True, slots=True)
class Fault:
    """A model that this process could not open."""

    wanted: Named
    error: str


@dataclass(frozen=True, slots=True)
class _Held:
    """A scorer with the row of the history that asked for it; none for the model that the service is set up with."""

    wanted: Named | None
    scorer: Scorer


class _Slot:
    """One place for a model: the champion's or the challenger's."""

    def __init__(self, role: ModelRole, store: ModelStore, clock_s: Callable[[], float]) -> None:
        self._role = role
        self._store = store
        self._clock_s = clock_s
        self._loading = Lock()
        self._try_at_s = 0.0
        self.wanted: Named | None = None
        self.held: _Held | None = None
        self.fault: Fault | None = None

    def ask(self, wanted: Named | None) -> None:
        """Note who should answer; it is opened when somebody asks for a score."""
        if wanted != self.wanted:
            self.wanted = wanted
            self.fault, self._try_at_s = None, 0.0

    @property
    def is_current(self) -> bool:
        """Tell whether what is held is what was asked for."""
        return self.held is not None and self.held.wanted == self.wanted

    def settle(self, fallback: Callable[[], Scorer] | None) -> Scorer | None:
        """Give the scorer that was asked for, or the one held before where it cannot be opened or is being opened."""
        held = self.held
        if held is not None and held.wanted == self.wanted:
            return held.scorer
        if not self._loading.acquire(blocking=held is None):
            return None if held is None else held.scorer
        try:
            return self._opened(fallback)
        finally:
            self._loading.release()

    def _opened(self, fallback: Callable[[], Scorer] | None) -> Scorer | None:
        wanted = self.wanted
        if self.held is not None and self.held.wanted == wanted:
            return self.held.scorer
        if wanted is None:
            self.held = None if fallback is None else _Held(None, fallback())
        elif self.fault is None or self._clock_s() >= self._try_at_s:
            self._try(wanted)
        if self.held is None and fallback is not None:
            # Nothing works yet: the model that the service is set up with is better than no answer.
            return fallback()
        return None if self.held is None else self.held.scorer

    def _try(self, wanted: Named) -> None:
        try:
            scorer = self._store.open(wanted.artefact, wanted.manifest_sha256)
        except SuluhError as error:
            self._note_fault(wanted, str(error))
            return
        self.held, self.fault = _Held(wanted, scorer), None
        SWITCHES.labels(self._role.value, "ok").inc()
        log.info("model opened", role=self._role.value, model=wanted.artefact)

    def _note_fault(self, wanted: Named, why: str) -> None:
        self.fault = Fault(wanted, why[:ERROR_CHARS])
        self._try_at_s = self._clock_s() + TRY_AGAIN_AFTER_S
        SWITCHES.labels(self._role.value, "fault").inc()
        log.error("model not opened; the one before it goes on", model=wanted.artefact, why=why)


class ModelHolder:
    """The scorer of one process, whichever model that is at the moment; a ``Scorer`` itself, so it can be kept.

    Args:
        store: where promoted models stand.
        base: opens the model that answers for as long as none was promoted.
        clock_s: seconds that only rise.
    """

    def __init__(
        self, store: ModelStore, base: Callable[[], Scorer], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.store = store
        self._base = base
        self._clock_s = clock_s
        self._champion = _Slot(ModelRole.CHAMPION, store, clock_s)
        self._challenger = _Slot(ModelRole.CHALLENGER, store, clock_s)
        self._follow_at_s = float("-inf")
        self._told = False

    # ---- what the history says -----------------------------------------------------------------------------------

    def follow(self, session: Session, now: datetime) -> None:
        """Read the history where two seconds have passed since it was read last; cheap, so every transaction asks."""
        if self._clock_s() >= self._follow_at_s:
            self._follow_at_s = self._clock_s() + FOLLOW_EVERY_S
            self.look(session, now)

    def look(self, session: Session, now: datetime) -> Standing:
        """Read the history now, and tell the database what could not be opened where this transaction will be kept."""
        standing = rows.standing(session)
        self._champion.ask(standing.champion)
        self._challenger.ask(standing.challenger)
        if rows.may_write(session):
            self._tell(session, now)
        return standing

    def _tell(self, session: Session, now: datetime) -> None:
        if self.faults:
            for fault in self.faults:
                rows.tell_fault(session, process_name(), fault.wanted.history_id, fault.error, now)
            self._told = True
        elif self._told and self._champion.is_current:
            rows.forget_faults(session, process_name())
            self._told = False

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What this process was asked to open and could not."""
        return tuple(slot.fault for slot in (self._champion, self._challenger) if slot.fault is not None)

    def follow_soon(self) -> None:
        """Read the history again with the next transaction: somebody changed it here."""
        self._follow_at_s = float("-inf")

    # ---- who answers ---------------------------------------------------------------------------------------------

    def current(self) -> Scorer:
        """Give the scorer that answers now; one call to it is answered by one model, whatever changes meanwhile."""
        return self._champion.settle(self._base) or self._base()

    def at_hand(self) -> Scorer | None:
        """Give the scorer that answers now; none where the history is due to be read, or a model to be opened."""
        held = self._champion.held
        if held is None or not self._champion.is_current or self._clock_s() >= self._follow_at_s:
            return None
        return held.scorer

    def challenger(self) -> tuple[Named, Scorer] | None:
        """Give the model that is tried beside the champion, with its row of the history; none where none is."""
        wanted = self._challenger.wanted
        scorer = self._challenger.settle(None)
        held = self._challenger.held
        if wanted is None or scorer is None or held is None or held.wanted != wanted:
            return None
        return wanted, scorer

    @property
    def version(self) -> str:
        """Name the model that answers now."""
        return self.current().version

    @property
    def thresholds(self) -> Thresholds:
        """Give the bands of the model that answers now."""
        return self.current().thresholds

    def score_many(self, texts: Sequence[str]) -> list[Score]:
        """Score texts in order with reasons, all by one model."""
        return self.current().score_many(texts)

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Give the probabilities alone, all by one model."""
        return self.current().probabilities(texts)


def process_name() -> str:
    """Name this process among those that share the database."""
    return f"{socket.gethostname()}:{os.getpid()}"[:120]
