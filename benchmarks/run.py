"""Run every benchmark, keep its ratios, and say which reach their goals.

    python -m benchmarks.run             # all of them
    python -m benchmarks.run cluster     # one

A benchmark is a module here with ``main() -> None``. Whatever it prints is shown; each line of the form
``ratio NAME: 12.3x (…)`` is also kept in ``artifacts/bench.json`` and compared with ``goals.toml``. A missed goal is
said, not raised: timings are no tests.
"""

import json
import os
import platform
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE.parent / "artifacts" / "bench.json"
RATIO = re.compile(r"^ratio (?P<name>[^:]+): (?P<value>\d+(?:\.\d+)?)x?\b", re.MULTILINE)
RUNS = re.compile(r"^def main\(", re.MULTILINE)


def benchmarks() -> list[str]:
    """Name every module here that can be run."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem != "run" and RUNS.search(path.read_text()))


def run(name: str) -> dict[str, object]:
    """Run one benchmark in a process of its own, show what it prints, and give its ratios."""
    print(f"== {name}", flush=True)
    began = time.monotonic()
    lines: list[str] = []
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    ratios = {hit["name"]: float(hit["value"]) for hit in RATIO.finditer("".join(lines))}
    return {"ratios": ratios, "seconds": round(time.monotonic() - began, 1), "exit_code": process.returncode}


def machine() -> dict[str, object]:
    """Say what the figures were made on."""
    return {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}


def main(wanted: list[str]) -> int:
    """Run, keep, compare; give 1 where a benchmark stopped with an error."""
    known = benchmarks()
    if unknown := sorted(set(wanted) - set(known)):
        sys.exit(f"no benchmark named {', '.join(unknown)}; there are: {', '.join(known)}")
    found = {name: run(name) for name in wanted or known}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"machine": machine(), "benchmarks": found}, indent=2) + "\n")
    goals = tomllib.loads((HERE / "goals.toml").read_text())
    for name, each in found.items():
        ratios = each["ratios"]
        assert isinstance(ratios, dict)
        for ratio, least in goals.get(name, {}).items():
            value = ratios.get(ratio)
            verdict = "not measured" if value is None else "reached" if value >= least else "missed"
            print(f"goal {name} / {ratio}: {least:g}x {verdict}" + ("" if value is None else f" ({value:g}x)"))
    print(f"kept in {OUT.relative_to(HERE.parent)}")
    return int(any(each["exit_code"] for each in found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
