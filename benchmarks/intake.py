"""How many posts a second become claims in PostgreSQL, what ten times as many cost, and what a second worker adds.

    python -m benchmarks.intake intake  [--posts 120000] [--rounds 3]    # beside the naive service, on two cores
    python -m benchmarks.intake growth  [--posts 100000] [--times 10]    # beside itself
    python -m benchmarks.intake workers [--posts 30000] [--rounds 3]     # two workers beside one, at fixed quotas

Ours is `suluh ingest` as it is shipped, in a process of its own, from a file of JSON lines to committed rows: checked,
masked, cleaned, clustered, scored, matched, counted, ordered and recorded. The peer gets the same posts one a request,
as such services do; what its intake alone takes, without HTTP, stands beside it. The server is PostgreSQL as it comes.
The posts are the grammar's (`benchmarks.stream`), one claim to five posts, half of them with an address to seal.
"""

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import psycopg
from tqdm import tqdm

from benchmarks.kept import keep, ratios, versions
from benchmarks.load import load, request
from benchmarks.peers.naive_intake import N_TRAIN, NaiveIntake, trained_on
from benchmarks.score_http import served
from benchmarks.stream import claims, noisy_stream
from data import _minhash
from serving.db import Database
from serving.db.upgrade import migrate
from tests.postgres import Postgres, running

SEED = 53
SECRET = "only-for-benchmarks-only-for-benchmarks"
CORES = 2
POSTS_PER_CLAIM = 5
# As it comes, but for memory and the room for its log; a commit of either side is on disk when it is answered.
SERVER = {
    "autovacuum": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}
PEER_POSTS = 1_000
PEER_ASKED, PEER_CLIENTS, PEER_S = 8_000, 8, 5.0
QUOTA = 0.5
_TICK_S = 0.002
_SLACK_S = 0.01
_PAGE = 20_000

_numbers = count()
_REPORT = re.compile(
    r"^(?P<rows>\d+) rows in (?P<seconds>[\d.]+) s .* (?P<claims>\d+) claims made; peak memory (?P<mib>\d+) MiB",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one `suluh ingest` said: seconds of taking in, without the start of the process, and its peak memory.

    Its seconds of the processor hold the start and its readers, but not PostgreSQL's.
    """

    n_posts: int
    n_claims: int
    seconds: float
    mib: int
    processor_s: float

    @property
    def a_second(self) -> float:
        """Posts a second."""
        return self.n_posts / self.seconds


def written(path: Path, n: int, seed: int = SEED) -> Path:
    """Write n posts of two days as JSON lines, and give the file."""
    draw = random.Random(seed)
    originals = claims(n // POSTS_PER_CLAIM, draw)
    began = datetime.now(UTC) - timedelta(days=2)
    with path.open("w", encoding="utf-8") as file, tqdm(total=n, desc="posts", unit="post", leave=False) as bar:
        for first in range(0, n, _PAGE):
            for i, text in enumerate(noisy_stream(originals, min(_PAGE, n - first), draw).texts, start=first):
                row = {
                    "source": draw.choice(["x", "fb", "tiktok", "whatsapp_tip"]),
                    "external_id": f"{i:09d}",
                    "text": text,
                    "posted_at": (began + timedelta(days=2) * (i / n)).isoformat(),
                    "engagement": {
                        "likes": draw.randrange(300),
                        "shares": draw.randrange(50),
                        "comments": draw.randrange(40),
                        "views": draw.randrange(9_000),
                    },
                }
                if draw.random() < 0.5:
                    row["url"] = f"https://contoh.example/kiriman/{i}"
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                bar.update()
    return path


@contextmanager
def fresh(server: Postgres) -> Iterator[str]:
    """Give the address of a database of its own, and drop it."""
    name = f"bench_{next(_numbers)}"
    server.run("CREATE DATABASE {}", name)
    try:
        yield server.address(name)
    finally:
        server.run("DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def migrated(server: Postgres) -> Iterator[str]:
    """Give the address of a database with our tables."""
    with fresh(server) as address:
        database = Database(address)
        migrate(database)
        database.close()
        yield address


def started(address: str, file: Path, n_readers: int, cores: set[int]) -> subprocess.Popen[str]:
    """Start `suluh ingest` on these cores."""
    environment = os.environ | {
        "SULUH_DATABASE_URL": address,
        "SULUH_SECRET_KEY": SECRET,
        "SULUH_VAR_DIR": str(file.parent / "var"),
        "NUMBA_NUM_THREADS": "1",
    }
    command = [str(Path(sys.executable).with_name("suluh")), "ingest", str(file), "--readers", str(n_readers)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    os.sched_setaffinity(process.pid, cores)
    return process


def finished(process: subprocess.Popen[str]) -> Run:
    """Wait for a run, and read what it says."""
    before = _processor_s_of_children()
    said, _ = process.communicate()
    report = _REPORT.search(said)
    if process.returncode or report is None:
        raise SystemExit(f"suluh ingest ended with {process.returncode}: {said[-500:]}")
    processor_s = _processor_s_of_children() - before
    return Run(int(report["rows"]), int(report["claims"]), float(report["seconds"]), int(report["mib"]), processor_s)


def _processor_s_of_children() -> float:
    """Give the seconds of the processor that processes have used which were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# ---- intake ------------------------------------------------------------------------------------------------------


def _lines(file: Path, n: int) -> list[str]:
    with file.open(encoding="utf-8") as lines:
        return list(islice(lines, n))


def naive(address: str, file: Path, cores: set[int]) -> float:
    """Give the posts a second of the naive service, asked by as many clients as keep it busy."""
    posts = [request("/v1/posts", line.strip().encode(), {}) for line in _lines(file, PEER_ASKED)]
    with served("naive_service", address, str(file), core=min(cores), env={}) as service:
        os.sched_setaffinity(service.process.pid, cores)
        seen = load(service.port, posts, PEER_CLIENTS, PEER_S)
    if seen.n > len(posts):
        raise SystemExit("the naive service was asked for posts that it knew")
    return seen.a_second


def naive_without_http(address: str, file: Path) -> float:
    """Give the posts a second of the naive service's intake alone, called from this process."""
    service = NaiveIntake(address, trained_on(_lines(file, N_TRAIN)))
    rows = _lines(file, PEER_POSTS)
    began = time.perf_counter()
    service.take_all(rows)
    seconds = time.perf_counter() - began
    service.close()
    return len(rows) / seconds


def intake(server: Postgres, folder: Path, n: int, rounds: int) -> None:
    """Posts a second of ours and of the naive service, round by round."""
    cores = set(list(os.sched_getaffinity(0))[:CORES])
    file = written(folder / "posts.jsonl", n)
    ours, theirs, bare = [], [], []
    for _ in tqdm(range(rounds), desc="intake", unit="round", leave=False):
        with migrated(server) as address:
            ours.append(finished(started(address, file, CORES - 1, cores)))
        with fresh(server) as address:
            theirs.append(naive(address, file, cores))
        with fresh(server) as address:
            bare.append(naive_without_http(address, file))
    rates = [run.a_second for run in ours]
    told = versions("fastapi", "scikit-learn", "datasketch", "psycopg")
    keep("intake", "times the posts/s", ratios(theirs, rates), peer=told, posts_a_second=rates, peers=theirs)
    keep("intake", "times the posts/s of its intake without HTTP", ratios(bare, rates), peer=told, peers=bare)
    keep("intake", "posts/s", rates, peer=told, posts=n, cores=CORES, mib=[run.mib for run in ours], **_us(ours))


def _us(runs: Sequence[Run]) -> dict[str, list[float]]:
    """Give what a post took of the processor, beside the rate, which is the clock's and falls on a busy machine."""
    return {"processor us a post": [round(1e6 * run.processor_s / run.n_posts, 1) for run in runs]}


# ---- growth ------------------------------------------------------------------------------------------------------


def growth(server: Postgres, folder: Path, n: int, times: int) -> None:
    """Time and peak memory for so many times as many posts."""
    cores = set(list(os.sched_getaffinity(0))[:CORES])
    runs = []
    for size in (n, n * times):
        file = written(folder / f"{size}.jsonl", size)
        with migrated(server) as address:
            runs.append(finished(started(address, file, CORES - 1, cores)))
        file.unlink()
    few, many = runs
    raw: dict[str, Any] = {
        "posts": [few.n_posts, many.n_posts],
        "claims made": [few.n_claims, many.n_claims],
        "seconds": [few.seconds, many.seconds],
        "mib": [few.mib, many.mib],
        **_us(runs),
    }
    keep("growth", "times the time", [many.seconds / few.seconds], **raw)
    keep("growth", "times the peak memory", [many.mib / few.mib], **raw)


# ---- workers -----------------------------------------------------------------------------------------------------


@contextmanager
def held_to(share: float, processes: Sequence[subprocess.Popen[str]]) -> Iterator[None]:
    """Let each process use this share of a core and no more: it is stopped whenever it is ahead of it.

    Control groups do the same, but not where a benchmark runs inside a container without rights to them.
    """
    done = threading.Event()

    def watch() -> None:
        began = time.monotonic()
        while not done.wait(_TICK_S):
            for process in processes:
                if process.poll() is not None:
                    continue
                used = _processor_seconds(process.pid)
                is_ahead = used > share * (time.monotonic() - began) + _SLACK_S
                process.send_signal(_STOP if is_ahead else _GO_ON)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        for process in processes:
            if process.poll() is None:
                process.send_signal(_GO_ON)


_STOP, _GO_ON = 19, 18  # SIGSTOP and SIGCONT on Linux


def _processor_seconds(pid: int) -> float:
    """Read the processor time of another process: the kernel numbers its clock by the process's number."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def halves(file: Path) -> list[Path]:
    """Deal the lines of a file out to two."""
    paths = [file.with_suffix(f".{i}.jsonl") for i in range(2)]
    with file.open("rb") as lines, paths[0].open("wb") as even, paths[1].open("wb") as odd:
        for row, line in enumerate(lines):
            (odd if row % 2 else even).write(line)
    return paths


def _doubled(address: str) -> int:
    """Count claims whose first wording, word for word, is that of an older claim."""
    exact = _minhash.N_BANDS
    with psycopg.connect(address) as connection:
        row = connection.execute(
            "SELECT count(*) - count(DISTINCT band) FROM claim_bands WHERE band >> 32 = %s", [exact]
        ).fetchone()
    return int(row[0]) if row else 0


def _rate(server: Postgres, files: Sequence[Path], core: int) -> tuple[float, int]:
    """Give posts a second, from the first process's first batch to the last one's last, and doubled claims."""
    with migrated(server) as address:
        processes = [started(address, file, 0, {core}) for file in files]
        with held_to(QUOTA, processes):
            runs = [finished(process) for process in processes]
        return sum(run.n_posts for run in runs) / max(run.seconds for run in runs), _doubled(address)


def workers(server: Postgres, folder: Path, n: int, rounds: int) -> None:
    """Two workers of half a core each beside one of them; PostgreSQL has the other core."""
    core = min(os.sched_getaffinity(0))
    file = written(folder / "posts.jsonl", n)
    one, two, doubled = [], [], 0
    for _ in tqdm(range(rounds), desc="workers", unit="round", leave=False):
        one.append(_rate(server, [file], core)[0])
        rate, found = _rate(server, halves(file), core)
        two.append(rate)
        doubled += found
    keep("workers", "times the posts/s of one", ratios(one, two), one=one, two=two, quota=QUOTA)
    keep("workers", "claims doubled", [float(doubled)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=["intake", "growth", "workers"])
    parser.add_argument("--posts", type=int, default=0, help="how many; a size that takes minutes without it")
    parser.add_argument("--times", type=int, default=10, help="growth: how many times as many")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    if len(os.sched_getaffinity(0)) < CORES:
        raise SystemExit("this benchmark needs two cores")
    with running(**SERVER) as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.which == "intake":
            intake(server, folder, asked.posts or 120_000, asked.rounds)
        elif asked.which == "growth":
            growth(server, folder, asked.posts or 20_000, asked.times)
        else:
            workers(server, folder, asked.posts or 30_000, asked.rounds)


if __name__ == "__main__":
    main()
