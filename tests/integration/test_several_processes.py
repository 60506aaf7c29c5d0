"""Two services and two workers on one PostgreSQL share what is to be done, and do nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from serving.db.tables import Campaign, Claim, Delivery, InboxRow, Offer, Post
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.vocabulary import DeliveryState, Role
from tests import factories
from tests.conftest import SECRET, app_for
from tests.integration import carrying
from tests.integration.mailbox import Mailbox, listening

pytestmark = pytest.mark.parametrize("address", ["postgresql"], indirect=True)

N_MESSAGES = 24
N_POSTS = 60
CLAIMS = (
    "Beredar kabar bendungan Sukamulih jebol sore ini dan warga tiga desa diminta mengungsi",
    "Pesan berantai menyebut air minum kemasan merek Tirta Renda mengandung cairan pembersih lantai",
    "Tautan pendaftaran bantuan sembako dari kantor desa Cikendi dikirim lewat pesan singkat",
)


@contextmanager
def _worker(settings, name: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``suluh worker`` in a process of its own, without quiet hours."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(settings.var_dir),
        "SULUH_VAR_DIR": str(settings.var_dir / name),
        "SULUH_MODEL_STORE": str(settings.var_dir / "models"),
        "SULUH_DATABASE_URL": settings.database_url,
        "SULUH_SECRET_KEY": SECRET,
        "SULUH_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "SULUH_QUIET_FROM": "00:00",
        "SULUH_QUIET_UNTIL": "00:00",
    }
    log = settings.var_dir / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "from serving.cli import main; main()", "worker", "--name", name],
            env=environment,
            stdout=out,
            stderr=out,
        )
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, log.read_text()[-3000:]
        finally:
            process.kill()
            process.wait(10)


def _offers(service, sign_up) -> None:
    """Make a live campaign with open offers, each of which waits for its message, by the machine's own clock."""
    story = carrying.begin(service, sign_up)
    with service.database.write() as session:
        ctx = replace(context_for(service, session, SERVICE), now=datetime.now(UTC))
        campaign = session.get(Campaign, story.campaign_id)
        campaign.ends_at = ctx.now + timedelta(days=3)
        session.get(Offer, story.offer_id).expires_at = ctx.now + timedelta(days=2)
        for _ in range(N_MESSAGES - 1):
            carrying.offer(ctx, campaign, factories.influencer(ctx, story.ministry_id))


def _send(service_of: TestClient, headers: dict[str, str], numbers: range) -> None:
    posts = [
        {
            "source": "x",
            "external_id": f"p-{number}",
            "text": CLAIMS[number % len(CLAIMS)],
            "posted_at": "2026-03-02T02:00:00Z",
        }
        for number in numbers
    ]
    assert service_of.post("/v1/posts", json={"posts": posts}, headers=headers).status_code == 202


def _count(service, query) -> int:
    with service.database.read() as session:
        return session.scalar(query)


def _wait(service, query, wanted: int, workers: list[subprocess.Popen[bytes]], within_s: float = 120.0) -> bool:
    until = time.monotonic() + within_s
    while _count(service, query) != wanted and time.monotonic() < until:
        assert [worker.poll() for worker in workers] == [None] * len(workers), "a worker stopped; its log says why"
        time.sleep(0.1)
    return _count(service, query) == wanted


def test_two_services_and_two_workers_do_nothing_twice(client, service, settings, clock, sign_up, key_for) -> None:
    """Posts sent to both services become each claim once; each message leaves once; both workers end in order."""
    settings.var_dir.mkdir(exist_ok=True)
    headers = key_for("budi", Role.CHECKER)
    _offers(service, sign_up)
    n_before = _count(service, select(func.count(Claim.id))), _count(service, select(func.count(Post.id)))
    box = Mailbox(slow_s=0.05)
    server = listening(box)
    server.start()
    try:
        with ExitStack() as running:
            other = app_for(settings, clock)
            running.callback(other.state.service.database.close)
            second = running.enter_context(TestClient(other))
            # The middle third is sent to both.
            halves = ((client, range(2 * N_POSTS // 3)), (second, range(N_POSTS // 3, N_POSTS)))
            senders = [Thread(target=_send, args=(each, headers, numbers)) for each, numbers in halves]
            workers = [running.enter_context(_worker(settings, name, server.port)) for name in ("satu", "dua")]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
            assert _wait(service, select(func.count(InboxRow.id)), 0, workers)
            sent = select(func.count(Delivery.id)).where(Delivery.state == DeliveryState.SENT)
            assert _wait(service, sent, N_MESSAGES, workers)
    finally:
        server.stop()
    n_after = _count(service, select(func.count(Claim.id))), _count(service, select(func.count(Post.id)))
    assert (n_after[0] - n_before[0], n_after[1] - n_before[1]) == (len(CLAIMS), N_POSTS)
    assert (len(box.by_id()), set(box.by_id().values())) == (N_MESSAGES, {1})
