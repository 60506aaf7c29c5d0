"""`suluh archive` on a local Ray, and Ray Serve for scorers: one Ray for all of this module."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from data.cli import cluster
from models import serve_scorers
from models.archive_cli import archive
from models.archive_ray import connected
from models.cli import score
from models.match_cli import match
from tests.unit.archives import LIBRARY, POSTS, as_lines, rows_of, write_archive

# Ray's own modules name fields in ways that pydantic will drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pydantic", "ignore::DeprecationWarning:ray")


LOOPBACK = {"0100007F", "0" * 24 + "01000000", "0000000000000000FFFF00000100007F"}
"""127.0.0.1, ::1, and the first as IPv6 writes it, in /proc/net."""


@pytest.fixture(scope="module", autouse=True)
def ray():
    """Two cores of this machine, on loopback."""
    with connected(None, 2) as module:
        yield module


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def listening_beyond_loopback() -> list[str]:
    """The local addresses, as Linux writes them, on which our own children listen for other machines."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    sockets = set()
    for pid in ours:
        with suppress(OSError):
            for held in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    sockets.add(str(held.readlink()))
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    listening = [row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]
    assert len(listening) > 3, "Ray was not found among our children"
    return [address for address in listening if address not in LOOPBACK]


def test_parts_are_scored_by_other_processes_as_one_file_is(tmp_path: Path) -> None:
    """Every part in gives a part out, with the very scores of `suluh score` in the same order."""
    write_archive(tmp_path / "in", POSTS, n_parts=3)
    run = CliRunner().invoke(archive, ["score", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--model=linear"])
    assert run.exit_code == 0, run.output
    plain = CliRunner().invoke(score, ["-", "--model", "linear"], input=as_lines(POSTS))
    assert rows_of(tmp_path / "out", "id", "p_hoax", "band", "reasons", "model") == [
        json.loads(line) for line in plain.stdout.splitlines()
    ]


def test_parts_that_others_signed_are_joined_in_their_order(tmp_path: Path) -> None:
    """Whoever signs first, the clusters are those of `suluh cluster` on the same posts."""
    write_archive(tmp_path / "in", POSTS, n_parts=5)
    run = CliRunner().invoke(archive, ["cluster", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--workers=2"])
    assert run.exit_code == 0, run.output
    plain = CliRunner().invoke(cluster, ["-"], input=as_lines(POSTS))
    assert rows_of(tmp_path / "out", "id", "cluster") == [json.loads(line) for line in plain.stdout.splitlines()]


def test_parts_are_matched_by_other_processes_as_one_file_is(tmp_path: Path) -> None:
    """Each process reads the library for itself, and gives the very matches of `suluh match` in the same order."""
    write_archive(tmp_path / "in", POSTS, n_parts=3)
    library = tmp_path / "library.jsonl"
    library.write_bytes(as_lines(LIBRARY))
    run = CliRunner().invoke(
        archive,
        ["match", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--library", str(library), "--workers=2"],
    )
    assert run.exit_code == 0, run.output
    plain = CliRunner().invoke(match, ["--library", str(library), "-"], input=as_lines(POSTS))
    found = rows_of(tmp_path / "out", "id", "matches")
    assert found == [json.loads(line) for line in plain.stdout.splitlines()]
    assert any(row["matches"] for row in found), "a library that nothing matches shows nothing"


def test_served_scorers_answer_in_the_order_asked() -> None:
    """One text or many, the scores of `suluh score`, a sentence for what is no question; nothing beyond loopback."""
    port = free_port()
    plain = CliRunner().invoke(score, ["-", "--model", "linear"], input=as_lines(POSTS[:20]))
    expected = [json.loads(line)["p_hoax"] for line in plain.stdout.splitlines()]
    address = f"http://127.0.0.1:{port}"
    with serve_scorers.serving("linear", port=port), httpx.Client(base_url=address, timeout=60) as client:
        many = client.post("/", json={"texts": [row["text"] for row in POSTS[:20]]})
        one = client.post("/", json={"text": POSTS[3]["text"]})
        wrong = client.post("/", json={"texts": [5]})
        assert listening_beyond_loopback() == []
    assert [each["p_hoax"] for each in many.json()["scores"]] == expected
    assert one.json()["scores"][0]["p_hoax"] == expected[3]
    assert (wrong.status_code, wrong.headers["content-type"]) == (422, "application/problem+json")
