"""What the benchmarks of one text a call share: the seed, how many rounds, and the processor seconds of a call.

Times are processor seconds of this process, so that what else runs on the machine counts less; both sides use one
core, and their rounds alternate. The texts are the grammar's (`benchmarks.stream`), passed on as people do.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

SEED = 41
ROUNDS = 7


class Measured(Protocol):
    """One benchmark, which keeps what it finds."""

    def __call__(self, *, full: bool) -> None:
        """Run it, at the size that the goals speak of where `full` asks for it."""


def seconds_a_call(call: Callable[[Any], object], inputs: Sequence[Any]) -> float:
    """Call once with each input; give the processor seconds of one call."""
    began = time.process_time()
    for each in inputs:
        call(each)
    return (time.process_time() - began) / len(inputs)


def run(measured: Measured, what: str) -> None:
    """Run a benchmark as the arguments ask."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--full", action="store_true")
    measured(full=parser.parse_args().full)
