"""The worker: what happens without anybody asking, on a schedule and so that a kill loses nothing.

The rows of our own database say what is to be done (posts in the inbox, offers that are due, messages not yet sent);
DBOS, on a system database beside ours, says when: each tick of a schedule runs once across all workers, and a batch of
messages that a killed worker left behind goes on where it stopped. Only what every worker has a share of, the judging
of claims, and what a machine keeps for itself, the search index, have a clock in each process. The rows are the
reconciler: a batch that was claimed and never started falls due again. So losing the system database costs repeated
looks, never work.
"""

from __future__ import annotations

import hashlib
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from types import FrameType
from typing import Any, ClassVar, TypeVar

import structlog
from dbos import DBOS, DBOSConfig, ScheduleInput, SetWorkflowID
from prometheus_client import Counter
from sqlalchemy import make_url

from serving import __name__ as package
from serving.channels import chat as chat_senders
from serving.channels import email
from serving.channels import other as other_senders
from serving.channels.public_page import PublicPages
from serving.channels.webhook import Http
from serving.db import retried
from serving.deps import Service, acting
from serving.desk import retention, webhooks
from serving.desk.checking import deadlines, golden, review
from serving.desk.context import Context
from serving.desk.incoming import feeds, figures, intake, judging, search_index, trending
from serving.desk.incoming.machine import holder_for, machine_for
from serving.desk.learning import drift, models_shadow, retraining
from serving.desk.outreach import breaker, campaigns, chat, corrections, deliveries, offers, post_checks, routing
from serving.desk.people import screenshots, standings
from serving.errors import UnavailableError
from serving.vocabulary import Channel

log = structlog.get_logger()
T = TypeVar("T")

APP = "suluh"
QUEUE = "deliveries"
HOOK_QUEUE = "webhooks"
# How many batches one worker sends at once; a mail server, or another system, that stalls then holds up a quarter.
SENDERS = 4
BATCHES_PER_TICK = 20
KEPT = timedelta(days=2)
FORGET_PAGE = 500
GRACE_S = 20

RUNS = Counter("suluh_worker_runs_total", "Runs of the worker's parts.", ("part", "outcome"))
HOOKS = Counter("suluh_worker_webhooks_total", "Messages sent to other systems.", ("outcome",))
MAILS = Counter("suluh_worker_mails_total", "Messages handed to the mail server.", ("outcome",))


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is done again and again.

    Attributes:
        name: what it is called in logs and figures.
        cron: when, with seconds first (six fields, UTC).
        every: the time between two ticks; a tick that waited longer leaves its work to its successor.
        run: does it, and gives how much was done.
    """

    name: str
    cron: str
    every: timedelta
    run: Callable[[Service], object]


def _in_transaction(service: Service, step: Callable[[Context], T]) -> T:
    with acting(service) as ctx:
        return step(ctx)


def _taken(service: Service, step: Callable[[Context], T]) -> T:
    """Take one step about a message, anew where the database ended its transaction for another's sake.

    A message that is handed over and not marked would leave twice.
    """
    return retried(lambda: _in_transaction(service, step))


def _once(step: Callable[[Context], object]) -> Callable[[Service], object]:
    """Make a part of a use case that is one transaction."""
    return lambda service: _in_transaction(service, step)


def _with_machine(step: Callable[..., object]) -> Callable[[Service], object]:
    """Make a part of a use case that opens its own transactions and needs the process's machine."""
    return lambda service: step(lambda: acting(service), machine_for(service.settings))


def _judge(service: Service) -> int:
    return judging.judge_waiting(lambda: acting(service), service.database.read, holder_for(service.settings))


def _read_posts(service: Service) -> int:
    return trending.read_posts(lambda: acting(service))


def _shadow(service: Service) -> int:
    return models_shadow.read_new(lambda: acting(service), holder_for(service.settings))


def _drift(service: Service) -> int:
    made = drift.check_today(lambda: acting(service), holder_for(service.settings))
    if made:
        with acting(service) as ctx:
            retraining.tell(ctx)
    return made


def _check_posts(service: Service) -> int:
    """Ask the pages of reported posts, where that is wanted."""
    return post_checks.check_waiting(lambda: acting(service), PublicPages()) if service.settings.check_posts else 0


def _sweep_offers(service: Service) -> dict[str, int]:
    """Let lapse first, so that nothing is woken only to lapse.

    Each in a transaction of its own: each ends on the record, whose head must be the last thing that is locked.
    """
    steps = {"ended": campaigns.end_over, "expired": offers.expire_due, "woken": offers.wake_due}
    return {name: _in_transaction(service, step) for name, step in steps.items()}


def _tell(ctx: Context) -> dict[str, int]:
    return {"corrections": corrections.send_missing(ctx), "withdrawn": deliveries.withdraw_answered(ctx)}


def _deliver_all(service: Service) -> int:
    """Send what is due, batch after batch, in this thread; give how many were tried."""
    n = 0
    while claimed := claim(service):
        for each in claimed:
            send_one(service, each)
        n += len(claimed)
    return n


def _call_all(service: Service) -> int:
    """Send what is due to other systems, in this thread; give how many were tried."""
    n = 0
    while claimed := claim_hooks(service):
        for each in claimed:
            call_one(service, each)
        n += len(claimed)
    return n


def _search(service: Service) -> int:
    settings = service.settings
    return search_index.indexer_for(settings).follow(service.database.read, lambda: search_index.encoder_of(settings))


def _trim_search_log(ctx: Context) -> int:
    return search_index.trim_log(ctx.session, ctx.now.timestamp())


EVERY_PART = (
    Part("drain", "*/2 * * * * *", timedelta(seconds=2), _with_machine(intake.drain)),
    Part("feeds", "*/30 * * * * *", timedelta(seconds=30), _with_machine(feeds.poll_due)),
    Part("shadow", "*/5 * * * * *", timedelta(seconds=5), _shadow),
    Part("figures", "20 * * * * *", timedelta(minutes=1), _once(figures.refresh)),
    Part("trends", "3-59/10 * * * * *", timedelta(seconds=10), _read_posts),
    Part("leases", "*/15 * * * * *", timedelta(seconds=15), _once(review.expire_leases)),
    Part("golden", "35 * * * * *", timedelta(minutes=1), _once(golden.serve_due)),
    Part("deadlines", "7-59/15 * * * * *", timedelta(seconds=15), _once(deadlines.tell)),
    Part("sweep", "*/30 * * * * *", timedelta(seconds=30), _sweep_offers),
    # Before what is released: a signal that rose in the last minute stops it.
    Part("breaker", "0 * * * * *", timedelta(minutes=1), _once(breaker.watch)),
    Part("release", "5,35 * * * * *", timedelta(seconds=30), _once(routing.release_due)),
    Part("plan", "50 */10 * * * *", timedelta(minutes=10), _once(routing.top_up)),
    Part("tell", "10,40 * * * * *", timedelta(seconds=30), _once(_tell)),
    Part("check-posts", "45 * * * * *", timedelta(minutes=1), _check_posts),
    Part("remind-corrections", "25 */10 * * * *", timedelta(minutes=10), _once(corrections.remind)),
    Part("search-log", "0 27 * * * *", timedelta(hours=1), _once(_trim_search_log)),
    Part("forget", "0 17 * * * *", timedelta(hours=1), _once(retention.forget)),
    Part("chat-log", "0 47 * * * *", timedelta(hours=1), _once(chat.forget)),
    Part("webhook-log", "0 37 * * * *", timedelta(hours=1), _once(webhooks.forget)),
    Part("forget-pictures", "20 17 * * * *", timedelta(hours=1), _once(screenshots.forget_pictures)),
    # In the morning in Jakarta; the messages leave outside quiet hours wherever their person is.
    Part("remind", "0 40 0 * * *", timedelta(days=1), _once(deliveries.remind_expiring)),
    # At night in all three zones.
    Part("standings", "0 7 18 * * *", timedelta(days=1), lambda service: standings.look_over(lambda: acting(service))),
    # Each day is checked once; asking every hour makes up for a worker that was down.
    Part("drift", "0 10 * * * *", timedelta(hours=1), _drift),
)
# A tick of the schedule runs in one process of all. These are done in each, by a `Timer`: workers judge side by side,
# each other claims, and the index is a folder of this machine.
OWN_PARTS = (
    Part("judge", "*/2 * * * * *", timedelta(seconds=2), _judge),
    Part("search", "1-59/2 * * * * *", timedelta(seconds=2), _search),
)


# ---- messages --------------------------------------------------------------------------------------------------


def claim(service: Service) -> list[deliveries.Claimed]:
    """Take one batch of messages that are due; none where there is nobody to hand them to."""
    if not deliveries.has_way(service.settings):
        return []
    return _taken(service, deliveries.claim_due)


def _sender_of(service: Service, channel: Channel) -> deliveries.Sender | None:
    if channel is Channel.EMAIL:
        return email.sender_for(service.settings, service.clock)
    if channel is Channel.OTHER:
        return other_senders.sender_for(service.settings)
    return chat_senders.sender_for(service.settings, channel)


def send_one(service: Service, claimed: deliveries.Claimed) -> None:
    """Send one claimed message: write it, hand it over, mark it, each in a transaction of its own.

    No transaction is open while the mail server is waited for. Killed between handing over and marking, the message
    leaves again under the same Message-ID.
    """
    letter = _taken(service, lambda ctx: deliveries.compose(ctx, claimed))
    sender = _sender_of(service, letter.channel) if letter else None
    if sender is None or letter is None:
        return
    try:
        sender.send(letter)
    except deliveries.SendError as error:
        _taken(service, partial(deliveries.mark_failed, claimed=claimed, error=error))
        MAILS.labels("failed").inc()
        log.warning("message not taken", delivery=claimed.delivery_id, attempt=claimed.attempt, why=str(error))
        return
    _taken(service, lambda ctx: deliveries.mark_sent(ctx, claimed))
    MAILS.labels("sent").inc()


# ---- other systems ---------------------------------------------------------------------------------------------


def claim_hooks(service: Service) -> list[webhooks.Claimed]:
    """Take one batch of messages to other systems that are due."""
    return _taken(service, webhooks.claim_due)


def call_one(service: Service, claimed: webhooks.Claimed) -> None:
    """Send one claimed message to its endpoint: write it, send it, note what came of it.

    No transaction is open while the other side is waited for. Killed between sending and noting, the message leaves
    again under the same ``webhook-id``.
    """
    call = _taken(service, lambda ctx: webhooks.compose(ctx, claimed))
    if call is None:
        return
    answer = Http(service.settings).call(call)
    _taken(service, lambda ctx: webhooks.record(ctx, claimed, answer))
    HOOKS.labels("sent" if answer.taken else "failed").inc()
    if not answer.taken:
        log.warning("webhook not taken", delivery=claimed.delivery_id, status=answer.status, why=answer.error)


# ---- one round, without a schedule -----------------------------------------------------------------------------


_unavailable: dict[str, str] = {}


def _say_unavailable(part: str, why: str) -> None:
    """Log why a part cannot work when that is news, and not at each of its ticks."""
    if _unavailable.get(part) != why:
        _unavailable[part] = why
        log.error("part cannot work; it is tried again at each tick", part=part, why=why)


def run_part(part: Part, service: Service) -> bool:
    """Run one part; a fault is logged and left to the next round, so that the others go on."""
    started = time.perf_counter()
    try:
        # A part of several transactions begins anew: what it has done it finds done.
        done = retried(lambda: part.run(service))
    except UnavailableError as error:
        RUNS.labels(part.name, "fault").inc()
        _say_unavailable(part.name, str(error))
        return False
    except Exception:
        RUNS.labels(part.name, "fault").inc()
        log.exception("part failed; it is tried again at its next tick", part=part.name)
        return False
    RUNS.labels(part.name, "ok").inc()
    _unavailable.pop(part.name, None)
    log.debug("part ran", part=part.name, done=done, seconds=round(time.perf_counter() - started, 3))
    return True


def run_once(service: Service) -> bool:
    """Run every part once and send what is due, then stop; tell whether all went well."""
    outcomes = [run_part(part, service) for part in (*EVERY_PART, *OWN_PARTS, _DELIVER, _CALL)]
    return all(outcomes)


_DELIVER = Part("deliver", "*/3 * * * * *", timedelta(seconds=3), _deliver_all)
_CALL = Part("call", "1-59/3 * * * * *", timedelta(seconds=3), _call_all)


# ---- on a schedule, durably ------------------------------------------------------------------------------------


def system_database(address: str) -> str:
    """Give the address of the system database: a file beside ours, or a schema of its own in the same PostgreSQL."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database}.worker"
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


class Timer:
    """Runs one part in a thread of this process, again and again, whatever other processes do."""

    def __init__(self, part: Part, service: Service) -> None:
        """Begin at once."""
        self._part = part
        self._service = service
        self._told = threading.Event()
        # Of a process that ends all the same nothing is lost: the next one goes on where this one stood.
        self._thread = threading.Thread(target=self._run, name=part.name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._told.wait(self._part.every.total_seconds()):
            run_part(self._part, self._service)

    def stop(self, grace_s: float) -> None:
        """Finish what is running, for at most ``grace_s`` seconds."""
        self._told.set()
        self._thread.join(grace_s)


class _Process:
    """What the workflows of this process work on: DBOS calls them by name, so they find it here."""

    service: Service | None = None
    timers: tuple[Timer, ...] = ()
    parts: ClassVar[dict[str, Part]] = {part.name: part for part in EVERY_PART}
    running: ClassVar[dict[str, threading.Lock]] = {
        part.name: threading.Lock() for part in (*EVERY_PART, _DELIVER, _CALL)
    }

    @classmethod
    def parts_of(cls) -> Service:
        """Give the service; raise where a workflow runs outside a worker."""
        if cls.service is None:
            raise RuntimeError("the worker has not been started")
        return cls.service


@DBOS.workflow(name="tick")
def _tick(at: datetime, name: str) -> None:
    """Run one part at its tick, unless it is still running or the tick has been overtaken by the next."""
    if name not in _Process.parts:  # a release before this one had it on the schedule
        return
    part, lock = _Process.parts[name], _Process.running[name]
    service = _Process.parts_of()
    if datetime.now(UTC) - at > 2 * part.every + timedelta(seconds=1) or not lock.acquire(blocking=False):
        return
    try:
        run_part(part, service)
    finally:
        lock.release()


@DBOS.step(name="claim")
def _claim_step() -> list[tuple[int, int]]:
    return [(each.delivery_id, each.attempt) for each in claim(_Process.parts_of())]


@DBOS.step(name="send")
def _send_step(delivery_id: int, attempt: int) -> None:
    send_one(_Process.parts_of(), deliveries.Claimed(delivery_id, attempt))


@DBOS.workflow(name="send_batch")
def _send_batch(batch: list[tuple[int, int]]) -> None:
    """Send one batch, each message a step: after a kill it goes on with the message that was in flight."""
    for delivery_id, attempt in batch:
        _send_step(delivery_id, attempt)


def _batch_id(what: str, batch: Sequence[tuple[int, ...]]) -> str:
    return f"{what}-" + hashlib.sha256(repr(batch).encode()).hexdigest()[:24]


@DBOS.workflow(name="deliver")
def _deliver(_at: datetime, _context: Any) -> None:
    """Claim what is due and queue it in batches; the id of a batch is its content, so none is queued twice."""
    lock = _Process.running[_DELIVER.name]
    if not lock.acquire(blocking=False):
        return
    try:
        for _ in range(BATCHES_PER_TICK):
            batch = _claim_step()
            if not batch:
                return
            with SetWorkflowID(_batch_id("send", batch)):
                DBOS.enqueue_workflow(QUEUE, _send_batch, batch)
    finally:
        lock.release()


@DBOS.step(name="claim_hooks")
def _claim_hooks_step() -> list[tuple[int, int, int]]:
    claimed = claim_hooks(_Process.parts_of())
    return [(each.delivery_id, each.endpoint_id, each.attempt) for each in claimed]


@DBOS.step(name="call")
def _call_step(delivery_id: int, endpoint_id: int, attempt: int) -> None:
    call_one(_Process.parts_of(), webhooks.Claimed(delivery_id, endpoint_id, attempt))


@DBOS.workflow(name="call_batch")
def _call_batch(batch: list[tuple[int, int, int]]) -> None:
    """Send one endpoint's batch, each message a step; see ``_send_batch``."""
    for delivery_id, endpoint_id, attempt in batch:
        _call_step(delivery_id, endpoint_id, attempt)


def _by_endpoint(claimed: list[tuple[int, int, int]]) -> Iterator[list[tuple[int, int, int]]]:
    """Part a batch by endpoint: each has at most one on its way, so one that stalls takes one place of the queue."""
    for _, group in groupby(claimed, key=lambda each: each[1]):
        yield list(group)


@DBOS.workflow(name="call_due")
def _call_due(_at: datetime, _context: Any) -> None:
    """Claim what is due for other systems and queue it by endpoint; see ``_deliver``."""
    lock = _Process.running[_CALL.name]
    if not lock.acquire(blocking=False):
        return
    try:
        for _ in range(BATCHES_PER_TICK):
            claimed = _claim_hooks_step()
            if not claimed:
                return
            for batch in _by_endpoint(claimed):
                with SetWorkflowID(_batch_id("call", batch)):
                    DBOS.enqueue_workflow(HOOK_QUEUE, _call_batch, batch)
    finally:
        lock.release()


@DBOS.workflow(name="forget_workflows")
def _forget_workflows(at: datetime, _context: Any) -> None:
    """Remove finished workflows after two days: 60,000 ticks a day would fill the system database."""
    before = (at - KEPT).isoformat()
    while old := [
        status.workflow_id
        for status in DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            end_time=before,
            limit=FORGET_PAGE,
            load_input=False,
            load_output=False,
        )
    ]:
        DBOS.delete_workflows(old)


def start(service: Service, name: str | None = None) -> None:
    """Start the schedules and the queue in threads of this process.

    Args:
        service: the parts of this process.
        name: this worker's own name, the same after a restart, so that it finds what it left; the machine's by default.
    """
    _Process.service = service
    DBOS(
        config=DBOSConfig(
            name=APP,
            system_database_url=system_database(service.settings.database),
            executor_id=name or socket.gethostname(),
            # Not the hash of this source: a release goes on with what the one before it left.
            application_version=f"{package}-1",
            console_log_level="WARNING",
            scheduler_polling_interval_sec=1.0,
        )
    )
    DBOS.launch()
    for queue in (QUEUE, HOOK_QUEUE):
        DBOS.register_queue(queue, worker_concurrency=SENDERS, polling_interval_sec=0.5)
    schedules = [
        ScheduleInput(schedule_name=part.name, workflow_fn=_tick, schedule=part.cron, context=part.name)
        for part in EVERY_PART
    ]
    schedules.append(ScheduleInput(schedule_name=_DELIVER.name, workflow_fn=_deliver, schedule=_DELIVER.cron))
    schedules.append(ScheduleInput(schedule_name=_CALL.name, workflow_fn=_call_due, schedule=_CALL.cron))
    schedules.append(
        ScheduleInput(schedule_name="forget-workflows", workflow_fn=_forget_workflows, schedule="0 23 * * * *")
    )
    DBOS.apply_schedules(schedules)
    for part in OWN_PARTS:
        DBOS.delete_schedule(part.name)  # which a release before this one made
    _Process.timers = tuple(Timer(part, service) for part in OWN_PARTS)
    log.info(
        "worker started",
        parts=[*_Process.parts, *(part.name for part in OWN_PARTS), _DELIVER.name, _CALL.name],
        mail=bool(service.settings.smtp_url),
    )


def stop(grace_s: int = GRACE_S) -> None:
    """Finish what is running, for at most ``grace_s`` seconds, and stop; what is left goes on after a restart."""
    DBOS.destroy(workflow_completion_timeout_sec=grace_s)
    for timer in _Process.timers:
        timer.stop(grace_s)
    _Process.service, _Process.timers = None, ()


def run_forever(service: Service, name: str | None = None) -> None:
    """Work until SIGTERM or SIGINT."""
    told = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        told.set()

    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, end)
    start(service, name)
    try:
        told.wait()
    finally:
        stop()
        service.database.close()
        log.info("worker stopped")
