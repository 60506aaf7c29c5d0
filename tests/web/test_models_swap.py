"""A champion changes under load, in every process, and nobody is turned away."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

import httpx
import pytest

from serving.db import people
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.learning import registry
from serving.desk.people import accounts
from serving.vocabulary import Role
from tests.artefacts import small_artefact
from tests.conftest import PASSWORD, SECRET
from tests.web.conftest import Site

N_CLIENTS = 8
TEXTS = ["Jadwal perpustakaan keliling minggu depan berpindah", "bank contoh membagikan hadiah, klik tautan sekarang"]


@dataclass
class Asked:
    """What one client was answered, in order."""

    statuses: list[int] = field(default_factory=list)
    models: list[str] = field(default_factory=list)


@pytest.fixture
def headers(site):
    """The key of an engineer, by the machine's own clock: another process asks it too."""
    with site.service.database.write() as session:
        ctx = replace(context_for(site.service, session, SERVICE), now=datetime.now(UTC))
        for name in ("ani", "beni"):
            accounts.create_user(ctx, name, PASSWORD, [Role.ENGINEER])
        key = accounts.create_key(ctx, people.user_by_name(session, "ani"), "uji", 366).key
    return {"Authorization": f"Bearer {key}"}


def _step(site: Site, who, use_case, *given):
    with site.service.database.write() as session:
        actor = accounts.actor_for(people.user_by_name(session, who))
        return use_case(context_for(site.service, session, actor), *given)


def _promote(site: Site, folder) -> str:
    stored = _step(site, "ani", lambda ctx: registry.keep(ctx, registry.prepare_folder(ctx, folder)))
    proposal = _step(site, "ani", registry.propose, stored.name, "lebih baik")
    _step(site, "beni", registry.agree, proposal.id)
    return stored.version


def _model(url, headers) -> str:
    return httpx.post(f"{url}/v1/score", json={"texts": TEXTS}, headers=headers).json()["scores"][0]["model"]


def _wait_for(url, headers, version, within_s=20.0):
    until = time.monotonic() + within_s
    while _model(url, headers) != version:
        assert time.monotonic() < until, f"{url} does not answer with {version}"
        time.sleep(0.2)


def _keep_asking(url, headers, stop, asked: Asked):
    with httpx.Client(timeout=30) as client:
        while not stop.is_set():
            answer = client.post(f"{url}/v1/score", json={"texts": TEXTS}, headers=headers)
            asked.statuses.append(answer.status_code)
            if answer.status_code == 200:
                [model] = {score["model"] for score in answer.json()["scores"]}
                asked.models.append(model)


def test_eight_clients_see_a_promotion_and_a_rollback_and_no_failure(site, headers, tmp_path):
    """Every request is answered; each client sees the old model, then the new one, then the old one again."""
    shipped = _model(site.url, headers)
    stop, asked = threading.Event(), [Asked() for _ in range(N_CLIENTS)]
    clients = [threading.Thread(target=_keep_asking, args=(site.url, headers, stop, each)) for each in asked]
    for client in clients:
        client.start()
    try:
        time.sleep(1)
        promoted = _promote(site, small_artefact(tmp_path / "made" / "satu"))
        _wait_for(site.url, headers, promoted)
        time.sleep(1)
        back = _step(site, "beni", registry.propose_rollback, "banyak keliru")
        _step(site, "ani", registry.agree, back.id)
        _wait_for(site.url, headers, shipped)
        time.sleep(1)
    finally:
        stop.set()
        for client in clients:
            client.join(30)
    assert {status for each in asked for status in each.statuses} == {200}
    for each in asked:
        seen = [each.models[0], *(after for before, after in pairwise(each.models) if after != before)]
        assert seen == [shipped, promoted, shipped]


def test_another_process_follows_by_itself(site, headers, settings, tmp_path):
    """A second service on the same database and store answers with what was agreed on here."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SULUH_VAR_DIR": str(settings.var_dir),
        "SULUH_DATABASE_URL": settings.database_url,
        "SULUH_SECRET_KEY": SECRET,
    }
    if settings.model_dir is not None:
        environment["SULUH_MODEL_DIR"] = str(settings.model_dir)
    command = [sys.executable, "-c", "from serving.cli import main; main()", "serve", "--port", str(port)]
    log = tmp_path / "second.log"
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process:
        try:
            _wait_until_up(url, process, log)
            shipped = _model(url, headers)
            promoted = _promote(site, small_artefact(tmp_path / "made" / "satu"))
            assert promoted != shipped
            for each in (url, site.url):
                _wait_for(each, headers, promoted)
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_up(url, process, log):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            if httpx.get(f"{url}/sehat", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-2000:])
