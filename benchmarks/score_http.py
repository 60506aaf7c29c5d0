"""How many requests does `/v1/score` answer, and how long do they wait, beside the usual FastAPI and scikit-learn?

Four services stand side by side, each one process of the same uvicorn (uvloop, httptools, no access log) on the same
core, and are asked in turn, round by round, by 32 clients on another core: the peer, which knows no key; ours without
one (the key is added at its door and so is still checked, which costs ours a little); ours as it is, with key,
validation, limits, counters and logs; and ours with a constant scorer. Every text is asked for with reasons. What a
service used of its core is read from the system, because on a busy machine it says more than the clock.

    python -m benchmarks.score_http [--full]
"""

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from benchmarks.kept import keep, ratios, versions
from benchmarks.load import Load, load, request
from benchmarks.stream import claims, copied
from models import artifact
from serving.db.upgrade import migrate
from serving.deps import acting, create_service
from serving.desk.people import accounts
from serving.settings import Settings
from serving.vocabulary import Role

CLIENTS = 32
SEED = 43
N_TEXTS = 2_000
UP_WITHIN_S = 120
PEER, NO_KEY, OURS, CONSTANT = "scikit-learn", "ours, no key", "ours, production", "ours, constant scorer"


@dataclass(frozen=True, slots=True)
class Served:
    """A running service."""

    process: subprocess.Popen[bytes]
    port: int

    def processor_s(self) -> float:
        """Give the processor seconds that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Round:
    """One service in one round."""

    load: Load
    processor_s: float

    @property
    def most_a_second(self) -> float:
        """Requests that one whole core would answer."""
        return self.load.n / self.processor_s


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def served(module: str, *arguments: str, core: int, env: dict[str, str]) -> Iterator[Served]:
    """Run a service on one core until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", f"benchmarks.peers.{module}", str(port), *arguments]
    with subprocess.Popen(command, env=os.environ | env | {"OMP_NUM_THREADS": "1"}) as process:
        try:
            os.sched_setaffinity(process.pid, {core})
            _wait(process, port)
            yield Served(process, port)
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not start")


def prepared(folder: Path) -> tuple[dict[str, str], str]:
    """Make a database with one person and a key; give the environment of a service on it, and the key."""
    settings = {
        "SULUH_VAR_DIR": str(folder),
        "SULUH_MODEL_DIR": str(artifact.released_folder(artifact.QUICK)),
        "SULUH_REQUESTS_PER_MINUTE": str(10**9),
        "SULUH_LOG_FORMAT": "json",
    }
    os.environ |= settings
    service = create_service(Settings())
    try:
        migrate(service.database)
        with acting(service) as ctx:
            user = accounts.create_user(ctx, "mesin", "sandi-untuk-uji-beban", [Role.INFLUENCER])
            return settings, accounts.create_key(ctx, user, "uji").key
    finally:
        service.database.close()


def bodies() -> list[bytes]:
    """Write the requests' bodies, each with another text."""
    draw = random.Random(SEED)
    return [json.dumps({"text": copied(claim, draw)}).encode() for claim in claims(N_TEXTS, draw)]


def measured(folder: Path, rounds: int, seconds: float) -> dict[str, list[Round]]:
    """Ask each service in turn, round by round."""
    env, key = prepared(folder)
    cores = sorted(os.sched_getaffinity(0))
    written = bodies()
    plain = [request("/v1/score", body, {}) for body in written]
    with_key = [request("/v1/score", body, {"authorization": f"Bearer {key}"}) for body in written]
    with ExitStack() as stack:
        services = {
            PEER: stack.enter_context(served("sklearn_service", core=cores[0], env=env)),
            NO_KEY: stack.enter_context(served("own_service", "--key", key, core=cores[0], env=env)),
            OURS: stack.enter_context(served("own_service", core=cores[0], env=env)),
            CONSTANT: stack.enter_context(served("own_service", "--constant", core=cores[0], env=env)),
        }
        asked = {PEER: plain, NO_KEY: plain, OURS: with_key, CONSTANT: with_key}
        os.sched_setaffinity(0, set(cores[1:]) or set(cores))
        for name, service in services.items():
            load(service.port, asked[name], CLIENTS, 1.0)
        found: dict[str, list[Round]] = {name: [] for name in services}
        for _ in tqdm(range(rounds), desc="score_http", unit="round", leave=False):
            for name, service in services.items():
                before = service.processor_s()
                seen = load(service.port, asked[name], CLIENTS, seconds)
                found[name].append(Round(seen, service.processor_s() - before))
    return found


def main() -> None:
    """Measure, and keep both rows."""
    parser = argparse.ArgumentParser(description="/v1/score over HTTP.")
    parser.add_argument("--full", action="store_true", help="longer rounds")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), 7 if asked.full else 5, 8.0 if asked.full else 3.0)
    told = versions("scikit-learn", "fastapi", "uvicorn")
    rate = {name: [each.load.a_second for each in rounds] for name, rounds in found.items()}
    p99 = {name: [each.load.p99_s for each in rounds] for name, rounds in found.items()}
    whole = {name: [each.most_a_second for each in rounds] for name, rounds in found.items()}
    raw = {f"requests/s, {name}": [round(each, 1) for each in rates] for name, rates in rate.items()}
    raw |= {f"p99 ms, {name}": [round(each * 1e3, 2) for each in times] for name, times in p99.items()}
    raw |= {f"requests a processor second, {name}": [round(each) for each in rates] for name, rates in whole.items()}
    for which, name in (("neither with a key", NO_KEY), ("production route", OURS)):
        rates = ratios(rate[PEER], rate[name])
        keep("score_http", f"times the requests/s, {which}", rates, peer=told, **(raw if name == NO_KEY else {}))
        keep("score_http", f"times shorter p99, {which}", ratios(p99[name], p99[PEER]), peer=told)
        keep("score_http", f"times the requests a processor second, {which}", ratios(whole[PEER], whole[name]))
    keep("score_http_floor", "share of the constant scorer's requests/s", ratios(rate[CONSTANT], rate[OURS]))
    keep("score_http_floor", "share of its requests a processor second", ratios(whole[CONSTANT], whole[OURS]))


if __name__ == "__main__":
    main()
