"""How long from a cold process to its first answer, and how much memory does it hold then, beside the same with torch?

Ours is `suluh serve` as it is: its first answer is `/v1/score` by both models, the encoder and its share of the linear
one, with reasons. The peer is the same application whose encoder is torch's, of the same shape
(`benchmarks.peers.torch_service`). *Warm* means that the files have been read before and the kernels compiled, as in
an image. Beside the clock stand the processor seconds of the process, because on a busy machine they say more.

    python -m benchmarks.start [--full]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL

import httpx
from tqdm import tqdm

from benchmarks.kept import keep, ratios, versions
from benchmarks.score_http import free_port, prepared

TEXT = "Warga desa contoh resah, katanya bantuan dibagikan gratis lewat tautan ini sampai malam nanti"
ANSWER_WITHIN_S = 180
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Started:
    """One start: seconds by the clock and of the processor until the first answer, and memory at rest after it."""

    seconds: float
    processor_s: float
    mb: float


def started(command: list[str], env: Mapping[str, str], ask: Callable[[httpx.Client], bool]) -> Started:
    """Start a process, ask until it answers, and stop it."""
    began = time.perf_counter()
    with (
        subprocess.Popen(command, env=os.environ | env, stdout=DEVNULL, stderr=DEVNULL) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{env['PORT']}", timeout=ANSWER_WITHIN_S) as client,
    ):
        try:
            while not _answers(client, ask):
                if process.poll() is not None or time.perf_counter() - began > ANSWER_WITHIN_S:
                    raise RuntimeError(f"{command} did not answer")
                time.sleep(POLL_S)
            seconds, used = time.perf_counter() - began, _processor_s(process.pid)
            return Started(seconds, used, _resident_mb(process.pid))
        finally:
            process.terminate()


def _answers(client: httpx.Client, ask: Callable[[httpx.Client], bool]) -> bool:
    try:
        return ask(client)
    except httpx.TransportError:
        return False


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(pid: int) -> float:
    """Megabytes of a process that lie in memory, files that are mapped included."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) * 1024 / 1e6


def main() -> None:
    """Start both in turn, and keep both rows."""
    parser = argparse.ArgumentParser(description="Start and memory beside torch.")
    parser.add_argument("--full", action="store_true", help="more rounds")
    rounds = 7 if parser.parse_args().full else 2
    with tempfile.TemporaryDirectory() as folder:
        env, key = prepared(Path(folder))
        env |= {"PORT": str(free_port()), "OMP_NUM_THREADS": "1"}
        del env["SULUH_MODEL_DIR"]  # the released judge answers
        os.environ.pop("SULUH_MODEL_DIR", None)
        headers = {"authorization": f"Bearer {key}"}

        def ours(client: httpx.Client) -> bool:
            return client.post("/v1/score", json={"text": TEXT}, headers=headers).status_code == 200

        def theirs(client: httpx.Client) -> bool:
            return client.post("/torch/score", params={"text": TEXT}).status_code == 200

        suluh = [str(Path(sys.executable).with_name("suluh")), "serve", "--port", env["PORT"]]
        torch = [sys.executable, "-m", "benchmarks.peers.torch_service", env["PORT"]]
        started(suluh, env, ours)
        started(torch, env, theirs)
        own, peer = [], []
        for _ in tqdm(range(rounds), desc="start", unit="round", leave=False):
            own.append(started(suluh, env, ours))
            peer.append(started(torch, env, theirs))
    told = versions("torch", "transformers")
    clock = {
        "s, ours": [round(each.seconds, 2) for each in own],
        "s, with torch": [round(each.seconds, 2) for each in peer],
        "processor s, ours": [round(each.processor_s, 2) for each in own],
        "processor s, with torch": [round(each.processor_s, 2) for each in peer],
    }
    keep("start", "times less time", ratios([each.seconds for each in own], [each.seconds for each in peer]), peer=told)
    keep("start", "seconds, warm", [each.seconds for each in own], **clock)
    processor = ratios([each.processor_s for each in own], [each.processor_s for each in peer])
    keep("start", "times less processor time", processor)
    keep("start", "processor seconds, warm", [each.processor_s for each in own])
    keep("memory", "MB a process", [each.mb for each in own], peer=told)
    keep("memory", "MB with torch", [each.mb for each in peer])
    keep("memory", "times less memory", ratios([each.mb for each in own], [each.mb for each in peer]))


if __name__ == "__main__":
    main()
