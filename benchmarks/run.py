"""Run every benchmark beside its peer, keep ratios with their spread, and say which reach their goals.

    python -m benchmarks.run                    # all of them, at sizes that take minutes
    python -m benchmarks.run --full             # at the sizes that the goals speak of
    python -m benchmarks.run score_linear start # some
    python -m benchmarks.run --page             # only write docs/benchmarks.md from what was kept

`goals.toml` lists them. Each runs in a process of its own, and one that fails or takes too long does not stop the
others. What one keeps (`benchmarks.kept`) goes to ``artifacts/bench.json``; a line that it prints as
``ratio FIGURE: 12.3x (…)`` is kept too. A missed goal is said, not raised: timings are no tests. A run of all of them
also writes ``docs/benchmarks.md``.
"""

import argparse
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tqdm import tqdm

from benchmarks import kept
from benchmarks.page import written

HERE = Path(__file__).parent
ROOT = HERE.parent
OUT = ROOT / "artifacts" / "bench.json"
PAGE = ROOT / "docs" / "benchmarks.md"
# Longer than any row should take, at small sizes and at full ones.
LIMIT_S, FULL_LIMIT_S = 600.0, 4 * 3_600.0
_PATIENCE_S = 60.0
PRINTED = re.compile(r"^ratio (?P<figure>[^:]+): (?P<value>\d+(?:\.\d+)?)x?\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """One question of `goals.toml`: the commands that answer it, what each figure should reach, and what bounds it."""

    name: str
    question: str
    peer: str
    run: tuple[str, ...]
    full: tuple[str, ...]
    at_least: Mapping[str, float]
    at_most: Mapping[str, float]
    bound: str = ""

    @property
    def goals(self) -> dict[str, float]:
        """Every figure and its goal; the first is the row's ratio."""
        return {**self.at_least, **self.at_most}

    def reached(self, figure: str, value: float) -> bool:
        """Tell whether a value is good enough."""
        return value >= self.at_least[figure] if figure in self.at_least else value <= self.at_most[figure]


@dataclass(frozen=True, slots=True)
class Ran:
    """One command that ran: what it kept, how long it took, and its exit code."""

    figures: tuple[Mapping[str, Any], ...]
    seconds: float
    exit_code: int


def rows() -> list[Row]:
    """Read every row of `goals.toml`, in its order."""
    listed = tomllib.loads((HERE / "goals.toml").read_text("utf-8"))
    return [
        Row(
            name,
            row["question"],
            row["peer"],
            tuple(row["run"]),
            tuple(row.get("full", row["run"])),
            row.get("at_least", {}),
            row.get("at_most", {}),
            row.get("bound", ""),
        )
        for name, row in listed.items()
    ]


def ran(command: Sequence[str], limit_s: float) -> Ran:
    """Run one benchmark in a process of its own, showing what it prints; after ``limit_s`` it is ended."""
    began = time.monotonic()
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kept.jsonl"
        file.touch()
        called = [sys.executable, "-m", f"benchmarks.{command[0]}", *command[1:]]
        environment = os.environ | {kept.FILE: str(file)}
        with subprocess.Popen(called, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            watch = threading.Timer(limit_s, _ended, [process])
            watch.start()
            try:
                for line in process.stdout:
                    tqdm.write(f"  {line}", end="")
                    lines.append(line)
            finally:
                watch.cancel()
        figures = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    told: list[Mapping[str, Any]] = [
        {"row": None, "figure": hit["figure"], "samples": [float(hit["value"])], "peer": "", "raw": {}}
        for hit in PRINTED.finditer("".join(lines))
    ]
    return Ran((*figures, *told), round(time.monotonic() - began, 1), process.returncode)


def _ended(process: subprocess.Popen[str]) -> None:
    """Ask a process to stop as a person at the keyboard would, so that it takes down its servers; else kill it.

    What a shell starts in the background ignores the keyboard, and so do its children: these are told to end.
    """
    is_deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    process.send_signal(signal.SIGTERM if is_deaf else signal.SIGINT)
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()


def result(row: Row, run: Ran, commit: str, *, full: bool) -> dict[str, Any]:
    """Put a row's figures beside its goals; `holds` where every one of them was measured and reached."""
    mine = [each for each in run.figures if each["row"] in {row.name, None}]
    figures = {each["figure"]: each for each in mine if each["row"] or each["figure"] in row.goals}
    values = {name: median(each["samples"]) for name, each in figures.items()}
    first = next(iter(row.goals))
    detail = {
        "question": row.question,
        "peer": row.peer,
        "peer_version": next((each["peer"] for each in figures.values() if each["peer"]), ""),
        "commit": commit,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "full": full,
        "seconds": run.seconds,
        "exit_code": run.exit_code,
        "figures": {
            name: {
                "value": values[name],
                "goal": row.goals.get(name),
                "better": "less" if name in row.at_most else "more",
                "reached": row.reached(name, values[name]) if name in row.goals else None,
                "samples": each["samples"],
                "raw": each["raw"],
            }
            for name, each in figures.items()
        },
    }
    holds = all(name in values and row.reached(name, values[name]) for name in row.goals)
    return {"name": row.name, "ratio": values.get(first), "goal": row.goals[first], "holds": holds, "detail": detail}


def machine() -> dict[str, Any]:
    """Say what the figures were made on, and how busy it was."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": [round(each, 1) for each in os.getloadavg()],
    }


def commit() -> str:
    """Name the commit, and say where the tree has changed since."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    described = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return described.stdout.strip() or "unknown"


def kept_before() -> list[dict[str, Any]]:
    """Give what earlier runs kept; nothing where the file is of another shape."""
    found = json.loads(OUT.read_text("utf-8")) if OUT.exists() else []
    return found if isinstance(found, list) else []


def measured(wanted: Sequence[Row], *, full: bool) -> Iterable[dict[str, Any]]:
    """Run what the rows need, each command once, and give one result a row."""
    named = commit()
    commands = {row.name: row.full if full else row.run for row in wanted}
    runs: dict[tuple[str, ...], Ran] = {}
    for row in tqdm(wanted, desc="benchmarks", unit="row"):
        command = commands[row.name]
        if command not in runs:
            tqdm.write(f"== {' '.join(command)}")
            runs[command] = ran(command, FULL_LIMIT_S if full else LIMIT_S)
        yield result(row, runs[command], named, full=full)


def told(found: Mapping[str, Any]) -> str:
    """Say in a line a figure what was reached."""
    lines = []
    for name, figure in found["detail"]["figures"].items():
        if figure["goal"] is not None:
            verdict = "reached" if figure["reached"] else "missed"
            lines.append(f"{found['name']} / {name}: {figure['value']:.4g}, goal {figure['goal']:g}: {verdict}")
    return "\n".join(lines) or f"{found['name']}: not measured"


def main() -> int:
    """Run, keep, compare; give 1 where a benchmark stopped with an error."""
    parser = argparse.ArgumentParser(description="Benchmarks beside their peers.")
    parser.add_argument("names", nargs="*", help="rows of goals.toml; all where none is named")
    parser.add_argument("--full", action="store_true", help="the sizes that the goals speak of")
    parser.add_argument("--page", action="store_true", help="only write the page")
    asked = parser.parse_args()
    known = {row.name: row for row in rows()}
    if unknown := sorted(set(asked.names) - set(known)):
        sys.exit(f"no benchmark named {', '.join(unknown)}; there are: {', '.join(known)}")
    stopped = False
    if not asked.page:
        OUT.parent.mkdir(exist_ok=True)
        for found in measured([known[name] for name in asked.names or known], full=asked.full):
            others = [each for each in kept_before() if each["name"] != found["name"] and each["name"] in known]
            order = list(known)
            results = sorted([*others, found], key=lambda each: order.index(each["name"]))
            OUT.write_text(json.dumps(results, indent=1) + "\n")
            tqdm.write(told(found))
            stopped |= found["detail"]["exit_code"] != 0
        print(f"kept in {OUT.relative_to(ROOT)}")
    if asked.page or not asked.names:
        bounds = {row.name: row.bound for row in known.values()}
        PAGE.write_text(written(kept_before(), bounds, PAGE.read_text("utf-8") if PAGE.is_file() else ""), "utf-8")
        print(f"written to {PAGE.relative_to(ROOT)}")
    return int(stopped)


if __name__ == "__main__":
    sys.exit(main())
