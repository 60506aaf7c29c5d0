"""The worker keeps going, and a kill loses nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from serving import worker
from serving.db.search import Kind
from serving.db.tables import Campaign, Delivery
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.incoming import search_index
from serving.vocabulary import DeliveryState
from tests import factories
from tests.conftest import SECRET
from tests.integration import carrying
from tests.integration.mailbox import Mailbox, listening

# At each kill every sender may have one message in flight.
IN_FLIGHT = worker.SENDERS


def _many(service, story, n):
    """Make ``n`` offers that wait, by the machine's own clock: the worker runs in another process."""
    with service.database.write() as session:
        ctx = replace(context_for(service, session, SERVICE), now=datetime.now(UTC))
        session.get(Campaign, story.campaign_id).ends_at = ctx.now + timedelta(days=3)
        first = session.get(carrying.Offer, story.offer_id)
        first.expires_at = ctx.now + timedelta(days=2)
        for _ in range(n - 1):
            campaign = session.get(Campaign, story.campaign_id)
            carrying.offer(ctx, campaign, factories.influencer(ctx, story.ministry_id))


@contextmanager
def _process(settings, port, log, name="satu", **more):
    """Run ``suluh worker`` as a process of its own, without quiet hours: the hour of the test must not matter."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(settings.var_dir),
        "SULUH_VAR_DIR": str(settings.var_dir),
        "SULUH_DATABASE_URL": settings.database_url,
        "SULUH_SECRET_KEY": SECRET,
        "SULUH_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "SULUH_QUIET_FROM": "00:00",
        "SULUH_QUIET_UNTIL": "00:00",
        **more,
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "from serving.cli import main; main()", "worker", "--name", name],
            env=environment,
            stdout=out,
            stderr=out,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(10)


def _n_sent(service):
    with service.database.read() as session:
        query = select(func.count()).select_from(Delivery).where(Delivery.state == DeliveryState.SENT)
        return session.execute(query).scalar_one()


@pytest.mark.parametrize(
    ("n_messages", "n_kills"), [(40, 2), pytest.param(400, 50, marks=pytest.mark.soak)], ids=["two", "fifty"]
)
def test_killed_at_random_nobody_misses_anything(service, settings, story, tmp_path, n_messages, n_kills):
    """SIGKILL in the middle, again and again: every message arrives; a second copy only of what was in flight, same id."""
    _many(service, story, n_messages)
    settings.var_dir.mkdir(exist_ok=True)
    box = Mailbox(slow_s=0.05)
    server = listening(box)
    server.start()
    log = tmp_path / "worker.log"
    # After how many messages each kill comes: any places in the stream but its end, the same each time.
    kills = sorted(random.Random(n_kills).sample(range(1, n_messages - IN_FLIGHT), n_kills))
    try:
        for kill_after in kills:
            with _process(settings, server.port, log) as process:
                assert box.wait_for(kill_after), log.read_text()[-3000:]
                process.send_signal(signal.SIGKILL)
                process.wait(10)
        with _process(settings, server.port, log) as process:
            assert box.wait_for(n_messages), log.read_text()[-3000:]
            until = time.monotonic() + 20
            while _n_sent(service) < n_messages and time.monotonic() < until:
                time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, log.read_text()[-3000:]
    finally:
        server.stop()
    arrived = box.by_id()
    assert _n_sent(service) == n_messages
    assert len(arrived) == n_messages
    assert sum(arrived.values()) - n_messages <= n_kills * IN_FLIGHT


def test_a_part_that_fails_does_not_stop_the_others(service, monkeypatch):
    """A fault in one part is counted and left to the next round; the parts after it run."""
    ran = []

    def fail(_service):
        raise RuntimeError("fault")

    parts = (
        worker.Part("breaks", "* * * * * *", timedelta(seconds=1), fail),
        worker.Part("works", "* * * * * *", timedelta(seconds=1), ran.append),
    )
    monkeypatch.setattr(worker, "EVERY_PART", parts)
    assert worker.run_once(service) is False
    assert ran == [service]


def test_a_timer_goes_on_in_its_own_process_until_it_is_told(service):
    """It runs again and again, after a fault too, and not once more when it has stopped."""
    ran = []

    def run(asked):
        ran.append(asked)
        if len(ran) == 1:
            raise RuntimeError("fault")

    timer = worker.Timer(worker.Part("search", "* * * * * *", timedelta(milliseconds=5), run), service)
    until = time.monotonic() + 20
    while len(ran) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    timer.stop(20)
    n_ran = len(ran)
    time.sleep(0.05)
    assert n_ran >= 3
    assert ran == [service] * n_ran


def test_the_index_of_every_machine_is_followed(service, settings, tmp_path):
    """Two workers with a folder each: both hold what the database holds, though each tick runs in one of them."""
    assert {"judge", "search"}.isdisjoint(part.name for part in worker.EVERY_PART)
    with service.database.write() as session:
        factories.claim(context_for(service, session, SERVICE))
    folders = [settings.var_dir, tmp_path / "another"]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    waiting = {folder / "search-index" for folder in folders}

    def has_read(folder):
        # A transaction of its own each time: the workers' own tables are made beside no other.
        with service.database.read() as session:
            return search_index.status(session, folder).n_documents[Kind.POST] == 1

    until = time.monotonic() + 180
    with (
        _process(settings, 1, logs[0]),
        _process(settings, 1, logs[1], "dua", SULUH_VAR_DIR=str(folders[1])),
    ):
        while waiting and time.monotonic() < until:
            waiting = {each for each in waiting if not has_read(each)}
            time.sleep(0.2)
    assert not waiting, "".join(log.read_text()[-3000:] for log in logs)


def test_a_second_worker_under_the_same_name_is_refused(settings, service, tmp_path):
    """One name, one worker: the second stops with a sentence that names the fix."""
    settings.var_dir.mkdir(exist_ok=True)
    log = tmp_path / "second.log"
    from serving.cli.worker import _only_one

    with _only_one(settings.var_dir, "satu"), _process(settings, 1, log) as process:
        assert process.wait(60) == 1
    assert "--name" in log.read_text()


def test_the_system_database_stands_beside_ours():
    """SQLite gets a file next to ours, PostgreSQL a schema in the same database."""
    assert worker.system_database("sqlite:////srv/suluh.db") == "sqlite:////srv/suluh.db.worker"
    assert worker.system_database("postgresql+psycopg://a:b@h/suluh") == "postgresql://a:b@h/suluh"
