"""Pulling originals from a real HTTP server that breaks off, lies, refuses, or is not there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from data.catalogue import READABLE, SOURCES
from data.origin import RemoteFile, Source, Terms
from data.pull import LOCK, Puller, PullError, State
from data.schema import DataError
from data.sources.originals import READERS, folder_of

CONTENT = b"".join(b"baris %06d\n" % number for number in range(20_000))
CHECKSUM = sha256(CONTENT).hexdigest()


@dataclass
class Manners:
    """How the server answers; each break happens once."""

    content: bytes = CONTENT
    breaks_after: list[int] = field(default_factory=list)  # bytes of an answer's body before the line is cut
    knows_ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # path and range of every request


@contextmanager
def serving(manners: Manners) -> Iterator[str]:
    """A server on a port of its own, as its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            manners.asked.append((self.path, self.headers.get("Range")))
            if not self.path.endswith("/file.csv"):
                self.send_error(404)
                return
            begin = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-")) if self._in_part() else 0
            if begin and begin >= len(manners.content):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = manners.content[begin:]
            self.send_response(206 if begin else 200)
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(manners.content) - 1}/{len(manners.content)}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: manners.breaks_after.pop(0)] if manners.breaks_after else body)
            self.close_connection = True

        def _in_part(self) -> bool:
            return manners.knows_ranges and "Range" in self.headers

        def log_message(self, *_) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def puller(data, mirror="", told=None) -> Iterator[Puller]:
    """A puller that waits for nothing and writes down what it tells."""
    with httpx.Client(trust_env=False) as client:
        yield Puller(
            data, client, lambda *what: told.append(what) if told is not None else None, lambda _: None, mirror
        )


def source(address: str, **known) -> Source:
    """A source of one file at `address`, its checksum known unless said otherwise."""
    file = RemoteFile("file.csv", address, **{"size_bytes": len(CONTENT), "sha256": CHECKSUM, **known})
    return Source("contoh", "Sampel Contoh", "https://contoh.example", "CC BY 4.0", Terms.OPEN, (file,))


def test_a_file_is_fetched_and_verified(tmp_path):
    """The file is there under its source's name, whole, and the transfer was told to its end."""
    told = []
    with serving(Manners()) as address, puller(tmp_path, told=told) as pulls:
        (pulled,) = pulls.pull(source(f"{address}/file.csv"))
    assert (pulled.state, pulled.sha256, pulled.is_first_seen) == (State.FETCHED, CHECKSUM, False)
    assert (folder_of(tmp_path, "contoh") / "file.csv").read_bytes() == CONTENT
    assert told[-1] == ("file.csv", len(CONTENT), len(CONTENT))


def test_a_broken_transfer_goes_on_where_it_stopped(tmp_path):
    """Two cuts in one run cost no byte twice: each further request asks for the rest."""
    manners = Manners(breaks_after=[70_000, 30_000])
    with serving(manners) as address, puller(tmp_path) as pulls:
        (pulled,) = pulls.pull(source(f"{address}/file.csv"))
    assert pulled.state is State.RESUMED
    assert pulled.path.read_bytes() == CONTENT
    assert [wanted for _, wanted in manners.asked] == [None, "bytes=70000-", "bytes=100000-"]


def test_what_arrived_stays_for_the_next_run(tmp_path):
    """After a run that gave up, the next one asks for the missing part only."""
    manners = Manners(breaks_after=[50_000, 10_000, 10_000, 10_000])
    with serving(manners) as address:
        with puller(tmp_path) as pulls, pytest.raises(PullError):
            list(pulls.pull(source(f"{address}/file.csv")))
        with puller(tmp_path) as pulls:
            (pulled,) = pulls.pull(source(f"{address}/file.csv"))
    assert manners.asked[-1][1] == "bytes=80000-"
    assert pulled.path.read_bytes() == CONTENT
    assert [file.name for file in pulled.path.parent.iterdir()] == ["file.csv"]


def test_a_server_without_ranges_begins_anew(tmp_path):
    """An answer of 200 to a range replaces the part instead of being appended to it."""
    with (
        serving(Manners(breaks_after=[50_000], knows_ranges=False)) as address,
        puller(tmp_path) as pulls,
    ):
        (pulled,) = pulls.pull(source(f"{address}/file.csv"))
    assert pulled.path.read_bytes() == CONTENT


def test_a_part_of_another_file_is_thrown_away(tmp_path):
    """A part that does not fit shows in the checksum, and the file is fetched once more from its beginning."""
    folder = folder_of(tmp_path, "contoh")
    folder.mkdir(parents=True)
    (folder / "file.csv.part").write_bytes(b"x" * 1000)
    with serving(Manners()) as address, puller(tmp_path) as pulls:
        (pulled,) = pulls.pull(source(f"{address}/file.csv"))
    assert pulled.path.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_thrown_away(tmp_path):
    """The server's "range not satisfiable" begins anew."""
    folder = folder_of(tmp_path, "contoh")
    folder.mkdir(parents=True)
    (folder / "file.csv.part").write_bytes(CONTENT + b"more")
    with serving(Manners()) as address, puller(tmp_path) as pulls:
        (pulled,) = pulls.pull(source(f"{address}/file.csv", size_bytes=None))
    assert pulled.path.read_bytes() == CONTENT


def test_wrong_bytes_never_become_the_file(tmp_path):
    """Bytes with another checksum are thrown away, and the message names both checksums."""
    wrong = Manners(content=CONTENT.replace(b"baris 000007", b"baris 999999"))
    with (
        serving(wrong) as address,
        puller(tmp_path) as pulls,
        pytest.raises(PullError, match=f"{sha256(wrong.content).hexdigest()} where {CHECKSUM}"),
    ):
        list(pulls.pull(source(f"{address}/file.csv")))
    assert list(folder_of(tmp_path, "contoh").iterdir()) == []


def test_more_bytes_than_the_file_has_stop_the_transfer(tmp_path):
    """A longer answer is another file, and does not fill the disk."""
    with (
        serving(Manners(content=CONTENT * 3)) as address,
        puller(tmp_path) as pulls,
        pytest.raises(PullError, match="so it is another file"),
    ):
        list(pulls.pull(source(f"{address}/file.csv")))
    assert list(folder_of(tmp_path, "contoh").iterdir()) == []


def test_a_missing_file_names_its_address(tmp_path):
    """404 is said with the address that answered it."""
    with (
        serving(Manners()) as address,
        puller(tmp_path) as pulls,
        pytest.raises(PullError, match=f"{address}/gone: the server answered 404"),
    ):
        list(pulls.pull(source(f"{address}/gone")))


def test_the_mirror_is_asked_where_the_origin_fails(tmp_path):
    """A mirror's address holds SOURCE/FILE, and its bytes are verified like any others."""
    manners = Manners()
    with serving(manners) as address, puller(tmp_path, mirror=f"{address}/mirror/") as pulls:
        (pulled,) = pulls.pull(source(f"{address}/gone"))
    assert pulled.state is State.MIRRORED
    assert [path for path, _ in manners.asked] == ["/gone", "/mirror/contoh/file.csv"]


def test_a_folder_is_a_mirror_where_there_is_no_network(tmp_path):
    """Nothing listens at the origin; the folder gives the file."""
    (tmp_path / "mirror" / "contoh").mkdir(parents=True)
    (tmp_path / "mirror" / "contoh" / "file.csv").write_bytes(CONTENT)
    with puller(tmp_path / "data", mirror=str(tmp_path / "mirror")) as pulls:
        (pulled,) = pulls.pull(source("http://127.0.0.1:9/file.csv"))
    assert (pulled.state, pulled.path.read_bytes()) == (State.MIRRORED, CONTENT)


def test_a_mirror_with_other_bytes_is_refused(tmp_path):
    """A folder is trusted no more than the network."""
    (tmp_path / "mirror" / "contoh").mkdir(parents=True)
    (tmp_path / "mirror" / "contoh" / "file.csv").write_bytes(b"tampered")
    with (
        puller(tmp_path / "data", mirror=str(tmp_path / "mirror")) as pulls,
        pytest.raises(PullError, match="the file was thrown away"),
    ):
        list(pulls.pull(source("http://127.0.0.1:9/file.csv")))


def test_a_file_that_is_there_is_not_fetched_again(tmp_path):
    """The second run asks for nothing."""
    manners = Manners()
    with serving(manners) as address, puller(tmp_path) as pulls:
        list(pulls.pull(source(f"{address}/file.csv")))
        (again,) = pulls.pull(source(f"{address}/file.csv"))
    assert again.state is State.PRESENT
    assert len(manners.asked) == 1


def test_a_file_that_was_changed_here_is_fetched_again(tmp_path):
    """What is on the disk is verified too."""
    with serving(Manners()) as address, puller(tmp_path) as pulls:
        (pulled,) = pulls.pull(source(f"{address}/file.csv"))
        pulled.path.write_bytes(b"edited")
        (again,) = pulls.pull(source(f"{address}/file.csv"))
    assert again.state is State.FETCHED
    assert again.path.read_bytes() == CONTENT


def test_an_unknown_checksum_is_recorded_and_then_held_against(tmp_path):
    """The first download is trusted; when the bytes behind the address change, the second is not."""
    manners = Manners()
    with serving(manners) as address, puller(tmp_path) as pulls:
        unknown = source(f"{address}/file.csv", sha256=None, size_bytes=None)
        (first,) = pulls.pull(unknown)
        first.path.unlink()
        manners.content = b"something else"
        with pytest.raises(PullError, match="checksum"):
            list(pulls.pull(unknown))
    assert first.is_first_seen
    recorded = json.loads(folder_of(tmp_path, LOCK).read_text())
    assert recorded["contoh/file.csv"]["sha256"] == CHECKSUM


def test_a_damaged_lock_is_said(tmp_path):
    """A lock that is no JSON stops with the fix, and nothing is fetched."""
    folder_of(tmp_path, LOCK).parent.mkdir(parents=True)
    folder_of(tmp_path, LOCK).write_text("{")
    with puller(tmp_path) as pulls, pytest.raises(DataError, match="delete it"):
        list(pulls.pull(source("http://127.0.0.1:9/file.csv")))


@pytest.mark.parametrize("name", READABLE)
def test_every_readable_source_has_a_reader_and_a_way_to_get_it(name):
    """A source is pulled from pinned addresses with known checksums, or says whom to ask."""
    one = SOURCES[name]
    assert name in READERS
    assert bool(one.files) != bool(one.ask)
    for file in one.files:
        assert file.sha256
        assert len(file.sha256) == 64
        assert "/main/" not in file.address
        assert "/master/" not in file.address


def test_no_source_without_a_licence_is_said_to_be_free():
    """Where no licence is stated, the sentence forbids redistribution."""
    for one in SOURCES.values():
        if one.licence in {"none stated", "unclear"}:
            assert "not to be redistributed" in one.sentence, one.name
