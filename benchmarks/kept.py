"""What a benchmark hands to the runner: figures with every sample, and which versions of the peer they stand beside.

A benchmark is a command that prints for people. What it keeps is printed as well, and goes to the file that the
runner names in the environment; alone at a terminal there is none.
"""

import json
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

FILE = "SULUH_BENCH_KEPT"


def keep(row: str, figure: str, samples: Sequence[float], *, peer: str = "", **raw: Any) -> None:
    """Keep one figure of a row of `goals.toml`: one sample a round, the versions of the peer, and what was measured."""
    low, high = min(samples), max(samples)
    print(f"{row} / {figure}: {median(samples):.4g} ({low:.4g} to {high:.4g}, {len(samples)} rounds)", flush=True)
    if to := os.environ.get(FILE):
        line = {"row": row, "figure": figure, "samples": list(samples), "peer": peer, "raw": raw}
        with Path(to).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def versions(*packages: str) -> str:
    """Name packages with their versions."""
    return ", ".join(f"{package} {version(package)}" for package in packages)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Divide round by round: theirs by ours."""
    return [their / our for our, their in zip(ours, theirs, strict=True)]
