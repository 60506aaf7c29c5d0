"""The sample alive: set up once, played to the end, served and stopped."""

from __future__ import annotations

import os
import re
import shutil
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from serving.app import create_app
from serving.db import influencers as people_rows
from serving.db.tables import (
    AuditRow,
    Base,
    Campaign,
    Claim,
    Clarification,
    Correction,
    Influencer,
    Offer,
    OfficialAccount,
    Post,
    User,
)
from serving.demo import mailbox, prepare, processes, replay, sample
from serving.deps import Service, context_for
from serving.desk import audit
from serving.desk.context import SERVICE, Context, SystemClock
from serving.desk.incoming import intake
from serving.desk.incoming.machine import machine_for
from serving.desk.outreach import official, routing
from serving.desk.people import accounts
from serving.errors import UnavailableError
from serving.settings import Settings
from serving.vocabulary import CampaignState, ClaimState, ClarificationState, Platform
from tests.conftest import PASSWORD, SECRET, TEMPLATE
from tests.postgres import Postgres

GROWING = {"audit", "audit_head"}  # a second look is a step too, and is recorded


@dataclass(frozen=True)
class World:
    """The sample set up: its door, its parts, and what setting it up had to say."""

    client: TestClient
    service: Service
    said: list[str]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The sample, set up once for all tests here on each kind of database; no test spoils it for another."""
    folder = tmp_path_factory.mktemp("demo")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "suluh.db")
        address = f"sqlite:///{folder / 'suluh.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        name = f"suluh_demo_{os.getpid()}"
        server.run("CREATE DATABASE {} TEMPLATE {}", name, TEMPLATE)
        address = server.address(name)
    app = create_app(Settings(var_dir=folder, database_url=address, secret_key=SECRET, requests_per_minute=1_000_000))
    with TestClient(app, raise_server_exceptions=False) as client:
        service: Service = app.state.service
        said: list[str] = []
        prepare.prepare(service, PASSWORD, said.append)
        yield World(client, service, said)


def row_counts(service: Service) -> dict[str, int]:
    """How many rows each table holds."""
    with service.database.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name not in GROWING
        }


def test_each_account_signs_in_and_holds_one_role(world: World) -> None:
    """Six accounts, each with the role of its name and the one password."""
    assert world.said[0] == "6 accounts"
    for name, (role, _) in prepare.ACCOUNTS.items():
        with world.service.database.write() as session:
            actor = accounts.identify(context_for(world.service, session, SERVICE), name, PASSWORD)
            assert actor.roles == {role}


def test_a_second_start_changes_nothing_but_a_password_that_was_given(world: World) -> None:
    """Setting up again adds no row anywhere, and the accounts follow a new password."""
    before = row_counts(world.service)
    again: list[str] = []
    prepare.prepare(world.service, "kata-sandi-lain-2", again.append)
    assert row_counts(world.service) == before
    assert any("were here" in line for line in again)
    assert len(world.said) > len(again)
    with world.service.database.write() as session:
        accounts.identify(context_for(world.service, session, SERVICE), prepare.CHECKER, "kata-sandi-lain-2")
    prepare.prepare(world.service, PASSWORD, again.append)


def test_exactly_those_who_should_be_are_eligible(world: World) -> None:
    """The service finds the 42 people eligible whom the sample calls so, and no other."""
    expected = {person.name for person in sample.people() if person.expected == "eligible"}
    with world.service.database.read() as session:
        ctx = context_for(world.service, session, SERVICE)
        everybody = {row.id: row.name for row in session.scalars(select(Influencer))}
        found = people_rows.eligible_among(session, routing.line_of(ctx), list(everybody))
    assert {everybody[number] for number in found} == expected
    assert len(expected) == 42


def test_what_is_out_was_decided_by_two(world: World) -> None:
    """One claim is published and one campaign live, each by two different accounts; the person ``asn`` is offered it."""
    with world.service.database.read() as session:
        claim = session.scalars(select(Claim).where(Claim.state == ClaimState.PUBLISHED)).one()
        words = session.scalars(select(Clarification).where(Clarification.state == ClarificationState.PUBLISHED)).one()
        campaign = session.scalars(select(Campaign)).one()
        planned = set(session.scalars(select(Offer.influencer_id).where(Offer.campaign_id == campaign.id)))
        asn = session.scalars(
            select(Influencer).join(User, User.id == Influencer.user_id).where(User.name == prepare.INFLUENCER)
        ).one()
    assert words.claim_id == claim.id
    assert campaign.state is CampaignState.LIVE
    assert asn.id in planned
    assert all(row.author_id != row.approver_id for row in (claim, words, campaign))


def test_the_sample_shares_only_made_up_official_posts(world: World) -> None:
    """Each platform has one official account on a host that nobody can own, and the campaign shares posts from there."""
    with world.service.database.read() as session:
        places = {row.platform: official.place_of_row(row) for row in session.scalars(select(OfficialAccount))}
        shared = session.scalars(select(Campaign)).one().official_posts
    assert set(places) == set(Platform)
    assert all(place.host.endswith(".example") for place in places.values())
    assert {Platform(name) for name, url in shared.items() if places[Platform(name)].holds(url)} == set(Platform)


def test_the_queue_is_not_empty_and_the_record_holds(world: World) -> None:
    """After setting up there are claims to work on, and the chain of steps verifies."""
    with world.service.database.read() as session:
        n_queued = session.scalar(select(func.count()).where(Claim.state == ClaimState.QUEUED))
        report = audit.verify(session, world.service.vault.audit_key)
        n_corrections = session.scalar(select(func.count()).select_from(Correction))
    assert (n_queued or 0) >= 20
    assert report.intact
    assert n_corrections == 0


def test_the_replay_goes_on_where_it_stopped(world: World) -> None:
    """Half of the second day is sent through the door and taken in; the rest is what a new replay would send."""
    with world.service.database.write() as session:
        ctx = context_for(world.service, session, SERVICE)
        user = accounts.people.user_by_name(session, prepare.ENGINEER)
        assert user is not None
        key = accounts.create_key(ctx, user, "test").key
    world.client.headers["authorization"] = f"Bearer {key}"
    door = replay.Door(world.client, world.service.clock)
    everything = sample.second_day()
    half = everything[: len(everything) // 2]
    assert replay.play(half, replay.Pace(1e9), door) == len(half)
    drain(world.service)
    assert left(world.service) == everything[len(half) :]
    replay.play(left(world.service), replay.Pace(1e9), door)
    drain(world.service)
    assert left(world.service) == []
    with world.service.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Post)) == len(sample.posts())
        assert (session.scalar(select(func.count()).where(AuditRow.action == "intake.batch")) or 0) > 2


def drain(service: Service) -> None:
    """Take in what the door left in the inbox, as the worker does."""

    @contextmanager
    def begin() -> Iterator[Context]:
        with service.database.write() as session:
            yield context_for(service, session, SERVICE)

    intake.drain(begin, machine_for(service.settings))


def left(service: Service) -> list[sample.SamplePost]:
    """What a replay that starts now would send."""
    with service.database.read() as session:
        return replay.not_yet_sent(context_for(service, session, SERVICE))


def test_the_timetable_keeps_order_and_length() -> None:
    """Every message of the second day is due once, in order, and the last within the minutes asked for."""
    times = list(replay.timetable(sample.second_day(), replay.Pace.over(10)))
    assert [post for _, due in times for post in due] == sample.second_day()
    assert all(earlier < later for (earlier, _), (later, _) in pairwise(times))
    assert times[0][0] == 0
    assert 500 < times[-1][0] <= 600


def test_a_closed_door_is_said() -> None:
    """Where nobody answers, the replay stops with one sentence after its tries."""
    waited: list[float] = []
    with httpx.Client(base_url="http://127.0.0.1:9") as client:
        door = replay.Door(client, SystemClock(), waited.append)
        with pytest.raises(UnavailableError, match="took no messages"):
            door(sample.second_day()[:1])
    assert len(waited) == replay.TRIES


def message(text: str, message_id: str) -> EmailMessage:
    """A small e-mail."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "suluh@contoh.example", "a@contoh.example", "Percobaan"
    made["Message-ID"] = message_id
    made.set_content(text)
    return made


def test_the_mailbox_keeps_one_file_a_message(tmp_path: Path) -> None:
    """A message that arrives twice under one Message-ID is kept once; lines that begin with a dot survive."""
    with mailbox.opened(tmp_path) as box, smtplib.SMTP("127.0.0.1", box.server_address[1], timeout=10) as smtp:
        for known in ("<a@suluh>", "<a@suluh>", "<b@suluh>"):
            smtp.send_message(message("satu\n.dua\n..tiga\n", known))
    kept = [path.read_text() for path in tmp_path.glob("*.eml")]
    assert len(kept) == 2
    assert all("\n.dua" in text and "\n..tiga" in text for text in kept)


def test_a_child_that_fails_is_named_with_its_last_words(tmp_path: Path) -> None:
    """A command that stops with an error is told in one sentence with its log, and the others are stopped."""
    with processes.Children(tmp_path, {"SULUH_VAR_DIR": str(tmp_path / "nowhere")}) as children:
        child = children.start("worker", ["worker"])
        with pytest.raises(UnavailableError, match=r"worker stopped by itself \(code 1\): suluh: .*suluh db upgrade"):
            children.watch()
    assert child.process.poll() == 1
    assert children.running == []


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(var: Path, port: int) -> subprocess.Popen[str]:
    """`suluh demo run` with a second day of three seconds."""
    command = [str(Path(sys.executable).with_name("suluh")), "demo", "run", "--port", str(port), "--minutes", "0.05"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SULUH_")}
    return subprocess.Popen(
        command,
        env=kept | {"SULUH_VAR_DIR": str(var), "SULUH_DEMO_PASSWORD": PASSWORD},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def told_until(process: subprocess.Popen[str], words: str) -> str:
    """Read what it prints until it says this."""
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if words in line:
            return told
    pytest.fail(f"it stopped before saying {words!r}:\n{told}")


def n_posts(var: Path) -> int:
    """How many messages the database holds."""
    with sqlite3.connect(f"file:{var / 'suluh.db'}?mode=ro", uri=True, timeout=10) as database:
        n: int = database.execute("SELECT count(*) FROM posts").fetchone()[0]
    database.close()
    return n


def stop(process: subprocess.Popen[str]) -> str:
    """Press Ctrl-C; give what it said last."""
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 0, told
    return told


def test_one_command_serves_the_sample_and_a_second_run_keeps_it(tmp_path: Path) -> None:
    """`suluh demo run` serves, works and replays to the last message; Ctrl-C stops all; again, and everything is there."""
    port = free_port()
    with start(tmp_path, port) as process:
        told = told_until(process, "Ctrl-C stops everything")
        for name in prepare.ACCOUNTS:
            assert re.search(rf"^    {name} +\w+$", told, re.MULTILINE)
        assert PASSWORD in told
        assert httpx.get(f"http://127.0.0.1:{port}/sehat", timeout=10).status_code == 200
        until = time.monotonic() + 90
        while n_posts(tmp_path) < len(sample.posts()):
            assert time.monotonic() < until, f"{n_posts(tmp_path)} messages of {len(sample.posts())}"
            time.sleep(0.5)
        assert "the data stays" in stop(process)
    assert processes.is_free(port)
    with start(tmp_path, port) as process:
        assert "were here" in told_until(process, "Ctrl-C stops everything")
        stop(process)
    assert n_posts(tmp_path) == len(sample.posts())


def test_a_taken_port_is_said_with_the_way_out(tmp_path: Path) -> None:
    """Where the port is taken nothing is set up, and one sentence names another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with start(tmp_path, port) as process:
            told, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told.splitlines()[-1] == f"suluh: port {port} is taken; use another: make run PORT={port + 80}"
    assert not (tmp_path / "suluh.db").exists()
